//! Writes segments: separators, trailing empties left out, segments counted, the fixed-width ISA.

use jiff::civil::DateTime;

use crate::x12::Delimiters;

/// A party of an interchange: ISA05/06 or ISA07/08.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    pub qualifier: String,
    pub id: String,
}

impl Party {
    pub fn new(qualifier: &str, id: &str) -> Party {
        Party { qualifier: qualifier.to_string(), id: id.to_string() }
    }
}

/// What an interchange's header says besides its delimiters.
#[derive(Clone, Debug)]
pub struct Header<'a> {
    pub from: &'a Party,
    pub to: &'a Party,
    pub at: DateTime,
    pub control_number: u32,
    /// ISA15, `T` or `P`.
    pub usage: &'a str,
}

/// Collects segments as bytes. Line breaks follow the terminators, as most partners send them.
pub struct Pen {
    bytes: Vec<u8>,
    delimiters: Delimiters,
    segments: usize,
    transaction_from: usize,
    transactions: usize,
}

impl Pen {
    pub fn new(delimiters: Delimiters) -> Pen {
        Pen { bytes: Vec::new(), delimiters, segments: 0, transaction_from: 0, transactions: 0 }
    }

    /// One segment; the first of `elements` is its id. Empty elements at the end are left out.
    pub fn segment(&mut self, elements: &[&str]) {
        let used = elements.iter().rposition(|e| !e.is_empty()).map_or(0, |last| last + 1);
        for (place, element) in elements[..used].iter().enumerate() {
            if place > 0 {
                self.bytes.push(self.delimiters.element);
            }
            self.bytes.extend_from_slice(element.as_bytes());
        }
        self.bytes.push(self.delimiters.segment);
        if self.delimiters.segment != b'\n' {
            self.bytes.push(b'\n');
        }
        self.segments += 1;
    }

    pub fn component(&self) -> u8 {
        self.delimiters.component
    }

    /// A composite's components joined, the empty ones at the end left out.
    pub fn composite(&self, components: &[&str]) -> String {
        let used = components.iter().rposition(|c| !c.is_empty()).map_or(0, |last| last + 1);
        components[..used].join(&char::from(self.delimiters.component).to_string())
    }

    /// ISA, 106 bytes, asking for no TA1.
    pub fn interchange(&mut self, header: &Header<'_>) {
        let pad = |text: &str, width: usize| format!("{text:<width$.width$}");
        let repetition = char::from(self.delimiters.repetition.unwrap_or(b'U'));
        let component = char::from(self.delimiters.component);
        self.segment(&[
            "ISA",
            "00",
            &pad("", 10),
            "00",
            &pad("", 10),
            &pad(&header.from.qualifier, 2),
            &pad(&header.from.id, 15),
            &pad(&header.to.qualifier, 2),
            &pad(&header.to.id, 15),
            &header.at.strftime("%y%m%d").to_string(),
            &header.at.strftime("%H%M").to_string(),
            &repetition.to_string(),
            "00501",
            &control_number(header.control_number),
            "0",
            &pad(header.usage, 1),
            &component.to_string(),
        ]);
    }

    pub fn interchange_end(&mut self, groups: usize, header: &Header<'_>) {
        self.segment(&["IEA", &groups.to_string(), &control_number(header.control_number)]);
    }

    /// GS; group numbers start at 1 in each interchange.
    pub fn group(&mut self, functional_id: &str, guide: &str, group: u32, header: &Header<'_>) {
        self.transactions = 0;
        self.segment(&[
            "GS",
            functional_id,
            header.from.id.trim(),
            header.to.id.trim(),
            &header.at.strftime("%Y%m%d").to_string(),
            &header.at.strftime("%H%M").to_string(),
            &group.to_string(),
            "X",
            guide,
        ]);
    }

    pub fn group_end(&mut self, group: u32) {
        self.segment(&["GE", &self.transactions.to_string(), &group.to_string()]);
    }

    /// ST; `guide` is empty for an 835, which has no ST03.
    pub fn transaction(&mut self, id: &str, guide: &str) {
        self.transaction_from = self.segments;
        self.transactions += 1;
        self.segment(&["ST", id, &format!("{:04}", self.transactions), guide]);
    }

    pub fn transaction_end(&mut self) {
        let count = self.segments - self.transaction_from + 1;
        self.segment(&["SE", &count.to_string(), &format!("{:04}", self.transactions)]);
    }

    /// The bytes so far; the counts go on.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

/// ISA13's nine digits.
pub fn control_number(number: u32) -> String {
    format!("{:09}", number % 1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_isa_is_106_bytes_whatever_the_ids() {
        for id in ["A", "CLAIMGATE", "LONGERTHANFIFTEENCHARACTERS"] {
            let party = Party::new("ZZ", id);
            let at = jiff::civil::date(2026, 3, 4).at(5, 6, 0, 0);
            let header = Header { from: &party, to: &party, at, control_number: 42, usage: "T" };
            let mut pen = Pen::new(Delimiters::USUAL);
            pen.interchange(&header);
            let bytes = pen.take();
            assert_eq!(bytes.len(), 107, "with its line break");
            assert_eq!(&bytes[70..81], b"260304*0506");
            assert_eq!(&bytes[90..99], b"000000042");
            assert_eq!(bytes[105], b'~');
        }
    }

    #[test]
    fn empty_elements_and_components_at_the_end_are_left_out() {
        let mut pen = Pen::new(Delimiters::USUAL);
        let composite = pen.composite(&["HC", "", "25", ""]);
        pen.segment(&["SV1", &composite, "", ""]);
        assert_eq!(pen.take(), b"SV1*HC::25~\n");
    }
}
