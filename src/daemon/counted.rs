//! What is counted for `/metrics`: each name with what it means, as the page and `docs/operations.md` tell it.

use metrics::{counter, describe_counter, describe_gauge};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Only grows, from 0 at the gateway's start.
    Counter,
    /// As it is now.
    Gauge,
}

struct Metric {
    name: &'static str,
    kind: Kind,
    /// Names of its labels, by which there are several of it.
    labels: &'static [&'static str],
    help: &'static str,
}

const fn counted(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, labels, help }
}

const fn stands(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, labels, help }
}

const METRICS: &[Metric] = &[
    stands("claimgate_claims", &["status"], "Claims that are stored, by status"),
    stands("claimgate_database_available", &[], "1 while the database answers, 0 while it is away"),
    stands("claimgate_alarms", &[], "Alarms that stand; looked for every 30 seconds"),
    stands(
        "claimgate_overdue",
        &["payer", "type"],
        "Batches, of 277 files of questions, that a payer has not answered within the time expected of it",
    ),
    counted(
        "claimgate_submissions_received_total",
        &["channel"],
        "Files handed in by submitters, durable and answered",
    ),
    counted("claimgate_submission_bytes_received_total", &["channel"], "Their bytes"),
    counted("claimgate_submissions_checked_total", &[], "Submissions whose checks are done"),
    counted("claimgate_claims_accepted_total", &[], "Claims that passed the checks"),
    counted("claimgate_claims_rejected_total", &[], "Claims that did not"),
    counted("claimgate_claims_routed_total", &[], "Claims that were put into a payer's batch"),
    counted("claimgate_batches_built_total", &[], "Files made for payers"),
    counted("claimgate_batches_with_support_total", &[], "Batches that could not be built and wait for a person"),
    counted("claimgate_deliveries_sent_total", &[], "Files that payers took"),
    counted("claimgate_delivery_attempts_failed_total", &[], "Tries to send a file that came to nothing"),
    counted("claimgate_deliveries_with_support_total", &[], "Files that were tried to the end and wait for a person"),
    counted("claimgate_polls_failed_total", &[], "Looks for a payer's answers that came to nothing"),
    counted("claimgate_inbound_files_total", &["channel"], "Payers' files that came, repeats too"),
    counted("claimgate_answers_matched_total", &[], "Answers of 277CAs, 277s and acknowledgements that moved a claim"),
    counted("claimgate_answers_matched_late_total", &[], "Answers that found their claim after they had waited for it"),
    counted("claimgate_remittances_total", &[], "835 transactions that were taken in"),
    counted("claimgate_payments_total", &[], "Payments in them, one for each claim they name"),
    counted("claimgate_exceptions_total", &[], "Answers and payments that wait for a person, as they were raised"),
    counted("claimgate_webhooks_taken_total", &[], "Messages that receivers of webhooks took"),
    counted("claimgate_webhook_attempts_failed_total", &[], "Tries to tell a receiver that came to nothing"),
    counted("claimgate_purged_total", &["kind"], "What was removed for its age, by kind"),
    counted("claimgate_stage_failures_total", &["stage"], "Times that a stage failed and went on"),
];

/// Tells the process's recorder what each is. What has no labels stands on the page from the start, as 0: a rate over
/// it misses no first event.
pub(super) fn describe() {
    for metric in METRICS {
        match metric.kind {
            Kind::Counter => describe_counter!(metric.name, metric.help),
            Kind::Gauge => describe_gauge!(metric.name, metric.help),
        }
        if metric.kind == Kind::Counter && metric.labels.is_empty() {
            counter!(metric.name).increment(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }

    /// Every name that anything is counted under.
    fn used() -> BTreeSet<String> {
        let mut files = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
        let macros = regex::Regex::new(r#"(?:counter|gauge|histogram)!\(\s*"([a-z0-9_]+)""#).unwrap();
        let texts = files.iter().map(|path| fs::read_to_string(path).unwrap());
        texts
            .flat_map(|text| macros.captures_iter(&text).map(|found| found[1].to_string()).collect::<Vec<_>>())
            .collect()
    }

    #[test]
    fn everything_that_is_counted_is_told_and_nothing_else() {
        let told: BTreeSet<String> = METRICS.iter().map(|metric| metric.name.to_string()).collect();
        assert_eq!(told.len(), METRICS.len(), "one is told twice");
        assert_eq!(used(), told);
    }

    #[test]
    fn the_table_for_operators_is_this_one() {
        let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md")).unwrap();
        for Metric { name, kind, labels, help } in METRICS {
            let kind = match kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
            };
            let labels = labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ");
            let line = format!("| `{name}` | {kind} | {labels} | {help} |\n");
            assert!(document.contains(&line), "docs/operations.md lacks: {line}");
        }
    }
}
