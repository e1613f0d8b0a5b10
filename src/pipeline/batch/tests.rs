//! Claims of submissions become one file for their payer, unchanged but for what is ours.

use std::time::Duration;

use super::{claim_as_sent, rebuild, release_now, run};
use crate::domain::ids::ClaimId;
use crate::guide::Walker;
use crate::pipeline::outgoing_tests::{SAMPLE, Sample, World, https_payer, sample_file};
use crate::pipeline::{Progress, deliver, route};
use crate::store::deliveries::{Delivery, DeliveryState};
use crate::x12::{Envelopes, Event, Reader};

async fn one_payer(release: &str, further: &str) -> World {
    World::new(&[("bluestar", https_payer("\"BSTAR\", \"60054\"", release, further))]).await
}

/// Routes and builds all there is; the deliveries, oldest first.
async fn outgoing(world: &World) -> Vec<Delivery> {
    while route::run(&world.gateway).await.unwrap() == Progress::Worked {}
    while run(&world.gateway).await.unwrap() == Progress::Worked {}
    let mut deliveries = world.gateway.store.deliveries(None, None, None, 100).await.unwrap();
    deliveries.reverse();
    deliveries
}

async fn only_file(world: &World) -> String {
    let deliveries = outgoing(world).await;
    assert_eq!(deliveries.len(), 1);
    let text = world.payload_text(deliveries[0].payload_id).await;
    assert_eq!(text.len() as u64, deliveries[0].bytes);
    text
}

/// Each claim's segments from CLM on, REF*D9 aside, with all separators as the usual ones.
fn claims_in(text: &str, separators: [char; 3]) -> Vec<Vec<String>> {
    let mut claims: Vec<Vec<String>> = Vec::new();
    let mut inside = false;
    for segment in text.split(separators[2]).map(str::trim) {
        let usual = segment.replace(separators[0], "*").replace(separators[1], ":");
        match usual.split('*').next().unwrap_or("") {
            "CLM" => {
                inside = true;
                claims.push(Vec::new());
            }
            "HL" | "SE" => inside = false,
            _ => {}
        }
        if inside && !usual.starts_with("REF*D9*") {
            claims.last_mut().unwrap().push(usual);
        }
    }
    claims
}

fn values_of<'a>(text: &'a str, start: &str, element: usize) -> Vec<&'a str> {
    let segments = text.split('~').filter(|segment| segment.starts_with(start));
    segments.map(|segment| segment.split('*').nth(element).unwrap_or("")).collect()
}

#[tokio::test]
async fn a_window_that_was_opened_by_a_clock_that_was_put_back_closes() {
    let world = one_payer("every 12h", "").await;
    world.submit(&sample_file(&[SAMPLE])).await;
    assert!(outgoing(&world).await.is_empty(), "its window is open");
    world.gateway.clock.put_back(Duration::from_secs(30));
    assert!(outgoing(&world).await.is_empty(), "a clock that was set right by seconds ends no window");
    world.gateway.clock.put_back(Duration::from_secs(90 * 86_400));
    assert_eq!(outgoing(&world).await.len(), 1);
}

#[tokio::test]
async fn three_claims_of_two_submissions_become_one_file_and_say_the_same() {
    let world = one_payer("immediate", "").await;
    let first = sample_file(&[
        Sample { before_hi: "REF*G1*AUTH~\nREF*D9*UPSTREAM1~\nREF*EA*MRN~\n", charge: "100.5", ..SAMPLE },
        Sample { number: "A2", subscriber: "ROE", dependent: "ANN", before_hi: "NTE*ADD*TEXT~\n", ..SAMPLE },
    ]);
    let second = sample_file(&[Sample { number: "B1", payer_id: "60054", ..SAMPLE }]);
    world.submit(&first).await;
    world.submit(&second).await;
    let text = only_file(&world).await;
    let usual = ['*', ':', '~'];
    let mut expected = claims_in(&first, usual);
    expected.extend(claims_in(&second, usual));
    assert_eq!(claims_in(&text, usual), expected);
    assert_eq!(values_of(&text, "HL*", 2), ["", "1", "1", "3", "", "5"]);
    assert_eq!(values_of(&text, "HL*", 1), ["1", "2", "3", "4", "5", "6"]);
    assert_eq!(values_of(&text, "HL*", 4), ["1", "0", "1", "0", "1", "0"]);
    assert_eq!(values_of(&text, "NM1*PR", 9), ["BSTAR"; 3]);
    let traces = values_of(&text, "REF*D9", 2);
    assert_eq!(traces.len(), 3);
    assert!(traces.iter().all(|trace| ClaimId::from_trace_number(trace).is_some()));
    assert!(text.contains("REF*G1*AUTH~REF*D9*") && text.contains("~REF*EA*MRN~HI*"));
    assert!(text.contains("Y*A*Y*Y~REF*D9*") && text.contains("~NTE*ADD*TEXT~HI*"));
    assert_eq!(values_of(&text, "NM1*41", 9), ["CLAIMGATE"]);
    assert_eq!(values_of(&text, "NM1*40", 9), ["BSTAR"]);
}

