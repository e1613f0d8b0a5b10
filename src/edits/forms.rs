//! The forms of identifiers and codes: what can be told from the characters alone, without a table.

/// A National Provider Identifier: ten digits, the first 1 or 2, whose last is the Luhn check digit over
/// the issuer prefix 80840 and the first nine.
pub fn npi(text: &[u8]) -> bool {
    if text.len() != 10 || !matches!(text[0], b'1' | b'2') || !digits(text) {
        return false;
    }
    // The prefix 80840 adds 24 to the sum whatever follows it.
    let sum: u32 = text.iter().rev().enumerate().map(|(place, &byte)| luhn(place, byte)).sum();
    (sum + 24).is_multiple_of(10)
}

fn luhn(place: usize, byte: u8) -> u32 {
    let digit = u32::from(byte - b'0');
    match (place % 2, digit) {
        (0, _) => digit,
        (_, 0..=4) => digit * 2,
        _ => digit * 2 - 9,
    }
}

/// An employer identification number: nine digits, not all the same.
pub fn ein(text: &[u8]) -> bool {
    text.len() == 9 && digits(text) && text.iter().any(|&byte| byte != text[0])
}

/// A social security number: nine digits; area not 000, 666 or 9xx, group not 00, serial not 0000.
pub fn ssn(text: &[u8]) -> bool {
    text.len() == 9
        && digits(text)
        && !matches!(&text[..3], b"000" | b"666")
        && text[0] != b'9'
        && &text[3..5] != b"00"
        && &text[5..] != b"0000"
}

/// A ZIP code: five or nine digits, no hyphen.
pub fn zip(text: &[u8]) -> bool {
    matches!(text.len(), 5 | 9) && digits(text)
}

/// The nine-digit ZIP code a billing provider needs: neither part all zeros.
pub fn full_zip(text: &[u8]) -> bool {
    text.len() == 9 && digits(text) && &text[..5] != b"00000" && &text[5..] != b"0000"
}

/// A provider taxonomy code: two digits, seven letters or digits, X.
pub fn taxonomy(text: &[u8]) -> bool {
    text.len() == 10 && digits(&text[..2]) && capitals_or_digits(&text[2..9]) && text[9] == b'X'
}

/// ICD-10-CM: three to seven capitals and digits, a letter first, no dot.
pub fn icd10_diagnosis(text: &[u8]) -> bool {
    matches!(text.len(), 3..=7) && text[0].is_ascii_uppercase() && capitals_or_digits(text)
}

/// ICD-9-CM: three to five digits, V and two to four digits, or E and three to four digits; no dot.
pub fn icd9_diagnosis(text: &[u8]) -> bool {
    match text.first() {
        Some(b'V') => matches!(text.len(), 3..=5) && digits(&text[1..]),
        Some(b'E') => matches!(text.len(), 4..=5) && digits(&text[1..]),
        _ => matches!(text.len(), 3..=5) && digits(text),
    }
}

/// ICD-10-PCS: seven capitals and digits without I and O.
pub fn icd10_procedure(text: &[u8]) -> bool {
    text.len() == 7 && capitals_or_digits(text) && !text.iter().any(|byte| matches!(byte, b'I' | b'O'))
}

/// HCPCS: CPT (five digits, or four and one of A F T M U) or level II (a letter and four digits).
pub fn hcpcs(text: &[u8]) -> bool {
    if text.len() != 5 {
        return false;
    }
    if text[0].is_ascii_digit() {
        return digits(&text[..4]) && (text[4].is_ascii_digit() || matches!(text[4], b'A' | b'F' | b'T' | b'M' | b'U'));
    }
    matches!(text[0], b'A'..=b'C' | b'E' | b'G' | b'H' | b'J'..=b'M' | b'P'..=b'V') && digits(&text[1..])
}

/// A dental procedure: D and four digits.
pub fn cdt(text: &[u8]) -> bool {
    text.len() == 5 && text[0] == b'D' && digits(&text[1..])
}

