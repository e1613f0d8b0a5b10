//! What was seen at payers, and when each payer is to be polled next.
