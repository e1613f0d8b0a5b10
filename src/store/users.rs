//! Console users, their roles, and their sessions.
