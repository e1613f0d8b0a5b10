//! Questions about claims that went all the way, and what our own guide says of the answers.

use crate::domain::Finding;
use crate::edits::sink::Sink;
use crate::edits::{Day, Settings, check};
use crate::pipeline::answers::testing::*;
use crate::pipeline::claim_status::{Answer, AnswerKind, Ask, answer as ask_status};
use crate::pipeline::testing::{KEY, World, hosted_payer, sample, submitter, world_of};
use crate::store::mail::MailKind;

/// A 276 of one provider about claims of member W123456789; each list holds the segments after TRN.
fn question(sender: &str, npi: &str, asked: &[&[&str]]) -> String {
    let mut segments: Vec<String> = [
        "ST*276*0001*005010X212",
        "BHT*0010*13*Q1*20261102*1200",
        "HL*1**20*1",
        "NM1*PR*2*BLUE STAR*****PI*BSTAR",
        "HL*2*1*21*1",
        "NM1*41*2*ACME BILLING*****46*ACMEBILL",
        "HL*3*2*19*1",
    ]
    .map(String::from)
    .into();
    segments.push(format!("NM1*1P*2*LAKESIDE*****XX*{npi}"));
    segments.extend(["HL*4*3*22*0", "DMG*D8*19800615*F", "NM1*IL*1*DOE*JANE****MI*W123456789"].map(String::from));
    for (n, details) in asked.iter().enumerate() {
        segments.push(format!("TRN*1*REF{n}"));
        segments.extend(details.iter().map(|segment| segment.to_string()));
    }
    segments.push(format!("SE*{}*0001", segments.len() + 1));
    let body: String = segments.iter().map(|segment| format!("{segment}~\n")).collect();
    format!(
        "ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*CLAIMGATE      *261102*1200*^*00501*000000007*0*T*:~\n\
         GS*HR*{sender}*CLAIMGATE*20261102*1200*7*X*005010X212~\n{body}GE*1*7~\nIEA*1*000000007~\n"
    )
}

async fn ask(world: &World, file: &str) -> Answer {
    let partners = world.gateway.partners.current();
    ask_status(&world.gateway, partners.submitter("acme").unwrap(), Ask::Here, file.as_bytes().to_vec()).await.unwrap()
}

/// The 277's own segments, after our guide found no fault with it.
async fn told(world: &World, asked: &[&[&str]]) -> String {
    let answer = ask(world, &question("ACMEBILL", "1234567893", asked)).await;
    assert_eq!(answer.kind, AnswerKind::Status277, "{}", String::from_utf8_lossy(&answer.bytes));
    assert_eq!(answer.questions, asked.len());
    assert!(faults(world, &answer.bytes).is_empty(), "{:#?}", faults(world, &answer.bytes));
    String::from_utf8(answer.bytes).unwrap().replace("~\n", "~")
}

fn faults(world: &World, bytes: &[u8]) -> Vec<String> {
    struct All(Vec<String>);
    impl Sink for All {
        fn finding(&mut self, finding: &Finding) -> std::io::Result<()> {
            self.0.push(format!("{:?}: {}", finding.place.segment, finding.message));
            Ok(())
        }
    }
    let codes = world.gateway.codes.load_full();
    let settings = Settings::alone(Day::read(b"20261102").unwrap(), &codes);
    let mut all = All(Vec::new());
    check(bytes, &world.gateway.guides, &settings, &mut all).unwrap();
    all.0
}

#[tokio::test]
async fn a_number_that_the_payer_told_before_another_names_the_claim_still() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    answer(&world, &ack277ca(&[(claims[0].clone(), "A2:20", "ICN2")])).await;
    let pays = [(claims[0].clone(), "1", "80", &["CAS*CO*45*20"][..], "ICN9")];
    answer(&world, &era835(910, &[remittance("0001", "CHK77", "80", &pays, &[])])).await;
    let told = told(&world, &[&["REF*1K*ICN2"], &["REF*1K*ICN9"]]).await;
    assert!(told.matches("REF*EJ*A1~").count() == 2 && !told.contains("D0:35"), "{told}");
}

