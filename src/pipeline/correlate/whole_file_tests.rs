//! Files that are not meant for this gateway, that hide answers, or that say nothing.

use crate::domain::ClaimStatus;
use crate::pipeline::answers::testing::*;
use crate::pipeline::exceptions::{ResolveError, dismiss, release, undo};
use crate::pipeline::testing::{KEY, World, hosted_payer, professional, sample, submitter, world_of};
use crate::store::exceptions::{ExceptionKind, ExceptionRow};
use crate::store::inbound::{InboundRow, InboundState};

fn era(claims: &[SentClaim]) -> String {
    let pays = [(claims[0].clone(), "1", "80", &["CAS*CO*45*20"][..], "ICN1")];
    era835(910, &[remittance("0001", "T1", "80", &pays, &[])])
}

/// The newest file.
async fn file(world: &World) -> InboundRow {
    world.gateway.store.list_inbound(None, None, 1).await.unwrap().remove(0)
}

async fn only_exception(world: &World) -> ExceptionRow {
    let mut open = open_exceptions(world).await;
    assert_eq!(open.len(), 1);
    open.remove(0)
}

#[tokio::test]
async fn money_of_the_other_usage_moves_nothing_until_a_person_lets_it() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let other = format!("{}{}", ta1(&claims[0], "A", "000"), era(&claims).replacen("*0*T*:", "*0*P*:", 1));
    answer(&world, &other).await;
    let untouched = claim(&world, "A1").await;
    assert_eq!(untouched.status, ClaimStatus::Batched);
    let held = file(&world).await;
    assert_eq!((held.state, held.kinds.as_str()), (InboundState::Held, "TA1,835"));
    assert!(held.notes.iter().any(|note| note.contains("ISA15 is P")), "{:?}", held.notes);
    let exception = only_exception(&world).await;
    assert_eq!(exception.kind, ExceptionKind::File);
    assert!(
        exception.reason.contains("production") && exception.reason.contains("usage = \"P\""),
        "{}",
        exception.reason
    );

    // As long as the settings are what they are it is held again.
    release(&world.gateway, exception.id, "sue").await.unwrap();
    work(&world.gateway).await;
    assert_eq!(
        (claim(&world, "A1").await.status, file(&world).await.state),
        (ClaimStatus::Batched, InboundState::Held)
    );
    let again = only_exception(&world).await;
    assert_ne!(again.id, exception.id);
    let undone = undo(&world.gateway, exception.id, "sue").await;
    assert!(matches!(undone, Err(ResolveError::Final { .. })), "it is done: {undone:?}");

    let path = world.folder.path().join("partners/bluestar.toml");
    let settings = std::fs::read_to_string(&path).unwrap().replace("[interchange]", "usage = \"P\"\n[interchange]");
    std::fs::write(&path, settings).unwrap();
    world.gateway.partners.reload().unwrap();
    release(&world.gateway, again.id, "sue").await.unwrap();
    work(&world.gateway).await;
    // Now its TA1 is for the other.
    let exception = only_exception(&world).await;
    assert!(exception.reason.contains("marked as a test"), "{}", exception.reason);
    dismiss(&world.gateway, exception.id, "sue", "a mixture").await.unwrap();
    answer(&world, &era(&claims).replacen("*0*T*:", "*0*P*:", 1)).await;
    assert_eq!(claim(&world, "A1").await.status, ClaimStatus::Paid);
    assert!(open_exceptions(&world).await.is_empty());
}

#[tokio::test]
async fn a_payers_own_usage_is_what_is_taken_from_it() {
    let payer = hosted_payer("BLUESTAR", "BSTAR", KEY).replace("[interchange]", "usage = \"P\"\n[interchange]");
    let world = world_of("", &[("acme", &submitter("ACMEBILL", KEY, "")), ("bluestar", &payer)]).await;
    let claims = send(&world, "acme", &professional(1, &[&[sample("A1", 1)]])).await;
    answer(&world, &ta1(&claims[0], "A", "000")).await;
    assert_eq!(file(&world).await.state, InboundState::Held);
    answer(&world, &ta1(&claims[0], "A", "000").replace("*0*T*:", "*0*P*:")).await;
    assert_eq!(claim(&world, "A1").await.status, ClaimStatus::PayerReceived);
}