#[tokio::test]
async fn the_file_walks_clean_through_its_guide() {
    let world = one_payer("immediate", "").await;
    let claims = [
        Sample { before_hi: "DTP*439*D8*20261001~\nREF*D9*UPSTREAM1~\n", ..SAMPLE },
        Sample { number: "A2", subscriber: "ROE", dependent: "ANN", before_hi: "K3*NOTE~\n", ..SAMPLE },
        Sample { number: "A3", subscriber: "ROE", dependent: "BEN", before_hi: "AMT*F5*25~\n", ..SAMPLE },
    ];
    let received = sample_file(&claims);
    assert_eq!(walk(&world, &received), Vec::<String>::new(), "the sample itself");
    world.submit(&received).await;
    assert_eq!(walk(&world, &only_file(&world).await), Vec::<String>::new());
}

/// What the guide and the envelopes' rules say of a file.
fn walk(world: &World, text: &str) -> Vec<String> {
    let guide = world.gateway.guides.find("837", "005010X222A1").unwrap();
    let mut envelopes = Envelopes::new(Reader::new(text.as_bytes()));
    let (mut findings, mut found, mut walker) = (Vec::new(), Vec::new(), Walker::start(guide));
    while let Some(event) = envelopes.next(&mut findings).unwrap() {
        match event {
            Event::TransactionStart(_, segment) => drop(walker.step(&segment, 1, &mut found)),
            Event::Segment(segment, position) => drop(walker.step(&segment, position, &mut found)),
            Event::TransactionEnd(end, Some(segment)) => {
                walker.step(&segment, end.segments, &mut found);
                walker.finish(end.segments + 1, &mut found);
                walker.restart();
            }
            _ => {}
        }
    }
    findings.extend(found.into_iter().map(|found| found.finding));
    findings.iter().map(|finding| format!("{} {:?}", finding.edit, finding.place.segment)).collect()
}

#[tokio::test]
async fn other_delimiters_are_changed_for_ours() {
    let world = one_payer("immediate", "").await;
    let usual = sample_file(&[Sample { number: "A1", subscriber: "ROE", dependent: "ANN", ..SAMPLE }]);
    let other = usual.replace("~\n", "\r").replace('*', "|").replace(':', ">");
    world.submit(&other).await;
    let text = only_file(&world).await;
    assert_eq!(claims_in(&text, ['*', ':', '~']), claims_in(&usual, ['*', ':', '~']));
    assert_eq!(walk(&world, &text), Vec::<String>::new());
}

#[tokio::test]
async fn each_interchange_of_a_file_is_read_with_its_own_delimiters() {
    let world = one_payer("immediate", "").await;
    let usual = sample_file(&[SAMPLE]);
    let second = sample_file(&[Sample { number: "B1", ..SAMPLE }]);
    let mixed = usual.clone() + &second.replace(':', ">");
    world.submit(&mixed).await;
    let mut expected = claims_in(&usual, ['*', ':', '~']);
    expected.extend(claims_in(&second, ['*', ':', '~']));
    assert_eq!(claims_in(&only_file(&world).await, ['*', ':', '~']), expected);
}

