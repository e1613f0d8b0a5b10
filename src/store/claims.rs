//! Claims as the validate stage leaves them, in bulk, and single claims read back.
