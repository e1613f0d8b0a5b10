//! Answers about files: TA1 about an interchange, 999 (and the older 997) about a group and its transactions.

use crate::domain::Phi;
use crate::pipeline::answers::Head;
use crate::x12::Segment;
use crate::x12::segment::text_of;

/// Error codes kept of one transaction.
const CODES_MAX: usize = 20;
/// Errors kept of one transaction, and elements of one error.
const ERRORS_MAX: usize = 500;
const ELEMENTS_MAX: usize = 10;

/// What an acknowledgment says of what it acknowledges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Accepted,
    /// Accepted although errors were found.
    AcceptedWithErrors,
    /// Some transactions of the group were refused.
    Partly,
    Rejected,
    /// None of the codes of the standard.
    Unclear,
}

impl Verdict {
    /// TA104, IK501, AK501, AK901.
    fn read(code: &[u8]) -> Verdict {
        match code.trim_ascii() {
            b"A" => Verdict::Accepted,
            b"E" => Verdict::AcceptedWithErrors,
            b"P" => Verdict::Partly,
            // M, W and X refuse for security.
            b"R" | b"M" | b"W" | b"X" => Verdict::Rejected,
            _ => Verdict::Unclear,
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Verdict::Accepted => "A",
            Verdict::AcceptedWithErrors => "E",
            Verdict::Partly => "P",
            Verdict::Rejected => "R",
            Verdict::Unclear => "?",
        }
    }
}

/// A TA1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterchangeAck {
    /// TA101: ISA13 of the file it is about.
    pub control: String,
    pub verdict: Verdict,
    /// TA105.
    pub note: String,
}

impl InterchangeAck {
    pub fn read(segment: &Segment<'_>) -> InterchangeAck {
        InterchangeAck {
            control: segment.text(1).trim().to_string(),
            verdict: Verdict::read(segment.element(4)),
            note: code_of(segment.element(5)),
        }
    }
}

/// A 999 or 997: one AK1 with what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionalAck {
    /// `999` or `997`.
    pub kind: &'static str,
    /// AK101, as `HC`.
    pub group_code: String,
    /// AK102: GS06 of the group it is about.
    pub group_control: String,
    pub transactions: Vec<TransactionAck>,
    /// AK901; `Unclear` also when AK9 is missing.
    pub verdict: Verdict,
    /// AK902: how many transactions it speaks of.
    pub included: Option<usize>,
    /// AK905 to AK909.
    pub codes: Vec<String>,
}

/// One AK2 with its IK3/IK4 and IK5.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionAck {
    /// AK202: ST02 of the transaction it is about.
    pub control: String,
    pub verdict: Verdict,
    /// IK502 to IK506.
    pub codes: Vec<String>,
    /// What was found in it, in the payer's order.
    pub errors: Vec<SegmentError>,
}

/// One IK3 with its CTX and IK4. No bad data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentError {
    /// IK301 and IK302: which segment, counted from ST.
    pub segment: String,
    pub position: String,
    /// IK304.
    pub code: String,
    pub elements: Vec<ElementError>,
    /// CLM01 of the claim in which the payer says that it stands (CTX); empty: it names none.
    pub claim: Phi<String>,
}

/// One IK4.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ElementError {
    /// IK401: the element and, where it is one, the component, as `5-2`.
    pub place: String,
    /// IK403.
    pub code: String,
}

impl SegmentError {
    /// In codes alone, as `SV1 at 34: 8, element 2: 7`.
    pub fn text(&self) -> String {
        let mut text = format!("{} at {}: {}", self.segment, self.position, self.code);
        for element in &self.elements {
            text.push_str(&format!(", element {}: {}", element.place, element.code));
        }
        text
    }
}

pub struct FunctionalReader {
    kind: &'static str,
    acks: Vec<FunctionalAck>,
    /// The last IK3 was kept, and what follows is of it.
    is_kept: bool,
}

impl FunctionalReader {
    pub fn new(head: &Head) -> FunctionalReader {
        FunctionalReader { kind: if head.code == "997" { "997" } else { "999" }, acks: Vec::new(), is_kept: false }
    }

    pub fn take(&mut self, segment: &Segment<'_>) {
        match segment.id() {
            b"AK1" => self.acks.push(FunctionalAck {
                kind: self.kind,
                group_code: segment.text(1),
                group_control: segment.text(2).trim().to_string(),
                transactions: Vec::new(),
                verdict: Verdict::Unclear,
                included: None,
                codes: Vec::new(),
            }),
            b"AK2" => self.start_transaction(segment),
            b"IK3" | b"AK3" => self.add_error(SegmentError {
                segment: code_of(segment.element(1)),
                position: code_of(segment.element(2)),
                code: code_of(segment.element(4)),
                ..SegmentError::default()
            }),
            b"CTX" if segment.component(1, 1).trim_ascii() == b"CLM01" => {
                let claim = text_of(segment.component(1, 2)).trim().to_string();
                if let Some(error) = self.error() {
                    error.claim = Phi::new(claim);
                }
            }
            b"IK4" | b"AK4" => {
                let (element, component) = (code_of(segment.component(1, 1)), code_of(segment.component(1, 2)));
                let place = if component.is_empty() { element } else { format!("{element}-{component}") };
                let code = code_of(segment.element(3));
                if let Some(error) = self.error().filter(|error| error.elements.len() < ELEMENTS_MAX) {
                    error.elements.push(ElementError { place, code });
                }
            }
            b"IK5" | b"AK5" => {
                if let Some(transaction) = self.transaction() {
                    transaction.verdict = Verdict::read(segment.element(1));
                    transaction.codes = codes(segment, 2..=6);
                }
            }
            b"AK9" => {
                if let Some(ack) = self.acks.last_mut() {
                    ack.verdict = Verdict::read(segment.element(1));
                    ack.included = segment.text(2).trim().parse().ok();
                    ack.codes = codes(segment, 5..=9);
                }
            }
            _ => {}
        }
    }

