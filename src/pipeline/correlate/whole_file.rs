//! What is said of a payer's file as a whole: what nobody could read of it, what is no answer, for which gateway it was
//! meant. A person is told of each.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::draft::Draft;
use super::read::Answers;
use crate::pipeline::Gateway;
use crate::store::exceptions::ExceptionKind;
use crate::store::inbound::InboundState;
use crate::x12::envelope::Interchange;

/// What stands in ISA15 of a file that was made to test, or to count.
const USAGES: [&str; 2] = ["T", "P"];

/// Why a file was held, with its exception.
#[derive(Debug, Serialize, Deserialize)]
pub struct HeldForUsage {
    /// ISA15, and what is taken from this payer.
    usage: String,
    taken: String,
    file_name: String,
}

/// Adds what there is to say, and where the file goes from here. `false`: nothing of it may be applied.
pub fn take(draft: &mut Draft, answers: &Answers) -> bool {
    note_ends(draft, answers);
    if let Some(interchange) = other_usage(draft, answers) {
        hold(draft, &interchange);
        return false;
    }
    draft.answered.to = next_state(answers);
    note_unread(draft, answers);
    note_mute(draft, answers);
    true
}

fn next_state(answers: &Answers) -> InboundState {
    match (answers.kinds.is_empty() && answers.foreign.is_empty(), answers.has_remittances()) {
        (true, _) => InboundState::NotX12,
        (false, true) => InboundState::Correlated,
        (false, false) => InboundState::Done,
    }
}

/// What is taken from the payer; a payer whose file is gone has none of its own.
fn usage_taken(gateway: &Gateway, payer: &str) -> &'static str {
    let partners = gateway.partners.current();
    let own = partners.payers().find(|one| one.id.as_str() == payer).and_then(|one| one.usage);
    own.unwrap_or(gateway.config.gateway.usage).as_str()
}

/// The first interchange that was made to test where answers count, or the other way round.
fn other_usage(draft: &Draft, answers: &Answers) -> Option<Interchange> {
    let taken = usage_taken(&draft.gateway, draft.payer());
    let is_other = |one: &&Interchange| USAGES.contains(&one.usage.as_str()) && one.usage != taken;
    answers.interchanges.iter().find(is_other).cloned()
}

/// The same bytes would be known again when the payer sent them once more, so that a person lets the file be worked.
fn hold(draft: &mut Draft, interchange: &Interchange) {
    let taken = usage_taken(&draft.gateway, draft.payer());
    let is_test = interchange.usage == "T";
    let (is, wanted) = if is_test { ("a test", "production") } else { ("production", "tests") };
    let reason = format!(
        "line {}: the file is marked as {is} (ISA15 {}), and this gateway takes files for {wanted} from this payer (ISA15 \
         {taken}): nothing of it was applied. Ask the payer for the right file, and dismiss this; or, where the payer's \
         file in partners/ should say `usage = \"{}\"`, change it and release this: the file is then worked",
        interchange.line, interchange.usage, interchange.usage
    );
    let held = HeldForUsage {
        usage: interchange.usage.clone(),
        taken: taken.to_string(),
        file_name: draft.inbound.file_name.clone(),
    };
    draft.answered.notes.push(format!(
        "line {}: ISA15 is {}, and files with {taken} are taken: nothing of the file was applied.",
        interchange.line, interchange.usage
    ));
    draft.answered.to = InboundState::Held;
    draft.except(ExceptionKind::File, reason, json!(held));
}

