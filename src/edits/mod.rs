//! The edits of SNIP levels 3 to 7 over a walked claim, and the whole-file check that runs them: one pass
//! over the bytes, from the interchange to each claim's verdict. Partners' mistakes are findings, never errors.

pub mod arena;
pub mod catalogue;
pub mod claim;
pub mod codesets;
pub mod day;
pub mod forms;
pub mod lists;
pub mod report;
mod rules;
