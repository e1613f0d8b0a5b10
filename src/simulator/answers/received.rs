//! An 837 as a payer's mail room sees it: what could be told, with what could not left empty.
//!
//! Nothing in here derives `Debug`: a submitter may try the simulated payers with claims of real patients.

use std::sync::Arc;

use crate::domain::Cents;
use crate::simulator::pen::Party;
use crate::x12::Delimiters;

/// One interchange.
pub struct Received {
    pub delimiters: Delimiters,
    pub sender: Party,
    pub receiver: Party,
    /// ISA09 and ISA10.
    pub date: String,
    pub time: String,
    /// ISA13.
    pub control_number: String,
    /// ISA15.
    pub usage: String,
    pub groups: Vec<Group>,
    /// TA105 when the envelope is unsound.
    pub trouble: Option<&'static str>,
}

/// GS to GE.
pub struct Group {
    pub functional_id: String,
    pub control_number: String,
    pub guide: String,
    /// GE01 as it stands there.
    pub declared: String,
    pub transactions: Vec<Transaction>,
    /// AK905.
    pub trouble: Option<&'static str>,
}

/// ST to SE.
pub struct Transaction {
    pub id: String,
    pub control_number: String,
    /// ST03.
    pub guide: String,
    /// BHT03.
    pub reference: String,
    /// NM103 and NM109 of 1000A.
    pub submitter_name: String,
    pub submitter_id: String,
    pub claims: Vec<ReceivedClaim>,
    /// IK502.
    pub trouble: Option<&'static str>,
    /// Read so far, ST included.
    pub(super) segments: usize,
}

/// Who is paid: 2010AA.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Payee {
    /// Empty for a provider without one.
    pub npi: String,
    pub tax_id: String,
    /// NM102, `1` a person or `2` an organisation.
    pub entity: String,
    pub name: String,
    pub first: String,
}

#[derive(Clone, Default)]
pub struct Name {
    pub last: String,
    pub first: String,
}

/// First and last day of a service, CCYYMMDD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Days {
    pub from: String,
    pub to: String,
}

pub struct ReceivedClaim {
    /// CLM01, echoed byte for byte.
    pub number: String,
    pub charge: Cents,
    /// CLM05-1 and CLM05-3.
    pub facility: String,
    pub frequency: String,
    /// True for an 837I, whose CLM05 is a type of bill.
    pub institutional: bool,
    pub payee: Arc<Payee>,
    /// NM109 of 2010BB.
    pub payer_id: String,
    /// SBR09.
    pub filing: String,
    pub member_id: String,
    pub subscriber: Name,
    /// Of the dependent; the subscriber is the patient when `None`.
    pub dependent: Option<Name>,
    /// REF*D9.
    pub trace: String,
    pub service: Option<Days>,
    pub lines: Vec<ReceivedLine>,
}

impl ReceivedClaim {
    pub fn patient(&self) -> &Name {
        self.dependent.as_ref().unwrap_or(&self.subscriber)
    }
}

pub struct ReceivedLine {
    /// SV101, SV202 or SV301 as sent; empty for a revenue code alone.
    pub procedure: String,
    /// SV201.
    pub revenue: String,
    pub charge: Cents,
    pub units: String,
    /// REF*6R; empty when none was sent.
    pub control: String,
    /// LX01.
    pub number: String,
    pub service: Option<Days>,
}
