//! Has the system ask now and then whether the other end of a connection to the database is still there. A machine
//! that is gone says no good-bye: without this whoever waits for its answer waits for ever, and sqlx leaves no way to
//! say so of its sockets.

use std::os::fd::{BorrowedFd, RawFd};
use std::time::Duration;

use rustix::net::sockopt;

const IDLE: Duration = Duration::from_secs(10);
const INTERVAL: Duration = Duration::from_secs(5);
const COUNT: u32 = 3;
/// For what was sent and is not confirmed.
const UNCONFIRMED_MS: u32 = 30_000;

/// Says so of every connection of this process to that port; those that have it already are told again.
pub(super) fn keep_alive(port: u16) {
    let Ok(listed) = std::fs::read_dir("/proc/self/fd") else { return };
    let open = listed.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<RawFd>().ok());
    for number in open {
        // SAFETY: nothing is read, written or closed. The connection that this is called for is held by its caller and
        // stays open; where another number was closed since it was listed, or is another socket by now, the calls below
        // fail, or do to that socket what does it no harm.
        let socket = unsafe { BorrowedFd::borrow_raw(number) };
        if leads_to(socket, port) {
            // Where the system refuses one of them, the others help all the same.
            let _ = sockopt::set_tcp_keepidle(socket, IDLE);
            let _ = sockopt::set_tcp_keepintvl(socket, INTERVAL);
            let _ = sockopt::set_tcp_keepcnt(socket, COUNT);
            let _ = sockopt::set_tcp_user_timeout(socket, UNCONFIRMED_MS);
            let _ = sockopt::set_socket_keepalive(socket, true);
        }
    }
}

fn leads_to(socket: BorrowedFd<'_>, port: u16) -> bool {
    let Ok(Some(peer)) = rustix::net::getpeername(socket) else { return false };
    std::net::SocketAddr::try_from(peer).is_ok_and(|peer| peer.port() == port)
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_connection_to_the_port_is_asked_after_and_another_is_not() {
        let (database, other) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let to = |listener: &TcpListener| TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (ours, theirs) = (to(&database), to(&other));
        keep_alive(database.local_addr().unwrap().port());
        assert!(sockopt::socket_keepalive(&ours).unwrap());
        assert_eq!(sockopt::tcp_keepidle(&ours).unwrap(), IDLE);
        assert_eq!(sockopt::tcp_user_timeout(&ours).unwrap(), UNCONFIRMED_MS);
        assert!(!sockopt::socket_keepalive(&theirs).unwrap());
    }
}
