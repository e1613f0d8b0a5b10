//! Stage 4, batch. Takes a window that closes; leaves one outbound 837 and a delivery; never changes what a claim says.
