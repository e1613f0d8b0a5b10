//! Groups and transactions that no guide describes, or that do not belong together: AK905 and IK502.

use std::borrow::Cow;
use std::sync::Arc;

use super::catalogue::envelope;
use super::settings::Context;
use crate::domain::finding::{AckCodes, Place, SegmentPlace};
use crate::domain::{Edit, Finding, Scope};
use crate::guide::{Guide, Guides};
use crate::x12::envelope::{Group, Transaction};

/// AK905 of a group whose content is not looked at.
pub const GROUP_CODES: [&str; 2] = ["1", "2"];

/// Judges GS01 and GS08.
pub fn group(guides: &Guides, group: &Group, context: Option<&Context<'_>>, place: &Place, fresh: &mut Vec<Finding>) {
    let code = &group.code;
    let allowed = context.is_none_or(|context| {
        let takes = |guide: &Arc<Guide>| guide.gs01 == *code && context.transactions.contains(&guide.st01);
        context.transactions.is_empty() || guides.all().iter().any(takes)
    });
    let (element, edit, value, message) = if !guides.gs01_supported(code) {
        (1, &envelope::GROUP_NOT_SUPPORTED, code, envelope::GROUP_NOT_SUPPORTED.say(&[code]))
    } else if !allowed {
        (1, &envelope::GROUP_NOT_EXPECTED, code, envelope::GROUP_NOT_EXPECTED.say(&[code]))
    } else if !guides.group_supported(code, &group.version) {
        let (edit, version) = (&envelope::VERSION_NOT_SUPPORTED, &group.version);
        (8, edit, version, edit.say(&[version, code]))
    } else {
        return;
    };
    let ack = AckCodes { ak9: Some(edit.ack_code().into()), ..AckCodes::default() };
    let place = at("GS", 0, (group.offset, group.line), element, place);
    fresh.push(finding(edit, Scope::Group, place, value, message, ack));
}

/// The guide of a transaction, when it agrees with its group.
pub fn transaction<'g>(
    guides: &'g Guides,
    group: &Group,
    transaction: &Transaction,
    place: &Place,
    fresh: &mut Vec<Finding>,
) -> Option<&'g Guide> {
    let (code, version) = (&transaction.code, &transaction.version);
    let of_group = guides.find(code, &group.version).filter(|guide| guide.gs01 == group.code);
    let (element, edit, message) = match of_group {
        Some(guide) if version.is_empty() || guide.accept.contains(version) => return Some(guide),
        Some(_) if guides.find(code, version).is_some() => {
            let edit = &envelope::TRANSACTION_VERSION_DIFFERS;
            (3, edit, edit.say(&[version, &group.version]))
        }
        Some(_) => {
            let edit = &envelope::TRANSACTION_VERSION_NOT_SUPPORTED;
            (3, edit, edit.say(&[version]))
        }
        None if guides.st01_supported(code) => {
            let edit = &envelope::TRANSACTION_IN_WRONG_GROUP;
            (1, edit, edit.say(&[code, &group.code]))
        }
        None => (1, &envelope::TRANSACTION_NOT_SUPPORTED, envelope::TRANSACTION_NOT_SUPPORTED.say(&[code])),
    };
    let value = if element == 3 { version } else { code };
    let ack = AckCodes { ik5: Some(edit.ack_code().into()), ..AckCodes::default() };
    let place = at("ST", 1, (transaction.offset, transaction.line), element, place);
    fresh.push(finding(edit, Scope::Transaction, place, value, message, ack));
    None
}

fn at(id: &'static str, position: u32, (offset, line): (u64, u32), element: u16, place: &Place) -> Place {
    let segment = SegmentPlace { id: Cow::Borrowed(id), position, offset, line };
    Place { segment: Some(segment), element: Some(element), ..place.clone() }
}

fn finding(edit: &'static Edit, scope: Scope, place: Place, value: &str, message: String, ack: AckCodes) -> Finding {
    Finding {
        edit: Cow::Borrowed(edit.id),
        snip: edit.snip,
        severity: edit.severity,
        scope,
        place,
        value: (!value.is_empty()).then(|| value.to_string()),
        message,
        fix: edit.fix.to_string(),
        ack,
        statuses: Vec::new(),
        trigger: None,
    }
}
