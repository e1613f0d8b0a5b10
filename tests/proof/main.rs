//! Proof of the engine from outside: what must hold of any bytes, of any good file in any form, and of any good file
//! that is made wrong in one place. The fuzz targets (`fuzz/`) and `make bench` use the same properties and mutations.

mod answering;
mod checking;
mod chopped;
mod draft;
mod mutations;
mod reading;
mod sample;
mod writing;

mod fuzzed;
mod properties;
