//! What a file is that holds no interchange: one sentence for the person who sent it.

use std::io::{self, Chain, Cursor, Read};

/// Bytes from the begin of a file that tell what it is.
const HEAD_BYTES: usize = 512;

/// A source from its begin, after a look at its first bytes.
pub type Peeked<R> = Chain<Cursor<Vec<u8>>, R>;

/// The file's first bytes, and the file from its begin.
pub fn peek<R: Read>(mut source: R) -> io::Result<(Vec<u8>, Peeked<R>)> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    source.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(source)))
}

/// `head` is the file's first bytes, `length` how many it has.
pub fn refusal(head: &[u8], length: u64) -> String {
    if length == 0 {
        return "The file is empty; an X12 file begins with ISA.".into();
    }
    let begins = |magic: &[u8]| head.starts_with(magic);
    let text = head.trim_ascii_start();
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let lower = text[..text.len().min(64)].to_ascii_lowercase();
    let is = if begins(b"%PDF") {
        "a PDF"
    } else if begins(b"PK\x03\x04") {
        "a ZIP archive (or a spreadsheet or document); unpack it first"
    } else if begins(b"\x1F\x8B") {
        "a gzip archive; unpack it first"
    } else if begins(b"\x89PNG") || begins(b"\xFF\xD8\xFF") || begins(b"II*\0") || begins(b"MM\0*") {
        "a picture"
    } else if begins(b"\xD0\xCF\x11\xE0") {
        "an Office document"
    } else if begins(b"\xFF\xFE") || begins(b"\xFE\xFF") {
        "text in UTF-16; save it as plain text (ASCII)"
    } else if begins(b"-----BEGIN PGP") {
        "encrypted with PGP"
    } else if lower.starts_with(b"<!doctype html") || lower.starts_with(b"<html") {
        "HTML"
    } else if lower.starts_with(b"<?xml") || lower.starts_with(b"<") {
        "XML"
    } else if lower.starts_with(b"{") || lower.starts_with(b"[") {
        "JSON"
    } else if begins(b"UNA") || begins(b"UNB") {
        "EDIFACT"
    } else if lower.is_empty() || text.iter().all(|&byte| byte == 0) {
        return format!("The file is blank: {length} bytes without a letter; an X12 file begins with ISA.");
    } else if text.starts_with(b"ISA") {
        return cut_off(length);
    } else if text.starts_with(b"GS") || text.starts_with(b"ST") {
        return "The file has no ISA segment: it begins with GS or ST. Send the whole interchange, from ISA to IEA."
            .into();
    } else {
        return "The file is not X12: it holds no ISA segment.".into();
    };
    format!("The file is {is}, not X12.")
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
        check(b"hello world", "not X12");
    }
}