#[tokio::test]
async fn a_value_that_holds_one_of_our_delimiters_gets_the_file_others() {
    let world = one_payer("immediate", "").await;
    let plain = sample_file(&[SAMPLE]);
    let sample = sample_file(&[Sample { number: "B1", before_hi: "NTE*ADD*AT 10#30~\n", ..SAMPLE }]);
    let theirs = sample.replace("~\n", "\n").replace('*', "|").replace(':', ">").replace('#', ":");
    world.submit(&plain).await;
    world.submit(&theirs).await;
    let text = only_file(&world).await;
    let component = char::from(text.as_bytes()[104]);
    assert_ne!(component, ':');
    assert!(text.contains("NTE*ADD*AT 10:30~"));
    assert!(text.contains(&format!("*100***11{component}B{component}1*")));
    assert_eq!(walk(&world, &text), Vec::<String>::new());
}

#[tokio::test]
async fn more_claims_than_a_transaction_may_have_make_several() {
    let world = one_payer("immediate", "max_claims = 2").await;
    let numbers = ["A1", "A2", "A3", "A4", "A5"];
    world.submit(&sample_file(&numbers.map(|number| Sample { number, ..SAMPLE }))).await;
    let text = only_file(&world).await;
    assert_eq!(values_of(&text, "ST*", 2), ["0001", "0002", "0003"]);
    assert_eq!(values_of(&text, "GE*", 1), ["3"]);
    let bht03 = values_of(&text, "BHT*", 3);
    assert!(bht03[0] != bht03[1] && bht03.iter().all(|id| id.len() <= 30));
    assert_eq!(values_of(&text, "CLM*", 1), numbers);
    assert_eq!(values_of(&text, "HL*", 1), ["1", "2", "1", "2", "1", "2"]);
    assert_eq!(walk(&world, &text), Vec::<String>::new());
}

#[tokio::test]
async fn control_numbers_count_for_each_payer() {
    let blue = ("bluestar", https_payer("\"BSTAR\"", "immediate", ""));
    let world = World::new(&[blue, ("red", https_payer("\"RED\"", "immediate", ""))]).await;
    for (number, payer_id) in [("A1", "BSTAR"), ("A2", "BSTAR"), ("A3", "RED")] {
        world.submit(&sample_file(&[Sample { number, payer_id, ..SAMPLE }])).await;
        outgoing(&world).await;
    }
    let mut controls = Vec::new();
    for delivery in outgoing(&world).await {
        let text = world.payload_text(delivery.payload_id).await;
        controls.push((
            delivery.partner,
            values_of(&text, "ISA*", 13)[0].to_string(),
            values_of(&text, "GS*", 6)[0].to_string(),
        ));
    }
    let of = |payer: &str, isa13: &str, gs06: &str| (payer.to_string(), isa13.to_string(), gs06.to_string());
    let expected = [("bluestar", "000000001", "1"), ("bluestar", "000000002", "2"), ("red", "000000001", "1")];
    assert_eq!(controls, expected.map(|(payer, isa13, gs06)| of(payer, isa13, gs06)));
}

#[tokio::test]
async fn a_window_gathers_claims_until_it_closes_or_is_released() {
    let world = one_payer("every 1h", "").await;
    world.submit(&sample_file(&[SAMPLE])).await;
    assert!(outgoing(&world).await.is_empty());
    world.gateway.clock.advance(Duration::from_secs(3599));
    world.submit(&sample_file(&[Sample { number: "A2", ..SAMPLE }])).await;
    assert!(outgoing(&world).await.is_empty());
    world.gateway.clock.advance(Duration::from_secs(1));
    assert_eq!(outgoing(&world).await.len(), 1);
    assert_eq!(values_of(&only_file(&world).await, "CLM*", 1), ["A1", "A2"]);
    let late = world.submit(&sample_file(&[Sample { number: "A3", ..SAMPLE }])).await;
    outgoing(&world).await;
    let (store, now) = (&world.gateway.store, world.gateway.clock.now_ms());
    assert_eq!(store.next_release_for(late, now).await.unwrap(), Some(now + 3_600_000));
    assert_eq!(release_now(&world.gateway, Some("another")).await.unwrap(), 0);
    assert_eq!(release_now(&world.gateway, Some("bluestar")).await.unwrap(), 1);
    assert_eq!(outgoing(&world).await.len(), 2);
}