#[tokio::test]
async fn each_question_is_answered_with_its_own_number_from_what_is_known() {
    let Sent { world, claims } =
        sent(&[&[sample("A1", 1), sample("A2", 2), sample("A3", 3), sample("A4", 4).spoilt()]]).await;
    answer(&world, &ack999(&claims, &[])).await;
    let first = [(claims[1].clone(), "A2:20", "ICN2"), (claims[2].clone(), "A7:562:85", "")];
    answer(&world, &ack277ca(&first)).await;
    let pays = [(claims[1].clone(), "1", "80", &["CAS*CO*45*20"][..], "ICN2")];
    answer(&world, &era835(910, &[remittance("0001", "CHK77", "80", &pays, &[])])).await;
    let trace = format!("REF*D9*{}", claims[2].trace);
    let told = told(
        &world,
        &[
            &["REF*EJ*A1"],
            &["REF*1K*ICN2"],
            &[&trace],
            &["AMT*T3*100", "DTP*472*D8*20261004"],
            &["REF*EJ*NOBODYS", "DTP*472*D8*20261004"],
        ],
    )
    .await;
    for wanted in [
        "TRN*2*REF0~STC*A1:19:IN*20261102**100~REF*EJ*A1~",
        "TRN*2*REF1~STC*F1:65*20261102**100*80*20261103**20261103*CHK77~REF*1K*ICN2~REF*EJ*A2~",
        "TRN*2*REF2~STC*A7:562:85*20261102**100~REF*EJ*A3~",
        // Refused by our own check, in the code of our 277CA, and found by member, day and charge.
        "TRN*2*REF3~STC*A7:562:82*20261102**100~REF*EJ*A4~",
        "TRN*2*REF4~STC*D0:35*20261102~REF*EJ*NOBODYS~DTP*472*D8*20261004~",
        "NM1*1P*2*LAKESIDE*****XX*1234567893~HL*4*3*22*0~NM1*IL*1*DOE*JANE****MI*W123456789~",
    ] {
        assert!(told.contains(wanted), "{wanted}\n{told}");
    }
    assert_eq!(told.matches("TRN*2*").count(), 5);
}

#[tokio::test]
async fn service_lines_are_answered_one_by_one_with_what_was_paid_for_each() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2), sample("A3", 3)]]).await;
    let mut paid = remittance("0001", "CHK77", "80", &[(claims[0].clone(), "1", "80", &[][..], "ICN1")], &[]);
    paid.extend(["SVC*HC:99213*100*80**1", "DTM*472*20261001", "CAS*CO*45*20"].map(String::from));
    let mut denied = remittance("0002", "CHK78", "0", &[(claims[1].clone(), "4", "0", &[][..], "ICN2")], &[]);
    denied[1] = "BPR*H*0*C*NON************20261103".to_string();
    denied.extend(["SVC*HC:99213*100*0**1", "DTM*472*20261002", "CAS*CO*50*100"].map(String::from));
    answer(&world, &era835(910, &[paid, denied])).await;
    let line = |day: &str| ["SVC*HC:99213*100*****1".to_string(), format!("DTP*472*D8*{day}")];
    let (first, second, third) = (line("20261001"), line("20261002"), line("20261003"));
    let told = told(
        &world,
        &[
            &["REF*EJ*A1", &first[0], &first[1]],
            &["REF*EJ*A2", &second[0], "REF*FJ*MYLINE", &second[1]],
            &["REF*EJ*A3", &third[0], &third[1], "SVC*HC:90471*7*****2", "DTP*472*D8*20261003"],
        ],
    )
    .await;
    for wanted in [
        "DTP*472*D8*20261001~SVC*HC:99213*100*80****1~STC*F1:65*20261102~DTP*472*D8*20261001~",
        "SVC*HC:99213*100*0****1~STC*F2:585*20261102~REF*FJ*MYLINE~DTP*472*D8*20261002~",
        "SVC*HC:99213*100*0****1~STC*A1:19:40*20261102~DTP*472*D8*20261003~\
         SVC*HC:90471*7*0****2~STC*D0:247*20261102~DTP*472*D8*20261003~",
    ] {
        assert!(told.contains(wanted), "{wanted}\n{told}");
    }
}

