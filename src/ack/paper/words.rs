//! A biller's words for what a finding says in X12's.

use crate::domain::finding::StatusCode;
use crate::domain::{Finding, Severity};

pub fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// With a full stop, as the messages of edits have and those of the guides have not.
pub fn sentence(message: &str) -> String {
    match message.ends_with(['.', '!', '?']) {
        true => message.to_string(),
        false => format!("{message}."),
    }
}

/// `Service line 2`, `Billing provider`.
pub fn place(finding: &Finding, line: Option<usize>) -> String {
    let loop_id = finding.place.loop_id.as_deref().unwrap_or_default();
    let segment = finding.place.segment.as_ref().map_or("", |segment| &*segment.id);
    let words = match loop_id {
        "" => envelope(segment),
        "1000A" => "Submitter",
        "1000B" => "Receiver",
        "2000A" | "2010AA" => "Billing provider",
        "2010AB" => "Pay-to address",
        "2010AC" => "Pay-to plan",
        "2000B" | "2010BA" => "Subscriber",
        "2010BB" => "Payer",
        "2000C" | "2010CA" => "Patient",
        "2300" => "Claim",
        "2320" => "Other insurance",
        "2330A" => "Other insured person",
        "2330B" => "Other payer",
        "2400" => "Service line",
        "2410" => "Drug on the service line",
        "2430" => "Other payer's payment of the service line",
        "2440" => "Form on the service line",
        _ if loop_id.starts_with("2310") => "Provider or place named on the claim",
        _ if loop_id.starts_with("2330") => "Other payer's provider",
        _ if loop_id.starts_with("2420") => "Provider or place named on the service line",
        _ => return format!("Loop {loop_id}"),
    };
    match line {
        Some(line) if words == "Service line" => format!("Service line {line}"),
        Some(line) => format!("{words} (line {line})"),
        None => words.to_string(),
    }
}

fn envelope(segment: &str) -> &'static str {
    match segment {
        "ISA" | "IEA" | "TA1" => "Envelope of the file",
        "GS" | "GE" => "Envelope of the group",
        "ST" | "SE" | "BHT" => "Header of the transaction",
        _ => "File",
    }
}

/// `SV102, segment 25 of transaction 0021, line 34 of the file`.
pub fn position(finding: &Finding) -> String {
    let place = &finding.place;
    let Some(segment) = &place.segment else { return String::new() };
    let mut parts = Vec::new();
    if !segment.id.is_empty() {
        let element = place.element.map_or_else(String::new, |element| format!("{element:02}"));
        let component = place.component.map_or_else(String::new, |component| format!("-{component}"));
        let nth = place.repetition.filter(|&nth| nth > 1).map_or_else(String::new, |nth| format!(" (value {nth})"));
        parts.push(format!("{}{element}{component}{nth}", segment.id));
    }
    if let (Some(transaction), 1..) = (&place.transaction, segment.position) {
        parts.push(format!("segment {} of transaction {transaction}", segment.position));
    }
    parts.push(format!("line {} of the file", segment.line));
    parts.join(", ")
}

/// What to send instead.
pub fn correction(finding: &Finding) -> String {
    match (finding.fix.is_empty(), finding.severity) {
        (false, _) => sentence(&finding.fix),
        (true, Severity::Error) => "Correct this and send the claim again.".to_string(),
        (true, Severity::Warning) => String::new(),
    }
}

/// The codes of the acknowledgement that tells the same, as `999: IK304 8, IK403 6`.
pub fn codes(finding: &Finding) -> String {
    let ack = &finding.ack;
    let coded = [
        ("TA1 note ", &ack.ta1),
        ("999: AK9 ", &ack.ak9),
        ("999: IK5 ", &ack.ik5),
        ("999: segment ", &ack.ik3),
        ("999: element ", &ack.ik4),
    ];
    let mut said: Vec<String> =
        coded.iter().filter_map(|(name, code)| code.as_ref().map(|code| format!("{name}{code}"))).collect();
    if !finding.statuses.is_empty() && finding.severity == Severity::Error {
        let statuses: Vec<String> = finding.statuses.iter().map(status).collect();
        said.push(format!("277CA: {}", statuses.join(" ")));
    }
    said.join(", ")
}

/// `A7:562:82`.
pub fn status(status: &StatusCode) -> String {
    let entity = status.entity.as_deref().map_or_else(String::new, |entity| format!(":{entity}"));
    format!("{}:{}{entity}", status.category, status.code)
}
