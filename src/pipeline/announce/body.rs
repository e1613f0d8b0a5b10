//! What is said: JSON with a type, a time, and what it is about. Never what stands in a file.

use serde_json::json;

use crate::domain::clock::rfc3339;
use crate::store::announcements::NewFile;

/// A file that has come into the mailbox, and where it is fetched.
pub(super) fn of_file(file: &NewFile) -> String {
    let mail = &file.mail;
    json!({
        "type": "mailbox.file",
        "timestamp": rfc3339(mail.created_at),
        "data": {
            "id": mail.id,
            "kind": mail.kind.as_str(),
            "file_name": mail.file_name,
            "sha256": file.sha256.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
            "bytes": mail.bytes,
            "created_at": rfc3339(mail.created_at),
            "submission": mail.submission_id,
            "link": format!("/v1/mailbox/{}", mail.id),
        },
    })
    .to_string()
}
