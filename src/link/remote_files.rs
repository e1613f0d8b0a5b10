//! What a payer's file server is asked for, whoever answers: the SFTP client, or in the simulation a payer that loses
//! connections where its seed says so.

use std::io::{Read, Write};

use super::sftp_client::{RemoteFile, SftpClient, SftpTarget};
use super::trouble::LinkError;

/// A connection to a payer's folders. Closed when dropped. The calls block, and do what those of [`SftpClient`] do.
pub trait RemoteFiles: Send {
    fn put(&self, source: &mut dyn Read, folder: &str, name: &str, bytes: u64) -> Result<(), LinkError>;
    fn rename(&self, from: &str, to: &str) -> Result<(), LinkError>;
    fn stat(&self, path: &str) -> Result<Option<u64>, LinkError>;
    fn look(&self, path: &str) -> Result<Option<RemoteFile>, LinkError>;
    fn list(&self, folder: &str) -> Result<Vec<RemoteFile>, LinkError>;
    fn get(&self, path: &str, sink: &mut dyn Write) -> Result<u64, LinkError>;
    fn remove(&self, path: &str) -> Result<(), LinkError>;
}

/// Makes a connection.
pub type Dial = dyn Fn(&SftpTarget) -> Result<Box<dyn RemoteFiles>, LinkError> + Send + Sync;

/// Over the network.
pub fn dial(target: &SftpTarget) -> Result<Box<dyn RemoteFiles>, LinkError> {
    Ok(Box::new(SftpClient::connect(target)?))
}

impl RemoteFiles for SftpClient {
    fn put(&self, source: &mut dyn Read, folder: &str, name: &str, bytes: u64) -> Result<(), LinkError> {
        SftpClient::put(self, source, folder, name, bytes)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), LinkError> {
        SftpClient::rename(self, from, to)
    }

    fn stat(&self, path: &str) -> Result<Option<u64>, LinkError> {
        SftpClient::stat(self, path)
    }

    fn look(&self, path: &str) -> Result<Option<RemoteFile>, LinkError> {
        SftpClient::look(self, path)
    }

    fn list(&self, folder: &str) -> Result<Vec<RemoteFile>, LinkError> {
        SftpClient::list(self, folder)
    }

    fn get(&self, path: &str, sink: &mut dyn Write) -> Result<u64, LinkError> {
        SftpClient::get(self, path, sink)
    }

    fn remove(&self, path: &str) -> Result<(), LinkError> {
        SftpClient::remove(self, path)
    }
}
