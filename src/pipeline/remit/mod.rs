//! Stage 8, remit. Takes 835s; leaves balance checks, payments on claims, one 835 for each submitter and payee; never lets one that doesn't balance through unseen.
