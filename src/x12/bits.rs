//! Sixty-four bytes of input at a time as bit masks: which are separators, which end a segment, which are no
//! printable character. The lowest bit is the first byte.

/// The bytes that matter to a reader. Where two are the same both masks have the bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sought {
    pub element: u8,
    pub segment: u8,
    pub component: u8,
    pub repetition: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Masks {
    pub element: u64,
    pub segment: u64,
    /// Component or repetition separators.
    pub inner: u64,
    /// Anything but the printable characters of ASCII, line breaks included.
    pub odd: u64,
    pub lf: u64,
    pub cr: u64,
}

pub(super) const BLOCK: usize = 64;

#[inline]
pub(super) fn masks(block: &[u8; BLOCK], sought: Sought) -> Masks {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has SSE2; the function touches no memory but its arguments.
    return unsafe { vector::masks(block, sought) };
    #[cfg(not(target_arch = "x86_64"))]
    return plain::masks(block, sought);
}

#[cfg(target_arch = "x86_64")]
mod vector {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_cmplt_epi8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8,
    };

    use super::{BLOCK, Masks, Sought};

    #[inline]
    #[target_feature(enable = "sse2")]
    pub fn masks(block: &[u8; BLOCK], sought: Sought) -> Masks {
        let every = |byte: u8| _mm_set1_epi8(byte as i8);
        let (element, segment) = (every(sought.element), every(sought.segment));
        let (component, repetition) = (every(sought.component), every(sought.repetition));
        let (lf, cr, blank, delete) = (every(b'\n'), every(b'\r'), every(b' '), every(0x7F));
        let mut masks = Masks::default();
        let (quarters, _) = block.as_chunks::<16>();
        for (n, quarter) in quarters.iter().enumerate() {
            let bytes = load(quarter);
            let bits = |found: __m128i| u64::from(_mm_movemask_epi8(found) as u16) << (16 * n);
            let is = |byte: __m128i| _mm_cmpeq_epi8(bytes, byte);
            masks.element |= bits(is(element));
            masks.segment |= bits(is(segment));
            masks.inner |= bits(_mm_or_si128(is(component), is(repetition)));
            // Signed: bytes beyond ASCII are below zero.
            masks.odd |= bits(_mm_or_si128(_mm_cmplt_epi8(bytes, blank), is(delete)));
            masks.lf |= bits(is(lf));
            masks.cr |= bits(is(cr));
        }
        masks
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn load(bytes: &[u8; 16]) -> __m128i {
        let whole = u128::from_le_bytes(*bytes);
        _mm_set_epi64x((whole >> 64) as i64, whole as i64)
    }
}

#[cfg(any(test, not(target_arch = "x86_64")))]
mod plain {
    use super::{BLOCK, Masks, Sought};

    pub fn masks(block: &[u8; BLOCK], sought: Sought) -> Masks {
        let mut masks = Masks::default();
        for (n, &byte) in block.iter().enumerate() {
            let bit = |found: bool| u64::from(found) << n;
            masks.element |= bit(byte == sought.element);
            masks.segment |= bit(byte == sought.segment);
            masks.inner |= bit(byte == sought.component || byte == sought.repetition);
            masks.odd |= bit(!(b' '..=b'~').contains(&byte));
            masks.lf |= bit(byte == b'\n');
            masks.cr |= bit(byte == b'\r');
        }
        masks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_see_what_a_plain_loop_sees() {
        let sought = Sought { element: b'*', segment: b'~', component: b':', repetition: 0x1F };
        let mut block = [0; BLOCK];
        let mut state = 2026u32;
        for _ in 0..2000 {
            for byte in &mut block {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *byte = match state >> 28 {
                    0 => b'*',
                    1 => b'~',
                    2 => b':',
                    3 => 0x1F,
                    4 => b'\n',
                    5 => b'\r',
                    _ => (state >> 16) as u8,
                };
            }
            assert_eq!(masks(&block, sought), plain::masks(&block, sought));
        }
    }
}
