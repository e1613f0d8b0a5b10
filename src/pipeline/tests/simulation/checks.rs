//! What must hold after every step, and in the end.

use std::collections::BTreeMap;

use super::payer::{End, end_of, pays};
use super::world::Simulated;
use crate::domain::ids::ClaimId;
use crate::domain::{Cents, ClaimStatus};
use crate::pipeline::testing::Sample;
use crate::store::deliveries::DeliveryState;
use crate::store::mail::MailKind;
use crate::store::reconcile::Period;
use crate::store::search::{ClaimLine, ClaimQuery};

/// True of a moment only: files may wait while the clock jumps.
const OF_AN_HOUR: &str = "a payer's file was kept but never worked";

const ALWAYS: Period = Period { since_ms: 0, until_ms: i64::MAX };

/// How far each claim was seen to be.
#[derive(Default)]
pub struct Seen {
    claims: BTreeMap<ClaimId, ClaimStatus>,
}

fn rank(status: ClaimStatus) -> u8 {
    match status {
        ClaimStatus::Received => 0,
        ClaimStatus::Accepted => 1,
        ClaimStatus::Batched => 2,
        ClaimStatus::Sent => 3,
        ClaimStatus::PayerReceived => 4,
        ClaimStatus::PayerAccepted => 5,
        ClaimStatus::Pending => 6,
        ClaimStatus::PayerRejected => 7,
        ClaimStatus::Rejected
        | ClaimStatus::Paid
        | ClaimStatus::PartiallyPaid
        | ClaimStatus::Denied
        | ClaimStatus::Reversed
        | ClaimStatus::Forwarded => 8,
    }
}

async fn claims(world: &Simulated) -> Vec<ClaimLine> {
    let all = ClaimQuery { limit: 1_000, ..ClaimQuery::default() };
    world.gateway().store.search_claims(&all).await.unwrap()
}

pub async fn after_a_step(world: &mut Simulated) {
    let store = world.gateway().store.clone();
    let mut account = store.account(ALWAYS, world.gateway().clock.now_ms(), 5).await.unwrap();
    account.wrong.retain(|one| one.rule != OF_AN_HOUR);
    assert!(account.adds_up(), "it does not add up: {account:?}");
    let found = claims(world).await;
    let money = account.money;
    assert_eq!(money.paid_by_payers, money.on_claims + money.unmatched + money.held - money.adjustments);
    assert_eq!(found.iter().map(|claim| claim.paid).sum::<Cents>(), money.on_claims);
    forward_only(&mut world.seen, &found);
    for file in world.files.iter().filter(|file| file.told.is_some()) {
        let id = file.told.unwrap();
        let kept =
            store.submission(id).await.unwrap().unwrap_or_else(|| panic!("submission {id} was told of and is lost"));
        let payload = world.gateway().open_payload(kept.payload_id).await.unwrap();
        assert_eq!((payload.len(), payload.sha256()), (file.bytes.len() as u64, kept.sha256), "submission {id}");
    }
}

/// A claim of which something was told never goes back, and never disappears.
fn forward_only(seen: &mut Seen, found: &[ClaimLine]) {
    let now: BTreeMap<ClaimId, ClaimStatus> = found.iter().map(|claim| (claim.id, claim.status)).collect();
    // While its file is checked a claim may be read anew.
    for (id, before) in seen.claims.iter().filter(|(_, before)| **before != ClaimStatus::Received) {
        let after = now.get(id).unwrap_or_else(|| panic!("claim {id} was {before} and is gone"));
        assert!(rank(*after) >= rank(*before), "claim {id} went from {before} back to {after}");
    }
    seen.claims = now;
}

fn expected(sample: &Sample) -> ClaimStatus {
    match (is_good(sample), end_of(&sample.control_number)) {
        (false, _) => ClaimStatus::Rejected,
        (true, End::Refused) => ClaimStatus::PayerRejected,
        (true, End::Denied) => ClaimStatus::Denied,
        (true, End::Paid) => ClaimStatus::Paid,
    }
}

