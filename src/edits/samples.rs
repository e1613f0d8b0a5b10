//! Small good files for tests: one claim of each kind, and ways to change them.

use super::sink::{CheckedClaim, CheckedTransaction, Sink, Summary, SyntaxVerdict, Verdict};
use super::{CodeSets, Day, Settings, check};
use crate::domain::{ClaimKind, Finding};
use crate::guide::Guides;
use std::io;
use std::sync::OnceLock;

pub fn guides() -> &'static Guides {
    static GUIDES: OnceLock<Guides> = OnceLock::new();
    GUIDES.get_or_init(|| Guides::load(None).expect("the built-in guides load"))
}

pub fn as_of() -> Day {
    Day::read(b"20261101").expect("a day")
}

const HEAD: &[&str] = &[
    "BHT*0019*00*BATCH1*20261101*1200*CH",
    "NM1*41*2*ACME BILLING*****46*ACME01",
    "PER*IC*SUPPORT*TE*8005550100",
    "NM1*40*2*CLEARINGHOUSE*****46*GATE01",
    "HL*1**20*1",
    "PRV*BI*PXC*207Q00000X",
    "NM1*85*2*LAKESIDE FAMILY MEDICINE*****XX*1234567893",
    "N3*100 MAIN ST",
    "N4*SPRINGFIELD*IL*627011234",
    "REF*EI*123456789",
    "HL*2*1*22*0",
    "SBR*P*18*GRP1******CI",
    "NM1*IL*1*DOE*JANE****MI*W123456789",
    "N3*1 OAK AVE",
    "N4*SPRINGFIELD*IL*62702",
    "DMG*D8*19800615*F",
    "NM1*PR*2*BLUE RIVER HEALTH*****PI*60000",
];

const PROFESSIONAL: &[&str] = &[
    "CLM*PCN1*300***11:B:1*Y*A*Y*Y",
    "REF*D9*UP1",
    "HI*ABK:E119*ABF:I10",
    "NM1*82*1*WELBY*MARCUS****XX*1245319599",
    "PRV*PE*PXC*207Q00000X",
    "LX*1",
    "SV1*HC:99213*100*UN*1***1",
    "DTP*472*D8*20261001",
    "REF*6R*L1",
    "LX*2",
    "SV1*HC:J1885:GP*200*UN*2***1:2",
    "DTP*472*D8*20261001",
    "REF*6R*L2",
    "LIN**N4*12345678901",
    "CTP****2*ML",
];

const INSTITUTIONAL: &[&str] = &[
    "CLM*PCN1*300***11:A:1**A*Y*Y",
    "DTP*096*TM*1000",
    "DTP*434*RD8*20261001-20261003",
    "DTP*435*DT*202610011530",
    "CL1*1*1*01",
    "HI*ABK:A419:::::::Y",
    "HI*ABJ:R509",
    "HI*ABF:I10:::::::N",
    "HI*BBR:0FT44ZZ:D8:20261002",
    "HI*BH:11:D8:20261001",
    "HI*BE:80:::2",
    "NM1*71*1*WELBY*MARCUS****XX*1245319599",
    "PRV*AT*PXC*207Q00000X",
    "NM1*72*1*CUTTER*ANN****XX*1234567893",
    "LX*1",
    "SV2*0120**200*DA*2",
    "LX*2",
    "SV2*0300*HC:80053*100*UN*1",
    "DTP*472*D8*20261001",
];

const DENTAL: &[&str] = &[
    "CLM*PCN1*300***11:B:1*Y*A*Y*Y",
    "DTP*472*D8*20261001",
    "HI*ABK:K0253",
    "NM1*82*1*WELBY*MARCUS****XX*1245319599",
    "PRV*PE*PXC*1223G0001X",
    "LX*1",
    "SV3*AD:D0120*100****1*****1",
    "DTP*472*D8*20261001",
    "LX*2",
    "SV3*AD:D2391*200****1*****1",
    "TOO*JP*14*O",
    "DTP*472*D8*20261001",
];

/// The segments between ST and SE of a good claim.
pub fn good(kind: ClaimKind) -> Vec<String> {
    let claim = match kind {
        ClaimKind::Professional => PROFESSIONAL,
        ClaimKind::Institutional => INSTITUTIONAL,
        ClaimKind::Dental => DENTAL,
    };
    HEAD.iter().chain(claim).map(|segment| segment.to_string()).collect()
}

/// Puts a transaction's segments into envelopes, with right counts.
pub fn file(kind: ClaimKind, segments: &[String]) -> String {
    let guide = kind.guide();
    let mut text = format!(
        "ISA*00*          *00*          *ZZ*{:15}*ZZ*{:15}*261101*1200*^*00501*000000905*0*T*:~\n",
        "ACMEBILL", "CLAIMGATE"
    );
    text += &format!("GS*HC*ACMEBILL*CLAIMGATE*20261101*1200*1*X*{guide}~\nST*837*0001*{guide}~\n");
    for segment in segments {
        text += &format!("{segment}~\n");
    }
    text + &format!("SE*{}*0001~\nGE*1*1~\nIEA*1*000000905~\n", segments.len() + 2)
}

/// What a check told.
#[derive(Debug, Default)]
pub struct Told {
    pub findings: Vec<Finding>,
    /// CLM01, verdict, edits of the claim, the claim's bytes.
    pub claims: Vec<(String, Verdict, Vec<String>, std::ops::Range<u64>)>,
    pub transactions: Vec<(SyntaxVerdict, Vec<String>)>,
}

impl Sink for Told {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.findings.push(finding.clone());
        Ok(())
    }

    fn claim(&mut self, claim: &CheckedClaim<'_>) -> io::Result<()> {
        let name = String::from_utf8_lossy(claim.control_number()).into_owned();
        let edits = claim.findings().map(|finding| finding.edit.to_string()).collect();
        self.claims.push((name, claim.verdict, edits, claim.ranges.claim.clone()));
        Ok(())
    }

    fn transaction_end(&mut self, checked: &CheckedTransaction<'_>) -> io::Result<()> {
        self.transactions.push((checked.verdict, checked.codes.iter().map(|code| code.to_string()).collect()));
        Ok(())
    }
}

pub fn told(text: &[u8]) -> (Told, Summary) {
    let codes = CodeSets::shipped();
    let mut told = Told::default();
    let summary = check(text, guides(), &Settings::alone(as_of(), &codes), &mut told).expect("memory does not fail");
    (told, summary)
}

/// `npi-check-digit NM109 on line 35: what is wrong`, for a test that fails.
pub fn sentence(finding: &Finding) -> String {
    let element = finding.place.element.map(|element| format!("{element:02}")).unwrap_or_default();
    let at = finding.place.segment.as_ref().map(|at| format!(" {}{element} on line {}", at.id, at.line));
    format!("{}{}: {}", finding.edit, at.unwrap_or_default(), finding.message)
}

/// Replaces, in the first segment that starts with `from`, that start by `to`; an empty `to` removes the
/// segment.
pub fn change(segments: &mut Vec<String>, from: &str, to: &str) {
    let at = segments.iter().position(|segment| segment.starts_with(from));
    let at = at.unwrap_or_else(|| panic!("no segment starts with {from}"));
    if to.is_empty() {
        segments.remove(at);
    } else {
        segments[at] = segments[at].replacen(from, to, 1);
    }
}
