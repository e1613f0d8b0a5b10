//! What a payer says of single service lines stands with the claim.

use crate::domain::{Cents, ClaimStatus};
use crate::pipeline::answers::testing::*;
use crate::pipeline::exceptions;
use crate::pipeline::testing::{Sample, World, professional, sample, world};
use crate::store::events::LineTold;

/// Claim A1 with three lines, two of them alike.
async fn sent_with_lines(world: &World) -> SentClaim {
    let sample = Sample { charge: 160, ..sample("A1", 1) };
    let file = String::from_utf8(professional(1, &[&[sample]])).unwrap();
    let one = "LX*1~\nSV1*HC:99213*160*UN*1***1~\nDTP*472*D8*20261001~\n";
    assert!(file.contains(one), "{file}");
    let three = "LX*1~\nSV1*HC:99213*60*UN*1***1~\nDTP*472*D8*20261001~\nREF*6R*L1~\n\
                 LX*2~\nSV1*HC:85025*50*UN*1***1~\nDTP*472*D8*20261001~\nREF*6R*L2~\n\
                 LX*3~\nSV1*HC:85025*50*UN*1***1~\nDTP*472*D8*20261001~\nREF*6R*L3~\n";
    let file = file.replace(one, three).replace("SE*25*0001", "SE*34*0001");
    send(world, "acme", file.as_bytes()).await.remove(0)
}

/// A 277CA that refuses the claim for these lines: procedure, charge, line number, code.
fn refusal(claim: &SentClaim, lines: &[(&str, &str, &str, &str)]) -> String {
    let mut told = String::new();
    for (procedure, charge, number, code) in lines {
        told.push_str(&format!("SVC*{procedure}*{charge}*****1~\nSTC*{code}**U~\n"));
        if !number.is_empty() {
            told.push_str(&format!("REF*FJ*{number}~\n"));
        }
        told.push_str("DTP*472*D8*20261001~\n");
    }
    let whole = ack277ca(&[(claim.clone(), "A7:21", "")]);
    let (before, after) = whole.split_once("SE*").unwrap();
    format!("{before}{told}SE*{after}")
}

async fn told(world: &World) -> Vec<LineTold> {
    let id = claim(world, "A1").await.received.id;
    let timeline = world.gateway.store.claim_timeline(id).await.unwrap();
    let event = timeline
        .iter()
        .rfind(|event| event.kind == "277CA" && !event.rule.is_empty())
        .expect("the answer is on the timeline");
    event.lines.reveal().clone()
}

fn of(line: &LineTold) -> (Option<&str>, &str, &str, Cents) {
    (line.claim_line.as_deref(), line.tied_by.as_deref().unwrap_or(""), &line.codes, line.charge)
}

#[tokio::test]
async fn a_refusal_tells_which_line_is_meant_and_of_two_alike_without_a_number_it_tells_none() {
    let world = world().await;
    let sent = sent_with_lines(&world).await;
    let lines = [("HC:99999", "1", "L3", "A7:562"), ("HC:99213", "60", "", "A7:454"), ("HC:85025", "50", "", "A7:455")];
    answer(&world, &refusal(&sent, &lines)).await;
    assert_eq!(claim(&world, "A1").await.status, ClaimStatus::PayerRejected);
    let told = told(&world).await;
    let told: Vec<_> = told.iter().map(of).collect();
    // Of the two that are alike the number has named one.
    assert_eq!(
        told,
        [
            (Some("3"), "line number", "A7:562", Cents(100)),
            (Some("1"), "procedure, day and charge", "A7:454", Cents(6000)),
            (Some("2"), "procedure, day and charge, in their order", "A7:455", Cents(5000)),
        ]
    );
    answer(&world, &refusal(&sent, &lines[2..]).replace("A7:21", "A7:22")).await;
    let alone = self::told(&world).await;
    assert_eq!(of(&alone[0]), (None, "", "A7:455", Cents(5000)), "line 2 or 3");
}

#[tokio::test]
async fn lines_stand_with_a_claim_that_a_person_found_too() {
    let world = world().await;
    let sent = sent_with_lines(&world).await;
    let lost =
        SentClaim { control_number: "NOBODY".into(), trace: String::new(), date: "20200101".into(), ..sent.clone() };
    answer(&world, &refusal(&lost, &[("HC:85025", "50", "L2", "A7:562")])).await;
    let exception = open_exceptions(&world).await.remove(0);
    exceptions::resolve(&world.gateway, exception.id, claim(&world, "A1").await.received.id, "sue").await.unwrap();
    assert_eq!(of(&told(&world).await[0]), (Some("2"), "line number", "A7:562", Cents(5000)));
}
