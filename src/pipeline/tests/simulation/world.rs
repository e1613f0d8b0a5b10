//! The simulated world: one gateway over a folder in memory, one submitter, one payer; and the steps that are taken.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::OnceCell;

use super::Chance;
use super::checks;
use super::payer::{HOST, Payer};
use super::power::{Power, Struck};
use crate::domain::Clock;
use crate::domain::ids::SubmissionId;
use crate::link::certs;
use crate::pipeline::intake::{self, IntakeRefusal, Received};
use crate::pipeline::lines::Lines;
use crate::pipeline::testing::{KEY, Sample, opened, professional, sample, submitter};
use crate::pipeline::{Gateway, Stage, StageError};
use crate::pipeline::{announce, batch, collect, correlate, deliver, remit, route, validate, watch};
use crate::store::Store;
use crate::store::deliveries::DeliveryState;
use crate::store::submissions::Channel;
use crate::store::uploads::UploadRow;

/// A Friday, so far behind the claims' dates that a clock that is put back still finds them in the past.
const BEGIN: &str = "2026-11-20T15:00:00Z";
const DAY_MS: i64 = 86_400_000;
const LARGE_BYTES: usize = 300_000;

/// A file that the submitter has, and wants to have handed in.
pub struct File {
    pub bytes: Vec<u8>,
    pub claims: Vec<Sample>,
    /// Once the submitter was told that it is kept.
    pub told: Option<SubmissionId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As over HTTPS, or SFTP under its last name.
    Straight,
    /// Over SFTP under an unfinished name, then renamed.
    Renamed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    HandInNew(Way),
    /// A file that may have been kept, or was.
    HandInAgain(Way),
    Run(Stage),
    PayerLooks,
    PayerGives,
    PayerRepeats,
    PayerComesOrGoes,
    /// By so many milliseconds, also backward.
    ClockJumps(i64),
    PowerGoes,
}

pub struct Simulated {
    gateway: Option<Arc<Gateway>>,
    folder: tempfile::TempDir,
    clock: Clock,
    power: Power,
    pub payer: Payer,
    chance: Chance,
    pub files: Vec<File>,
    next_claim: u32,
    pub seen: checks::Seen,
}

impl Simulated {
    pub async fn new(seed: u64) -> Simulated {
        let mut chance = Chance::new(seed);
        let memory = std::path::Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        std::fs::create_dir(folder.path().join("partners")).unwrap();
        std::fs::create_dir(folder.path().join("var")).unwrap();
        std::fs::write(folder.path().join("var/claimgate.db"), empty_database().await).unwrap();
        // It opens no door: nobody is called.
        std::fs::write(folder.path().join("key"), some_key()).unwrap();
        std::fs::write(folder.path().join("partners/acme.toml"), submitter("ACMEBILL", KEY, "")).unwrap();
        std::fs::write(folder.path().join("partners/bluestar.toml"), payer_file(&mut chance)).unwrap();
        let power = Power::default();
        let mut world = Simulated {
            gateway: None,
            folder,
            clock: Clock::set(BEGIN.parse().unwrap()),
            payer: Payer { power: power.clone(), ..Payer::default() },
            power,
            chance,
            files: Vec::new(),
            next_claim: 0,
            seen: checks::Seen::default(),
        };
        world.open().await;
        world
    }

    pub fn gateway(&self) -> &Arc<Gateway> {
        self.gateway.as_ref().expect("it is open between two steps")
    }

    pub fn struck(&self) -> Struck {
        self.power.struck()
    }

    /// Nothing but what is on the disk is left.
    async fn open(&mut self) {
        if let Some(gateway) = self.gateway.take() {
            gateway.store.close().await;
        }
        self.power.back();
        let store = Store::open_file(&self.folder.path().join("var/claimgate.db")).await.unwrap();
        let store = store.under(self.power.fates());
        let mut gateway = opened(self.folder.path(), "", self.clock.clone(), store).await;
        gateway.lines = Lines::over(self.payer.dial());
        let gateway = Arc::new(gateway);
        deliver::recover(&gateway).await.unwrap();
        route::retry_unrouted(&gateway).await.unwrap();
        self.gateway = Some(gateway);
    }

    pub fn draw_step(&mut self) -> Step {
        let chance = &mut self.chance;
        let way = if chance.one_in(4) { Way::Renamed } else { Way::Straight };
        match chance.below(40) {
            0..=2 if self.files.len() < 8 => Step::HandInNew(way),
            0..=3 => Step::HandInAgain(way),
            4..=6 => Step::Run(Stage::Validate),
            7..=9 => Step::Run(Stage::Route),
            10..=12 => Step::Run(Stage::Batch),
            13..=16 => Step::Run(Stage::Deliver),
            17..=20 => Step::Run(Stage::Collect),
            21..=23 => Step::Run(Stage::Correlate),
            24..=26 => Step::Run(Stage::Remit),
            27 => Step::Run(Stage::Watch),
            28..=30 => Step::PayerLooks,
            31..=33 => Step::PayerGives,
            34 => Step::PayerRepeats,
            35 => Step::PayerComesOrGoes,
            36 => Step::PowerGoes,
            37..=38 => Step::ClockJumps(1_000 * chance.below(900) as i64),
            _ => Step::ClockJumps(1_000 * (chance.below(180_000) as i64 - 90_000)),
        }
    }

