//! Files of payers, fetched from OpenSSH's server.

use std::fs;

use super::run;
use crate::pipeline::deliver::tests::Payer;
use crate::pipeline::outgoing_tests::World;

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
