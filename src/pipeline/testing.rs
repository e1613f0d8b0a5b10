//! A gateway for tests: real SQLite and real payloads in a folder of its own, a clock that stands still, one
//! submitter and one payer; and small good 837 files to hand in.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;

use super::lines::Lines;
use super::payer_edits::{self, CompiledEdits};
use super::under_way::UnderWay;
use super::{Gateway, Nudges};
use crate::domain::Clock;
use crate::domain::ids::IdSource;
use crate::edits::CodeSets;
use crate::guide::{Guides, Labels};
use crate::partner::rate::RateLimits;
use crate::partner::{Config, PartnerBook};
use crate::store::{MasterKey, PayloadStore, Store};

pub const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
/// A Monday, 12:00 in UTC.
pub const NOW: &str = "2026-11-02T12:00:00Z";

/// A gateway and the folder it lives in.
pub struct World {
    pub gateway: Arc<Gateway>,
    pub folder: tempfile::TempDir,
    settings: String,
}

/// Submitter `acme` (ISA id ACMEBILL) and hosted payer `bluestar` (payer id BSTAR).
pub async fn world() -> World {
    world_of("", &[("acme", &submitter("ACMEBILL", KEY, "")), ("bluestar", &hosted_payer("BLUESTAR", "BSTAR", KEY))])
        .await
}

/// `settings` is the text of gateway.toml, `partners` the texts of the partners' files by name.
pub async fn world_of(settings: &str, partners: &[(&str, &str)]) -> World {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("partners")).unwrap();
    for (name, text) in partners {
        std::fs::write(folder.path().join(format!("partners/{name}.toml")), text).unwrap();
    }
    let gateway = open(folder.path(), settings, Clock::set(NOW.parse().unwrap())).await;
    World { gateway, folder, settings: settings.to_string() }
}

impl World {
    /// The same folder opened anew, as after a crash: nothing but what is on the disk is left.
    pub async fn crash(self) -> World {
        let World { gateway, folder, settings } = self;
        let clock = gateway.clock.clone();
        gateway.store.close().await;
        drop(gateway);
        let gateway = open(folder.path(), &settings, clock).await;
        World { gateway, folder, settings }
    }
}

async fn open(folder: &Path, settings: &str, clock: Clock) -> Arc<Gateway> {
    let store = crate::store::testing::open(folder).await;
    Arc::new(opened(folder, settings, clock, store).await)
}

/// A gateway over a folder, for a test that changes parts of it.
pub async fn opened(folder: &Path, settings: &str, clock: Clock, store: Store) -> Gateway {
    let config = Config::from_text(Some(&folder.join("gateway.toml")), settings).unwrap();
    let key = MasterKey::from_hex(&"ab".repeat(32)).unwrap();
    let ids = IdSource::new(0);
    ids.begin_after(store.newest_id().await.unwrap().unwrap_or(0));
    Gateway {
        clock,
        ids,
        store,
        payloads: PayloadStore::open("file:var/payloads", folder, key).unwrap(),
        partners: PartnerBook::open(&config, payer_edits::further_checks()).unwrap(),
        guides: guides(),
        labels: labels(),
        codes: ArcSwap::from_pointee(CodeSets::shipped()),
        nudges: Nudges::default(),
        lines: Lines::default(),
        under_way: UnderWay::default(),
        collecting: UnderWay::default(),
        announcing: UnderWay::default(),
        submission_rates: RateLimits::default(),
        backlog: Default::default(),
        known: Default::default(),
        numbers: Default::default(),
        payer_edits: CompiledEdits::default(),
        config,
    }
}

/// Compiled once for all tests.
fn guides() -> Arc<Guides> {
    static GUIDES: OnceLock<Arc<Guides>> = OnceLock::new();
    GUIDES.get_or_init(|| Arc::new(Guides::load(None).expect("the built-in guides load"))).clone()
}

fn labels() -> Arc<Labels> {
    static LABELS: OnceLock<Arc<Labels>> = OnceLock::new();
    LABELS.get_or_init(|| Arc::new(Labels::load(None).expect("the built-in labels load"))).clone()
}

/// A submitter's file. `acks` are lines of its `[acks]`.
pub fn submitter(isa: &str, key: &str, acks: &str) -> String {
    format!(
        "kind = \"submitter\"\nname = \"Acme Billing\"\n[interchange]\nqualifier = \"ZZ\"\nid = \"{isa}\"\n\
         [sftp]\npublic_keys = [\"{key}\"]\n[acks]\n{acks}\n"
    )
}

