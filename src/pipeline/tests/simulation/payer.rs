//! A payer with an SFTP server, in memory: it takes files away or lets them lie, answers in any order, some answers
//! twice, and loses connections before or after it has done what it was asked.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use super::Chance;
use super::power::Power;
use crate::link::remote_files::{Dial, RemoteFiles};
use crate::link::sftp_client::RemoteFile;
use crate::link::trouble::{LinkError, Step};
use crate::pipeline::answers::testing::{Pay, SentClaim, ack277ca, ack999, claims_of, era835, remittance, ta1};
use crate::store::sql::fate::Fate;

pub const HOST: &str = "payer.test";

#[derive(Default)]
pub struct Desk {
    /// Contents and time of each file on the server, by path.
    files: BTreeMap<String, (Vec<u8>, u64)>,
    time: u64,
    pub away: bool,
    /// Files that it has looked into.
    seen: BTreeSet<String>,
    /// Claims that it has, by control number, in the file that brought them.
    pub held: BTreeMap<String, (String, SentClaim)>,
    /// Answers that are written and not given yet.
    pub to_give: Vec<String>,
    given: Vec<String>,
    names: u32,
}

/// What becomes of a claim at this payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Paid,
    Denied,
    Refused,
}

/// Decided by the number at the end of the control number.
pub fn end_of(control_number: &str) -> End {
    let number: u32 = control_number.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
    match number % 7 {
        0 => End::Refused,
        1 => End::Denied,
        _ => End::Paid,
    }
}

/// Whole dollars.
pub fn pays(claim: &SentClaim) -> i64 {
    match end_of(&claim.control_number) {
        End::Paid => claim.charge.parse::<i64>().unwrap() - 20,
        End::Denied | End::Refused => 0,
    }
}

#[derive(Clone, Default)]
pub struct Payer {
    pub desk: Arc<Mutex<Desk>>,
    pub power: Power,
}

impl Payer {
    pub fn dial(&self) -> Arc<Dial> {
        let payer = self.clone();
        Arc::new(move |target| {
            let refused = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused).into();
            match payer.power.fate() {
                Fate::Well if payer.desk.lock().unwrap().away => Err(LinkError::NotConnected {
                    host: target.host.clone(),
                    port: 22,
                    source: std::io::Error::other("away"),
                }),
                Fate::Well => Ok(Box::new(payer.clone()) as Box<dyn RemoteFiles>),
                Fate::FailBefore | Fate::FailAfter => {
                    Err(LinkError::HandshakeFailed { host: target.host.clone(), source: refused() })
                }
            }
        })
    }

    /// Looks into the files that count: nothing may come twice. Takes them away, or lets them lie.
    pub fn look(&self, chance: &mut Chance) {
        let mut desk = self.desk.lock().unwrap();
        let counts = |path: &&String| path.starts_with("inbound/") && !path.starts_with("inbound/.");
        let names: Vec<String> = desk.files.keys().filter(counts).cloned().collect();
        for name in names {
            let file = String::from_utf8(desk.files[&name].0.clone()).unwrap();
            if desk.seen.insert(name.clone()) {
                desk.take(&name, &file);
            }
            if chance.one_in(2) {
                desk.files.remove(&name);
            }
        }
    }

    /// Gives one of the answers that are written; now and then the same once more, or in another envelope.
    pub fn give(&self, chance: &mut Chance) -> bool {
        let mut desk = self.desk.lock().unwrap();
        let all = desk.to_give.len() as u64;
        if all == 0 {
            return false;
        }
        let answer = desk.to_give.remove(chance.below(all) as usize);
        desk.leave(&answer);
        if chance.one_in(6) {
            desk.leave(&answer);
        }
        if chance.one_in(6) && answer.contains("\nST*835*") {
            let other = answer
                .replace("*00501*000000910*", "*00501*000000911*")
                .replace("IEA*1*000000910~", "IEA*1*000000911~");
            desk.leave(&other);
        }
        desk.given.push(answer);
        true
    }

    /// Gives an old answer again.
    pub fn repeat(&self, chance: &mut Chance) {
        let mut desk = self.desk.lock().unwrap();
        if !desk.given.is_empty() {
            let old = desk.given[chance.below(desk.given.len() as u64) as usize].clone();
            desk.leave(&old);
        }
    }

    /// Whether a file of this name came to count here.
    pub fn has(&self, name: &str) -> bool {
        let (desk, path) = (self.desk.lock().unwrap(), format!("inbound/{name}"));
        desk.seen.contains(&path) || desk.files.contains_key(&path)
    }

    fn lost(&self, step: Step) -> LinkError {
        LinkError::LostBefore { host: HOST.into(), step, source: "the line is gone".into() }
    }

    fn lost_during(&self, step: Step, bytes_sent: u64) -> LinkError {
        LinkError::LostDuring { host: HOST.into(), step, bytes_sent, source: "the line is gone".into() }
    }

    /// For calls that change nothing.
    fn asked(&self, step: Step) -> Result<std::sync::MutexGuard<'_, Desk>, LinkError> {
        match self.power.fate() {
            Fate::Well => Ok(self.desk.lock().unwrap()),
            Fate::FailBefore | Fate::FailAfter => Err(self.lost(step)),
        }
    }

    /// For calls that change something, which may be done although nobody hears of it.
    fn done(&self, step: Step, change: impl FnOnce(&mut Desk) -> Result<(), LinkError>) -> Result<(), LinkError> {
        let fate = self.power.fate();
        match fate {
            Fate::FailBefore => Err(self.lost_during(step, 0)),
            Fate::Well | Fate::FailAfter => {
                change(&mut self.desk.lock().unwrap())?;
                if fate == Fate::Well { Ok(()) } else { Err(self.lost_during(step, 0)) }
            }
        }
    }
}