/// A procedure modifier: two capitals or digits.
pub fn modifier(text: &[u8]) -> bool {
    text.len() == 2 && capitals_or_digits(text)
}

/// The first two digits of a bill type: facility and class that exist.
pub fn bill_type(text: &[u8]) -> bool {
    let &[facility, class] = text else { return false };
    match facility {
        b'1' | b'2' => matches!(class, b'1'..=b'8'),
        b'3' => matches!(class, b'2'..=b'4'),
        b'4' => matches!(class, b'1'..=b'7'),
        b'6' => matches!(class, b'5' | b'6'),
        b'7' | b'8' => matches!(class, b'1'..=b'9'),
        _ => false,
    }
}

/// A revenue code: four digits, not 0000.
pub fn revenue_code(text: &[u8]) -> bool {
    text.len() == 4 && digits(text) && text != b"0000"
}

/// The part of a country as ISO 3166-2 has it after the hyphen: one to three capitals or digits.
pub fn subdivision(text: &[u8]) -> bool {
    matches!(text.len(), 1..=3) && capitals_or_digits(text)
}

/// A HIPPS rate code: five capitals or digits.
pub fn hipps(text: &[u8]) -> bool {
    text.len() == 5 && capitals_or_digits(text)
}

/// A national drug code as claims carry it: eleven digits, no hyphens.
pub fn ndc(text: &[u8]) -> bool {
    text.len() == 11 && digits(text)
}

/// A Medicare beneficiary identifier: eleven places, letters without S L O I B Z.
pub fn mbi(text: &[u8]) -> bool {
    // 1: a digit that is not 0; 9: a digit; A: a letter; N: either.
    const PLACES: &[u8; 11] = b"1AN9AN9AA99";
    text.len() == 11
        && text.iter().zip(PLACES).all(|(&byte, &place)| {
            let letter = byte.is_ascii_uppercase() && !b"SLOIBZ".contains(&byte);
            match place {
                b'1' => matches!(byte, b'1'..=b'9'),
                b'A' => letter,
                b'N' => letter || byte.is_ascii_digit(),
                _ => byte.is_ascii_digit(),
            }
        })
}

/// A CLIA number: two digits, D, seven digits.
pub fn clia(text: &[u8]) -> bool {
    text.len() == 10 && digits(&text[..2]) && text[2] == b'D' && digits(&text[3..])
}

/// A tooth: 1-32, A-T, supernumerary 51-82 and AS-TS.
pub fn tooth(text: &[u8]) -> bool {
    match text {
        [b'A'..=b'T'] | [b'A'..=b'T', b'S'] => true,
        _ => matches!(whole(text), Some(1..=32 | 51..=82)) && text.len() <= 2,
    }
}

/// An area of the oral cavity.
pub fn oral_cavity(text: &[u8]) -> bool {
    matches!(text, b"00" | b"01" | b"02" | b"09" | b"10" | b"20" | b"30" | b"40")
}

pub fn digits(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
}