#[tokio::test]
async fn other_ids_on_the_envelope_are_noted_and_stop_nothing() {
    for (element, from, to, is_known) in [
        ("ISA05", "*ZZ*BLUESTAR ", "*30*BLUESTAR ", false),
        ("ISA06", "*ZZ*BLUESTAR ", "*ZZ*NOBODY   ", false),
        ("ISA06", "*ZZ*BLUESTAR ", "*ZZ*REDRIVER ", true),
        ("ISA07", "*ZZ*CLAIMGATE ", "*30*CLAIMGATE ", false),
        ("ISA08", "*ZZ*CLAIMGATE ", "*ZZ*OTHERHOUS ", false),
    ] {
        let key = KEY.replace("eZJ", "00J");
        let partners = [
            ("acme", &*submitter("ACMEBILL", KEY, "")),
            ("bluestar", &*hosted_payer("BLUESTAR", "BSTAR", KEY)),
            ("redriver", &*hosted_payer("REDRIVER", "REDRV", &key)),
        ];
        let world = world_of("", &partners).await;
        let claims = send(&world, "acme", &professional(1, &[&[sample("A1", 1)]])).await;
        answer(&world, &era(&claims)[..].replacen(from, to, 1)).await;
        assert_eq!(claim(&world, "A1").await.status, ClaimStatus::Paid, "{element}");
        let InboundRow { notes, house_notes, .. } = file(&world).await;
        assert!(notes.iter().any(|note| note.starts_with(&format!("line 1: {element} is"))), "{element}: {notes:?}");
        assert!(!notes.iter().any(|note| note.contains("redriver")), "the payer reads it: {notes:?}");
        assert_eq!(house_notes.iter().any(|note| note.contains("redriver")), is_known, "{house_notes:?}");
    }
}

#[tokio::test]
async fn money_in_what_could_not_be_read_is_shown_to_a_person() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    answer(&world, &format!("{}{}", ta1(&claims[0], "A", "000"), era(&claims).replacen("ISA*", "IXA*", 1))).await;
    assert_eq!(claim(&world, "A1").await.status, ClaimStatus::PayerReceived);
    let exception = only_exception(&world).await;
    assert!(exception.reason.contains("BPR, CLP") && exception.reason.contains("line 4"), "{}", exception.reason);
    dismiss(&world.gateway, exception.id, "sue", "it came again").await.unwrap();
    answer(&world, &era(&claims)).await;
    assert!(open_exceptions(&world).await.is_empty());
}

#[tokio::test]
async fn a_file_that_says_nothing_is_told_of_in_words() {
    let Sent { world, .. } = sent(&[&[sample("A1", 1)]]).await;
    let empty = interchange("HP", "005010X221A1", 910, &[]);
    let cut = interchange("HN", "005010X214", 911, &[vec!["ST*277*0001*005010X214".into()]]);
    let cut = &cut[..cut.find("ST*277").unwrap() + 2];
    for (file, words) in [(&*empty, "the file says nothing"), (cut, "one whose ST01 is missing")] {
        answer(&world, file).await;
        let exception = only_exception(&world).await;
        assert!(exception.reason.contains(words), "{}", exception.reason);
        assert!(!exception.reason.trim_end().ends_with(':'), "{}", exception.reason);
        dismiss(&world.gateway, exception.id, "sue", "nothing in it").await.unwrap();
    }
}

#[tokio::test]
async fn money_inside_an_archive_is_not_read_through_it() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    answer(&world, &format!("PK\u{3}\u{4}\u{14}remit.835{}", era(&claims))).await;
    assert_eq!(claim(&world, "A1").await.status, ClaimStatus::Batched);
    assert_eq!(file(&world).await.state, InboundState::NotX12);
    let exception = only_exception(&world).await;
    assert!(exception.reason.contains("Unpack"), "{}", exception.reason);
}

#[tokio::test]
async fn money_in_no_transaction_is_no_file_that_says_nothing() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let file = era(&claims);
    let start = file.find("ST*835").unwrap();
    let end = start + file[start..].find('\n').unwrap() + 1;
    answer(&world, &format!("{}{}", &file[..start], &file[end..])).await;
    let reason = only_exception(&world).await.reason;
    assert!(reason.contains("BPR") && reason.contains("CLP") && !reason.contains("says nothing"), "{reason}");
}