    /// Takes it, perhaps under a strike of fate; says what came of it.
    pub async fn take(&mut self, step: Step) -> String {
        let threat = match step {
            Step::HandInNew(_) | Step::HandInAgain(_) | Step::Run(_) => self.power.threaten(&mut self.chance),
            Step::PayerLooks
            | Step::PayerGives
            | Step::PayerRepeats
            | Step::PayerComesOrGoes
            | Step::ClockJumps(_)
            | Step::PowerGoes => None,
        };
        let came_of_it = self.do_step(step).await;
        if self.power.is_cut() || step == Step::PowerGoes {
            self.open().await;
            return format!("{came_of_it} ({threat:?}); opened anew");
        }
        format!("{came_of_it} ({threat:?})")
    }

    async fn do_step(&mut self, step: Step) -> String {
        match step {
            Step::HandInNew(way) => {
                self.write_file();
                self.hand_in(self.files.len() - 1, way).await
            }
            Step::HandInAgain(_) if self.files.is_empty() => "there is none".to_string(),
            Step::HandInAgain(way) => {
                let place = self.chance.below(self.files.len() as u64) as usize;
                self.hand_in(place, way).await
            }
            Step::Run(stage) => match run_stage(self.gateway(), stage).await {
                Ok(()) => "done".to_string(),
                Err(error) => crate::domain::error_chain(&error),
            },
            Step::PayerLooks => {
                self.payer.look(&mut self.chance);
                String::new()
            }
            Step::PayerGives => format!("{}", self.payer.give(&mut self.chance)),
            Step::PayerRepeats => {
                self.payer.repeat(&mut self.chance);
                String::new()
            }
            Step::PayerComesOrGoes => {
                let mut desk = self.payer.desk.lock().unwrap();
                desk.away = !desk.away;
                format!("away: {}", desk.away)
            }
            Step::ClockJumps(by) => {
                self.jump(by);
                self.clock.now().to_string()
            }
            Step::PowerGoes => String::new(),
        }
    }

    /// Never to before the first day, on which the claims' dates hang.
    fn jump(&self, by_ms: i64) {
        let Clock::Set(now) = &self.clock else { unreachable!("it was set by hand") };
        let begin = BEGIN.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        let to =
            (now.load(std::sync::atomic::Ordering::SeqCst) + by_ms).clamp(begin - 10 * DAY_MS, begin + 60 * DAY_MS);
        now.store(to, std::sync::atomic::Ordering::SeqCst);
    }

    fn write_file(&mut self) {
        let count = 1 + self.chance.below(4);
        let claims: Vec<Sample> = (0..count).map(|_| self.sample()).collect();
        let split = self.chance.below(count + 1) as usize;
        let parts: Vec<&[Sample]> =
            [&claims[..split], &claims[split..]].into_iter().filter(|part| !part.is_empty()).collect();
        let mut bytes = professional(self.files.len() as u32 + 1, &parts);
        if self.chance.one_in(5) {
            // Blank lines at its end, so that it is checked and stored as a large file is.
            bytes.resize(LARGE_BYTES, b'\n');
        }
        self.files.push(File { bytes, claims, told: None });
    }

    fn sample(&mut self) -> Sample {
        self.next_claim += 1;
        let number = self.next_claim;
        let good = Sample { charge: 100 + number, ..sample(&format!("C{number:06}"), 1 + number % 28) };
        if self.chance.one_in(8) { good.spoilt() } else { good }
    }

    async fn hand_in(&mut self, place: usize, way: Way) -> String {
        let bytes = Bytes::from(self.files[place].bytes.clone());
        match received(self.gateway(), bytes, way).await {
            Ok(received) => {
                let id = received.row().id;
                let first = *self.files[place].told.get_or_insert(id);
                assert_eq!(first, id, "the same bytes were taken as two submissions");
                format!("file {place} is kept")
            }
            Err(refusal) => format!("file {place}: {}", crate::domain::error_chain(&refusal)),
        }
    }

