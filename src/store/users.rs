//! Console users, their roles, and their sessions.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use aws_lc_rs::digest::{SHA256, digest};

use super::sql::query;
use super::{Store, StoreError};

/// What a person may do. Each may do what those before it may, but the auditor only reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Sees claims and works exceptions.
    Support,
    /// Also releases batches and repeats deliveries.
    Operator,
    /// Also users and keys.
    Admin,
    /// Reads everything, the audit trail too; changes nothing.
    Auditor,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Support => "support",
            Role::Operator => "operator",
            Role::Admin => "admin",
            Role::Auditor => "auditor",
        }
    }

    fn from_stored(text: &str) -> Result<Role, StoreError> {
        [Role::Support, Role::Operator, Role::Admin, Role::Auditor]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| StoreError::Damaged { what: format!("the role `{text}` of a user") })
    }

    pub fn may_operate(self) -> bool {
        match self {
            Role::Operator | Role::Admin => true,
            Role::Support | Role::Auditor => false,
        }
    }

    pub fn may_decide(self) -> bool {
        match self {
            Role::Support | Role::Operator | Role::Admin => true,
            Role::Auditor => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub role: Role,
}

/// How long a session lasts without a request.
const SESSION_IDLE_MS: i64 = 15 * 60 * 1000;
/// And at most.
const SESSION_MS: i64 = 12 * 60 * 60 * 1000;

/// Slow on purpose: call it off the runtime's threads.
pub fn hash_password(password: &str) -> String {
    Argon2::default().hash_password(password.as_bytes()).expect("the default cost is valid").to_string()
}

/// A hash costs tens of milliseconds and megabytes on purpose: whoever guesses waits in line and does not take the
/// machine's memory.
static PASSWORDS_AT_ONCE: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(2);

/// Compared with where there is no such user, so that the answer takes as long.
fn nobodys_hash() -> &'static str {
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    HASH.get_or_init(|| hash_password("nobody"))
}

fn password_matches(password: &str, stored: &str) -> bool {
    argon2::PasswordHash::new(stored)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

impl Store {
    /// Adds a user or gives an existing one a new role and password.
    pub async fn put_user(&self, user: &User, password_hash: &str, now_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query(
            "INSERT INTO console_user (name, role, password_hash, created_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (name) DO UPDATE SET role = ?2, password_hash = ?3",
        )
        .bind(&user.name)
        .bind(user.role.as_str())
        .bind(password_hash)
        .bind(now_ms)
        .execute(&mut tx)
        .await
        .map_err(StoreError::at("add a user"))?;
        query("DELETE FROM console_session WHERE user_name = ?")
            .bind(&user.name)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("end a user's sessions"))?;
        tx.commit().await.map_err(StoreError::at("add a user"))
    }

    /// The user with this name and password. Takes as long for a name that does not exist.
    pub async fn user_with_password(&self, name: &str, password: &str) -> Result<Option<User>, StoreError> {
        let row = query("SELECT role, password_hash FROM console_user WHERE name = ?")
            .bind(name)
            .fetch_optional(self.readers())
            .await
            .map_err(StoreError::at("look up a user"))?;
        let (role, stored) = match &row {
            Some(row) => (Some(row.get::<String>(0)), row.get::<String>(1)),
            None => (None, String::new()),
        };
        let _turn = PASSWORDS_AT_ONCE.acquire().await.expect("the semaphore is never closed");
        let password = password.to_string();
        let checking = tokio::task::spawn_blocking(move || match stored.as_str() {
            "" => password_matches(&password, nobodys_hash()),
            stored => password_matches(&password, stored),
        });
        let matches = checking.await.unwrap_or(false);
        match role {
            Some(role) if matches => Ok(Some(User { name: name.to_string(), role: Role::from_stored(&role)? })),
            Some(_) | None => Ok(None),
        }
    }

    pub async fn open_session(&self, token: &str, user: &User, now_ms: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query("DELETE FROM console_session WHERE seen_at < ? OR created_at < ?")
            .bind(now_ms - SESSION_IDLE_MS)
            .bind(now_ms - SESSION_MS)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("end old sessions"))?;
        query("INSERT INTO console_session (digest, user_name, created_at, seen_at) VALUES (?, ?, ?, ?)")
            .bind(digest_of(token))
            .bind(&user.name)
            .bind(now_ms)
            .bind(now_ms)
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("open a session"))?;
        tx.commit().await.map_err(StoreError::at("open a session"))
    }

    /// The user of a session that is still in force; being asked keeps it so.
    pub async fn user_of_session(&self, token: &str, now_ms: i64) -> Result<Option<User>, StoreError> {
        let row = query(
            "SELECT u.name, u.role, s.seen_at FROM console_session s JOIN console_user u ON u.name = s.user_name
             WHERE s.digest = ? AND s.seen_at >= ? AND s.created_at >= ?",
        )
        .bind(digest_of(token))
        .bind(now_ms - SESSION_IDLE_MS)
        .bind(now_ms - SESSION_MS)
        .fetch_optional(self.readers())
        .await
        .map_err(StoreError::at("look up a session"))?;
        let Some(row) = row else { return Ok(None) };
        // Once a minute is enough: a write for each page seen would queue with the claims.
        if now_ms - row.get::<i64>(2) > 60_000 {
            let mut tx = self.begin().await?;
            query("UPDATE console_session SET seen_at = ? WHERE digest = ?")
                .bind(now_ms)
                .bind(digest_of(token))
                .execute(&mut tx)
                .await
                .map_err(StoreError::at("keep a session"))?;
            tx.commit().await.map_err(StoreError::at("keep a session"))?;
        }
        Ok(Some(User { name: row.get(0), role: Role::from_stored(&row.get::<String>(1))? }))
    }

    pub async fn close_session(&self, token: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query("DELETE FROM console_session WHERE digest = ?")
            .bind(digest_of(token))
            .execute(&mut tx)
            .await
            .map_err(StoreError::at("close a session"))?;
        tx.commit().await.map_err(StoreError::at("close a session"))
    }
}

fn digest_of(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_session_ends_when_it_is_idle_or_the_password_changes() {
        let folder = tempfile::tempdir().unwrap();
        let store = crate::store::testing::open(folder.path()).await;
        let ann = User { name: "ann".to_string(), role: Role::Support };
        store.put_user(&ann, &hash_password("correct horse"), 0).await.unwrap();
        assert_eq!(store.user_with_password("ann", "wrong").await.unwrap(), None);
        assert_eq!(store.user_with_password("bob", "correct horse").await.unwrap(), None);
        assert_eq!(store.user_with_password("ann", "correct horse").await.unwrap(), Some(ann.clone()));
        store.open_session("token", &ann, 1000).await.unwrap();
        assert_eq!(store.user_of_session("token", 2000).await.unwrap(), Some(ann.clone()));
        assert_eq!(store.user_of_session("token", 2000 + SESSION_IDLE_MS).await.unwrap(), None);
        store.put_user(&ann, &hash_password("another"), 0).await.unwrap();
        assert_eq!(store.user_of_session("token", 2000).await.unwrap(), None);
    }
}
