//! What `claimgate reconcile` prints of a store in disorder, and how it ends.

use serde_json::{Value, json};

use crate::world::World;
use crate::world::run::said;

/// A posted remittance, alone in a file of this number, of which 2,214.25 are nowhere.
fn lose_money(world: &World, file: u32) {
    world.change(&format!(
        "INSERT INTO remittance (id, inbound_id, ordinal, payer, trace, trace_payer, amount, method, payment_date, payee_npi,
             payee_tin, payee_name, claims, claims_paid, adjustments, state, digest, received_at)
         VALUES ({file}, {file}, 0, 'bluestar', 'CHECK{file}', '1', 221425, 'ACH', '2026-11-01', '1', '1', 'L', 0, 0, 0, 0,
             'digest {file}', 1800000000000)"
    ));
}

#[test]
fn amounts_are_told_as_money_and_what_is_left_out_is_counted() {
    let world = World::new();
    world.done(&["store", "migrate"]);
    lose_money(&world, 1);
    let rule = "a posted remittance does not balance: its amount is not its claims less its adjustments";
    let found = |limit: &str| {
        let output = world.claimgate(&["reconcile", "--format", "json", "--limit", limit]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let account = found("10");
    assert_eq!(account["money"]["paid_by_payers"], "2214.25");
    let wrong = account["wrong"].as_array().unwrap();
    let one = wrong.iter().find(|one| one["rule"] == rule).unwrap();
    assert_eq!((&one["expected"], &one["found"]), (&json!("2214.25"), &json!("0.00")), "{one}");
    let sum = wrong.iter().find(|one| one["about"] == "money").unwrap();
    assert_eq!(
        (&sum["id"], &sum["expected"], &sum["found"]),
        (&Value::Null, &json!("2214.25"), &json!("0.00")),
        "{sum}"
    );
    assert_eq!(account["more"], json!([]));

    lose_money(&world, 2);
    lose_money(&world, 3);
    let counted = found("1")["more"].clone();
    assert!(counted.as_array().unwrap().contains(&json!({"rule": rule, "count": 2})), "{counted}");
    let text = world.claimgate(&["reconcile", "--limit", "1"]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains(&format!("{rule}: 2 more (--limit shows more of them)")), "{text}");
    assert!(text.contains("expected 2214.25, found 0.00"), "{text}");
    assert!(text.trim_end().ends_with("It does not add up."), "{text}");
}

#[test]
fn a_period_that_ends_before_it_begins_is_refused() {
    let world = World::new();
    world.done(&["store", "migrate"]);
    world.done(&["reconcile", "--since", "2026-11-02", "--until", "2026-11-02"]);
    let output = world.claimgate(&["reconcile", "--since", "2026-11-03", "--until", "2026-11-02"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("--since must not be later than --until"), "{}", said(&output));
}
