//! Writes X12: pads the ISA, trims what is empty at the end, counts segments, transactions and groups, and refuses a
//! value that would be read as something else.

use std::io::{self, Write};

use super::{Delimiters, Segment};

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("writing failed")]
    Output(#[from] io::Error),
    #[error(
        "{segment}{element:02} holds a delimiter of this file or a line break; choose other delimiters or change the value"
    )]
    Delimiter { segment: String, element: usize },
    #[error("{element} must have {width} characters or fewer")]
    TooWide { element: &'static str, width: usize },
    #[error("the delimiters must be four different signs of ASCII, none a letter, digit or blank")]
    UnfitDelimiters,
    #[error("{0} cannot be written here: the envelopes are interchange, group, transaction")]
    OutOfPlace(&'static str),
}

/// One element's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'v> {
    Text(&'v str),
    Composite(&'v [&'v str]),
    Repeated(&'v [Value<'v>]),
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(text: &'v str) -> Value<'v> {
        Value::Text(text)
    }
}

impl<'v, const N: usize> From<&'v [&'v str; N]> for Value<'v> {
    fn from(parts: &'v [&'v str; N]) -> Value<'v> {
        Value::Composite(parts)
    }
}

/// What an ISA says; version, empty authorization and delimiters are the writer's own.
#[derive(Clone, Copy, Debug)]
pub struct InterchangeHead<'a> {
    pub sender_qualifier: &'a str,
    pub sender: &'a str,
    pub receiver_qualifier: &'a str,
    pub receiver: &'a str,
    /// `YYMMDD`.
    pub date: &'a str,
    /// `HHMM`.
    pub time: &'a str,
    /// 1 to 999,999,999.
    pub control: u32,
    /// `T` or `P`.
    pub usage: &'a str,
    pub ack_requested: AckRequested,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckRequested {
    No,
    Ta1,
}

#[derive(Clone, Copy, Debug)]
pub struct GroupHead<'a> {
    /// GS01, as `HC`.
    pub code: &'a str,
    pub sender: &'a str,
    pub receiver: &'a str,
    /// `CCYYMMDD`.
    pub date: &'a str,
    /// `HHMM`.
    pub time: &'a str,
    pub control: u32,
    /// GS08.
    pub version: &'a str,
}

/// Whether a line break follows each terminator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    Packed,
    Lines,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    Interchange,
    Group,
    Transaction,
}

/// Writes interchanges one after another. Nothing is closed on its own: [`Writer::end_interchange`] at the end.
pub struct Writer<W> {
    out: W,
    delimiters: Delimiters,
    layout: Layout,
    open: Open,
    /// The segment being made.
    bytes: Vec<u8>,
    segments: u32,
    transactions: u32,
    groups: u32,
    interchange_control: u32,
    group_control: u32,
    transaction_control: String,
}

impl<W: Write> Writer<W> {
    pub fn new(out: W, delimiters: Delimiters, layout: Layout) -> Result<Writer<W>, WriteError> {
        if delimiters.fault().is_some() || !delimiters.are_ascii() || delimiters.repetition.is_none() {
            return Err(WriteError::UnfitDelimiters);
        }
        Ok(Writer {
            out,
            delimiters,
            layout,
            open: Open::Nothing,
            bytes: Vec::with_capacity(256),
            segments: 0,
            transactions: 0,
            groups: 0,
            interchange_control: 0,
            group_control: 0,
            transaction_control: String::new(),
        })
    }

    pub fn delimiters(&self) -> Delimiters {
        self.delimiters
    }

    /// Segments of the open transaction so far, the ST included.
    pub fn segments(&self) -> u32 {
        self.segments
    }

