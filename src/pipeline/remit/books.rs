//! Turns remittances and what they matched into rows: remittances, payments, events, exceptions.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::{Value, json};

use super::balance;
use super::hand_on::Handed;
use super::placing;
use super::plan::{self, Extent};
use super::read::{Adjustment, ClaimPayment, Line, Remittance};
use super::split::Own;
use crate::domain::ids::{ClaimId, InboundId, PaymentId, RemittanceId};
use crate::domain::posting::{PaymentKind, Posting, posted};
use crate::domain::{Cents, ClaimStatus, Phi};
use crate::edits::catalogue::remittance::PAYEE_UNKNOWN;
use crate::pipeline::answers::{Matched, Sought, awaits};
use crate::pipeline::{Gateway, StageError};
use crate::store::events::NewClaimEvent;
use crate::store::exceptions::{ExceptionKind, NewException};
use crate::store::matching::{ClaimFacts, ClaimKey};
use crate::store::payees::PaidFor;
use crate::store::remittances::{PassedOn, PaymentRow, RemittanceRow, RemittanceState};

const OF_SEVERAL: &str = "The payment is for no claim of this gateway, and several submitters bill for its payee: ask the \
     payee whose it is, tell that submitter, and dismiss this.";

const SUBMITTER_GONE: &str = "The payment is for no claim of this gateway, and the submitter of its payee has no file in \
     partners/ any more: put it back, reload, and release this.";

/// What a CLP says of the claim it pays.
pub fn sought(remittance: &Remittance, claim: &ClaimPayment) -> Sought {
    Sought {
        trace: String::new(),
        payer_claim_control_number: claim.payer_number.clone(),
        control_number: claim.control_number.clone(),
        npi: remittance.payee_npi.clone(),
        tin: remittance.payee_tin.clone(),
        // A reversal repeats the charge with the other sign.
        charge: Some(Cents(claim.charge.0.abs())),
        member_ids: claim.member_ids.clone(),
        names: claim.names.clone(),
        frequency: claim.frequency.clone(),
        service_from: claim.service_from.clone(),
        within: None,
    }
}

/// Where rows come from: one payer's file.
pub struct Books<'a> {
    pub gateway: &'a Gateway,
    pub inbound_id: InboundId,
    pub payer: &'a str,
    pub at: i64,
}

