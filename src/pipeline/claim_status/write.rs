//! Writes the 277 (005010X212): the levels of the question as they came, and under each what is known of the claims.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::lines::SaidLine;
use super::plan::{Decided, NOT_FOUND, Said};
use super::read::Asked;
use crate::pipeline::answers::outgoing::Outgoing;
use crate::store::asked_claims::AskedClaim;
use crate::x12::Delimiters;

pub(super) const GUIDE: &str = "005010X212";
/// Characters of STC09.
const TRACE_CHARACTERS_MAX: usize = 16;

pub(super) struct Pen<'a> {
    pub out: &'a mut Outgoing,
    pub zone: &'a TimeZone,
    /// `20261122` and `0705`.
    pub date: &'a str,
    pub time: &'a str,
}

impl Pen<'_> {
    pub fn begin(&mut self, reference: &str) {
        self.out.begin_transaction("277", GUIDE);
        self.out.segment(&["BHT", "0010", "08", reference, self.date, self.time, "DG"]);
    }

    /// HL or NM1 of the question.
    pub fn level(&mut self, segment: &[u8], from: Delimiters) {
        self.out.copy(segment, from);
    }

    pub fn not_found(&mut self, asked: &Asked, from: Delimiters) {
        self.out.segment(&["TRN", "2", &asked.reference]);
        self.out.segment_with_composite(&["STC", NOT_FOUND, self.date], 1);
        // REF before DTP, in whichever order they were asked.
        let mut words: Vec<&[u8]> = asked.own_words.iter().map(|words| words.reveal().as_slice()).collect();
        words.sort_by_key(|words| words.starts_with(b"DTP"));
        words.into_iter().for_each(|words| self.out.copy(words, from));
    }

    pub fn claim(&mut self, asked: &Asked, claim: &AskedClaim, said: &Said) {
        self.out.segment(&["TRN", "2", &asked.reference]);
        let (at, charge) = (self.day(said.at), claim.charge.to_x12());
        let voucher = match &said.decided {
            Decided::No => {
                self.out.segment_with_composite(&["STC", &said.code, &at, "", &charge], 1);
                None
            }
            Decided::By(payment) => {
                let (paid, remitted) = (claim.paid.to_x12(), payment.payment_date.replace('-', ""));
                let fits = payment.trace.len() <= TRACE_CHARACTERS_MAX;
                let trace = if fits { payment.trace.as_str() } else { "" };
                let stc = ["STC", &said.code, &at, "", &charge, &paid, &remitted, "", &remitted, trace];
                self.out.segment_with_composite(&stc, 1);
                (!fits).then_some(payment.trace.as_str())
            }
        };
        self.numbers(claim, voucher);
        let (from, to) = (claim.service_from.replace('-', ""), claim.service_to.replace('-', ""));
        match (from.is_empty(), from == to) {
            (true, _) => {}
            (false, true) => self.out.segment(&["DTP", "472", "D8", &from]),
            (false, false) => self.out.segment(&["DTP", "472", "RD8", &format!("{from}-{to}")]),
        }
    }

    /// 2220 of the claim.
    pub fn line(&mut self, line: &SaidLine, at: i64) {
        let (charge, paid) = (line.charge.to_x12(), line.paid.to_x12());
        let svc = ["SVC", &line.procedure, &charge, &paid, &line.revenue_code, "", "", &line.units];
        self.out.segment_with_composite(&svc, 1);
        let at = self.day(at);
        self.out.segment_with_composite(&["STC", &line.code, &at], 1);
        if !line.control_number.is_empty() {
            self.out.segment(&["REF", "FJ", &line.control_number]);
        }
        let format = if line.period.contains('-') { "RD8" } else { "D8" };
        self.out.segment(&["DTP", "472", format, &line.period]);
    }

    fn numbers(&mut self, claim: &AskedClaim, voucher: Option<&str>) {
        if let Some(number) = claim.payer_claim_control_number.as_ref().filter(|number| !number.reveal().is_empty()) {
            self.out.segment(&["REF", "1K", number.reveal()]);
        }
        if claim.kind == "837I" {
            self.out.segment(&["REF", "BLT", &format!("{}{}", claim.facility, claim.frequency)]);
        }
        self.out.segment(&["REF", "EJ", claim.patient_control_number.reveal()]);
        if let Some(voucher) = voucher {
            self.out.segment(&["REF", "VV", voucher]);
        }
        self.out.segment(&["REF", "D9", &claim.id.trace_number()]);
    }

    fn day(&self, ms: i64) -> String {
        match Timestamp::from_millisecond(ms) {
            Ok(at) => at.to_zoned(self.zone.clone()).strftime("%Y%m%d").to_string(),
            Err(_) => self.date.to_string(),
        }
    }
}
