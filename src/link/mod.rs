//! The only sockets: HTTPS and SFTP, server and client. Carries bytes and decides nothing; knows no SQL and
//! no X12.

pub mod certs;
pub mod https_client;
pub mod https_server;
pub mod listen;
pub mod objects;
pub mod remote_files;
pub mod sftp_client;
pub mod sftp_server;
pub mod tls;
pub mod trouble;
