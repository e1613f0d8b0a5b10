//! For tests: claims that went all the way into a payer's file, and answers of a payer about them.

use std::sync::Arc;

use crate::pipeline::testing::{Sample, world};
use crate::pipeline::testing::{World, professional};
use crate::pipeline::{Gateway, Progress, batch, correlate, intake, remit, route, validate};
use crate::store::claims::ClaimRow;
use crate::store::exceptions::{ExceptionRow, ExceptionState};
use crate::store::inbound::{InboundChannel, NewInbound, Recorded};
use crate::store::mail::MailKind;
use crate::store::search::ClaimQuery;
use crate::store::submissions::Channel;

/// One claim as the payer got it.
#[derive(Clone, Debug, Default)]
pub struct SentClaim {
    pub control_number: String,
    pub charge: String,
    pub trace: String,
    pub npi: String,
    pub tin: String,
    pub member: String,
    pub date: String,
    pub isa13: String,
    pub gs06: String,
    pub st02: String,
    pub bht03: String,
}

pub struct Sent {
    pub world: World,
    pub claims: Vec<SentClaim>,
}

/// Submitter `acme` hands these in, one ST for each list, and they are in a file for payer `bluestar`.
pub async fn sent(transactions: &[&[Sample]]) -> Sent {
    let world = world().await;
    let claims = send(&world, "acme", &professional(1, transactions)).await;
    Sent { world, claims }
}

/// Takes a file through validation, routing and batching; gives the claims of all files for the payer.
pub async fn send(world: &World, submitter: &str, file: &[u8]) -> Vec<SentClaim> {
    let gateway = &world.gateway;
    let partners = gateway.partners.current();
    let from = partners.submitter(submitter).unwrap();
    let mut incoming = intake::begin(gateway, from, Channel::Https, "claims.837", None).await.unwrap();
    incoming.write(bytes::Bytes::copy_from_slice(file)).await.unwrap();
    incoming.finish().await.unwrap();
    for _ in 0..20 {
        let mut progress = validate::run(gateway).await.unwrap();
        for next in [route::run(gateway).await.unwrap(), batch::run(gateway).await.unwrap()] {
            progress = if next == Progress::Worked { next } else { progress };
        }
        if progress == Progress::Idle {
            break;
        }
    }
    let mut claims = Vec::new();
    for mail in gateway.store.list_mail("bluestar", None, Some(MailKind::Claims837), 100).await.unwrap() {
        let bytes = gateway.read_payload(mail.payload_id).await.unwrap();
        claims.extend(claims_of(&String::from_utf8(bytes).unwrap()));
    }
    claims
}

pub fn claims_of(file: &str) -> Vec<SentClaim> {
    let (mut claims, mut now) = (Vec::<SentClaim>::new(), SentClaim::default());
    for segment in file.split('~') {
        let e: Vec<&str> = segment.trim().split('*').collect();
        let at = |n: usize| e.get(n).copied().unwrap_or_default().to_string();
        match (e[0], at(1).as_str()) {
            ("ISA", _) => now.isa13 = at(13),
            ("GS", _) => now.gs06 = at(6),
            ("ST", _) => now.st02 = at(2),
            ("BHT", _) => now.bht03 = at(3),
            ("NM1", "85") => now.npi = at(9),
            ("NM1", "IL") => now.member = at(9),
            ("REF", "EI") => now.tin = at(2),
            ("CLM", _) => claims.push(SentClaim { control_number: at(1), charge: at(2), ..now.clone() }),
            ("REF", "D9") => claims.last_mut().unwrap().trace = at(2),
            ("DTP", "472") => claims.last_mut().unwrap().date = at(3),
            _ => {}
        }
    }
    claims
}

