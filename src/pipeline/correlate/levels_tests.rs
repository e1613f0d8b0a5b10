//! Refusals above the claims of a 277CA, acknowledgments of several transactions, and what becomes of them when they come
//! again.

use super::repeats_tests::{again, file_of, told};
use crate::domain::ClaimStatus;
use crate::domain::ids::InboundId;
use crate::pipeline::answers::testing::*;
use crate::pipeline::testing::{KEY, World, hosted_payer, professional, sample, submitter, world_of};
use crate::store::mail::MailKind;

/// Claims A1 and A2, each in a transaction of its own of one batch.
async fn in_two_transactions() -> (World, Vec<SentClaim>) {
    let payer = hosted_payer("BLUESTAR", "BSTAR", KEY).replace("[endpoint]", "max_claims = 1\n[endpoint]");
    let world = world_of("", &[("acme", &submitter("ACMEBILL", KEY, "")), ("bluestar", &payer)]).await;
    let claims = send(&world, "acme", &professional(1, &[&[sample("A1", 1), sample("A2", 2)]])).await;
    assert_eq!(claims.iter().map(|claim| claim.st02.as_str()).collect::<Vec<_>>(), ["0001", "0002"]);
    assert_eq!(claims[0].gs06, claims[1].gs06);
    (world, claims)
}

/// A BHT03 with its receiver's STC, and providers with theirs.
type Level<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

/// A 277CA without claims.
fn levels(levels: &[Level<'_>]) -> String {
    let head = "ST*277*0001*005010X214~BHT*0085*08*P1*20261102*1300*TH~HL*1**20*1~NM1*PR*2*BLUE STAR*****PI*BSTAR";
    let mut segments: Vec<String> = head.split('~').map(String::from).collect();
    let mut number = 1;
    for (bht03, status, providers) in levels {
        number += 1;
        let receiver = number;
        segments.push(format!("HL*{receiver}*1*21*{}", i32::from(!providers.is_empty())));
        segments.push("NM1*41*2*CLAIMGATE*****46*CLAIMGATE".into());
        segments.extend([format!("TRN*2*{bht03}"), format!("STC*{status}")]);
        for (id, status) in *providers {
            number += 1;
            segments.push(format!("HL*{number}*{receiver}*19*0"));
            segments.push(format!("NM1*85*2*LAKESIDE*****XX*{id}"));
            segments.extend(["TRN*1*0".to_string(), format!("STC*{status}")]);
        }
    }
    interchange("HN", "005010X214", 950, &[segments])
}

const REFUSED: &str = "A8:746*20261102*U*300";

/// Of one file after another: whether it is a repeat of the first, and how many letters the submitter has then.
async fn check(world: &World, files: &[(String, bool, usize)]) {
    let mut first: Option<InboundId> = None;
    for (n, (file, is_repeat, letters_then)) in files.iter().enumerate() {
        let row = file_of(world, answer(world, file).await).await;
        let of = *first.get_or_insert(row.id);
        assert_eq!(row.repeat_of, is_repeat.then_some(of), "file {n}: {:?}", row.notes);
        assert_eq!(letters(world, "acme", MailKind::Ack277ca).await.len(), *letters_then, "file {n}");
    }
}

#[tokio::test]
async fn claims_refused_with_their_transaction_know_a_change_of_mind_of_the_same_day_and_a_repeat() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let taken = ack277ca(&[(claims[0].clone(), "A2:20", "")]);
    let refused = levels(&[(&claims[0].bht03, REFUSED, &[])]);
    let files = [taken.clone(), refused.clone(), again(&taken, 961), again(&refused, 962)];
    let letters = [1, 2, 3, 4];
    check(&world, &files.into_iter().zip(letters).map(|(file, letters)| (file, false, letters)).collect::<Vec<_>>())
        .await;
    assert_eq!(told(&world, "A1", "repeat").await, 0);
    let last = answer(&world, &again(&refused, 963)).await;
    assert!(file_of(&world, last).await.repeat_of.is_some());
    assert_eq!((told(&world, "A1", "repeat").await, told(&world, "A1", "277CA").await), (1, 4 + 4));
    assert_eq!(claim(&world, "A1").await.status, ClaimStatus::PayerRejected);
}

#[tokio::test]
async fn a_277ca_that_refuses_several_transactions_of_a_batch_is_a_repeat_when_it_comes_again() {
    let (world, claims) = in_two_transactions().await;
    let refused = levels(&[(&claims[0].bht03, REFUSED, &[]), (&claims[1].bht03, REFUSED, &[])]);
    check(&world, &[(refused.clone(), false, 1), (again(&refused, 961), true, 1), (again(&refused, 962), true, 1)])
        .await;
    for number in ["A1", "A2"] {
        assert_eq!(claim(&world, number).await.status, ClaimStatus::PayerRejected);
        // Its own and the batch's.
        assert_eq!((told(&world, number, "277CA").await, told(&world, number, "repeat").await), (1 + 1, 2));
    }
}

#[tokio::test]
async fn transactions_of_claims_that_were_refused_one_by_one_are_refused_once_and_then_repeated() {
    let (world, claims) = in_two_transactions().await;
    let one_by_one: Vec<_> = claims.iter().map(|claim| (claim.clone(), "A7:562:85", "")).collect();
    answer(&world, &ack277ca(&one_by_one)).await;
    let refused = levels(&[(&claims[0].bht03, REFUSED, &[]), (&claims[1].bht03, REFUSED, &[])]);
    check(&world, &[(refused.clone(), false, 1), (again(&refused, 961), true, 1), (again(&refused, 962), true, 1)])
        .await;
    assert_eq!((told(&world, "A1", "277CA").await, told(&world, "A1", "repeat").await), (1 + 2, 2));
}

