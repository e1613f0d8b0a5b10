//! One transaction as the types of the `x12-types` crate: the standard's transaction sets as structs, for programs
//! that read JSON. That crate reads one set of delimiters, panics on short segments and leaves out what its
//! structs have no room for; so a view is given only where it writes back to the very segments it was read from.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt::Display;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use serde::Serialize;
use serde_json::Value;
use x12_types::util::Parser;
use x12_types::v005010::{_276, _277, _835, _837, _999};

use super::segment::text_of;
use super::{Delimiters, Segment};

/// Larger transactions get no view: the crate takes a hundred times their size in memory.
pub const BYTES_MAX: usize = 2 * 1024 * 1024;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TypedError {
    #[error("transaction set {0} has no typed view")]
    NotModelled(String),
    #[error("the transaction has more than {BYTES_MAX} bytes, which is too much for a typed view")]
    TooLarge,
    #[error("segment {position} holds {character}, which the typed view cannot carry")]
    Character { position: u32, character: String },
    #[error("the typed view's reader does not know the order of these segments; it came as far as `{at}`")]
    Order { at: String },
    #[error("the typed view would lose something of {segment}")]
    Lossy { segment: String },
    #[error("the typed view's reader broke down: {0}")]
    Broken(String),
}

/// A transaction being copied, in the one form that the crate reads.
#[derive(Debug, Default)]
pub struct Copy {
    text: String,
    segments: u32,
    fault: Option<TypedError>,
}

impl Copy {
    /// Forgets what it holds.
    pub fn clear(&mut self) {
        self.text.clear();
        (self.segments, self.fault) = (0, None);
    }

    /// The next segment, from ST to SE.
    pub fn push(&mut self, segment: &Segment<'_>) {
        self.segments += 1;
        if self.fault.is_some() {
            return;
        }
        if self.text.len() + segment.bytes.len() > BYTES_MAX {
            self.fault = Some(TypedError::TooLarge);
            self.text = String::new();
            return;
        }
        for &byte in segment.bytes {
            match usual(byte, segment.delimiters) {
                Some(character) => self.text.push(character),
                None => {
                    let character = text_of(&[byte]).escape_default().to_string();
                    self.fault = Some(TypedError::Character { position: self.segments, character });
                    return;
                }
            }
        }
        // Separators at a segment's end say nothing, and are not written back.
        self.text.truncate(self.text.trim_end_matches('*').len());
        self.text.push_str("~\n");
    }

    /// The typed view; `set` is ST01.
    pub fn view(&self, set: &str) -> Result<Value, TypedError> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        match set {
            "837" => typed(&self.text, |text| _837::parse(text).ok()),
            "835" => typed(&self.text, |text| _835::parse(text).ok()),
            "277" => typed(&self.text, |text| _277::parse(text).ok()),
            "276" => typed(&self.text, |text| _276::parse(text).ok()),
            "999" => typed(&self.text, |text| _999::parse(text).ok()),
            _ => Err(TypedError::NotModelled(set.to_string())),
        }
    }
}

/// A byte of the file as the usual delimiters write it; `None` where data would be read as something else.
fn usual(byte: u8, delimiters: Delimiters) -> Option<char> {
    let usual = Delimiters::USUAL;
    let written = match byte {
        _ if byte == delimiters.element => usual.element,
        _ if byte == delimiters.component => usual.component,
        _ if Some(byte) == delimiters.repetition => usual.repetition.unwrap_or(b'^'),
        _ if usual.is_one(byte) || !(b' '..=b'~').contains(&byte) => return None,
        _ => byte,
    };
    Some(char::from(written))
}

/// `parse` gives the rest and the struct.
fn typed<'t, T: Serialize + Display>(
    text: &'t str,
    parse: impl FnOnce(&'t str) -> Option<(&'t str, T)>,
) -> Result<Value, TypedError> {
    let read = quietly(|| {
        let (rest, read) = parse(text)?;
        let written = read.to_string();
        Some((rest, written, serde_json::to_value(read)))
    });
    let Some((rest, written, value)) = read.map_err(TypedError::Broken)? else {
        return Err(TypedError::Order { at: segment_id(text) });
    };
    if !rest.trim().is_empty() {
        return Err(TypedError::Order { at: segment_id(rest) });
    }
    if let Some(segment) = lost(text, &written) {
        return Err(TypedError::Lossy { segment });
    }
    let mut value = value.map_err(|error| TypedError::Broken(error.to_string()))?;
    strip(&mut value);
    Ok(value)
}

fn segment_id(text: &str) -> String {
    text.split(['*', '~']).next().unwrap_or("").trim().chars().take(3).collect()
}

