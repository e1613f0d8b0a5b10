//! Groups and transactions that no guide describes, or that do not belong together: AK905 and IK502.

use std::borrow::Cow;
use std::sync::Arc;

use super::settings::Context;
use crate::domain::finding::{AckCodes, Place, SegmentPlace};
use crate::domain::{Finding, Scope, Severity};
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
    let (element, edit, value, ak9, message) = if !guides.gs01_supported(code) {
        (
            1,
            "group-not-supported",
            code,
            "1",
            format!("Functional groups of type {code} (GS01) are not supported here."),
        )
    } else if !allowed {
        (1, "group-not-expected", code, "1", format!("Functional groups of type {code} (GS01) are not taken from you."))
    } else if !guides.group_supported(code, &group.version) {
        let version = &group.version;
        (
            8,
            "version-not-supported",
            version,
            "2",
            format!("Version {version} (GS08) is not supported for groups of type {code}."),
        )
    } else {
        return;
    };
    let ack = AckCodes { ak9: Some(ak9.into()), ..AckCodes::default() };
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
    let (element, edit, ik5, message) = match of_group {
        Some(guide) if version.is_empty() || guide.accept.contains(version) => return Some(guide),
        Some(_) if guides.find(code, version).is_some() => {
            let message = format!("ST03 {version} and GS08 {} name different guides.", group.version);
            (3, "transaction-version-differs", "19", message)
        }
        Some(_) => {
            (3, "transaction-version-not-supported", "I6", format!("Version {version} (ST03) is not supported."))
        }
        None if guides.st01_supported(code) => {
            let message =
                format!("Transactions of type {code} (ST01) do not belong in a group of type {}.", group.code);
            (1, "transaction-in-wrong-group", "18", message)
        }
        None => {
            (1, "transaction-not-supported", "1", format!("Transactions of type {code} (ST01) are not supported here."))
        }
    };
    let value = if element == 3 { version } else { code };
    let ack = AckCodes { ik5: Some(ik5.into()), ..AckCodes::default() };
    let place = at("ST", 1, (transaction.offset, transaction.line), element, place);
    fresh.push(finding(edit, Scope::Transaction, place, value, message, ack));
    None
}

fn at(id: &'static str, position: u32, (offset, line): (u64, u32), element: u16, place: &Place) -> Place {
    let segment = SegmentPlace { id: Cow::Borrowed(id), position, offset, line };
    Place { segment: Some(segment), element: Some(element), ..place.clone() }
}

fn finding(edit: &'static str, scope: Scope, place: Place, value: &str, message: String, ack: AckCodes) -> Finding {
    Finding {
        edit: Cow::Borrowed(edit),
        snip: 1,
        severity: Severity::Error,
        scope,
        place,
        value: (!value.is_empty()).then(|| value.to_string()),
        message,
        fix: "Ask support which transactions and versions are taken.".to_string(),
        ack,
        statuses: Vec::new(),
        trigger: None,
    }
}
