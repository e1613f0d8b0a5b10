//! Extracts: of each closed bucket (buckets.rs), sorted, what claims are searched by and no index has: the charge, the dates
//! of service, the payer and the submitter. A search reads the few pieces whose claims may be wanted and looks at no other
//! claim. An index would cost each claim as it comes in; an extract is made once for a hundred thousand, beside
//! everything else.
//!
//! What an extract says of a claim never becomes wrong: charge, dates and submitter never change, and a claim that is in no
//! batch yet, and may still get another payer, stands among those of any payer. What was removed since is found in vain.

use super::buckets::Bucket;
use super::leases::{Lease, must_hold};
use super::search::ClaimQuery;
use super::sql::{QueryBuilder, Row, query};
use super::{Store, StoreError};

/// Entries that are read together.
const ENTRIES_OF_A_PIECE: usize = 1_024;
/// Claims that are read at one time.
const CLAIMS_AT_ONCE: i64 = 5_000;
/// Pieces that are written by one statement.
const PIECES_AT_ONCE: usize = 64;

/// What an extract is sorted by. The numbers are the store's and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Charge = 1,
    /// From the first to the last day of service.
    Service = 2,
    Payer = 3,
    Submitter = 4,
}

/// A claim in an extract: from its key to what it reaches to, which is the key itself but for service dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub key: i64,
    pub reach: i64,
    pub claim: i64,
}

/// Entries of one field that a search wants: those that reach `least` and begin no later than `most`, of either range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub field: Field,
    pub ranges: [(i64, i64); 2],
}

impl Wanted {
    fn one(field: Field, least: i64, most: i64) -> Wanted {
        Wanted { field, ranges: [(least, most); 2] }
    }

    /// Those of this payer, and those of whom nobody knew.
    fn payer(name: &str) -> Wanted {
        let key = key_of(name);
        Wanted { field: Field::Payer, ranges: [(key, key), (OF_ANY_PAYER, OF_ANY_PAYER)] }
    }

    /// Those alone whose payer nobody knew, among them all that are accepted and in no batch.
    pub fn any_payer() -> Wanted {
        Wanted::one(Field::Payer, OF_ANY_PAYER, OF_ANY_PAYER)
    }

    pub fn takes(&self, entry: &Entry) -> bool {
        self.ranges.iter().any(|(least, most)| entry.reach >= *least && entry.key <= *most)
    }
}

/// What a query asks that extracts know. Every claim that it finds is among those of each.
pub(super) fn wanted(query: &ClaimQuery) -> Vec<Wanted> {
    let mut all = Vec::new();
    if query.charge_min.is_some() || query.charge_max.is_some() {
        let (least, most) = (query.charge_min.map_or(i64::MIN, |c| c.0), query.charge_max.map_or(i64::MAX, |c| c.0));
        all.push(Wanted::one(Field::Charge, least, most));
    }
    let day_of = |asked: &Option<String>, none| asked.as_deref().map_or(Some(none), day);
    if query.service_from.is_some() || query.service_to.is_some() {
        let (from, to) = (day_of(&query.service_from, i64::MIN), day_of(&query.service_to, i64::MAX));
        all.extend(from.zip(to).map(|(from, to)| Wanted::one(Field::Service, from, to)));
    }
    all.extend([&query.payer, &query.only_payer].into_iter().flatten().map(|name| Wanted::payer(name)));
    all.extend(query.partner.as_deref().map(key_of).map(|key| Wanted::one(Field::Submitter, key, key)));
    all
}

/// A number that grows with the day; `None` for what is no day.
fn day(text: &str) -> Option<i64> {
    let mut parts = text.split('-').map(|part| part.parse::<i64>().ok().filter(|number| (0..10_000).contains(number)));
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    (text.len() == 10 && parts.next().is_none()).then_some(year * 10_000 + month * 100 + day)
}

const OF_ANY_PAYER: i64 = i64::MIN;

/// The same for the same name in every version (FNV-1a); two names that share one are told apart by who reads the claims.
fn key_of(name: &str) -> i64 {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    (hash as i64).max(OF_ANY_PAYER + 1)
}

impl Store {
    /// Makes the extracts of closed buckets that have none, of so many of them at most; how many it made.
    pub async fn make_extracts(&self, lease: &Lease, at_most: usize) -> Result<usize, StoreError> {
        let mut made = 0;
        for bucket in self.all_buckets().await? {
            let Some(ids) = bucket.ids.filter(|_| !bucket.extracted) else { continue };
            if made == at_most {
                break;
            }
            // Their payers are not known before, and would not be in the extract for ever.
            if self.has_unrouted(ids).await? {
                continue;
            }
            let extract = self.extract_of(bucket.number, ids).await?;
            self.keep_extract(lease, &bucket, extract).await?;
            made += 1;
        }
        Ok(made)
    }

