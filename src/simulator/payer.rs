//! A simulated payer without its line: it is given files and says what to answer and when. What carries the
//! bytes, SFTP or HTTPS, is [`super::sftp_payer`] and [`super::https_payer`]; between them and the payer stands
//! the [`mail_room`].
//!
//! A test asks for trouble with [`Payer::set_faults`]; it lasts until the next call.

mod book;
pub mod mail_room;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::civil::DateTime;
use tokio::sync::watch;

use self::book::Book;
pub use self::book::Tally;
use super::answers::acknowledgments::{Syntax, acknowledgment, interchange_verdict, ta1};
use super::answers::adjudication::Round;
use super::answers::claim_status::claim_acknowledgment;
use super::answers::remittance::{ProviderLevel, remittance};
use super::answers::{Identity, Letter, Received, Terms, read};

/// A file that will lie ready for the gateway.
#[derive(Clone, PartialEq, Eq)]
pub struct Plan {
    pub after: Duration,
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Whether a payer can be reached at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Open,
    /// Connections are refused.
    Shut,
    /// Connections are taken, then nothing is said for so long.
    Slow(Duration),
}

/// Takes files and plans answers. What stands behind a line; a test may put its own there.
pub trait TakesFiles: Send + Sync + 'static {
    /// The door, and word of each change of it.
    fn door(&self) -> watch::Receiver<Door>;

    /// `at` is the payer's own time of the day.
    fn take(&self, name: &str, bytes: &[u8], at: DateTime) -> Vec<Plan>;
}

/// Something that goes wrong at a payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    RefuseConnections,
    /// Every connection waits so long before the first word.
    Stall(Duration),
    /// Half of each answer is all there ever is.
    TruncateAnswers,
    /// Half of each answer lies there first, under its name; the whole so much later.
    WriteSlowly(Duration),
    /// Each answer lies there twice, under two names, byte for byte the same.
    AnswerTwice,
    /// TA1 R, and nothing else.
    RefuseInterchanges,
    /// 999 R for all that comes, and nothing after it.
    RefuseGroups,
    NoClaimAcknowledgment,
    /// The same payments again in an interchange of their own.
    DuplicateRemittance,
    /// Takes files and never answers.
    Silence,
}

/// How long after a file each answer is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delays {
    pub ta1: Duration,
    pub acknowledgment: Duration,
    pub claim_acknowledgment: Duration,
    pub remittance: Duration,
    pub correction: Duration,
}

impl Delays {
    pub const NONE: Delays = Delays::steps(Duration::ZERO);

    /// One answer a step.
    pub const fn steps(step: Duration) -> Delays {
        Delays {
            ta1: step,
            acknowledgment: step.saturating_mul(2),
            claim_acknowledgment: step.saturating_mul(3),
            remittance: step.saturating_mul(4),
            correction: step.saturating_mul(5),
        }
    }
}

#[derive(Clone, Debug)]
pub struct PayerSettings {
    pub identity: Identity,
    pub terms: Terms,
    pub delays: Delays,
    pub provider_level: ProviderLevel,
    /// ISA13 of its first answer; later ones count up. A payer that starts anew before a gateway that knows it
    /// must not begin with numbers it has used.
    pub first_control_number: u32,
}

/// A payer that answers every file with TA1, 999, 277CA and 835.
pub struct Payer {
    settings: PayerSettings,
    control_number: AtomicU32,
    faults: Mutex<Vec<Fault>>,
    door: watch::Sender<Door>,
    book: Mutex<Book>,
}

impl Payer {
    pub fn new(settings: PayerSettings) -> Payer {
        let control_number = AtomicU32::new(settings.first_control_number);
        let (door, _) = watch::channel(Door::Open);
        Payer { settings, control_number, faults: Mutex::default(), door, book: Mutex::default() }
    }

    pub fn identity(&self) -> &Identity {
        &self.settings.identity
    }

    /// Replaces all faults. Answers already planned stay as they are.
    pub fn set_faults(&self, faults: &[Fault]) {
        let stall = faults.iter().find_map(|fault| if let Fault::Stall(time) = fault { Some(*time) } else { None });
        let door = match (faults.contains(&Fault::RefuseConnections), stall) {
            (true, _) => Door::Shut,
            (false, Some(time)) => Door::Slow(time),
            (false, None) => Door::Open,
        };
        *lock(&self.faults) = faults.to_vec();
        self.door.send_replace(door);
    }

