//! A disk and a clock that misbehave on demand: a small library before the gateway's own, see `disk.c`.

use std::path::PathBuf;
use std::process::Command;

use super::World;
use super::run::{program, run, said};

#[derive(Clone, Copy, Debug)]
pub enum Disk {
    Well,
    /// Each sync takes so many milliseconds.
    Slow(u32),
    /// No sync succeeds.
    NoSync,
    /// Nothing can be written, as when the system has made the disk read-only after an error.
    NoWrite,
}

impl World {
    /// To be called before the gateway is started.
    pub fn with_a_disk_of_its_own(&mut self) {
        let (source, library) = (self.path("disk.c"), self.path("disk.so"));
        std::fs::write(&source, include_str!("disk.c")).unwrap();
        let mut compile = Command::new(program("cc"));
        compile.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source);
        let compiled = run(&mut compile, b"");
        assert!(compiled.status.success(), "{}", said(&compiled));
        let told_in = self.told_in();
        self.environment.push(format!("LD_PRELOAD={}", library.display()));
        self.environment.push(format!("CLAIMGATE_IT_DISK={}", told_in.display()));
        self.disk_is(Disk::Well, 0);
    }

    fn told_in(&self) -> PathBuf {
        self.path("disk")
    }

    /// How the disk is from now on, and by how many seconds the gateway's clock is off.
    pub fn disk_is(&self, disk: Disk, clock_off_seconds: i64) {
        let disk = match disk {
            Disk::Well => "well".to_string(),
            Disk::Slow(milliseconds) => format!("slow {milliseconds}"),
            Disk::NoSync => "nosync".to_string(),
            Disk::NoWrite => "nowrite".to_string(),
        };
        let whole = self.path("disk.new");
        std::fs::write(&whole, format!("{disk}\n{clock_off_seconds}\n")).unwrap();
        std::fs::rename(whole, self.told_in()).unwrap();
    }
}
