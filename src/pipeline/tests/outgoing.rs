//! A gateway in a folder of its own, with claims in it as if they had been validated.

use std::fs;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tempfile::TempDir;

use crate::domain::ids::{BatchId, IdSource, PayloadId, SubmissionId, TransactionId};
use crate::domain::{Cents, ClaimKind, Clock, Phi};
use crate::edits::CodeSets;
use crate::guide::{Guides, Labels};
use crate::partner::{Config, PartnerBook};
use crate::pipeline::lines::Lines;
use crate::pipeline::under_way::UnderWay;
use crate::pipeline::validate::Lots;
use crate::pipeline::{Gateway, Nudges};
use crate::store::batches::BatchState;
use crate::store::claims::{NewClaim, Span, Spans};
use crate::store::leases::Lease;
use crate::store::submissions::{Channel, Counts, NewSubmission};
use crate::store::validation::{Chunk, InterchangeRow, InterchangeVerdict, Outcome, Validated};
use crate::store::{MasterKey, PayloadStore};
use crate::x12::{Envelopes, Event, Reader, Segment};

pub(in crate::pipeline) struct World {
    pub folder: TempDir,
    pub gateway: Arc<Gateway>,
}

pub(in crate::pipeline) const NOW: &str = "2026-11-20T15:00:00Z";

/// A payer that is never reached: enough for all that happens before a file is sent.
pub(in crate::pipeline) fn https_payer(ids: &str, release: &str, further: &str) -> String {
    format!(
        "kind = \"payer\"\nname = \"Blue Star Health\"\npayer_ids = [{ids}]\naccepts = [\"837P\"]\n\
         [interchange]\nqualifier = \"ZZ\"\nid = \"{}\"\n[batch]\nrelease = \"{release}\"\n{further}\n\
         [endpoint]\ntype = \"https\"\nurl = \"https://127.0.0.1:1/claims\"\n",
        ids.replace(|c: char| !c.is_ascii_alphanumeric(), "")
    )
}

impl World {
    /// With partners' files by name.
    pub async fn new(partners: &[(&str, String)]) -> World {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("partners")).unwrap();
        for (name, text) in partners {
            fs::write(folder.path().join(format!("partners/{name}.toml")), text).unwrap();
        }
        World::open(folder, Clock::set(NOW.parse().unwrap()), 0).await
    }

    /// The same after a crash: everything in memory is gone. `node` keeps the ids of both apart.
    pub async fn again(self, node: u8) -> World {
        let World { folder, gateway } = self;
        World::open(folder, gateway.clock.clone(), node).await
    }

    async fn open(folder: TempDir, clock: Clock, node: u8) -> World {
        let text = "[gateway]\nid = \"CLAIMGATE\"\nqualifier = \"ZZ\"\nusage = \"T\"\nname = \"Claimgate\"\n";
        let config = Config::from_text(Some(&folder.path().join("gateway.toml")), text).unwrap();
        let key = MasterKey::from_hex(&"ab".repeat(32)).unwrap();
        let gateway = Gateway {
            clock,
            ids: IdSource::new(node),
            store: crate::store::testing::open(folder.path()).await,
            payloads: PayloadStore::open("file:payloads", folder.path(), key).unwrap(),
            partners: PartnerBook::open(&config, Vec::new()).unwrap(),
            guides: Arc::new(Guides::load(None).unwrap()),
            labels: Arc::new(Labels::load(None).unwrap()),
            codes: ArcSwap::from_pointee(CodeSets::shipped()),
            submission_rates: Default::default(),
            backlog: Default::default(),
            known: Default::default(),
            numbers: Default::default(),
            payer_edits: Default::default(),
            nudges: Nudges::default(),
            lines: Lines::default(),
            under_way: UnderWay::default(),
            collecting: UnderWay::default(),
            announcing: UnderWay::default(),
            config,
        };
        World { folder, gateway: Arc::new(gateway) }
    }

    /// Hands in a file whose claims are all good.
    pub async fn submit(&self, text: &str) -> SubmissionId {
        self.submit_as(text, text).await
    }

    /// The rows are made of `text`, and the payload of `bytes`.
    pub async fn submit_as(&self, text: &str, bytes: &str) -> SubmissionId {
        let id = self.receive(bytes).await;
        let claims = self.add_checked(id, text).await;
        self.finish(id, text, claims.len()).await;
        id
    }

    pub async fn receive(&self, bytes: &str) -> SubmissionId {
        let gateway = &self.gateway;
        let id: SubmissionId = gateway.draw_id();
        let payload = gateway.seal(bytes.as_bytes().to_vec()).await.unwrap();
        let new = NewSubmission {
            by: None,
            id,
            partner: "acme".into(),
            channel: Channel::Https,
            file_name: "claims.837".into(),
            received_at: gateway.clock.now_ms(),
            payload,
            idempotency_key: None,
        };
        gateway.store.receive_submission(&new, None).await.unwrap();
        id
    }

    /// Its checks up to their last step.
    pub async fn add_checked(&self, id: SubmissionId, text: &str) -> Vec<NewClaim> {
        let gateway = &self.gateway;
        let claims = claims_of(gateway, id, text);
        gateway.store.begin_validation(id, &Lease::alone("test")).await.unwrap();
        let mut chunk = Chunk { claims: claims.clone(), ..Chunk::default() };
        chunk.lots = Lots::new(gateway.partners.current()).of(&chunk, || gateway.draw_id());
        gateway.store.add_checked(id, &chunk, &Lease::alone("test")).await.unwrap();
        claims
    }

    pub async fn finish(&self, id: SubmissionId, text: &str, accepted: usize) {
        let gateway = &self.gateway;
        let counts = Counts { claims: accepted as u64, accepted: accepted as u64, ..Counts::default() };
        let interchanges = text.matches("ISA").count() as u32;
        let interchange = |ordinal| InterchangeRow {
            ordinal,
            sender: "ZZ:ACME".into(),
            control_number: format!("{id}-{ordinal}"),
            verdict: InterchangeVerdict::Accepted,
            note: None,
        };
        let validated = Validated {
            submission_id: id,
            partner: "acme".into(),
            began_at: gateway.clock.now_ms(),
            began_after: i64::MAX,
            at: gateway.clock.now_ms(),
            interchanges: (1..=interchanges).map(interchange).collect(),
            transactions: Vec::new(),
            fingerprints: Vec::new(),
            counts,
            mail: Vec::new(),
            outcome: Outcome::Validated,
        };
        gateway.store.finish_validation(&validated, &Lease::alone("test")).await.unwrap();
    }

    /// As their exceptions name them.
    pub async fn batches_with_support(&self) -> Vec<BatchId> {
        self.gateway.store.batches_in(BatchState::WithSupport).await.unwrap()
    }

    pub async fn payload_text(&self, id: PayloadId) -> String {
        String::from_utf8(self.gateway.read_payload(id).await.unwrap()).unwrap()
    }
}

