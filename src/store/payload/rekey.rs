//! Wraps payloads' keys anew after the master key has changed. No frame is touched.

use super::frames::{self, BOUND_BYTES, Form, HEADER_BYTES, Head, SLOT_BYTES};
use super::keys::FileKey;
use super::place::{self, Place, Source};
use super::reader::read_head;
use super::writer::failed;
use super::{Held, PayloadError, PayloadStore, folder};
use crate::domain::ids::PayloadId;

/// What became of one payload's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rewrapped {
    Now,
    /// The master key in use wraps it, and no other.
    Before,
}

impl PayloadStore {
    /// Wraps the key of a payload that stands in the folder or the bucket with the master key in use.
    pub fn rewrap(&self, id: PayloadId) -> Result<Rewrapped, PayloadError> {
        let place = self.place.describe(id);
        let mut source = self.open_source(id)?;
        let head = read_head(&mut source, id, &place)?;
        match &self.place {
            Place::Folder(_) if head.form == Form::First => self.seal_again(id, source),
            Place::Folder(folder) => self.rewrap_file(id, &place::path(folder, id), &head),
            Place::Objects(objects) => {
                let master = self.ring.current();
                if self.is_current(&head) || self.beside(id)?.is_some_and(|beside| self.is_current(&beside)) {
                    return Ok(Rewrapped::Before);
                }
                let key = self.key_of(id, &head)?;
                let beside = [&head.bound_to[..], &frames::filled_slot(&head.bound_to, &key, &master)[..]].concat();
                Place::put_key_beside(objects, id, beside).map_err(failed)?;
                Ok(Rewrapped::Now)
            }
        }
    }

    /// The sealed form of a small payload with its key wrapped by the master key in use; `None` when it is already.
    pub fn rewrap_small(&self, id: PayloadId, sealed: &[u8]) -> Result<Option<Vec<u8>>, PayloadError> {
        let mut source = Source::Memory(sealed.into());
        let head = read_head(&mut source, id, super::IN_ROW)?;
        if self.is_current(&head) {
            return Ok(None);
        }
        let key = self.ring.unwrap(&head).ok_or(PayloadError::OtherKey { id })?;
        if head.form == Form::First {
            return Err(PayloadError::Damaged { id, offset: 0, place: super::IN_ROW.to_string() });
        }
        let mut new = frames::new_header(id, &key, &self.ring.current());
        new.extend_from_slice(&sealed[HEADER_BYTES..]);
        Ok(Some(new))
    }

    fn rewrap_file(&self, id: PayloadId, path: &std::path::Path, head: &Head) -> Result<Rewrapped, PayloadError> {
        let master = self.ring.current();
        let (current, others): (Vec<_>, Vec<_>) =
            head.slots.iter().partition(|slot| slot.key == Some(master.id()) && self.opens(head, slot.place));
        let others: Vec<usize> = others.iter().map(|slot| slot.place).collect();
        if !current.is_empty() {
            if others.is_empty() {
                return Ok(Rewrapped::Before);
            }
            // An earlier run was cut short between its two steps.
            folder::wipe_keys(path, &others).map_err(failed)?;
            return Ok(Rewrapped::Now);
        }
        let key = self.key_of(id, head)?;
        // Both places are taken only when one of them holds what was cut off while it was written.
        let keep = head.slots.iter().map(|slot| slot.place).find(|&place| self.opens(head, place)).unwrap_or(0);
        let slot = frames::filled_slot(&head.bound_to, &key, &master);
        folder::replace_key(path, 1 - keep, &slot, &[keep]).map_err(failed)?;
        Ok(Rewrapped::Now)
    }

    /// The first form has no room for a second key: it is sealed anew under its id, and takes its place by a rename.
    fn seal_again(&self, id: PayloadId, source: Source) -> Result<Rewrapped, PayloadError> {
        let mut reader = self.reader(source, id, self.place.describe(id))?;
        let mut writer = super::PayloadWriter::new(self.place.clone(), id, &self.ring.current());
        std::io::copy(&mut reader, &mut Taking(&mut writer)).map_err(failed)?;
        let sealed = writer.finish()?;
        if let Held::WithRow(bytes) = sealed.held {
            let mut sink = self.place.create(id).map_err(failed)?;
            sink.write(&bytes).map_err(failed)?;
            sink.finish().map_err(failed)?;
        }
        Ok(Rewrapped::Now)
    }

    fn opens(&self, head: &Head, place: usize) -> bool {
        let slots = head.slots.iter().filter(|slot| slot.place == place);
        let slots = slots.map(|slot| frames::Slot { place, key: slot.key, wrapped: slot.wrapped.clone() }).collect();
        self.ring.unwrap(&Head { slots, ..*head }).is_some()
    }

    fn is_current(&self, head: &Head) -> bool {
        let current = self.ring.current().id();
        !head.slots.is_empty() && head.slots.iter().all(|slot| slot.key == Some(current))
    }

    pub(super) fn key_of(&self, id: PayloadId, head: &Head) -> Result<FileKey, PayloadError> {
        if let Some(key) = self.ring.unwrap(head) {
            return Ok(key);
        }
        let beside = self.beside(id)?;
        beside.and_then(|beside| self.ring.unwrap(&beside)).ok_or(PayloadError::OtherKey { id })
    }

    /// The key that stands beside an object, where it was wrapped anew.
    fn beside(&self, id: PayloadId) -> Result<Option<Head>, PayloadError> {
        let bytes = self.place.key_beside(id).map_err(|source| PayloadError::Read { id, source })?;
        let head = bytes.and_then(|bytes| {
            let bound_to: [u8; BOUND_BYTES] = bytes.get(..BOUND_BYTES)?.try_into().ok()?;
            let slot = frames::slot(0, bytes.get(BOUND_BYTES..BOUND_BYTES + SLOT_BYTES)?)?;
            (bound_to == frames::bound_to(id)).then(|| Head {
                bound_to,
                form: Form::TwoSlots,
                slots: vec![slot],
                bytes: HEADER_BYTES,
            })
        });
        Ok(head)
    }
}

/// For `io::copy`.
struct Taking<'a>(&'a mut super::PayloadWriter);

impl std::io::Write for Taking<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes).map_err(std::io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
