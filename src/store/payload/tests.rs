//! Payloads of all sizes, in a folder and in their rows: read back, spoilt, abandoned, under other keys.

use std::fs;
use std::io::Read;
use std::path::Path;

use super::*;
use crate::domain::limits::FRAME_BYTES;

fn store(folder: &Path) -> PayloadStore {
    PayloadStore::open("file:payloads", folder, MasterKey::from_hex(&"ab".repeat(32)).unwrap()).unwrap()
}

/// Does not compress, so that its sealed form is as large.
fn sample(bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..bytes).map(|_| next()).collect()
}

fn files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
}

#[test]
fn a_payload_reads_back_whole_and_by_range() {
    let folder = tempfile::tempdir().unwrap();
    let payloads = store(folder.path());
    for bytes in [1, 500, 40_000, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 5 * FRAME_BYTES + 1234] {
        let (data, id) = (sample(bytes), PayloadId(bytes as i64));
        let mut writer = payloads.create(id);
        data.chunks(70_001).for_each(|part| writer.write(part).unwrap());
        let sealed = writer.finish().unwrap();
        assert_eq!(sealed.bytes, data.len() as u64);
        assert_eq!(sealed.held == Held::Apart, bytes > 500, "{bytes} bytes");
        assert_eq!(payloads.open_sealed(&sealed).unwrap().read_whole().unwrap(), data);
        let mut reader = payloads.open_sealed(&sealed).unwrap();
        for (offset, length) in [(0, 10), (FRAME_BYTES - 3, 7), (2 * FRAME_BYTES, 1234), (5, FRAME_BYTES * 2)] {
            let wanted = &data[offset.min(bytes)..(offset + length).min(bytes)];
            assert_eq!(reader.read_range(offset as u64, length as u64).unwrap(), wanted, "{bytes} bytes from {offset}");
        }
        let mut all = Vec::new();
        payloads.open_sealed(&sealed).unwrap().read_to_end(&mut all).unwrap();
        assert_eq!(all, data);
        payloads.open_sealed(&sealed).unwrap().check().unwrap();
    }
}

#[test]
fn an_empty_payload_is_a_payload() {
    let folder = tempfile::tempdir().unwrap();
    let payloads = store(folder.path());
    let sealed = payloads.seal(PayloadId(2), b"").unwrap();
    assert_eq!(sealed.bytes, 0);
    assert!(payloads.open_sealed(&sealed).unwrap().read_whole().unwrap().is_empty());
}

#[test]
fn a_small_payload_touches_no_disk() {
    let folder = tempfile::tempdir().unwrap();
    let payloads = store(folder.path());
    let sealed = payloads.seal(PayloadId(3), b"NM1*IL*1*DOE*JANE").unwrap();
    assert!(matches!(&sealed.held, Held::WithRow(bytes) if !bytes.windows(3).any(|w| w == b"DOE")));
    assert_eq!(files(folder.path()), 0);
    assert!(matches!(payloads.open_stored(PayloadId(3), None), Err(PayloadError::Missing { .. })));
}

#[test]
fn one_flipped_bit_anywhere_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let payloads = store(folder.path());
    let sealed = payloads.seal(PayloadId(3), b"NM1*IL*1*DOE*JANE").unwrap();
    let Held::WithRow(clean) = &sealed.held else { panic!("it is small") };
    let free = 16 + frames::SLOT_BYTES..frames::HEADER_BYTES;
    for place in (0..clean.len()).filter(|place| !free.contains(place)) {
        let mut spoiled = clean.to_vec();
        spoiled[place] ^= 1;
        let read = payloads.open_stored(PayloadId(3), Some(spoiled.into())).and_then(PayloadReader::read_whole);
        assert!(read.is_err(), "bit at {place}");
    }
}

#[test]
fn a_file_that_is_cut_short_or_swapped_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let payloads = store(folder.path());
    let data = sample(2 * FRAME_BYTES + 99);
    for id in [PayloadId(6), PayloadId(7)] {
        payloads.seal(id, &data).unwrap();
    }
    let (path, other) = (place::path(&folder.path().join("payloads"), PayloadId(6)), PayloadId(7));
    let clean = fs::read(&path).unwrap();
    for length in [0, 10, frames::HEADER_BYTES, clean.len() / 2, clean.len() - 1] {
        fs::write(&path, &clean[..length]).unwrap();
        let read = payloads.open_stored(PayloadId(6), None).and_then(PayloadReader::check);
        assert!(matches!(read, Err(PayloadError::Damaged { .. })), "{length} bytes: {read:?}");
    }
    fs::copy(place::path(&folder.path().join("payloads"), other), &path).unwrap();
    assert!(matches!(payloads.open_stored(PayloadId(6), None), Err(PayloadError::Damaged { .. })));
    // Two frames of one file that change places.
    let mut swapped = clean.clone();
    let at = frames::HEADER_BYTES;
    let length = 4 + u32::from_be_bytes(clean[at..at + 4].try_into().unwrap()) as usize;
    let (first, second) = (&clean[at..at + length], &clean[at + length..at + 2 * length]);
    swapped[at..at + 2 * length].copy_from_slice(&[second, first].concat());
    fs::write(&path, &swapped).unwrap();
    let read = payloads.open_stored(PayloadId(6), None).and_then(PayloadReader::check);
    assert!(matches!(read, Err(PayloadError::Damaged { .. })), "{read:?}");
}

