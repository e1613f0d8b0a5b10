//! The whole-file check, SNIP 1 to 7, with every guide.
#![no_main]

use claimgate::mutate::mutate;
use claimgate::proof::checking::walker;
use claimgate::proof::sample::Sample;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|data: &[u8]| walker(data, Sample::Part));
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed)
});
