//! With which delimiters a claim was written, as its own segments show: a file may hold several interchanges, each with
//! its own. Pure.

use crate::x12::Delimiters;

/// Of a claim's segments from CLM on, the last with its terminator; `None` where they do not show it.
pub fn delimiters_of(claim: &[u8]) -> Option<Delimiters> {
    let is_delimiter = |byte: &u8| !byte.is_ascii_alphanumeric() && *byte != b' ';
    let element = *claim.strip_prefix(b"CLM")?.first().filter(|byte| is_delimiter(byte))?;
    let lines_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    // A line break ends a segment where nothing else does.
    let last = claim.iter().rfind(|byte| !lines_end(byte))?;
    let segment = if is_delimiter(last) { *last } else { *claim.iter().find(|byte| lines_end(byte))? };
    let mut segments = claim.split(|&byte| byte == segment).map(<[u8]>::trim_ascii_start);
    // CLM05 always has parts: where the claim was treated, how that is coded, and what for it is sent.
    let first = segments.next()?;
    let place = first.split(|&byte| byte == element).nth(5)?;
    let component = *place.iter().find(|byte| is_delimiter(byte))?;
    let begins_well = |one: &[u8]| {
        let id = one.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        one.is_empty() || ((2..=3).contains(&id) && one.get(id) == Some(&element))
    };
    let apart = [element, component, segment];
    let are_different = apart[0] != apart[1] && apart[1] != apart[2] && apart[0] != apart[2];
    let (mut are_well, mut more) = (true, 0);
    for one in segments {
        are_well &= begins_well(one);
        more += usize::from(!one.is_empty());
    }
    // A claim is never CLM alone.
    let is_shown = are_different && are_well && more > 0;
    is_shown.then_some(Delimiters { element, component, segment, repetition: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(claim: &str, expected: Option<[u8; 3]>) {
        let found = delimiters_of(claim.as_bytes()).map(|one| [one.element, one.component, one.segment]);
        assert_eq!(found, expected, "{claim:?}");
    }

    #[test]
    fn a_claim_shows_its_delimiters_and_one_that_does_not_is_not_guessed_at() {
        let claim = "CLM*A-1*150***11:B:1*Y*A*Y*Y~LX*1~SV1*HC:99213*100*UN*1~";
        check(claim, Some(*b"*:~"));
        check(&claim.replace('~', "~\r\n"), Some(*b"*:~"));
        check(&claim.replace('~', "\n"), Some(*b"*:\n"));
        check(&claim.replace('*', "|").replace(':', "<").replace('~', "'"), Some(*b"|<'"));
        check(&claim.replace(':', ""), None);
        check("CLM*A*150***11:B:1*Y~AMT*F5*10-", None);
        check("", None);
    }
}
