//! Remittances: payers' payments with what each says of claims, adjustments and money taken back; and the facts by
//! which a payment at the bank is found again (trace number, amount, date, payee).

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::Caller;
use super::claims::id_of;
use super::extract::{Path, Query};
use super::page::{Page, limit_of};
use super::problem::Problem;
use crate::domain::clock::rfc3339;
use crate::domain::ids::RemittanceId;
use crate::domain::{Cents, Date, Phi};
use crate::pipeline::Gateway;
use crate::pipeline::remit::{CLAIM_LINE, TIED_BY};
use crate::store::remittance_search::RemittanceQuery;
use crate::store::remittances::{PaymentRow, RemittanceRow, RemittanceState};

pub fn routes() -> OpenApiRouter<Arc<Gateway>> {
    OpenApiRouter::new().routes(routes!(remittances)).routes(routes!(remittance))
}

#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct RemittanceParams {
    payer: Option<String>,
    /// TRN02: the check or EFT number, as the bank shows it.
    trace: Option<String>,
    /// BPR02, as 1047.00.
    #[param(value_type = Option<String>)]
    amount: Option<Cents>,
    /// Paid on or after this day.
    #[param(value_type = Option<String>, format = Date)]
    paid_from: Option<Date>,
    #[param(value_type = Option<String>, format = Date)]
    paid_to: Option<Date>,
    payee_npi: Option<String>,
    payee_tin: Option<String>,
    /// posted, held or repeat.
    state: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// One payment to one payee: one 835 transaction.
#[derive(Serialize, ToSchema)]
struct RemittanceItem {
    id: String,
    payer: String,
    /// posted: its payments count. held: it does not add up, or contradicts another. repeat: it says what an earlier one said.
    state: &'static str,
    /// Null for a submitter when others share the remittance, as it may name their sums.
    problem: Option<String>,
    /// TRN02 and TRN03: by these, the amount and the date a payment at the bank is the same one.
    trace: String,
    trace_payer: String,
    #[schema(value_type = String, example = "1047.00")]
    amount: Cents,
    /// BPR04: ACH, CHK, NON, ...
    method: String,
    payment_date: Option<String>,
    payee_npi: Option<String>,
    payee_tin: Option<String>,
    payee_name: String,
    /// For a submitter those on its own claims, when others share the remittance.
    claims: i64,
    /// Sum of CLP04 of these claims.
    #[schema(value_type = String)]
    claims_paid: Cents,
    /// Sum of PLB; positive takes money from the payee: amount = claims_paid - adjustments. For a submitter of those that it was
    /// handed, when others share the remittance; null where that is not known.
    #[schema(value_type = Option<String>)]
    adjustments: Option<Cents>,
    /// For a submitter what a posted payment comes to for it, its claims less its adjustments: BPR02 of the 835 it was handed. Below
    /// nothing its part takes more than it pays: BPR02 is 0 there, and a PLB FB that is not the payer's carries the rest.
    #[schema(value_type = Option<String>)]
    own_amount: Option<Cents>,
    received_at: String,
}

#[derive(Serialize, ToSchema)]
struct RemittanceWhole {
    #[serde(flatten)]
    remittance: RemittanceItem,
    /// PLB: reason, reference and amount of each adjustment of the provider's; of a remittance of several submitters one sees
    /// those that it was handed, people of the house and its payer see all.
    #[schema(value_type = Vec<Object>)]
    provider_adjustments: Value,
    /// Payments on claims that were found: how many, and their sum.
    matched: i64,
    #[schema(value_type = String)]
    matched_paid: Cents,
    /// A submitter sees those on its own claims.
    payments: Vec<PaymentLine>,
}

/// One CLP.
#[derive(Serialize, ToSchema)]
struct PaymentLine {
    id: String,
    /// Its place in the remittance, from 0.
    ordinal: i64,
    /// The claim it pays; null while none was found.
    claim_id: Option<String>,
    #[schema(value_type = String)]
    patient_control_number: Phi<String>,
    #[schema(value_type = String)]
    payer_claim_control_number: Phi<String>,
    /// CLP02.
    claim_status_code: String,
    #[schema(value_type = String)]
    charge: Cents,
    #[schema(value_type = String)]
    paid: Cents,
    #[schema(value_type = String)]
    patient_responsibility: Cents,
    /// Which rule tied it to the claim, and what agreed.
    rule: String,
    #[schema(value_type = Vec<String>)]
    evidence: Value,
    /// Adjustments, service lines and remarks.
    #[schema(value_type = Object)]
    detail: Value,
}

