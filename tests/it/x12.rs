//! A plain reader of X12 for the tests: what a billing company or a payer would see in a file. It shares nothing
//! with the project's own reader.

use std::collections::BTreeMap;

/// A file cut into segments of elements.
pub struct File {
    pub segments: Vec<Vec<String>>,
    pub component: char,
}

impl File {
    /// Delimiters are those of the first ISA. Panics on what is no X12: a test should not get it.
    pub fn read(bytes: &[u8]) -> File {
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        let text = text.trim_start();
        assert!(text.starts_with("ISA") && text.len() > 105, "this is no X12: {:?}", text.get(..40));
        let at = |place: usize| text.as_bytes()[place] as char;
        let (element, component, terminator) = (at(3), at(104), at(105));
        let segments = text.split(terminator).map(|segment| segment.trim_matches(['\r', '\n']));
        let segments = segments.filter(|segment| !segment.trim().is_empty());
        File { segments: segments.map(|s| s.split(element).map(str::to_string).collect()).collect(), component }
    }

    pub fn named<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Vec<String>> {
        self.segments.iter().filter(move |segment| segment[0] == id)
    }

    /// The first segment of this id. Panics when there is none.
    pub fn first(&self, id: &str) -> &Vec<String> {
        let found = self.segments.iter().find(|segment| segment[0] == id);
        found.unwrap_or_else(|| panic!("the file has no {id}"))
    }
}

/// An element, empty where the segment is shorter.
pub fn element(segment: &[String], place: usize) -> &str {
    segment.get(place).map_or("", String::as_str)
}

/// `1047`, `1047.5` or `1047.50` as cents.
pub fn cents(amount: &str) -> i64 {
    let (sign, amount) = amount.strip_prefix('-').map_or((1, amount), |rest| (-1, rest));
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    let part = format!("{part:0<2}");
    let number = |digits: &str| if digits.is_empty() { 0 } else { digits.parse::<i64>().expect("an amount is digits") };
    sign * (number(whole) * 100 + number(&part[..2]))
}

/// Cents as an amount with two decimals.
pub fn amount(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

/// A claim of an 837, with what a payer would echo.
#[derive(Clone, Default)]
pub struct Claim {
    /// CLM01.
    pub number: String,
    /// CLM02, in cents.
    pub charge: i64,
    /// BHT03 of its transaction.
    pub reference: String,
    /// NM109 of 2010BB.
    pub payer: String,
    /// NM109 of 2010AA, its tax id and name.
    pub npi: String,
    pub tax_id: String,
    pub provider: String,
    pub member: String,
    /// Of the patient.
    pub last: String,
    pub first: String,
    /// REF*D9.
    pub trace: String,
    /// First day of service, CCYYMMDD.
    pub service: String,
    /// Procedure or revenue code and charge of each line.
    pub lines: Vec<(String, String)>,
    /// Everything from its CLM on, without REF*D9.
    pub own: Vec<String>,
    /// Billing provider, subscriber and patient above it, without HL.
    pub above: Vec<String>,
}

/// Every claim of an 837, in order.
pub fn claims(bytes: &[u8]) -> Vec<Claim> {
    let file = File::read(bytes);
    let mut walk = Walk::default();
    for segment in &file.segments {
        walk.take(segment, &file);
    }
    walk.claims
}

#[derive(Default)]
struct Walk {
    claims: Vec<Claim>,
    inside: bool,
    /// The level of the last HL: 20, 22 or 23.
    level: String,
    above: BTreeMap<String, Vec<String>>,
    /// What the levels above say of the next claim.
    next: Claim,
}

impl Walk {
    fn take(&mut self, segment: &[String], file: &File) {
        match segment[0].as_str() {
            "ISA" | "GS" | "ST" | "SE" | "GE" | "IEA" => self.inside = false,
            "BHT" => self.next = Claim { reference: element(segment, 3).to_string(), ..Claim::default() },
            "HL" => self.level(element(segment, 3)),
            "CLM" => self.open(segment),
            _ if self.inside => self.inside(segment, file),
            _ => self.outside(segment),
        }
    }

    fn level(&mut self, level: &str) {
        self.inside = false;
        self.level = level.to_string();
        // A new level ends those below it; their codes rise with depth.
        self.above.retain(|deeper, _| deeper.as_str() < level);
    }

    fn open(&mut self, segment: &[String]) {
        self.inside = true;
        let mut claim = self.next.clone();
        claim.number = element(segment, 1).to_string();
        claim.charge = cents(element(segment, 2));
        claim.own = vec![segment.join("*")];
        claim.above = self.above.values().flatten().cloned().collect();
        self.claims.push(claim);
    }

    fn inside(&mut self, segment: &[String], file: &File) {
        let claim = self.claims.last_mut().expect("a claim is open");
        let (id, qualifier) = (segment[0].as_str(), element(segment, 1));
        if id == "REF" && qualifier == "D9" {
            claim.trace = element(segment, 2).to_string();
            return;
        }
        claim.own.push(segment.join("*"));
        let code = |place: usize| element(segment, place).replace(file.component, ":");
        match id {
            "SV1" | "SV3" => claim.lines.push((code(1), element(segment, 2).to_string())),
            "SV2" => {
                claim.lines.push((format!("{} {}", element(segment, 1), code(2)), element(segment, 3).to_string()))
            }
            "DTP" if claim.service.is_empty() && (qualifier == "472" || qualifier == "434") => {
                claim.service = element(segment, 3).chars().take(8).collect();
            }
            _ => {}
        }
    }

    fn outside(&mut self, segment: &[String]) {
        if !self.level.is_empty() {
            self.above.entry(self.level.clone()).or_default().push(segment.join("*"));
        }
        let named = |place: usize| element(segment, place).to_string();
        match (segment[0].as_str(), element(segment, 1)) {
            ("NM1", "85") => (self.next.provider, self.next.npi) = (named(3), named(9)),
            ("REF", "EI" | "SY") if self.level == "20" => self.next.tax_id = named(2),
            ("NM1", "PR") => self.next.payer = named(9),
            ("NM1", "IL") => {
                (self.next.last, self.next.first, self.next.member) = (named(3), named(4), named(9));
            }
            ("NM1", "QC") => (self.next.last, self.next.first) = (named(3), named(4)),
            _ => {}
        }
    }
}

/// What a 277CA says of each claim: control number and the category of its first STC, in order.
pub fn verdicts(bytes: &[u8]) -> Vec<(String, String)> {
    let file = File::read(bytes);
    let (mut level, mut number, mut found) = (String::new(), String::new(), Vec::new());
    for segment in &file.segments {
        match (segment[0].as_str(), element(segment, 1)) {
            ("HL", _) => (level, number) = (element(segment, 3).to_string(), String::new()),
            ("TRN", "2") if level == "PT" => number = element(segment, 2).to_string(),
            ("STC", status) if level == "PT" && !number.is_empty() => {
                let category = status.split(file.component).next().unwrap_or("");
                // Further STCs of the claim say more of the same.
                found.push((std::mem::take(&mut number), category.to_string()));
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_go_to_cents_and_back() {
        for (text, value) in [("1047", 104_700), ("0.5", 50), ("12.34", 1_234), ("-3.07", -307), (".5", 50)] {
            assert_eq!(cents(text), value, "{text}");
        }
        assert_eq!(amount(-307), "-3.07");
        assert_eq!(amount(104_700), "1047.00");
    }
}
