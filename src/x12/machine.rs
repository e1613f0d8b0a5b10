//! The envelopes' state machine: which of interchange, group and transaction are open, what a token opens and
//! closes, and what is counted. The rules it finds broken are put in words by [`super::control`].

use super::control;
use super::envelope::{Event, Group, GroupEnd, Interchange, InterchangeEnd, Transaction, TransactionEnd};
use super::seen::Seen;
use super::segment::text_of;
use super::{Damage, DamageKind, Isa, Segment, Token};
use crate::domain::Finding;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Open {
    #[default]
    Nothing,
    Interchange,
    Group,
    Transaction,
}

/// Why an envelope ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Close {
    Trailer,
    /// Something came that can only come after the trailer.
    NoTrailer,
    /// The file ended.
    FileEnd,
}

/// What [`Machine::turn`] made of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    FileEnd,
    Isa,
    Ta1,
    Gs,
    St,
    Body(u32),
    TransactionEnd(Close),
    GroupEnd(Close),
    InterchangeEnd(Close),
    Stray,
    Damage,
}

impl Turn {
    /// The token was not used up: it only ended something first.
    #[inline]
    pub fn holds(self) -> bool {
        match self {
            Turn::TransactionEnd(close) | Turn::GroupEnd(close) | Turn::InterchangeEnd(close) => {
                close != Close::Trailer
            }
            Turn::FileEnd | Turn::Isa | Turn::Ta1 | Turn::Gs | Turn::St => false,
            Turn::Body(_) | Turn::Stray | Turn::Damage => false,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Machine {
    pub open: Open,
    pub interchange: Interchange,
    pub group: Group,
    pub transaction: Transaction,
    /// Segments of the open transaction so far.
    pub segments: u32,
    pub transactions: u32,
    pub groups: u32,
    pub ta1s: u32,
    groups_seen: Seen,
    transactions_seen: Seen,
    transaction_end: Option<TransactionEnd>,
    group_end: Option<GroupEnd>,
    interchange_end: Option<InterchangeEnd>,
    file_end_told: bool,
    /// One finding tells of a run of stray segments.
    stray_told: bool,
}

impl Machine {
    #[inline]
    pub fn turn(&mut self, token: Option<Token<'_>>, bytes_read: u64, findings: &mut Vec<Finding>) -> Turn {
        match token {
            Some(Token::Segment(segment)) => {
                if self.open == Open::Transaction && !is_envelope(segment.id()) {
                    self.segments += 1;
                    return Turn::Body(self.segments);
                }
                self.segment(segment, bytes_read, findings)
            }
            Some(Token::Isa(isa)) => self.isa(isa, findings),
            Some(Token::Damage(damage)) => self.damage(damage, findings),
            None => self.file_end(bytes_read, findings),
        }
    }

    #[inline]
    pub fn is_in_transaction(&self) -> bool {
        self.open == Open::Transaction
    }

    /// Counts a segment of the open transaction; returns its position.
    #[inline]
    pub fn count_segment(&mut self) -> u32 {
        self.segments += 1;
        self.segments
    }

    #[inline]
    pub fn event<'t>(&'t self, turn: Turn, token: Option<Token<'t>>) -> Option<Event<'t>> {
        let segment = match token {
            Some(Token::Segment(segment)) => Some(segment),
            Some(Token::Isa(_) | Token::Damage(_)) | None => None,
        };
        match turn {
            Turn::FileEnd => None,
            Turn::Body(position) => segment.map(|segment| Event::Segment(segment, position)),
            Turn::Isa => Some(Event::InterchangeStart(&self.interchange)),
            Turn::Ta1 => segment.map(Event::Ta1),
            Turn::Gs => Some(Event::GroupStart(&self.group)),
            Turn::St => segment.map(|segment| Event::TransactionStart(&self.transaction, segment)),
            Turn::TransactionEnd(close) => {
                let se = segment.filter(|_| close == Close::Trailer);
                self.transaction_end.as_ref().map(|end| Event::TransactionEnd(end, se))
            }
            Turn::GroupEnd(_) => self.group_end.as_ref().map(Event::GroupEnd),
            Turn::InterchangeEnd(_) => self.interchange_end.as_ref().map(Event::InterchangeEnd),
            Turn::Stray => segment.map(Event::Stray),
            Turn::Damage => match token {
                Some(Token::Damage(damage)) => Some(Event::Damage(damage)),
                Some(Token::Segment(_) | Token::Isa(_)) | None => None,
            },
        }
    }

    fn segment(&mut self, segment: Segment<'_>, bytes_read: u64, findings: &mut Vec<Finding>) -> Turn {
        match (segment.id(), self.open) {
            (b"ST", Open::Transaction) => self.close(segment.offset, Close::NoTrailer, findings),
            (b"ST", Open::Group) => self.st(segment, findings),
            (b"SE", Open::Transaction) => self.se(segment, bytes_read, findings),
            (b"GS", Open::Transaction | Open::Group) => self.close(segment.offset, Close::NoTrailer, findings),
            (b"GS", Open::Interchange) => self.gs(segment, findings),
            (b"GE", Open::Transaction) => self.close(segment.offset, Close::NoTrailer, findings),
            (b"GE", Open::Group) => self.ge(segment, findings),
            (b"IEA", Open::Transaction | Open::Group) => self.close(segment.offset, Close::NoTrailer, findings),
            (b"IEA", Open::Interchange) => self.iea(segment, findings),
            (b"TA1", Open::Interchange) => {
                self.ta1s += 1;
                Turn::Ta1
            }
            (_, Open::Transaction) => {
                self.segments += 1;
                Turn::Body(self.segments)
            }
            (_, Open::Nothing | Open::Interchange | Open::Group) => self.stray(segment, findings),
        }
    }

    fn isa(&mut self, isa: Isa<'_>, findings: &mut Vec<Finding>) -> Turn {
        if self.open != Open::Nothing {
            return self.close(isa.offset, Close::NoTrailer, findings);
        }
        let text = |n| text_of(isa.trimmed(n));
        self.interchange = Interchange {
            sender_qualifier: text(5),
            sender: text(6),
            receiver_qualifier: text(7),
            receiver: text(8),
            date: text(9),
            time: text(10),
            version: text(12),
            control: text(13),
            ack_requested: isa.trimmed(14) == b"1",
            usage: text(15),
            delimiters: isa.delimiters,
            offset: isa.offset,
            line: isa.line,
        };
        (self.groups, self.ta1s) = (0, 0);
        self.groups_seen.clear();
        self.open = Open::Interchange;
        self.stray_told = false;
        control::isa(self, &isa, findings);
        Turn::Isa
    }

    fn gs(&mut self, segment: Segment<'_>, findings: &mut Vec<Finding>) -> Turn {
        self.group = Group {
            code: segment.text(1),
            sender: segment.text(2),
            receiver: segment.text(3),
            date: segment.text(4),
            time: segment.text(5),
            control: segment.text(6),
            agency: segment.text(7),
            version: segment.text(8),
            offset: segment.offset,
            line: segment.line,
        };
        self.groups += 1;
        self.transactions = 0;
        self.transactions_seen.clear();
        self.open = Open::Group;
        self.stray_told = false;
        let again = self.groups_seen.again(without_zeros(segment.element(6)));
        control::gs(self, &segment, again, findings);
        Turn::Gs
    }

    fn st(&mut self, segment: Segment<'_>, findings: &mut Vec<Finding>) -> Turn {
        self.transactions += 1;
        self.transaction = Transaction {
            code: segment.text(1),
            control: segment.text(2),
            version: segment.text(3),
            number: self.transactions,
            offset: segment.offset,
            line: segment.line,
        };
        self.segments = 1;
        self.open = Open::Transaction;
        self.stray_told = false;
        let again = self.transactions_seen.again(segment.element(2));
        control::st(self, &segment, again, findings);
        Turn::St
    }

    fn se(&mut self, segment: Segment<'_>, bytes_read: u64, findings: &mut Vec<Finding>) -> Turn {
        self.segments += 1;
        control::se(self, &segment, findings);
        // Past its terminator, where it has one.
        self.end_transaction(bytes_read, Some(segment.text(1)));
        Turn::TransactionEnd(Close::Trailer)
    }

    fn ge(&mut self, segment: Segment<'_>, findings: &mut Vec<Finding>) -> Turn {
        control::ge(self, &segment, findings);
        self.end_group(Some(segment.text(1)));
        Turn::GroupEnd(Close::Trailer)
    }

    fn iea(&mut self, segment: Segment<'_>, findings: &mut Vec<Finding>) -> Turn {
        control::iea(self, &segment, findings);
        self.end_interchange(Some(segment.text(1)));
        Turn::InterchangeEnd(Close::Trailer)
    }

    /// Ends the innermost open envelope without its trailer; `offset` is where that was noticed.
    fn close(&mut self, offset: u64, close: Close, findings: &mut Vec<Finding>) -> Turn {
        if close == Close::NoTrailer {
            control::trailer_missing(self, findings);
        }
        match self.open {
            Open::Transaction => {
                self.end_transaction(offset, None);
                Turn::TransactionEnd(close)
            }
            Open::Group => {
                self.end_group(None);
                Turn::GroupEnd(close)
            }
            Open::Interchange => {
                self.end_interchange(None);
                Turn::InterchangeEnd(close)
            }
            Open::Nothing => Turn::FileEnd,
        }
    }

    fn end_transaction(&mut self, offset_end: u64, stated_segments: Option<String>) {
        self.open = Open::Group;
        let transaction = std::mem::take(&mut self.transaction);
        self.transaction_end =
            Some(TransactionEnd { transaction, segments: self.segments, stated_segments, offset_end });
    }

    fn end_group(&mut self, stated_transactions: Option<String>) {
        self.open = Open::Interchange;
        let group = std::mem::take(&mut self.group);
        self.group_end = Some(GroupEnd { group, transactions: self.transactions, stated_transactions });
    }

    fn end_interchange(&mut self, stated_groups: Option<String>) {
        self.open = Open::Nothing;
        let interchange = std::mem::take(&mut self.interchange);
        self.interchange_end =
            Some(InterchangeEnd { interchange, groups: self.groups, ta1s: self.ta1s, stated_groups });
    }

    fn file_end(&mut self, bytes_read: u64, findings: &mut Vec<Finding>) -> Turn {
        if self.open != Open::Nothing && !self.file_end_told {
            self.file_end_told = true;
            control::file_ends_early(self, findings);
        }
        self.close(bytes_read, Close::FileEnd, findings)
    }

    fn stray(&mut self, segment: Segment<'_>, findings: &mut Vec<Finding>) -> Turn {
        if !self.stray_told {
            self.stray_told = true;
            control::stray(self, &segment, findings);
        }
        Turn::Stray
    }

    fn damage(&mut self, damage: Damage, findings: &mut Vec<Finding>) -> Turn {
        if damage.kind == DamageKind::SegmentTooLong && self.open == Open::Transaction {
            self.segments += 1;
        }
        control::damage(self, damage, findings);
        Turn::Damage
    }
}

#[inline]
fn is_envelope(id: &[u8]) -> bool {
    matches!(id, b"ST" | b"SE" | b"GS" | b"GE" | b"IEA")
}

/// Group control numbers are numbers: `7` and `007` are one.
fn without_zeros(control: &[u8]) -> &[u8] {
    let zeros = control.iter().take_while(|&&b| b == b'0').count();
    &control[zeros.min(control.len().saturating_sub(1))..]
}