/// An interchange of the payer's with these transactions, the segments without terminators.
pub fn interchange(group: &str, version: &str, control: u32, transactions: &[Vec<String>]) -> String {
    let mut text = format!(
        "ISA*00*          *00*          *ZZ*BLUESTAR       *ZZ*CLAIMGATE      *261102*1300*^*00501*{control:09}*0*T*:~\n"
    );
    if !group.is_empty() {
        text.push_str(&format!("GS*{group}*BLUESTAR*CLAIMGATE*20261102*1300*{control}*X*{version}~\n"));
    }
    for segments in transactions {
        for segment in segments {
            text.push_str(&format!("{segment}~\n"));
        }
        if !group.is_empty() {
            let control = segments[0].split('*').nth(2).unwrap();
            text.push_str(&format!("SE*{}*{control}~\n", segments.len() + 1));
        }
    }
    if !group.is_empty() {
        text.push_str(&format!("GE*{}*{control}~\n", transactions.len()));
    }
    text.push_str(&format!("IEA*{}*{control:09}~\n", u32::from(!group.is_empty())));
    text
}

pub fn ta1(claim: &SentClaim, verdict: &str, note: &str) -> String {
    interchange("", "", 901, &[vec![format!("TA1*{}*261102*1200*{verdict}*{note}", claim.isa13)]])
}

/// A 999 for the group of the first claim; `refused` are the ST02s it refuses.
pub fn ack999(claims: &[SentClaim], refused: &[&str]) -> String {
    let mut transactions: Vec<&str> = claims.iter().map(|claim| claim.st02.as_str()).collect();
    transactions.dedup();
    let mut segments = vec!["ST*999*0001*005010X231A1".to_string(), format!("AK1*HC*{}*005010X222A1", claims[0].gs06)];
    for st02 in &transactions {
        segments.push(format!("AK2*837*{st02}*005010X222A1"));
        segments.push(if refused.contains(st02) { "IK5*R*5".into() } else { "IK5*A".into() });
    }
    let verdict = match refused.len() {
        0 => "A",
        all if all == transactions.len() => "R",
        _ => "P",
    };
    let good = transactions.len() - refused.len();
    segments.push(format!("AK9*{verdict}*{0}*{0}*{good}", transactions.len()));
    interchange("FA", "005010X231A1", 902, &[segments])
}

/// A 277CA in which each claim gets its codes and, perhaps, the payer's number.
pub fn ack277ca(answers: &[(SentClaim, &str, &str)]) -> String {
    let mut segments: Vec<String> = [
        "ST*277*0001*005010X214",
        "BHT*0085*08*P1*20261102*1300*TH",
        "HL*1**20*1",
        "NM1*PR*2*BLUE STAR*****PI*BSTAR",
        "TRN*1*R1",
        "DTP*050*D8*20261102",
        "DTP*009*D8*20261102",
        "HL*2*1*21*1",
        "NM1*41*2*CLAIMGATE*****46*CLAIMGATE",
    ]
    .map(String::from)
    .into();
    segments.push(format!("TRN*2*{}", answers[0].0.bht03));
    segments.push("STC*A1:19:PR*20261102*WQ*1000".into());
    segments.push("HL*3*2*19*1".into());
    segments.push(format!("NM1*85*2*LAKESIDE*****XX*{}", answers[0].0.npi));
    for (n, (claim, code, number)) in answers.iter().enumerate() {
        segments.push(format!("HL*{}*3*PT", n + 4));
        segments.push(format!("NM1*QC*1*DOE*JANE****MI*{}", claim.member));
        segments.push(format!("TRN*2*{}", claim.control_number));
        let action = if code.starts_with("A1") || code.starts_with("A2") { "WQ" } else { "U" };
        segments.push(format!("STC*{code}*20261102*{action}*{}", claim.charge));
        if !number.is_empty() {
            segments.push(format!("REF*1K*{number}"));
        }
        if !claim.trace.is_empty() {
            segments.push(format!("REF*D9*{}", claim.trace));
        }
        segments.push(format!("DTP*472*D8*{}", claim.date));
    }
    interchange("HN", "005010X214", 903, &[segments])
}

/// What a payer pays on a claim: CLP02, CLP04, its CAS segments, CLP07.
pub type Pay<'a> = (SentClaim, &'a str, &'a str, &'a [&'a str], &'a str);

