//! The front door as clients use it: OpenSSH's own client over a real socket (a machine without it skips
//! those), and the view of one login.

use std::path::Path;
use std::process::{Command, Stdio};

use super::*;
use crate::domain::ids::{MailId, PayloadId};
use crate::link::certs;
use crate::link::listen::{bind, stop_signal};
use crate::link::sftp_server::{SftpLimits, SftpRefusal, SftpSession, serve};
use crate::pipeline::testing::{KEY, World, hosted_payer, professional, sample, submitter, world, world_of};
use crate::pipeline::{Progress, correlate, validate};
use crate::store::exceptions::ExceptionState;
use crate::store::inbound::InboundState;
use crate::store::mail::{MailKind, NewMail, Shelf};
use crate::store::submissions::SubmissionState;
use crate::store::{Held, Sealed};

fn view(world: &World, login: &str) -> Session {
    let role = if login == "acme" { Role::Submitter } else { Role::Payer };
    Session::new(world.gateway.clone(), login, KEY, role)
}

async fn put(view: &Session, name: &str, bytes: &[u8]) -> Result<(), SftpRefusal> {
    let mut upload = view.create("inbound", name).await?;
    for (n, part) in bytes.chunks(1_000).enumerate() {
        upload.write_at(n as u64 * 1_000, part)?;
    }
    upload.close().await
}

async fn names(view: &Session, folder: &str) -> Vec<String> {
    view.list(folder).await.unwrap().into_iter().map(|entry| entry.name).collect()
}

async fn fetched(view: &Session, folder: &str, name: &str) -> String {
    let source = view.read(folder, name).await.unwrap();
    String::from_utf8(source.read_at(0, source.bytes() as usize).unwrap()).unwrap()
}

async fn submissions(world: &World) -> usize {
    world.gateway.store.submissions(Some("acme"), None, 100).await.unwrap().len()
}

#[tokio::test]
async fn only_a_known_partner_with_its_own_key_gets_in() {
    let off = format!("active = false\n{}", submitter("BOLTBILL", KEY, ""));
    let other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ3bKuHqMYs9m0WFE4lp5m8cGjzKzcUJqN9a4i0W2xT";
    let partners =
        [("acme", submitter("ACMEBILL", KEY, "")), ("bolt", off), ("star", hosted_payer("BLUESTAR", "BSTAR", KEY))];
    let partners = partners.each_ref().map(|(name, text)| (*name, text.as_str()));
    let world = world_of("", &partners).await;
    let host = Host { gateway: world.gateway.clone() };
    assert_eq!(host.role_of("acme", KEY), Some(Role::Submitter));
    assert_eq!(host.role_of("star", KEY), Some(Role::Payer));
    assert_eq!(host.role_of("acme", other), None);
    assert_eq!(host.role_of("bolt", KEY), None);
    assert_eq!(host.role_of("nobody", KEY), None);
}

#[tokio::test]
async fn a_file_that_is_closed_is_durable_and_recorded() {
    let world = world().await;
    let file = professional(1, &[&[sample("A1", 1)]]);
    put(&view(&world, "acme"), "claims.837", &file).await.unwrap();
    let world = world.crash().await;
    let rows = world.gateway.store.submissions(Some("acme"), None, 10).await.unwrap();
    assert_eq!((rows.len(), rows[0].file_name.as_str()), (1, "claims.837"));
    assert_eq!(world.gateway.read_payload(rows[0].payload_id).await.unwrap(), file);
}

#[tokio::test]
async fn an_unfinished_upload_waits_for_its_rename_also_over_a_crash() {
    let world = world().await;
    let file = professional(1, &[&[sample("A1", 1)]]);
    put(&view(&world, "acme"), "claims.837.tmp", b"half of it").await.unwrap();
    put(&view(&world, "acme"), "claims.837.tmp", &file).await.unwrap();
    assert_eq!(submissions(&world).await, 0);
    let world = world.crash().await;
    let view = view(&world, "acme");
    let waiting = view.stat("inbound", "claims.837.tmp").await.unwrap().unwrap();
    assert_eq!(waiting.bytes, file.len() as u64);
    view.rename("inbound", "claims.837.tmp", "claims.837.part").await.unwrap();
    view.rename("inbound", "claims.837.part", "claims.837").await.unwrap();
    assert!(names(&view, "inbound").await.is_empty());
    let rows = world.gateway.store.submissions(Some("acme"), None, 10).await.unwrap();
    assert_eq!((rows.len(), rows[0].file_name.as_str()), (1, "claims.837"));
    assert_eq!(world.gateway.read_payload(rows[0].payload_id).await.unwrap(), file);
}

