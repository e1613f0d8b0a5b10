//! What the reader of a payer's file had to pass over, and whether answers stand in it: an interchange whose header is
//! damaged is no interchange to the reader, but may be money to its payer. Pure.

use crate::x12::{Damage, DamageKind, Segment};

/// Segments that only answers hold, or that begin something that may be one.
const TELLING: [&[u8]; 11] = [b"GS", b"ST", b"BPR", b"CLP", b"STC", b"AK1", b"AK2", b"AK9", b"IK5", b"PLB", b"TA1"];
/// Bytes of a header that hides what stands behind it.
const HEADER: usize = 106;

/// Answers that were passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Ids of the segments that were seen there, each once.
    pub ids: Vec<&'static str>,
    /// Where the first place begins, from 1, as an editor counts.
    pub line: u32,
    /// An interchange of which no segment was read yet, and its line.
    lost: Option<(u64, u32)>,
}

impl Skipped {
    pub fn is_any(&self) -> bool {
        !self.ids.is_empty()
    }

    /// `bytes` is the whole file.
    pub fn damage(&mut self, bytes: &[u8], damage: Damage) {
        match damage.kind {
            DamageKind::OutsideInterchange | DamageKind::IsaUnreadable | DamageKind::SegmentTooLong => {
                self.look(part(bytes, damage.offset, damage.offset + damage.bytes), damage.line);
            }
            DamageKind::DelimitersUnusable => self.lost = Some((damage.offset, damage.line)),
            // Nothing is read of such a file, which is told otherwise; or nothing stands there.
            DamageKind::NoIsa
            | DamageKind::IsaWidth
            | DamageKind::EmptySegment
            | DamageKind::Unterminated
            | DamageKind::Indented => {}
        }
    }

    /// A segment was read.
    pub fn read(&mut self) {
        self.lost = None;
    }

    /// An interchange begins here, or the file ends.
    pub fn interchange(&mut self, bytes: &[u8], offset: u64) {
        if let Some((from, line)) = self.lost.filter(|(from, _)| *from < offset) {
            self.look(part(bytes, from + HEADER as u64, offset), line);
            self.lost = None;
        }
    }

    /// A segment that belongs to nothing.
    pub fn stray(&mut self, segment: &Segment<'_>) {
        if let Some(id) = TELLING.into_iter().find(|id| *id == segment.id()) {
            self.add(id, segment.line);
        }
    }

    fn look(&mut self, part: &[u8], line: u32) {
        for id in TELLING {
            let places = memchr::memmem::find_iter(part, id);
            if places.into_iter().any(|at| is_segment(part, at, id.len())) {
                self.add(id, line);
            }
        }
    }

    fn add(&mut self, id: &'static [u8], line: u32) {
        let id = std::str::from_utf8(id).expect("the list above is ASCII");
        if self.line == 0 {
            self.line = line;
        }
        if !self.ids.contains(&id) {
            self.ids.push(id);
        }
    }
}

/// Whether letters at this place are an id: apart from what is before, and with a separator behind that comes again.
fn is_segment(part: &[u8], at: usize, length: usize) -> bool {
    const NEAR: usize = 80;
    let is_apart = at == 0 || !part[at - 1].is_ascii_alphanumeric() && part[at - 1] != b' ';
    let Some(&separator) = part.get(at + length) else { return false };
    let is_separator = !separator.is_ascii_alphanumeric() && !matches!(separator, b' ' | b'\r' | b'\n' | b'.' | b',');
    let behind = &part[at + length + 1..];
    is_apart && is_separator && behind[..behind.len().min(NEAR)].contains(&separator)
}

fn part(bytes: &[u8], from: u64, to: u64) -> &[u8] {
    let end = usize::try_from(to).unwrap_or(usize::MAX).min(bytes.len());
    let begin = usize::try_from(from).unwrap_or(usize::MAX).min(end);
    &bytes[begin..end]
}

#[cfg(test)]
mod tests {
    use crate::pipeline::answers::testing::interchange;
    use crate::pipeline::answers::{Head, Listener, walk};
    use crate::x12::Segment;
    use crate::x12::envelope::Interchange;

    struct Deaf;

    impl Listener for Deaf {
        fn ta1(&mut self, _: &Interchange, _: &Segment<'_>) {}
        fn start(&mut self, _: Head) {}
        fn segment(&mut self, _: &Segment<'_>) {}
        fn end(&mut self, _: u64) {}
    }

    fn check(file: &str, ids: &[&str]) {
        assert_eq!(walk(file.as_bytes(), &mut Deaf).skipped.ids, ids, "{file}");
    }

    fn era() -> String {
        let segments = ["ST*835*0001", "BPR*I*10*C*CHK", "TRN*1*1*1512345678", "CLP*A1*1*10*10**12*9"];
        interchange("HP", "005010X221A1", 7, &[segments.map(String::from).into()])
    }

    #[test]
    fn answers_behind_a_header_that_cannot_be_read_are_seen() {
        let good = interchange("", "", 6, &[vec!["TA1*000000001*261102*1200*A*000".into()]]);
        check(&good, &[]);
        check(&era(), &[]);
        check(&format!("{good}{}", era().replacen("ISA", "IXA", 1)), &["GS", "ST", "BPR", "CLP"]);
        check(&format!("{good}{}", &era()[107..]), &["GS", "ST", "BPR", "CLP"]);
        check(&format!("{}{good}", era().replacen("ISA*00*", "ISA00", 1)), &["GS", "ST", "BPR", "CLP"]);
        // Its terminator is its element separator.
        check(&format!("{good}{}{good}", era().replacen(":~", ":*", 1)), &["GS", "ST", "BPR", "CLP"]);
    }

    #[test]
    fn segments_in_no_transaction_are_seen_and_other_text_is_none() {
        let file = era();
        check(&file.replace("ST*835*0001~\n", ""), &["BPR", "CLP"]);
        let good = interchange("", "", 6, &[vec!["TA1*000000001*261102*1200*A*000".into()]]);
        check(&format!("{good}-- END OF FILE, 1 MAIN ST, BOX 4 --\n"), &[]);
        check(&format!("Content-Type: text\nX-ST: 1 TEST*S*\n{good}"), &[]);
    }
}
