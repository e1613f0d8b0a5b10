//! The newest id of all tables, so that a gateway draws greater ones also when its clock was put back while it was down.

use super::sql::query;
use super::{Store, StoreError};

/// Tables whose ids are drawn from the clock.
const TABLES: &[&str] = &[
    "payload",
    "submission",
    "submission_transaction",
    "claim",
    "claim_event",
    "claim_lot",
    "batch",
    "batch_event",
    "delivery",
    "inbound",
    "remittance",
    "payment",
    "exception",
    "mail",
    "alarm",
];

impl Store {
    /// `None` in an empty store. A payload's id that was drawn twice would put one file in the place of another.
    pub async fn newest_id(&self) -> Result<Option<i64>, StoreError> {
        let each: Vec<String> = TABLES.iter().map(|table| format!("SELECT max(id) AS id FROM {table}")).collect();
        query(format!("SELECT max(id) FROM ({}) AS newest", each.join(" UNION ALL ")))
            .fetch_one(self.readers())
            .await
            .map(|row| row.get(0))
            .map_err(StoreError::at("find the newest id"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every table with an id of its own is looked at, but for those that people make and that the database numbers.
    #[test]
    fn no_table_with_drawn_ids_is_left_out() {
        let schema = crate::store::connect::SQLITE.concat();
        for table in schema.split("CREATE TABLE ").skip(1) {
            let (name, columns) = table.split_once(" (").unwrap();
            let drawn = columns.trim_start().starts_with("id ") && columns.contains("id ") && {
                let first = columns.trim_start().lines().next().unwrap();
                first.contains("INTEGER PRIMARY KEY")
            };
            let by_people = ["api_key", "console_user", "one_writer", "audit"].contains(&name);
            let by_the_database = name == "claim_extract";
            assert!(!drawn || by_people || by_the_database || TABLES.contains(&name), "{name}");
        }
    }
}
