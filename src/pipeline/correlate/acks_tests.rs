//! What TA1s and 999s do beyond the batch as a whole: to claims that have a word of their own, to the claim that is named, to
//! files that were taken with errors; and 999s that name nothing.

use crate::domain::ClaimStatus;
use crate::pipeline::answers::testing::*;
use crate::pipeline::testing::{World, sample};
use crate::store::mail::MailKind;
use crate::store::timeline::TimelineEvent;

async fn timeline(world: &World, control_number: &str) -> Vec<TimelineEvent> {
    let id = claim(world, control_number).await.received.id;
    world.gateway.store.claim_timeline(id).await.unwrap()
}

/// What stands on the timeline of a kind, joined.
async fn told(world: &World, control_number: &str, kind: &str) -> String {
    let all = timeline(world, control_number).await;
    all.iter().filter(|event| event.kind == kind).map(|event| event.text.as_str()).collect::<Vec<_>>().join(" / ")
}

/// A 999 about the only transaction of these claims: `body` stands between its AK2 and its AK9.
fn ack(claims: &[SentClaim], body: &[&str], verdict: &str) -> String {
    let mut segments = vec![
        "ST*999*0001*005010X231A1".to_string(),
        format!("AK1*HC*{}*005010X222A1", claims[0].gs06),
        format!("AK2*837*{}*005010X222A1", claims[0].st02),
    ];
    segments.extend(body.iter().map(ToString::to_string));
    segments.push(format!("AK9*{verdict}*1*1*{}", i32::from(verdict != "R")));
    interchange("FA", "005010X231A1", 902, &[segments])
}

const FAULT: &[&str] = &["IK3*CLM*21*2300*8", "IK4*2*782*6*ABC"];

#[tokio::test]
async fn a_claim_with_a_word_of_its_own_that_is_refused_with_its_file_has_an_event_that_says_so() {
    for (taken, status) in [("A1:19", ClaimStatus::PayerReceived), ("A2:20", ClaimStatus::PayerAccepted)] {
        for refusal in ["TA1", "999"] {
            let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
            answer(&world, &ack277ca(&[(claims[0].clone(), taken, "ICN1")])).await;
            assert_eq!(claim(&world, "A1").await.status, status);
            let file = if refusal == "TA1" { ta1(&claims[0], "R", "020") } else { ack999(&claims, &[&claims[0].st02]) };
            answer(&world, &file).await;
            for number in ["A1", "A2"] {
                assert_eq!(claim(&world, number).await.status, ClaimStatus::PayerRejected, "{refusal} after {taken}");
            }
            let own = timeline(&world, "A1").await;
            let own = own.iter().find(|event| event.kind == refusal && event.status.is_some()).unwrap();
            assert_eq!(own.status, Some(ClaimStatus::PayerRejected));
            let other = timeline(&world, "A2").await;
            assert!(
                !other.iter().any(|event| event.kind == refusal && event.status.is_some()),
                "its batch tells of it"
            );
        }
    }
}

#[tokio::test]
async fn why_a_whole_file_was_refused_reaches_its_claims_and_their_submitter() {
    for verdict in ["R", "P"] {
        let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
        answer(&world, &ack(&claims, &[FAULT, &["IK5*R*5"]].concat(), verdict)).await;
        let letter = letters(&world, "acme", MailKind::Ack277ca).await.remove(0);
        for text in [told(&world, "A1", "999").await, told(&world, "A2", "999").await, letter] {
            for part in ["CLM at 21", "its elements have errors", "element 2", "bad character"] {
                assert!(text.contains(part), "{verdict}: {part} in {text}");
            }
            assert!(!text.contains("ABC"), "the payer's copy of bad data: {text}");
        }
        assert_eq!(claim(&world, "A1").await.status, ClaimStatus::PayerRejected);
    }
}

#[tokio::test]
async fn the_claim_that_the_payer_names_is_told_so_and_no_other_is() {
    for verdict in ["R", "P"] {
        let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
        let body = [FAULT[0], "CTX*CLM01:a2", FAULT[1], "IK5*R*5"];
        answer(&world, &ack(&claims, &body, verdict)).await;
        let named = timeline(&world, "A2").await;
        let named = named.iter().find(|event| event.kind == "999" && event.status.is_some()).unwrap();
        assert!(named.text.contains("in this claim; CLM at 21"), "{}", named.text);
        let other = told(&world, "A1", "999").await;
        assert!(!other.contains("in this claim"), "{other}");
        let letter = letters(&world, "acme", MailKind::Ack277ca).await.remove(0);
        let of = |number: &str| letter.split("TRN*2*").find(|part| part.starts_with(number)).unwrap().to_string();
        assert!(of("A2~").contains("in this claim; CLM at 21"), "{letter}");
        assert!(of("A1~").contains("errors of other claims") && !of("A1~").contains("CLM at"), "{letter}");
    }
}

#[tokio::test]
async fn a_number_that_two_claims_of_the_transaction_have_names_neither() {
    let Sent { world, claims } = sent(&[&[sample("a1", 1), sample("A1", 2), sample("A2", 3)]]).await;
    let body = [FAULT[0], "CTX*CLM01:A1", "IK3*NM1*9**8", "CTX*CLM01:NOBODY", "IK5*E*5"];
    answer(&world, &ack(&claims, &body, "E")).await;
    let text = told(&world, "A2", "999").await;
    assert!(!text.contains("names this claim"), "{text}");
}

#[tokio::test]
async fn what_was_taken_with_errors_says_which() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
    answer(&world, &ack(&claims, &["IK3*NM1*8*2010*8", "CTX*CLM01:A1", "IK4*9*67*7*BAD", "IK5*E*5"], "E")).await;
    assert_eq!(claim(&world, "A1").await.status, ClaimStatus::PayerReceived);
    for number in ["A1", "A2"] {
        let text = told(&world, number, "999").await;
        assert!(text.contains("The payer took the group, with errors"), "{text}");
        let error = "NM1 at 8: 8 (its elements have errors), element 9: 7 (invalid code)";
        assert_eq!(text.contains(error), number == "A1", "told of A1 alone: {text}");
        assert_eq!(text.contains("The payer names this claim for an error; NM1 at 8"), number == "A1", "{text}");
    }
    assert!(letters(&world, "acme", MailKind::Ack277ca).await.is_empty());
    answer(&world, &ta1(&claims[0], "E", "017")).await;
    let text = told(&world, "A1", "TA1").await;
    assert!(text.contains("with errors: TA105 017 (bad version id)"), "{text}");
}

#[tokio::test]
async fn an_answer_that_names_nothing_is_shown_to_a_person() {
    let Sent { world, .. } = sent(&[&[sample("A1", 1)]]).await;
    let only = |segment: &str| vec![vec![segment.to_string()]];
    answer(&world, &interchange("FA", "005010X231A1", 950, &only("ST*999*0001*005010X231A1"))).await;
    answer(&world, &interchange("HN", "005010X214", 951, &only("ST*277*0001*005010X214"))).await;
    answer(&world, &interchange("HN", "005010X212", 952, &only("ST*277*0001*005010X212"))).await;
    answer(&world, &interchange("", "", 953, &only("TA1"))).await;
    let reasons: Vec<String> = open_exceptions(&world).await.into_iter().map(|one| one.reason).rev().collect();
    assert_eq!(reasons.len(), 4, "{reasons:?}");
    for (reason, part) in
        reasons.iter().zip(["a 999 names nothing", "a 277CA names nothing", "a 277 names nothing", "TA101"])
    {
        assert!(reasons.iter().any(|one| one.contains(part)), "{part}: {reason}");
    }
}