#[tokio::test]
async fn an_unfinished_upload_that_is_removed_is_gone() {
    let world = world().await;
    let view = view(&world, "acme");
    put(&view, "a.tmp", b"half of it").await.unwrap();
    view.remove("inbound", "a.tmp").await.unwrap();
    assert!(names(&view, "inbound").await.is_empty());
    let refused = view.rename("inbound", "a.tmp", "a.837").await.unwrap_err();
    assert!(refused.sentence.contains("no a.tmp"), "{refused}");
}

#[tokio::test]
async fn the_same_bytes_again_succeed_and_a_note_names_the_first_submission() {
    let world = world().await;
    let view = view(&world, "acme");
    let file = professional(1, &[&[sample("A1", 1)]]);
    put(&view, "claims.837", &file).await.unwrap();
    put(&view, "again.837", &file).await.unwrap();
    put(&view, "third.tmp", &file).await.unwrap();
    view.rename("inbound", "third.tmp", "third.837").await.unwrap();
    assert_eq!(submissions(&world).await, 1);
    let notes = names(&view, "acks").await;
    assert_eq!(notes.len(), 2, "{notes:?}");
    let first = world.gateway.store.submissions(Some("acme"), None, 1).await.unwrap()[0].id;
    let note = fetched(&view, "acks", &notes[0]).await;
    assert!(
        note.contains(&format!("the same bytes as submission {first} received at 2026-11-02T12:00:00.000Z")),
        "{note}"
    );
}

#[tokio::test]
async fn a_file_renamed_after_it_was_taken_stays_taken_and_is_no_error() {
    let world = world().await;
    let view = view(&world, "acme");
    put(&view, "claims.837", &professional(1, &[&[sample("A1", 1)]])).await.unwrap();
    view.rename("inbound", "claims.837", "claims.837.done").await.unwrap();
    assert_eq!(submissions(&world).await, 1);
}

#[tokio::test]
async fn what_cannot_be_put_is_refused_with_a_sentence() {
    let world = world().await;
    let view = view(&world, "acme");
    let refused = put(&view, "empty.837", b"").await.unwrap_err();
    assert!(refused.sentence.contains("empty"), "{refused}");
    let Err(refused) = view.create("acks", "a.999").await else { panic!("/acks takes no files") };
    assert!(refused.sentence.contains("/inbound"), "{refused}");
    let mut upload = view.create("inbound", "a.837").await.unwrap();
    upload.write_at(0, b"ISA").unwrap();
    assert!(upload.write_at(10, b"later").is_err());
    drop(upload);
    assert_eq!(submissions(&world).await, 0);
}

