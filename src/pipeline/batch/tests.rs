//! Claims of submissions become one file for their payer, unchanged but for what is ours.

use super::run;
use super::testing::{SAMPLE, Sample, World, https_payer, sample_file};
use crate::domain::ids::ClaimId;
use crate::pipeline::{Progress, route};
use crate::store::deliveries::{Delivery, DeliveryState};

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
