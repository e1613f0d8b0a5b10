//! Institutional and dental claims.

use super::{Changes, check};
use crate::domain::ClaimKind::{Dental, Institutional};

/// Bills of other types than the good claim's, which is a hospital stay.
const OUTPATIENT: Changes = &[
    ("CLM*PCN1*300***11", "CLM*PCN1*300***13"),
    ("DTP*096*TM*1000", ""),
    ("DTP*435*DT*202610011530", ""),
    ("HI*ABK:A419:::::::Y", "HI*ABK:A419"),
    ("HI*ABF:I10:::::::N", "HI*ABF:I10"),
    ("HI*ABJ:R509", ""),
    ("HI*BBR:0FT44ZZ:D8:20261002", ""),
    ("NM1*72*1*CUTTER*ANN****XX*1234567893", ""),
    ("SV2*0120**200*DA*2", "SV2*0270**200*UN*2~DTP*472*D8*20261001"),
];

#[test]
fn a_hospital_stay() {
    check(
        Institutional,
        &[],
        &[
            (&[("HI*BE:80:::2", "HI*BE:80:::3")], "covered-days", "A7:456"),
            (&[("NM1*72*1*CUTTER*ANN****XX*1234567893", "")], "operating-provider-missing", "A6:562:72"),
            (&[("NM1*72", "NM1*ZZ")], "operating-provider-missing other-operating-alone", "A6:562:72"),
            (&[("HI*BH:11", "HI*BH:01")], "auto-accident-state-missing-institutional", "A6:750"),
            (&[("DTP*096*TM*1000", "")], "discharge-hour-missing", "A6:233"),
            (&[("CL1*1*1*01", "CL1*1*1*30")], "still-patient-on-final-claim covered-days", "A8:234"),
            (&[("CLM*PCN1*300***11:A:1", "CLM*PCN1*300***11:A:2")], "interim-claim-discharged", "A8:234 A8:535"),
            (
                &[("HI*ABK:A419:::::::Y", "HI*ABK:A419"), ("HI*ABF:I10:::::::N", "HI*ABF:I10")],
                "present-on-admission-missing",
                "A7:688",
            ),
            (&[("SV2*0120**200*DA*2", "SV2*0120**200*UN*2")], "accommodation-in-days", "A7:659"),
            (
                &[
                    ("SV2*0120**200*DA*2", "SV2*0360**200*UN*2"),
                    ("HI*BBR:0FT44ZZ:D8:20261002", ""),
                    ("NM1*72*1*CUTTER*ANN****XX*1234567893", ""),
                ],
                "operating-room-without-procedure",
                "A6:465",
            ),
            (&[("HI*ABF:I10", "HI*ABF:C61")], "diagnosis-and-gender", "A8:86"),
            (&[("HI*ABF:I10", "HI*ABF:Z3800")], "newborn-diagnosis-and-age", "A8:255 A8:158:QC"),
            (&[("SV2*0300*HC:80053", "SV2*0360*HC:55700")], "procedure-and-gender", "A8:474"),
            (&[("HI*BE:80:::2", "HI*BE:80:::2~HI*BG:4")], "condition-code-form", "A7:460"),
            (&[("HI*BE:80:::2", "HI*BI:7:RD8:20260901-20260905")], "occurrence-span-code-form", "A7:721"),
            (&[("HI*ABJ:R509", "HI*ABJ:R509~HI*DR:47")], "drg-form", "A7:256"),
            (&[("SV2*0300*HC:80053", "SV2*0022*HP:AAAA")], "hipps-form", "A7:513"),
            (&[("CL1*1*1*01", "CL1*1*a*01")], "admission-source-form", "A7:229"),
            (
                &[
                    ("HI*ABF:I10", "HI*ABF:C61"),
                    ("HI*BE:80:::2", "HI*BE:80:::2~HI*BG:45"),
                    ("REF*EI*123456789", "REF*EI*12345678"),
                ],
                "billing-ein",
                "A7:128:85",
            ),
        ],
    );
    check(
        Institutional,
        &[
            ("SBR*P*18*GRP1******CI", "SBR*P*18*GRP1******MA"),
            ("NM1*IL*1*DOE*JANE****MI*W123456789", "NM1*IL*1*DOE*JANE****MI*1EG4TE5MK73"),
        ],
        &[(
            &[("CLM*PCN1*300***11", "CLM*PCN1*300***21")],
            "qualifying-stay-missing skilled-nursing-rate-code-missing",
            "A6:721",
        )],
    );
}

#[test]
fn a_stay_speaks_of_its_statement() {
    check(
        Institutional,
        &[],
        &[
            (&[("NM1*72", "NM1*82*1*ADAMS*JOHN****XX*1234567893~NM1*72")], "rendering-same-as-billing", "A8:562:82"),
            (
                &[("HI*ABK:A419", "HI*BK:0389"), ("HI*ABF:I10", "HI*BF:4019"), ("HI*ABJ:R509", "HI*BJ:78060")],
                "icd9-after-2015-institutional",
                "A8:255 A8:188",
            ),
        ],
    );
}

