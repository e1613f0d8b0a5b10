//! Stage 7, correlate. Takes TA1, 999, 277CA and 277; leaves events on batches and claims and answers in mailboxes; never drops what it can't match.
