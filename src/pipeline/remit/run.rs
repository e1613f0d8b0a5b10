//! Works the remittances of payers' files, one file after another, each in one transaction.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::json;
use tokio::task::JoinHandle;

use super::balance::{self, Balance};
use super::books::{self, Books};
use super::hand_on::{self, Handed, Papers};
use super::plan::{self, Extent};
use super::read::{self, Remittance};
use super::repeats::{self, Content, Newness};
use super::tie;
use crate::domain::ids::{InboundId, RemittanceId};
use crate::domain::payment_facts::AMOUNT;
use crate::domain::{CrashPoint, error_chain, passing};
use crate::pipeline::answers::{Matched, Sought, find_claims};
use crate::pipeline::gateway::{blocking, discard, guarded, put_away};
use crate::pipeline::lease::under_lease;
use crate::pipeline::{Gateway, Progress, StageError};
use crate::store::earlier::EarlierRemittance;
use crate::store::exceptions::ExceptionKind;
use crate::store::inbound::{InboundRow, InboundState};
use crate::store::leases::Lease;
use crate::store::remittances::{RemittanceState, Remitted};

/// Earlier payments under the same number whose claims are compared.
const COMPARED_MAX: usize = 20;
/// Of a file that is read while another is worked.
const AHEAD_BYTES_MAX: i64 = 16 * 1024 * 1024;

/// Works all files that wait, the oldest first. One that cannot be worked now, by our own trouble, does not keep
/// the others waiting; its error is returned at the end.
pub async fn run(gateway: &Arc<Gateway>) -> Result<Progress, StageError> {
    let (mut progress, mut first_trouble, mut after) = (Progress::Idle, None, None);
    let mut ahead: Option<Ahead> = None;
    while let Some(inbound) = gateway.store.next_inbound(InboundState::Correlated, after).await? {
        let id = inbound.id;
        after = Some(id);
        // One node works a payer's files, so that none is compared with others that are half worked.
        let name = format!("remit:{}", inbound.partner);
        // Nothing is read for a payer whose files another node works.
        let in_turn = async |lease: &Lease| {
            let ready = match ahead.take().filter(|ahead| ahead.inbound == id) {
                Some(ahead) => ahead.ready,
                None => tokio::spawn(ready(gateway.clone(), inbound.clone())),
            };
            ahead = look_ahead(gateway, after).await?;
            guarded(work(gateway, inbound, ready, lease)).await
        };
        match under_lease(gateway, &name, in_turn).await {
            Ok(None) => {}
            Ok(Some(())) => progress = Progress::Worked,
            Err(trouble) => {
                tracing::error!(inbound = %id, error = error_chain(&trouble), "a payer's remittances could not be worked");
                first_trouble = first_trouble.or(Some(trouble));
            }
        }
    }
    match guarded(tie::run(gateway)).await {
        Ok(Progress::Worked) => progress = Progress::Worked,
        Ok(Progress::Idle) => {}
        Err(trouble) => first_trouble = first_trouble.or(Some(trouble)),
    }
    first_trouble.map_or(Ok(progress), Err)
}

/// A file that is read while the one before it is worked.
struct Ahead {
    inbound: InboundId,
    ready: JoinHandle<Result<Ready, StageError>>,
}

/// The file that will be next, unless it is a large one: two of these need much memory.
async fn look_ahead(gateway: &Arc<Gateway>, after: Option<InboundId>) -> Result<Option<Ahead>, StageError> {
    let next = gateway.store.next_inbound(InboundState::Correlated, after).await?;
    Ok(next
        .filter(|next| next.bytes <= AHEAD_BYTES_MAX)
        .map(|next| Ahead { inbound: next.id, ready: tokio::spawn(ready(gateway.clone(), next)) }))
}

/// A file with all that can be told of it without the store.
struct Ready {
    papers: Papers,
    told: Vec<Told>,
    /// What each payment says of its claim, in the file's order.
    sought: Vec<Sought>,
}