#[tokio::test]
async fn claims_decided_as_a_whole_have_no_made_up_amounts_of_lines() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
    let paid = [(claims[0].clone(), "1", "80", &["CAS*CO*45*20"][..], "ICN1")];
    let mut denied =
        remittance("0002", "CHK78", "0", &[(claims[1].clone(), "4", "0", &["CAS*CO*50*100"][..], "ICN2")], &[]);
    denied[1] = "BPR*H*0*C*NON************20261103".to_string();
    answer(&world, &era835(910, &[remittance("0001", "CHK77", "80", &paid, &[]), denied])).await;
    let asked = ["SVC*HC:99213*100*****1", "DTP*472*D8*20261001", "SVC*HC:90471*7*****2", "DTP*472*D8*20261001"];
    let (first, second) = (["REF*EJ*A1"], ["REF*EJ*A2", "SVC*HC:99213*100*****1", "DTP*472*D8*20261002"]);
    let told = told(&world, &[&[&first[..], &asked].concat(), &second]).await;
    // A line that is none of the claim's is told all the same.
    let of_first = told.split("TRN*2*").nth(1).unwrap();
    assert!(
        of_first.starts_with("REF0~STC*F1:65*") && of_first.contains("SVC*HC:90471*7*0****2~STC*D0:247*"),
        "{told}"
    );
    assert!(!of_first.contains("SVC*HC:99213*"), "{told}");
    assert!(told.contains("SVC*HC:99213*100*0****1~STC*F2:585*20261102~DTP*472*D8*20261002~"), "{told}");
}

#[tokio::test]
async fn lines_are_told_only_once_they_are_tied_to_the_claim_that_the_payment_has_now() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1), sample("A2", 2)]]).await;
    let nobodys = SentClaim {
        control_number: "N1".into(),
        trace: String::new(),
        date: "20200101".into(),
        member: "Q9".into(),
        ..claims[0].clone()
    };
    let mut paid = remittance("0001", "CHK77", "80", &[(nobodys, "1", "80", &[][..], "ICN1")], &[]);
    paid.extend(["SVC*HC:99213*100*80**1", "DTM*472*20261001", "CAS*CO*45*20"].map(String::from));
    answer(&world, &era835(910, &[paid])).await;
    let exception = open_exceptions(&world).await.remove(0).id;
    let first = ["REF*EJ*A1", "SVC*HC:99213*100*****1", "DTP*472*D8*20261001"];
    let second = ["REF*EJ*A2", "SVC*HC:99213*100*****1", "DTP*472*D8*20261002"];
    for (asked, number) in [(first, "A1"), (second, "A2")] {
        let claim = claim(&world, number).await.received.id;
        crate::pipeline::exceptions::resolve(&world.gateway, exception, claim, "sue").await.unwrap();
        let before = told(&world, &[&asked]).await;
        assert!(before.contains("STC*F1:65*20261102**100*80*") && !before.contains("SVC*"), "{before}");
        work(&world.gateway).await;
        let after = told(&world, &[&asked]).await;
        assert!(after.contains("SVC*HC:99213*100*80****1~STC*F1:65*"), "{after}");
        crate::pipeline::exceptions::undo(&world.gateway, exception, "sue").await.unwrap();
    }
}

#[tokio::test]
async fn a_payment_with_a_long_number_names_it_beside_the_status() {
    let Sent { world, claims } = sent(&[&[sample("A1", 1)]]).await;
    let pays = [(claims[0].clone(), "4", "0", &["CAS*CO*50*100"][..], "ICN1")];
    answer(&world, &era835(910, &[remittance("0001", "CHECK-NUMBER-OF-25-LETTERS", "0", &pays, &[])])).await;
    let told = told(&world, &[&["REF*EJ*a1"]]).await;
    assert!(told.contains("STC*F2:585*20261102**100*0*20261103**20261103~"), "{told}");
    assert!(told.contains("REF*VV*CHECK-NUMBER-OF-25-LETTERS~REF*D9*"), "{told}");
}