/// The claims of a file with their places: each level from its HL, each claim from its CLM, to the next.
fn claims_of(gateway: &Gateway, submission_id: SubmissionId, text: &str) -> Vec<NewClaim> {
    let mut envelopes = Envelopes::new(Reader::new(text.as_bytes()));
    let (mut findings, mut scan) = (Vec::new(), Scan::default());
    while let Some(event) = envelopes.next(&mut findings).unwrap() {
        match event {
            Event::Segment(segment, _) => scan.segment(gateway, submission_id, &segment),
            Event::TransactionEnd(_, Some(end)) => scan.ends_at(end.offset),
            Event::TransactionEnd(_, None) => panic!("the sample has no SE"),
            _ => {}
        }
    }
    scan.claims
}

#[derive(Default)]
struct Scan {
    claims: Vec<NewClaim>,
    spans: Spans,
    open: Option<Open>,
    payer_id: String,
    purpose: String,
}

#[derive(Clone, Copy)]
enum Open {
    Provider,
    Subscriber,
    Patient,
    Claim,
}

impl Scan {
    fn segment(&mut self, gateway: &Gateway, submission_id: SubmissionId, segment: &Segment<'_>) {
        let span = Span { offset: segment.offset, bytes: 0 };
        match (segment.id(), segment.element(3)) {
            (b"BHT", _) => self.purpose = segment.text(6),
            (b"HL", b"20") => {
                self.ends_at(segment.offset);
                self.spans = Spans { provider: span, ..Spans::default() };
                self.open = Some(Open::Provider);
            }
            (b"HL", b"22") => {
                self.ends_at(segment.offset);
                self.spans = Spans { provider: self.spans.provider, subscriber: span, ..Spans::default() };
                self.open = Some(Open::Subscriber);
            }
            (b"HL", _) => {
                self.ends_at(segment.offset);
                self.spans.patient = span;
                self.open = Some(Open::Patient);
            }
            (b"NM1", _) if segment.element(1) == b"PR" => self.payer_id = segment.text(9),
            (b"CLM", _) => {
                self.ends_at(segment.offset);
                self.spans.claim = span;
                self.open = Some(Open::Claim);
                self.claims.push(self.new_claim(gateway, submission_id, segment));
            }
            _ => {}
        }
    }

    fn ends_at(&mut self, offset: u64) {
        let span = match self.open.take() {
            Some(Open::Provider) => &mut self.spans.provider,
            Some(Open::Subscriber) => &mut self.spans.subscriber,
            Some(Open::Patient) => &mut self.spans.patient,
            Some(Open::Claim) => &mut self.spans.claim,
            None => return,
        };
        span.bytes = offset - span.offset;
        if let Some(last) = self.claims.last_mut().filter(|last| last.spans.claim.offset == self.spans.claim.offset) {
            last.spans = self.spans;
        }
    }

