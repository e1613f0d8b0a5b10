//! How 277CAs and 277s read.

use super::*;
use crate::pipeline::correlate::read::read;

const ISA: &str =
    "ISA*00*          *00*          *ZZ*BLUESTAR       *ZZ*CLAIMGATE      *261122*0700*^*00501*000000007*0*T*:~";

fn file(version: &str, body: &str) -> String {
    format!("{ISA}GS*HN*A*B*20261122*0700*1*X*{version}~ST*277*0001*{version}~{body}SE*1*0001~GE*1*1~IEA*1*000000007~")
}

fn claim_ack(claims: &str) -> StatusReport {
    let body = format!(
        "BHT*0085*08*P1*20261122*1200*TH~HL*1**20*1~NM1*PR*2*BLUE*****PI*BSTAR~TRN*1*R1~DTP*050*D8*20261122~HL*2*1*21*1~\
         NM1*41*2*GATE*****46*CLAIMGATE~TRN*2*B123~STC*A1:19:PR*20261122*WQ*300~HL*3*2*19*1~NM1*85*2*CLINIC*****XX*1999999984~\
         HL*4*3*PT~NM1*QC*1*DOE*JANE****MI*M1~{claims}"
    );
    read(file("005010X214", &body).as_bytes()).status_reports.remove(0)
}

#[test]
fn a_claim_ack_gives_back_every_number_of_the_claim() {
    let report =
        claim_ack("TRN*2*PCN1~STC*A2:20*20261122*WQ*100~REF*1K*ICN1~REF*D9*TRACE1~DTP*472*RD8*20261101-20261103~");
    let claim = &report.claims[0];
    assert_eq!(report.kind, ReportKind::ClaimAck);
    assert_eq!(report.receivers[0].trace, "B123");
    assert_eq!(claim.control_number(report.kind), "PCN1");
    assert_eq!(claim.payer_claim_control_number.reveal(), "ICN1");
    assert_eq!(claim.our_number, "TRACE1");
    assert_eq!(claim.charge(), Some(Cents(10000)));
    assert_eq!((claim.service_from.as_str(), claim.service_to.as_str()), ("2026-11-01", "2026-11-03"));
    assert_eq!(claim.member_ids[0].reveal(), "M1");
    assert_eq!(claim.says(report.kind), Some(ClaimStatus::PayerAccepted));
    assert_eq!(report.providers[claim.provider.unwrap()].id, "1999999984");
}

#[test]
fn several_claims_of_one_patient_are_told_apart_and_lines_do_not_speak_for_the_claim() {
    let report = claim_ack(
        "TRN*2*P1~STC*A3:247*20261122*U*100~SVC*HC:99213*100~STC*A7:454**U~TRN*2*P2~STC*A1:19*20261122*WQ*200~",
    );
    let said: Vec<_> = report.claims.iter().map(|claim| claim.says(report.kind)).collect();
    assert_eq!(said, [Some(ClaimStatus::PayerRejected), Some(ClaimStatus::PayerReceived)]);
    assert_eq!(report.claims[0].codes_text(), "A3:247 A7:454");
    assert!(report.claims[1].range.start >= report.claims[0].range.end);
}

#[test]
fn a_refused_batch_and_a_refused_provider_say_so_at_their_level() {
    let body = "BHT*0085*08*P1*20261122*1200*TH~HL*1**20*1~NM1*PR*2*BLUE~HL*2*1*21*0~NM1*41*2*GATE*****46*G~TRN*2*B9~STC*A8:746*20261122*U*300~";
    let report = read(file("005010X214", body).as_bytes()).status_reports.remove(0);
    assert!(report.receivers[0].refuses_all());
    assert!(!claim_ack("TRN*2*P1~STC*A2:20*20261122*WQ*100~").receivers[0].refuses_all());
}

#[test]
fn a_277_is_read_by_its_account_number_and_its_newest_status() {
    let body = "BHT*0010*08*P1*20261122*1200*DG~HL*1**20*1~NM1*PR*2*BLUE~HL*2*1*21*1~NM1*41*2*G*****46*G~HL*3*2*19*1~NM1*1P*2*C*****XX*1~\
        HL*4*3*22*1~NM1*IL*1*DOE*JO****MI*M7~HL*5*4*23~NM1*QC*1*DOE*JANE~TRN*2*Q1~STC*P1:20*20261101**100~STC*F2:1*20261110**100*0~REF*EJ*PCN7~";
    let report = read(file("005010X212", body).as_bytes()).status_reports.remove(0);
    let claim = &report.claims[0];
    assert_eq!(claim.control_number(report.kind), "PCN7");
    assert_eq!(claim.says(report.kind), Some(ClaimStatus::Denied));
    assert_eq!(claim.member_ids[0].reveal(), "M7");
    assert_eq!(claim.patient.len(), 2);
}