#[tokio::test]
async fn nobody_hears_of_claims_that_are_anothers() {
    let other = submitter("OTHERBIL", KEY, "");
    let acme = submitter("ACMEBILL", KEY, "");
    let payer = hosted_payer("BLUESTAR", "BSTAR", KEY);
    let world = world_of("", &[("acme", &acme), ("other", &other), ("bluestar", &payer)]).await;
    let claims = send(&world, "acme", &crate::pipeline::testing::professional(1, &[&[sample("A1", 1)]])).await;
    let (trace, everything) =
        (format!("REF*D9*{}", claims[0].trace), ["REF*EJ*A1", "AMT*T3*100", "DTP*472*D8*20261001"]);
    for details in [&[trace.as_str()][..], &everything] {
        let file = question("OTHERBIL", "1234567893", &[details]);
        let partners = world.gateway.partners.current();
        let asks = partners.submitter("other").unwrap();
        let answer = ask_status(&world.gateway, asks, Ask::Here, file.into_bytes()).await.unwrap();
        let text = String::from_utf8(answer.bytes).unwrap();
        assert!(text.contains("STC*D0:35*"), "{text}");
        // Its own submitter, asking for another provider, finds nothing either.
        let answer = ask(&world, &question("ACMEBILL", "1245319599", &[details])).await;
        assert!(String::from_utf8(answer.bytes).unwrap().contains("STC*D0:35*"));
    }
}

#[tokio::test]
async fn a_request_that_breaks_its_guide_gets_a_999_and_one_of_another_sender_a_ta1() {
    let Sent { world, .. } = sent(&[&[sample("A1", 1)]]).await;
    let good = question("ACMEBILL", "1234567893", &[&["REF*EJ*A1"]]);
    let answer = ask(&world, &good.replace("BHT*0010*13*", "BHT*0010*99*")).await;
    let text = String::from_utf8(answer.bytes).unwrap();
    assert_eq!(answer.kind, AnswerKind::Ack999);
    assert!(text.contains("ST*999*") && text.contains("IK3*BHT*2*") && text.contains("IK5*R*"), "{text}");
    let answer = ask(&world, &question("SOMEBODY", "1234567893", &[&["REF*EJ*A1"]])).await;
    assert_eq!(answer.kind, AnswerKind::Ta1);
    assert!(String::from_utf8(answer.bytes).unwrap().contains("TA1*000000007*"), "no TA1");
    assert_eq!(ask(&world, "<html>").await.kind, AnswerKind::NotX12);
    assert_eq!(ask(&world, "").await.kind, AnswerKind::NotX12);
}

/// Blue Star's file with 276 among what it takes.
async fn world_that_asks() -> World {
    let acme = submitter("ACMEBILL", KEY, "");
    let payer = hosted_payer("BLUESTAR", "BSTAR", KEY).replace("\"837D\"]", "\"837D\", \"276\"]");
    world_of("", &[("acme", &acme), ("bluestar", &payer)]).await
}

const ASKED_OF_A1: [&str; 7] = [
    "REF*EJ*A1",
    "REF*D9*OLDTRACE",
    "AMT*T3*100",
    "DTP*472*D8*20261001",
    "SVC*HC:99213*100*****1",
    "REF*FJ*L1",
    "DTP*472*D8*20261001",
];