/// Remittances that fit, newest first: to match with the bank's payments.
#[utoipa::path(get, path = "/v1/remittances", tag = "remittances", params(RemittanceParams),
    responses((status = 200, body = Page<RemittanceItem>), (status = 400), (status = 401)))]
async fn remittances(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Query(params): Query<RemittanceParams>,
) -> Result<Json<Page<RemittanceItem>>, Problem> {
    let limit = limit_of(params.limit)?;
    let mut query = RemittanceQuery {
        payer: params.payer,
        submitter: None,
        trace: params.trace,
        amount: params.amount,
        paid_from: params.paid_from.map(|day| day.to_string()),
        paid_to: params.paid_to.map(|day| day.to_string()),
        payee_npi: params.payee_npi,
        payee_tin: params.payee_tin,
        state: params.state.as_deref().map(state_of).transpose()?,
        before: params.cursor.map(|text| id_of("cursor", &text)).transpose()?,
        limit: limit + 1,
    };
    match &caller {
        Caller::Submitter { name, .. } => query.submitter = Some(name.clone()),
        Caller::Payer { name, .. } => query.payer = Some(name.clone()),
        Caller::Staff { .. } => {}
    }
    let rows = gateway.store.search_remittances(&query).await?;
    let mut own = match &caller {
        Caller::Submitter { name, .. } => {
            let ids: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
            gateway.store.parts_of_submitter(ids, name).await?
        }
        Caller::Staff { .. } | Caller::Payer { .. } => HashMap::new(),
    };
    let submitter = submitter_of(&caller);
    caller.audit(&gateway, "remittances.search", "").await?;
    let items = rows.into_iter().map(|row| {
        let by_owner = |(claims, paid)| Seen::by_owner(&row, submitter, claims, paid);
        let seen = own.remove(&row.id).map_or(Seen::Whole, by_owner);
        item(row, seen)
    });
    Ok(Json(Page::of(items.collect(), limit, |item: &RemittanceItem| item.id.clone())))
}

/// One remittance with its payments and adjustments.
#[utoipa::path(get, path = "/v1/remittances/{id}", tag = "remittances", params(("id" = String, Path)),
    responses((status = 200, body = RemittanceWhole), (status = 404)))]
