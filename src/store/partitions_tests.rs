//! Claims of two half-years stand in two partitions and are found as before; a store of before is carried over as it is;
//! no row is refused or lost while partitions come and go.

use std::collections::HashSet;

use sqlx::{AssertSqlSafe, PgPool};

use super::super::claims::add_claims;
use super::super::connect::{POSTGRES, migrator};
use super::super::matching::ClaimKey;
use super::super::routes_tests::claim;
use super::super::search::ClaimQuery;
use super::super::testing;
use super::*;
use crate::domain::Phi;
use crate::domain::ids::{ClaimId, SubmissionId};
use crate::pipeline::testing::{KEY, hosted_payer, submitter, world_of};
use crate::pipeline::watch;

const DAY: i64 = 24 * 60 * 60 * 1_000;

fn ms(time: &str) -> i64 {
    time.parse::<Timestamp>().unwrap().as_millisecond()
}

/// A store over PostgreSQL; `None` where the tests run over SQLite, which has no partitions.
async fn partitioned(folder: &std::path::Path) -> Option<Store> {
    let store = testing::open(folder).await;
    if !store.has_partitions() {
        assert_eq!(store.keep_partitions(ms("2090-03-01T00:00:00Z")).await.unwrap(), Partitioned::default());
        return None;
    }
    Some(store)
}

