//! Each edit on a claim, fired by the least change of a good claim that breaks it: the change, the edits that it
//! must fire and no other, and the statuses of the first of them.

use std::collections::BTreeSet;

use super::samples::{change, file, good, told};
use super::sink::Verdict;
use crate::domain::{ClaimKind, Finding, Severity};

mod alone;
mod institutional;
mod payer;
mod professional;

/// Changes of segments' beginnings, in this order: from, to. An empty `to` removes the segment; `~` in it parts it
/// into several.
type Changes = &'static [(&'static str, &'static str)];

/// Changes, the edits they fire with a blank between, and the statuses of the first of these.
type Case = (Changes, &'static str, &'static str);

fn changed(kind: ClaimKind, all: &[Changes]) -> Vec<String> {
    let mut segments = good(kind);
    for (from, to) in all.iter().copied().flatten() {
        change(&mut segments, from, to);
        segments = segments.iter().flat_map(|segment| segment.split('~').map(str::to_string)).collect();
    }
    segments
}

fn statuses(finding: &Finding) -> String {
    let one = |status: &crate::domain::finding::StatusCode| match &status.entity {
        Some(entity) => format!("{}:{}:{entity}", status.category, status.code),
        None => format!("{}:{}", status.category, status.code),
    };
    finding.statuses.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Runs the cases on a good claim that `base` has changed; all that is wrong is told at once.
#[track_caller]
fn check(kind: ClaimKind, base: Changes, cases: &[Case]) {
    let mut wrong = Vec::new();
    let clean = told(file(kind, &changed(kind, &[base])).as_bytes()).0;
    assert!(clean.findings.is_empty(), "the base is not clean: {:#?}", clean.findings);
    for (changes, edits, statuses_wanted) in cases {
        let (told, _) = told(file(kind, &changed(kind, &[base, changes])).as_bytes());
        let found: BTreeSet<&str> = told.findings.iter().map(|finding| &*finding.edit).collect();
        let wanted: BTreeSet<&str> = edits.split(' ').collect();
        let first = told.findings.iter().find(|finding| edits.split(' ').next() == Some(&*finding.edit));
        let statuses = first.map(statuses).unwrap_or_default();
        if found != wanted || statuses != *statuses_wanted {
            let said: Vec<&str> = told.findings.iter().map(|finding| finding.message.as_str()).collect();
            wrong.push(format!(
                "{changes:?}\n  wanted {wanted:?} {statuses_wanted}\n  found  {found:?} {statuses}\n  {said:#?}"
            ));
        }
        let rejects = told.findings.iter().any(|finding| finding.severity == Severity::Error);
        let rejected = told.claims.iter().any(|claim| claim.1 == Verdict::Rejected);
        assert_eq!(rejects, rejected, "{changes:?}");
        for finding in &told.findings {
            let whole = !finding.message.contains('{') && !finding.message.contains('}');
            assert!(whole, "{}: {}", finding.edit, finding.message);
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// A professional claim that another payer has paid in part.
const SECONDARY: Changes = &[
    ("SBR*P*18", "SBR*S*18"),
    (
        "LX*1",
        "SBR*P*18*GRP9******CI~AMT*D*240~OI***Y***Y~NM1*IL*1*DOE*JANE****MI*S1~NM1*PR*2*UNITY MUTUAL*****PI*70000~LX*1",
    ),
    ("LX*2", "SVD*70000*80*HC:99213**1~CAS*CO*45*20~DTP*573*D8*20261020~LX*2"),
    ("CTP****2*ML", "CTP****2*ML~SVD*70000*160*HC:J1885**1~CAS*CO*45*40~DTP*573*D8*20261020"),
];
