//! Files of payers as they came in, and how far each is worked.