/// Of one remittance.
struct Told {
    sums: Balance,
    digest: [u8; 32],
}

async fn ready(gateway: Arc<Gateway>, inbound: InboundRow) -> Result<Ready, StageError> {
    let papers = papers(&gateway, &inbound).await?;
    let remittances = papers.remittances.clone();
    let tell = |one: &Remittance| Told { sums: balance::check(one), digest: plan::digest_of(one) };
    let read = move || {
        let of_one = |one| move |claim| books::sought(one, claim);
        let sought = remittances.iter().flat_map(|one| one.claims.iter().map(of_one(one))).collect();
        (remittances.iter().map(tell).collect(), sought)
    };
    let (told, sought) = blocking(read).await?;
    Ok(Ready { papers, told, sought })
}

/// Reads the remittances of a file.
pub async fn papers(gateway: &Arc<Gateway>, inbound: &InboundRow) -> Result<Papers, StageError> {
    let file = Arc::new(gateway.read_payload(inbound.payload_id).await?);
    let there = file.clone();
    let remittances = blocking(move || read::read(&there).0).await?;
    Ok(Papers { inbound_id: inbound.id, payer: inbound.partner.clone(), file, remittances: Arc::new(remittances) })
}

async fn work(
    gateway: &Arc<Gateway>,
    inbound: InboundRow,
    ready: JoinHandle<Result<Ready, StageError>>,
    lease: &Lease,
) -> Result<(), StageError> {
    let Ready { papers, told, sought } = ready.await.map_err(|source| StageError::Stopped { source })??;
    let at = gateway.clock.now_ms();
    let mut desk = Desk {
        books: Books { gateway, inbound_id: inbound.id, payer: &papers.payer, at },
        papers: &papers,
        earlier: earlier(gateway, &papers).await?,
        places: HashMap::new(),
        remitted: Remitted {
            inbound_id: inbound.id,
            at,
            notes: inbound.notes,
            house_notes: inbound.house_notes,
            repeat_of: None,
            remittances: Vec::new(),
            payments: Vec::new(),
            passed_on: Vec::new(),
            claim_events: Vec::new(),
            exceptions: Vec::new(),
            mail: Vec::new(),
            instead_of: Vec::new(),
        },
        handed: Vec::new(),
        repeated: Vec::new(),
    };
    // One look for all.
    let mut matched = find_claims(&gateway.store, &papers.payer, &sought).await?.into_iter();
    let mut used = Vec::with_capacity(papers.remittances.len());
    for (place, (remittance, told)) in papers.remittances.iter().zip(told).enumerate() {
        let of_this: Vec<Matched> = matched.by_ref().take(remittance.claims.len()).collect();
        desk.take(place, remittance, told, &of_this).await?;
        used.push(of_this);
    }
    // A file of nothing else is a repeat itself.
    if inbound.kinds == "835" && desk.repeated.len() == papers.remittances.len() {
        desk.remitted.repeat_of = first_of(gateway, &desk.repeated).await?;
    }
    let handed = std::mem::take(&mut desk.handed);
    let written = hand_on::write(gateway, &papers, handed, &format!("inbound:{}", inbound.id)).await?;
    let mut remitted = desk.remitted;
    for row in &mut remitted.remittances {
        // Without a letter they are still to be handed on.
        let place = usize::try_from(row.ordinal).unwrap_or(usize::MAX);
        row.adjustments_handed = written.adjustments.contains_key(&place);
        row.adjustment_owners = written.adjustments.get(&place).cloned().unwrap_or_default();
    }
    remitted.mail = written.mail;
    remitted.house_notes.extend(written.notes);
    let recorded = record(gateway, &remitted, lease).await;
    put_away((papers, sought, used, remitted));
    recorded
}

