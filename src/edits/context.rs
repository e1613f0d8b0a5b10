//! What only holds for a file of a known partner: who sends, to whom, for which providers, to which payers,
//! and what was sent before; and, of any file, which control numbers its own interchanges use twice.

use std::borrow::Cow;
use std::collections::HashSet;

use super::arena::Arena;
use super::catalogue::{envelope, lookup};
use super::claim::{Claim, tag};
use super::report::{Hit, Report};
use super::rules::requirements;
use super::settings::{Context, Payer};
use super::walked::Above;
use crate::domain::finding::{AckCodes, Place, SegmentPlace};
use crate::domain::{Edit, Finding, Scope};
use crate::x12::envelope::Interchange;
use crate::x12::segment::text_of;

/// Sender, receiver, usage and control number of an ISA.
pub fn interchange(context: &Context<'_>, isa: &Interchange, fresh: &mut Vec<Finding>) {
    let mut wrong = |element: u16, edit: &'static Edit, value: &str, expected: &str| {
        fresh.push(finding(isa, element, edit, value, edit.say(&[&expected])));
    };
    let (qualifier, id) = context.sender;
    if isa.sender != id {
        wrong(6, &envelope::SENDER_NOT_YOURS, &isa.sender, id);
    } else if isa.sender_qualifier != qualifier {
        wrong(5, &envelope::SENDER_QUALIFIER_NOT_YOURS, &isa.sender_qualifier, qualifier);
    }
    let (qualifier, id) = context.receiver;
    if isa.receiver != id {
        wrong(8, &envelope::RECEIVER_NOT_US, &isa.receiver, id);
    } else if isa.receiver_qualifier != qualifier {
        wrong(7, &envelope::RECEIVER_QUALIFIER_NOT_US, &isa.receiver_qualifier, qualifier);
    }
    if isa.usage != context.usage {
        wrong(15, &envelope::USAGE_NOT_TAKEN, &isa.usage, context.usage);
    }
    if context.lookups.control_number_used(isa) {
        fresh.push(number_repeated(isa, "another file"));
    }
}

fn number_repeated(isa: &Interchange, file: &str) -> Finding {
    let edit = &envelope::CONTROL_NUMBER_REPEATED;
    finding(isa, 13, edit, &isa.control, edit.say(&[&file]))
}

/// Interchanges of one file whose numbers are remembered; beyond it new ones are not added.
const INTERCHANGES_REMEMBERED_MAX: usize = 100_000;

/// The senders and control numbers of the interchanges of a file that were accepted so far.
#[derive(Debug, Default)]
pub struct NumbersUsed(HashSet<[String; 3]>);

impl NumbersUsed {
    /// Tells when the number was used before in this file; what earlier files used is another question.
    pub fn judge(&self, isa: &Interchange, fresh: &mut Vec<Finding>) {
        if !self.0.is_empty() && self.0.contains(&NumbersUsed::key(isa)) {
            fresh.push(number_repeated(isa, "this file"));
        }
    }

    pub fn accepted(&mut self, isa: &Interchange) {
        if self.0.len() < INTERCHANGES_REMEMBERED_MAX {
            self.0.insert(NumbersUsed::key(isa));
        }
    }

    fn key(isa: &Interchange) -> [String; 3] {
        [&isa.sender_qualifier, &isa.sender, &isa.control].map(String::clone)
    }
}

fn finding(isa: &Interchange, element: u16, edit: &'static Edit, value: &str, message: String) -> Finding {
    let segment = SegmentPlace { id: Cow::Borrowed("ISA"), position: 0, offset: isa.offset, line: isa.line };
    Finding {
        edit: Cow::Borrowed(edit.id),
        snip: edit.snip,
        severity: edit.severity,
        scope: Scope::Interchange,
        place: Place {
            interchange: Some(isa.control.clone()),
            segment: Some(segment),
            element: Some(element),
            ..Place::default()
        },
        value: Some(value.to_string()),
        message,
        fix: edit.fix.to_string(),
        ack: AckCodes { ta1: Some(edit.ack_code().into()), ..AckCodes::default() },
        statuses: Vec::new(),
        trigger: None,
    }
}

/// What a level says that the partner's file decides: submitter id, billing provider, payer.
pub fn level(context: &Context<'_>, above: Above, arena: &Arena, report: &mut Report<'_>) {
    match above {
        Above::Header => {
            if let Some(nm1) = arena.all().first(tag::L1000A, tag::NM1)
                && !allows(context.etins, nm1.element(9))
            {
                report.add(Hit::new(&lookup::SUBMITTER_ID, nm1).element(9));
            }
        }
        Above::Billing => {
            if let Some(nm1) = arena.all().first(tag::L2010AA, tag::NM1)
                && !allows(context.npis, nm1.element(9))
            {
                report.add(Hit::new(&lookup::BILLING_NOT_ENROLLED, nm1).element(9));
            }
        }
        Above::Subscriber => payer(context, arena, report),
        Above::Patient => {}
    }
}

/// True when the list names the id, or is empty, which allows any.
fn allows(list: &[String], id: &[u8]) -> bool {
    list.is_empty() || list.iter().any(|allowed| allowed.as_bytes() == id)
}

fn payer(context: &Context<'_>, arena: &Arena, report: &mut Report<'_>) {
    let Some(nm1) = arena.all().first(tag::L2010BB, tag::NM1) else { return };
    let id = nm1.element(9);
    match context.lookups.payer(id, report.kind) {
        Payer::Reached => {}
        Payer::OtherKinds => report.add(Hit::new(&lookup::PAYER_KIND, nm1).element(9).fact(text_of(id))),
        Payer::Unknown => report.add(Hit::new(&lookup::PAYER_UNKNOWN, nm1).element(9).fact(text_of(id))),
    }
}

/// What earlier files say of a claim, and what its payer asks of it.
pub fn claim(context: &Context<'_>, claim: &Claim<'_>, fingerprint: u128, report: &mut Report<'_>) {
    if context.lookups.claim_seen(fingerprint) {
        report.add(Hit::new(&lookup::DUPLICATE_EARLIER, claim.clm()));
    }
    let Some(nm1) = claim.subscriber.all().first(tag::L2010BB, tag::NM1) else { return };
    if let Some(asks) = context.lookups.requirements(nm1.element(9)) {
        requirements::check(claim, asks, report);
    }
    if let Some(edits) = context.lookups.payer_edits(nm1.element(9)) {
        edits.check(claim, report);
    }
}
