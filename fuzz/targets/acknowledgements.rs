//! TA1, 999 and 277CA, read back by our own check.
#![no_main]

use claimgate::mutate::mutate;
use claimgate::proof::answering::acknowledgements;
use claimgate::proof::sample::Sample;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|data: &[u8]| acknowledgements(data, Sample::Part));
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed)
});