async fn run(store: &Store, sql: impl Into<std::borrow::Cow<'static, str>>) {
    let mut tx = store.begin_beside().await.unwrap();
    query(sql).execute(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
}

async fn texts(store: &Store, sql: impl Into<std::borrow::Cow<'static, str>>) -> Vec<String> {
    let rows = query(sql).fetch_all(store.readers()).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn add(store: &Store, id: i64, submission: i64) {
    let mut tx = store.begin_beside().await.unwrap();
    let mut claim = claim(id, submission);
    claim.member_id = Phi::new("M1".to_string());
    claim.patient_last_name = Phi::new("Doe".to_string());
    claim.patient_birth_date = Phi::new("1970-01-01".to_string());
    add_claims(&mut tx, 1, &[claim], &HashSet::new(), &[]).await.unwrap();
    tx.commit().await.unwrap();
}

/// The partitions in which the claims stand.
async fn stand_in(store: &Store) -> Vec<String> {
    texts(store, "SELECT tableoid::regclass::text FROM claim ORDER BY id").await
}

#[test]
fn a_time_has_the_half_year_in_which_it_lies() {
    let table = TABLES[1];
    for (at, name, from, to) in [
        ("2027-06-30T23:59:59Z", "claim_2027_1", "2027-01-01T00:00:00Z", "2027-07-01T00:00:00Z"),
        ("2027-07-01T00:00:00Z", "claim_2027_2", "2027-07-01T00:00:00Z", "2028-01-01T00:00:00Z"),
    ] {
        let (named, period) = half_year(table, ms(at));
        assert_eq!((named.as_str(), period.from, period.to), (name, ids::first_of(ms(from)), ids::first_of(ms(to))));
    }
}

#[test]
fn bounds_are_read_as_the_server_writes_them() {
    let said = |from, to| Some(Period { from, to });
    assert_eq!(bounds("FOR VALUES FROM ('12') TO ('34')"), said(12, 34));
    assert_eq!(bounds("FOR VALUES FROM (MINVALUE) TO ('34')"), said(i64::MIN, 34));
    assert_eq!(bounds("DEFAULT"), None);
}

#[tokio::test]
async fn claims_of_two_half_years_stand_in_two_partitions_and_every_look_up_finds_both() {
    let folder = tempfile::tempdir().unwrap();
    let Some(store) = partitioned(folder.path()).await else { return };
    let now = ms("2091-06-10T00:00:00Z");
    let made = store.keep_partitions(now).await.unwrap();
    assert_eq!(made.made.len(), 2 * TABLES.len(), "{made:?}");
    let (old, young) = (ids::first_of(now), ids::first_of(ms("2091-07-02T00:00:00Z")));
    for id in [old, young] {
        add(&store, id, 7).await;
        run(&store, format!("UPDATE claim SET batch_id = 5, payer_claim_control_number = 'ICN' WHERE id = {id}")).await;
    }
    assert_eq!(stand_in(&store).await, ["claim_2091_1", "claim_2091_2"]);
    run(&store, "INSERT INTO claim_bucket (number, node) VALUES (1, 0)").await;
    let both = [ClaimId(young), ClaimId(old)];
    let searched = ClaimQuery { limit: 10, ..ClaimQuery::default() };
    for (what, asked) in [
        ("all", searched.clone()),
        ("submission", ClaimQuery { submission: Some(SubmissionId(7)), ..searched.clone() }),
        ("batch", ClaimQuery { batch: Some(crate::domain::ids::BatchId(5)), ..searched.clone() }),
        ("provider", ClaimQuery { provider_npi: Some("1234567893".into()), ..searched.clone() }),
        ("member", ClaimQuery { member_id: Some(Phi::new("M1".into())), ..searched.clone() }),
        ("name", ClaimQuery { patient_last_name: Some(Phi::new("DOE".into())), ..searched.clone() }),
        ("birth", ClaimQuery { patient_birth_date: Some(Phi::new("1970-01-01".into())), ..searched.clone() }),
        ("payer's number", ClaimQuery { payer_claim_control_number: Some(Phi::new("ICN".into())), ..searched }),
    ] {
        let found: Vec<ClaimId> = store.search_claims(&asked).await.unwrap().iter().map(|line| line.id).collect();
        assert_eq!(found, both, "{what}");
    }
    for (key, values) in [(ClaimKey::MemberId, vec!["M1"]), (ClaimKey::PayerClaimControlNumber, vec!["ICN"])] {
        assert_eq!(store.claims_for_answers(key, values).await.unwrap().len(), 2, "{key:?}");
    }
    assert_eq!(store.claims_for_answers(ClaimKey::Id, vec![old, young]).await.unwrap().len(), 2);
    let numbers = [format!("c{old}"), format!("c{young}")];
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    assert_eq!(store.claims_by_control_number(&numbers).await.unwrap().len(), 2);
    assert_eq!(store.newest_id().await.unwrap(), Some(young));
}

#[tokio::test]
async fn a_look_up_by_id_touches_one_partition() {
    let folder = tempfile::tempdir().unwrap();
    let Some(store) = partitioned(folder.path()).await else { return };
    let now = ms("2091-06-10T00:00:00Z");
    store.keep_partitions(now).await.unwrap();
    let (id, of_payment) = (ids::first_of(now), "SELECT * FROM payment WHERE remittance_id =");
    for (asked, partition) in [
        (format!("SELECT * FROM claim WHERE id = {id}"), "claim_2091_1"),
        (format!("SELECT * FROM payload WHERE id = {id}"), "payload_2091_1"),
        (format!("SELECT * FROM finding WHERE submission_id = {id}"), "finding_2091_1"),
        (format!("{of_payment} {id}"), "payment_2091_1"),
        (format!("{of_payment} {}", ids::first_of(ms("2095-01-01T00:00:00Z"))), "payment_rest"),
    ] {
        let plan = texts(&store, format!("EXPLAIN (COSTS OFF) {asked}")).await.join("\n");
        assert!(plan.contains(&format!(" on {partition} ")), "{plan}");
        assert_eq!(plan.matches("Scan").count() - plan.matches("Bitmap Index Scan").count(), 1, "{plan}");
    }
}

#[tokio::test]
async fn rows_that_came_before_their_partition_are_moved_into_it() {
    let folder = tempfile::tempdir().unwrap();
    let Some(store) = partitioned(folder.path()).await else { return };
    let now = ms("2091-03-01T00:00:00Z");
    let (here, far) = (ids::first_of(now), ids::first_of(ms("2099-01-01T00:00:00Z")));
    add(&store, here, 1).await;
    add(&store, far, 1).await;
    assert_eq!(stand_in(&store).await, ["claim_rest", "claim_rest"]);
    let made = store.keep_partitions(now).await.unwrap();
    assert!(made.made.contains(&"claim_2091_1".to_string()), "{made:?}");
    assert_eq!(stand_in(&store).await, ["claim_2091_1", "claim_rest"]);
    let found = store.claims_for_answers(ClaimKey::Id, vec![here, far]).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(store.keep_partitions(now).await.unwrap(), Partitioned::default(), "all is there");
}

#[tokio::test]
async fn too_many_rows_to_be_moved_stay_in_the_default_partition() {
    let folder = tempfile::tempdir().unwrap();
    let Some(store) = partitioned(folder.path()).await else { return };
    let now = ms("2091-03-01T00:00:00Z");
    let first = ids::first_of(now);
    let many = format!(
        "INSERT INTO payload (id, sha256, bytes, created_at)
         SELECT {first} + number, '', 0, 0 FROM generate_series(0, {MOVED_MAX}) number"
    );
    run(&store, many).await;
    let made = store.keep_partitions(now).await.unwrap();
    assert_eq!(made.made.len(), TABLES.len() - 1, "{made:?}");
    run(&store, format!("DELETE FROM payload WHERE id = {first}")).await;
    let made = store.keep_partitions(now).await.unwrap();
    assert_eq!(made.made, ["payload_2091_1"]);
    assert_eq!(texts(&store, "SELECT count(*)::text FROM payload_2091_1").await, [MOVED_MAX.to_string()]);
}

#[tokio::test]
async fn a_table_that_is_busy_is_put_off_and_nobody_waits_behind_it_for_long() {
    let folder = tempfile::tempdir().unwrap();
    let Some(store) = partitioned(folder.path()).await else { return };
    let now = ms("2091-03-01T00:00:00Z");
    let mut dump = store.begin_beside().await.unwrap();
    query("LOCK TABLE claim IN ACCESS SHARE MODE").execute(&mut dump).await.unwrap();
    let made = store.keep_partitions(now).await.unwrap();
    assert_eq!((made.put_off.as_slice(), made.made.len()), (&["claim_2091_1".to_string()][..], TABLES.len() - 1));
    add(&store, ids::first_of(now), 1).await;
    dump.commit().await.unwrap();
    assert_eq!(store.keep_partitions(now).await.unwrap().made, ["claim_2091_1"]);
    assert_eq!(stand_in(&store).await, ["claim_2091_1"]);
}

#[tokio::test]
async fn a_partition_that_is_over_and_empty_for_a_day_is_dropped_and_its_time_can_still_come() {
    let folder = tempfile::tempdir().unwrap();
    let Some(store) = partitioned(folder.path()).await else { return };
    let (then, now) = (ms("2091-03-01T00:00:00Z"), ms("2093-03-01T00:00:00Z"));
    let id = ids::first_of(then);
    store.keep_partitions(then).await.unwrap();
    add(&store, id, 1).await;
    store.keep_partitions(now).await.unwrap();
    let kept = store.keep_partitions(now + 2 * DAY).await.unwrap();
    assert!(!kept.dropped.contains(&"claim_2091_1".to_string()), "{kept:?}");
    assert!(kept.dropped.contains(&"payload_2091_1".to_string()), "{kept:?}");
    run(&store, "DELETE FROM claim").await;
    let seen = store.keep_partitions(now + 3 * DAY).await.unwrap();
    assert_eq!(seen.dropped, [""; 0], "it was not empty yesterday");
    let dropped = store.keep_partitions(now + 4 * DAY).await.unwrap();
    assert_eq!(dropped.dropped, ["claim_2091_1"]);
    add(&store, id, 1).await;
    assert_eq!(stand_in(&store).await, ["claim_rest"]);
    assert_eq!(store.claims_for_answers(ClaimKey::Id, vec![id]).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_claim_is_lost_or_refused_while_partitions_are_made() {
    let folder = tempfile::tempdir().unwrap();
    let Some(store) = partitioned(folder.path()).await else { return };
    let now = ms("2091-03-01T00:00:00Z");
    let writing = (0..4).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for place in 0..50 {
                add(&store, ids::first_of(ms("2091-03-01T00:00:00Z")) + writer * 1_000 + place, 1).await;
            }
        })
    });
    let writing: Vec<_> = writing.collect();
    while store.keep_partitions(now).await.unwrap() != Partitioned::default() {}
    for writer in writing {
        writer.await.unwrap();
    }
    assert_eq!(stand_in(&store).await, vec!["claim_2091_1"; 200]);
}

