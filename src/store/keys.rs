//! API keys: made, revoked, looked up by their digest.
