//! Remittances and their payments, and what a claim has been paid in total.
