//! Control numbers of our own answers, taken from the store in blocks: an answer needs up to six of them, and each
//! taken by itself would wait for the disk. What is left of a block when the gateway ends is not used: numbers never
//! repeat, but may skip some.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::{Store, StoreError};

const BLOCK: i64 = 50;

/// What is left of the blocks, by the names of their counters.
#[derive(Default)]
pub struct AnswerNumbers {
    left: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Range<i64>>>>>,
}

impl AnswerNumbers {
    /// The next number of a counter.
    pub async fn take(&self, store: &Store, name: &str) -> Result<i64, StoreError> {
        // Held for a look only; whoever waits for the store holds its own counter.
        let left =
            self.left.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_string()).or_default().clone();
        let mut left = left.lock().await;
        if left.is_empty() {
            let first = store.take_control_numbers(name, BLOCK).await?;
            *left = first..first + BLOCK;
        }
        let number = left.start;
        left.start += 1;
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn numbers_follow_each_other_and_never_repeat_though_the_gateway_ends_in_between() {
        let folder = tempfile::tempdir().unwrap();
        let store = crate::store::testing::open(folder.path()).await;
        let mut taken = Vec::new();
        for numbers in [AnswerNumbers::default(), AnswerNumbers::default()] {
            for _ in 0..BLOCK + 1 {
                taken.push(numbers.take(&store, "isa:acme").await.unwrap());
            }
            assert_eq!(numbers.take(&store, "isa:other").await.unwrap() % BLOCK, 1);
        }
        let until = taken[..taken.len() / 2].windows(2).all(|pair| pair[1] == pair[0] + 1);
        assert!(until && taken.is_sorted(), "{taken:?}");
        let different: std::collections::BTreeSet<i64> = taken.iter().copied().collect();
        assert_eq!(different.len(), taken.len());
    }
}