    /// Whether claims of a bucket are of a submission that is not routed yet.
    async fn has_unrouted(&self, (first, last): (i64, i64)) -> Result<bool, StoreError> {
        let row = query(
            "SELECT 1 FROM submission s WHERE s.state IN (0, 1) AND EXISTS (
                 SELECT 1 FROM claim c WHERE c.submission_id = s.id AND c.id >= ? AND c.id <= ?) LIMIT 1",
        )
        .bind(first)
        .bind(last)
        .fetch_optional(self.readers())
        .await
        .map_err(StoreError::at("look whether a bucket's claims are routed"))?;
        Ok(row.is_some())
    }

    /// Of all claims of a bucket, by field.
    async fn extract_of(&self, bucket: i64, (first, last): (i64, i64)) -> Result<[Vec<Entry>; 4], StoreError> {
        let mut extract: [Vec<Entry>; 4] = Default::default();
        let mut after = first - 1;
        loop {
            // The plus has the claims read in their order, which is that of the table.
            let rows = query(
                "SELECT c.id, c.charge, c.service_from, c.service_to, c.payer_id, c.payer, c.partner,
                     CASE WHEN b.id IS NULL AND c.status IN (2, 3) THEN 1 ELSE 0 END AS unplaced
                 FROM claim c LEFT JOIN batch b ON b.id = c.batch_id
                 WHERE c.id > ? AND c.id <= ? AND +c.bucket = ? ORDER BY c.id LIMIT ?",
            )
            .bind(after)
            .bind(last)
            .bind(bucket)
            .bind(CLAIMS_AT_ONCE)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("read the claims of a bucket"))?;
            rows.iter().for_each(|row| add(&mut extract, row));
            match rows.last() {
                Some(row) if rows.len() as i64 == CLAIMS_AT_ONCE => after = row.get(0),
                Some(_) | None => break,
            }
        }
        extract.iter_mut().for_each(|entries| entries.sort_unstable());
        Ok(extract)
    }

    async fn keep_extract(&self, lease: &Lease, bucket: &Bucket, extract: [Vec<Entry>; 4]) -> Result<(), StoreError> {
        let step = || StoreError::at("keep the extract of a bucket");
        let fields = [Field::Charge, Field::Service, Field::Payer, Field::Submitter];
        let pieces: Vec<(Field, &[Entry])> = fields
            .into_iter()
            .zip(&extract)
            .flat_map(|(field, entries)| entries.chunks(ENTRIES_OF_A_PIECE).map(move |piece| (field, piece)))
            .collect();
        let mut tx = self.begin_bulk().await?;
        must_hold(&mut tx, lease).await?;
        let kept = query("UPDATE claim_bucket SET extracted = 1 WHERE number = ?").bind(bucket.number).execute(&mut tx);
        if kept.await.map_err(step())?.rows_affected() == 0 {
            // A purge removed it meanwhile.
            return Ok(());
        }
        query("DELETE FROM claim_extract WHERE bucket = ?")
            .bind(bucket.number)
            .execute(&mut tx)
            .await
            .map_err(step())?;
        for (round, some) in pieces.chunks(PIECES_AT_ONCE).enumerate() {
            let mut insert =
                QueryBuilder::new("INSERT INTO claim_extract (bucket, piece, field, least, most, claims, entries)");
            insert.push_values(some.iter().enumerate(), |row, (place, (field, piece))| {
                let reach = piece.iter().map(|entry| entry.reach).max();
                row.push_bind(bucket.number)
                    .push_bind((round * PIECES_AT_ONCE + place) as i64)
                    .push_bind(*field as i64)
                    .push_bind(piece[0].key)
                    .push_bind(reach)
                    .push_bind(piece.len() as i64)
                    .push_bind(written(piece));
            });
            insert.build().execute(&mut tx).await.map_err(step())?;
        }
        tx.commit().await.map_err(step())
    }
}

fn add(extract: &mut [Vec<Entry>; 4], row: &Row) {
    let claim: i64 = row.get(0);
    let mut at = |field: Field, key, reach| extract[field as usize - 1].push(Entry { key, reach, claim });
    let charge: i64 = row.get(1);
    at(Field::Charge, charge, charge);
    let (from, to) = (day(&row.get::<String>(2)), day(&row.get::<String>(3)));
    if let Some((from, to)) = from.or(to).zip(to.or(from)) {
        at(Field::Service, from, to.max(from));
    }
    let (named, payer): (String, Option<String>) = (row.get(4), row.get(5));
    at(Field::Payer, key_of(&named), key_of(&named));
    if let Some(payer) = payer.filter(|payer| *payer != named) {
        at(Field::Payer, key_of(&payer), key_of(&payer));
    }
    // In no batch yet, also where a lot is kept together for one: it may get another payer.
    if row.get::<i64>(7) == 1 {
        at(Field::Payer, OF_ANY_PAYER, OF_ANY_PAYER);
    }
    let submitter = key_of(&row.get::<String>(6));
    at(Field::Submitter, submitter, submitter);
}

/// Sorted entries as their differences, seven bits a byte, lowest first.
fn written(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len() * 8);
    let mut number = |mut value: u64| {
        while value > 0x7f {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
    };
    let mut last = Entry { key: 0, reach: 0, claim: 0 };
    for entry in entries {
        let step = entry.claim.wrapping_sub(last.claim);
        number(entry.key.wrapping_sub(last.key) as u64);
        number(entry.reach.wrapping_sub(entry.key) as u64);
        number(((step << 1) ^ (step >> 63)) as u64);
        last = *entry;
    }
    bytes
}

/// `None` where these are no entries.
pub(super) fn read(bytes: &[u8]) -> Option<Vec<Entry>> {
    let mut at = 0;
    let mut number = || {
        let (mut value, mut shift) = (0u64, 0);
        loop {
            let byte = *bytes.get(at)?;
            at += 1;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
            if byte < 0x80 {
                return Some(value);
            }
        }
    };
    let (mut entries, mut last) = (Vec::new(), Entry { key: 0, reach: 0, claim: 0 });
    while let Some(step) = number() {
        let key = last.key.wrapping_add(step as i64);
        let reach = key.wrapping_add(number()? as i64);
        let step = number()?;
        let claim = last.claim.wrapping_add((step >> 1) as i64 ^ -((step & 1) as i64));
        last = Entry { key, reach, claim };
        entries.push(last);
    }
    Some(entries)
}

#[cfg(test)]
#[path = "extracts_tests.rs"]
mod tests;