/// The id of the first segment that was read and is not written back, or the other way round.
fn lost(read: &str, written: &str) -> Option<String> {
    let mut counts: HashMap<&str, i64> = HashMap::new();
    for segment in written.lines() {
        *counts.entry(segment).or_default() += 1;
    }
    for segment in read.lines() {
        let count = counts.entry(segment).or_default();
        *count -= 1;
        if *count < 0 {
            return Some(segment_id(segment));
        }
    }
    counts.into_iter().find(|&(_, count)| count > 0).map(|(segment, _)| segment_id(segment))
}

/// Takes out what holds nothing: most members of such a struct are absent in any one file.
fn strip(value: &mut Value) {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(strip);
            members.retain(|_, member| !empty(member));
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Does the work; a panic in it is told as its message, and nobody else hears of it.
fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !QUIET.try_with(Cell::get).unwrap_or(false) {
                before(panic);
            }
        }));
    });
    QUIET.set(true);
    // What the work borrowed is only read, and what it made is dropped with the panic.
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    QUIET.set(false);
    done.map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(ToString::to_string);
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        // Its message may quote the file from the first quotation mark on.
        let text = text.unwrap_or_else(|| "it gave no reason".into());
        text.split(['"', '`']).next().unwrap_or("").trim_end_matches([' ', ':']).to_string()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x12::{Reader, Token};

    fn view(file: &str) -> Result<Value, TypedError> {
        let mut reader = Reader::new(file.as_bytes());
        let mut copy = Copy::default();
        let mut set = String::new();
        while let Some(token) = reader.next().unwrap() {
            if let Token::Segment(segment) = token {
                match segment.id() {
                    b"GS" | b"GE" | b"IEA" => {}
                    _ => copy.push(&segment),
                }
                if segment.id() == b"ST" {
                    set = segment.text(1);
                }
            }
        }
        copy.view(&set)
    }

    fn file(delimiters: Delimiters, body: &str) -> String {
        let isa = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *261101*0730*^*00501*000000001*0*T*:~";
        let plain = format!("{isa}GS*HP*A*B*20261101*0730*1*X*005010X221A1~{body}GE*1*1~IEA*1*000000001~");
        let change = |c: char| match c {
            '*' => char::from(delimiters.element),
            '~' => char::from(delimiters.segment),
            ':' => char::from(delimiters.component),
            '^' => char::from(delimiters.repetition.unwrap_or(b'^')),
            c => c,
        };
        plain.chars().map(change).collect()
    }

    const PAYMENT: &str = "ST*835*0001~BPR*I*100*C*CHK************20261101~TRN*1*77*1999999999~DTM*405*20261101~N1*PR*PAYER~N3*1 MAIN~N4*ALBANY*NY*12207~N1*PE*CLINIC*XX*1999999984~LX*1~CLP*A1*1*150*100**12*C1~CAS*CO*45*50~SVC*HC:99213*150*100~DTM*472*20261001~CAS*CO*45*50~SE*14*0001~";

    #[test]
    fn a_transaction_is_read_whatever_its_delimiters() {
        let odd = Delimiters { element: b'|', repetition: Some(b'!'), component: b'>', segment: b'\n' };
        for delimiters in [Delimiters::USUAL, odd] {
            let body = PAYMENT.replace("~SE*14", "~SE*15");
            let value = view(&file(delimiters, &body)).unwrap();
            assert_eq!(value["bpr"]["02"], "100");
            let text = value.to_string();
            assert!(text.contains("HC:99213") && !text.contains("null"), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_carried_is_told_and_never_left_out() {
        for (from, to, expected) in [
            ("CLINIC", "CLÍNICA", "segment 8 holds"),
            ("ST*835", "ST*270", "transaction set 270 has no typed view"),
            ("LX*1~", "LX*1~ZZZ*1~", "came as far as"),
            ("TRN*1*77*1999999999~", "TRN*1~", "broke down"),
            ("DTM*405*20261101~", "DTM*405*20261101~REF*EV*A~", "came as far as"),
        ] {
            let error = view(&file(Delimiters::USUAL, &PAYMENT.replace(from, to))).unwrap_err().to_string();
            assert!(error.contains(expected), "{to}: {error}");
        }
        let stars = view(&file(Delimiters { element: b'|', ..Delimiters::USUAL }, PAYMENT).replace("CLINIC", "CL*NIC"));
        assert!(matches!(stars, Err(TypedError::Character { position: 8, .. })), "{stars:?}");
    }

    #[test]
    fn a_large_transaction_gets_no_view() {
        let many = format!("{}SE*1*0001~", "N3*1 MAIN STREET~".repeat(BYTES_MAX / 10));
        assert_eq!(view(&file(Delimiters::USUAL, &format!("ST*835*0001~{many}"))), Err(TypedError::TooLarge));
    }

    #[test]
    fn a_panic_does_not_quote_the_file() {
        let told = quietly(|| panic!("cannot read \"SECRET\"")).unwrap_err();
        assert_eq!(told, "cannot read");
    }
}
