//! Batches: claims put into the open one of their payer, windows closed, files built, sent, answered.
