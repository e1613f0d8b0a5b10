//! Sums over all claims and all money, for `claimgate reconcile`.
