//! Questions that wait for their payer: which of them are overdue, and at how many rows that is a look.

use super::*;
use crate::store::testing;

const DAY: i64 = 24 * 3_600_000;
const NOW: i64 = 1_790_000_000_000;

/// A file with one question to `payer`, built and sent so many days ago.
async fn ask(store: &Store, payer: &str, (built, sent): (i64, i64), status: Option<i64>, answered: Option<i64>) {
    let mut tx = store.begin().await.unwrap();
    let id = first_of(NOW - built * DAY);
    query(
        "INSERT INTO batch (id, payer, kind, purpose, state, claim_status, opened_at, release_at, sent_at)
         VALUES (?1, ?2, '276', '', 3, ?3, ?4, ?4, ?5)",
    )
    .bind(id)
    .bind(payer)
    .bind(status)
    .bind(NOW - built * DAY)
    .bind(NOW - sent * DAY)
    .execute(&mut tx)
    .await
    .unwrap();
    query(
        "INSERT INTO question (batch_id, ordinal, payer, claim_id, reference, answered_at) VALUES (?, 0, ?, 7, 'Q', ?)",
    )
    .bind(id)
    .bind(payer)
    .bind(answered)
    .execute(&mut tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn questions_are_overdue_once_they_waited_long_and_not_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let store = testing::open(folder.path()).await;
    let overdue = async || store.overdue_questions("blue", NOW - 33 * DAY, NOW - 3 * DAY).await.unwrap();
    ask(&store, "blue", (1, 1), None, None).await;
    ask(&store, "blue", (40, 40), None, None).await;
    ask(&store, "red", (9, 9), None, None).await;
    ask(&store, "blue", (10, 10), Some(6), None).await;
    ask(&store, "blue", (11, 11), None, Some(NOW)).await;
    assert_eq!(overdue().await, None);
    ask(&store, "blue", (12, 12), None, None).await;
    // It was long on its way.
    ask(&store, "blue", (50, 20), None, None).await;
    let found = OverdueQuestions { questions: 2, files: 2, since: NOW - 20 * DAY };
    assert_eq!(overdue().await, Some(found));
}

#[tokio::test]
async fn only_what_was_asked_in_the_time_in_question_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let store = testing::open(folder.path()).await;
    let explain = match testing::postgres_url(folder.path()).await {
        Some(_) => "EXPLAIN (COSTS OFF) ",
        None => "EXPLAIN QUERY PLAN ",
    };
    let rows = query(format!("{explain}{OVERDUE}"))
        .bind("blue")
        .bind(first_of(NOW - 63 * DAY))
        .bind(first_of(NOW - 3 * DAY))
        .bind(NOW - 33 * DAY)
        .bind(NOW - 3 * DAY)
        .fetch_all(store.readers())
        .await
        .unwrap();
    let place = if explain.contains("QUERY") { 3 } else { 0 };
    let plan: Vec<String> = rows.iter().map(|row| row.get(place)).collect();
    let plan = plan.join("\n");
    match place {
        3 => assert!(plan.contains("q USING INDEX question_open (payer=? AND batch_id>? AND batch_id<?)"), "{plan}"),
        _ => assert!(plan.contains("question_open") && !plan.contains("Seq Scan on question"), "{plan}"),
    }
}