#[tokio::test]
async fn the_gateway_makes_them_once_a_day_and_tries_again_in_an_hour_where_a_table_is_busy() {
    let partners = [("acme", &submitter("ACMEBILL", KEY, "")[..]), ("blue", &hosted_payer("BLUE", "BSTAR", KEY))];
    let world = world_of("", &partners).await;
    let (store, clock) = (&world.gateway.store, &world.gateway.clock);
    let chore = async || store.chore_done_at("partitions").await.unwrap();
    watch::run(&world.gateway).await.unwrap();
    if !store.has_partitions() {
        assert_eq!(chore().await, 0);
        return;
    }
    clock.advance(Duration::from_secs(20 * 365 * 86_400));
    watch::run(&world.gateway).await.unwrap();
    assert_eq!(chore().await, clock.now_ms());
    add(store, ids::first_of(clock.now_ms()), 1).await;
    let (here, _) = half_year(TABLES[1], clock.now_ms());
    assert_eq!(stand_in(store).await, [here]);
    clock.advance(Duration::from_secs(365 * 86_400));
    let mut dump = store.begin_beside().await.unwrap();
    query("LOCK TABLE finding IN ACCESS SHARE MODE").execute(&mut dump).await.unwrap();
    watch::run(&world.gateway).await.unwrap();
    assert_eq!(chore().await, clock.now_ms() - 23 * 3_600_000);
    drop(dump);
}

