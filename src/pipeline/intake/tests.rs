//! Taking files in, over a real store and real payloads.

use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::pipeline::testing::{KEY, World, professional, sample, submitter, world, world_of};
use crate::store::submissions::{Channel, SubmissionState};

async fn hand_in(world: &World, bytes: &[u8], key: Option<&str>) -> Result<Received, IntakeRefusal> {
    let partners = world.gateway.partners.current();
    let acme = partners.submitter("acme").unwrap();
    let key = key.map(str::to_string);
    let mut incoming = begin(&world.gateway, acme, Channel::Https, "claims.837", key).await?;
    for part in bytes.chunks(700) {
        incoming.write(Bytes::copy_from_slice(part)).await?;
    }
    incoming.finish().await
}

/// Those that rows name and hold, and those that stand as files.
async fn payloads(world: &World) -> usize {
    fn count(folder: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
    }
    let rows = world.gateway.store.payload_rows(None, 100).await.unwrap();
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let in_rows = world.gateway.store.small_payloads(&ids, usize::MAX).await.unwrap();
    assert_eq!(rows.len() - in_rows.len(), count(&world.folder.path().join("var/payloads")), "one without the other");
    rows.len()
}

#[tokio::test]
async fn bytes_are_durable_before_the_answer() {
    let world = world().await;
    let file = professional(1, &[&[sample("A1", 1)]]);
    let Received::New(row) = hand_in(&world, &file, None).await.unwrap() else { panic!("it is new") };
    let world = world.crash().await;
    let kept = world.gateway.store.submission(row.id).await.unwrap().unwrap();
    assert_eq!(kept, row);
    assert_eq!((kept.state, kept.bytes), (SubmissionState::Received, file.len() as u64));
    assert_eq!(world.gateway.read_payload(kept.payload_id).await.unwrap(), file);
}

#[tokio::test]
async fn the_same_bytes_twice_are_one_submission() {
    let world = world().await;
    let file = professional(1, &[&[sample("A1", 1)]]);
    let first = hand_in(&world, &file, None).await.unwrap();
    let Received::Same(again) = hand_in(&world, &file, Some("k1")).await.unwrap() else { panic!("it is the same") };
    assert_eq!(again.id, first.row().id);
    assert_eq!(payloads(&world).await, 1);
    assert_eq!(world.gateway.store.submissions(Some("acme"), None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_request_that_is_repeated_with_its_key_is_answered_as_before() {
    let world = world().await;
    let file = professional(1, &[&[sample("A1", 1)]]);
    let first = hand_in(&world, &file, Some("k1")).await.unwrap();
    let Received::Replayed(again) = hand_in(&world, &file, Some("k1")).await.unwrap() else { panic!("a replay") };
    assert_eq!(again.id, first.row().id);
    let other = professional(2, &[&[sample("A2", 2)]]);
    let refused = hand_in(&world, &other, Some("k1")).await.unwrap_err();
    assert!(matches!(refused, IntakeRefusal::KeyOfOther { first: id } if id == first.row().id));
    assert_eq!(payloads(&world).await, 1);
}

#[tokio::test]
async fn an_empty_file_and_one_that_is_too_large_leave_nothing() {
    let world = world_of("[intake]\nbytes_max = 1000\n", &[("acme", &submitter("ACMEBILL", KEY, ""))]).await;
    assert!(matches!(hand_in(&world, b"", None).await, Err(IntakeRefusal::Empty)));
    let refused = hand_in(&world, &[b'x'; 1001], None).await.unwrap_err();
    assert!(refused.to_string().contains("at most 1000 bytes"), "{refused}");
    assert!(hand_in(&world, &[b'x'; 1000], None).await.is_ok());
    assert_eq!(payloads(&world).await, 1);
}

#[tokio::test]
async fn a_partner_that_is_switched_off_hands_in_nothing() {
    let off = format!("active = false\n{}", submitter("ACMEBILL", KEY, ""));
    let world = world_of("", &[("acme", &off)]).await;
    assert!(matches!(hand_in(&world, b"ISA", None).await, Err(IntakeRefusal::NotActive { .. })));
    assert_eq!(payloads(&world).await, 0);
}

#[tokio::test]
async fn who_hands_in_too_often_is_told_when_to_come_back() {
    let slow = submitter("ACMEBILL", KEY, "[limits]\nsubmissions = \"2/h\"");
    let world = world_of("", &[("acme", &slow)]).await;
    let partners = world.gateway.partners.current();
    let acme = partners.submitter("acme").unwrap();
    assert!(admit(&world.gateway, acme).is_ok() && admit(&world.gateway, acme).is_ok());
    assert!(admit(&world.gateway, acme).unwrap_err().wait.as_secs() > 60);
}

#[tokio::test]
async fn while_much_waits_to_be_checked_only_small_files_are_taken_in() {
    let world = world_of("[intake]\nwaiting_bytes_max = 500\n", &[("acme", &submitter("ACMEBILL", KEY, ""))]).await;
    let (small, large) = (Announced::Bytes(2_000), Announced::Bytes(2_000_000));
    assert_eq!(wait_for_room(&world.gateway, large).await.unwrap(), None);
    let file = professional(1, &[&[sample("A1", 1)]]);
    assert!(file.len() > 500);
    hand_in(&world, &file, None).await.unwrap();
    world.gateway.clock.advance(Duration::from_secs(2));
    assert!(wait_for_room(&world.gateway, large).await.unwrap().is_some());
    assert!(wait_for_room(&world.gateway, Announced::Nothing).await.unwrap().is_some());
    assert_eq!(wait_for_room(&world.gateway, small).await.unwrap(), None);
    crate::pipeline::validate::run(&world.gateway).await.unwrap();
    world.gateway.clock.advance(Duration::from_secs(2));
    assert_eq!(wait_for_room(&world.gateway, large).await.unwrap(), None);
}
