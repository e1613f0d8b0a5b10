//! Responses that matched nothing: raised, listed, resolved, undone.