    /// Nothing fails any more, and everybody does what is theirs to do, until nothing moves.
    pub async fn come_to_an_end(&mut self) {
        self.power.spare();
        self.payer.desk.lock().unwrap().away = false;
        let mut at_rest = 0;
        for _ in 0..80 {
            for place in 0..self.files.len() {
                if self.files[place].told.is_none() {
                    self.hand_in(place, Way::Straight).await;
                }
            }
            for stage in Stage::ALL {
                run_stage(self.gateway(), stage).await.unwrap();
            }
            self.payer.look(&mut self.chance);
            while self.payer.give(&mut self.chance) {}
            self.support().await;
            checks::after_a_step(self).await;
            at_rest = if checks::not_settled(self).await.is_empty() { at_rest + 1 } else { 0 };
            if at_rest == 3 {
                return;
            }
            // Longer than any pause between two looks at a payer.
            self.clock.advance(Duration::from_secs(31 * 60));
        }
    }

    /// Support has what was tried in vain for days. It asks the payer, and gives back what the payer does not have; what
    /// the payer has is settled by its answer.
    async fn support(&self) {
        let gateway = self.gateway();
        for delivery in gateway.store.deliveries(Some(DeliveryState::WithSupport), None, None, 100).await.unwrap() {
            if !self.payer.has(&delivery.file_name) {
                assert!(deliver::retry(gateway, delivery.id, "ann").await.unwrap());
            }
        }
    }
}

async fn received(gateway: &Arc<Gateway>, bytes: Bytes, way: Way) -> Result<Received, IntakeRefusal> {
    let partners = gateway.partners.current();
    let acme = partners.submitter("acme").expect("it has a file");
    let mut incoming = intake::begin(gateway, acme, Channel::Sftp, "claims.837", None).await?;
    incoming.write(bytes).await?;
    match way {
        Way::Straight => incoming.finish().await,
        Way::Renamed => {
            let now = gateway.clock.now_ms();
            let upload =
                UploadRow { name: "claims.part".into(), payload: incoming.keep_unfinished().await?, uploaded_at: now };
            let gone = gateway.store.keep_upload("acme", &upload, now - 7 * DAY_MS).await.map_err(StageError::from)?;
            for payload in gone {
                intake::discard(gateway, payload).await;
            }
            intake::adopt(gateway, acme, "claims.837", upload.payload, &upload.name).await
        }
    }
}

/// Until all that it began has ended.
async fn run_stage(gateway: &Arc<Gateway>, stage: Stage) -> Result<(), StageError> {
    match stage {
        Stage::Validate => validate::run(gateway).await?,
        Stage::Route => route::run(gateway).await?,
        Stage::Batch => batch::run(gateway).await?,
        Stage::Deliver => deliver::run(gateway).await?,
        Stage::Collect => collect::run(gateway).await?,
        Stage::Correlate => correlate::run(gateway).await?,
        Stage::Remit => remit::run(gateway).await?,
        Stage::Watch => watch::run(gateway).await?,
        Stage::Announce => announce::run(gateway).await?,
    };
    gateway.under_way.idle().await;
    gateway.collecting.idle().await;
    gateway.announcing.idle().await;
    Ok(())
}

/// Made once for all seeds.
fn some_key() -> &'static [u8] {
    static KEY: OnceLock<Vec<u8>> = OnceLock::new();
    KEY.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        certs::init(folder.path()).unwrap();
        std::fs::read(folder.path().join(certs::SSH_HOST_KEY)).unwrap()
    })
}

/// Made once for all seeds.
async fn empty_database() -> &'static [u8] {
    static EMPTY: OnceCell<Vec<u8>> = OnceCell::const_new();
    let make = || async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("empty.db");
        Store::open_file(&path).await.unwrap().close().await;
        std::fs::read(&path).unwrap()
    };
    EMPTY.get_or_init(make).await
}

fn payer_file(chance: &mut Chance) -> String {
    let release = chance.pick(&["immediate", "every 5m"]);
    let alone_from = chance.pick(&["0", "2"]);
    let after = chance.pick(&["leave", "delete", "move:done"]);
    format!(
        "kind = \"payer\"\nname = \"Blue Star\"\npayer_ids = [\"BSTAR\"]\naccepts = [\"837P\"]\n[interchange]\n\
         qualifier = \"ZZ\"\nid = \"BLUESTAR\"\n[batch]\nrelease = \"{release}\"\nmax_claims = 3\nalone_from = {alone_from}\n[endpoint]\n\
         type = \"sftp\"\nhost = \"{HOST}\"\nport = 22\nuser = \"claimgate\"\nprivate_key = \"key\"\nhost_key = \"{KEY}\"\n\
         upload_to = \"inbound\"\ncollect_from = [\"outbound\"]\ncollect_every = \"1m\"\nafter_collect = \"{after}\"\n\
         file_name = \"{{payer}}_{{date}}_{{time}}_{{batch}}.837\"\n[limits]\nrequests = \"600000/min\"\nconnections = 1\n\
         [retry]\nfirst = \"30s\"\nmax = \"30m\"\ngive_up_after = \"3d\"\n"
    )
}
