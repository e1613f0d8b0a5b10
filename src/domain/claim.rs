//! A claim's kind, and its life: the states of the contract and the moves between them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ClaimKind {
    #[serde(rename = "837P")]
    Professional,
    #[serde(rename = "837I")]
    Institutional,
    #[serde(rename = "837D")]
    Dental,
}

impl ClaimKind {
    pub const ALL: [ClaimKind; 3] = [ClaimKind::Professional, ClaimKind::Institutional, ClaimKind::Dental];

    pub fn as_str(self) -> &'static str {
        match self {
            ClaimKind::Professional => "837P",
            ClaimKind::Institutional => "837I",
            ClaimKind::Dental => "837D",
        }
    }

    /// The guide id sent in GS08 and ST03.
    pub fn guide(self) -> &'static str {
        match self {
            ClaimKind::Professional => "005010X222A1",
            ClaimKind::Institutional => "005010X223A2",
            ClaimKind::Dental => "005010X224A2",
        }
    }
}

impl fmt::Display for ClaimKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ClaimKind {
    type Err = String;
    fn from_str(text: &str) -> Result<ClaimKind, String> {
        ClaimKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no kind of claim: 837P, 837I or 837D"))
    }
}

macro_rules! statuses {
    ($($(#[$doc:meta])* $variant:ident = $code:literal $name:literal,)*) => {
        /// Where a claim is. The numbers are the store's and never change their meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ClaimStatus { $($(#[$doc])* $variant = $code,)* }

        impl ClaimStatus {
            pub const ALL: &'static [ClaimStatus] = &[$(ClaimStatus::$variant,)*];
            pub fn as_str(self) -> &'static str {
                match self { $(ClaimStatus::$variant => $name,)* }
            }
            pub fn code(self) -> i64 { self as i64 }
            pub fn from_code(code: i64) -> Option<ClaimStatus> {
                match code { $($code => Some(ClaimStatus::$variant),)* _ => None }
            }
        }
    };
}

statuses! {
    /// Read from a submission whose checks are still running.
    Received = 0 "received",
    /// Refused by the gateway: by TA1, 999 or 277CA.
    Rejected = 1 "rejected",
    /// Checked and good, waiting for its payer's batch.
    Accepted = 2 "accepted",
    /// In a batch whose window is open, or that is being built or sent.
    Batched = 3 "batched",
    /// In a file that is at the payer.
    Sent = 4 "sent",
    /// The payer's TA1, 999 or 277CA A0/A1 says it has it.
    PayerReceived = 5 "payer_received",
    /// Refused by the payer before adjudication: TA1, 999 or 277CA.
    PayerRejected = 6 "payer_rejected",
    /// Taken into adjudication: 277CA A2 or A5.
    PayerAccepted = 7 "payer_accepted",
    /// In adjudication, as a 277 said.
    Pending = 8 "pending",
    Paid = 9 "paid",
    PartiallyPaid = 10 "partially_paid",
    Denied = 11 "denied",
    /// An earlier payment was taken back and nothing has replaced it.
    Reversed = 12 "reversed",
    /// The payer passed it to another payer, whose answer is awaited.
    Forwarded = 13 "forwarded",
}

impl fmt::Display for ClaimStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ClaimStatus {
    type Err = String;
    fn from_str(text: &str) -> Result<ClaimStatus, String> {
        ClaimStatus::ALL.iter().copied().find(|status| status.as_str() == text).ok_or_else(|| {
            let names: Vec<_> = ClaimStatus::ALL.iter().map(|status| status.as_str()).collect();
            format!("`{text}` is no claim status; one of {}", names.join(", "))
        })
    }
}

impl ClaimStatus {
    /// How far along a claim is. Answers come in any order, late or twice; an answer moves a claim only
    /// forward, so that each order ends the same.
    fn rank(self) -> u8 {
        match self {
            ClaimStatus::Received => 0,
            ClaimStatus::Accepted => 1,
            ClaimStatus::Batched => 2,
            ClaimStatus::Sent => 3,
            ClaimStatus::PayerReceived => 4,
            ClaimStatus::PayerAccepted => 5,
            ClaimStatus::Pending => 6,
            ClaimStatus::PayerRejected => 7,
            ClaimStatus::Rejected
            | ClaimStatus::Paid
            | ClaimStatus::PartiallyPaid
            | ClaimStatus::Denied
            | ClaimStatus::Reversed
            | ClaimStatus::Forwarded => 8,
        }
    }

    /// The state after an answer that says `said`: the further one. What money says is last and is
    /// recomputed from all payments, see `pipeline::remit`.
    pub fn after(self, said: ClaimStatus) -> ClaimStatus {
        if said.rank() > self.rank() || (said.rank() == 8 && self != ClaimStatus::Rejected) { said } else { self }
    }

    /// True when nothing more is awaited of anyone.
    pub fn is_final(self) -> bool {
        match self {
            ClaimStatus::Rejected
            | ClaimStatus::PayerRejected
            | ClaimStatus::Paid
            | ClaimStatus::PartiallyPaid
            | ClaimStatus::Denied
            | ClaimStatus::Reversed => true,
            ClaimStatus::Received
            | ClaimStatus::Accepted
            | ClaimStatus::Batched
            | ClaimStatus::Sent
            | ClaimStatus::PayerReceived
            | ClaimStatus::PayerAccepted
            | ClaimStatus::Pending
            | ClaimStatus::Forwarded => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_reads_back_by_name_and_by_number() {
        for &status in ClaimStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
            assert_eq!(ClaimStatus::from_code(status.code()), Some(status));
        }
        assert!("lost".parse::<ClaimStatus>().unwrap_err().contains("payer_accepted"));
    }

    #[test]
    fn an_acknowledgment_that_comes_late_does_not_take_a_claim_back() {
        let check = |from: ClaimStatus, said, to| assert_eq!(from.after(said), to);
        check(ClaimStatus::PayerAccepted, ClaimStatus::PayerReceived, ClaimStatus::PayerAccepted);
        check(ClaimStatus::Paid, ClaimStatus::PayerAccepted, ClaimStatus::Paid);
        check(ClaimStatus::Paid, ClaimStatus::Reversed, ClaimStatus::Reversed);
        check(ClaimStatus::Sent, ClaimStatus::Paid, ClaimStatus::Paid);
        check(ClaimStatus::PayerRejected, ClaimStatus::Paid, ClaimStatus::Paid);
        check(ClaimStatus::Rejected, ClaimStatus::Paid, ClaimStatus::Rejected);
    }

    /// Where a claim comes to that was sent and is answered so, in every order and each answer up to twice.
    fn ends(from: ClaimStatus, left: &mut Vec<ClaimStatus>, found: &mut Vec<ClaimStatus>) {
        if left.is_empty() && !found.contains(&from) {
            found.push(from);
        }
        for n in 0..left.len() {
            let one = left.remove(n);
            ends(from.after(one), left, found);
            left.insert(n, one);
        }
    }

    #[test]
    fn answers_in_any_order_and_twice_end_in_the_same_state() {
        use ClaimStatus::{Denied, Paid, PayerAccepted, PayerReceived, PayerRejected, Pending, Sent};
        let answers = [PayerReceived, PayerRejected, PayerAccepted, Pending];
        for end in [None, Some(Paid), Some(Denied)] {
            for chosen in 0..1u32 << answers.len() {
                let picked = answers.iter().enumerate().filter(|(n, _)| chosen & (1 << n) != 0).map(|(_, one)| *one);
                let said: Vec<ClaimStatus> = picked.chain(end).collect();
                let mut twice = said.clone();
                twice.extend(said.iter().take(2));
                for mut left in [said.clone(), twice] {
                    let mut found = Vec::new();
                    ends(Sent, &mut left, &mut found);
                    assert_eq!(found.len(), 1, "{said:?} ends as {found:?}");
                }
            }
        }
    }

    #[test]
    fn no_answer_moves_a_claim_backwards() {
        for &status in ClaimStatus::ALL {
            assert_eq!(status.after(status), status, "a state stays when it is said again");
        }
        for &from in ClaimStatus::ALL {
            for &said in ClaimStatus::ALL {
                let to = from.after(said);
                assert!(to == from || to == said, "{from} after {said} is {to}");
                assert!(
                    !from.is_final() || to.is_final() || to == ClaimStatus::Forwarded,
                    "{from} after {said} is {to}"
                );
            }
        }
    }
}
