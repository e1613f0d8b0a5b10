//! The layout of the files in `schemas/`, as they are read. `schemas/README.md` explains it to people.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One guide.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuideFile {
    pub id: String,
    pub title: String,
    pub kind: String,
    pub st01: String,
    pub gs01: String,
    pub version: String,
    pub accept: Vec<String>,
    #[serde(default)]
    pub levels: Vec<LevelLine>,
    #[serde(default)]
    pub claims: Vec<ClaimLine>,
    #[serde(default)]
    pub defs: BTreeMap<String, KidLine>,
    pub kids: Vec<KidLine>,
    #[serde(default)]
    pub base: BaseAdditions,
}

/// What a guide needs of the standard that the tables in `base/` do not have.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BaseAdditions {
    pub elements: ElementsFile,
    pub segments: SegmentsFile,
    pub sets: SetsFile,
    pub codes: CodesFile,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelLine {
    pub code: String,
    #[serde(rename = "loop")]
    pub loop_id: String,
    pub parent: Option<String>,
    #[serde(default)]
    pub claim_here_or_below: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimLine {
    #[serde(rename = "loop")]
    pub loop_id: String,
    pub name: String,
    pub lines: Option<String>,
    #[serde(default)]
    pub lines_numbered: bool,
}

/// A loop (`loop`), the use of a shared loop (`loop` and `ref`), or a segment (`seg`).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KidLine {
    #[serde(rename = "loop")]
    pub loop_id: Option<String>,
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    pub seg: Option<String>,
    #[serde(default)]
    pub name: String,
    #[serde(rename = "use", default)]
    pub usage: String,
    #[serde(default)]
    pub rep: u32,
    #[serde(default)]
    pub max: u32,
    #[serde(default)]
    pub pos: u32,
    #[serde(default)]
    pub syn: Vec<String>,
    #[serde(default)]
    pub key: Option<KeyLine>,
    #[serde(default)]
    pub els: Vec<ElementLine>,
    #[serde(default)]
    pub kids: Vec<KidLine>,
}

/// One element reference or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum KeyLine {
    One(String),
    Several(Vec<String>),
}

impl KeyLine {
    pub fn all(&self) -> &[String] {
        match self {
            KeyLine::One(one) => std::slice::from_ref(one),
            KeyLine::Several(several) => several,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElementLine {
    pub e: String,
    pub d: String,
    pub u: String,
    #[serde(default)]
    pub n: String,
    pub t: Option<String>,
    #[serde(default)]
    pub min: u16,
    #[serde(default)]
    pub max: u16,
    #[serde(default)]
    pub imax: u16,
    pub codes: Option<Vec<String>>,
    pub ext: Option<String>,
    /// The form of the value, see [`super::pattern`].
    pub re: Option<String>,
    #[serde(default = "once")]
    pub rep: u16,
    #[serde(default)]
    pub sub: Vec<ElementLine>,
}

fn once() -> u16 {
    1
}

/// `base/elements.json`: the dictionary of data elements.
pub type ElementsFile = BTreeMap<String, BaseElement>;

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseElement {
    pub t: String,
    pub min: u16,
    pub max: u16,
    pub n: String,
    #[serde(default)]
    pub codes: Vec<String>,
    /// The list above is the whole list.
    #[serde(default)]
    pub complete: bool,
}

/// `base/segments.json`: segments of the standard, before any guide narrows them.
pub type SegmentsFile = BTreeMap<String, BaseSegment>;

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseSegment {
    #[serde(default)]
    pub syn: Vec<String>,
    pub els: Vec<BaseUse>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseUse {
    pub d: String,
    pub u: String,
    #[serde(default = "once")]
    pub rep: u16,
    #[serde(default)]
    pub sub: Vec<BaseUse>,
}

/// `base/sets.json`: which segments each transaction of the standard has; `others` is the rest of the standard.
pub type SetsFile = BTreeMap<String, Vec<String>>;

/// `base/codes.json`: code lists kept outside X12, by name.
pub type CodesFile = BTreeMap<String, Vec<String>>;

/// `base/control.json`: the envelope's segments.
pub type ControlFile = BTreeMap<String, ControlSegment>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlSegment {
    pub name: String,
    pub els: Vec<ElementLine>,
}

/// `base/known.json`: what the transactions are called that somebody may send, taken or not.
pub type KnownFile = Vec<KnownLine>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownLine {
    pub st01: String,
    /// Empty where it is not sure.
    pub gs01: String,
    pub name: String,
    /// Without the letter and digit of a later printing: `005010X222` is `005010X222A1` too.
    pub versions: Vec<String>,
}