fn no_such(path: &str, step: Step) -> LinkError {
    LinkError::NoSuchPath { host: HOST.into(), path: path.into(), step, source: "there is none".into() }
}

impl Desk {
    fn put(&mut self, path: &str, bytes: Vec<u8>) {
        self.time += 1;
        let time = self.time;
        self.files.insert(path.into(), (bytes, time));
    }

    fn leave(&mut self, answer: &str) {
        self.names += 1;
        let path = format!("outbound/a{}", self.names);
        self.put(&path, answer.as_bytes().to_vec());
    }

    fn take(&mut self, name: &str, file: &str) {
        assert!(file.trim_end().ends_with('~') && file.contains("IEA*1*"), "{name} is no whole file");
        let claims = claims_of(file);
        for claim in &claims {
            let before = self.held.insert(claim.control_number.clone(), (name.to_string(), claim.clone()));
            if let Some((first, _)) = before {
                panic!("{} was sent twice: in {first} and in {name}", claim.control_number);
            }
        }
        let trace = format!("EFT{}", claims[0].isa13);
        self.to_give.push(ta1(&claims[0], "A", "000"));
        self.to_give.push(ack999(&claims, &[]));
        let said = |claim: &SentClaim| match end_of(&claim.control_number) {
            End::Refused => (claim.clone(), "A3:33", ""),
            End::Paid | End::Denied => (claim.clone(), "A2:20", ""),
        };
        self.to_give.push(ack277ca(&claims.iter().map(said).collect::<Vec<_>>()));
        self.to_give.extend(money(&claims, &trace));
    }
}

/// The 835 of a file's claims, but for those that were refused.
fn money(claims: &[SentClaim], trace: &str) -> Option<String> {
    const CUT: &[&str] = &["CAS*CO*45*20"];
    let taken: Vec<&SentClaim> = claims.iter().filter(|claim| end_of(&claim.control_number) != End::Refused).collect();
    let nothing: Vec<String> = taken.iter().map(|claim| format!("CAS*CO*50*{}", claim.charge)).collect();
    let nothing: Vec<[&str; 1]> = nothing.iter().map(|cas| [cas.as_str()]).collect();
    let amounts: Vec<String> = taken.iter().map(|claim| pays(claim).to_string()).collect();
    let pay = |n: usize| -> Pay<'_> {
        match end_of(&taken[n].control_number) {
            End::Paid => (taken[n].clone(), "1", amounts[n].as_str(), CUT, ""),
            End::Denied | End::Refused => (taken[n].clone(), "4", "0", &nothing[n], ""),
        }
    };
    let all: Vec<Pay<'_>> = (0..taken.len()).map(pay).collect();
    let total: i64 = taken.iter().map(|claim| pays(claim)).sum();
    (!all.is_empty()).then(|| era835(910, &[remittance("0001", trace, &total.to_string(), &all, &[])]))
}