#[tokio::test]
async fn questions_go_on_to_a_payer_that_takes_them_and_its_277_comes_back_under_the_submitters_number() {
    let world = world_that_asks().await;
    let file = crate::pipeline::testing::professional(1, &[&[sample("A1", 1), sample("A2", 2).spoilt()]]);
    let claims = send(&world, "acme", &file).await;
    let sent = world.gateway.store.list_mail("bluestar", None, None, 10).await.unwrap().remove(0);
    crate::pipeline::deliver::fetched(&world.gateway, sent.payload_id).await.unwrap();
    let asked = question("ACMEBILL", "1234567893", &[&ASKED_OF_A1, &["REF*EJ*A2"], &["REF*EJ*NOBODYS"]]);
    let partners = world.gateway.partners.current();
    let acme = partners.submitter("acme").unwrap();
    let answer_now = ask_status(&world.gateway, acme, Ask::PayersToo, asked.into_bytes()).await.unwrap();
    // The second was refused here and the third is not known, so no payer can say anything of them.
    assert_eq!((answer_now.questions, answer_now.passed_on), (3, 1));
    let mail = world.gateway.store.list_mail("bluestar", Some(sent.id), None, 10).await.unwrap();
    assert_eq!(mail.len(), 1);
    assert!(mail[0].file_name.ends_with(".276"), "{}", mail[0].file_name);
    assert_eq!((sent.kind, mail[0].kind), (MailKind::Claims837, MailKind::Questions276));
    let bytes = world.gateway.read_payload(mail[0].payload_id).await.unwrap();
    assert!(faults(&world, &bytes).is_empty(), "{:#?}", faults(&world, &bytes));
    let text = String::from_utf8(bytes).unwrap();
    let wanted = format!(
        "HL*3*2*19*1~NM1*1P*2*LAKESIDE*****XX*1234567893~HL*4*3*22*0~DMG*D8*19800615*F~\
         NM1*IL*1*DOE*JANE****MI*W123456789~TRN*1*REF0~REF*EJ*A1~REF*D9*{}~AMT*T3*100~DTP*472*D8*20261001~\
         SVC*HC:99213*100*****1~REF*FJ*L1~DTP*472*D8*20261001~SE*",
        claims[0].trace
    );
    assert!(text.contains(&wanted), "{text}");
    assert!(
        text.contains("*ZZ*CLAIMGATE      *ZZ*BLUESTAR       *") && text.contains("NM1*PR*2*Blue Star*****PI*BSTAR~")
    );
    adds_up(&world).await;
    crate::pipeline::deliver::fetched(&world.gateway, mail[0].payload_id).await.unwrap();

    answer(&world, &answer_277(955, "REF0", &claims[0])).await;
    let letters = letters(&world, "acme", MailKind::Status277).await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].contains("TRN*2*REF0~") && letters[0].contains("STC*P1:20*"), "{}", letters[0]);
    assert_eq!(claim(&world, "A1").await.status, crate::domain::ClaimStatus::Pending);
    adds_up(&world).await;
}

async fn adds_up(world: &World) {
    let always = crate::store::reconcile::Period { since_ms: 0, until_ms: i64::MAX };
    let account = world.gateway.store.account(always, world.gateway.clock.now_ms(), 9).await.unwrap();
    assert_eq!(account.wrong, []);
}

/// A1's question is at Blue Star: the world, the claim, and GS06 of the file of questions.
async fn asked_of_its_payer() -> (World, SentClaim, String) {
    let world = world_that_asks().await;
    let file = crate::pipeline::testing::professional(1, &[&[sample("A1", 1)]]);
    let claims = send(&world, "acme", &file).await;
    let sent = world.gateway.store.list_mail("bluestar", None, None, 10).await.unwrap().remove(0);
    crate::pipeline::deliver::fetched(&world.gateway, sent.payload_id).await.unwrap();
    let gs06 = ask_again(&world, "REF0").await;
    (world, claims[0].clone(), gs06)
}

async fn ask_again(world: &World, reference: &str) -> String {
    let asked = question("ACMEBILL", "1234567893", &[&ASKED_OF_A1]).replace("REF0", reference);
    let partners = world.gateway.partners.current();
    let acme = partners.submitter("acme").unwrap();
    let passed = ask_status(&world.gateway, acme, Ask::PayersToo, asked.into_bytes()).await.unwrap();
    assert_eq!(passed.passed_on, 1);
    let mail = world.gateway.store.list_mail("bluestar", None, None, 10).await.unwrap().pop().unwrap();
    crate::pipeline::deliver::fetched(&world.gateway, mail.payload_id).await.unwrap();
    let bytes = world.gateway.read_payload(mail.payload_id).await.unwrap();
    String::from_utf8(bytes).unwrap().split("~GS*HR*").nth(1).unwrap().split('*').nth(4).unwrap().to_string()
}

