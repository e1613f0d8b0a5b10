//! Events on claims and on batches: written where they happened, once.
