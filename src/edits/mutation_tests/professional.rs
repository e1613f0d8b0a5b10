//! Professional claims.

use super::{Changes, SECONDARY, check};
use crate::domain::ClaimKind::Professional;
use crate::edits::samples::{change, file, good, told};

const MEDICARE: Changes = &[
    ("SBR*P*18*GRP1******CI", "SBR*P*18*GRP1******MB"),
    ("NM1*IL*1*DOE*JANE****MI*W123456789", "NM1*IL*1*DOE*JANE****MI*1EG4TE5MK73"),
];
const MEDICAID: Changes = &[("SBR*P*18*GRP1******CI", "SBR*P*18*GRP1******MC")];
const FIRST: &str = "SV1*HC:99213*100*UN*1***1";

#[test]
fn people_of_a_professional_claim() {
    check(
        Professional,
        &[],
        &[
            (
                &[("NM1*82*1*WELBY*MARCUS****XX*1245319599", "NM1*82*1*WELBY*MARCUS****XX*1234567893")],
                "rendering-same-as-billing",
                "A8:562:82",
            ),
            (&[("NM1*82", ""), ("PRV*PE", "")], "rendering-provider-missing", "A6:562:82"),
            (&[(FIRST, "SV1*HC:99213:GE*100*UN*1***1")], "supervising-provider-missing", "A6:562:DQ"),
            (&[(FIRST, "SV1*HC:E0601:NU*100*UN*1***1")], "ordering-provider-missing", "A6:562:DK"),
            (&[("CLM*PCN1*300***11", "CLM*PCN1*300***22")], "service-facility-missing", "A6:126:77"),
            (&[(FIRST, "SV1*HC:99213*100*UN*1*22**1")], "service-facility-missing", "A6:126:77"),
            (
                &[(
                    "PRV*PE*PXC*207Q00000X",
                    "PRV*PE*PXC*207Q00000X~NM1*DN*1*REF*ONE****XX*1234567893~NM1*DN*1*REF*TWO****XX*1245319599",
                )],
                "second-referring-provider",
                "A8:562:DN",
            ),
            (
                &[("LX*2", "NM1*82*1*WELBY*MARCUS****XX*1245319599~PRV*PE*PXC*207Q00000X~LX*2")],
                "line-rendering-repeats-claim",
                "",
            ),
            (
                &[("NM1*82*1*WELBY*MARCUS****XX*1245319599", "NM1*82*2*WELBY*MARCUS****XX*1245319599")],
                "organization-with-first-name",
                "A7:775:82",
            ),
        ],
    );
    check(
        Professional,
        MEDICARE,
        &[
            (&[(FIRST, "SV1*HC:71046*100*UN*1***1")], "ordering-provider-missing", "A6:562:DK"),
            (&[(FIRST, "SV1*HC:80053*100*UN*1***1")], "clia-missing ordering-provider-missing", "A6:544"),
        ],
    );
}

#[test]
fn dates_and_numbers_of_a_professional_claim() {
    check(
        Professional,
        &[],
        &[
            (
                &[("CLM*PCN1*300***11:B:1*Y*A*Y*Y", "CLM*PCN1*300***11:B:1*Y*A*Y*Y~DTP*455*D8*20260901")],
                "last-x-ray-without-manipulation",
                "A6:210",
            ),
            (
                &[("CLM*PCN1*300***11:B:1*Y*A*Y*Y", "CLM*PCN1*300***11:B:1*Y*A*Y*Y~DTP*090*D8*20260901")],
                "assumed-care-date-without-modifier",
                "A8:388",
            ),
            (
                &[("CLM*PCN1*300***11:B:1*Y*A*Y*Y", "CLM*PCN1*300***11:B:1*Y*A*Y*Y~DTP*091*D8*20260901")],
                "relinquished-care-date-without-modifier",
                "A8:389",
            ),
            (
                &[("CLM*PCN1*300***11:B:1*Y*A*Y*Y", "CLM*PCN1*300***11:B:1*Y*A*Y*Y~PWK*OZ*BM")],
                "attachment-control-number-missing",
                "A6:489",
            ),
            (
                &[("CLM*PCN1*300***11:B:1*Y*A*Y*Y", "CLM*PCN1*300***11:B:1*Y*A*Y*Y**EM")],
                "work-accident-date-missing",
                "A6:727",
            ),
            (
                &[("CLM*PCN1*300***11:B:1*Y*A*Y*Y", "CLM*PCN1*300***11:B:1*Y*A*Y*Y**AA~DTP*439*D8*20260901")],
                "auto-accident-state-missing",
                "A6:750",
            ),
            (
                &[("SBR*P*18*GRP1******CI", "SBR*P*18*GRP1******WC")],
                "casualty-claim-number-missing onset-date-missing",
                "A6:629",
            ),
            (
                &[
                    ("SBR*P*18*GRP1******CI", "SBR*P*18*GRP1******WC"),
                    ("DMG*D8*19800615*F", "DMG*D8*19800615*F~REF*Y4*PC1"),
                ],
                "onset-date-missing",
                "A6:397",
            ),
        ],
    );
}

