//! Alarms: what is overdue or stuck. An alarm stands once for its subject, says how things are now, is told again when
//! it gets worse by a step, and is cleared when its cause is gone.

use std::collections::BTreeMap;

use super::announcements::{AlarmNews, add_alarm_news};
use super::sql::{Row, Tx, query};
use super::{Store, StoreError};
use crate::domain::ids::{AlarmId, BatchId, SubmissionId};

/// What an alarm is about: its kind, and an id or a partner's name.
pub type AlarmKey = (String, String);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmRow {
    pub id: AlarmId,
    pub kind: String,
    pub subject: String,
    pub text: String,
    pub raised_at: i64,
    pub cleared_at: Option<i64>,
}

/// What an alarm says, and how bad it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub text: String,
    /// 0, or for what gets worse with time the step it has come to: a higher one than before is told anew.
    pub step: i64,
}

impl From<String> for Standing {
    fn from(text: String) -> Standing {
        Standing { text, step: 0 }
    }
}

/// What a call of [`Store::set_alarms`] changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlarmChange {
    /// New, or worse by a step.
    pub raised: Vec<AlarmKey>,
    pub cleared: Vec<AlarmKey>,
}

/// An answer to a batch, as a column of `batch` tells whether it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Awaited {
    Ta1,
    Ack999,
    Ack277ca,
    /// Asked of the questions that were passed on to the payer.
    Status277,
    /// Asked of the claims: the batch is answered when none of them waits.
    Remit835,
}

impl Awaited {
    pub const ALL: [Awaited; 5] =
        [Awaited::Ta1, Awaited::Ack999, Awaited::Ack277ca, Awaited::Status277, Awaited::Remit835];

    /// As people, partners' files and metrics name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Awaited::Ta1 => "TA1",
            Awaited::Ack999 => "999",
            Awaited::Ack277ca => "277CA",
            Awaited::Status277 => "277",
            Awaited::Remit835 => "835",
        }
    }
}

/// Stuck rows of one kind that get an alarm of their own; more say nothing more.
const STUCK_MAX: i64 = 100;

impl Store {
    /// Batches in the mailbox of a payer that fetches from us, put there before `put_before` and not fetched.
    pub async fn batches_not_fetched(&self, payer: &str, put_before: i64) -> Result<Vec<BatchId>, StoreError> {
        query(
            "SELECT b.id FROM batch b JOIN delivery d ON d.batch_id = b.id
             WHERE b.state = 2 AND b.payer = ? AND d.state = 3 AND d.created_at < ? ORDER BY b.id",
        )
        .bind(payer)
        .bind(put_before)
        .fetch_all(self.readers())
        .await
        .map(|rows| rows.iter().map(|row| BatchId(row.get(0))).collect())
        .map_err(StoreError::at("look for batches that nobody fetches"))
    }

    /// Batches that support has because their files could not be built, with the reason.
    pub async fn batches_not_built(&self) -> Result<Vec<(String, String)>, StoreError> {
        query("SELECT origin, reason FROM exception WHERE state = 0 AND kind = 'batch' ORDER BY id LIMIT ?")
            .bind(STUCK_MAX)
            .fetch_all(self.readers())
            .await
            .map(|rows| rows.iter().map(|row| (row.get::<Option<_>>(0).unwrap_or_default(), row.get(1))).collect())
            .map_err(StoreError::at("look for batches that were not built"))
    }

    /// Files that came before `came_before` and whose work is not done, each as `submission` or `inbound` with its id.
    pub async fn unworked(&self, came_before: i64) -> Result<Vec<(&'static str, String)>, StoreError> {
        let step = || StoreError::at("look for files that are not worked");
        let mut found = Vec::new();
        for (kind, sql) in [
            ("submission", "SELECT id FROM submission WHERE state IN (0, 1) AND received_at < ? ORDER BY id LIMIT ?"),
            ("inbound", "SELECT id FROM inbound WHERE state IN (0, 1) AND received_at < ? ORDER BY id LIMIT ?"),
        ] {
            let rows = query(sql).bind(came_before).bind(STUCK_MAX).fetch_all(self.readers()).await.map_err(step())?;
            found.extend(rows.iter().map(|row| (kind, SubmissionId(row.get(0)).to_string())));
        }
        Ok(found)
    }