fn answer_277(control: u32, reference: &str, claim: &SentClaim) -> String {
    let told = [
        "ST*277*0001*005010X212",
        "BHT*0010*08*P9*20261102*1300*DG",
        "HL*1**20*1",
        "NM1*PR*2*BLUE STAR*****PI*BSTAR",
        "HL*2*1*21*1",
        "NM1*41*2*CLAIMGATE*****46*CLAIMGATE",
        "HL*3*2*19*1",
        "NM1*1P*2*LAKESIDE*****XX*1234567893",
        "HL*4*3*22*0",
        "NM1*IL*1*DOE*JANE****MI*W123456789",
    ];
    let mut told: Vec<String> = told.map(String::from).into();
    told.push(format!("TRN*2*{reference}"));
    told.push("STC*P1:20*20261102**100".into());
    if !claim.trace.is_empty() {
        told.push(format!("REF*D9*{}", claim.trace));
    }
    interchange("HN", "005010X212", control, &[told])
}

/// The kinds of the alarms that stand after a look at all deadlines.
async fn alarms(world: &World, days: u64) -> Vec<String> {
    world.gateway.clock.advance(std::time::Duration::from_secs(days * 86_400));
    crate::pipeline::watch::run(&world.gateway).await.unwrap();
    let standing = world.gateway.store.standing_alarms().await.unwrap();
    standing.into_iter().map(|alarm| alarm.kind).filter(|kind| kind == "no-277").collect()
}

#[tokio::test]
async fn a_payer_that_does_not_answer_a_question_raises_one_alarm_that_clears_when_the_277_comes() {
    for knows_the_claim in [true, false] {
        let (world, mut claim, _) = asked_of_its_payer().await;
        assert_eq!(alarms(&world, 2).await, [""; 0]);
        assert_eq!(alarms(&world, 2).await, ["no-277"]);
        let first = world.gateway.store.standing_alarms().await.unwrap();
        assert!(first.iter().any(|alarm| alarm.text.contains("has not answered 1 question about claims")), "{first:?}");
        assert_eq!(alarms(&world, 0).await, ["no-277"]);
        assert_eq!(world.gateway.store.standing_alarms().await.unwrap(), first, "raised a second time");
        if !knows_the_claim {
            claim.trace.clear();
        }
        answer(&world, &answer_277(955, "REF0", &claim)).await;
        assert_eq!(open_exceptions(&world).await.len(), usize::from(!knows_the_claim));
        assert_eq!(alarms(&world, 0).await, [""; 0]);
        // How long it took is learned.
        let waits = world.gateway.store.observed_waits("bluestar", crate::store::alarms::Awaited::Status277, 0).await;
        assert_eq!(waits.unwrap(), [(4 * 86_400_000, 1)]);
    }
}

#[tokio::test]
async fn an_answer_to_a_new_question_goes_on_although_it_says_nothing_new() {
    let (world, claim, _) = asked_of_its_payer().await;
    let letters_now = async || letters(&world, "acme", MailKind::Status277).await.len();
    answer(&world, &answer_277(955, "REF0", &claim)).await;
    answer(&world, &answer_277(956, "REF0", &claim)).await;
    assert_eq!(letters_now().await, 1);
    ask_again(&world, "REF0").await;
    answer(&world, &answer_277(957, "REF0", &claim)).await;
    assert_eq!(letters_now().await, 2);
}