/// One 835 transaction to the first claim's provider. `plb` are whole PLB segments, `amount` is BPR02.
pub fn remittance(control: &str, trace: &str, amount: &str, pays: &[Pay<'_>], plb: &[&str]) -> Vec<String> {
    let first = &pays[0].0;
    let mut segments = vec![
        format!("ST*835*{control}"),
        format!("BPR*I*{amount}*C*ACH*CCP*01*999999992*DA*123456*1512345678**01*999988880*DA*98765*20261103"),
        format!("TRN*1*{trace}*1512345678"),
        "N1*PR*BLUE STAR".into(),
        "N3*1 MAIN ST".into(),
        "N4*SPRINGFIELD*IL*62701".into(),
        "PER*BL*SUPPORT*TE*8005551212".into(),
        format!("N1*PE*LAKESIDE*XX*{}", first.npi),
        format!("REF*TJ*{}", first.tin),
        "LX*1".into(),
    ];
    for (claim, status, paid, cas, number) in pays {
        let charge = if *status == "22" { format!("-{}", claim.charge) } else { claim.charge.clone() };
        segments.push(format!("CLP*{}*{status}*{charge}*{paid}**12*{number}*11*1", claim.control_number));
        segments.extend(cas.iter().map(|cas| cas.to_string()));
        segments.push(format!("NM1*QC*1*DOE*JANE****MI*{}", claim.member));
        segments.push(format!("DTM*232*{}", claim.date));
    }
    segments.extend(plb.iter().map(|plb| plb.to_string()));
    segments
}

pub fn era835(control: u32, transactions: &[Vec<String>]) -> String {
    interchange("HP", "005010X221A1", control, transactions)
}

/// The payer hands in a file and all that follows is done.
pub async fn answer(world: &World, file: &str) -> Recorded {
    let recorded = hand_in(&world.gateway, file.as_bytes()).await;
    work(&world.gateway).await;
    recorded
}

pub async fn hand_in(gateway: &Arc<Gateway>, file: &[u8]) -> Recorded {
    hand_in_from(gateway, "bluestar", file).await
}

pub async fn hand_in_from(gateway: &Arc<Gateway>, payer: &str, file: &[u8]) -> Recorded {
    let payload = gateway.seal(file.to_vec()).await.unwrap();
    let new = NewInbound {
        id: gateway.draw_id(),
        partner: payer.into(),
        channel: InboundChannel::Api,
        file_name: "answer.x12".into(),
        received_at: gateway.clock.now_ms(),
        payload,
        seen: None,
    };
    gateway.store.add_inbound(&new).await.unwrap()
}

pub async fn work(gateway: &Arc<Gateway>) {
    while correlate::run(gateway).await.unwrap() == Progress::Worked {}
    while remit::run(gateway).await.unwrap() == Progress::Worked {}
}

/// The only claim of that control number.
pub async fn claim(world: &World, control_number: &str) -> ClaimRow {
    let query = ClaimQuery {
        patient_control_number: Some(control_number.to_string().into()),
        limit: 10,
        ..ClaimQuery::default()
    };
    let found = world.gateway.store.search_claims(&query).await.unwrap();
    assert_eq!(found.len(), 1, "claims {control_number}");
    world.gateway.store.claim(found[0].id).await.unwrap().unwrap()
}

/// The files of a kind in acme's mailbox that came from payers or tell of them.
pub async fn letters(world: &World, partner: &str, kind: MailKind) -> Vec<String> {
    let mut found = Vec::new();
    for mail in world.gateway.store.list_mail(partner, None, Some(kind), 100).await.unwrap() {
        if mail.inbound_id.is_some() {
            found.push(String::from_utf8(world.gateway.read_payload(mail.payload_id).await.unwrap()).unwrap());
        }
    }
    found
}

pub async fn open_exceptions(world: &World) -> Vec<ExceptionRow> {
    world.gateway.store.list_exceptions(Some(ExceptionState::Open), None, None, 100).await.unwrap()
}
