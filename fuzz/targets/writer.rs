//! The writer, read back by the reader, with any delimiters.
#![no_main]

use claimgate::proof::writing::writer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| writer(data));
