//! Service lines of payments, tied to those of the claims they pay after the payment itself is posted.

use super::sql::{Row, query, query_for};
use super::{Store, StoreError};
use crate::domain::Phi;
use crate::domain::ids::{ClaimId, PayloadId, PaymentId, RemittanceId};

/// Details of one statement: some megabytes.
const ROWS_MAX: usize = 2_000;

/// Where a claim's own segments stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimPlace {
    pub id: ClaimId,
    pub payload_id: PayloadId,
    pub offset: u64,
    pub bytes: u64,
}

/// A remittance whose lines are to be tied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Untied {
    pub id: RemittanceId,
    /// Another one once a payment of it was given another claim.
    pub version: i64,
}

impl Store {
    /// Posted remittances whose lines nobody has tied yet, the oldest first.
    pub async fn untied_remittances(&self, limit: u32) -> Result<Vec<Untied>, StoreError> {
        let rows = query(
            "SELECT id, lines_version FROM remittance WHERE state = 0 AND lines_tied_at IS NULL ORDER BY id LIMIT ?",
        )
        .bind(i64::from(limit))
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("find remittances whose lines are not tied"))?;
        Ok(rows.iter().map(|row| Untied { id: RemittanceId(row.get(0)), version: row.get(1) }).collect())
    }

    /// Where these claims stand, in the order of the files.
    pub async fn claim_places(&self, ids: Vec<i64>) -> Result<Vec<ClaimPlace>, StoreError> {
        let rows = query(
            "SELECT c.id, s.payload_id, c.claim_offset, c.claim_bytes FROM claim c
             JOIN submission s ON s.id = c.submission_id
             WHERE c.id IN (SELECT value FROM list(?)) ORDER BY s.payload_id, c.claim_offset",
        )
        .bind(ids)
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("find where claims stand"))?;
        let place = |row: &Row| ClaimPlace {
            id: ClaimId(row.get(0)),
            payload_id: PayloadId(row.get(1)),
            offset: u64::try_from(row.get::<i64>(2)).unwrap_or(0),
            bytes: u64::try_from(row.get::<i64>(3)).unwrap_or(0),
        };
        Ok(rows.iter().map(place).collect())
    }

    /// Writes the details of a remittance's payments anew and marks it as tied. `false`: a payment was given another
    /// claim since the remittance was found, and nothing was written.
    pub async fn tie_lines(
        &self,
        untied: Untied,
        details: &[(PaymentId, Phi<String>)],
        at: i64,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let marked = query("UPDATE remittance SET lines_tied_at = ? WHERE id = ? AND lines_version = ?")
            .bind(at)
            .bind(untied.id.0)
            .bind(untied.version)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("mark a remittance's lines as tied"))?;
        if marked.rows_affected() == 0 {
            return Ok(false);
        }
        for part in details.chunks(ROWS_MAX) {
            // Number and detail of each, as the update takes them: one statement, however many they are.
            let told: Vec<(i64, &str)> = part.iter().map(|(id, detail)| (id.0, detail.reveal().as_str())).collect();
            // The remittance names PostgreSQL's partition. The plus keeps SQLite from reading the whole list again for each
            // payment of the remittance.
            query_for(
                "UPDATE payment SET detail = said.detail
                 FROM (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS detail
                       FROM json_each(?1)) AS said WHERE payment.id = said.id AND +payment.remittance_id = ?2",
                "UPDATE payment SET detail = said.detail
                 FROM (SELECT CAST(one ->> 0 AS bigint) AS id, one ->> 1 AS detail
                       FROM jsonb_array_elements(CAST(?1 AS jsonb)) AS told(one)) AS said
                 WHERE payment.id = said.id AND payment.remittance_id = ?2",
            )
            .bind(serde_json::to_string(&told).expect("numbers and texts are JSON"))
            .bind(untied.id.0)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("tie payments' lines"))?;
        }
        tx.commit().await.map_err(StoreError::at("tie a remittance's lines"))?;
        Ok(true)
    }
}
