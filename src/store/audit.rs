//! The audit trail: who saw or changed what, each row chained to the one before by its hash.
