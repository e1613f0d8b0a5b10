//! Everything has a limit. Each is named with its unit last.

/// The longest segment the reader holds; beyond it the file is refused as damaged.
pub const SEGMENT_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a submission, whatever the channel.
pub const SUBMISSION_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// Bytes that may wait to be checked before large files are turned away, unless the operator says otherwise.
pub const WAITING_BYTES_MAX: u64 = 8 * 1024 * 1024 * 1024;
/// Findings kept of one transaction; the count goes on.
pub const FINDINGS_PER_TRANSACTION_MAX: usize = 10_000;
/// Findings kept of one claim.
pub const FINDINGS_PER_CLAIM_MAX: usize = 100;
/// Items of one page of an API list.
pub const PAGE_ITEMS_MAX: u32 = 500;
/// How long `?wait=` holds a request.
pub const WAIT_SECONDS_MAX: u64 = 60;
/// Bytes of a request body that is not a file.
pub const REQUEST_BYTES_MAX: usize = 1024 * 1024;
/// A payload whose sealed form is no larger stands in its row. Smaller in tests, so that some of their files do not.
pub const SMALL_PAYLOAD_BYTES_MAX: usize = if cfg!(test) { 1536 } else { 32 * 1024 };
/// One frame of a sealed payload, before compression.
pub const FRAME_BYTES: usize = 1024 * 1024;
/// What an acknowledgement holds in memory before it goes on in a temporary file, and the pieces in which it does.
/// Small in tests, so that their small files go there too.
pub const ACK_MEMORY_BYTES_MAX: usize = if cfg!(test) { 16 * 1024 } else { 4 * 1024 * 1024 };
pub const ACK_FRAME_BYTES: usize = if cfg!(test) { 3 * 1024 } else { 256 * 1024 };