    fn new_claim(&self, gateway: &Gateway, submission_id: SubmissionId, clm: &Segment<'_>) -> NewClaim {
        NewClaim {
            id: gateway.draw_id(),
            submission_id,
            transaction_id: TransactionId(1),
            partner: "acme".into(),
            kind: ClaimKind::Professional,
            patient_control_number: Phi::new(clm.text(1)),
            charge: Cents::from_x12(clm.element(2)).unwrap(),
            frequency: "1".into(),
            facility: "11".into(),
            original_reference: None,
            upstream_trace: None,
            payer_id: self.payer_id.clone(),
            filing_indicator: "CI".into(),
            purpose: self.purpose.clone(),
            provider_npi: String::new(),
            provider_tin: String::new(),
            provider_name: String::new(),
            member_id: Phi::default(),
            patient_last_name: Phi::default(),
            patient_first_name: Phi::default(),
            patient_birth_date: Phi::default(),
            service_from: String::new(),
            service_to: String::new(),
            lines: 1,
            fingerprint: 0,
            spans: self.spans,
        }
    }
}

const HEAD: &str =
    "ISA*00*          *00*          *ZZ*ACMEBILL       *ZZ*CLAIMGATE      *261119*1200*^*00501*100000003*0*T*:~
GS*HC*ACMEBILL*CLAIMGATE*20261119*1200*1*X*005010X222A1~
ST*837*0001*005010X222A1~
BHT*0019*00*B2611010001*20261119*1200*CH~
NM1*41*2*ACME BILLING SERVICE*****46*ACME01~
PER*IC*EDI SUPPORT*TE*8005550100~
NM1*40*2*CLAIMGATE*****46*CLAIMGATE~
";
const PROVIDER: &str = "HL*1**20*1~
PRV*BI*PXC*208000000X~
NM1*85*2*CORNERSTONE URGENT CARE LLC*****XX*1609207542~
N3*821 ELM ST~
N4*OMAHA*NE*681751714~
REF*EI*440162462~
";

/// One claim of a sample file. The subscriber is the patient unless a dependent is named; subscribers of one
/// name are one level.
#[derive(Clone, Copy)]
pub(in crate::pipeline) struct Sample {
    pub number: &'static str,
    pub subscriber: &'static str,
    pub dependent: &'static str,
    pub payer_id: &'static str,
    pub charge: &'static str,
    /// Segments between CLM and HI.
    pub before_hi: &'static str,
}

pub(in crate::pipeline) const SAMPLE: Sample =
    Sample { number: "A1", subscriber: "DOE", dependent: "", payer_id: "BSTAR", charge: "100", before_hi: "" };

/// An 837P with these claims, written with the usual delimiters, a segment a line.
pub(in crate::pipeline) fn sample_file(claims: &[Sample]) -> String {
    let mut text = HEAD.to_string() + PROVIDER;
    let (mut hl, mut subscriber, mut subscriber_hl) = (1, "", 0);
    for claim in claims {
        let has_dependents = claims.iter().any(|c| c.subscriber == claim.subscriber && !c.dependent.is_empty());
        if claim.subscriber != subscriber {
            hl += 1;
            (subscriber, subscriber_hl) = (claim.subscriber, hl);
            let relation = if has_dependents { "" } else { "18" };
            let of_patient =
                if has_dependents { "" } else { "N3*1 RIVER RD~\nN4*FRESNO*CA*93727~\nDMG*D8*19470113*M~\n" };
            text += &format!(
                "HL*{hl}*1*22*{}~\nSBR*P*{relation}*******CI~\nNM1*IL*1*{subscriber}*PAT****MI*M{hl}234567~\n{of_patient}\
                 NM1*PR*2*BLUE STAR*****PI*{}~\n",
                u8::from(has_dependents),
                claim.payer_id
            );
        }
        if !claim.dependent.is_empty() {
            hl += 1;
            text += &format!(
                "HL*{hl}*{subscriber_hl}*23*0~\nPAT*19~\nNM1*QC*1*{subscriber}*{}~\nN3*1 CHURCH ST~\nN4*SPRINGFIELD*IL*62703~\n\
                 DMG*D8*20060105*F~\n",
                claim.dependent
            );
        }
        text += &format!(
            "CLM*{}*{}***11:B:1*Y*A*Y*Y~\n{}HI*ABK:M542*ABF:I10~\nLX*1~\nSV1*HC:99213*{}*UN*1***1:2~\nDTP*472*D8*20261029~\n",
            claim.number, claim.charge, claim.before_hi, claim.charge
        );
    }
    let segments = text.matches("~\n").count() - 2 + 1;
    text + &format!("SE*{segments}*0001~\nGE*1*1~\nIEA*1*100000003~\n")
}
