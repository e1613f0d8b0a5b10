//! The gateway's SFTP server: public keys only, virtual folders, and a close that is answered when the file
//! is durable.

mod host;

pub use host::{FileEntry, ReadAt, SftpHost, SftpRefusal, SftpSession, Upload};
