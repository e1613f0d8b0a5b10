//! How 835s read.

use super::*;

const FILE: &str = "ISA*00*          *00*          *ZZ*BLUESTAR       *ZZ*CLAIMGATE      *261122*0700*^*00501*000000007*0*T*:~\
    GS*HP*A*B*20261122*0700*1*X*005010X221A1~ST*835*0001~BPR*I*130*C*ACH*CCP*01*1*DA*2*1512345678**01*3*DA*4*20261103~\
    TRN*1*T1*1512345678~REF*EV*X~DTM*405*20261102~N1*PR*BLUE~N1*PE*CLINIC*XX*1999999984~REF*TJ*999999999~LX*1~\
    CLP*A*1*100*80*20*12*ICN1*11*1~CAS*PR*2*20~NM1*QC*1*DOE*J****MI*M1~MOA***MA01~DTM*232*20261001~\
    CLP*B*1*100*70**12*ICN2~SVC*HC:99213:25*60*40**1~DTM*472*20261002~CAS*CO*45*10**253*10~REF*6R*L1~LQ*HE*N1~\
    SVC*HC:99214*40*30~CAS*CO*45*10~PLB*1999999984*20261231*WO:ICN9*30*L6*-10~SE*1*0001~GE*1*1~IEA*1*000000007~";

#[test]
fn a_remittance_reads_whole() {
    let (all, overview) = read(FILE.as_bytes());
    let one = &all[0];
    assert_eq!(overview.kinds, ["835"]);
    assert_eq!((one.trace.as_str(), one.trace_payer.as_str(), one.amount), ("T1", "1512345678", Cents(13000)));
    assert_eq!((one.payee_npi.as_str(), one.payee_tin.as_str()), ("1999999984", "999999999"));
    assert_eq!(one.payment_date, "2026-11-03");
    assert_eq!((one.claims_paid(), one.adjusted()), (Cents(15000), Cents(2000)));
    let (first, second) = (&one.claims[0], &one.claims[1]);
    assert_eq!((first.cas[0].reason.as_str(), first.cas[0].amount), ("2", Cents(2000)));
    assert_eq!((first.remarks[0].as_str(), first.service_from.as_str()), ("MA01", "2026-10-01"));
    assert_eq!(second.lines[0].adjustments.len(), 2);
    assert_eq!((first.segment, second.segment), (10, 15), "as SE01 counts");
    assert_eq!((second.lines[0].control_number.as_str(), second.service_from.as_str()), ("L1", "2026-10-02"));
    assert_eq!(one.adjustments[0].reference, "ICN9");
    let text = |range: &Range<usize>| &FILE[range.clone()];
    assert!(text(&one.opening).starts_with("BPR*") && text(&one.opening).ends_with("999999999~"));
    assert!(text(&first.range).starts_with("CLP*A*") && text(&first.range).ends_with("20261001~"));
    assert!(text(&one.closing).starts_with("PLB*") && text(&one.closing).ends_with("-10~"));
}

#[test]
fn an_amount_that_is_none_is_told_and_hides_nothing() {
    let (all, _) = read(FILE.replace("CLP*A*1*100*80*20", "CLP*A*1*1,00*80*20").as_bytes());
    assert_eq!(all[0].claims.len(), 2);
    assert!(all[0].faults[0].contains("CLP03"), "{:?}", all[0].faults);
}

#[test]
fn what_is_cut_off_gives_what_came() {
    let (all, _) = read(&FILE.as_bytes()[..FILE.find("CLP*B").unwrap() + 20]);
    assert_eq!(all[0].claims.len(), 2);
}

#[test]
fn a_line_whose_day_cannot_be_read_leaves_the_claim_the_day_of_another() {
    let (all, _) = read(FILE.replace("SVC*HC:99214*40*30~", "SVC*HC:99214*40*30~DTM*472*TUESDAY~").as_bytes());
    assert_eq!(all[0].claims[1].service_from, "2026-10-02");
}