async fn remittance(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<RemittanceWhole>, Problem> {
    let none = || Problem::not_found("remittance");
    let id: RemittanceId = id.parse().map_err(|_| none())?;
    let row = gateway.store.remittance(id).await?.ok_or_else(none)?;
    let payments = match &caller {
        Caller::Staff { .. } => gateway.store.payments_of_remittance(id).await?,
        Caller::Payer { name, .. } if row.payer == *name => gateway.store.payments_of_remittance(id).await?,
        Caller::Payer { .. } => return Err(none()),
        Caller::Submitter { name, .. } => gateway.store.payments_for_submitter(id, name).await?,
    };
    let whole = |(claims, paid)| (Seen::Whole, claims, paid);
    let (seen, matched, matched_paid) = match &caller {
        Caller::Submitter { .. } if payments.is_empty() => return Err(none()),
        Caller::Submitter { .. } => {
            let (claims, paid) = (payments.len() as i64, payments.iter().map(|one| one.paid).sum());
            (Seen::by_owner(&row, submitter_of(&caller), claims, paid), claims, paid)
        }
        Caller::Staff { .. } | Caller::Payer { .. } => whole(gateway.store.matched_of_remittance(id).await?),
    };
    caller.audit(&gateway, "remittance.view", &id.to_string()).await?;
    let adjustments = match &seen {
        Seen::Whole | Seen::OwnWhole => json_of(&row.adjustment_list),
        Seen::Part { adjustments, .. } => Value::Array(adjustments.clone().unwrap_or_default()),
    };
    Ok(Json(RemittanceWhole {
        remittance: item(row, seen),
        provider_adjustments: adjustments,
        matched,
        matched_paid,
        payments: payments.into_iter().map(payment_line).collect(),
    }))
}

/// How much of a remittance the caller may see.
#[derive(Clone, Debug)]
enum Seen {
    Whole,
    /// The same, by the submitter of all its claims.
    OwnWhole,
    /// Others have claims in it too, or may have: its own claims, what they were paid, and its PLB; `None`: not known.
    Part {
        claims: i64,
        paid: Cents,
        adjustments: Option<Vec<Value>>,
    },
}

impl Seen {
    fn by_owner(row: &RemittanceRow, submitter: &str, claims: i64, paid: Cents) -> Seen {
        if claims == row.claims {
            return Seen::OwnWhole;
        }
        let all: Vec<Value> = serde_json::from_str(&row.adjustment_list).unwrap_or_default();
        let own = |places: Vec<usize>| places.into_iter().filter_map(|n| all.get(n).cloned()).collect();
        Seen::Part { claims, paid, adjustments: row.adjustments_of(submitter).map(own) }
    }
}

/// Its name, where the caller is one.
fn submitter_of(caller: &Caller) -> &str {
    match caller {
        Caller::Submitter { name, .. } => name,
        Caller::Payer { .. } | Caller::Staff { .. } => "",
    }
}

fn sum_of(adjustments: &[Value]) -> Cents {
    adjustments.iter().filter_map(|one| serde_json::from_value::<Cents>(one["amount"].clone()).ok()).sum()
}

fn state_of(text: &str) -> Result<RemittanceState, Problem> {
    let found = RemittanceState::ALL.into_iter().find(|state| state.as_str() == text);
    found.ok_or_else(|| Problem::bad_request("`state` is posted, held or repeat."))
}

fn item(row: RemittanceRow, seen: Seen) -> RemittanceItem {
    let (claims, claims_paid, adjustments, own_amount) = match &seen {
        Seen::Whole => (row.claims, row.claims_paid, Some(row.adjustments), None),
        Seen::OwnWhole => (row.claims, row.claims_paid, Some(row.adjustments), Some(row.amount)),
        Seen::Part { claims, paid, adjustments } => {
            let sum = adjustments.as_deref().map(sum_of);
            (*claims, *paid, sum, sum.map(|sum| *paid - sum))
        }
    };
    let problem = match seen {
        Seen::Whole | Seen::OwnWhole => filled(row.problem),
        Seen::Part { .. } => None,
    };
    let is_posted = row.state == RemittanceState::Posted;
    RemittanceItem {
        id: row.id.to_string(),
        payer: row.payer,
        state: row.state.as_str(),
        problem,
        trace: row.trace,
        trace_payer: row.trace_payer,
        amount: row.amount,
        method: row.method,
        payment_date: filled(row.payment_date),
        payee_npi: filled(row.payee_npi),
        payee_tin: filled(row.payee_tin),
        payee_name: row.payee_name,
        claims,
        claims_paid,
        adjustments,
        own_amount: own_amount.filter(|_| is_posted),
        received_at: rfc3339(row.received_at),
    }
}

fn payment_line(row: PaymentRow) -> PaymentLine {
    PaymentLine {
        id: row.id.to_string(),
        ordinal: row.ordinal,
        claim_id: row.claim_id.map(|id| id.to_string()),
        patient_control_number: row.patient_control_number,
        payer_claim_control_number: row.payer_claim_control_number,
        claim_status_code: row.clp_status,
        charge: row.charge,
        paid: row.paid,
        patient_responsibility: row.patient_responsibility,
        rule: row.rule,
        evidence: json_of(&row.evidence),
        detail: detail_of(row.detail.reveal()),
    }
}

/// What is kept of a payment, in which a service line that is tied to none says so.
pub(super) fn detail_of(text: &str) -> Value {
    let mut detail = json_of(text);
    let lines = detail.get_mut("lines").and_then(Value::as_array_mut);
    for line in lines.into_iter().flatten().filter_map(Value::as_object_mut) {
        for name in [CLAIM_LINE, TIED_BY] {
            line.entry(name).or_insert(Value::Null);
        }
    }
    detail
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use axum::extract::FromRequestParts;

    use super::*;
    use crate::pipeline::answers::testing::{answer, era835, remittance as paid, send};
    use crate::pipeline::testing::{KEY, World, hosted_payer, professional, sample, submitter, world_of};

    /// One payment of 210 to `acme` (80) and `bolt` (160), of which 30 were taken back; and one of 80 to acme alone.
    async fn shared() -> World {
        let payer = hosted_payer("BLUESTAR", "BSTAR", KEY);
        let (acme, bolt) = (submitter("ACMEBILL", KEY, ""), submitter("BOLT", KEY, ""));
        let world = world_of("", &[("acme", &acme), ("bolt", &bolt), ("bluestar", &payer)]).await;
        send(&world, "acme", &professional(1, &[&[sample("A1", 1), sample("A2", 2)]])).await;
        let of_bolt = String::from_utf8(professional(1, &[&[sample("B1", 3), sample("B2", 4)]])).unwrap();
        let of_bolt = of_bolt.replace("*ZZ*ACMEBILL       *", "*ZZ*BOLT           *").replace("BATCH", "BOLTS");
        let claims = send(&world, "bolt", of_bolt.as_bytes()).await;
        let pays = |number: &str| {
            let claim = claims.iter().find(|claim| claim.control_number == number).unwrap().clone();
            (claim, "1", "80", &["CAS*CO*45*20"][..], "")
        };
        let plb = |reference: &str| format!("PLB*1234567893*20261231*WO:{reference}*30");
        let (all, alone) = ([pays("A1"), pays("B1"), pays("B2")], [pays("A2")]);
        let file = [paid("0001", "T1", "210", &all, &[&plb("X")]), paid("0002", "T2", "50", &alone, &[&plb("Y")])];
        answer(&world, &era835(910, &file)).await;
        world
    }

    fn submits(name: &str) -> Caller {
        Caller::Submitter { name: name.into(), source: String::new() }
    }

    /// What the list and the one say of each remittance, by its trace number; they must say the same.
    async fn seen(world: &World, caller: Caller) -> Vec<Value> {
        let gateway = || State(world.gateway.clone());
        let listed = remittances(gateway(), caller.clone(), Query(RemittanceParams::default())).await.ok().unwrap();
        let listed = serde_json::to_value(&listed.0).unwrap();
        let mut all = Vec::new();
        for line in listed["items"].as_array().unwrap() {
            let id = line["id"].as_str().unwrap().to_string();
            let whole = super::remittance(gateway(), caller.clone(), Path(id)).await.ok().unwrap();
            let whole = serde_json::to_value(&whole.0).unwrap();
            for (key, value) in line.as_object().unwrap() {
                assert_eq!(&whole[key], value, "{key}");
            }
            all.push(whole);
        }
        all.sort_by_key(|one| one["trace"].to_string());
        all
    }

    #[tokio::test]
    async fn whose_adjustments_are_that_an_earlier_version_handed_on_is_not_known() {
        let world = shared().await;
        let row = world.gateway.store.list_remittances(None, None, 10).await.unwrap();
        let row = row.into_iter().find(|one| one.trace == "T1").unwrap();
        assert_eq!((row.adjustments_of("bolt"), row.adjustments_of("acme")), (Some(vec![0]), Some(vec![])));
        let before = RemittanceRow { adjustment_owners: Vec::new(), ..row.clone() };
        assert_eq!(before.adjustments_of("bolt"), None);
        let decided = RemittanceRow { adjustments_with: Some("acme".into()), ..before };
        assert_eq!((decided.adjustments_of("bolt"), decided.adjustments_of("acme")), (Some(vec![]), Some(vec![0])));
        let with_nobody = RemittanceRow { adjustments_handed: false, ..row };
        assert_eq!(with_nobody.adjustments_of("bolt"), Some(vec![]));
    }

    #[tokio::test]
    async fn a_day_that_is_none_is_refused() {
        let world = shared().await;
        let uri = |query: &str| format!("/v1/remittances?{query}").parse::<axum::http::Uri>().unwrap();
        for query in ["paid_from=tomorrow", "paid_to=2026-13-01", "paid_from=20261103", "paid_from=2026-11-03"] {
            let (mut parts, ()) = axum::http::Request::get(uri(query)).body(()).unwrap().into_parts();
            let params = Query::<RemittanceParams>::from_request_parts(&mut parts, &world.gateway).await;
            assert_eq!(params.is_ok(), query == "paid_from=2026-11-03", "{query}");
        }
    }

    #[tokio::test]
    async fn of_a_shared_remittance_a_submitter_sees_its_own_sums_and_of_its_own_all() {
        let world = shared().await;
        let told = |one: &Value| {
            ["trace", "amount", "claims", "claims_paid", "adjustments", "own_amount"]
                .map(|key| one[key].to_string())
                .join(" ")
        };
        let acme = seen(&world, submits("acme")).await;
        let texts: Vec<String> = acme.iter().map(told).collect();
        assert_eq!(texts, [r#""T1" "210.00" 1 "80.00" "0.00" "80.00""#, r#""T2" "50.00" 1 "80.00" "30.00" "50.00""#]);
        assert_eq!(acme[0]["provider_adjustments"], Value::Array(Vec::new()));
        assert_eq!(acme[1]["provider_adjustments"].as_array().unwrap().len(), 1);
        let bolt = seen(&world, submits("bolt")).await;
        assert_eq!(bolt.iter().map(told).collect::<Vec<_>>(), [r#""T1" "210.00" 2 "160.00" "30.00" "130.00""#]);
        assert_eq!(bolt[0]["provider_adjustments"][0]["reference"], "X", "as its 835 has it");
        let payer = Caller::Payer { name: "bluestar".into(), source: String::new() };
        assert_eq!(told(&seen(&world, payer).await[0]), r#""T1" "210.00" 3 "240.00" "30.00" null"#);
    }
}