/// A payer that fetches its claims here, so that no socket is needed.
pub fn hosted_payer(isa: &str, payer_id: &str, key: &str) -> String {
    format!(
        "kind = \"payer\"\nname = \"Blue Star\"\npayer_ids = [\"{payer_id}\"]\naccepts = [\"837P\", \"837I\", \"837D\"]\n\
         [interchange]\nqualifier = \"ZZ\"\nid = \"{isa}\"\n[batch]\nrelease = \"immediate\"\n\
         [endpoint]\ntype = \"hosted\"\n[sftp]\npublic_keys = [\"{key}\"]\n"
    )
}

/// A claim of a sample file; good unless changed.
#[derive(Clone, Debug)]
pub struct Sample {
    /// CLM01.
    pub control_number: String,
    /// Of the month of October 2026; claims of one day and charge are duplicates.
    pub day: u32,
    /// Whole dollars.
    pub charge: u32,
    pub payer_id: String,
    pub rendering_npi: String,
}

pub fn sample(control_number: &str, day: u32) -> Sample {
    Sample {
        control_number: control_number.into(),
        day,
        charge: 100,
        payer_id: "BSTAR".into(),
        rendering_npi: "1245319599".into(),
    }
}

impl Sample {
    /// Its rendering provider's NPI has a wrong check digit: the claim alone is rejected.
    pub fn spoilt(self) -> Sample {
        Sample { rendering_npi: "1245319590".into(), ..self }
    }
}

/// An 837P from ACMEBILL, one ST for each list of claims.
pub fn professional(isa13: u32, transactions: &[&[Sample]]) -> Vec<u8> {
    let mut text = format!(
        "ISA*00*          *00*          *ZZ*ACMEBILL       *ZZ*CLAIMGATE      *261102*1200*^*00501*{isa13:09}*0*T*:~\n\
         GS*HC*ACMEBILL*CLAIMGATE*20261102*1200*1*X*005010X222A1~\n"
    );
    for (n, claims) in transactions.iter().enumerate() {
        let body = transaction(&format!("{:04}", n + 1), claims);
        text.push_str(&body);
    }
    text.push_str(&format!("GE*{}*1~\nIEA*1*{isa13:09}~\n", transactions.len()));
    text.into_bytes()
}

fn transaction(st02: &str, claims: &[Sample]) -> String {
    let mut segments = vec![
        format!("ST*837*{st02}*005010X222A1"),
        format!("BHT*0019*00*BATCH{st02}*20261102*1200*CH"),
        "NM1*41*2*ACME BILLING*****46*ACMEBILL".to_string(),
        "PER*IC*SUPPORT*TE*8005550100".to_string(),
        "NM1*40*2*CLAIMGATE*****46*CLAIMGATE".to_string(),
        "HL*1**20*1".to_string(),
        "NM1*85*2*LAKESIDE FAMILY MEDICINE*****XX*1234567893".to_string(),
        "N3*100 MAIN ST".to_string(),
        "N4*SPRINGFIELD*IL*627011234".to_string(),
        "REF*EI*123456789".to_string(),
    ];
    for (n, claim) in claims.iter().enumerate() {
        segments.extend(claim_segments(n + 2, claim));
    }
    segments.push(format!("SE*{}*{st02}", segments.len() + 1));
    segments.iter().map(|segment| format!("{segment}~\n")).collect()
}

fn claim_segments(hl: usize, claim: &Sample) -> Vec<String> {
    let Sample { control_number, day, charge, payer_id, rendering_npi } = claim;
    vec![
        format!("HL*{hl}*1*22*0"),
        "SBR*P*18*GRP1******CI".to_string(),
        "NM1*IL*1*DOE*JANE****MI*W123456789".to_string(),
        "N3*1 OAK AVE".to_string(),
        "N4*SPRINGFIELD*IL*62702".to_string(),
        "DMG*D8*19800615*F".to_string(),
        format!("NM1*PR*2*BLUE STAR*****PI*{payer_id}"),
        format!("CLM*{control_number}*{charge}***11:B:1*Y*A*Y*Y"),
        "HI*ABK:E119".to_string(),
        format!("NM1*82*1*WELBY*MARCUS****XX*{rendering_npi}"),
        "PRV*PE*PXC*207Q00000X".to_string(),
        "LX*1".to_string(),
        format!("SV1*HC:99213*{charge}*UN*1***1"),
        format!("DTP*472*D8*202610{day:02}"),
    ]
}