impl Books<'_> {
    pub fn remittance(
        &self,
        remittance: &Remittance,
        ordinal: usize,
        state: RemittanceState,
        problem: String,
        digest: [u8; 32],
    ) -> RemittanceRow {
        RemittanceRow {
            id: self.gateway.draw_id(),
            inbound_id: self.inbound_id,
            ordinal: ordinal as i64,
            payer: self.payer.to_string(),
            trace: remittance.trace.clone(),
            trace_payer: remittance.trace_payer.clone(),
            amount: remittance.amount,
            method: remittance.method.clone(),
            payment_date: remittance.payment_date.clone(),
            payee_npi: remittance.payee_npi.clone(),
            payee_tin: remittance.payee_tin.clone(),
            payee_name: remittance.payee_name.clone(),
            claims: remittance.claims.len() as i64,
            claims_paid: remittance.claims_paid(),
            adjustments: remittance.adjusted(),
            adjustment_list: json!(remittance.adjustments).to_string(),
            state,
            problem,
            digest: digest.to_vec(),
            received_at: self.at,
            adjustments_handed: false,
            adjustment_owners: Vec::new(),
            adjustments_with: None,
        }
    }

    pub fn payment(&self, claim: &ClaimPayment, ordinal: usize, of: RemittanceId, matched: &Matched) -> PaymentRow {
        let (claim_id, rule, evidence) = match matched {
            Matched::One(found) => (Some(found.claim.id), found.rule.as_str(), found.evidence.clone()),
            Matched::Unclear { .. } => (None, "", String::new()),
        };
        PaymentRow {
            id: self.gateway.draw_id(),
            remittance_id: of,
            ordinal: ordinal as i64,
            claim_id,
            patient_control_number: claim.control_number.clone(),
            clp_status: claim.status.clone(),
            charge: claim.charge,
            paid: claim.paid,
            patient_responsibility: claim.patient_responsibility.unwrap_or(Cents::ZERO),
            denied: balance::denied(claim),
            payer_claim_control_number: claim.payer_number.clone(),
            rule: rule.to_string(),
            evidence,
            detail: Phi::new(detail(claim)),
        }
    }

    /// A posted payment on its claim's timeline.
    pub fn event(&self, payment: &PaymentRow, claim: ClaimId, trace: &str, rule: &'static str) -> NewClaimEvent {
        let kind = PaymentKind::from_clp02(&payment.clp_status);
        let text = match kind {
            PaymentKind::Reversal => format!("An earlier payment is taken back: {} (check {trace})", payment.paid),
            PaymentKind::Denied | PaymentKind::Processed | PaymentKind::Forwarded | PaymentKind::Predetermination => {
                format!("{} paid of {} charged (check {trace})", payment.paid, payment.charge)
            }
        };
        NewClaimEvent {
            id: self.gateway.draw_id(),
            claim_id: claim,
            at: self.at,
            kind: "835",
            status: alone(payment),
            code: payment.clp_status.clone(),
            text,
            rule,
            evidence: payment.evidence.clone(),
            inbound_id: Some(self.inbound_id),
            said: None,
            lines: Phi::default(),
        }
    }

    /// A claim that its payer passed on (NM1*TT, or CLP02 19 to 21 and 23): the partner that has it now, when it is one
    /// of ours, and what the claim's timeline tells.
    pub fn passed_on(&self, payment: &ClaimPayment, claim_id: ClaimId) -> Option<PassedOn> {
        let by_status = matches!(payment.status.as_str(), "19" | "20" | "21" | "23");
        if !by_status && payment.passed_on_to.is_none() {
            return None;
        }
        let (name, id) = payment.passed_on_to.clone().unwrap_or_default();
        let partners = self.gateway.partners.current();
        let partner = partners.payer_for_id(&id).map(|payer| payer.id.to_string());
        let partner = partner.filter(|partner| partner != self.payer);
        let whom = match (&partner, name.is_empty()) {
            (Some(partner), _) => format!("{partner}, whose remittance is expected too"),
            (None, false) => format!("{name}, which sends nothing here: its remittance is not waited for"),
            (None, true) => "another payer, which it does not name: its remittance is not waited for".to_string(),
        };
        let event = NewClaimEvent {
            id: self.gateway.draw_id(),
            claim_id,
            at: self.at,
            kind: "passed on",
            status: None,
            code: payment.status.clone(),
            text: format!("The payer passed the claim on to {whom}"),
            rule: "",
            evidence: String::new(),
            inbound_id: Some(self.inbound_id),
            said: None,
            lines: Phi::default(),
        };
        Some(PassedOn { to: partner, event })
    }

    /// A payment nobody was found for.
    pub fn unmatched(
        &self,
        payment: &PaymentRow,
        remittance: &Remittance,
        claim: &ClaimPayment,
        matched: &Matched,
    ) -> Option<NewException> {
        let Matched::Unclear { reason, candidates } = matched else { return None };
        let members: Vec<&String> = claim.member_ids.iter().map(Phi::reveal).collect();
        let response = json!({
            "payment": payment.id,
            "remittance": payment.remittance_id,
            "trace": remittance.trace,
            "patient_control_number": payment.patient_control_number.reveal(),
            "payer_claim_control_number": payment.payer_claim_control_number.reveal(),
            "status": payment.clp_status,
            "charge": payment.charge,
            "paid": payment.paid,
            "service_from": claim.service_from,
            "member_ids": members,
        });
        let payment_id = Some(payment.id);
        let exception =
            self.exception(ExceptionKind::Remittance, reason.to_string(), response, json!(candidates), payment_id);
        Some(NewException { awaits: awaits::of_answer(self.payer, &sought(remittance, claim)), ..exception })
    }

    /// A payment without claims of which nobody knows whose it is.
    pub async fn payee_unknown(&self, id: RemittanceId, remittance: &Remittance) -> Result<NewException, StageError> {
        let reason = match self.submitter_of_payee(&remittance.payee_npi, &remittance.payee_tin).await? {
            PaidFor::Several => OF_SEVERAL.to_string(),
            PaidFor::NoSubmitter => format!("{} {}", PAYEE_UNKNOWN.say(&[]), PAYEE_UNKNOWN.fix),
            PaidFor::One(_) => SUBMITTER_GONE.to_string(),
        };
        let response = json!({
            "remittance": id,
            "trace": remittance.trace,
            "amount": remittance.amount,
            "payee_npi": remittance.payee_npi,
            "payee_tin": remittance.payee_tin,
            "adjustments": remittance.adjustments,
        });
        Ok(self.exception(ExceptionKind::Remittance, reason, response, json!([]), None))
    }

    /// Who is handed what of one remittance; `claims` are those its payments matched. A payment without claims, as of
    /// an overpayment that is collected, goes to the submitter of its payee.
    pub async fn handed(
        &self,
        place: usize,
        remittance: &Remittance,
        claims: &[Option<&ClaimFacts>],
    ) -> Result<Vec<Handed>, StageError> {
        if !remittance.claims.is_empty() {
            return self.divided(place, remittance, claims).await;
        }
        let hand = |partner| Handed { partner, remittance: place, own: Own::new(), extent: Extent::Whole };
        Ok(match self.submitter_of_payee(&remittance.payee_npi, &remittance.payee_tin).await? {
            PaidFor::One(partner) if self.gateway.partners.current().submitter(&partner).is_some() => {
                vec![hand(partner)]
            }
            PaidFor::One(_) | PaidFor::NoSubmitter | PaidFor::Several => Vec::new(),
        })
    }

    async fn divided(
        &self,
        place: usize,
        remittance: &Remittance,
        claims: &[Option<&ClaimFacts>],
    ) -> Result<Vec<Handed>, StageError> {
        let partners: Vec<Option<&str>> =
            claims.iter().map(|claim| claim.map(|claim| claim.partner.as_str())).collect();
        let mut known = HashMap::new();
        if !plan::is_whole(&partners) {
            known = self.submitters_of_numbers(placing::unplaced(remittance, &partners)).await?;
        }
        let own = |indexes: Vec<usize>| {
            let number = |n: usize| claims[n].map(|claim| (n, claim.patient_control_number.clone()));
            indexes.into_iter().filter_map(number).collect::<BTreeMap<_, _>>()
        };
        let hand = |share: plan::Share| Handed {
            partner: share.partner,
            remittance: place,
            own: own(share.claims),
            extent: share.extent,
        };
        Ok(plan::shares(remittance, &partners, &known).into_iter().map(hand).collect())
    }

    /// Whose claims the payer knows, or knew, by these numbers. One that several submitters' claims have is nobody's.
    async fn submitters_of_numbers(&self, numbers: Vec<&str>) -> Result<HashMap<String, String>, StageError> {
        let (mut known, mut shared) = (HashMap::new(), Vec::new());
        if numbers.is_empty() {
            return Ok(known);
        }
        let store = &self.gateway.store;
        let before = store.other_payer_numbers(&numbers).await?;
        let ids: Vec<i64> = before.iter().map(|(claim, _)| claim.0).collect();
        let claims = store.claims_for_answers(ClaimKey::Id, ids).await?;
        let mut found: Vec<(String, ClaimFacts)> = Vec::new();
        for (id, number) in before {
            let claim = claims.iter().find(|claim| claim.id == id);
            found.extend(claim.map(|claim| (number.reveal().clone(), claim.clone())));
        }
        for claim in store.claims_for_answers(ClaimKey::PayerClaimControlNumber, numbers).await? {
            let number = claim.payer_claim_control_number.as_ref().map(|number| number.reveal().clone());
            found.extend(number.map(|number| (number, claim)));
        }
        for (number, claim) in found.into_iter().filter(|(_, claim)| claim.is_with(self.payer)) {
            let owner: &mut String = known.entry(number.clone()).or_insert_with(|| claim.partner.clone());
            if *owner != claim.partner {
                shared.push(number);
            }
        }
        shared.iter().for_each(|number| drop(known.remove(number)));
        Ok(known)
    }

    /// The submitter whose claims this payee was last paid for or, where it never was, the only one that bills for it or whose
    /// file names it.
    pub async fn submitter_of_payee(&self, npi: &str, tin: &str) -> Result<PaidFor, StageError> {
        let known = match self.gateway.store.submitter_paid_for(npi, tin).await? {
            PaidFor::NoSubmitter => self.gateway.store.submitter_billing_for(npi, tin).await?,
            known @ (PaidFor::One(_) | PaidFor::Several) => known,
        };
        Ok(match known {
            PaidFor::NoSubmitter => PaidFor::of(self.submitters_named_for(npi)),
            known @ (PaidFor::One(_) | PaidFor::Several) => known,
        })
    }

    /// The submitters whose files name this billing provider.
    fn submitters_named_for(&self, npi: &str) -> Vec<String> {
        let partners = self.gateway.partners.current();
        let named = partners.submitters().filter(|one| one.npis.iter().any(|known| known.as_str() == npi));
        named.map(|one| one.id.to_string()).collect()
    }

    pub fn exception(
        &self,
        kind: ExceptionKind,
        reason: String,
        response: Value,
        candidates: Value,
        payment_id: Option<PaymentId>,
    ) -> NewException {
        NewException {
            id: self.gateway.draw_id(),
            inbound_id: self.inbound_id,
            payer: self.payer.to_string(),
            kind,
            raised_at: self.at,
            reason,
            response: response.to_string(),
            candidates: candidates.to_string(),
            payment_id,
            awaits: Vec::new(),
            origin: None,
        }
    }
}

/// What this payment by itself makes of the claim, for the timeline.
fn alone(payment: &PaymentRow) -> Option<ClaimStatus> {
    let posting = Posting {
        kind: PaymentKind::from_clp02(&payment.clp_status),
        charge: payment.charge,
        paid: payment.paid,
        patient_responsibility: payment.patient_responsibility,
        denied: payment.denied,
        payer_number: String::new(),
    };
    posted(&[posting]).status
}

/// What is kept of a payment as JSON; written at once, as there may be a hundred thousand in a file.
#[derive(Serialize)]
struct Detail<'a> {
    adjustments: &'a [Adjustment],
    lines: &'a [Line],
    remarks: &'a [String],
}

fn detail(claim: &ClaimPayment) -> String {
    let detail = Detail { adjustments: &claim.cas, lines: &claim.lines, remarks: &claim.remarks };
    serde_json::to_string(&detail).expect("texts and amounts are JSON")
}
