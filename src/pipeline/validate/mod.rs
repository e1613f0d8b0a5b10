//! Stage 2, validate. Takes a submission; leaves findings, TA1, 999, 277CA and claims, in one pass; never fails on a partner's mistake.
