//! The whole-file check: one pass over the bytes, memory that does not grow with the file, every verdict told to a
//! [`Sink`] as it is reached.

use std::borrow::Cow;
use std::io::{self, Cursor, Read};
use std::sync::LazyLock;

use self::telling::add_code;
use super::ahead::{self, Judge, Stepped};
use super::answers::Answers;
use super::claim::tag;
use super::context;
use super::fingerprint;
use super::remembered::Remembered;
use super::settings::Settings;
use super::sink::{
    CheckedClaim, CheckedGroup, CheckedInterchange, CheckedTransaction, Party, Sink, Summary, SyntaxVerdict, Tally,
    Verdict,
};
use super::sniff::{self, Headed};
use super::supported;
use super::ta1;
use super::walked::{self, Above, Rulebook, Walked};
use crate::domain::finding::{Place, StatusCode};
use crate::domain::{ClaimKind, Finding};
use crate::edits::catalogue::{self, lookup};
use crate::edits::report::Hit;
use crate::guide::{Found, Guide, Guides, Standing, Step};
use crate::x12::envelope::{Group, GroupEnd, Interchange, InterchangeEnd, Transaction, TransactionEnd};
use crate::x12::segment::text_of;
use crate::x12::{Event, Reader, Segment};

mod telling;

/// Checks a file, on two cores where there are two and the file is worth it. `Err` is trouble of `source` or of
/// `sink`; whatever is wrong with the file is a finding.
pub fn check<R: Read + Send, S: Sink>(
    mut source: R,
    guides: &Guides,
    settings: &Settings<'_>,
    sink: &mut S,
) -> io::Result<Summary> {
    let enough = settings.reading.two_cores_bytes_min;
    let mut begin = Vec::with_capacity(enough.min(16 * 1024));
    source.by_ref().take(enough as u64).read_to_end(&mut begin)?;
    if begin.len() < enough || cores() < 2 {
        return check_on_one_core(Cursor::new(begin).chain(source), guides, settings, sink);
    }
    let mut source = Headed::new(Cursor::new(begin).chain(source));
    let mut checker = Checker::new(guides, settings, sink);
    let reader = Reader::with_room(&mut source, settings.reading.room);
    let bytes = ahead::on_two_cores(reader, guides, &mut checker)?;
    Ok(checker.summary(source.head(), bytes))
}

/// Checks a file on the core of the caller; see [`check`].
pub fn check_on_one_core<R: Read, S: Sink>(
    source: R,
    guides: &Guides,
    settings: &Settings<'_>,
    sink: &mut S,
) -> io::Result<Summary> {
    let mut source = Headed::new(source);
    let mut checker = Checker::new(guides, settings, sink);
    let bytes = ahead::here(Reader::with_room(&mut source, settings.reading.room), guides, &mut checker)?;
    Ok(checker.summary(source.head(), bytes))
}

fn cores() -> usize {
    static CORES: LazyLock<usize> = LazyLock::new(|| std::thread::available_parallelism().map_or(1, usize::from));
    *CORES
}

struct Checker<'c, S> {
    guides: &'c Guides,
    settings: &'c Settings<'c>,
    sink: &'c mut S,
    summary: Summary,
    walked: Walked,
    answers: Answers<'c>,
    /// Fingerprints of claims accepted so far, and what names them.
    seen: Remembered,
    named: Remembered,
    numbers: context::NumbersUsed,
    interchange: OpenInterchange,
    /// TA1 codes of headers that were damaged, by where they begin: told before their interchange opens.
    ahead: Vec<(u64, Cow<'static, str>)>,
    group: OpenGroup,
    transaction: OpenTransaction<'c>,
}

#[derive(Default)]
struct OpenInterchange {
    open: bool,
    control: String,
    codes: Vec<Cow<'static, str>>,
    claims: Tally,
    marks: (u64, u64),
}

