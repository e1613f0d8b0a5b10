//! Files to start from: invented claims of all kinds, good and spoiled, a payer's answers to them, and the examples of
//! the documentation. Drawn anew whenever the mutator wants one, so the supply has no end.

use jiff::civil::{Date, date};

use crate::domain::ClaimKind;
use crate::simulator::answers::acknowledgments::{Syntax, acknowledgment, ta1};
use crate::simulator::answers::adjudication::Round;
use crate::simulator::answers::claim_status::claim_acknowledgment;
use crate::simulator::answers::remittance::{ProviderLevel, remittance};
use crate::simulator::answers::{Identity, Letter, Mix, Terms, read};
use crate::simulator::chance::Chance;
use crate::simulator::claims::Batch;
use crate::simulator::pen::Party;

const WRITTEN: Date = date(2026, 11, 18);
const EXAMPLES: &[&[u8]] =
    &[include_bytes!("../../docs/examples/first.837"), include_bytes!("../../docs/examples/first.835")];

/// A request for a claim's status and its answer; the gateway takes both, and the simulator sends neither.
const STATUS: &[(&str, &str, &str, &str)] = &[
    (
        "HR",
        "276",
        "005010X212",
        "BHT*0010*13*REQ1*20261118*0930~HL*1**20*1~NM1*PR*2*SIMULATED PAYER*****PI*SIMPAY~HL*2*1*21*1~\
         NM1*41*2*DEMO BILLING*****46*DEMOBILL~HL*3*2*19*1~NM1*1P*2*NORTHGATE MEDICAL GROUP*****XX*1234567893~\
         HL*4*3*22*0~DMG*D8*19800615*F~NM1*IL*1*DOE*JANE****MI*W123456789~TRN*1*TRACE1~REF*1K*0000000000001~\
         AMT*T3*125~DTP*472*D8*20261001~",
    ),
    (
        "HN",
        "277",
        "005010X212",
        "BHT*0010*08*ANS1*20261118*0931*DG~HL*1**20*1~NM1*PR*2*SIMULATED PAYER*****PI*SIMPAY~HL*2*1*21*1~\
         NM1*41*2*DEMO BILLING*****46*DEMOBILL~HL*3*2*19*1~NM1*1P*2*NORTHGATE MEDICAL GROUP*****XX*1234567893~\
         HL*4*3*22*0~NM1*IL*1*DOE*JANE****MI*W123456789~TRN*2*TRACE1~STC*F1:65*20261118**125*100*20261117***~\
         REF*1K*0000000000001~DTP*472*D8*20261001~",
    ),
];

/// One file.
pub fn draw(dice: &mut Chance) -> Vec<u8> {
    match dice.below(16) {
        0 => dice.draw(EXAMPLES).to_vec(),
        1 => status(dice),
        2..=4 => answer(dice).unwrap_or_else(|| claims(dice, 1)),
        5..=7 => {
            let count = 2 + dice.below(2) as usize;
            claims(dice, count)
        }
        _ => claims(dice, 1),
    }
}

fn claims(dice: &mut Chance, count: usize) -> Vec<u8> {
    let mut batch = Batch::new(dice.draw(&ClaimKind::ALL), count, dice.number(), WRITTEN);
    batch.defects_per_mille = (dice.below(3) == 0).then_some(600);
    batch.claims_per_transaction = if dice.below(4) == 0 { 1 } else { 5000 };
    batch.to_bytes().0
}

fn answer(dice: &mut Chance) -> Option<Vec<u8>> {
    let payer = Identity {
        name: "SIMULATED PAYER".into(),
        payer_id: "SIMPAY".into(),
        party: Party::new("ZZ", "SIMPAY"),
        tax_id: "999999999".into(),
    };
    let letter = Letter { from: &payer, at: WRITTEN.at(9, 0, 0, 0), control_number: 1 + dice.below(999) as u32 };
    let terms = Terms { seed: dice.number(), mix: Mix::TYPICAL };
    let received = read(&claims(dice, 1));
    let received = received.first()?;
    match dice.below(6) {
        0 => Some(ta1(&letter, received, Syntax::AsFound)),
        1 => Some(acknowledgment(&letter, received, Syntax::AsFound)),
        2..=3 => remittance(&letter, received, &terms, Round::First, ProviderLevel::Nothing),
        _ => claim_acknowledgment(&letter, received, &terms),
    }
}

fn status(dice: &mut Chance) -> Vec<u8> {
    let (group, set, guide, body) = dice.draw(STATUS);
    let count = body.matches('~').count() + 2;
    format!(
        "ISA*00*          *00*          *ZZ*DEMOBILL       *ZZ*CLAIMGATE      *261118*0930*^*00501*000000905*0*T*:~\
         GS*{group}*DEMOBILL*CLAIMGATE*20261118*0930*1*X*{guide}~ST*{set}*0001*{guide}~{body}SE*{count}*0001~\
         GE*1*1~IEA*1*000000905~"
    )
    .into_bytes()
}