/// Who sent it and to whom, where that is not as agreed. The file is worked all the same: it came with the payer's key.
fn note_ends(draft: &mut Draft, answers: &Answers) {
    let partners = draft.gateway.partners.current();
    let us = &draft.gateway.config.gateway.interchange;
    let Some(payer) = partners.payers().find(|one| one.id.as_str() == draft.payer()) else { return };
    for one in &answers.interchanges {
        let mut differs = |element: &str, is: &str, agreed: &str| {
            if is != agreed {
                let note = format!("line {}: {element} is {}, and {agreed} is agreed.", one.line, quoted(is));
                draft.answered.notes.push(note);
            }
        };
        differs("ISA05", &one.sender_qualifier, payer.interchange.qualifier.as_str());
        differs("ISA06", &one.sender, payer.interchange.id.as_str());
        differs("ISA07", &one.receiver_qualifier, us.qualifier.as_str());
        differs("ISA08", &one.receiver, us.id.as_str());
        if !USAGES.contains(&one.usage.as_str()) {
            let note = format!("line {}: ISA15 is {}, and must be T or P.", one.line, quoted(&one.usage));
            draft.answered.notes.push(note);
        }
        let other = partners.payers().find(|other| other.id != payer.id && other.interchange.id.as_str() == one.sender);
        if let Some(other) = other.filter(|_| one.sender != payer.interchange.id.as_str()) {
            let note = format!("line {}: ISA06 is that of {}, whose file this may be.", one.line, other.id);
            draft.answered.house_notes.push(note);
        }
    }
}

fn quoted(text: &str) -> String {
    if text.is_empty() { "empty".to_string() } else { format!("`{text}`") }
}

/// What nobody could read is kept, and a person is told.
fn note_unread(draft: &mut Draft, answers: &Answers) {
    let file_name = draft.inbound.file_name.clone();
    let first = draft.answered.notes.first().cloned();
    if answers.kinds.is_empty() && answers.foreign.is_empty() {
        let response = json!({ "file_name": file_name, "bytes": draft.inbound.bytes });
        let reason = match (answers.interchanges.is_empty(), first) {
            (true, Some(first)) => format!("no X12 could be read: {first}"),
            (true, None) => "no X12 could be read".to_string(),
            // What stands outside is told below.
            (false, _) if answers.skipped.is_any() => String::new(),
            (false, first) => {
                let more = first.map_or(String::new(), |first| format!(": {first}"));
                format!("the file says nothing: between ISA and IEA there is no transaction and no TA1{more}")
            }
        };
        if !reason.is_empty() {
            draft.except(ExceptionKind::File, reason, response);
        }
    } else if !answers.foreign.is_empty() {
        let named = |kind: &String| if kind.is_empty() { "one whose ST01 is missing".into() } else { kind.clone() };
        let kinds = answers.foreign.iter().map(named).collect::<Vec<_>>().join(", ");
        let response = json!({ "file_name": file_name, "kinds": answers.foreign });
        let reason = format!("the file holds transactions that are not answers to claims: {kinds}");
        draft.except(ExceptionKind::File, reason, response);
    }
    if answers.skipped.is_any() && !(answers.kinds.is_empty() && answers.interchanges.is_empty()) {
        let (ids, line) = (answers.skipped.ids.join(", "), answers.skipped.line);
        let reason = format!(
            "a part of the file was passed over, and answers stand in it ({ids}): from line {line} on it could not be read, \
             or stands in no transaction. What was read is worked; look at the file, and ask the payer to send that part again"
        );
        let response = json!({ "file_name": file_name, "line": line, "segments": answers.skipped.ids });
        draft.except(ExceptionKind::File, reason, response);
    }
}

/// Answers that name nothing they are about: nobody can tell what they answer.
fn note_mute(draft: &mut Draft, answers: &Answers) {
    for kind in &answers.mute {
        let (exception, lacks) = match *kind {
            "277CA" => (ExceptionKind::ClaimAck, "HL"),
            "277" => (ExceptionKind::ClaimStatus, "HL"),
            _ => (ExceptionKind::Ack999, "AK1"),
        };
        let reason = format!(
            "a {kind} names nothing that it answers (it has no {lacks}), so that it was applied to nothing: ask the payer to \
             send it again"
        );
        draft.except(exception, reason, json!({ "file_name": draft.inbound.file_name, "lacks": lacks }));
    }
}
