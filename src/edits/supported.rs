//! Groups and transactions that no guide describes, or that do not belong together: AK905 and IK502. Each is told
//! by its name, so that who sent it sees what it was taken for.

use std::borrow::Cow;
use std::sync::Arc;

use super::catalogue::envelope as edits;
use super::settings::Context;
use crate::domain::finding::{AckCodes, Place, SegmentPlace};
use crate::domain::{Edit, Finding, Scope, Severity};
use crate::guide::{Guide, Guides};
use crate::x12::envelope::{Group, Transaction};

/// AK905 of a group whose content is not looked at.
pub const GROUP_CODES: [&str; 2] = ["1", "2"];

/// What is wrong with a header, before it has a place.
struct Fault<'a> {
    edit: &'static Edit,
    element: u16,
    value: &'a str,
    message: String,
    /// What to do, where it is more than the edit says.
    fix: Option<&'static str>,
}

/// GS01 of a 276.
const QUESTIONS: &str = "HR";
const ASK_INSTEAD: &str = "Questions about claims are answered at once at POST /v1/claim-status: send them there.";

/// Judges GS01 and GS08.
pub fn group(guides: &Guides, group: &Group, context: Option<&Context<'_>>, place: &Place, fresh: &mut Vec<Finding>) {
    let Some(fault) = group_fault(guides, group, context) else { return };
    let ack = AckCodes { ak9: Some(fault.edit.ack_code().into()), ..AckCodes::default() };
    let place = at("GS", 0, (group.offset, group.line), fault.element, place);
    fresh.push(finding(fault, Scope::Group, place, ack));
}

fn group_fault<'a>(guides: &Guides, group: &'a Group, context: Option<&Context<'_>>) -> Option<Fault<'a>> {
    let (code, version) = (&group.code, &group.version);
    let allowed = |context: &Context<'_>| {
        let takes = |guide: &Arc<Guide>| guide.gs01 == *code && context.transactions.contains(&guide.st01);
        context.transactions.is_empty() || guides.all().iter().any(takes)
    };
    let what = || match guides.base().named(code, version) {
        Some(known) => format!("a group of {} ({}, version {version})", known.st01, known.name),
        None => format!("a group of type {code} (GS01), version {version}"),
    };
    let (edit, element, value, message) = if !guides.gs01_supported(code) {
        let edit = &edits::GROUP_NOT_SUPPORTED;
        (edit, 1, code, edit.say(&[&what(), &guides.taken()]))
    } else if !context.is_none_or(allowed) {
        let edit = &edits::GROUP_NOT_EXPECTED;
        (edit, 1, code, edit.say(&[&what()]))
    } else if !guides.group_supported(code, version) {
        let edit = &edits::VERSION_NOT_SUPPORTED;
        (edit, 8, version, edit.say(&[&what(), code, &guides.taken()]))
    } else {
        return None;
    };
    let fix = (code == QUESTIONS && edit.id == edits::GROUP_NOT_EXPECTED.id).then_some(ASK_INSTEAD);
    Some(Fault { edit, element, value, message, fix })
}

/// The guide of a transaction, when it agrees with its group.
pub fn transaction<'g>(
    guides: &'g Guides,
    group: &Group,
    transaction: &Transaction,
    place: &Place,
    fresh: &mut Vec<Finding>,
) -> Option<&'g Guide> {
    let of_group = guides.find(&transaction.code, &group.version).filter(|guide| guide.gs01 == group.code);
    let stated = &transaction.version;
    let taken = of_group.filter(|guide| stated.is_empty() || guide.accept.contains(stated));
    let fault = match (taken, of_group) {
        (Some(_), _) => printing_fault(group, stated),
        (None, Some(_)) => Some(version_fault(guides, group, transaction)),
        (None, None) => type_fault(guides, group, transaction),
    };
    if let Some(fault) = fault {
        let ik5 = (fault.edit.severity == Severity::Error).then(|| fault.edit.ack_code().into());
        let ack = AckCodes { ik5, ..AckCodes::default() };
        let place = at("ST", 1, (transaction.offset, transaction.line), fault.element, place);
        fresh.push(finding(fault, Scope::Transaction, place, ack));
    }
    taken.map(|guide| &**guide)
}

/// Two printings of one guide in the headers: nothing can be read for something else.
fn printing_fault<'a>(group: &Group, stated: &'a str) -> Option<Fault<'a>> {
    if stated.is_empty() || stated == group.version {
        return None;
    }
    let edit = &edits::TRANSACTION_PRINTING_DIFFERS;
    Some(Fault { edit, element: 3, value: stated, message: edit.say(&[&stated, &group.version]), fix: None })
}

/// ST03 says something else than the guide of GS08.
fn version_fault<'a>(guides: &Guides, group: &Group, transaction: &'a Transaction) -> Fault<'a> {
    let (code, stated) = (&transaction.code, &transaction.version);
    let (edit, message) = if guides.find(code, stated).is_some() {
        let edit = &edits::TRANSACTION_VERSION_DIFFERS;
        (edit, edit.say(&[stated, &group.version]))
    } else {
        let what = match guides.base().named_transaction(code, stated) {
            Some(known) => format!("a {code} ({}) in version {stated}", known.name),
            None => format!("a {code} in version {stated}"),
        };
        let edit = &edits::TRANSACTION_VERSION_NOT_SUPPORTED;
        (edit, edit.say(&[&what, &guides.taken()]))
    };
    Fault { edit, element: 3, value: stated, message, fix: None }
}

/// ST01 says something else than the guide of GS08.
fn type_fault<'a>(guides: &Guides, group: &Group, transaction: &'a Transaction) -> Option<Fault<'a>> {
    let code = &transaction.code;
    if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        // No type at all: told with the envelopes.
        return None;
    }
    let what = match guides.base().named_transaction(code, &group.version) {
        Some(known) => format!("a {code} ({})", known.name),
        None => format!("a transaction of type {code} (ST01)"),
    };
    let (edit, message) = if guides.st01_supported(code) {
        let edit = &edits::TRANSACTION_IN_WRONG_GROUP;
        (edit, edit.say(&[&what, &group.code, &group.version]))
    } else {
        let edit = &edits::TRANSACTION_NOT_SUPPORTED;
        (edit, edit.say(&[&what, &guides.taken()]))
    };
    Some(Fault { edit, element: 1, value: code, message, fix: None })
}

fn at(id: &'static str, position: u32, (offset, line): (u64, u32), element: u16, place: &Place) -> Place {
    let segment = SegmentPlace { id: Cow::Borrowed(id), position, offset, line };
    Place { segment: Some(segment), element: Some(element), ..place.clone() }
}

fn finding(fault: Fault<'_>, scope: Scope, place: Place, ack: AckCodes) -> Finding {
    let Fault { edit, value, message, fix, .. } = fault;
    Finding {
        edit: Cow::Borrowed(edit.id),
        snip: edit.snip,
        severity: edit.severity,
        scope,
        place,
        value: (!value.is_empty()).then(|| value.to_string()),
        message,
        fix: fix.unwrap_or(edit.fix).to_string(),
        ack,
        statuses: Vec::new(),
        trigger: None,
    }
}

#[cfg(test)]
#[path = "supported_tests.rs"]
mod tests;