    /// What came and what became of it, by the payer's own count.
    pub fn tally(&self) -> Tally {
        lock(&self.book).tally()
    }

    fn letter(&self, at: DateTime) -> Letter<'_> {
        let control_number = self.control_number.fetch_add(1, Ordering::Relaxed);
        Letter { from: &self.settings.identity, at, control_number }
    }

    fn answer(&self, received: &Received, at: DateTime, faults: &[Fault]) -> Vec<Plan> {
        let has = |fault| faults.contains(&fault);
        let refuse = |fault| if has(fault) { Syntax::RefuseAll } else { Syntax::AsFound };
        let PayerSettings { terms, delays, provider_level, .. } = &self.settings;
        let mut plans = Vec::new();
        let mut answer = |after, kind, write: &dyn Fn(&Letter<'_>) -> Option<Vec<u8>>| {
            let letter = self.letter(at);
            let name = format!("{}_{:09}_{kind}.x12", letter.from.payer_id, letter.control_number);
            plans.extend(write(&letter).map(|bytes| Plan { after, name, bytes }));
        };
        let envelope = refuse(Fault::RefuseInterchanges);
        answer(delays.ta1, "TA1", &|letter| Some(ta1(letter, received, envelope)));
        if interchange_verdict(received, envelope).0 == "R" {
            return plans;
        }
        let syntax = refuse(Fault::RefuseGroups);
        answer(delays.acknowledgment, "999", &|letter| Some(acknowledgment(letter, received, syntax)));
        if syntax == Syntax::RefuseAll {
            return plans;
        }
        if !has(Fault::NoClaimAcknowledgment) {
            let write = |letter: &Letter<'_>| claim_acknowledgment(letter, received, terms);
            answer(delays.claim_acknowledgment, "277CA", &write);
        }
        for (after, round) in [(delays.remittance, Round::First), (delays.correction, Round::Correction)] {
            let write = |letter: &Letter<'_>| remittance(letter, received, terms, round, *provider_level);
            answer(after, "835", &write);
            if has(Fault::DuplicateRemittance) {
                answer(after, "835", &write);
            }
        }
        plans
    }
}

impl TakesFiles for Payer {
    fn door(&self) -> watch::Receiver<Door> {
        self.door.subscribe()
    }

    fn take(&self, _name: &str, bytes: &[u8], at: DateTime) -> Vec<Plan> {
        let faults = lock(&self.faults).clone();
        let mut plans = Vec::new();
        let interchanges = read(bytes);
        for received in &interchanges {
            // A TA1 or 999 of the gateway is not answered, or the two would thank each other for ever.
            if received.groups.iter().any(|group| group.functional_id == "HC") {
                plans.extend(self.answer(received, at, &faults));
            }
        }
        lock(&self.book).enter(&interchanges, &self.settings.terms, &faults);
        faults.iter().fold(plans, |plans, fault| spoil(plans, *fault))
    }
}

/// What a fault does to answers that are written.
fn spoil(plans: Vec<Plan>, fault: Fault) -> Vec<Plan> {
    let half = |plan: &Plan| Plan { bytes: plan.bytes[..plan.bytes.len() / 2].to_vec(), ..plan.clone() };
    match fault {
        Fault::TruncateAnswers => plans.iter().map(half).collect(),
        Fault::WriteSlowly(later) => {
            let halves: Vec<Plan> = plans.iter().map(half).collect();
            let wholes = plans.into_iter().map(|plan| Plan { after: plan.after + later, ..plan });
            halves.into_iter().chain(wholes).collect()
        }
        Fault::AnswerTwice => {
            let again = plans.iter().map(|plan| Plan { name: format!("again_{}", plan.name), ..plan.clone() });
            let again: Vec<Plan> = again.collect();
            plans.into_iter().chain(again).collect()
        }
        Fault::Silence => Vec::new(),
        Fault::RefuseConnections
        | Fault::Stall(_)
        | Fault::RefuseInterchanges
        | Fault::RefuseGroups
        | Fault::NoClaimAcknowledgment
        | Fault::DuplicateRemittance => plans,
    }
}

/// A simulated payer that panicked in one call still answers the next.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
