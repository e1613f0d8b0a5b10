//! Stage 5, deliver. Takes a delivery that is due; leaves a file at the payer and an attempt row each time; never calls a doubtful upload a success.