#[derive(Default)]
struct OpenGroup {
    facts: Group,
    codes: Vec<Cow<'static, str>>,
    received: u32,
    accepted: u32,
    with_errors: u32,
    claims: Tally,
    marks: (u64, u64),
}

#[derive(Default)]
struct OpenTransaction<'c> {
    guide: Option<&'c Guide>,
    kind: Option<ClaimKind>,
    place: Place,
    codes: Vec<Cow<'static, str>>,
    rejected: bool,
    syntax: Vec<Finding>,
    told: usize,
    errors_told: usize,
    /// Findings of a subscriber or patient, told with the first claim under it.
    held: Vec<(Standing, Finding)>,
    refusal: Vec<StatusCode>,
    /// A remittance whose money does not add up.
    unsound: bool,
    /// TRN02 that names what is being read, in a transaction without claims of its own.
    trace: Option<String>,
    claims: Tally,
    marks: (u64, u64),
}

impl<S: Sink> Judge for Checker<'_, S> {
    #[inline]
    fn segment(
        &mut self,
        segment: &Segment<'_>,
        position: u32,
        step: Option<&Step>,
        found: &mut Vec<Found>,
    ) -> io::Result<()> {
        let Some(step) = step.filter(|_| self.transaction.guide.is_some()) else {
            found.clear();
            return Ok(());
        };
        if self.transaction.kind.is_none() {
            walked::note_trace(&mut self.transaction.trace, segment);
        }
        if !found.is_empty() {
            self.blame_open(segment, found)?;
        }
        if self.walked.leaves_claim(step) {
            self.close_claim(segment.offset)?;
        }
        self.walked.enter(step, segment);
        if step.opens_claim && self.transaction.kind.is_none() {
            self.transaction.claims.add(Verdict::Accepted, Default::default());
        }
        if !found.is_empty() {
            let name = if step.opens_claim { segment.element(1) } else { b"" };
            for found in found.drain(..) {
                self.blame(found, name)?;
            }
        }
        if self.answers.segment(step, segment, position) {
            self.tell_answers()?;
        }
        if step.node.is_some() && self.transaction.kind.is_some() {
            self.walked.keep(step, segment, position);
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'_>, fresh: &mut Vec<Finding>, mut stepped: Stepped) -> io::Result<()> {
        match event {
            Event::Segment(segment, position) => {
                self.envelope_findings(fresh)?;
                self.segment(&segment, position, stepped.step.as_ref(), &mut stepped.found)
            }
            Event::InterchangeStart(interchange) => self.interchange_start(interchange, fresh),
            Event::Ta1(segment) => {
                ta1::check(self.guides, &segment, &self.place(None), fresh);
                self.envelope_findings(fresh)?;
                self.sink.ta1(&segment)
            }
            Event::GroupStart(group) => self.group_start(group, fresh),
            Event::TransactionStart(transaction, st) => self.transaction_start(transaction, &st, fresh, &mut stepped),
            Event::TransactionEnd(end, se) => self.transaction_end(end, se.as_ref(), fresh, &mut stepped),
            Event::GroupEnd(end) => self.group_end(end, fresh),
            Event::InterchangeEnd(end) => self.interchange_end(end, fresh),
            Event::Stray(_) | Event::Damage(_) => self.envelope_findings(fresh),
        }
    }
}

