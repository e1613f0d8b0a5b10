//! Stage 6, collect. Takes what payers left, or hand in; leaves the bytes, durable and known by digest; never removes a file at the payer before it is kept here.
