//! Stage 3, route. Takes accepted claims; leaves each in the open batch of its payer; never guesses a payer.
