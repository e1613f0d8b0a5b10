//! Deliveries: due work, leases, attempts and their outcomes.
