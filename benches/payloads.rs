//! How fast payloads are sealed and opened, beside bare zstd and AES over the same bytes in frames of the same size.
//!
//! `cargo bench --bench payloads` prints one line a measure, tab-separated: what was done, its bytes, and the best time
//! of several, in seconds. `bench/run` makes the table. Sealing and opening work in a folder, durably, as the gateway
//! does; the bare limits stay in memory and on one core.

use std::hint::black_box;
use std::io::Read;
use std::time::Instant;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use claimgate::domain::ClaimKind;
use claimgate::domain::ids::PayloadId;
use claimgate::domain::limits::FRAME_BYTES;
use claimgate::simulator::claims::Batch;
use claimgate::store::{MasterKey, PayloadStore, Sealed};
use jiff::civil::{Date, date};

const CLAIMS: usize = 100_000;
const SEED: u64 = 2026;
const WRITTEN: Date = date(2026, 11, 2);
const ROUNDS: usize = 5;
const LEVEL: i32 = 1;
/// One claim in a file of its own, sealed so many times.
const SMALL_BYTES: usize = 1_200;
const SMALL: usize = 20_000;
/// Handed in as a connection does.
const PIECE: usize = 256 * 1024;

fn main() {
    let bytes = Batch::new(ClaimKind::Professional, CLAIMS, SEED, WRITTEN).to_bytes().0;
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).expect("32 bytes"));
    let mut frames = Vec::new();
    tell("bare-seal", bytes.len(), || frames = bytes.chunks(FRAME_BYTES).map(|frame| bare_seal(&key, frame)).collect());
    tell("bare-open", bytes.len(), || frames.iter().for_each(|frame| bare_open(&key, frame.clone())));

    let folder = tempfile::tempdir().expect("there is a place for temporary files");
    let master = MasterKey::from_hex(&"ab".repeat(32)).expect("64 digits");
    let payloads = PayloadStore::open("file:payloads", folder.path(), master).expect("the folder is new");
    let mut next = 0;
    let mut last: Option<Sealed> = None;
    tell("seal", bytes.len(), || {
        next += 1;
        let mut writer = payloads.create(PayloadId(next));
        bytes.chunks(PIECE).for_each(|piece| writer.write(piece).expect("the disk has room"));
        last = Some(writer.finish().expect("the disk has room"));
    });
    let sealed = last.expect("sealed above");
    tell("open", bytes.len(), || {
        let mut reader = payloads.open_sealed(&sealed).expect("it was sealed");
        let mut piece = vec![0; PIECE];
        while reader.read(&mut piece).expect("it is whole") > 0 {
            black_box(&piece);
        }
    });
    let small = &bytes[..SMALL_BYTES];
    tell("seal-small", SMALL * SMALL_BYTES, || {
        (0..SMALL).for_each(|n| drop(black_box(payloads.seal(PayloadId(n as i64), small).expect("it is in memory"))));
    });
}

fn bare_seal(key: &LessSafeKey, frame: &[u8]) -> Vec<u8> {
    let mut sealed = zstd::bulk::compress(frame, LEVEL).expect("memory does not fail");
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key([0; NONCE_LEN]), Aad::empty(), &mut sealed)
        .expect("a frame is within the limits");
    sealed
}

fn bare_open(key: &LessSafeKey, mut sealed: Vec<u8>) {
    let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
    let compressed = key.open_in_place(nonce, Aad::empty(), &mut sealed).expect("it was not changed");
    black_box(zstd::bulk::decompress(compressed, FRAME_BYTES).expect("it was not changed"));
}

fn tell(what: &str, bytes: usize, mut work: impl FnMut()) {
    let best = (0..ROUNDS).map(|_| {
        let began = Instant::now();
        work();
        began.elapsed().as_secs_f64()
    });
    println!("{what}\t{bytes}\t{:.6}", best.fold(f64::INFINITY, f64::min));
}