    /// Makes exactly these alarms stand: raises the new ones and those that got worse by a step, has the others say what
    /// is so now, and clears those that are not among them. `letter` writes what the operator's webhook is told of each
    /// that is raised or cleared, where there is one.
    pub async fn set_alarms(
        &self,
        standing: &BTreeMap<AlarmKey, Standing>,
        now_ms: i64,
        mut new_id: impl FnMut() -> AlarmId,
        letter: Option<impl Fn(&AlarmNews<'_>) -> String>,
    ) -> Result<AlarmChange, StoreError> {
        let step = || StoreError::at("set alarms");
        let mut tx = self.begin().await?;
        let before = standing_before(&mut tx).await?;
        let mut change = AlarmChange::default();
        for key in before.keys().filter(|key| !standing.contains_key(*key)) {
            query("UPDATE alarm SET cleared_at = ? WHERE kind = ? AND subject = ? AND cleared_at IS NULL")
                .bind(now_ms)
                .bind(&key.0)
                .bind(&key.1)
                .execute(&mut tx)
                .await
                .map_err(step())?;
            if let Some(letter) = &letter {
                add_alarm_news(&mut tx, new_id(), &letter(&AlarmNews::Cleared { key }), now_ms).await?;
            }
            change.cleared.push(key.clone());
        }
        for (key, alarm) in standing {
            let known = before.get(key);
            if known == Some(alarm) {
                continue;
            }
            match known {
                Some(_) => say_anew(&mut tx, key, alarm).await?,
                None => add_alarm(&mut tx, new_id(), key, alarm, now_ms).await?,
            }
            if known.is_some_and(|known| known.step >= alarm.step) {
                continue;
            }
            if let Some(letter) = &letter {
                let news = AlarmNews::Raised { key, text: &alarm.text };
                add_alarm_news(&mut tx, new_id(), &letter(&news), now_ms).await?;
            }
            change.raised.push(key.clone());
        }
        tx.commit().await.map_err(step())?;
        Ok(change)
    }

    /// Alarms that stand, newest first.
    pub async fn standing_alarms(&self) -> Result<Vec<AlarmRow>, StoreError> {
        let rows = query(
            "SELECT id, kind, subject, text, raised_at, cleared_at FROM alarm WHERE cleared_at IS NULL ORDER BY id DESC",
        )
        .fetch_all(self.readers())
        .await
        .map_err(StoreError::at("list alarms"))?;
        Ok(rows
            .iter()
            .map(|row| AlarmRow {
                id: AlarmId(row.get(0)),
                kind: row.get(1),
                subject: row.get(2),
                text: row.get(3),
                raised_at: row.get(4),
                cleared_at: row.get(5),
            })
            .collect())
    }
}

async fn standing_before(tx: &mut Tx) -> Result<BTreeMap<AlarmKey, Standing>, StoreError> {
    let rows = query("SELECT kind, subject, text, step FROM alarm WHERE cleared_at IS NULL")
        .fetch_all(&mut *tx)
        .await
        .map_err(StoreError::at("read the alarms that stand"))?;
    let standing = |row: &Row| ((row.get(0), row.get(1)), Standing { text: row.get(2), step: row.get(3) });
    Ok(rows.iter().map(standing).collect())
}

async fn add_alarm(tx: &mut Tx, id: AlarmId, key: &AlarmKey, alarm: &Standing, now_ms: i64) -> Result<(), StoreError> {
    query("INSERT INTO alarm (id, kind, subject, text, step, raised_at) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(id.0)
        .bind(&key.0)
        .bind(&key.1)
        .bind(&alarm.text)
        .bind(alarm.step)
        .bind(now_ms)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("raise an alarm"))?;
    Ok(())
}

/// It stands since when it was raised first.
async fn say_anew(tx: &mut Tx, key: &AlarmKey, alarm: &Standing) -> Result<(), StoreError> {
    query("UPDATE alarm SET text = ?, step = ? WHERE kind = ? AND subject = ? AND cleared_at IS NULL")
        .bind(&alarm.text)
        .bind(alarm.step)
        .bind(&key.0)
        .bind(&key.1)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::at("change what an alarm says"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_alarm_says_what_is_so_now_and_is_told_anew_only_when_it_is_worse_by_a_step() {
        let folder = tempfile::tempdir().unwrap();
        let store = crate::store::testing::open(folder.path()).await;
        let key: AlarmKey = ("timely-filing".into(), "bluestar/acme".into());
        let mut letters = Vec::new();
        for (now, (text, step, raised)) in [
            ("9 days", 1, 1),
            ("8 days", 1, 0),
            ("7 days", 2, 1),
            ("7 days", 2, 0),
            ("3 days", 3, 1),
            // The first claim was sent in again; the next one has more time, and is counted down by itself.
            ("12 days", 1, 0),
            ("7 days", 2, 1),
        ]
        .into_iter()
        .enumerate()
        {
            let alarms = BTreeMap::from([(key.clone(), Standing { text: text.into(), step })]);
            let (mut ids, now) = (100 * now as i64, 1 + now as i64);
            let next = || {
                ids += 1;
                AlarmId(ids)
            };
            let told = Some(|news: &AlarmNews<'_>| format!("{news:?}"));
            let change = store.set_alarms(&alarms, now, next, told).await.unwrap();
            assert_eq!((change.raised.len(), change.cleared.len()), (raised, 0), "{text}");
            let stands = store.standing_alarms().await.unwrap().remove(0);
            assert_eq!((stands.text.as_str(), stands.raised_at), (text, 1));
            while let Some(news) = store.first_announcement(crate::store::announcements::OPERATOR).await.unwrap() {
                store.announcement_taken(&news, now).await.unwrap();
                letters.push(news.body);
            }
        }
        assert_eq!(letters.len(), 4, "{letters:?}");
        assert!(letters[1].contains("Raised") && letters[1].contains("7 days"), "{letters:?}");
    }
}
