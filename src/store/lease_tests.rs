//! A lease is renewed while the work under it goes on, whatever the two wait for.

use std::time::Duration;

use crate::pipeline::lease::under_lease_renewed;
use crate::pipeline::testing::world;
use crate::store::sql::query;

/// The work holds the row that the renewal needs. SQLite has one gateway, whose leases need no renewal: there is nothing to
/// wait for, and the test says only that it goes on.
#[tokio::test]
async fn work_that_is_in_a_transaction_when_its_lease_is_renewed_goes_on() {
    let world = world().await;
    let store = &world.gateway.store;
    let every = Duration::from_millis(50);
    let work = under_lease_renewed(&world.gateway, "test", every, async |_| {
        let mut tx = store.begin().await?;
        query("UPDATE lease SET until = until WHERE name = 'test'").execute(&mut tx).await.unwrap();
        tokio::time::sleep(4 * every).await;
        tx.commit().await.unwrap();
        Ok(())
    });
    let done = tokio::time::timeout(Duration::from_secs(20), work).await.expect("it waits for itself");
    assert_eq!(done.unwrap(), Some(()));
}