#[test]
fn an_abandoned_write_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let payloads = store(folder.path());
    let mut writer = payloads.create(PayloadId(4));
    writer.write(&sample(FRAME_BYTES * 2)).unwrap();
    drop(writer);
    assert_eq!(files(folder.path()), 0);
    assert!(matches!(payloads.open_stored(PayloadId(4), None), Err(PayloadError::Missing { .. })));
    payloads.seal(PayloadId(4), &sample(FRAME_BYTES * 2)).unwrap();
}

#[test]
fn a_folder_that_is_gone_is_said_by_whoever_writes_next() {
    let folder = tempfile::tempdir().unwrap();
    let payloads = store(folder.path());
    let mut writer = payloads.create(PayloadId(4));
    fs::remove_dir_all(folder.path().join("payloads")).unwrap();
    let written = writer.write(&sample(FRAME_BYTES * 6));
    assert!(matches!(written, Err(PayloadError::Write { .. })), "{written:?}");
    assert!(writer.write(b"more").is_ok(), "what came is only gathered");
    assert!(writer.finish().is_err());
}

#[test]
fn another_master_key_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path()).seal(PayloadId(5), &sample(FRAME_BYTES)).unwrap();
    let key = MasterKey::from_hex(&"cd".repeat(32)).unwrap();
    let other = PayloadStore::open("file:payloads", folder.path(), key).unwrap();
    assert!(matches!(other.open_stored(PayloadId(5), None), Err(PayloadError::OtherKey { .. })));
}

#[test]
fn what_stands_in_the_folder_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let payloads = store(folder.path());
    let ids: Vec<PayloadId> = (100..105).map(PayloadId).collect();
    ids.iter().for_each(|id| drop(payloads.seal(*id, &sample(5_000)).unwrap()));
    let (mut found, mut after) = (Vec::new(), None);
    while let Some((page, last)) = payloads.standing(after.as_deref()).unwrap() {
        found.extend(page.iter().map(|standing| standing.id));
        after = Some(last);
    }
    found.sort_unstable();
    assert_eq!(found, ids);
}

mod keys_in_certs {
    use super::*;

    struct Certs {
        folder: tempfile::TempDir,
        payloads: PayloadStore,
    }

