//! Claim search by the fields of the contract, newest first, page by page.