#[tokio::test]
async fn answers_lie_in_their_folders_and_a_removal_hides_them_from_that_login() {
    let world = world().await;
    let view = view(&world, "acme");
    put(&view, "claims.837", &professional(1, &[&[sample("A1", 1)]])).await.unwrap();
    validate::run(&world.gateway).await.unwrap();
    let acks = names(&view, "acks").await;
    assert!(acks[0].ends_with("_claims.999") && acks[1].ends_with("_claims.277ca"), "{acks:?}");
    assert!(fetched(&view, "acks", &acks[0]).await.starts_with("ISA*"));
    assert!(names(&view, "remits").await.is_empty());
    view.remove("acks", &acks[0]).await.unwrap();
    assert_eq!(names(&view, "acks").await, acks[1..]);
    assert!(view.stat("acks", &acks[0]).await.unwrap().is_none());
    assert_eq!(world.gateway.store.list_mail("acme", None, None, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_hosted_payer_puts_its_answers_and_sees_no_submitters_folders() {
    let world = world().await;
    let view = view(&world, "bluestar");
    assert_eq!(view.folders(), ["outbound", "inbound"]);
    put(&view, "a.835", b"ISA*00*").await.unwrap();
    put(&view, "b.tmp", b"ISA*01*").await.unwrap();
    view.rename("inbound", "b.tmp", "b.277").await.unwrap();
    let kept = world.gateway.store.list_inbound(Some("bluestar"), None, 10).await.unwrap();
    let mut names: Vec<_> = kept.iter().map(|row| row.file_name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["a.835", "b.277"]);
    assert!(names_of_uploads(&world, "bluestar").await.is_empty());
    assert_eq!(submissions(&world).await, 0);
}

#[tokio::test]
async fn a_hosted_payer_finds_claims_and_questions_in_one_folder() {
    let world = world().await;
    for (id, kind, name) in [(1, MailKind::Claims837, "a.837"), (2, MailKind::Questions276, "b.276")] {
        let mail = NewMail {
            id: MailId(id),
            partner: "bluestar".into(),
            kind,
            file_name: name.into(),
            payload: Sealed { id: PayloadId(id + 1000), sha256: [7; 32], bytes: 12, held: Held::Apart },
            created_at: 5,
            submission_id: None,
            inbound_id: None,
            origin: name.into(),
            shelf: Shelf::Mailbox,
            remittances: Vec::new(),
        };
        world.gateway.store.put_mail(&mail).await.unwrap();
    }
    assert_eq!(names(&view(&world, "bluestar"), "outbound").await, ["a.837", "b.276"]);
}

async fn names_of_uploads(world: &World, partner: &str) -> Vec<String> {
    world.gateway.store.uploads(partner).await.unwrap().into_iter().map(|upload| upload.name).collect()
}

fn openssh_is_here() -> bool {
    Command::new("sftp").arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// Runs OpenSSH's client with a batch of commands; gives whether it succeeded, and what it said.
async fn sftp(folder: &Path, port: u16, batch: &str) -> (bool, String) {
    let batch_file = folder.join("batch");
    std::fs::write(&batch_file, batch).unwrap();
    let mut command = Command::new("sftp");
    command.args([
        "-q",
        "-P",
        &port.to_string(),
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        "UserKnownHostsFile=/dev/null",
    ]);
    command.arg("-i").arg(folder.join("acme_key")).arg("-b").arg(&batch_file).arg("acme@127.0.0.1");
    command.current_dir(folder).stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.success(), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn openssh_puts_a_file_and_fetches_its_acknowledgements() {
    if !openssh_is_here() {
        return;
    }
    let keys = tempfile::tempdir().unwrap();
    let folder = keys.path();
    let key = folder.join("acme_key");
    assert!(
        Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status().unwrap().success()
    );
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let acme = submitter("ACMEBILL", public.trim(), "");
    let world = world_of("", &[("acme", &acme), ("bluestar", &hosted_payer("BLUESTAR", "BSTAR", KEY))]).await;
    certs::init(folder).unwrap();
    let listener = bind("127.0.0.1:0", "listen.sftp").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (stop, shutdown) = stop_signal();
    let (door, host_key) = (host(world.gateway.clone()), folder.join("ssh_host_ed25519"));
    let served = tokio::spawn(async move { serve(listener, &host_key, door, SftpLimits::default(), shutdown).await });

    std::fs::write(folder.join("claims.837"), professional(1, &[&[sample("A1", 1), sample("A2", 2)]])).unwrap();
    let (sent, said) = sftp(folder, port, "put claims.837 inbound/claims.837\nls -l inbound\n").await;
    assert!(sent, "{said}");
    let row = world.gateway.store.submissions(Some("acme"), None, 1).await.unwrap().remove(0);
    validate::run(&world.gateway).await.unwrap();
    let row = world.gateway.store.submission(row.id).await.unwrap().unwrap();
    assert_eq!((row.state, row.counts.accepted), (SubmissionState::Validated, 2));
    let name = format!("{}_claims.999", row.id);
    let (got, said) = sftp(folder, port, &format!("get acks/{name} got.999\nrm acks/{name}\nls acks\n")).await;
    assert!(got, "{said}");
    assert!(said.contains(".277ca") && !said.contains(&format!("\nacks/{name}")), "{said}");
    assert!(std::fs::read_to_string(folder.join("got.999")).unwrap().contains("AK9*A*1*1*1~"));
    stop.send_replace(true);
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_empty_file_of_a_payer_is_kept_and_shown_to_a_person() {
    let world = world().await;
    put(&view(&world, "bluestar"), "remit.835", b"").await.unwrap();
    while correlate::run(&world.gateway).await.unwrap() == Progress::Worked {}
    let file = world.gateway.store.list_inbound(None, None, 10).await.unwrap().remove(0);
    assert_eq!((file.bytes, file.state), (0, InboundState::NotX12));
    let raised = world.gateway.store.list_exceptions(Some(ExceptionState::Open), None, None, 10).await.unwrap();
    assert!(raised.len() == 1 && raised[0].reason.contains("empty"), "{:?}", raised.len());
}