/// The file of the first of these.
async fn first_of(gateway: &Gateway, remittances: &[RemittanceId]) -> Result<Option<InboundId>, StageError> {
    let Some(first) = remittances.first() else { return Ok(None) };
    Ok(gateway.store.remittance(*first).await?.map(|row| row.inbound_id))
}

async fn record(gateway: &Arc<Gateway>, remitted: &Remitted, lease: &Lease) -> Result<(), StageError> {
    passing(CrashPoint::MoneyRead);
    if gateway.store.record_remittances(remitted, lease).await? {
        tracing::info!(
            inbound = %remitted.inbound_id,
            remittances = remitted.remittances.len(),
            payments = remitted.payments.len(),
            exceptions = remitted.exceptions.len(),
            letters = remitted.mail.len(),
            "a payer's remittances were worked"
        );
        metrics::counter!("claimgate_remittances_total").increment(remitted.remittances.len() as u64);
        metrics::counter!("claimgate_payments_total").increment(remitted.payments.len() as u64);
        metrics::counter!("claimgate_exceptions_total").increment(remitted.exceptions.len() as u64);
        return Ok(());
    }
    // Another worker was first; what was sealed here belongs to nobody.
    for mail in &remitted.mail {
        discard(gateway, mail.payload.id).await;
    }
    Ok(())
}

async fn earlier(gateway: &Gateway, papers: &Papers) -> Result<HashMap<String, Vec<EarlierRemittance>>, StageError> {
    let traces: Vec<&str> = papers.remittances.iter().map(|one| one.trace.as_str()).collect();
    let mut by_trace: HashMap<String, Vec<EarlierRemittance>> = HashMap::new();
    for one in gateway.store.earlier_remittances(&papers.payer, &traces).await? {
        by_trace.entry(one.trace.clone()).or_default().push(one);
    }
    Ok(by_trace)
}

struct Desk<'a> {
    books: Books<'a>,
    papers: &'a Papers,
    /// By TRN02: of the store, and those of this file that were taken already.
    earlier: HashMap<String, Vec<EarlierRemittance>>,
    /// Where those of this file stand in it.
    places: HashMap<RemittanceId, usize>,
    remitted: Remitted,
    handed: Vec<Handed>,
    /// The remittances that some of this file say again.
    repeated: Vec<RemittanceId>,
}

