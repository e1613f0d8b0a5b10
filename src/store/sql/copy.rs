//! Many rows to PostgreSQL at once: `COPY … FROM STDIN` in its binary form.

use sqlx::PgConnection;

use super::value::Value;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
const END: [u8; 2] = (-1i16).to_be_bytes();
const NULL: [u8; 4] = (-1i32).to_be_bytes();

/// The table and columns of `INSERT INTO table (columns)`.
pub(super) fn target(head: &str) -> Option<&str> {
    let target = head.trim().strip_prefix("INSERT INTO ")?;
    target.ends_with(')').then_some(target)
}

/// Sends the rows; says how many were taken.
pub(super) async fn copy(
    connection: &mut PgConnection,
    target: &str,
    width: usize,
    values: &[Value],
) -> Result<u64, sqlx::Error> {
    let mut bytes = Vec::with_capacity(values.len() * 16);
    bytes.extend_from_slice(SIGNATURE);
    bytes.extend_from_slice(&[0; 8]);
    let fields = i16::try_from(width).map_err(|_| sqlx::Error::Protocol("too many columns for COPY".into()))?;
    for row in values.chunks(width) {
        bytes.extend_from_slice(&fields.to_be_bytes());
        row.iter().for_each(|value| field(&mut bytes, value));
    }
    bytes.extend_from_slice(&END);
    let mut copy = connection.copy_in_raw(&format!("COPY {target} FROM STDIN (FORMAT binary)")).await?;
    match copy.send(bytes).await {
        Ok(_) => copy.finish().await,
        Err(error) => {
            copy.abort("the rows could not be sent").await?;
            Err(error)
        }
    }
}

fn field(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Int(Some(number)) => sized(out, &number.to_be_bytes()),
        Value::Text(Some(text)) => sized(out, without_nul(text).as_bytes()),
        Value::Bytes(Some(bytes)) => sized(out, bytes),
        Value::Int(None) | Value::Text(None) | Value::Bytes(None) => out.extend_from_slice(&NULL),
        Value::Ints(_) | Value::Texts(_) => unreachable!("a column of a row holds no list"),
    }
}

fn sized(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = i32::try_from(bytes.len()).expect("no value is as large as 2 GB: limits hold at the door");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

/// PostgreSQL's texts cannot hold the character NUL, a partner's file can: it is kept as the sign for a character that
/// cannot be shown. The payload has the byte itself.
pub(super) fn without_nul(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}