impl RemoteFiles for Payer {
    /// As the client does it: under a temporary name, then under its own.
    fn put(&self, source: &mut dyn Read, folder: &str, name: &str, bytes: u64) -> Result<(), LinkError> {
        let path = format!("{folder}/{name}");
        if let Some(there) = self.stat(&path)? {
            return Err(LinkError::AlreadyThere { host: HOST.into(), path, bytes: there, wanted: bytes });
        }
        let temporary = format!("{folder}/.{name}.tmp");
        let mut all = Vec::new();
        source.read_to_end(&mut all).map_err(|source| LinkError::SourceUnreadable { host: HOST.into(), source })?;
        match self.power.fate() {
            Fate::Well => self.desk.lock().unwrap().put(&temporary, all),
            Fate::FailBefore => return Err(self.lost(Step::Creating)),
            Fate::FailAfter => {
                // Cut off after half of it, or after all of it and before the answer.
                let got = if bytes.is_multiple_of(2) { all.len() / 2 } else { all.len() };
                all.truncate(got);
                self.desk.lock().unwrap().put(&temporary, all);
                return Err(self.lost_during(Step::Writing, got as u64));
            }
        }
        self.rename(&temporary, &path)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), LinkError> {
        self.done(Step::Renaming, |desk| {
            if desk.files.contains_key(to) {
                return Err(LinkError::RemoteFailed {
                    host: HOST.into(),
                    path: to.into(),
                    step: Step::Renaming,
                    source: "it is there already".into(),
                });
            }
            let (bytes, _) = desk.files.remove(from).ok_or_else(|| no_such(from, Step::Renaming))?;
            desk.put(to, bytes);
            Ok(())
        })
    }

    fn stat(&self, path: &str) -> Result<Option<u64>, LinkError> {
        let desk = self.asked(Step::Checking)?;
        Ok(desk.files.get(path).map(|(bytes, _)| bytes.len() as u64))
    }

    fn look(&self, path: &str) -> Result<Option<RemoteFile>, LinkError> {
        let desk = self.asked(Step::Checking)?;
        let there = |(bytes, time): &(Vec<u8>, u64)| RemoteFile {
            name: path.to_string(),
            bytes: bytes.len() as u64,
            modified: Some(*time),
        };
        Ok(desk.files.get(path).map(there))
    }

    fn list(&self, folder: &str) -> Result<Vec<RemoteFile>, LinkError> {
        let desk = self.asked(Step::Listing)?;
        let inside = format!("{folder}/");
        let files = desk.files.iter().filter_map(|(path, (bytes, time))| {
            let name = path.strip_prefix(&inside)?;
            let visible = !name.starts_with('.');
            visible.then(|| RemoteFile { name: name.into(), bytes: bytes.len() as u64, modified: Some(*time) })
        });
        Ok(files.collect())
    }

    fn get(&self, path: &str, sink: &mut dyn Write) -> Result<u64, LinkError> {
        let fate = self.power.fate();
        let desk = self.desk.lock().unwrap();
        let (bytes, _) = desk.files.get(path).ok_or_else(|| no_such(path, Step::Reading))?;
        let got = if fate == Fate::Well { bytes.len() } else { bytes.len() / 2 };
        sink.write_all(&bytes[..got]).map_err(|source| LinkError::SinkFailed { host: HOST.into(), source })?;
        match fate {
            Fate::Well => Ok(got as u64),
            Fate::FailBefore => Err(self.lost(Step::Reading)),
            Fate::FailAfter => {
                let expected = bytes.len() as u64;
                Err(LinkError::EndedEarly { host: HOST.into(), path: path.into(), expected, got: got as u64 })
            }
        }
    }

    fn remove(&self, path: &str) -> Result<(), LinkError> {
        self.done(Step::Removing, |desk| desk.files.remove(path).map(drop).ok_or_else(|| no_such(path, Step::Removing)))
    }
}