impl Desk<'_> {
    async fn take(
        &mut self,
        place: usize,
        remittance: &Remittance,
        Told { sums, digest }: Told,
        matched: &[Matched],
    ) -> Result<(), StageError> {
        let newness = self.newness(remittance, (&digest, &sums), matched).await?;
        let (state, problem) = judge(&sums, &newness);
        let of_which = format!("transaction {}", remittance.head.control);
        let notes = sums.warnings.iter().map(|warning| format!("{of_which}: {warning}"));
        self.remitted.notes.extend(notes);
        let row = self.books.remittance(remittance, place, state, problem.clone(), digest);
        match state {
            RemittanceState::Repeat => {
                self.remitted.notes.push(format!("{of_which}: {problem}"));
                self.repeated.extend(newness.repeated());
            }
            RemittanceState::Held => {
                let response = json!({
                    "remittance": row.id,
                    "trace": row.trace,
                    "amount": row.amount,
                    "problems": if sums.errors.is_empty() { vec![problem.clone()] } else { sums.errors.clone() },
                });
                let exception = self.books.exception(ExceptionKind::Balance, problem, response, json!([]), None);
                self.remitted.exceptions.push(exception);
                self.add_payments(remittance, &row.trace, row.id, matched, state);
            }
            RemittanceState::Posted => {
                self.add_payments(remittance, &row.trace, row.id, matched, state);
                let handed = self.hand_on(place, row.id, remittance, matched).await?;
                self.handed.extend(handed);
                for held in newness.instead_of() {
                    self.remitted
                        .notes
                        .push(format!("{of_which}: it takes the place of remittance {held}, which was held"));
                    self.remitted.instead_of.push((*held, row.id));
                }
            }
        }
        if state != RemittanceState::Repeat {
            self.places.insert(row.id, place);
            self.earlier.entry(row.trace.clone()).or_default().push(EarlierRemittance {
                id: row.id,
                trace: row.trace.clone(),
                trace_payer: row.trace_payer.clone(),
                amount: row.amount,
                payment_date: row.payment_date.clone(),
                payee: (row.payee_npi.clone(), row.payee_tin.clone()),
                state,
                put_aside: false,
                digest: row.digest.clone(),
            });
        }
        self.remitted.remittances.push(row);
        Ok(())
    }

    /// How it stands to the earlier ones with its number. What these say is read only where it decides.
    async fn newness(
        &self,
        remittance: &Remittance,
        (digest, sums): (&[u8; 32], &Balance),
        matched: &[Matched],
    ) -> Result<Newness, StageError> {
        let adds_up = sums.errors.is_empty();
        let earlier = self.earlier.get(&remittance.trace).map(Vec::as_slice).unwrap_or_default();
        let is_settled = |one: &EarlierRemittance| one.state != RemittanceState::Held || one.put_aside || !adds_up;
        if let Some(same) = earlier.iter().find(|one| one.digest == digest && is_settled(one)) {
            return Ok(Newness::Repeat(same.id));
        }
        let mut matter: Vec<_> = earlier.iter().filter(|one| repeats::may_matter(remittance, one)).collect();
        if matter.is_empty() {
            return Ok(Newness::New { instead_of: Vec::new() });
        }
        if !remittance.is_numbered() {
            // There may be thousands with this number.
            let likely = self.likely(remittance, &matter, matched).await?;
            matter.retain(|one| likely.contains(&one.id));
        }
        let own = repeats::content_of(remittance);
        let mut compared = Vec::with_capacity(matter.len());
        // Of so many those speak that are likest, then the newest: a payer may give all that it pays one number.
        matter.sort_by_key(|one| {
            let is_posted = one.state == RemittanceState::Posted;
            (remittance.facts().likeness(&one.facts()), !is_posted, Reverse(one.id))
        });
        for earlier in matter.into_iter().take(COMPARED_MAX) {
            compared.push(own.compared(earlier, &self.content(earlier.id).await?));
        }
        Ok(repeats::newness(remittance, &compared, adds_up))
    }

    /// Those that pay the same claim or, in this file, are of the same size.
    async fn likely(
        &self,
        remittance: &Remittance,
        all: &[&EarlierRemittance],
        matched: &[Matched],
    ) -> Result<HashSet<RemittanceId>, StageError> {
        let claim = matched.iter().find_map(|matched| match matched {
            Matched::One(found) => Some(found.claim.id),
            Matched::Unclear { .. } => None,
        });
        let (here, before): (Vec<&EarlierRemittance>, Vec<_>) =
            all.iter().partition(|one| self.places.contains_key(&one.id));
        let mut likely = match claim {
            Some(claim) if !before.is_empty() => {
                let ids = before.iter().map(|one| one.id.0).collect();
                self.books.gateway.store.remittances_paying(claim, ids).await?
            }
            Some(_) | None => HashSet::new(),
        };
        let is_as_large = |place: &usize| repeats::is_as_large(remittance, &self.papers.remittances[*place]);
        let of_size = here.iter().filter(|one| self.places.get(&one.id).is_some_and(is_as_large));
        likely.extend(of_size.map(|one| one.id));
        Ok(likely)
    }

    async fn content(&self, earlier: RemittanceId) -> Result<Content, StageError> {
        if let Some(&place) = self.places.get(&earlier) {
            return Ok(repeats::content_of(&self.papers.remittances[place]));
        }
        let store = &self.books.gateway.store;
        let adjustments = store.remittance(earlier).await?.map(|row| row.adjustment_list).unwrap_or_default();
        Ok(repeats::content_of_rows(&adjustments, &store.payments_of_remittance(earlier).await?))
    }

    fn add_payments(
        &mut self,
        remittance: &Remittance,
        trace: &str,
        id: RemittanceId,
        matched: &[Matched],
        state: RemittanceState,
    ) {
        for (n, (claim, matched)) in remittance.claims.iter().zip(matched).enumerate() {
            let payment = self.books.payment(claim, n, id, matched);
            if state == RemittanceState::Posted {
                if let Matched::One(found) = matched {
                    let event = self.books.event(&payment, found.claim.id, trace, found.rule.as_str());
                    self.remitted.claim_events.push(event);
                    self.remitted.passed_on.extend(self.books.passed_on(claim, found.claim.id));
                }
                self.remitted.exceptions.extend(self.books.unmatched(&payment, remittance, claim, matched));
            }
            self.remitted.payments.push(payment);
        }
    }

    async fn hand_on(
        &mut self,
        place: usize,
        id: RemittanceId,
        remittance: &Remittance,
        matched: &[Matched],
    ) -> Result<Vec<Handed>, StageError> {
        let facts: Vec<_> = matched
            .iter()
            .map(|matched| match matched {
                Matched::One(found) => Some(&found.claim),
                Matched::Unclear { .. } => None,
            })
            .collect();
        let handed = self.books.handed(place, remittance, &facts).await?;
        if remittance.claims.is_empty() && handed.is_empty() {
            self.remitted.exceptions.push(self.books.payee_unknown(id, remittance).await?);
        }
        if handed.iter().any(|one| one.extent != Extent::Whole) {
            self.remitted.house_notes.push(format!(
                "transaction {}: divided; each of {} submitters gets its own claims, and BPR02 is what they were paid",
                remittance.head.control,
                handed.len()
            ));
        }
        Ok(handed)
    }
}

