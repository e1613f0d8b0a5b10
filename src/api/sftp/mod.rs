//! The gateway's SFTP front door: who may log in and what each sees. A submitter puts 837 files into
//! `/inbound` and finds answers in `/acks`, `/status` and `/remits`; a hosted payer fetches claims from
//! `/outbound` and puts its answers into `/inbound`. A login's name is that of its partner's file.

mod inbound;
mod outgoing;
mod session;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::link::sftp_server::{SftpHost, SftpSession};
use crate::partner::{Partner, SshPublicKey};
use crate::pipeline::Gateway;
use crate::store::mail::MailKind;
use session::Session;

/// What the SFTP server asks who may log in.
pub fn host(gateway: Arc<Gateway>) -> Arc<dyn SftpHost> {
    Arc::new(Host { gateway })
}

struct Host {
    gateway: Arc<Gateway>,
}

impl SftpHost for Host {
    fn login<'a>(
        &'a self,
        user: &'a str,
        public_key: &'a str,
        _peer: SocketAddr,
    ) -> BoxFuture<'a, Option<Arc<dyn SftpSession>>> {
        Box::pin(async move {
            let role = self.role_of(user, public_key)?;
            let view: Arc<dyn SftpSession> = Arc::new(Session::new(self.gateway.clone(), user, public_key, role));
            Some(view)
        })
    }
}

impl Host {
    /// `None` for whoever is unknown, switched off, or shows a key that is not in the partner's file.
    fn role_of(&self, user: &str, public_key: &str) -> Option<Role> {
        let partners = self.gateway.partners.current();
        let partner = partners.partner(user).filter(|partner| partner.active())?;
        let shown: SshPublicKey = public_key.parse().ok()?;
        let (keys, role) = match partner {
            Partner::Submitter(submitter) => (&submitter.public_keys, Role::Submitter),
            // Only a hosted payer has any keys.
            Partner::Payer(payer) => (&payer.public_keys, Role::Payer),
        };
        keys.contains(&shown).then_some(role)
    }
}

/// In which role a partner logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Submitter,
    Payer,
}

/// What a folder is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Folder {
    Inbound,
    /// Files of the mailbox of these kinds.
    Outgoing(&'static [MailKind]),
}

impl Role {
    fn folders(self) -> &'static [(&'static str, Folder)] {
        match self {
            Role::Submitter => &[
                ("inbound", Folder::Inbound),
                ("acks", Folder::Outgoing(&[MailKind::Ta1, MailKind::Ack999, MailKind::Ack277ca, MailKind::Note])),
                ("status", Folder::Outgoing(&[MailKind::Status277])),
                ("remits", Folder::Outgoing(&[MailKind::Remit835])),
            ],
            Role::Payer => &[
                ("outbound", Folder::Outgoing(&[MailKind::Claims837, MailKind::Questions276])),
                ("inbound", Folder::Inbound),
            ],
        }
    }
}
