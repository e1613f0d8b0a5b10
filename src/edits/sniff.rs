//! What a file is that holds no interchange: one sentence for the person who sent it.

use std::io::{self, Read};

/// Bytes from the begin of a file that tell what it is.
const HEAD_BYTES: usize = 512;

/// A source that keeps its first bytes as they are read.
pub struct Headed<R> {
    source: R,
    head: Vec<u8>,
}

impl<R: Read> Headed<R> {
    pub fn new(source: R) -> Headed<R> {
        Headed { source, head: Vec::new() }
    }

    /// The file's first bytes, as far as it was read.
    pub fn head(&self) -> &[u8] {
        &self.head
    }
}

impl<R: Read> Read for Headed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        let wanted = HEAD_BYTES - self.head.len();
        self.head.extend_from_slice(&buffer[..count.min(wanted)]);
        Ok(count)
    }
}

/// Of a submitter's file: `head` is its first bytes, `length` how many it has.
pub fn refusal(head: &[u8], length: u64) -> String {
    told(head, length, "Claims are taken as X12 only; export them as an 837.")
}

/// Of a payer's file.
pub fn refusal_of_answer(file: &[u8]) -> String {
    let head = &file[..file.len().min(HEAD_BYTES)];
    told(head, file.len() as u64, "Answers are taken as X12 only; send it as an 835, 277, 277CA, 999 or TA1.")
}

/// A ZIP archive, in which a file may stand as it is: what can be read of it is not what was sent.
pub fn is_archive(file: &[u8]) -> bool {
    file.starts_with(b"PK\x03\x04")
}

/// `instead_of_table` is what to do with a table.
fn told(head: &[u8], length: u64, instead_of_table: &str) -> String {
    if length == 0 {
        return "The file is empty; an X12 file begins with ISA.".into();
    }
    let begins = |magic: &[u8]| head.starts_with(magic);
    let text = head.trim_ascii_start();
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let lower = text[..text.len().min(64)].to_ascii_lowercase();
    let (is, advice) = if begins(b"%PDF") {
        ("a PDF", "A print cannot be read; send the X12 file itself.")
    } else if begins(b"PK\x03\x04") {
        ("a ZIP archive, a spreadsheet or a document", "Unpack an archive first and check the X12 file in it.")
    } else if begins(b"\x1F\x8B") {
        ("a gzip archive", "Unpack it first, as with gunzip.")
    } else if begins(b"BZh") || begins(b"\xFD7zXZ\0") || begins(b"7z\xBC\xAF") || begins(b"\x28\xB5\x2F\xFD") {
        ("a packed archive", "Unpack it first.")
    } else if begins(b"\x89PNG") || begins(b"\xFF\xD8\xFF") || begins(b"II*\0") || begins(b"MM\0*") {
        ("a picture", "A scan cannot be read; send the X12 file itself.")
    } else if begins(b"\xD0\xCF\x11\xE0") {
        ("an Office document", "Send the X12 file itself.")
    } else if begins(b"\xFF\xFE") || begins(b"\xFE\xFF") || begins(b"I\0S\0A\0") || begins(b"\0I\0S\0A") {
        ("text in UTF-16", "Save it as plain text (ASCII or UTF-8).")
    } else if begins(b"\xC9\xE2\xC1") {
        ("text in EBCDIC, as mainframes write it", "Have it sent in ASCII mode.")
    } else if begins(b"-----BEGIN PGP") {
        ("encrypted with PGP", "Decrypt it first.")
    } else if lower.starts_with(b"<!doctype html") || lower.starts_with(b"<html") {
        ("HTML", "It may be an error page of a web server that was saved in the file's place; fetch the file again.")
    } else if lower.starts_with(b"<?xml") || lower.starts_with(b"<") {
        ("XML", "Send the X12 file itself.")
    } else if lower.starts_with(b"{") || lower.starts_with(b"[") {
        ("JSON", "Send the X12 file itself.")
    } else if begins(b"UNA") || begins(b"UNB") {
        ("EDIFACT", "Send the X12 version of it.")
    } else if text.starts_with(b"MSH|") || text.starts_with(b"FHS|") || text.starts_with(b"BHS|") {
        ("HL7 version 2", "Send the X12 version of it.")
    } else if lower.is_empty() || text.iter().all(|&byte| byte == 0) {
        return format!("The file is blank: {length} bytes without a letter; an X12 file begins with ISA.");
    } else if text.starts_with(b"ISA") {
        return cut_off(length);
    } else if lower.starts_with(b"isa") && !lower[3..].first().is_none_or(u8::is_ascii_alphanumeric) {
        return "The file begins with `isa` in small letters; the ids of segments are capitals: ISA.".into();
    } else if text.starts_with(b"GS") || text.starts_with(b"ST") {
        return "The file has no ISA segment: it begins with GS or ST. Send the whole interchange, from ISA to IEA."
            .into();
    } else if is_table(text) {
        ("a table (CSV)", instead_of_table)
    } else if text.iter().any(|&byte| byte < 9 || byte == 0x7F) {
        ("binary data of an unknown kind", "An X12 file is text and begins with ISA.")
    } else {
        return "The file is not X12: it holds no ISA segment. An X12 file is text and begins with ISA.".into();
    };
    format!("The file is {is}, not X12. {advice}")
}

/// Two lines at least, with as many commas, semicolons or tabs each.
fn is_table(text: &[u8]) -> bool {
    let mut lines = text.split(|&byte| byte == b'\n');
    let (Some(first), Some(second), Some(_)) = (lines.next(), lines.next(), lines.next()) else { return false };
    [b',', b';', b'\t'].into_iter().any(|separator| {
        let count = |line: &[u8]| line.iter().filter(|&&byte| byte == separator).count();
        count(first) > 0 && count(first) == count(second)
    })
}

fn cut_off(length: u64) -> String {
    match length {
        0..106 => format!("The file ends after {length} bytes, inside its first segment; an ISA segment has 106."),
        _ => "The ISA segment cannot be read: its elements or delimiters are not where they must be.".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_says_what_the_file_is() {
        let check = |head: &[u8], words: &str| {
            let sentence = refusal(head, head.len() as u64);
            assert!(sentence.contains(words), "{sentence}");
        };
        check(b"", "empty");
        check(b"%PDF-1.7", "PDF");
        check(b"PK\x03\x04....", "ZIP");
        check(b"\n<!DOCTYPE html><html>", "HTML");
        check(b"<?xml version", "XML");
        check(b"{\"a\":1}", "JSON");
        check(b"\xFF\xFEI\0S\0A\0", "UTF-16");
        check(b"  \r\n ", "blank");
        check(b"ISA*00*          *00", "after 20 bytes");
        check(b"GS*HC*A*B", "no ISA");
        check(b"isa*00*", "small letters");
        check(b"hello world", "not X12");
        check(b"claim,charge\n1,100\n2,200\n", "CSV");
        check(b"\xC9\xE2\xC1\x5C\xF0\xF0", "EBCDIC");
        check(b"\x1F\x8B\x08", "gunzip");
        check(b"\x01\x02\xF3garbage", "binary data");
        check(b"MSH|^~\\&|LAB", "HL7");
    }
}
