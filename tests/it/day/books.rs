//! A payer's own books: what it said of each claim and what it paid, kept beside the files that it leaves.

use std::collections::BTreeMap;

use super::super::x12::Claim;

/// What one CLP does to a claim.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// In cents; negative in a reversal.
    pub paid: i64,
    /// Whether charges were denied.
    pub denied: bool,
    pub reversal: bool,
    /// By what the sums were made, so that a reversal has the same.
    pub mood: usize,
    pub number: usize,
}

/// One claim at its payer.
#[derive(Clone)]
pub struct Account {
    pub claim: Claim,
    /// TA1 or 999 of its file reached the gateway.
    pub received: bool,
    /// Its 277CA did, and took or refused it.
    pub taken: Option<bool>,
    pub entries: Vec<Entry>,
}

impl Account {
    pub fn paid(&self) -> i64 {
        self.entries.iter().map(|entry| entry.paid).sum()
    }

    /// The last payment that no reversal took back.
    pub fn standing(&self) -> Option<Entry> {
        let mut standing: Vec<Entry> = Vec::new();
        for entry in &self.entries {
            if entry.reversal {
                standing.pop();
            } else {
                standing.push(*entry);
            }
        }
        standing.pop()
    }

    /// The status that follows from what was told, and from nothing that got lost.
    pub fn status(&self) -> &'static str {
        match (self.standing(), self.taken) {
            (Some(entry), _) if entry.paid > 0 && entry.denied => "partially_paid",
            (Some(entry), _) if entry.paid > 0 => "paid",
            (Some(_), _) => "denied",
            (None, _) if !self.entries.is_empty() => "reversed",
            (None, Some(true)) => "payer_accepted",
            (None, Some(false)) => "payer_rejected",
            (None, None) if self.received => "payer_received",
            (None, None) => "sent",
        }
    }
}

/// By trace number, and the sums of all that was remitted, each remittance once.
#[derive(Default)]
pub struct Books {
    pub accounts: BTreeMap<String, Account>,
    pub remittances: usize,
    /// BPR02.
    pub paid: i64,
    /// PLB.
    pub adjusted: i64,
    /// Paid on claims that never went through the gateway.
    pub strangers: i64,
    /// BPR02 of remittances that do not add up.
    pub held_payment: i64,
}

impl Books {
    pub fn enter(&mut self, claims: &[Claim]) {
        for claim in claims {
            let account = Account { claim: claim.clone(), received: false, taken: None, entries: Vec::new() };
            let before = self.accounts.insert(claim.trace.clone(), account);
            assert!(before.is_none(), "{} is at its payer twice", claim.trace);
        }
    }

    pub fn account(&mut self, claim: &Claim) -> &mut Account {
        self.accounts.get_mut(&claim.trace).expect("it was entered when it came")
    }

    /// On claims of the gateway, in remittances that add up.
    pub fn on_claims(&self) -> i64 {
        self.accounts.values().map(Account::paid).sum()
    }
}
