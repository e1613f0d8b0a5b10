//! All money that came in, by what became of it: on claims, unmatched, held, kept beside claims, or out of balance, because
//! a person released a remittance that does not add up.

use super::{Period, spelled};
use crate::domain::Cents;
use crate::domain::ids::{InboundId, RemittanceId};
use crate::store::StoreError;
use crate::store::sql::{Snapshot, query};

/// Money of remittances, by what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MoneySum {
    /// All that are neither repeats nor put aside.
    pub remittances: i64,
    /// Their BPR02.
    pub paid_by_payers: Cents,
    pub on_claims: Cents,
    pub unmatched: Cents,
    /// BPR02 of those that wait for a person: they do not balance, or say something else of a payment that is known.
    pub held: Cents,
    /// PLB: what payers kept or added beside claims.
    pub adjustments: Cents,
    /// How much more those that a person released came to than their parts.
    pub out_of_balance: Cents,
    /// Those that a person released although they do not balance.
    pub released: i64,
    /// Those that were held and that a person dismissed: they count nowhere.
    pub put_aside: i64,
    /// Their BPR02.
    pub put_aside_amount: Cents,
}

impl MoneySum {
    /// Money in is money on claims, unmatched or held, less what payers kept beside claims, and what is out of balance.
    pub fn adds_up(&self) -> bool {
        self.paid_by_payers == self.parts()
    }

    pub fn parts(&self) -> Cents {
        self.on_claims + self.unmatched + self.held - self.adjustments + self.out_of_balance
    }
}

/// A remittance that counts although its amount is not that of its parts: a person let it through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    pub id: RemittanceId,
    pub inbound_id: InboundId,
    pub payer: String,
    /// TRN02.
    pub trace: String,
    /// BPR02 less its parts.
    pub difference: Cents,
    /// `None`: not known any more.
    pub by: Option<String>,
}

/// Of a remittance that a person looked at: its exception is the one of its file that names it.
pub(super) const ITS_EXCEPTION: &str = "e.inbound_id = r.inbound_id AND e.kind = 'balance'
     AND e.response LIKE '%\"remittance\":\"' || written(r.id) || '\"%'";

pub(super) async fn money_sum(look: &mut Snapshot, period: Period) -> Result<MoneySum, StoreError> {
    // What is removed as too old is put aside: nothing that waits for a person is removed.
    let row = query(spelled(
        "SELECT coalesce(SUM(CASE WHEN fate <> 2 THEN 1 END), 0), coalesce(SUM(CASE WHEN fate <> 2 THEN amount END), 0),
                coalesce(SUM(CASE WHEN fate = 0 THEN adjustments END), 0),
                coalesce(SUM(CASE WHEN fate = 1 THEN amount END), 0),
                coalesce(SUM(CASE WHEN fate = 0 AND problem <> '' THEN amount - claims_paid + adjustments END), 0),
                coalesce(SUM(CASE WHEN fate = 0 AND problem <> '' AND amount <> claims_paid - adjustments THEN 1 END), 0),
                coalesce(SUM(CASE WHEN fate = 2 THEN 1 END), 0), coalesce(SUM(CASE WHEN fate = 2 THEN amount END), 0),
                coalesce(SUM(CASE WHEN fate = 0 THEN purged_on_claims END), 0),
                coalesce(SUM(CASE WHEN fate = 0 THEN purged_unmatched END), 0)
         FROM (SELECT r.amount, r.adjustments, r.claims_paid, r.problem, r.purged_on_claims, r.purged_unmatched,
                      CASE WHEN r.state = 0 THEN 0 WHEN i.purged_at IS NOT NULL THEN 2
                           WHEN EXISTS (SELECT 1 FROM exception e WHERE e.state = 2 AND its_exception) THEN 2
                           ELSE 1 END AS fate
               FROM remittance r LEFT JOIN inbound i ON i.id = r.inbound_id
               WHERE r.received_at >= ? AND r.received_at < ? AND r.state IN (0, 1)) came"
    ))
    .bind(period.since_ms)
    .bind(period.until_ms)
    .fetch_one(&mut *look)
    .await
    .map_err(StoreError::at("sum remittances"))?;
    let paid = query(
        "SELECT coalesce(SUM(CASE WHEN p.claim_id IS NOT NULL THEN p.paid END), 0),
                coalesce(SUM(CASE WHEN p.claim_id IS NULL THEN p.paid END), 0)
         FROM payment p JOIN remittance r ON r.id = p.remittance_id
         WHERE r.received_at >= ? AND r.received_at < ? AND r.state = 0",
    )
    .bind(period.since_ms)
    .bind(period.until_ms)
    .fetch_one(&mut *look)
    .await
    .map_err(StoreError::at("sum payments"))?;
    Ok(MoneySum {
        remittances: row.get(0),
        paid_by_payers: Cents(row.get(1)),
        adjustments: Cents(row.get(2)),
        held: Cents(row.get(3)),
        out_of_balance: Cents(row.get(4)),
        released: row.get(5),
        put_aside: row.get(6),
        put_aside_amount: Cents(row.get(7)),
        on_claims: Cents(paid.get::<i64>(0) + row.get::<i64>(8)),
        unmatched: Cents(paid.get::<i64>(1) + row.get::<i64>(9)),
    })
}

/// The first of those that [`MoneySum::released`] counts, up to `limit`.
pub(super) async fn released(look: &mut Snapshot, period: Period, limit: u32) -> Result<Vec<Released>, StoreError> {
    let rows = query(spelled(
        "SELECT r.id, r.inbound_id, r.payer, r.trace, r.amount - r.claims_paid + r.adjustments,
                (SELECT MAX(e.resolved_by) FROM exception e WHERE e.state = 1 AND its_exception)
         FROM remittance r WHERE r.received_at >= ?1 AND r.received_at < ?2 AND r.state = 0 AND r.problem <> ''
         AND r.amount <> r.claims_paid - r.adjustments ORDER BY r.id LIMIT ?3",
    ))
    .bind(period.since_ms)
    .bind(period.until_ms)
    .bind(limit)
    .fetch_all(&mut *look)
    .await
    .map_err(StoreError::at("list remittances that were released"))?;
    let released = rows.iter().map(|row| Released {
        id: RemittanceId(row.get(0)),
        inbound_id: InboundId(row.get(1)),
        payer: row.get(2),
        trace: row.get(3),
        difference: Cents(row.get(4)),
        by: row.get(5),
    });
    Ok(released.collect())
}
