//! Implementation guides as data: loads `schemas/`, audits it, compiles it to flat tables and walks a
//! transaction along it. Names no guide and no transaction: what the code must know of one stands in the data.
//!
//! ```text
//! let guides = Guides::load(None)?;                                // or a folder of *.json beside the built-in ones
//! let guide: &Arc<Guide> = guides.find("837", "005010X222A1")?;    // exact, from each guide's accept list
//! guides.st01_supported("837")
//! guides.external("states")                                        // -> Option<&CodeSet>
//! let mut walker = Walker::start(guide);                           // guide: &'g Guide
//! let mut found: Vec<Found> = Vec::new();
//! // each segment from ST (position 1) to SE:
//! let step: Step = walker.step(&segment, position, &mut found);
//! // after the last segment, whether SE came or not; `position` of the segment that would come next:
//! walker.finish(position, &mut found);
//! guide.segment(step.node?)  guide.elements(node)  guide.components(element)  guide.text(element)  guide.codes(element)
//! ```

pub mod annotate;
pub mod audit;
pub mod base;
mod check;
pub mod codes;
mod compile;
pub mod edits;
mod explain;
#[cfg(test)]
mod facts_tests;
mod hierarchy;
pub mod labels;
pub mod load;
mod misfit;
pub mod model;
mod names;
mod pattern;
mod place;
mod quick;
mod readable;
pub mod source;
pub mod step;
mod syntax;
mod tables;
pub mod tag;
mod tell;
mod values;
pub mod walk;

pub use annotate::Annotator;
pub use base::Base;
pub use codes::CodeSet;
pub use labels::{Labels, LabelsError};
pub use load::{Guides, LoadError};
pub use model::{Element, Guide, Loop, Node, Type, Usage};
pub use step::{Found, LoopId, NodeId, Opened, Standing, Step};
pub use tag::Tag;
pub use walk::Walker;
