//! The mailboxes: files for submitters and for hosted payers. Reading never removes.
