//! Brings together what the store asks of a bucket and what the link to one offers: neither room knows the other.

use std::io;

use crate::link::objects::{Bucket, Upload};
use crate::store::payload::{ObjectEntry, ObjectUpload, Objects};

#[derive(Debug)]
pub(super) struct InBucket(pub Bucket);

impl Objects for InBucket {
    fn put_new(&self, key: &str, bytes: Vec<u8>) -> io::Result<()> {
        self.0.put_new(key, bytes)
    }

    fn put(&self, key: &str, bytes: Vec<u8>) -> io::Result<()> {
        self.0.put(key, bytes)
    }

    fn begin(&self, key: &str) -> io::Result<Box<dyn ObjectUpload>> {
        Ok(Box::new(Part(self.0.begin(key)?)))
    }

    fn read(&self, key: &str, from: u64, to: u64) -> io::Result<(Vec<u8>, u64)> {
        self.0.read(key, from, to)
    }

    fn remove(&self, key: &str) -> io::Result<()> {
        self.0.remove(key)
    }

    fn list(&self, after: Option<&str>) -> io::Result<Vec<ObjectEntry>> {
        let page = self.0.list(after)?;
        Ok(page.into_iter().map(|(key, modified)| ObjectEntry { key, modified }).collect())
    }

    fn place(&self, key: &str) -> String {
        self.0.place(key)
    }
}

struct Part(Upload);

impl ObjectUpload for Part {
    fn part(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        self.0.part(bytes)
    }

    fn complete(self: Box<Self>) -> io::Result<()> {
        self.0.complete()
    }
}
