//! Claim search by what extracts know (extracts.rs): newest first, no further than it takes to fill a page, and looking at
//! no claim that is not wanted by all that they know of it.

use super::extracts::{Entry, Wanted, read};
use super::search::{Among, ClaimLine, ClaimQuery};
use super::sql::query as ask;
use super::{Store, StoreError};
use crate::domain::ids::ClaimId;

/// The newest claims are looked through first: what many claims are like soon fills a page.
const LOOKED_THROUGH_FIRST: i64 = 2_000;
/// More claims than that are not looked at before all that is known of them was asked.
const LOOKED_AT_ONCE: usize = 500;

/// A piece of an extract, not read yet.
struct Piece {
    id: i64,
    claims: i64,
}

impl Store {
    /// What the newest claims alone come to; `None` when that fills no page and there are more.
    pub(super) async fn search_newest(&self, query: &ClaimQuery) -> Result<Option<Vec<ClaimLine>>, StoreError> {
        let row = ask("SELECT id FROM claim WHERE id < ? ORDER BY id DESC LIMIT 1 OFFSET ?")
            .bind(query.before.map_or(i64::MAX, |claim| claim.0))
            .bind(LOOKED_THROUGH_FIRST)
            .fetch_optional(self.readers())
            .await
            .map_err(StoreError::at("find the newest claims"))?;
        let Some(row) = row else { return self.search_claims_in(query, Among::All).await.map(Some) };
        let found = self.search_claims_in(query, Among::From(row.get(0))).await?;
        Ok((found.len() >= query.limit as usize).then_some(found))
    }

    /// Those of these buckets, whose extracts are made.
    pub(super) async fn search_extracts(
        &self,
        query: &ClaimQuery,
        wanted: &[Wanted],
        buckets: &[i64],
    ) -> Result<Vec<ClaimLine>, StoreError> {
        let mut known = Vec::new();
        for one in wanted {
            known.push((one, self.pieces(one, buckets).await?));
        }
        known.sort_by_key(|(_, pieces)| pieces.iter().map(|piece| piece.claims).sum::<i64>());
        let mut candidates: Option<Vec<i64>> = None;
        for (one, pieces) in &known {
            if candidates.as_ref().is_some_and(|all| all.len() <= LOOKED_AT_ONCE) {
                break;
            }
            let mut claims = self.claims_of(one, pieces, query.before).await?;
            if let Some(before) = candidates {
                claims.retain(|claim| before.binary_search(claim).is_ok());
            }
            candidates = Some(claims);
        }
        let mut found = Vec::new();
        for some in candidates.unwrap_or_default().rchunks(LOOKED_AT_ONCE) {
            found.extend(self.search_claims_in(query, Among::These(some.to_vec())).await?);
            if found.len() >= query.limit as usize {
                break;
            }
        }
        Ok(found)
    }

    /// Those of these buckets, which are open or have no extract yet: they are looked through.
    pub(super) async fn search_looking_through(
        &self,
        query: &ClaimQuery,
        buckets: &[i64],
    ) -> Result<Vec<ClaimLine>, StoreError> {
        if buckets.is_empty() {
            return Ok(Vec::new());
        }
        // The plus keeps the planner from walking all claims to the first that is in one of them.
        let row = ask("SELECT min(+id) FROM claim WHERE bucket IN (SELECT value FROM list(?))").bind(buckets);
        let row = row.fetch_one(self.readers()).await;
        let first: Option<i64> = row.map_err(StoreError::at("find the first claim of buckets"))?.get(0);
        match first {
            Some(first) => self.search_claims_in(query, Among::Through(buckets.to_vec(), first)).await,
            None => Ok(Vec::new()),
        }
    }

    async fn pieces(&self, wanted: &Wanted, buckets: &[i64]) -> Result<Vec<Piece>, StoreError> {
        let [(least, most), (least_too, most_too)] = wanted.ranges;
        let rows =
            ask("SELECT id, claims FROM claim_extract WHERE field = ?1 AND bucket IN (SELECT value FROM list(?2))
             AND ((least <= ?4 AND most >= ?3) OR (least <= ?6 AND most >= ?5))")
            .bind(wanted.field as i64)
            .bind(buckets)
            .bind(least)
            .bind(most)
            .bind(least_too)
            .bind(most_too)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("look into the extracts of buckets"))?;
        Ok(rows.iter().map(|row| Piece { id: row.get(0), claims: row.get(1) }).collect())
    }

    /// In their order, each once.
    async fn claims_of(
        &self,
        wanted: &Wanted,
        pieces: &[Piece],
        before: Option<ClaimId>,
    ) -> Result<Vec<i64>, StoreError> {
        let ids: Vec<i64> = pieces.iter().map(|piece| piece.id).collect();
        let rows = ask("SELECT id, claims, entries FROM claim_extract WHERE id IN (SELECT value FROM list(?))")
            .bind(ids)
            .fetch_all(self.readers())
            .await
            .map_err(StoreError::at("read the extracts of buckets"))?;
        let before = before.map_or(i64::MAX, |claim| claim.0);
        let mut claims = Vec::new();
        for row in &rows {
            let entries = read(&row.get::<Vec<u8>>(2)).filter(|entries| entries.len() as i64 == row.get::<i64>(1));
            let damaged = || StoreError::Damaged { what: format!("piece {} of an extract", row.get::<i64>(0)) };
            let takes = |entry: &&Entry| wanted.takes(entry) && entry.claim < before;
            claims.extend(entries.ok_or_else(damaged)?.iter().filter(takes).map(|entry| entry.claim));
        }
        claims.sort_unstable();
        claims.dedup();
        Ok(claims)
    }
}
