//! SNIP 3 and 4 in claims that another payer has paid before: the claim is made one first, which is no fault.

use super::super::draft::Spot;
use super::Harms::{Claim, Nobody};
use super::{Mutation, mutation};

/// Ten dollars were written off and the rest was paid by an insurer that is first in order.
fn paid_before(s: &mut Spot<'_>) -> Option<()> {
    s.subscriber()?.get("SBR", 9).filter(|filing| !matches!(*filing, "MA" | "MB"))?;
    let charge = s.claim().get("CLM", 2)?.to_string();
    let (dollars, cents) = charge.split_once('.').unwrap_or((&charge, ""));
    let left = dollars.parse::<i64>().ok().filter(|dollars| *dollars > 20)? - 10;
    let paid = if cents.is_empty() { left.to_string() } else { format!("{left}.{cents}") };
    s.subscriber()?.set("SBR", 1, "S")?;
    let other = format!(
        "SBR*P*18*GRP9******CI~CAS*CO*45*10~AMT*D*{paid}~OI***Y***Y~NM1*IL*1*EXAMPLE*JANE****MI*S100~\
         NM1*PR*2*UNITY MUTUAL*****PI*70000~DTP*573*D8*20261116"
    );
    s.claim().before("LX", &other)
}

pub const ALL: &[Mutation] = &[
    mutation(3, "PID", Nobody, "another payer's payment that does not add up", &["other-payer-claim-balance"], |s| {
        paid_before(s)?;
        s.claim().set("AMT*D", 2, "1")
    }),
    mutation(3, "PID", Claim, "another payer's payment with three decimals", &["other-payer-amount-decimals"], |s| {
        paid_before(s)?;
        s.claim().edit("AMT*D", 2, |paid| format!("{}.001", paid.split('.').next().unwrap_or(paid)))
    }),
    mutation(4, "PID", Claim, "another payer's payment without its date", &["other-payer-remit-date-missing"], |s| {
        paid_before(s)?;
        s.claim().remove("DTP*573")
    }),
    mutation(4, "PID", Claim, "two payers in the same place of the order", &["payer-responsibility-repeated"], |s| {
        paid_before(s)?;
        s.claim().set("SBR", 1, "S")
    }),
    mutation(4, "PID", Nobody, "another payer that is the claim's own", &["other-payer-is-destination"], |s| {
        paid_before(s)?;
        let own = s.subscriber()?.get("NM1*PR", 9)?.to_string();
        s.claim().set("NM1*PR", 9, &own)
    }),
    mutation(
        4,
        "PID",
        Claim,
        "a line paid by a payer that the claim does not name",
        &["line-payer-not-on-claim"],
        |s| {
            paid_before(s)?;
            let mut claim = s.claim();
            let (charge, code) = match (claim.get("SV1", 2), claim.get("SV2", 3), claim.get("SV3", 2)) {
                (Some(charge), _, _) => (charge.to_string(), "HC:99213"),
                (_, Some(charge), _) => (charge.to_string(), "HC:99283"),
                (_, _, charge) => (charge?.to_string(), "AD:D0120"),
            };
            claim.append(&format!("SVD*71111*{charge}*{code}**1~DTP*573*D8*20261116"))
        },
    ),
    mutation(4, "PID", Nobody, "an adjustment of nothing", &["adjustment-of-zero"], |s| {
        paid_before(s)?;
        s.claim().set("CAS", 5, "96")?;
        s.claim().set("CAS", 6, "0")
    }),
    mutation(2, "PID", Claim, "another payer without its name", &["loop-missing"], |s| {
        paid_before(s)?;
        s.claim().remove("NM1*PR")?;
        s.claim().remove("DTP*573")
    }),
];
