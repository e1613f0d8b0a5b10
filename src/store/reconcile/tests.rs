//! A day of claims and answers is clean; each loss that is planted in a copy of it is named with where it is.

use crate::pipeline::answers::testing::*;
use crate::pipeline::testing::{World, sample};
use crate::store::reconcile::{Discrepancy, Period};
use crate::store::sql::query;

const ALWAYS: Period = Period { since_ms: 0, until_ms: i64::MAX };

/// Four claims: paid, denied, refused by the payer, refused by us; and a payment that matches nothing.
async fn day() -> World {
    let claims = [sample("A1", 1), sample("A2", 2), sample("A3", 3), sample("A4", 4).spoilt()];
    let Sent { world, claims } = sent(&[&claims]).await;
    let mail = world.gateway.store.list_mail("bluestar", None, None, 10).await.unwrap().remove(0);
    crate::pipeline::deliver::fetched(&world.gateway, mail.payload_id).await.unwrap();
    answer(&world, &ta1(&claims[0], "A", "000")).await;
    answer(&world, &ack999(&claims, &[])).await;
    let said = ["A2:20", "A2:20", "A7:562:85"];
    let answers: Vec<_> = claims.iter().cloned().zip(said).map(|(claim, code)| (claim, code, "")).collect();
    answer(&world, &ack277ca(&answers)).await;
    let stranger = SentClaim { control_number: "NOBODYS".into(), member: "Z9".into(), ..claims[0].clone() };
    let pays = [
        (claims[0].clone(), "1", "80", &["CAS*CO*45*20"][..], "ICN1"),
        (claims[1].clone(), "4", "0", &["CAS*CO*50*100"][..], "ICN2"),
        (stranger, "1", "70", &["CAS*CO*45*30"][..], "ICN9"),
    ];
    let plb = ["PLB*1234567893*20261231*L6*-5"];
    answer(&world, &era835(910, &[remittance("0001", "CHK1", "155", &pays, &plb)])).await;
    world
}

async fn wrong(world: &World) -> Vec<Discrepancy> {
    world.gateway.store.discrepancies(ALWAYS, 10).await.unwrap()
}

