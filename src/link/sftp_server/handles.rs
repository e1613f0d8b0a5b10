//! What a client has open: files being put and fetched, folders being listed.

use std::collections::HashMap;

use russh_sftp::protocol::{File, StatusCode};
use tokio::sync::watch;

use super::fetch::Fetch;
use super::host::SftpRefusal;
use super::put::Put;

pub(super) enum Handle {
    Put { put: Put, folder: String, name: String },
    Fetch(Fetch),
    Listing(Listing),
}

/// The names of a folder that were not told yet.
pub(super) struct Listing {
    pub(super) names: Vec<File>,
}

pub(super) struct Handles {
    open: HashMap<String, (Handle, Option<Counted>)>,
    last: u64,
    max: usize,
    uploads: watch::Sender<usize>,
}

/// An upload that is under way, among those of its connection, until this is dropped.
pub(super) struct Counted(watch::Sender<usize>);

impl Counted {
    fn new(uploads: &watch::Sender<usize>) -> Counted {
        uploads.send_modify(|open| *open += 1);
        Counted(uploads.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}

impl Handles {
    pub(super) fn new(max: usize, uploads: watch::Sender<usize>) -> Handles {
        Handles { open: HashMap::new(), last: 0, max, uploads }
    }

    pub(super) fn check_room(&self) -> Result<(), SftpRefusal> {
        if self.open.len() < self.max {
            return Ok(());
        }
        Err(SftpRefusal::failure(format!("at most {} files and folders can be open; close one first", self.max)))
    }

    /// Counts an upload that is about to begin.
    pub(super) fn count_upload(&self) -> Counted {
        Counted::new(&self.uploads)
    }

    /// The name by which the client speaks of it; names are not used twice.
    pub(super) fn add(&mut self, handle: Handle, counted: Option<Counted>) -> String {
        self.last += 1;
        let name = self.last.to_string();
        self.open.insert(name.clone(), (handle, counted));
        name
    }

    pub(super) fn take(&mut self, name: &str) -> Result<(Handle, Option<Counted>), SftpRefusal> {
        self.open.remove(name).ok_or_else(not_open)
    }

    pub(super) fn get(&mut self, name: &str) -> Result<&mut Handle, SftpRefusal> {
        self.open.get_mut(name).map(|(handle, _)| handle).ok_or_else(not_open)
    }

    pub(super) fn put(&mut self, name: &str) -> Result<&mut Put, SftpRefusal> {
        match self.get(name)? {
            Handle::Put { put, .. } => Ok(put),
            Handle::Fetch(_) | Handle::Listing(_) => Err(SftpRefusal::not_permitted("this is not open for writing")),
        }
    }

    pub(super) fn fetch(&mut self, name: &str) -> Result<&mut Fetch, SftpRefusal> {
        match self.get(name)? {
            Handle::Fetch(fetch) => Ok(fetch),
            Handle::Put { .. } | Handle::Listing(_) => Err(SftpRefusal::not_permitted("this is not open for reading")),
        }
    }

    pub(super) fn listing(&mut self, name: &str) -> Result<&mut Listing, SftpRefusal> {
        match self.get(name)? {
            Handle::Listing(listing) => Ok(listing),
            Handle::Put { .. } | Handle::Fetch(_) => Err(SftpRefusal::failure("this is no folder")),
        }
    }

    /// The bytes taken so far of a file that is being put.
    pub(super) fn being_put(&self, folder: &str, name: &str) -> Option<u64> {
        self.open.values().find_map(|(handle, _)| match handle {
            Handle::Put { put, folder: at, name: called } if at == folder && called == name => Some(put.bytes()),
            Handle::Put { .. } | Handle::Fetch(_) | Handle::Listing(_) => None,
        })
    }

    pub(super) fn is_being_put(&self, folder: &str, name: &str) -> bool {
        self.being_put(folder, name).is_some()
    }
}

fn not_open() -> SftpRefusal {
    SftpRefusal::new(StatusCode::Failure, "this handle is not open")
}