impl<'c, S: Sink> Checker<'c, S> {
    fn new(guides: &'c Guides, settings: &'c Settings<'c>, sink: &'c mut S) -> Checker<'c, S> {
        Checker {
            guides,
            settings,
            sink,
            summary: Summary::default(),
            walked: Walked::default(),
            answers: Answers::default(),
            seen: Remembered::default(),
            named: Remembered::default(),
            numbers: context::NumbersUsed::default(),
            interchange: OpenInterchange::default(),
            ahead: Vec::new(),
            group: OpenGroup::default(),
            transaction: OpenTransaction::default(),
        }
    }

    fn summary(mut self, head: &[u8], bytes: u64) -> Summary {
        self.summary.bytes = bytes;
        self.summary.form_only = self.settings.codes.without_list(self.walked.lists);
        if self.summary.interchanges == 0 {
            self.summary.refused = Some(sniff::refusal(head, bytes));
        }
        self.summary
    }

    fn interchange_start(&mut self, interchange: &Interchange, fresh: &mut Vec<Finding>) -> io::Result<()> {
        self.summary.interchanges += 1;
        self.seen.settle();
        self.named.settle();
        let (control, marks) = (interchange.control.clone(), self.marks());
        let codes = self.ahead.drain(..).filter(|(at, _)| *at == interchange.offset).map(|(_, code)| code).collect();
        self.interchange = OpenInterchange { open: true, control, marks, codes, ..OpenInterchange::default() };
        self.sink.interchange_start(interchange)?;
        self.numbers.judge(interchange, fresh);
        if let Some(context) = &self.settings.context {
            context::interchange(context, interchange, fresh);
        }
        self.envelope_findings(fresh)
    }

    fn interchange_end(&mut self, end: &InterchangeEnd, fresh: &mut Vec<Finding>) -> io::Result<()> {
        self.envelope_findings(fresh)?;
        let OpenInterchange { codes, mut claims, marks, .. } = std::mem::take(&mut self.interchange);
        let verdict = if codes.is_empty() { Verdict::Accepted } else { Verdict::Rejected };
        match verdict {
            Verdict::Accepted => self.numbers.accepted(&end.interchange),
            Verdict::Rejected => {
                claims = claims.all_rejected();
                self.summary.interchanges_rejected += 1;
                self.forget_since(marks);
            }
        }
        self.summary.claims.merge(claims);
        let code = codes.first().map_or("000", |code| &**code);
        let (interchange, groups, ta1s) = (&end.interchange, end.groups, end.ta1s);
        self.sink.interchange_end(&CheckedInterchange { interchange, verdict, code, groups, ta1s })
    }

    fn group_start(&mut self, group: &Group, fresh: &mut Vec<Finding>) -> io::Result<()> {
        self.summary.groups += 1;
        self.summary.guide.get_or_insert_with(|| group.version.clone());
        self.group = OpenGroup { facts: group.clone(), marks: self.marks(), ..OpenGroup::default() };
        self.sink.group_start(group)?;
        let place = self.place(None);
        supported::group(self.guides, group, self.settings.context.as_ref(), &place, fresh);
        self.envelope_findings(fresh)
    }

    fn group_end(&mut self, end: &GroupEnd, fresh: &mut Vec<Finding>) -> io::Result<()> {
        self.envelope_findings(fresh)?;
        let group = std::mem::take(&mut self.group);
        let refused = !group.codes.is_empty();
        if refused {
            self.forget_since(group.marks);
        }
        let verdict = match (refused, group.accepted, group.received) {
            (true, _, _) => SyntaxVerdict::Rejected,
            (false, 0, 1..) => SyntaxVerdict::Rejected,
            (false, accepted, received) if accepted < received => SyntaxVerdict::Partly,
            (false, _, _) if group.with_errors > 0 => SyntaxVerdict::AcceptedWithErrors,
            (false, _, _) => SyntaxVerdict::Accepted,
        };
        self.interchange.claims.merge(if refused { group.claims.all_rejected() } else { group.claims });
        self.sink.group_end(&CheckedGroup {
            group: &end.group,
            verdict,
            codes: &group.codes,
            stated: end.stated_transactions.as_deref(),
            received: group.received,
            accepted: if refused { 0 } else { group.accepted },
        })
    }

    fn transaction_start(
        &mut self,
        transaction: &Transaction,
        st: &Segment<'_>,
        fresh: &mut Vec<Finding>,
        stepped: &mut Stepped,
    ) -> io::Result<()> {
        self.summary.transactions += 1;
        self.group.received += 1;
        self.walked.start();
        self.transaction = OpenTransaction {
            marks: self.marks(),
            syntax: std::mem::take(&mut self.transaction.syntax),
            ..OpenTransaction::default()
        };
        self.transaction.syntax.clear();
        self.transaction.place = self.place(Some(&transaction.control));
        let refused = self.group.codes.iter().any(|code| supported::GROUP_CODES.contains(&&**code));
        let guide = match refused {
            true => None,
            false => {
                supported::transaction(self.guides, &self.group.facts, transaction, &self.transaction.place, fresh)
            }
        };
        self.transaction.guide = guide;
        self.transaction.kind = guide.and_then(|guide| guide.kind.parse().ok());
        self.answers.start(self.settings.codes, guide);
        self.sink.transaction_start(transaction, guide)?;
        self.envelope_findings(fresh)?;
        self.segment(st, 1, stepped.step.as_ref(), &mut stepped.found)
    }

    /// The numbers of the envelopes that are open.
    fn place(&self, transaction: Option<&str>) -> Place {
        Place {
            interchange: Some(self.interchange.control.clone()),
            group: Some(self.group.facts.control.clone()),
            transaction: transaction.map(str::to_string),
            ..Place::default()
        }
    }

    fn transaction_end(
        &mut self,
        end: &TransactionEnd,
        se: Option<&Segment<'_>>,
        fresh: &mut Vec<Finding>,
        stepped: &mut Stepped,
    ) -> io::Result<()> {
        match se {
            Some(se) => self.segment(se, end.segments, stepped.step.as_ref(), &mut stepped.found)?,
            None => self.close_claim(end.offset_end)?,
        }
        if self.transaction.guide.is_some() {
            while let Some(found) = stepped.at_end.pop() {
                self.blame(found, b"")?;
            }
        }
        if self.answers.end() {
            self.tell_answers()?;
        }
        self.close_claim(end.offset_end)?;
        self.tell_held(None)?;
        self.envelope_findings(fresh)?;
        let verdict = self.transaction_verdict();
        let mut transaction = std::mem::take(&mut self.transaction);
        if verdict == SyntaxVerdict::Rejected || transaction.unsound {
            transaction.claims = transaction.claims.all_rejected();
        }
        if verdict == SyntaxVerdict::Rejected {
            self.forget_since(transaction.marks);
        }
        self.group.accepted += u32::from(verdict != SyntaxVerdict::Rejected);
        self.group.with_errors += u32::from(verdict == SyntaxVerdict::AcceptedWithErrors);
        self.group.claims.merge(transaction.claims);
        let header = self.walked.header_arena().all();
        let told = self.sink.transaction_end(&CheckedTransaction {
            transaction: &end.transaction,
            guide: transaction.guide,
            kind: transaction.kind,
            verdict,
            codes: &transaction.codes,
            syntax: &transaction.syntax,
            refusal: &transaction.refusal,
            batch: header.with_id(tag::BHT).next().map_or(b"", |bht| bht.element(3)),
            submitter: Party(header.first(tag::L1000A, tag::NM1)),
            segments: end.segments,
            claims: transaction.claims,
            range: end.transaction.offset..end.offset_end,
        });
        self.transaction.syntax = transaction.syntax;
        told
    }

    fn transaction_verdict(&mut self) -> SyntaxVerdict {
        let transaction = &mut self.transaction;
        let rejected = transaction.rejected || transaction.guide.is_none();
        let errors = !transaction.syntax.is_empty();
        let implementation = |finding: &Finding| {
            let codes = [&finding.ack.ik3, &finding.ack.ik4];
            codes.into_iter().flatten().any(|code| code.starts_with('I'))
        };
        if transaction.syntax.iter().any(|finding| !implementation(finding)) {
            add_code(&mut transaction.codes, "5".into());
        }
        if transaction.syntax.iter().any(implementation) {
            add_code(&mut transaction.codes, "I5".into());
        }
        match (rejected, errors) {
            (true, _) => SyntaxVerdict::Rejected,
            (false, true) => SyntaxVerdict::AcceptedWithErrors,
            (false, false) => SyntaxVerdict::Accepted,
        }
    }

    /// Ends the claim being read: its edits, its verdict, and the word to the sink.
    fn close_claim(&mut self, end: u64) -> io::Result<()> {
        if !self.walked.in_claim() {
            return Ok(());
        }
        if let Some(kind) = self.transaction.kind {
            self.judge_claim(kind, end)?;
        }
        self.walked.leave_claim();
        Ok(())
    }

    fn judge_claim(&mut self, kind: ClaimKind, end: u64) -> io::Result<()> {
        let Settings { as_of, snip_max, severities, codes, context, .. } = self.settings;
        self.walked.finish_claim(kind);
        if !self.transaction.held.is_empty() {
            let name = text_of(self.walked.claim_name());
            self.tell_held(Some(&name))?;
        }
        let place = std::mem::take(&mut self.transaction.place);
        let lookups = context.as_ref().map(|context| context.lookups);
        let (as_of, snip_max) = (*as_of, *snip_max);
        let book = Rulebook { kind, as_of, snip_max, severities, lookups, codes, place: &place };
        let mut fingerprint = 0;
        let mut name = 0;
        let mut attached = Vec::new();
        // What the 999 rejects is looked at no further.
        if !self.transaction.rejected {
            let done = self.walked.check_levels(&book, |level, arena, report| {
                if let Some(context) = context {
                    context::level(context, level, arena, report);
                }
            });
            self.transaction.refusal = self.walked.refusal();
            let (seen, named) = (&self.seen, &self.named);
            self.walked.check_claim(&book, |claim, report| {
                (fingerprint, name) = (fingerprint::of(claim), fingerprint::of_name(claim));
                attached = fingerprint::of_attachments(claim);
                if attached.iter().any(|&number| named.contains(number)) {
                    report.add(Hit::new(&catalogue::claim::ATTACHMENT_NUMBER_REPEATED, claim.clm()));
                }
                if seen.contains(fingerprint) {
                    report.add(Hit::new(&lookup::DUPLICATE_IN_FILE, claim.clm()));
                } else if named.contains(name) {
                    report.add(Hit::new(&catalogue::claim::CONTROL_NUMBER_REPEATED, claim.clm()).element(1));
                }
                if let Some(context) = context {
                    context::claim(context, claim, fingerprint, report);
                }
            });
            let edits = std::mem::take(&mut self.walked.claim_edits);
            let with_claim = |(above, finding): (Above, &Finding)| {
                let mut finding = finding.clone();
                if above.is_told_with_claim() {
                    finding.place.claim = Some(text_of(self.walked.claim_name()));
                }
                finding
            };
            let level_edits: Vec<Finding> = self.walked.level_edits(done).map(with_claim).collect();
            for finding in level_edits.iter().chain(&edits) {
                self.tell(finding)?;
            }
            self.walked.claim_edits = edits;
        }
        let rejected = self.transaction.rejected || self.walked.claim_is_rejected();
        let verdict = if rejected { Verdict::Rejected } else { Verdict::Accepted };
        if verdict == Verdict::Accepted {
            self.named.add(name);
            attached.into_iter().for_each(|number| self.named.add(number));
            self.seen.add(fingerprint);
        }
        let (claim, ranges, findings) = (self.walked.claim(&book), self.walked.ranges(end), self.walked.findings());
        let checked = CheckedClaim { claim, verdict, fingerprint, ranges, findings };
        self.transaction.claims.add(verdict, checked.charge());
        self.sink.claim(&checked)?;
        self.transaction.place = place;
        Ok(())
    }

    fn marks(&self) -> (u64, u64) {
        (self.seen.mark(), self.named.mark())
    }

    fn forget_since(&mut self, marks: (u64, u64)) {
        self.seen.forget_since(marks.0);
        self.named.forget_since(marks.1);
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