    /// `999` or `997`, and one ack for each AK1.
    pub fn finish(self) -> (&'static str, Vec<FunctionalAck>) {
        (self.kind, self.acks)
    }

    fn start_transaction(&mut self, segment: &Segment<'_>) {
        self.is_kept = false;
        if let Some(ack) = self.acks.last_mut() {
            ack.transactions.push(TransactionAck {
                control: segment.text(2).trim().to_string(),
                verdict: Verdict::Unclear,
                codes: Vec::new(),
                errors: Vec::new(),
            });
        }
    }

    fn transaction(&mut self) -> Option<&mut TransactionAck> {
        self.acks.last_mut()?.transactions.last_mut()
    }

    fn add_error(&mut self, error: SegmentError) {
        let transaction = self.transaction().filter(|one| one.errors.len() < ERRORS_MAX);
        self.is_kept = transaction.map(|one| one.errors.push(error)).is_some();
    }

    fn error(&mut self) -> Option<&mut SegmentError> {
        if self.is_kept { self.transaction()?.errors.last_mut() } else { None }
    }
}

fn codes(segment: &Segment<'_>, elements: std::ops::RangeInclusive<usize>) -> Vec<String> {
    elements.map(|n| code_of(segment.element(n))).filter(|code| !code.is_empty()).take(CODES_MAX).collect()
}

/// A code, a segment's id or a place, as they are told to people: what a payer writes there that is none of these may be
/// anything, also a patient's.
fn code_of(element: &[u8]) -> String {
    let code = element.trim_ascii();
    let is_code = code.len() <= 3 && code.iter().all(u8::is_ascii_alphanumeric);
    let is_count = code.len() <= 7 && code.iter().all(u8::is_ascii_digit);
    if is_code || is_count { String::from_utf8_lossy(code).into_owned() } else { "?".to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::correlate::read::read;

    const ISA: &str =
        "ISA*00*          *00*          *ZZ*BLUESTAR       *ZZ*CLAIMGATE      *261122*0700*^*00501*000000007*0*T*:~";

    #[test]
    fn a_ta1_without_a_group_is_read() {
        let answers = read(format!("{ISA}TA1*000000012*261121*2300*R*020~IEA*0*000000007~").as_bytes());
        assert_eq!(
            answers.interchange_acks,
            [InterchangeAck { control: "000000012".into(), verdict: Verdict::Rejected, note: "020".into() }]
        );
        assert_eq!(answers.kinds, ["TA1"]);
    }

    #[test]
    fn a_999_tells_of_each_transaction_without_the_bad_data() {
        let body = "GS*FA*A*B*20261122*0700*1*X*005010X231A1~ST*999*0001*005010X231A1~AK1*HC*12*005010X222A1~\
                    AK2*837*0001~IK5*A~AK2*837*0002~IK3*SV1*34*2400*8~CTX*CLM01:PCN7~IK4*2*782*6*SMITH~IK4*1:2*234*7~IK5*R*5~AK9*P*2*2*1~SE*9*0001~GE*1*1~IEA*1*000000007~";
        let answers = read(format!("{ISA}{body}").as_bytes());
        let ack = &answers.functional_acks[0];
        assert_eq!((ack.verdict, ack.group_control.as_str()), (Verdict::Partly, "12"));
        assert_eq!(ack.transactions[0].verdict, Verdict::Accepted);
        assert_eq!(ack.transactions[1].verdict, Verdict::Rejected);
        assert_eq!(ack.transactions[1].codes, ["5"]);
        let errors = &ack.transactions[1].errors;
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].text(), "SV1 at 34: 8, element 2: 6, element 1-2: 7");
        assert_eq!(errors[0].claim.reveal(), "PCN7");
    }

    #[test]
    fn what_is_said_of_an_error_too_many_is_not_said_of_the_last_that_is_kept() {
        let errors = (0..=ERRORS_MAX).map(|n| format!("IK3*NM1*{n}**8~CTX*CLM01:P{n}~IK4*9*67*7~")).collect::<String>();
        let file = format!("{ISA}GS*FA*A*B*20261122*0700*1*X*005010X231A1~ST*999*0001~AK1*HC*12~AK2*837*0001~{errors}");
        let kept = read(file.as_bytes()).functional_acks.remove(0).transactions.remove(0).errors;
        let last = kept.last().unwrap();
        assert_eq!((kept.len(), last.claim.reveal().as_str(), last.elements.len()), (ERRORS_MAX, "P499", 1));
    }

    #[test]
    fn a_997_without_trailers_or_a_group_is_read_all_the_same() {
        let answers = read(format!("\u{feff}{ISA}\nST*997*0001~\nAK1*HC*12~\nAK9*A*1*1*1~").as_bytes());
        assert_eq!(answers.functional_acks[0].verdict, Verdict::Accepted);
    }

    #[test]
    fn what_is_no_x12_has_no_kind() {
        assert!(read(b"PK\x03\x04 a zip").kinds.is_empty());
        assert!(read(b"").kinds.is_empty());
    }
}
