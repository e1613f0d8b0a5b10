//! What breaks a rule, found and counted.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::Serialize;

use super::rules::{RULES, Rule, Subject};
use super::{Period, spelled};
use crate::domain::ids::ClaimId;
use crate::domain::{Cents, ClaimStatus};
use crate::store::sql::{Query, Snapshot, query};
use crate::store::{Store, StoreError};

/// Of an id as people see it.
const ID_SIGNS: usize = 12;

/// Something that does not add up: what, where, and what it is about by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discrepancy {
    pub rule: &'static str,
    pub about: Subject,
    pub subject: i64,
    /// What leads there: the id of the file it stands in, the partner, the name of a file we made, a check number. Never
    /// patient data, and so never a name that a partner gave a file.
    pub place: String,
    pub expected: Quantity,
    pub found: Quantity,
}

/// Either side of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Quantity {
    Count(i64),
    Money(Cents),
    /// `None`: none that is known.
    Status(Option<ClaimStatus>),
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Quantity::Count(count) => count.fmt(f),
            Quantity::Money(amount) => amount.fmt(f),
            Quantity::Status(Some(status)) => status.fmt(f),
            Quantity::Status(None) => f.write_str("nothing"),
        }
    }
}

/// What breaks a rule beyond the discrepancies that are told one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct More {
    pub rule: &'static str,
    pub count: i64,
}

/// What was found so far: up to a limit of each rule, and how many more.
pub(super) struct Findings {
    limit: u32,
    pub wrong: Vec<Discrepancy>,
    counts: BTreeMap<&'static str, i64>,
}

impl Findings {
    pub fn new(limit: u32) -> Findings {
        Findings { limit, wrong: Vec::new(), counts: BTreeMap::new() }
    }

    pub fn add(&mut self, one: Discrepancy) {
        let count = self.counts.entry(one.rule).or_default();
        *count += 1;
        if *count <= i64::from(self.limit) {
            self.wrong.push(one);
        }
    }

    /// How often each rule is broken beyond the limit.
    pub fn more(&self) -> Vec<More> {
        let beyond = |(rule, count): (&&'static str, &i64)| More { rule, count: count - i64::from(self.limit) };
        self.counts.iter().map(beyond).filter(|more| more.count > 0).collect()
    }
}

/// Asks every rule that is a question about whole tables.
pub(super) async fn ask(
    look: &mut Snapshot,
    period: Period,
    now_ms: i64,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let limit = findings.limit;
    for rules in RULES {
        for rule in *rules {
            let found = broken(look, rule, period, now_ms, limit).await?;
            let told = found.len() as u64;
            found.into_iter().for_each(|one| findings.add(one));
            if told == u64::from(limit) {
                let count = count(look, rule, period, now_ms).await?;
                findings.counts.insert(rule.says, count);
            }
        }
    }
    Ok(())
}

async fn broken(
    look: &mut Snapshot,
    rule: &Rule,
    period: Period,
    now_ms: i64,
    limit: u32,
) -> Result<Vec<Discrepancy>, StoreError> {
    let asked = asked(rule, statement(rule), (period, now_ms), i64::from(limit));
    let rows = asked.fetch_all(&mut *look).await.map_err(StoreError::at("reconcile"))?;
    let found = rows.iter().map(|row| Discrepancy {
        rule: rule.says,
        about: rule.about,
        subject: row.get(0),
        place: row.get::<Option<String>>(1).unwrap_or_default(),
        expected: rule.measure.of(row.get(2)),
        found: rule.measure.of(row.get(3)),
    });
    Ok(found.collect())
}

async fn count(look: &mut Snapshot, rule: &Rule, period: Period, now_ms: i64) -> Result<i64, StoreError> {
    let sql = format!("SELECT COUNT(*) FROM ({}) broken", statement(rule));
    let row = asked(rule, sql, (period, now_ms), i64::MAX).fetch_one(&mut *look).await;
    Ok(row.map_err(StoreError::at("count what does not reconcile"))?.get(0))
}

fn statement(rule: &Rule) -> String {
    format!("{} LIMIT ?3", spelled(rule.sql))
}

fn asked(rule: &Rule, sql: String, (period, now_ms): (Period, i64), limit: i64) -> Query {
    let asked = query(sql).bind(period.since_ms).bind(period.until_ms).bind(limit);
    // PostgreSQL takes no value that the statement does not use.
    if rule.sql.contains("?4") { asked.bind(now_ms) } else { asked }
}

impl Discrepancy {
    /// The file that a partner handed in and that it leads to: a submission or a payer's file.
    pub fn file(&self) -> Option<(Subject, i64)> {
        match self.about {
            about @ (Subject::Submission | Subject::Inbound) => return Some((about, self.subject)),
            Subject::Claim
            | Subject::Batch
            | Subject::Remittance
            | Subject::Payment
            | Subject::Mail
            | Subject::Exception => {}
        }
        [Subject::Submission, Subject::Inbound].into_iter().find_map(|kind| {
            let id = self.place.strip_prefix(kind.as_str())?.trim_start().get(..ID_SIGNS)?;
            id.parse().ok().map(|ClaimId(id)| (kind, id))
        })
    }
}

impl Store {
    /// The names that partners gave to the files that these lead to, by the files' ids. They may tell of patients.
    pub async fn names_of_files(&self, wrong: &[Discrepancy]) -> Result<HashMap<i64, String>, StoreError> {
        let mut names = HashMap::new();
        for (kind, sql) in [
            (Subject::Submission, "SELECT id, file_name FROM submission WHERE id IN (SELECT value FROM list(?))"),
            (Subject::Inbound, "SELECT id, file_name FROM inbound WHERE id IN (SELECT value FROM list(?))"),
        ] {
            let files = wrong.iter().filter_map(Discrepancy::file).filter(|(of, _)| *of == kind);
            let ids: Vec<i64> = files.map(|(_, id)| id).collect();
            let rows = query(sql).bind(ids).fetch_all(self.readers()).await;
            let rows = rows.map_err(StoreError::at("read the names of files"))?;
            names.extend(rows.iter().map(|row| (row.get(0), row.get(1))));
        }
        Ok(names)
    }
}
