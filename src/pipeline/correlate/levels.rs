//! Refusals above the claims of a 277CA: of all that went under one BHT03, or of one provider in it. Each claim that is
//! refused so keeps what was said, as one does that is refused by itself: so a repeat is known on it, and a change of mind.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::json;

use super::claims::Counts;
use super::draft::{Draft, Unmatched};
use super::read::status::{Level, ReportKind, StatusReport};
use super::{plan, repeats};
use crate::domain::ClaimStatus;
use crate::domain::ids::{BatchId, ClaimId};
use crate::pipeline::StageError;
use crate::store::exceptions::ExceptionKind;
use crate::store::matching::{BatchTransactionFacts, ClaimFacts};
use crate::store::said::{BatchWord, Said};

const KIND: ReportKind = ReportKind::ClaimAck;

/// Whom a level refuses.
#[derive(Clone, Copy)]
enum Reach<'a> {
    All,
    /// A billing provider's claims, by its NPI or tax id.
    Provider(&'a str),
}

/// What the levels of a report say of each batch.
type Words = BTreeMap<BatchId, BatchWord>;

/// Takes all refusals of a report that stand above claims. Gives what its levels say of each batch, by which a repeat of
/// them is known where they refuse nobody.
pub async fn take_levels(
    draft: &mut Draft,
    report: &StatusReport,
    answered: &HashMap<String, Vec<BatchTransactionFacts>>,
    counts: &mut BTreeMap<BatchId, Counts>,
) -> Result<Words, StageError> {
    let words = words(report, answered);
    for batch in words.keys() {
        counts.entry(*batch).or_default();
    }
    let mut refused = HashSet::new();
    for (n, receiver) in report.receivers.iter().enumerate() {
        let sent = answered.get(&receiver.trace).map(Vec::as_slice).unwrap_or_default();
        let providers = report.providers.iter().filter(|level| level.receiver == n && level.refuses_all());
        let providers = providers.map(|level| (level, Reach::Provider(level.id.as_str())));
        // Where all is refused too, each claim is told what is said nearest to it.
        let all = receiver.refuses_all().then_some((receiver, Reach::All));
        for (level, reach) in providers.chain(all) {
            let said = repeats::of_refusal(report, level);
            refuse_level(draft, (level, reach, &said), sent, &words, (&mut refused, counts)).await?;
        }
    }
    Ok(words)
}

fn words(report: &StatusReport, answered: &HashMap<String, Vec<BatchTransactionFacts>>) -> Words {
    let mut traces: BTreeMap<BatchId, Vec<&str>> = BTreeMap::new();
    for receiver in &report.receivers {
        for transaction in answered.get(&receiver.trace).into_iter().flatten() {
            let of_batch = traces.entry(transaction.batch_id).or_default();
            if !of_batch.contains(&receiver.trace.as_str()) {
                of_batch.push(&receiver.trace);
            }
        }
    }
    let word = |traces: Vec<&str>| BatchWord { digest: repeats::of_levels(report, &traces), about: traces.join(" ") };
    traces.into_iter().map(|(batch, traces)| (batch, word(traces))).collect()
}

async fn refuse_level(
    draft: &mut Draft,
    (level, reach, said): (&Level, Reach<'_>, &Said),
    sent: &[BatchTransactionFacts],
    words: &Words,
    (refused, counts): (&mut HashSet<ClaimId>, &mut BTreeMap<BatchId, Counts>),
) -> Result<(), StageError> {
    if sent.is_empty() {
        let reason = "a whole batch or provider is refused, and no transaction with that number was sent to this payer";
        return draft.except_unmatched(vec![unmatched(level, reach, reason)]).await;
    }
    let mut found = 0;
    for transaction in sent {
        let mut claims = match reach {
            Reach::Provider("") => Vec::new(),
            Reach::Provider(id) => draft.gateway.store.claims_of_transaction(transaction, Some(id)).await?,
            Reach::All => draft.gateway.store.claims_of_transaction(transaction, None).await?,
        };
        found += claims.len();
        claims.retain(|claim| refused.insert(claim.id));
        let ids: Vec<ClaimId> = claims.iter().map(|claim| claim.id).collect();
        draft.read_said(KIND, &ids).await?;
        let word = words.get(&transaction.batch_id);
        let before = draft.said_of(transaction.batch_id).await?;
        let known = word.is_some_and(|word| repeats::repeated_of_batch(KIND.as_str(), word, before).is_some());
        let count = counts.entry(transaction.batch_id).or_default();
        for claim in claims {
            refuse_claim(draft, (level, reach, said), claim, (known, count));
        }
    }
    if found > 0 {
        return Ok(());
    }
    let reason = match reach {
        Reach::Provider(_) => {
            "all claims of a provider are refused, and none of the claims sent in that transaction is of it"
        }
        Reach::All => "a whole transaction is refused, and none of its claims is stored any more",
    };
    draft.except_unmatched(vec![unmatched(level, reach, reason)]).await
}

/// `known`: the batch was told the same before.
fn refuse_claim(
    draft: &mut Draft,
    (level, reach, said): (&Level, Reach<'_>, &Said),
    claim: ClaimFacts,
    (known, count): (bool, &mut Counts),
) {
    let status = Some(ClaimStatus::PayerRejected);
    let code = level.statuses.iter().flat_map(|status| &status.codes).map(|code| code.text()).next();
    let code = code.unwrap_or_else(|| "A3:0".to_string());
    let was_taken_back_in = claim.status == ClaimStatus::PayerRejected && draft.was_taken(KIND, claim.id);
    if draft.claim_repeats(KIND, claim.id, (said, status), &code) {
        count.count(status, true);
        return;
    }
    let is_told = plan::can_be_refused(claim.status) || was_taken_back_in;
    // One that is refused otherwise is told nothing, and the batch tells of the repeat.
    if is_told || !known {
        count.count(status, false);
    }
    if is_told {
        let text = match reach {
            Reach::Provider(_) => "The payer refused all claims of the provider",
            Reach::All => "The payer refused the whole transaction",
        };
        draft.refuse_one(claim, (&code, text), Some((KIND.as_str(), Some(said.clone()))));
    }
}

fn unmatched(level: &Level, reach: Reach<'_>, reason: &str) -> Unmatched {
    let place = match reach {
        Reach::Provider(_) => "provider",
        Reach::All => "batch",
    };
    Unmatched {
        kind: ExceptionKind::ClaimAck,
        reason: reason.into(),
        response: json!({ "level": place, "codes": level.codes_text() }),
        candidates: Vec::new(),
        awaits: Vec::new(),
        said: repeats::of_level(level),
        answers: None,
    }
}