fn judge(sums: &Balance, newness: &Newness) -> (RemittanceState, String) {
    match (newness, sums.errors.first()) {
        (Newness::Repeat(of), _) => {
            (RemittanceState::Repeat, format!("it repeats remittance {of} and was not posted again"))
        }
        (Newness::Contradicts { of, state }, _) => {
            let held = match state {
                RemittanceState::Held => ", which is held",
                RemittanceState::Posted | RemittanceState::Repeat => "",
            };
            let problem = format!(
                "it has the number, amount, date and payee of remittance {of}{held}, but says other things of claims or provider \
                 adjustments"
            );
            (RemittanceState::Held, problem)
        }
        (Newness::MayRepeat { of, doubts, says_the_same: _ }, _) if doubts.contains(&AMOUNT) => {
            let problem = format!(
                "it pays mostly the claims of remittance {of} under the same number, but another amount (BPR02). Dismiss it if it \
                 corrects that one, and ask the payer to reverse what was paid first; the two are not posted beside each other"
            );
            (RemittanceState::Held, problem)
        }
        (Newness::MayRepeat { of, doubts, says_the_same }, _) => {
            let claims = if *says_the_same { " and so is all that it says of claims" } else { "" };
            let problem = format!(
                "it may be remittance {of} once more: the number is the same{claims}, but {} not written the same in both. Dismiss it \
                 if it is the same payment, release it if it is another",
                listed(doubts)
            );
            (RemittanceState::Held, problem)
        }
        (Newness::New { .. }, Some(first)) => {
            let more = match sums.errors.len() {
                1 => String::new(),
                all => format!(" (and {} more)", all - 1),
            };
            (RemittanceState::Held, format!("it does not add up: {first}{more}"))
        }
        (Newness::New { .. }, None) => (RemittanceState::Posted, String::new()),
    }
}

/// As `the date and the payee are`.
fn listed(facts: &[&str]) -> String {
    match facts {
        [] => "nothing is".to_string(),
        [only] => format!("{only} is"),
        [first @ .., last] => format!("{} and {last} are", first.join(", ")),
    }
}
