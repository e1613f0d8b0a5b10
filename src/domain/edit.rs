//! One rule that a file can break, as an entry of the catalogue. Each room keeps the entries of its own rules next to
//! the code that fires them; `edits::catalogue` joins them. All that is told of a broken rule stands here, but for the
//! facts of the case.

use std::fmt::{Display, Write};

use super::finding::StatusCode;
use super::{ClaimKind, Severity};

/// An entry of the catalogue.
#[derive(Debug, PartialEq, Eq)]
pub struct Edit {
    /// Stable, as `npi-check-digit`.
    pub id: &'static str,
    /// The rules it is part of, with a blank between: `X5-01`. The catalogue has their words.
    pub fact: &'static str,
    /// SNIP level, 1 to 7. A few edits of level 2 are told at level 1 where X12 itself has the rule.
    pub snip: u8,
    /// Letters of what it looks at: P, I, D claims, R remittances (835), S claim status (276, 277, 277CA), A any file.
    pub applies: &'static str,
    /// Where no partner's file says otherwise.
    pub severity: Severity,
    /// The element of the TA1 or 999 that tells it, and its code or codes: `TA1 022`, `AK9 4`, `IK5 3`, `IK3 2`,
    /// `IK4 7 I6`. Empty where none does.
    pub ack: &'static str,
    /// The composites of a 277CA's STC, `category:status` or `category:status:entity`, with a space between; `xx` as
    /// entity is the party's own code, told where the edit fires. Empty for syntax.
    pub statuses: &'static str,
    /// In the biller's words. `{who}` is the party; each other `{...}` is a fact told where the edit fires.
    pub message: &'static str,
    pub fix: &'static str,
    /// Where it points to: `CLM02`, `2010AA NM109`.
    pub place: &'static str,
    /// Its severity cannot be set by a partner's file, whatever its level.
    pub fixed: bool,
}

impl Edit {
    pub fn applies_to(&self, kind: ClaimKind) -> bool {
        let letter = match kind {
            ClaimKind::Professional => 'P',
            ClaimKind::Institutional => 'I',
            ClaimKind::Dental => 'D',
        };
        self.applies.contains([letter, 'A'])
    }

    /// The statuses for a 277CA with `entity` in the place of `xx`.
    pub fn status_codes(&self, entity: &'static str) -> Vec<StatusCode> {
        self.statuses.split_ascii_whitespace().map(|composite| status_code(composite, entity)).collect()
    }

    /// The first of the TA1 or 999 codes; empty where there is none.
    pub fn ack_code(&self) -> &'static str {
        self.ack.split_ascii_whitespace().nth(1).unwrap_or_default()
    }

    /// Whether a partner's file may set its severity. What rejects a whole interchange, group or transaction is the
    /// same for all, and answers of payers are judged alike.
    pub fn is_settable(&self) -> bool {
        let envelope = ["TA1", "AK9", "IK5"].iter().any(|element| self.ack.starts_with(element));
        !self.fixed && !envelope && self.applies.contains(['P', 'I', 'D', 'A'])
    }

    /// Whether some acknowledgment has a code that says it; an error without one could not be told.
    pub fn can_reject(&self) -> bool {
        !self.ack.is_empty() || !self.statuses.is_empty()
    }

    /// The message with its facts, in their order.
    pub fn say(&self, facts: &[&dyn Display]) -> String {
        fill(self.message, facts)
    }
}

/// Puts facts in the places of a message that are marked `{...}`, in their order.
pub fn fill(message: &str, facts: &[&dyn Display]) -> String {
    let mut text = String::with_capacity(message.len() + 40);
    let (mut rest, mut facts) = (message, facts.iter());
    while let Some(open) = rest.find('{')
        && let Some(length) = rest[open..].find('}')
    {
        text.push_str(&rest[..open]);
        if let Some(fact) = facts.next() {
            // Writing to a string cannot fail.
            let _ = write!(text, "{fact}");
        }
        rest = &rest[open + length + 1..];
    }
    text.push_str(rest);
    text
}

fn status_code(composite: &'static str, entity: &'static str) -> StatusCode {
    let mut parts = composite.split(':');
    StatusCode {
        category: parts.next().unwrap_or_default().into(),
        code: parts.next().unwrap_or_default().into(),
        entity: parts.next().map(|code| if code == "xx" { entity } else { code }.into()),
    }
}

/// Writes a file's edits and the list of them, `ALL`: name, id, rules, level, what it looks at, severity (`/fixed` where
/// no partner may set it), `[TA1 or 999 codes]` where there are any, 277CA statuses, message, fix, and `at` its place.
macro_rules! edits {
    ($($name:ident $id:literal $fact:literal $snip:literal $applies:ident $severity:ident $(/ $fixed:ident)?
        $([$ack:literal])? $statuses:literal $message:literal $fix:literal $(at $place:literal)?;)*) => {
        $(pub static $name: $crate::domain::Edit = $crate::domain::Edit {
            id: $id,
            fact: $fact,
            snip: $snip,
            applies: stringify!($applies),
            severity: $crate::domain::Severity::$severity,
            ack: concat!($($ack)?),
            statuses: $statuses,
            message: $message,
            fix: $fix,
            place: concat!($($place)?),
            fixed: !concat!($(stringify!($fixed))?).is_empty(),
        };)*
        pub static ALL: &[&$crate::domain::Edit] = &[$(&$name,)*];
    };
}
pub(crate) use edits;

#[cfg(test)]
mod tests {

    edits! {
        COUNT "segment-count" "S1-09" 1 A Error ["IK5 4"] "" "SE01 says {stated}, but there are {counted} segments" "" at "SE01";
        FORM "form" "X5-01" 5 P Warning "A7:562:xx" "The number is not well formed." "Correct it.";
        LOOSE "loose" "S2-07" 2 A Error/fixed ["IK4 7 I6"] "" "Not so." "";
    }

    #[test]
    fn facts_fill_the_message_in_their_order() {
        assert_eq!(COUNT.say(&[&3, &"four"]), "SE01 says 3, but there are four segments");
        assert_eq!(COUNT.say(&[]), "SE01 says , but there are  segments");
        assert_eq!(FORM.say(&[&1]), FORM.message);
    }

    #[test]
    fn envelopes_and_fixed_edits_cannot_be_set() {
        assert_eq!([&COUNT, &FORM, &LOOSE].map(|edit| edit.is_settable()), [false, true, false]);
        assert_eq!(ALL.len(), 3);
    }

    #[test]
    fn codes_are_read_from_the_entry() {
        assert_eq!([COUNT.ack_code(), FORM.ack_code(), LOOSE.ack_code()], ["4", "", "7"]);
        let status = &FORM.status_codes("85")[0];
        assert_eq!((&*status.category, &*status.code, status.entity.as_deref()), ("A7", "562", Some("85")));
    }
}