/// Name of an index, and the file that holds it.
const INDEXES: &str =
    "SELECT relname::text || ' ' || relfilenode FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid
     WHERE relkind = 'i' AND indrelid IN ('TABLES'::regclass) ORDER BY 1";

#[tokio::test]
async fn a_store_of_before_is_carried_over_with_its_rows_and_its_indexes_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let Some(url) = testing::postgres_url(folder.path()).await else { return };
    let before = PgPool::connect(&url).await.unwrap();
    let earlier = POSTGRES.iter().position(|step| step.contains("PARTITION BY RANGE")).unwrap();
    migrator(&POSTGRES[..earlier]).run(&before).await.unwrap();
    let newest = ids::first_of(ms("2090-02-03T04:05:06Z"));
    for sql in [
        format!("INSERT INTO payload (id, sha256, bytes, created_at, sealed) VALUES ({newest}, 'a', 1, 1, 'b')"),
        "INSERT INTO claim_event (id, claim_id, at, kind) VALUES (1, 2, 3, 'x')".to_string(),
        "INSERT INTO finding (submission_id, ordinal, body) VALUES (1, 1, '')".to_string(),
        "INSERT INTO payment (id, remittance_id, ordinal, patient_control_number, clp_status, charge, paid,
             patient_responsibility, payer_claim_control_number, detail) VALUES (9, 8, 7, '', '', 0, 0, 0, '', '')"
            .to_string(),
        "GRANT SELECT ON claim TO PUBLIC".to_string(),
    ] {
        sqlx::query(AssertSqlSafe(sql)).execute(&before).await.unwrap();
    }
    let indexes = |table: &str| AssertSqlSafe(INDEXES.replace("TABLES", table));
    let held: Vec<String> = sqlx::query_scalar(indexes("claim")).fetch_all(&before).await.unwrap();
    assert!(held.len() >= 12, "{held:?}");
    before.close().await;

    let store = testing::open(folder.path()).await;
    for table in TABLES.iter().filter(|table| table.name != "claim") {
        let found = texts(&store, format!("SELECT tableoid::regclass::text FROM {}", table.name)).await;
        assert_eq!(found, [format!("{}_first", table.name)]);
    }
    let now_held = texts(&store, INDEXES.replace("TABLES", "claim_first")).await;
    assert_eq!(now_held, held.iter().map(|one| one.replacen("claim", "claim_first", 1)).collect::<Vec<_>>());
    let unattached = "SELECT relname::text FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid
         WHERE relkind = 'i' AND NOT relispartition AND indrelid IN (SELECT inhrelid FROM pg_inherits)";
    assert_eq!(texts(&store, unattached).await, [""; 0]);
    let until = |table: &str| {
        format!("SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = '{table}_first'::regclass")
    };
    let ends = ids::first_of(ms("2090-07-01T00:00:00Z"));
    assert_eq!(texts(&store, until("payload")).await, [format!("FOR VALUES FROM (MINVALUE) TO ('{ends}')")]);
    assert_eq!(bounds(&texts(&store, until("claim")).await[0]).unwrap().to, {
        half_year(TABLES[1], Timestamp::now().as_millisecond()).1.to
    });
    let storage = "SELECT attstorage::text FROM pg_attribute WHERE attname = 'sealed' ORDER BY attrelid";
    assert_eq!(texts(&store, storage).await, ["e", "e", "e"]);
    let granted = "SELECT has_table_privilege('pg_monitor', 'claim', 'SELECT')::text";
    assert_eq!(texts(&store, granted).await, ["true"]);
}