#[tokio::test]
async fn levels_that_refuse_nobody_are_repeats_when_they_come_again() {
    let (world, claims) = in_two_transactions().await;
    let taken = "A1:19:PR*20261102*WQ*300";
    let taken = levels(&[(&claims[0].bht03, taken, &[]), (&claims[1].bht03, taken, &[])]);
    check(&world, &[(taken.clone(), false, 0), (again(&taken, 961), true, 0)]).await;
}

#[tokio::test]
async fn where_a_transaction_is_refused_beside_one_of_its_providers_nobody_is_left_out() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let file = levels(&[(&claims[0].bht03, REFUSED, &[("1999999984", "A8:562:85**U*300")])]);
    answer(&world, &file).await;
    assert_eq!(claim(&world, "A1").await.status, ClaimStatus::PayerRejected);
    // The provider that it names is nobody's.
    assert_eq!(open_exceptions(&world).await.len(), 1);
}

#[tokio::test]
async fn a_provider_is_refused_by_its_npi_or_its_tax_id() {
    for by_tax_id in [false, true] {
        let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
        let id = if by_tax_id { &claims[0].tin } else { &claims[0].npi };
        let providers = [(id.as_str(), "A8:562:85**U*300")];
        let file = levels(&[(&claims[0].bht03, "A1:19:PR*20261102*WQ*0", &providers)]);
        check(&world, &[(file.clone(), false, 1), (again(&file, 961), true, 1)]).await;
        // It is of the day that its receiver's status names, and so no word that came after one of the next day.
        let taken = ack277ca(&[(claims[0].clone(), "A2:20", "")]).replace("*20261102*WQ*", "*20261103*WQ*");
        answer(&world, &taken).await;
        let once_more = file_of(&world, answer(&world, &again(&file, 962)).await).await;
        assert!(once_more.repeat_of.is_some(), "{:?}", once_more.notes);
        assert_eq!(letters(&world, "acme", MailKind::Ack277ca).await.len(), 2);
        assert_eq!(claim(&world, "A1").await.status, ClaimStatus::PayerRejected);
    }
}

/// A 999 of one transaction alone.
fn of_one(claim: &SentClaim, st02: &str, verdict: &str) -> Vec<String> {
    let good = i32::from(verdict == "A");
    [
        format!("ST*999*{st02}*005010X231A1"),
        format!("AK1*HC*{}*005010X222A1", claim.gs06),
        format!("AK2*837*{}*005010X222A1", claim.st02),
        format!("IK5*{verdict}"),
        format!("AK9*{verdict}*1*1*{good}"),
    ]
    .to_vec()
}

#[tokio::test]
async fn a_999_for_each_transaction_is_a_repeat_when_they_come_again_and_refuses_its_own_alone() {
    let file = |all: &[Vec<String>]| interchange("FA", "005010X231A1", 950, all);
    let (world, claims) = in_two_transactions().await;
    let (taken, refused) = (of_one(&claims[0], "0001", "A"), of_one(&claims[1], "0002", "R"));
    let both = file(&[taken.clone(), refused.clone()]);
    check(&world, &[(both.clone(), false, 1), (again(&both, 961), true, 1), (again(&both, 962), true, 1)]).await;
    assert_eq!(claim(&world, "A1").await.status, ClaimStatus::PayerReceived);
    assert_eq!(claim(&world, "A2").await.status, ClaimStatus::PayerRejected);
    assert_eq!((told(&world, "A1", "999").await, told(&world, "A1", "repeat").await), (2, 4));

    // In files of their own.
    let (world, claims) = in_two_transactions().await;
    let (taken, refused) = (of_one(&claims[0], "0001", "A"), of_one(&claims[1], "0002", "R"));
    let (one, other) = (file(std::slice::from_ref(&taken)), file(&[refused]));
    check(&world, &[(one.clone(), false, 0), (other, false, 1), (again(&one, 961), true, 1)]).await;
    // A change of mind about it is none.
    let no_longer = file(&[of_one(&claims[0], "0001", "R")]);
    check(&world, &[(again(&no_longer, 963), false, 2), (again(&one, 964), false, 2)]).await;
}

#[tokio::test]
async fn an_answer_of_the_payer_that_a_claim_was_passed_on_to_says_nothing_of_the_first_ones_batch() {
    let first = hosted_payer("BLUESTAR", "BSTAR", KEY);
    let second = hosted_payer("REDSUN", "REDSN", KEY);
    let partners = [("acme", &submitter("ACMEBILL", KEY, "")), ("bluestar", &first), ("redsun", &second)];
    let world = world_of("", &partners.map(|(name, text)| (name, text.as_str()))).await;
    let claims = send(&world, "acme", &professional(1, &[&[sample("A1", 1), sample("A2", 2)]])).await;
    let passed = ["CAS*CO*45*20", "NM1*TT*2*RED SUN*****PI*REDSN"];
    let pays = [(claims[0].clone(), "19", "80", &passed[..], "ICN1")];
    answer(&world, &era835(910, &[remittance("0001", "T1", "80", &pays, &[])])).await;
    hand_in_from(&world.gateway, "redsun", ack277ca(&[(claims[0].clone(), "A2:20", "")]).as_bytes()).await;
    work(&world.gateway).await;
    // The claim itself is told of it, and the other one of the batch is not.
    assert_eq!((told(&world, "A1", "277CA").await, told(&world, "A2", "277CA").await), (1, 0));
}