#[tokio::test]
async fn claims_without_a_payer_wait_until_one_is_named() {
    let world = one_payer("immediate", "").await;
    let submission = world.submit(&sample_file(&[Sample { payer_id: "NEWCO", ..SAMPLE }])).await;
    assert!(outgoing(&world).await.is_empty());
    let (store, gateway) = (&world.gateway.store, &world.gateway);
    assert_eq!(store.submissions_with_strays().await.unwrap(), [submission]);
    assert_eq!(route::retry_unrouted(gateway).await.unwrap(), 1);
    assert!(outgoing(&world).await.is_empty());
    let named = https_payer("\"BSTAR\", \"newco\"", "immediate", "");
    std::fs::write(world.folder.path().join("partners/bluestar.toml"), named).unwrap();
    gateway.partners.reload().unwrap();
    route::retry_unrouted(gateway).await.unwrap();
    assert_eq!(values_of(&only_file(&world).await, "CLM*", 1), ["A1"]);
    assert!(store.submissions_with_strays().await.unwrap().is_empty());
    assert_eq!(route::retry_unrouted(gateway).await.unwrap(), 0);
}

#[tokio::test]
async fn a_batch_that_is_not_what_its_rows_say_is_never_sent() {
    let world = one_payer("immediate", "").await;
    // The rows say 100, the file at their places 900.
    let text = sample_file(&[SAMPLE]);
    world.submit_as(&text, &text.replace("*100***11", "*900***11")).await;
    assert!(outgoing(&world).await.is_empty());
    assert_eq!(run(&world.gateway).await.unwrap(), Progress::Idle);
    let (store, gateway) = (&world.gateway.store, &world.gateway);
    let batch = world.batches_with_support().await[0];
    assert_eq!(store.batch_payload(batch).await.unwrap(), None);
    assert!(rebuild(gateway, batch, "ann").await.unwrap());
    assert_eq!(run(gateway).await.unwrap(), Progress::Worked);
    assert!(outgoing(&world).await.is_empty());
}

#[tokio::test]
async fn a_hosted_payer_finds_its_file_in_its_mailbox_and_fetching_it_is_its_sending() {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJqCkK9bN7zLkVbLZ1wq8kq0vQk1mXo0YhQ5m5dU2vYp blue";
    let hosted = format!(
        "kind = \"payer\"\nname = \"Blue Star\"\npayer_ids = [\"BSTAR\"]\naccepts = [\"837P\"]\n[interchange]\n\
         qualifier = \"ZZ\"\nid = \"BLUESTAR\"\n[sftp]\npublic_keys = [\"{key}\"]\n[batch]\nrelease = \"immediate\"\n\
         [endpoint]\ntype = \"hosted\"\n"
    );
    let world = World::new(&[("bluestar", hosted)]).await;
    world.submit(&sample_file(&[SAMPLE])).await;
    let delivery = outgoing(&world).await.remove(0);
    assert_eq!(delivery.state, DeliveryState::WaitsToBeFetched);
    let (store, gateway) = (&world.gateway.store, &world.gateway);
    let mail = store.list_mail("bluestar", None, None, 10).await.unwrap();
    assert_eq!((mail.len(), mail[0].payload_id), (1, delivery.payload_id));
    deliver::fetched(gateway, mail[0].payload_id).await.unwrap();
    deliver::fetched(gateway, mail[0].payload_id).await.unwrap();
    let delivery = store.delivery(delivery.id).await.unwrap().unwrap();
    assert_eq!(delivery.state, DeliveryState::Sent);
}

#[tokio::test]
async fn a_claim_is_shown_as_it_was_sent() {
    let world = one_payer("immediate", "").await;
    let claims = ["A1", "A2"].map(|number| Sample { number, ..SAMPLE });
    world.submit(&sample_file(&claims)).await;
    let text = only_file(&world).await;
    let traces = values_of(&text, "REF*D9", 2);
    let shown = claim_as_sent(text.as_bytes(), traces[1]).unwrap().unwrap();
    assert!(shown.starts_with("HL*1**20*1~") && shown.contains("~CLM*A2*") && !shown.contains("CLM*A1"));
    assert!(shown.ends_with("DTP*472*D8*20261029~"));
    assert_eq!(claim_as_sent(text.as_bytes(), "NOSUCH").unwrap(), None);
}