#[test]
fn amounts_numbers_and_people_of_a_professional_claim() {
    check(
        Professional,
        &[],
        &[
            (&[("REF*D9*UP1", "REF*D9*UP1~NTE*ADD*...")], "note-blank", "A6:704"),
            (&[("CLM*PCN1*300", "CLM*PCN1*-300")], "charge-negative charges-do-not-add-up", "A7:178 A7:693"),
            (&[("CLM*PCN1*300", "CLM*PCN1*0")], "charge-zero charges-do-not-add-up", "A7:178 A7:694"),
            (&[("REF*D9*UP1", "REF*X4*5D0642827")], "clia-form", "A7:544"),
            (&[("REF*D9*UP1", "REF*EW*12345")], "mammography-certification-form", "A7:142:77"),
            (
                &[("SBR*P*18*GRP1******CI", "SBR*P*18*GRP1******CI~PAT*****D8*20260901")],
                "service-after-death",
                "A8:187 A8:158:IL",
            ),
            (&[("SBR*P*18*GRP1******CI", "SBR*P*18*GRP1******CI~PAT*****D8*20261201")], "death-date", "A7:159:QC"),
            (
                &[
                    ("SBR*P*18*GRP1******CI", "SBR*P*18*GRP1******CI~PAT*********Y"),
                    ("DMG*D8*19800615*F", "DMG*D8*19800615*M"),
                ],
                "pregnancy-of-male-patient",
                "A8:157:QC A8:626",
            ),
        ],
    );
    check(
        Professional,
        MEDICARE,
        &[
            (&[(FIRST, "SV1*HC:11721*100*UN*1***1")], "last-seen-date-missing", "A6:757"),
            (
                &[("DTP*472*D8*20261001", "DTP*472*D8*20250901"), ("DTP*472*D8*20261001", "DTP*472*D8*20250901")],
                "delay-reason-missing",
                "A6:555",
            ),
        ],
    );
}

#[test]
fn lines_of_a_professional_claim() {
    check(
        Professional,
        &[],
        &[
            (&[(FIRST, "SV1*HC:99213*100*UN*1*11**1")], "line-place-same-as-claim", "A8:249"),
            (&[("CTP****2*ML", "CTP****2*ML~REF*VY*1")], "compound-link-number", "A7:219"),
            (&[(FIRST, "SV1*HC:00100:AA*100*MJ*1.5***1")], "anesthesia-minutes-whole", "A8:659 A8:251"),
            (
                &[
                    ("SV1*HC:J1885:GP*200*UN*2***1:2", "SV1*HC:99213*100*UN*1***1"),
                    ("CLM*PCN1*300", "CLM*PCN1*200"),
                    ("LIN", ""),
                    ("CTP", ""),
                ],
                "line-duplicate",
                "A7:54 A7:247",
            ),
            (&[("REF*6R*L1", "REF*6R*L1~PS1*1234567893*50")], "purchased-service-provider-missing", "A6:562:QB"),
            (
                &[(FIRST, "SV1*HC:99213*-100*UN*1***1"), ("CLM*PCN1*300", "CLM*PCN1*100")],
                "line-charge-negative",
                "A7:583 A7:693",
            ),
        ],
    );
    check(Professional, MEDICAID, &[(&[("LIN", ""), ("CTP", "")], "drug-code-missing", "A6:218")]);
}

