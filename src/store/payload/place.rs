//! Where payloads stand that are too large for their row: a folder or a bucket.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::folder::{FileSink, UNFINISHED};
use super::objects::{ObjectSink, ObjectSource, Objects};
use crate::domain::ids::PayloadId;

#[derive(Clone, Debug)]
pub(super) enum Place {
    Folder(Arc<Path>),
    Objects(Arc<dyn Objects>),
}

/// What the name of an object that holds a rewrapped key ends with.
const KEY_ENDING: &str = ".key";

/// A payload that stands there, whether or not a row names it.
#[derive(Clone, Debug)]
pub struct Standing {
    pub id: PayloadId,
    pub modified: SystemTime,
    /// For a person.
    pub place: String,
}

impl Place {
    /// Two levels by the id's last characters, which change fastest: no folder grows large, and no part of a bucket
    /// takes all that is new.
    pub(super) fn key(id: PayloadId) -> String {
        let name = id.to_string();
        format!("{}/{name}", &name[10..12])
    }

    /// For a person.
    pub(super) fn describe(&self, id: PayloadId) -> String {
        match self {
            Place::Folder(folder) => path(folder, id).display().to_string(),
            Place::Objects(objects) => objects.place(&Place::key(id)),
        }
    }

    pub(super) fn create(&self, id: PayloadId) -> io::Result<Sink> {
        Ok(match self {
            Place::Folder(folder) => Sink::File(FileSink::create(folder, &id.to_string(), path(folder, id))?),
            Place::Objects(objects) => Sink::Object(ObjectSink::new(objects.clone(), Place::key(id))),
        })
    }

    pub(super) fn open(&self, id: PayloadId) -> io::Result<Source> {
        Ok(match self {
            Place::Folder(folder) => Source::File(File::open(path(folder, id))?),
            Place::Objects(objects) => Source::Object(ObjectSource::open(objects.clone(), Place::key(id))?),
        })
    }

    /// Removing what is not there is no error.
    pub(super) fn remove(&self, id: PayloadId) -> io::Result<()> {
        let gone = |removed: io::Result<()>| match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        };
        match self {
            Place::Folder(folder) => gone(fs::remove_file(path(folder, id))),
            Place::Objects(objects) => {
                let key = Place::key(id);
                gone(objects.remove(&key))?;
                gone(objects.remove(&format!("{key}{KEY_ENDING}")))
            }
        }
    }

    /// The key of an object that was wrapped anew, where it was. An object cannot be changed in part, so such a key
    /// stands beside it; a file's stands in its header.
    pub(super) fn key_beside(&self, id: PayloadId) -> io::Result<Option<Vec<u8>>> {
        let Place::Objects(objects) = self else { return Ok(None) };
        match objects.read(&format!("{}{KEY_ENDING}", Place::key(id)), 0, 1024) {
            Ok((bytes, _)) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn put_key_beside(objects: &Arc<dyn Objects>, id: PayloadId, bytes: Vec<u8>) -> io::Result<()> {
        objects.put(&format!("{}{KEY_ENDING}", Place::key(id)), bytes)
    }

    /// A page of what stands there, after an earlier page's last; `None` at the end. A page may be empty.
    pub(super) fn list(&self, after: Option<&str>) -> io::Result<Option<(Vec<Standing>, String)>> {
        match self {
            Place::Folder(folder) => list_folder(folder, after),
            Place::Objects(objects) => {
                let page = objects.list(after)?;
                let Some(last) = page.last().map(|entry| entry.key.clone()) else { return Ok(None) };
                let standing = page.iter().filter_map(|entry| {
                    let id = id_of(entry.key.rsplit('/').next()?)?;
                    Some(Standing { id, modified: entry.modified, place: objects.place(&entry.key) })
                });
                Ok(Some((standing.collect(), last)))
            }
        }
    }
}

pub(super) fn path(folder: &Path, id: PayloadId) -> PathBuf {
    folder.join(Place::key(id))
}

/// The payload that a file or an object of this name belongs to.
fn id_of(name: &str) -> Option<PayloadId> {
    name.strip_suffix(KEY_ENDING).unwrap_or(name).parse().ok()
}

/// A page is one folder.
fn list_folder(folder: &Path, after: Option<&str>) -> io::Result<Option<(Vec<Standing>, String)>> {
    let mut names: Vec<String> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<_>>()?;
    names.sort_unstable();
    names.retain(|name| name != UNFINISHED && after.is_none_or(|after| name.as_str() > after));
    let Some(name) = names.into_iter().next() else { return Ok(None) };
    let mut standing = Vec::new();
    if folder.join(&name).is_dir() {
        for entry in fs::read_dir(folder.join(&name))? {
            let entry = entry?;
            let Some(id) = entry.file_name().to_str().and_then(id_of) else { continue };
            let place = entry.path().display().to_string();
            // One that is removed meanwhile is none.
            let Ok(about) = entry.metadata() else { continue };
            standing.push(Standing { id, modified: about.modified()?, place });
        }
    }
    Ok(Some((standing, name)))
}

/// A payload being written where it stays.
pub(super) enum Sink {
    File(FileSink),
    Object(ObjectSink),
}

impl Sink {
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Sink::File(file) => file.write(bytes),
            Sink::Object(object) => object.write(bytes),
        }
    }

    /// Makes it durable under its name.
    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Sink::File(file) => file.finish(),
            Sink::Object(object) => object.finish(),
        }
    }
}

/// A sealed payload being read.
pub(super) enum Source {
    /// From its row.
    Memory(Arc<[u8]>),
    File(File),
    Object(ObjectSource),
}

impl Source {
    pub(super) fn len(&self) -> io::Result<u64> {
        match self {
            Source::Memory(bytes) => Ok(bytes.len() as u64),
            Source::File(file) => Ok(file.metadata()?.len()),
            Source::Object(object) => Ok(object.len()),
        }
    }

    /// Exactly so many bytes; where there are fewer, [`io::ErrorKind::UnexpectedEof`].
    pub(super) fn read_at(&mut self, at: u64, length: usize) -> io::Result<Vec<u8>> {
        match self {
            Source::Memory(bytes) => {
                let from = usize::try_from(at).map_err(|_| io::ErrorKind::UnexpectedEof)?;
                let end = from.checked_add(length).ok_or(io::ErrorKind::UnexpectedEof)?;
                Ok(bytes.get(from..end).ok_or(io::ErrorKind::UnexpectedEof)?.to_vec())
            }
            Source::File(file) => {
                let mut bytes = vec![0; length];
                file.read_exact_at(&mut bytes, at)?;
                Ok(bytes)
            }
            Source::Object(object) => object.read_at(at, length),
        }
    }
}
