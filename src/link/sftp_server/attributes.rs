//! Files and folders as the protocol describes them. Owners and permissions are for show.

use russh_sftp::protocol::{File, FileAttributes};

use super::host::FileEntry;

pub(super) fn folder() -> FileAttributes {
    shown(0, 0o040_755, None)
}

pub(super) fn file(entry: &FileEntry) -> FileAttributes {
    // The protocol's version 3 counts seconds in 32 bits.
    let seconds = u32::try_from(entry.modified_ms / 1000).unwrap_or(0);
    shown(entry.bytes, 0o100_644, Some(seconds))
}

fn shown(bytes: u64, permissions: u32, modified: Option<u32>) -> FileAttributes {
    FileAttributes {
        size: Some(bytes),
        uid: Some(0),
        user: Some("gateway".to_owned()),
        gid: Some(0),
        group: Some("gateway".to_owned()),
        permissions: Some(permissions),
        atime: modified,
        mtime: modified,
    }
}

pub(super) fn named(name: &str, attrs: FileAttributes) -> File {
    File::new(name, attrs)
}
