//! The few codes that invented claims are made of: bare values, no descriptions. Diagnoses are billable
//! ICD-10-CM codes that fit any adult or child of either sex and need no further segment.

use crate::domain::ClaimKind;

/// Taxonomies of billing providers and of their clinicians.
pub(super) fn taxonomies(kind: ClaimKind) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        ClaimKind::Professional => (&["261QP2300X", "193200000X"], &["207Q00000X", "207R00000X", "363LF0000X"]),
        ClaimKind::Institutional => (&["282N00000X", "282NC0060X"], &["207R00000X", "208M00000X", "208600000X"]),
        ClaimKind::Dental => (&["261QD0000X"], &["122300000X", "1223G0001X"]),
    }
}

/// A service and its usual charge in cents.
pub(super) struct Service {
    pub(super) code: &'static str,
    pub(super) cents: i64,
}

const fn service(code: &'static str, cents: i64) -> Service {
    Service { code, cents }
}

/// Visits to an office, an outpatient department, by video, and in hospital.
pub(super) const VISITS: &[Service] =
    &[service("99203", 16_480), service("99212", 8_620), service("99213", 12_750), service("99214", 18_900)];
pub(super) const HOSPITAL_VISITS: &[Service] =
    &[service("99231", 7_430), service("99232", 13_310), service("99233", 19_075)];
/// What comes with a visit and is done by the practice itself.
pub(super) const OFFICE_SERVICES: &[Service] = &[
    service("36415", 1_825),
    service("93000", 6_240),
    service("94010", 7_990),
    service("20610", 14_150),
    service("69210", 8_015),
    service("11200", 11_360),
];
/// Laboratory and imaging: ordered by name, the laboratory with its CLIA number.
pub(super) const LABORATORY: &[Service] =
    &[service("80053", 4_555), service("83036", 3_905), service("85025", 3_215), service("81002", 1_190)];

/// Diagnoses for professional and outpatient claims.
pub(super) const DIAGNOSES: &[&str] = &[
    "I10", "E119", "E785", "J069", "J029", "M5450", "R519", "N390", "K219", "F411", "J45909", "E039", "D649", "L309",
    "R109", "H6690", "J209", "R0602", "M25561", "G43909",
];

/// Hospital admissions: principal diagnosis, secondary diagnoses and, where one is done, a procedure.
pub(super) struct Admission {
    pub(super) principal: &'static str,
    pub(super) others: &'static [&'static str],
    /// ICD-10-PCS.
    pub(super) procedure: Option<&'static str>,
    pub(super) drg: &'static str,
}

pub(super) const ADMISSIONS: &[Admission] = &[
    Admission { principal: "J189", others: &["I10", "E119"], procedure: None, drg: "194" },
    Admission { principal: "A419", others: &["N390", "N179"], procedure: None, drg: "871" },
    Admission { principal: "I214", others: &["E785", "I10"], procedure: None, drg: "281" },
    Admission { principal: "K8000", others: &["E669"], procedure: Some("0FT44ZZ"), drg: "418" },
    Admission { principal: "K3580", others: &["D649"], procedure: Some("0DTJ4ZZ"), drg: "399" },
    Admission { principal: "M1711", others: &["I10", "K219"], procedure: Some("0SRC0J9"), drg: "470" },
];

/// A revenue code with its procedure, where the line carries one.
pub(super) struct Revenue {
    pub(super) code: &'static str,
    pub(super) procedure: &'static str,
    pub(super) cents: i64,
}

const fn revenue(code: &'static str, procedure: &'static str, cents: i64) -> Revenue {
    Revenue { code, procedure, cents }
}

/// Ancillary services of a stay, a line for the whole of it.
pub(super) const STAY_SERVICES: &[Revenue] = &[
    revenue("0250", "", 41_215),
    revenue("0270", "", 26_480),
    revenue("0300", "", 38_925),
    revenue("0320", "", 44_190),
    revenue("0410", "", 19_665),
];
pub(super) const OPERATING_ROOM: Revenue = revenue("0360", "", 612_400);
pub(super) const EMERGENCY_ROOM: Revenue = revenue("0450", "99283", 68_350);
pub(super) const CLINIC: Revenue = revenue("0510", "G0463", 21_580);
pub(super) const OUTPATIENT_SERVICES: &[Revenue] = &[
    revenue("0300", "80053", 9_840),
    revenue("0305", "85025", 7_215),
    revenue("0320", "71046", 28_460),
    revenue("0730", "93005", 17_935),
    revenue("0301", "83036", 8_120),
];

/// What a dental procedure is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Site {
    Mouth,
    /// A tooth, and so many of its surfaces.
    Tooth {
        surfaces: usize,
    },
    Quadrant,
    /// A crown: placed for the first time.
    Crown,
}

pub(super) struct DentalService {
    pub(super) code: &'static str,
    pub(super) cents: i64,
    pub(super) site: Site,
}

const fn dental(code: &'static str, cents: i64, site: Site) -> DentalService {
    DentalService { code, cents, site }
}

pub(super) const DENTAL_SERVICES: &[DentalService] = &[
    dental("D0120", 6_175, Site::Mouth),
    dental("D0274", 7_840, Site::Mouth),
    dental("D1110", 11_225, Site::Mouth),
    dental("D2391", 18_460, Site::Tooth { surfaces: 1 }),
    dental("D2392", 23_915, Site::Tooth { surfaces: 2 }),
    dental("D2740", 126_350, Site::Crown),
    dental("D4341", 27_480, Site::Quadrant),
    dental("D7140", 19_690, Site::Tooth { surfaces: 0 }),
];
/// Molars and premolars, and the surfaces of such teeth.
pub(super) const BACK_TEETH: &[&str] =
    &["2", "3", "4", "5", "12", "13", "14", "15", "18", "19", "20", "29", "30", "31"];
pub(super) const BACK_SURFACES: &[&str] = &["M", "O", "D", "B", "L"];
pub(super) const QUADRANTS: &[&str] = &["10", "20", "30", "40"];
pub(super) const DENTAL_DIAGNOSES: &[&str] = &["K0261", "K0262", "K029", "K0530"];
