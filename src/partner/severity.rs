//! How partners' files say how heavy an edit weighs, and with which status it rejects.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::str::FromStr;

use super::door::Section;
use super::names::EditId;
use super::words::words;
use crate::domain::Severity;
use crate::domain::finding::StatusCode;

words! {
    SeverityWord {
        Error = "error",
        Warning = "warning",
    }

    /// The `severity` of one of the gateway's edits for a partner.
    WeightWord {
        Error = "error",
        Warning = "warning",
        Off = "off",
    }
}

impl SeverityWord {
    pub fn severity(self) -> Severity {
        match self {
            SeverityWord::Error => Severity::Error,
            SeverityWord::Warning => Severity::Warning,
        }
    }
}

/// What a partner's file says of edits; `None` where one is off.
pub type EditWeights = BTreeMap<EditId, Option<Severity>>;

/// `[severity]` of a partner's file. Which ids there are is for those who know the catalogue.
pub(super) fn read(file: &Section<'_>) -> Option<EditWeights> {
    let words = file.map::<EditId, WeightWord>("severity")?;
    let weight = |word| match word {
        WeightWord::Error => Some(Severity::Error),
        WeightWord::Warning => Some(Severity::Warning),
        WeightWord::Off => None,
    };
    Some(words.into_iter().map(|(edit, word)| (edit, weight(word))).collect())
}

/// The `status` of a payer's own edit: `A7:48` or `A7:153:82`, of a category with which a 277CA rejects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectStatus(pub StatusCode);

const REJECTING: [&str; 4] = ["A3", "A6", "A7", "A8"];
const WRONG: &str = "is no status: a category (A3, A6, A7 or A8), a claim status code and, where one applies, an \
                     entity, as in \"A7:48\" or \"A7:153:82\"";

impl FromStr for RejectStatus {
    type Err = String;
    fn from_str(text: &str) -> Result<RejectStatus, String> {
        let wrong = || format!("\"{text}\" {WRONG}");
        let parts: Vec<&str> = text.split(':').collect();
        let (category, code, entity) = match parts[..] {
            [category, code] => (category, code, None),
            [category, code, entity] => (category, code, Some(entity)),
            _ => return Err(wrong()),
        };
        let code_sound = (1..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit());
        let entity_sound = entity.is_none_or(|entity| {
            (2..=3).contains(&entity.len()) && entity.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
        });
        if !REJECTING.contains(&category) || !code_sound || !entity_sound {
            return Err(wrong());
        }
        let owned = |part: &str| Cow::Owned(part.to_string());
        Ok(RejectStatus(StatusCode { category: owned(category), code: owned(code), entity: entity.map(owned) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_a_rejecting_category_a_code_and_perhaps_an_entity() {
        let RejectStatus(status) = "A7:153:82".parse().unwrap();
        assert_eq!((&*status.category, &*status.code, status.entity.as_deref()), ("A7", "153", Some("82")));
        assert_eq!("A3:21".parse::<RejectStatus>().unwrap().0.entity, None);
        for wrong in ["", "A7", "A7:", "A1:19", "A7:4x", "A7:1234", "A7:48:", "A7:48:82:9", "a7:48", "A7:48:Il"] {
            assert!(wrong.parse::<RejectStatus>().is_err(), "{wrong}");
        }
    }
}
