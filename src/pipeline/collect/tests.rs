//! Files of payers, fetched from OpenSSH's server.

use std::fs;
use std::path::PathBuf;

use super::folders::{Cleared, clear_there};
use super::run;
use crate::domain::ids::InboundId;
use crate::partner::endpoint::AfterCollect;
use crate::pipeline::deliver::tests::Payer;
use crate::pipeline::outgoing_tests::World;
use crate::store::inbound::Seen;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_cannot_be_cleared_at_the_payer_does_not_keep_the_next_from_being_fetched() {
    let Some(payer) = Payer::new() else { return };
    let inbound = payer.inbound();
    let root = inbound.parent().unwrap();
    let collected = format!(
        "collect_from = [\"{0}/outbound\"]\ncollect_every = \"1m\"\nafter_collect = \"move:{0}/nowhere\"\nupload_to",
        root.display()
    );
    let settings = payer.settings("host", payer.port).replace("upload_to", &collected);
    fs::create_dir(root.join("outbound")).unwrap();
    let file = |control: &str| {
        format!(
            "ISA*00*          *00*          *ZZ*BLUESTAR       *ZZ*CLAIMGATE      *261102*1300*^*00501*{control}*0*T*:~\
             TA1*000000001*261102*1200*A*000~IEA*0*{control}~"
        )
    };
    for (name, control) in [("DOE.ta1", "000000001"), ("next.ta1", "000000002")] {
        fs::write(root.join("outbound").join(name), file(control)).unwrap();
    }
    let world = World::new(&[("bluestar", settings)]).await;
    run(&world.gateway).await.unwrap();
    world.gateway.collecting.idle().await;
    assert_eq!(world.gateway.store.list_inbound(None, None, 10).await.unwrap().len(), 2);
    let poll = world.gateway.store.polls().await.unwrap().remove(0);
    assert_eq!(poll.failures, 1);
    assert!(poll.problem.starts_with("2 files could not be fetched or cleared"), "{}", poll.problem);
    assert!(!poll.problem.contains("DOE"), "{}", poll.problem);
    assert_eq!(poll.next_at, world.gateway.clock.now_ms() + 60_000);

    fs::create_dir(root.join("nowhere")).unwrap();
    world.gateway.clock.advance(std::time::Duration::from_secs(60));
    run(&world.gateway).await.unwrap();
    world.gateway.collecting.idle().await;
    assert!(root.join("nowhere/DOE.ta1").exists() && root.join("nowhere/next.ta1").exists());
    assert_eq!(world.gateway.store.list_inbound(None, None, 10).await.unwrap().len(), 2);
}

/// A payer over SFTP whose files are moved to `done`; the folder that it all stands in.
async fn moving(payer: &Payer) -> (World, PathBuf) {
    let root = payer.inbound().parent().unwrap().to_path_buf();
    let collected = format!(
        "collect_from = [\"{0}/outbound\"]\ncollect_every = \"1m\"\nafter_collect = \"move:{0}/done\"\nupload_to",
        root.display()
    );
    let settings = payer.settings("host", payer.port).replace("upload_to", &collected);
    for folder in ["outbound", "done"] {
        fs::create_dir(root.join(folder)).unwrap();
    }
    (World::new(&[("bluestar", settings)]).await, root)
}

fn answer(control: &str) -> String {
    format!(
        "ISA*00*          *00*          *ZZ*BLUESTAR       *ZZ*CLAIMGATE      *261102*1300*^*00501*{control}*0*T*:~\
         TA1*000000001*261102*1200*A*000~IEA*0*{control}~"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_moved_also_to_where_one_of_its_name_is_already() {
    let Some(payer) = Payer::new() else { return };
    let (world, root) = moving(&payer).await;
    fs::write(root.join("done/a.ta1"), "the one of yesterday").unwrap();
    fs::write(root.join("outbound/a.ta1"), answer("000000001")).unwrap();
    run(&world.gateway).await.unwrap();
    world.gateway.collecting.idle().await;
    let poll = world.gateway.store.polls().await.unwrap().remove(0);
    assert_eq!((poll.failures, poll.problem.as_str()), (0, ""));
    assert!(!root.join("outbound/a.ta1").exists());
    assert_eq!(fs::read_to_string(root.join("done/a.ta1")).unwrap(), "the one of yesterday");
    let moved: Vec<PathBuf> = fs::read_dir(root.join("done")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(moved.len(), 2, "{moved:?}");
    let beside = moved.iter().find(|path| !path.ends_with("a.ta1")).unwrap();
    assert_eq!(fs::read_to_string(beside).unwrap(), answer("000000001"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_replaced_by_one_of_its_size_is_not_cleared_unread() {
    let Some(payer) = Payer::new() else { return };
    let (world, root) = moving(&payer).await;
    // It could not be cleared when it was fetched.
    fs::remove_dir(root.join("done")).unwrap();
    fs::write(root.join("outbound/a.ta1"), answer("000000001")).unwrap();
    run(&world.gateway).await.unwrap();
    world.gateway.collecting.idle().await;
    let seen = world.gateway.store.list_inbound(None, None, 10).await.unwrap();
    assert_eq!(seen.len(), 1);
    fs::create_dir(root.join("done")).unwrap();
    let target = crate::pipeline::lines::sftp_target(
        match &world.gateway.partners.current().payer("bluestar").unwrap().endpoint {
            crate::partner::Endpoint::Sftp(endpoint) => endpoint,
            crate::partner::Endpoint::Https(_) | crate::partner::Endpoint::Hosted(_) => {
                unreachable!("it is the one above")
            }
        },
    );
    let path = format!("{}/outbound/a.ta1", root.display());
    let modified = fs::metadata(&path).unwrap().modified().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
    let file = Seen {
        remote_path: path.clone(),
        bytes: answer("000000001").len() as i64,
        modified_at: modified.as_secs() as i64 - 5,
    };
    let to = AfterCollect::Move(format!("{}/done", root.display()));
    tokio::task::spawn_blocking(move || {
        let client = crate::link::remote_files::dial(&target).unwrap();
        let of_its_time = Seen { modified_at: file.modified_at + 5, ..file.clone() };
        assert_eq!(clear_there(&*client, &file, &to, InboundId(7)).unwrap(), Cleared::Replaced);
        assert!(fs::exists(&file.remote_path).unwrap(), "the newer one is still there");
        assert_eq!(clear_there(&*client, &of_its_time, &to, InboundId(7)).unwrap(), Cleared::Done);
        assert!(!fs::exists(&file.remote_path).unwrap());
    })
    .await
    .unwrap();
}