pub fn capitals_or_digits(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// A whole number of at most nine digits.
pub fn whole(text: &[u8]) -> Option<u32> {
    if text.is_empty() || text.len() > 9 || !digits(text) {
        return None;
    }
    Some(text.iter().fold(0, |sum, byte| sum * 10 + u32::from(byte - b'0')))
}

/// A quantity in thousandths: an optional minus, digits, at most three decimals that count.
pub fn thousandths(text: &[u8]) -> Option<i64> {
    let (sign, text) = match text {
        [b'-', rest @ ..] => (-1, rest),
        rest => (1, rest),
    };
    let point = text.iter().position(|&byte| byte == b'.').unwrap_or(text.len());
    let (whole, decimals) = (&text[..point], text.get(point + 1..).unwrap_or(b""));
    if whole.len() + decimals.len() == 0 || whole.len() > 12 || !digits(whole) || !digits(decimals) {
        return None;
    }
    let mut value = 0i64;
    for &byte in whole {
        value = value * 10 + i64::from(byte - b'0');
    }
    for place in 0..3 {
        value = value * 10 + decimals.get(place).map_or(0, |byte| i64::from(byte - b'0'));
    }
    decimals.iter().skip(3).all(|&byte| byte == b'0').then_some(sign * value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(form: fn(&[u8]) -> bool, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(form(text.as_bytes()), "{text} is sound");
        }
        for text in bad {
            assert!(!form(text.as_bytes()), "{text} is not");
        }
    }

    #[test]
    fn an_npi_holds_its_check_digit() {
        check(
            npi,
            &["1234567893", "1245319599"],
            &["1234567890", "3234567893", "123456789", "12345678931", "123456789A", ""],
        );
    }

    #[test]
    fn tax_numbers_have_their_form() {
        check(ein, &["123456789"], &["12-3456789", "111111111", "12345678", ""]);
        check(ssn, &["123456789"], &["000456789", "666456789", "923456789", "123006789", "123450000"]);
    }

    #[test]
    fn zip_codes_have_five_or_nine_digits() {
        check(zip, &["62701", "627011234"], &["62701-1234", "6270", "6270112", ""]);
        check(full_zip, &["627011234", "627019998"], &["62701", "000001234", "627010000"]);
    }

    #[test]
    fn diagnosis_codes_have_capitals_and_no_dot() {
        check(
            icd10_diagnosis,
            &["E119", "I10", "S72001A", "QA10", "Z0000"],
            &["E11.9", "25000", "I1", "j069", "1109", "M545ABCDE", "E-119", ""],
        );
        check(icd9_diagnosis, &["25000", "V3000", "E8889", "401"], &["250.00", "E119X", "40", "V3", ""]);
    }

    #[test]
    fn parts_of_countries_have_up_to_three_characters() {
        check(subdivision, &["BE", "9", "LND"], &["", "BERN", "be", "B-E"]);
    }

    #[test]
    fn procedure_codes_have_their_form() {
        check(
            hcpcs,
            &["99213", "0001F", "0042T", "0001U", "J1885", "A0428"],
            &["9921", "D0120", "J188", "99213A", "9921X", ""],
        );
        check(cdt, &["D0120"], &["0120", "D012", "D01200"]);
        check(icd10_procedure, &["0SRC0J9"], &["0SRC0JO", "0SRC0J", "0SRC0J99"]);
        check(modifier, &["25", "GP"], &["2", "gp", "25X"]);
    }

    #[test]
    fn institutional_codes_have_their_form() {
        check(bill_type, &["11", "13", "89", "21", "65"], &["10", "51", "99", "1", "111", "A1"]);
        check(revenue_code, &["0120", "0001"], &["120", "0000", "012A"]);
    }

    #[test]
    fn member_and_laboratory_numbers_have_their_form() {
        check(mbi, &["1EG4TE5MK73"], &["1SG4TE5MK73", "0EG4TE5MK73", "1EG4TE5MK7", "1EG4-TE5-MK73"]);
        check(clia, &["05D0642827"], &["5D0642827", "05X0642827"]);
        check(ndc, &["12345678901"], &["1234-5678-90", "1234567890"]);
    }

    #[test]
    fn teeth_and_cavities_have_their_names() {
        check(tooth, &["1", "32", "A", "T", "51", "82", "AS", "TS", "08"], &["0", "33", "U", "83", "A1", "001"]);
        check(oral_cavity, &["00", "40"], &["03", "1"]);
    }

    #[test]
    fn quantities_read_to_thousandths() {
        for (text, want) in [("1", Some(1000)), (".5", Some(500)), ("-2.25", Some(-2250)), ("1.2340", Some(1234))] {
            assert_eq!(thousandths(text.as_bytes()), want, "{text}");
        }
        for text in ["", "-", "1.2345", "1,5", "."] {
            assert_eq!(thousandths(text.as_bytes()), None, "{text}");
        }
    }
}