#[test]
fn an_outpatient_bill() {
    check(
        Institutional,
        OUTPATIENT,
        &[
            (&[("DTP*472*D8*20261001", "")], "outpatient-line-date-missing", "A6:187"),
            (&[("SV2*0270*", "SV2*0450*HC:99285")], "visit-reason-missing", "A6:673"),
            (&[("SV2*0300*HC:80053", "SV2*0300*")], "outpatient-procedure-missing", "A6:507 A6:455"),
            (&[("HI*ABK:A419", "HI*ABK:A419:::::::Y")], "present-on-admission-outpatient", "A7:688"),
            (
                &[("HI*BH:11", "HI*BBR:0FT44ZZ:D8:20261002~HI*BH:11")],
                "icd-procedure-outpatient operating-provider-missing",
                "A7:465",
            ),
            (&[("CLM*PCN1*300***13", "CLM*PCN1*300***32")], "care-admission-missing", "A6:189"),
            (
                &[("CLM*PCN1*300***13", "CLM*PCN1*300***81"), ("CL1*", "DTP*435*D8*20261001~CL1*")],
                "hospice-certification-missing",
                "A6:719",
            ),
            (
                &[
                    ("CLM*PCN1*300***13", "CLM*PCN1*300***81"),
                    ("CL1*", "DTP*435*D8*20261001~CL1*"),
                    ("HI*BH:11", "HI*BH:27"),
                    ("SV2*0270", "SV2*0651"),
                ],
                "hospice-place-missing",
                "A6:507 A6:455",
            ),
            (&[("CLM*PCN1*300***13", "CLM*PCN1*300***99")], "bill-type", "A7:228"),
        ],
    );
    check(
        Institutional,
        &[
            ("SBR*P*18*GRP1******CI", "SBR*P*18*GRP1******MA"),
            ("NM1*IL*1*DOE*JANE****MI*W123456789", "NM1*IL*1*DOE*JANE****MI*1EG4TE5MK73"),
            ("CLM*PCN1*300***11:A:1**A*Y*Y", "CLM*PCN1*300***32:A:1**A*Y*Y***********1"),
            ("DTP*096*TM*1000", ""),
            ("DTP*434*RD8*20261001-20261003", "DTP*434*RD8*20191001-20191003"),
            ("DTP*435*DT*202610011530", "DTP*435*D8*20191001"),
            ("HI*ABK:A419:::::::Y", "HI*ABK:A419"),
            ("HI*ABF:I10:::::::N", "HI*ABF:I10"),
            ("HI*ABJ:R509", ""),
            ("HI*BBR:0FT44ZZ:D8:20261002", ""),
            ("NM1*72*1*CUTTER*ANN****XX*1234567893", ""),
            ("CL1*1*1*01", "CL1*1*1*01~REF*G1*123456789012345678"),
            ("SV2*0120**200*DA*2", "SV2*0023*HP:1AFKS*200*UN*1~DTP*472*D8*20191001"),
            ("DTP*472*D8*20261001", "DTP*472*D8*20191001"),
        ],
        &[
            (&[("SV2*0023*HP:1AFKS", "SV2*0270*")], "home-health-rate-code-missing", "A6:513"),
            (&[("REF*G1*123456789012345678", "REF*G1*12345678901234567")], "home-health-authorization", "A6:252:PR"),
        ],
    );
}

#[test]
fn a_dental_claim() {
    check(
        Dental,
        &[],
        &[
            (&[("TOO*JP*14*O", "")], "tooth-missing", "A6:244"),
            (&[("TOO*JP*14*O", "TOO*JP*14*I")], "surface-of-tooth", "A6:240"),
            (&[("TOO*JP*14*O", "TOO*JP*8*O")], "surface-of-tooth", "A6:240"),
            (&[("DTP*472*D8*20261001", "DTP*472*D8*20261001~DN2*14*M****JP")], "missing-tooth-treated", "A8:241"),
            (&[("SV3*AD:D0120*100", "SV3*AD:D8080*100")], "orthodontic-treatment-missing", "A6:605 A6:664"),
            (&[("DTP*472*D8*20261001", ""), ("DTP*472*D8*20261001", "")], "line-date-missing", "A6:187"),
            (&[("CLM*PCN1*300***11", "CLM*PCN1*300***24")], "service-facility-missing", "A6:126:77"),
            (
                &[("CLM*PCN1*300***11:B:1*Y*A*Y*Y", "CLM*PCN1*300***11:B:1*Y*A*Y*Y**********PB")],
                "predetermination-with-date",
                "A8:187",
            ),
        ],
    );
}