fn is_good(sample: &Sample) -> bool {
    sample.rendering_npi == "1245319599"
}

/// Why not everything has come to its place yet; empty when it has.
pub async fn not_settled(world: &Simulated) -> Vec<String> {
    let mut why = Vec::new();
    let there: BTreeMap<String, ClaimStatus> = claims(world)
        .await
        .into_iter()
        .map(|claim| (claim.patient_control_number.reveal().clone(), claim.status))
        .collect();
    for (place, file) in world.files.iter().enumerate() {
        if file.told.is_none() {
            why.push(format!("file {place} is not taken"));
        }
        for sample in &file.claims {
            let (is, must) = (there.get(&sample.control_number), expected(sample));
            if is != Some(&must) {
                why.push(format!("{} is {is:?} and must be {must}", sample.control_number));
            }
        }
    }
    for delivery in world.gateway().store.deliveries(None, None, None, 1_000).await.unwrap() {
        if delivery.state != DeliveryState::Sent {
            why.push(format!("{delivery:?}"));
        }
    }
    let left = world.payer.desk.lock().unwrap().to_give.len();
    if left > 0 {
        why.push(format!("the payer has {left} answers to give"));
    }
    why
}

pub async fn in_the_end(world: &Simulated) {
    assert_eq!(not_settled(world).await, Vec::<String>::new());
    let store = &world.gateway().store;
    assert_eq!(store.account(ALWAYS, world.gateway().clock.now_ms(), 5).await.unwrap().wrong, []);
    let samples: Vec<&Sample> = world.files.iter().flat_map(|file| &file.claims).collect();
    let found = claims(world).await;
    assert_eq!(found.len(), samples.len(), "claims that nobody handed in, or twice");
    {
        let desk = world.payer.desk.lock().unwrap();
        for sample in &samples {
            let held = desk.held.contains_key(&sample.control_number);
            assert_eq!(held, is_good(sample), "{} at the payer", sample.control_number);
        }
        let paid: i64 = desk.held.values().map(|(_, claim)| pays(claim) * 100).sum();
        assert_eq!(found.iter().map(|claim| claim.paid).sum::<Cents>(), Cents(paid));
    }
    for claim in found.iter().filter(|claim| claim.status == ClaimStatus::Paid) {
        assert_eq!(store.payments_of_claim(claim.id).await.unwrap().len(), 1, "payments on {}", claim.id);
    }
    assert_eq!(store.count_open_exceptions().await.unwrap(), 0, "exceptions");
    letters(world, &samples).await;
    payloads(world).await;
}

/// Each submitter is told each thing once.
async fn letters(world: &Simulated, samples: &[&Sample]) {
    let texts = async |kind| {
        let mut texts = Vec::new();
        for mail in world.gateway().store.list_mail("acme", None, Some(kind), 1_000).await.unwrap() {
            texts.push(String::from_utf8(world.gateway().read_payload(mail.payload_id).await.unwrap()).unwrap());
        }
        texts
    };
    assert_eq!(texts(MailKind::Ack999).await.len(), world.files.len(), "999s in the mailbox");
    let (told, money) = (texts(MailKind::Ack277ca).await.concat(), texts(MailKind::Remit835).await.concat());
    for sample in samples {
        let number = &sample.control_number;
        let of_claim = told.matches(&format!("TRN*2*{number}~")).count();
        assert_eq!(of_claim, if is_good(sample) { 2 } else { 1 }, "277CAs that tell of {number}");
        let adjudicated = is_good(sample) && end_of(number) != End::Refused;
        assert_eq!(money.matches(&format!("CLP*{number}*")).count(), usize::from(adjudicated), "835s with {number}");
    }
}

async fn payloads(world: &Simulated) {
    for row in world.gateway().store.payload_rows(None, 10_000).await.unwrap() {
        let payload = world.gateway().open_payload(row.id).await.unwrap();
        assert_eq!((payload.len(), &payload.sha256()[..]), (row.bytes, &row.sha256[..]), "payload {}", row.id);
    }
}
