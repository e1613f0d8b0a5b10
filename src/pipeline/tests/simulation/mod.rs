//! The stages over a real store, with a payer, a power switch, a disk and a clock that are drawn from a seed. Each step
//! hands something in, runs a stage, lets the payer work or moves the clock; faults strike at any commit or call to the
//! payer, and the power goes between any two. What must hold is looked at after every step, and in the end, when all
//! is well again, everything must have come to its place by itself.
//!
//! `CLAIMGATE_SIM_SEEDS` says how many seeds, `CLAIMGATE_SIM_FIRST` the first: a failing seed is named, with its steps.

mod checks;
mod payer;
mod power;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use self::world::Simulated;

/// Steps under faults before everything is let come to its end.
const STEPS: u32 = 60;
const SEEDS: u64 = 20;
/// From so many on, each kind of trouble must have happened.
const SEEDS_ENOUGH: u64 = 120;

/// Numbers drawn from a seed.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().map_or(otherwise, |text| text.parse().expect("a number of seeds"))
}

/// Names the seed and what was done, when a check panics.
struct Told {
    seed: u64,
    steps: Vec<String>,
}

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("CLAIMGATE_SIM_FIRST={} CLAIMGATE_SIM_SEEDS=1\n  {}", self.seed, self.steps.join("\n  "));
        }
    }
}

fn simulate(seed: u64) -> power::Struck {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut told = Told { seed, steps: Vec::new() };
        let mut world = Simulated::new(seed).await;
        for _ in 0..STEPS {
            let step = world.draw_step();
            told.steps.push(format!("{step:?}"));
            let came_of_it = world.take(step).await;
            told.steps.push(format!("    {came_of_it}"));
            checks::after_a_step(&mut world).await;
        }
        told.steps.push("all is well again".to_string());
        world.come_to_an_end().await;
        checks::in_the_end(&world).await;
        world.struck()
    })
}

#[test]
fn nothing_is_lost_doubled_or_said_too_early_whatever_fails_and_whenever_the_power_goes() {
    let (first, seeds) = (number("CLAIMGATE_SIM_FIRST", 1), number("CLAIMGATE_SIM_SEEDS", SEEDS));
    println!("seeds {first} to {}", first + seeds - 1);
    let (next, began) = (AtomicU64::new(0), Instant::now());
    // A worker waits for the database's thread most of the time.
    let workers =
        (4 * std::thread::available_parallelism().map_or(1, usize::from)).min(usize::try_from(seeds).unwrap());
    let struck = std::thread::scope(|scope| {
        let work = || {
            let mut struck = power::Struck::default();
            loop {
                let mine = next.fetch_add(1, Ordering::SeqCst);
                if mine >= seeds {
                    return struck;
                }
                struck.add(simulate(first + mine));
                if (mine + 1).is_multiple_of(500) {
                    println!("{} seeds, {:.1} a second", mine + 1, (mine + 1) as f64 / began.elapsed().as_secs_f64());
                }
            }
        };
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        running.into_iter().fold(power::Struck::default(), |mut all, one| {
            all.add(one.join().expect("a seed failed, as told above"));
            all
        })
    });
    let seconds = began.elapsed().as_secs_f64();
    println!("{seeds} seeds in {seconds:.1} s, {:.1} a second: {struck:?}", seeds as f64 / seconds);
    // A simulation in which nothing went wrong says nothing.
    if seeds >= SEEDS_ENOUGH {
        assert!(struck.is_enough(seeds), "too little went wrong: {struck:?}");
    }
}
