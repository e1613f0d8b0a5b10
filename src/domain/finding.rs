//! What was found wrong with a file: the rule, the place, a sentence for the biller, and the codes with
//! which X12 says it. A 999 or 277CA is a walk over findings.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// What an error rejects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Interchange,
    Group,
    Transaction,
    Claim,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Delivered all the same; never in a 277CA.
    Warning,
    /// Rejects what its scope says.
    Error,
}

/// Where in a file. Positions count from 1; `None` where a level does not apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// ISA13, GS06 and ST02 as they stand in the file.
    pub interchange: Option<String>,
    pub group: Option<String>,
    pub transaction: Option<String>,
    /// CLM01 of the claim it stands in or, above a claim, `None`.
    pub claim: Option<String>,
    pub segment: Option<SegmentPlace>,
    /// The guide's loop id, as `2010AA`.
    #[serde(rename = "loop")]
    pub loop_id: Option<Cow<'static, str>>,
    pub element: Option<u16>,
    pub component: Option<u16>,
    pub repetition: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentPlace {
    pub id: Cow<'static, str>,
    /// In its transaction, ST being 1; 0 outside a transaction.
    pub position: u32,
    /// Of its first byte in the file.
    pub offset: u64,
    /// In the file as a text editor counts, from 1.
    pub line: u32,
}

/// The codes of TA1 and 999. Only those that apply are set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AckCodes {
    /// TA105.
    pub ta1: Option<Cow<'static, str>>,
    /// AK905.
    pub ak9: Option<Cow<'static, str>>,
    /// IK502.
    pub ik5: Option<Cow<'static, str>>,
    /// IK304.
    pub ik3: Option<Cow<'static, str>>,
    /// IK403.
    pub ik4: Option<Cow<'static, str>>,
    /// IK402, the number of the data element.
    pub data_element: Option<Cow<'static, str>>,
}

/// One composite of a 277CA's STC: category, status and, where one applies, entity.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StatusCode {
    pub category: Cow<'static, str>,
    pub code: Cow<'static, str>,
    pub entity: Option<Cow<'static, str>>,
}

/// The segment that made a situational item required: the CTX of a 999.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    pub segment: SegmentPlace,
    #[serde(rename = "loop")]
    pub loop_id: Option<Cow<'static, str>>,
    pub element: Option<u16>,
    pub component: Option<u16>,
    pub data_element: Option<Cow<'static, str>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable identifier, as `npi-check-digit`.
    pub edit: Cow<'static, str>,
    pub snip: u8,
    pub severity: Severity,
    pub scope: Scope,
    #[serde(flatten)]
    pub place: Place,
    /// The value in question, as it stands in the file. May be patient data: it goes back to the
    /// submitter and nowhere else.
    pub value: Option<String>,
    /// What is wrong, in the biller's words. Holds no patient data.
    pub message: String,
    /// What to do about it; empty where the message says it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fix: String,
    pub ack: AckCodes,
    /// The statuses for the 277CA, at most three: STC01, STC10, STC11. Empty for syntax.
    #[serde(default, rename = "status", with = "status_or_null")]
    pub statuses: Vec<StatusCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
}

/// The contract shows `"status": null` where none applies.
mod status_or_null {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::StatusCode;

    pub fn serialize<S: Serializer>(all: &[StatusCode], s: S) -> Result<S::Ok, S::Error> {
        if all.is_empty() { s.serialize_none() } else { all.serialize(s) }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<StatusCode>, D::Error> {
        Ok(Option::<Vec<StatusCode>>::deserialize(d)?.unwrap_or_default())
    }
}