#[test]
fn lines_of_business_of_a_professional_claim() {
    check(
        Professional,
        &[],
        &[
            (
                &[(FIRST, "SV1*HC:A0428*100*UN*1***1")],
                "ambulance-details-missing ambulance-pick-up-missing ambulance-condition-missing",
                "A6:337",
            ),
            (
                &[(FIRST, "SV1*HC:00100*100*UN*1***1")],
                "anesthesia-modifier-missing anesthesia-not-in-minutes",
                "A6:453",
            ),
            (&[(FIRST, "SV1*HC:00100:AA*100*UN*1***1")], "anesthesia-not-in-minutes", "A8:251 A8:659"),
            (
                &[(FIRST, "SV1*HC:98941*100*UN*1***1"), ("HI*ABK:E119", "HI*ABK:M5450")],
                "chiropractic-first-treatment-missing",
                "A6:701",
            ),
            (
                &[(FIRST, "SV1*HC:98941*100*UN*1***1"), ("DTP*472", "DTP*454*D8*20260901~DTP*472")],
                "chiropractic-diagnosis-missing",
                "A6:336",
            ),
            (&[(FIRST, "SV1*HC:E0601*100*UN*1***1")], "equipment-rented-or-bought ordering-provider-missing", "A6:186"),
            (
                &[(FIRST, "SV1*HC:E0601:RR*100*UN*1***1~SV5*HC:E0602*DA*30*100*900*4")],
                "equipment-rental-procedure ordering-provider-missing",
                "A8:186 A8:454",
            ),
            (&[(FIRST, "SV1*HC:99213*100*UN*1***1~PWK*CT*AD")], "equipment-certificate-incomplete", "A6:335"),
            (&[(FIRST, "SV1*HC:V2100:RA*100*UN*1***1")], "eyewear-replacement-reason", "A6:527"),
            (&[(FIRST, "SV1*HC:80053:90*100*UN*1***1")], "outside-laboratory-clia", "A6:630"),
            (&[(FIRST, "SV1*HC:99213*100*UN*1***1****Y")], "screening-referral-missing", "A6:564"),
            (&[(FIRST, "SV1*HC:90686*100*UN*1***1")], "vaccine-without-vaccination", ""),
            (&[(FIRST, "SV1*HC:90471*100*UN*1***1")], "vaccination-without-vaccine", ""),
            (&[("REF*6R*L1", "REF*6R*L1~REF*BT*B1")], "vaccine-batch-on-other-service", ""),
            (&[(FIRST, "SV1*HC:59400*100*UN*1***1")], "last-menstrual-period-missing", "A6:191"),
            (&[("DTP*472*D8*20261001", "DTP*472*D8*20261001~QTY*FL*1")], "obstetric-units-on-other-service", ""),
            (&[(FIRST, "SV1*HC:S9500*100*UN*1***1"), ("LIN", ""), ("CTP", "")], "home-infusion-drug-missing", "A6:218"),
            (&[(FIRST, "SV1*HC:54161*100*UN*1***1")], "procedure-and-gender", "A8:474"),
            (&[(FIRST, "SV1*HC:99381*100*UN*1***1")], "procedure-and-age", "A8:475"),
            (&[("HI*ABK:E119", "HI*ABK:C61")], "diagnosis-and-gender", "A8:86"),
            (&[("HI*ABK:E119", "HI*ABK:Z3800")], "newborn-diagnosis-and-age", "A8:255 A8:158:QC"),
            (&[(FIRST, "SV1*HC:99213:95*100*UN*1***1")], "telehealth-place-and-modifier", "A8:249 A8:453"),
            (&[("SV1*HC:J1885:GP", "SV1*HC:J1885:50")], "bilateral-units", "A8:453"),
            (&[("SV1*HC:J1885:GP", "SV1*HC:J1885:80")], "assistant-at-surgery-twice", "A8:453"),
            (&[(FIRST, "SV1*HC:99213:80:82*100*UN*1***1")], "assistant-at-surgery-twice", "A8:453"),
        ],
    );
    check(
        Professional,
        &[(FIRST, "SV1*HC:54161:KX*100*UN*1***1")],
        &[(&[("SV1*HC:54161:KX", "SV1*HC:54161:GP")], "procedure-and-gender", "A8:474")],
    );
}