#[tokio::test]
async fn each_of_two_questions_about_a_claim_waits_for_its_own_277() {
    // The second first; and without a number of ours each closes the oldest that is open.
    for (first, second) in [("Q2", "REF0"), ("REF0", "Q2"), ("7001", "7002")] {
        let (world, claim, _) = asked_of_its_payer().await;
        ask_again(&world, "Q2").await;
        answer(&world, &answer_277(955, first, &claim)).await;
        assert_eq!(alarms(&world, 4).await, ["no-277"], "{first}");
        let standing = world.gateway.store.standing_alarms().await.unwrap();
        assert!(
            standing.iter().any(|alarm| alarm.text.contains("has not answered 1 question about claims")),
            "{first}: {standing:?}"
        );
        answer(&world, &answer_277(956, second, &claim)).await;
        assert_eq!(alarms(&world, 0).await, [""; 0], "{second}");
        let letters = letters(&world, "acme", crate::store::mail::MailKind::Status277).await;
        // Whatever the payer wrote, the submitter has its own numbers back.
        let under = |number: &str| letters.iter().filter(|one| one.contains(&format!("TRN*2*{number}~"))).count();
        assert_eq!((letters.len(), under("REF0"), under("Q2")), (2, 1, 1), "{letters:?}");
    }
}

#[tokio::test]
async fn a_277_that_came_before_a_question_was_asked_does_not_answer_it() {
    let (world, claim, _) = asked_of_its_payer().await;
    hand_in(&world.gateway, answer_277(955, "7001", &claim).as_bytes()).await;
    answer(&world, &answer_277(956, "REF0", &claim)).await;
    hand_in(&world.gateway, answer_277(957, "7002", &claim).as_bytes()).await;
    world.gateway.clock.advance(std::time::Duration::from_secs(120));
    ask_again(&world, "Q2").await;
    work(&world.gateway).await;
    assert_eq!(alarms(&world, 4).await, ["no-277"]);
}

#[tokio::test]
async fn a_file_of_questions_is_acknowledged_and_one_that_is_refused_comes_before_a_person() {
    for (verdict, exceptions, silent) in [("A", 0, 1), ("R", 1, 0)] {
        let (world, _, gs06) = asked_of_its_payer().await;
        let ack = ["ST*999*0001*005010X231A1".to_string(), format!("AK1*HR*{gs06}*005010X212")];
        let told = ["AK2*276*0001*005010X212".into(), format!("IK5*{verdict}"), format!("AK9*{verdict}*1*1*1")];
        answer(&world, &interchange("FA", "005010X231A1", 951, &[[&ack[..], &told[..]].concat()])).await;
        let open = open_exceptions(&world).await;
        assert_eq!(open.len(), exceptions, "{verdict}");
        assert!(open.iter().all(|one| one.reason.contains("refused a file of questions about claims")));
        assert_eq!(alarms(&world, 4).await.len(), silent, "{verdict}");
    }
}

#[tokio::test]
async fn a_payer_that_takes_no_questions_is_not_asked() {
    let Sent { world, .. } = sent(&[&[sample("A1", 1)]]).await;
    let partners = world.gateway.partners.current();
    let file = question("ACMEBILL", "1234567893", &[&["REF*EJ*A1"]]);
    let acme = partners.submitter("acme").unwrap();
    let answer = ask_status(&world.gateway, acme, Ask::PayersToo, file.into_bytes()).await.unwrap();
    assert_eq!(answer.passed_on, 0);
    assert_eq!(world.gateway.store.list_mail("bluestar", None, None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_answer_takes_its_control_number_from_a_block_and_does_not_wait_for_the_disk() {
    let Sent { world, .. } = sent(&[&[sample("A1", 1)]]).await;
    let mut taken = std::collections::BTreeSet::new();
    for _ in 0..3 {
        taken.insert(told(&world, &[&["REF*EJ*A1"]]).await[90..99].to_string());
        let broken = question("ACMEBILL", "1234567893", &[&["REF*EJ*A1"]]).replace("BHT*0010*13*", "BHT*0010*99*");
        let refused = ask(&world, &broken).await;
        assert_eq!(refused.kind, AnswerKind::Ack999);
        taken.insert(String::from_utf8(refused.bytes).unwrap()[90..99].to_string());
    }
    assert_eq!(taken.len(), 6, "a control number twice: {taken:?}");
    // The 999 and the 277CA of the claims' file began the first block, and nothing was taken behind it.
    let next = world.gateway.store.take_control_numbers("isa:acme", 1).await.unwrap();
    assert_eq!(next, 51);
}