async fn plant(world: &World, statements: &[&str]) {
    let mut tx = world.gateway.store.begin().await.unwrap();
    for sql in statements {
        let done = query(sql.to_string()).execute(&mut tx).await.unwrap();
        assert!(done.rows_affected() > 0, "nothing was planted: {sql}");
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_day_with_refusals_denials_and_strange_payments_is_clean_and_its_sums_hold() {
    let world = day().await;
    assert_eq!(wrong(&world).await, []);
    let store = &world.gateway.store;
    let money = store.money_sum(ALWAYS).await.unwrap();
    assert!(money.adds_up(), "{money:?}");
    assert_eq!((money.on_claims.0, money.unmatched.0, money.adjustments.0), (8000, 7000, -500));
    let sent = store.sent_sums(ALWAYS).await.unwrap();
    assert_eq!(sent.len(), 1);
    let parts = (sent[0].acknowledged.claims, sent[0].rejected.claims, sent[0].silent.claims);
    assert_eq!((sent[0].sent.claims, parts), (3, (2, 1, 0)));
    assert!(sent[0].adds_up());
    let tomorrow = Period { since_ms: world.gateway.clock.now_ms() + 1, until_ms: i64::MAX };
    assert_eq!(store.received_sum(tomorrow).await.unwrap().claims, 0);
    let before = Period { since_ms: 0, until_ms: world.gateway.clock.now_ms() };
    assert_eq!(store.received_sum(before).await.unwrap().claims, 0);
    assert_eq!(store.received_sum(ALWAYS).await.unwrap().claims, 4);
}

/// What is taken away or changed, and what must then be said of what.
const LOSSES: &[(&str, &[&str], &str, &str)] = &[
    (
        "a claim row",
        &["DELETE FROM claim WHERE patient_control_number = 'A1'"],
        "a payment is on a claim that is not there",
        "CHK1",
    ),
    (
        "a claim that nothing was said of yet",
        &[
            "DELETE FROM claim_event WHERE claim_id IN (SELECT id FROM claim WHERE patient_control_number = 'A4')",
            "DELETE FROM claim WHERE patient_control_number = 'A4'",
        ],
        "a submission's count of claims is not that of its claims",
        "claims.837",
    ),
    (
        "an event",
        &["DELETE FROM claim_event WHERE kind = 'rejected'"],
        "a claim's status is explained by no event and no payment",
        "claims.837",
    ),
    (
        "the event of a payment",
        &["DELETE FROM claim_event WHERE kind = '835' AND claim_id IN
           (SELECT id FROM claim WHERE patient_control_number = 'A1')"],
        "a payment is on a claim that no event tells of it",
        "answer.x12",
    ),
    (
        "a payment counted twice",
        &["UPDATE claim SET paid = paid * 2 WHERE paid > 0"],
        "a claim's paid amount is not the sum of its payments",
        "claims.837",
    ),
    (
        "a payment row that is there twice",
        &[
            "INSERT INTO payment (id, remittance_id, ordinal, claim_id, patient_control_number, clp_status, charge, paid,
                 patient_responsibility, payer_claim_control_number, detail)
             SELECT id + 1, remittance_id, 99, claim_id, patient_control_number, clp_status, charge, paid,
                 patient_responsibility, payer_claim_control_number, detail FROM payment WHERE paid = 8000",
            "UPDATE claim SET paid = paid * 2 WHERE paid > 0",
        ],
        "a remittance's payments are not all there",
        "answer.x12",
    ),
    (
        "a payment moved to another claim, whose amounts were changed to fit",
        &[
            "UPDATE payment SET claim_id = (SELECT id FROM claim WHERE patient_control_number = 'A3') WHERE paid = 8000",
            "UPDATE claim SET paid = 0 WHERE patient_control_number = 'A1'",
            "UPDATE claim SET paid = 8000 WHERE patient_control_number = 'A3'",
        ],
        "a claim was told of a payment that is not on it",
        "answer.x12",
    ),
    (
        "a payer's 999",
        &["DELETE FROM inbound WHERE kinds = '999'"],
        "a batch counts as answered by a 999 that is not there",
        "bluestar_",
    ),
    (
        "a payer's TA1",
        &["DELETE FROM batch_event WHERE kind = 'TA1'"],
        "a batch counts as answered by a TA1 that is not there",
        "bluestar_",
    ),
    (
        "a payer's 277CA",
        &["DELETE FROM inbound WHERE kinds LIKE '277%'"],
        "what is told of a claim came in a file that is not there",
        "277CA",
    ),
    (
        "a delivery",
        &["DELETE FROM delivery"],
        "a batch that is built has not exactly one delivery",
        "bluestar_",
    ),
    (
        "a transaction of a batch",
        &["DELETE FROM batch_transaction"],
        "a claim is in a batch whose file does not list it",
        "bluestar_",
    ),
    (
        "a charge",
        &["UPDATE claim SET charge = charge + 1 WHERE patient_control_number = 'A2'"],
        "a batch's charge is not that of the claims in it",
        "bluestar_",
    ),
    (
        "our own 999",
        &["DELETE FROM mail WHERE kind = '999'"],
        "a submission's interchanges have not each their 999",
        "claims.837",
    ),
    (
        "our own 277CA",
        &["DELETE FROM mail WHERE kind = '277ca' AND submission_id IS NOT NULL"],
        "a submission's accepted transactions have no 277CA",
        "claims.837",
    ),
    (
        "a claim put into a batch that was built without it",
        &["UPDATE claim SET batch_id = (SELECT id FROM batch) WHERE patient_control_number = 'A4'"],
        "a claim is in a batch whose file does not list it",
        "bluestar_",
    ),
    (
        "a batch",
        &["DELETE FROM batch"],
        "a claim is in a batch that is not there",
        "acme",
    ),
    (
        "the bytes of a submission",
        &["DELETE FROM payload WHERE id IN (SELECT payload_id FROM submission)"],
        "the bytes of a submission are not kept",
        "claims.837",
    ),
    (
        "the bytes of an acknowledgement",
        &["DELETE FROM payload WHERE id IN (SELECT payload_id FROM mail WHERE kind = '999')"],
        "the bytes of a file of a mailbox are not kept",
        ".999",
    ),
    (
        "a claim that the split of a remittance lost",
        &["DELETE FROM payment WHERE paid = 7000"],
        "a remittance's claims do not add up to what it says it paid on claims",
        "answer.x12",
    ),
    (
        "the 835 of a submitter",
        &["DELETE FROM mail WHERE kind = '835'"],
        "a submitter with claims in a remittance was not handed its part",
        "acme",
    ),
    (
        "an exception",
        &["DELETE FROM exception"],
        "a payment of a posted remittance is on no claim and in no exception",
        "answer.x12",
    ),
    (
        "a status that no event explains",
        &["UPDATE claim SET status = 8 WHERE patient_control_number = 'A3'"],
        "a claim's status is explained by no event and no payment",
        "claims.837",
    ),
    (
        "a remittance that was posted a second time",
        &[
            "INSERT INTO remittance (id, inbound_id, ordinal, payer, trace, trace_payer, amount, method, payment_date,
                 payee_npi, payee_tin, payee_name, claims, claims_paid, adjustments, state, digest, received_at)
             SELECT id + 1, inbound_id, 9, payer, trace, trace_payer, amount, method, payment_date, payee_npi, payee_tin,
                 payee_name, 0, 0, 0, state, digest, received_at FROM remittance",
        ],
        "the same remittance is posted twice",
        "CHK1",
    ),
    (
        "the word that a batch was sent",
        &["DELETE FROM batch_event WHERE kind = 'sent'"],
        "a batch counts as sent, but no event says when",
        "bluestar_",
    ),
];

#[tokio::test]
async fn every_planted_loss_is_named_with_where_it_is() {
    for (what, statements, rule, place) in LOSSES {
        let world = day().await;
        plant(&world, statements).await;
        let found = wrong(&world).await;
        let named = found.iter().find(|one| one.rule == *rule);
        let Some(named) = named else { panic!("{what}: `{rule}` is not among {found:#?}") };
        assert!(named.place.contains(place), "{what}: {} for {place}", named.place);
        assert!(named.subject != 0, "{what} has no id");
    }
}
