//! A billing company asks where its claims are, and is answered at once by what the gateway knows.

use super::batches::clean;
use super::trip::{answer_all, wait_for_claims_at, wait_for_ends};
use super::world::World;
use super::x12::Claim;
use claimgate::domain::ClaimKind::Professional;

fn question(claims: &[Claim]) -> Vec<u8> {
    let mut segments: Vec<String> = [
        "ST*276*0001*005010X212",
        "BHT*0010*13*Q1*20261102*1200",
        "HL*1**20*1",
        "NM1*PR*2*BLUE STAR*****PI*BSTAR",
        "HL*2*1*21*1",
        "NM1*41*2*ACME*****46*ACMEBILL",
    ]
    .map(String::from)
    .into();
    let mut level = 2;
    for claim in claims {
        let provider = level + 1;
        segments.push(format!("HL*{provider}*2*19*1"));
        segments.push(format!("NM1*1P*2*PROVIDER*****XX*{}", claim.npi));
        segments.push(format!("HL*{}*{provider}*22*0", provider + 1));
        segments.push("DMG*D8*19800615*F".to_string());
        segments.push(format!("NM1*IL*1*{}*****MI*{}", claim.last, claim.member));
        segments.push(format!("TRN*1*Q-{}", claim.number));
        segments.push(format!("REF*EJ*{}", claim.number));
        for (procedure, charge) in &claim.lines {
            segments.push(format!("SVC*{procedure}*{charge}*****1"));
            segments.push(format!("DTP*472*D8*{}", claim.service));
        }
        level += 2;
    }
    segments.push(format!("SE*{}*0001", segments.len() + 1));
    let body: String = segments.iter().map(|segment| format!("{segment}~\n")).collect();
    format!(
        "ISA*00*          *00*          *ZZ*ACMEBILL       *ZZ*CLAIMGATE      *261102*1200*^*00501*000000077*0*T*:~\n\
         GS*HR*ACMEBILL*CLAIMGATE*20261102*1200*7*X*005010X212~\n{body}GE*1*7~\nIEA*1*000000077~\n"
    )
    .into_bytes()
}

#[test]
fn every_claim_that_is_asked_about_is_answered_with_what_became_of_it_and_without_a_fault() {
    let mut world = World::new();
    world.submitter("acme", "ACMEBILL");
    world.submitter("other", "OTHERBIL");
    let mut payer = world.sftp_payer("bluestar", "BLUESTAR", "BSTAR");
    let made = clean(Professional, 20, 77, "BSTAR");
    world.watch_for(&made.claims);
    let (key, others) = (world.key("acme"), world.key("other"));
    payer.start();
    world.start();
    world.submit(&key, &made.bytes);
    wait_for_claims_at(&payer, 20);
    let ends = answer_all(&payer);
    wait_for_ends(&world, &key, &ends);

    let reply = world.call(&key, "POST", "/v1/claim-status", Some(&question(&made.claims)));
    assert_eq!(reply.status, 200, "{}", reply.text());
    std::fs::write(world.path("answer.277"), &reply.body).unwrap();
    let judged = world.claimgate(&["validate", "answer.277"]);
    assert!(judged.status.success(), "{}", super::world::run::said(&judged));
    let text = String::from_utf8(reply.body).unwrap().replace("~\n", "~");
    for claim in &made.claims {
        let answer = text.split(&format!("TRN*2*Q-{}~", claim.number)).nth(1).expect("each question is answered");
        let category = match ends[&claim.number] {
            "paid" | "partially_paid" => "STC*F1:",
            "denied" => "STC*F2:",
            "payer_rejected" => "STC*A",
            other => panic!("{other}"),
        };
        assert!(answer.starts_with(category), "{}: {}", ends[&claim.number], &answer[..40.min(answer.len())]);
        let of_this = answer.split("TRN*2*").next().unwrap_or_default();
        // This payer pays claims as a whole: nothing is known of what it paid for a line.
        if category == "STC*F1:" {
            assert!(!of_this.contains("SVC*"), "an amount is made up: {of_this}");
            continue;
        }
        assert_eq!(of_this.matches("SVC*").count(), claim.lines.len(), "a line is left out: {of_this}");
        let (procedure, charge) = &claim.lines[0];
        let lines = of_this.split_once("SVC*").map(|(_, lines)| lines).unwrap_or_default();
        assert!(lines.starts_with(&format!("{procedure}*{charge}*0**")) && lines.contains(category), "{of_this}");
    }
    // Another submitter may not even send it: it is not its envelope.
    let reply = world.call(&others, "POST", "/v1/claim-status", Some(&question(&made.claims)));
    assert!(reply.status == 200 && reply.text().contains("TA1*000000077*"), "{}", reply.text());
    let of_its_own = String::from_utf8(question(&made.claims)).unwrap().replace("*ZZ*ACMEBILL ", "*ZZ*OTHERBIL ");
    let reply = world.call(&others, "POST", "/v1/claim-status", Some(of_its_own.as_bytes()));
    assert_eq!(reply.text().matches("STC*D0:35*").count(), 20, "{}", reply.text());
    assert_eq!(world.call(&key, "POST", "/v1/claim-status", Some(b"<html>")).status, 400);
    world.finish();
}
