//! Questions of the matching ladder: claims by trace number, payer's number, control number and the rest.