    fn certs() -> Certs {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("certs")).unwrap();
        fs::write(folder.path().join("certs/master.key"), "ab".repeat(32)).unwrap();
        let payloads = Certs::open(&folder);
        Certs { folder, payloads }
    }

    impl Certs {
        fn open(folder: &tempfile::TempDir) -> PayloadStore {
            let ring = KeyRing::read(&folder.path().join("certs")).unwrap();
            PayloadStore::open("file:payloads", folder.path(), ring).unwrap()
        }

        fn path(&self, name: &str) -> std::path::PathBuf {
            self.folder.path().join("certs").join(name)
        }

        fn file(&self, id: PayloadId) -> std::path::PathBuf {
            place::path(&self.folder.path().join("payloads"), id)
        }
    }

    const LARGE: PayloadId = PayloadId(8);

    #[test]
    fn a_store_that_runs_seals_with_a_new_master_key_and_opens_what_the_old_one_sealed() {
        let certs = certs();
        let (data, old) = (sample(9_000), certs.payloads.sealed_with());
        certs.payloads.seal(LARGE, &data).unwrap();
        let rotated = rotate(&certs.path("")).unwrap();
        assert_eq!((rotated.old, rotated.kept), (old, certs.path(&format!("master.key.old-{old}"))));
        assert_eq!(certs.payloads.sealed_with(), rotated.new);
        let newer = certs.payloads.seal(PayloadId(9), &data).unwrap();
        for payloads in [certs.payloads.clone(), Certs::open(&certs.folder)] {
            assert_eq!(payloads.open_stored(LARGE, None).unwrap().read_whole().unwrap(), data);
            assert_eq!(payloads.open_sealed(&newer).unwrap().read_whole().unwrap(), data);
        }
    }

    #[test]
    fn what_is_rewrapped_needs_the_old_key_no_more_and_its_frames_stay_as_they_were() {
        let certs = certs();
        let (data, small) = (sample(9_000), certs.payloads.seal(PayloadId(7), b"TA1").unwrap());
        certs.payloads.seal(LARGE, &data).unwrap();
        let before = fs::read(certs.file(LARGE)).unwrap();
        let rotated = rotate(&certs.path("")).unwrap();
        let Held::WithRow(sealed) = &small.held else { panic!("it is small") };
        let sealed = certs.payloads.rewrap_small(PayloadId(7), sealed).unwrap().unwrap();
        assert_eq!(certs.payloads.rewrap_small(PayloadId(7), &sealed).unwrap(), None);
        assert_eq!(certs.payloads.rewrap(LARGE).unwrap(), Rewrapped::Now);
        assert_eq!(certs.payloads.rewrap(LARGE).unwrap(), Rewrapped::Before);
        let after = fs::read(certs.file(LARGE)).unwrap();
        assert_eq!(after[frames::HEADER_BYTES..], before[frames::HEADER_BYTES..]);
        fs::rename(&rotated.kept, certs.path("elsewhere")).unwrap();
        let alone = Certs::open(&certs.folder);
        assert_eq!(alone.open_stored(LARGE, None).unwrap().read_whole().unwrap(), data);
        assert_eq!(alone.open_stored(PayloadId(7), Some(sealed.into())).unwrap().read_whole().unwrap(), b"TA1");
        // And the old key alone opens it no more.
        fs::rename(certs.path("elsewhere"), certs.path("master.key")).unwrap();
        let opened = Certs::open(&certs.folder).open_stored(LARGE, None);
        assert!(matches!(opened, Err(PayloadError::OtherKey { .. })));
    }

    #[test]
    fn a_rewrap_that_is_cut_short_anywhere_leaves_a_file_that_opens_and_is_done_by_the_next() {
        let certs = certs();
        let data = sample(9_000);
        certs.payloads.seal(LARGE, &data).unwrap();
        let before = fs::read(certs.file(LARGE)).unwrap();
        let rotated = rotate(&certs.path("")).unwrap();
        certs.payloads.rewrap(LARGE).unwrap();
        let after = fs::read(certs.file(LARGE)).unwrap();
        let (first, second) = (16..16 + frames::SLOT_BYTES, 16 + frames::SLOT_BYTES..frames::HEADER_BYTES);
        for written in 0..=frames::SLOT_BYTES {
            // The new key is written so far, the old one still stands.
            let mut halfway = before.clone();
            halfway[second.clone()][..written].copy_from_slice(&after[second.clone()][..written]);
            check_finishes(&certs, &halfway, &data);
            // The new key stands, the old one is wiped so far.
            let mut wiping = after.clone();
            wiping[first.clone()][written..].copy_from_slice(&before[first.clone()][written..]);
            check_finishes(&certs, &wiping, &data);
        }
        assert!(rotated.kept.is_file());
    }

    fn check_finishes(certs: &Certs, file: &[u8], data: &[u8]) {
        fs::write(certs.file(LARGE), file).unwrap();
        assert_eq!(certs.payloads.open_stored(LARGE, None).unwrap().read_whole().unwrap(), data);
        certs.payloads.rewrap(LARGE).unwrap();
        assert_eq!(certs.payloads.open_stored(LARGE, None).unwrap().read_whole().unwrap(), data);
        assert_eq!(certs.payloads.rewrap(LARGE).unwrap(), Rewrapped::Before);
    }

    #[test]
    fn a_payload_of_the_first_form_is_read_and_rewrapped() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("certs")).unwrap();
        fs::write(folder.path().join("certs/master.key"), "ab".repeat(32)).unwrap();
        let certs = Certs { payloads: Certs::open(&folder), folder };
        let id = PayloadId(0x0123_4567_89ab);
        fs::create_dir_all(certs.file(id).parent().unwrap()).unwrap();
        fs::write(certs.file(id), include_bytes!("first_form.bin")).unwrap();
        let text = "ISA*00*sealed by the first form".repeat(100);
        assert_eq!(certs.payloads.open_stored(id, None).unwrap().read_whole().unwrap(), text.as_bytes());
        rotate(&certs.path("")).unwrap();
        assert_eq!(certs.payloads.rewrap(id).unwrap(), Rewrapped::Now);
        assert_eq!(certs.payloads.open_stored(id, None).unwrap().read_whole().unwrap(), text.as_bytes());
        assert_eq!(certs.payloads.rewrap(id).unwrap(), Rewrapped::Before);
    }
}