#[test]
fn an_ambulance_says_what_it_lacks() {
    const TRANSPORT: Changes = &[
        (FIRST, "SV1*HC:A0428*100*UN*1***1"),
        ("REF*D9*UP1", "REF*D9*UP1~CR1*LB*140**A*DH*12~CRC*07*Y*01"),
        (
            "PRV*PE*PXC*207Q00000X",
            "PRV*PE*PXC*207Q00000X~NM1*PW*2~N3*1 ELM ST~N4*SPRINGFIELD*IL*62702~NM1*45*2*HOSPITAL~N3*2 ELM ST~N4*SPRINGFIELD*IL*62703",
        ),
    ];
    check(
        Professional,
        TRANSPORT,
        &[
            (&[("CR1*", "")], "ambulance-details-missing", "A6:337"),
            (&[("CRC*", "")], "ambulance-condition-missing", "A6:337 A6:527"),
            (
                &[("NM1*45", ""), ("N3*2 ELM ST", ""), ("N4*SPRINGFIELD*IL*62703", "")],
                "ambulance-pick-up-missing",
                "A6:763",
            ),
        ],
    );
}

#[test]
fn what_medicare_asks_of_a_professional_claim() {
    check(
        Professional,
        MEDICARE,
        &[
            (&[(FIRST, "SV1*HC:G0438*100*UN*2***1")], "units-over-medicare-limit", "A8:258"),
            (
                &[
                    (FIRST, "SV1*HC:G0438*100*UN*1***1"),
                    ("SV1*HC:J1885:GP*200*UN*2***1:2", "SV1*HC:G0439*200*UN*1***1:2"),
                    ("LIN", ""),
                    ("CTP", ""),
                ],
                "procedures-exclude-each-other",
                "A8:454",
            ),
        ],
    );
    check(
        Professional,
        &[
            ("SBR*P*18*GRP1******CI", "SBR*P*18*GRP1******MB"),
            ("NM1*IL*1*DOE*JANE****MI*W123456789", "NM1*IL*1*DOE*JANE****MI*1EG4TE5MK73"),
            ("CLM*PCN1*300***11:B:1*Y*A*Y*Y", "CLM*PCN1*300***11:B:1*Y*A*Y*Y***********1"),
            ("DTP*472*D8*20261001", "DTP*472*D8*20221001"),
            ("DTP*472*D8*20261001", "DTP*472*D8*20221001"),
        ],
        &[(
            &[(FIRST, "SV1*HC:E0431:RR*100*UN*1***1")],
            "oxygen-certificate-missing ordering-provider-missing",
            "A6:334",
        )],
    );
}

#[test]
fn other_payers_of_a_claim() {
    check(
        Professional,
        SECONDARY,
        &[
            (&[("SBR*P*18*GRP9", "SBR*T*18*GRP9")], "secondary-without-other-payer", "A8:742 A8:171"),
            (&[("SVD*70000*80", "SVD*70000*81")], "other-payer-line-balance other-payer-paid-amount", "A7:672 A7:643"),
            (&[("AMT*D*240", "CAS*CO*45*0~AMT*D*240")], "adjustment-of-zero", "A7:519"),
            (
                &[("NM1*PR*2*UNITY MUTUAL*****PI*70000", "NM1*PR*2*UNITY MUTUAL*****PI*70000~DTP*573*D8*20261020")],
                "other-payer-remit-date-twice",
                "A8:516:PRP",
            ),
        ],
    );
    check(
        Professional,
        &[
            ("SBR*P*18", "SBR*S*18"),
            (
                "LX*1",
                "SBR*P*18*GRP9******CI~OI***Y***Y~NM1*IL*1*DOE*JANE****MI*S1~NM1*PR*2*UNITY MUTUAL*****PI*70000~LX*1",
            ),
        ],
        &[(
            &[("SBR*P*18*GRP9******CI", "SBR*P*18*GRP9******CI~CAS*CO*45*300")],
            "adjustment-without-payment",
            "A7:519",
        )],
    );
}

#[test]
fn an_attachment_number_is_used_once_in_a_file() {
    let mut segments = good(Professional);
    change(&mut segments, "REF*D9*UP1", "PWK*OZ*BM***AC*A1");
    let second: Vec<String> =
        segments[17..].iter().map(|segment| segment.replace("PCN1", "PCN2").replace("20261001", "20261002")).collect();
    segments.extend(second);
    let (told, _) = told(file(Professional, &segments).as_bytes());
    let edits: Vec<_> = told.findings.iter().map(|finding| (finding.place.claim.as_deref(), &*finding.edit)).collect();
    assert_eq!(edits, [(Some("PCN2"), "attachment-control-number-repeated")]);
}