    pub fn interchange(&mut self, head: &InterchangeHead<'_>) -> Result<(), WriteError> {
        self.require(Open::Nothing, "ISA")?;
        let repetition = self.delimiters.repetition.map_or('U', char::from).to_string();
        let component = char::from(self.delimiters.component).to_string();
        let control = format!("{:09}", head.control);
        let ack = if head.ack_requested == AckRequested::Ta1 { "1" } else { "0" };
        let elements: [(&'static str, &str, usize); 16] = [
            ("ISA01", "00", 2),
            ("ISA02", "", 10),
            ("ISA03", "00", 2),
            ("ISA04", "", 10),
            ("ISA05", head.sender_qualifier, 2),
            ("ISA06", head.sender, 15),
            ("ISA07", head.receiver_qualifier, 2),
            ("ISA08", head.receiver, 15),
            ("ISA09", head.date, 6),
            ("ISA10", head.time, 4),
            ("ISA11", &repetition, 1),
            ("ISA12", "00501", 5),
            ("ISA13", &control, 9),
            ("ISA14", ack, 1),
            ("ISA15", head.usage, 1),
            ("ISA16", &component, 1),
        ];
        self.bytes.clear();
        self.bytes.extend_from_slice(b"ISA");
        for (n, (element, value, width)) in elements.into_iter().enumerate() {
            if value.len() > width {
                return Err(WriteError::TooWide { element, width });
            }
            if !matches!(n + 1, 11 | 16) {
                self.check("ISA", n + 1, value.as_bytes())?;
            }
            self.bytes.push(self.delimiters.element);
            self.bytes.extend_from_slice(value.as_bytes());
            self.bytes.resize(self.bytes.len() + width - value.len(), b' ');
        }
        self.flush()?;
        (self.open, self.interchange_control, self.groups) = (Open::Interchange, head.control, 0);
        Ok(())
    }

    pub fn group(&mut self, head: &GroupHead<'_>) -> Result<(), WriteError> {
        self.require(Open::Interchange, "GS")?;
        let control = head.control.to_string();
        let elements = [head.code, head.sender, head.receiver, head.date, head.time, &control, "X", head.version];
        self.write("GS", &elements.map(Value::Text))?;
        (self.open, self.group_control, self.transactions) = (Open::Group, head.control, 0);
        self.groups += 1;
        Ok(())
    }

    /// `version` is ST03, empty where the transaction does not use it.
    pub fn transaction(&mut self, code: &str, control: &str, version: &str) -> Result<(), WriteError> {
        self.require(Open::Group, "ST")?;
        self.write("ST", &[code.into(), control.into(), version.into()])?;
        self.open = Open::Transaction;
        self.segments = 1;
        self.transactions += 1;
        self.transaction_control = control.to_string();
        Ok(())
    }

    /// A segment of the open transaction, or a TA1 in the open interchange.
    pub fn segment(&mut self, id: &str, elements: &[Value<'_>]) -> Result<(), WriteError> {
        self.require(if id == "TA1" { Open::Interchange } else { Open::Transaction }, "a segment")?;
        self.write(id, elements)?;
        self.segments += 1;
        Ok(())
    }

    /// A segment as it was read, in this file's delimiters. What is empty at its end is kept.
    pub fn copy(&mut self, segment: &Segment<'_>) -> Result<(), WriteError> {
        self.require(Open::Transaction, "a segment")?;
        self.bytes.clear();
        if segment.delimiters == self.delimiters {
            self.bytes.extend_from_slice(segment.bytes);
        } else {
            self.translate(segment)?;
        }
        self.flush()?;
        self.segments += 1;
        Ok(())
    }

    pub fn end_transaction(&mut self) -> Result<(), WriteError> {
        self.require(Open::Transaction, "SE")?;
        let (count, control) = ((self.segments + 1).to_string(), std::mem::take(&mut self.transaction_control));
        self.write("SE", &[count.as_str().into(), control.as_str().into()])?;
        self.open = Open::Group;
        Ok(())
    }

    pub fn end_group(&mut self) -> Result<(), WriteError> {
        self.require(Open::Group, "GE")?;
        let (count, control) = (self.transactions.to_string(), self.group_control.to_string());
        self.write("GE", &[count.as_str().into(), control.as_str().into()])?;
        self.open = Open::Interchange;
        Ok(())
    }

    pub fn end_interchange(&mut self) -> Result<(), WriteError> {
        self.require(Open::Interchange, "IEA")?;
        let (count, control) = (self.groups.to_string(), format!("{:09}", self.interchange_control));
        self.write("IEA", &[count.as_str().into(), control.as_str().into()])?;
        self.open = Open::Nothing;
        Ok(())
    }

    /// Gives the output back, after the last interchange ended.
    pub fn finish(mut self) -> Result<W, WriteError> {
        self.require(Open::Nothing, "the end of the file")?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn require(&self, open: Open, what: &'static str) -> Result<(), WriteError> {
        if self.open == open { Ok(()) } else { Err(WriteError::OutOfPlace(what)) }
    }

    fn write(&mut self, id: &str, elements: &[Value<'_>]) -> Result<(), WriteError> {
        self.bytes.clear();
        self.check(id, 0, id.as_bytes())?;
        self.bytes.extend_from_slice(id.as_bytes());
        for (n, value) in elements.iter().enumerate() {
            self.bytes.push(self.delimiters.element);
            self.value(id, n + 1, value)?;
        }
        trim_end(&mut self.bytes, self.delimiters.element);
        self.flush()
    }

    fn value(&mut self, id: &str, element: usize, value: &Value<'_>) -> Result<(), WriteError> {
        match value {
            Value::Text(text) => {
                self.check(id, element, text.as_bytes())?;
                self.bytes.extend_from_slice(text.as_bytes());
            }
            Value::Composite(parts) => {
                for (n, part) in parts.iter().enumerate() {
                    if n > 0 {
                        self.bytes.push(self.delimiters.component);
                    }
                    self.value(id, element, &Value::Text(part))?;
                }
                trim_end(&mut self.bytes, self.delimiters.component);
            }
            Value::Repeated(values) => {
                let separator = self.delimiters.repetition.ok_or(WriteError::UnfitDelimiters)?;
                for (n, value) in values.iter().enumerate() {
                    if n > 0 {
                        self.bytes.push(separator);
                    }
                    self.value(id, element, value)?;
                }
                trim_end(&mut self.bytes, separator);
            }
        }
        Ok(())
    }

    fn check(&self, segment: &str, element: usize, value: &[u8]) -> Result<(), WriteError> {
        // A line break before a terminator is layout to whoever reads.
        if value.iter().any(|&byte| self.delimiters.is_one(byte) || matches!(byte, b'\r' | b'\n')) {
            return Err(WriteError::Delimiter { segment: segment.to_string(), element });
        }
        Ok(())
    }

    fn translate(&mut self, segment: &Segment<'_>) -> Result<(), WriteError> {
        let (from, to) = (segment.delimiters, self.delimiters);
        for n in 0..=segment.element_count() {
            if n > 0 {
                self.bytes.push(to.element);
            }
            for &byte in segment.element(n) {
                let translated = match byte {
                    b if b == from.component => to.component,
                    b if Some(b) == from.repetition => to.repetition.ok_or(WriteError::UnfitDelimiters)?,
                    b if to.is_one(b) => {
                        return Err(WriteError::Delimiter { segment: segment.text(0), element: n });
                    }
                    b => b,
                };
                self.bytes.push(translated);
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), WriteError> {
        self.bytes.push(self.delimiters.segment);
        if self.layout == Layout::Lines {
            self.bytes.push(b'\n');
        }
        self.out.write_all(&self.bytes)?;
        Ok(())
    }
}

fn trim_end(bytes: &mut Vec<u8>, separator: u8) {
    while bytes.last() == Some(&separator) {
        bytes.pop();
    }
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
