//! `claimgate demo`: a round trip that needs nothing but this program. A gateway on SQLite in a folder of
//! its own, a billing company that hands in claims over SFTP and HTTPS, two simulated payers that answer.

mod progress;
mod submitting;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;

use self::progress::{Counts, watch_until_settled};
use self::submitting::{Batches, hand_in, made_up, of_files};
use super::args::DemoArgs;
use super::{NOTHING_WRONG, SOMETHING_WRONG};
use crate::daemon::{Doors, Life, open_gateway, serve_until};
use crate::link::listen::stop_signal;
use crate::partner::Config;
use crate::pipeline::Gateway;
use crate::simulator::answers::{Mix, Terms};
use crate::simulator::payer::Delays;
use crate::simulator::world::{Ports, Temper, World};
use crate::store::users::{Role, User, hash_password};

const CLAIMS_UNASKED: u32 = 2_000;
/// Nothing takes so long; a demo that hangs must end and say so.
const PATIENCE: Duration = Duration::from_secs(300);
const SEED: u64 = 20_260_101;

/// The last line of `--once`.
#[derive(Debug, Serialize)]
struct Summary {
    submitted: i64,
    rejected_by_gateway: i64,
    sent: i64,
    rejected_by_payer: i64,
    paid: i64,
    denied: i64,
    open: i64,
    unmatched: i64,
    seconds: f64,
}

pub fn run(args: &DemoArgs) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let folder = Folder::make()?;
    quiet_logging(&folder.0);
    runtime.block_on(demo(args, &folder.0))
}

async fn demo(args: &DemoArgs, folder: &Path) -> Result<ExitCode> {
    let batches = match &args.files[..] {
        [] => made_up(args.claims.unwrap_or(CLAIMS_UNASKED), SEED),
        files => of_files(files)?,
    };
    let ports = match args.port_base {
        Some(base) => Ports::from_base(base),
        None => Ports::free().await?,
    };
    let step = Duration::from_millis(if args.once { 200 } else { 1_500 });
    let temper = Temper { terms: Terms { seed: SEED, mix: Mix::TYPICAL }, delays: Delays::steps(step) };
    let world = World::write(folder, Path::new("schemas"), ports, temper, &batches.cast)?;
    let payers = world.start_payers().await?;
    let config = Config::load(Some(&world.config)).map_err(super::Faults)?;
    let doors = Doors::bind(&config).await?;
    let gateway = open_gateway(config).await?;
    let (stop, shutdown) = stop_signal();
    let serving = tokio::spawn(serve_until(gateway.clone(), doors, Arc::new(Life::default()), shutdown));
    let password = console_user(&gateway).await?;
    introduce(&world, &password, args.once);

    let began = Instant::now();
    hand_in(&gateway, &world, &batches).await?;
    let counts = watch_until_settled(&gateway, batches.claims, PATIENCE).await?;
    let summary = summary(&counts, began.elapsed());
    let expected = came_out(&summary, &batches, &world);
    print_summary(&summary, &expected, args.once)?;
    if !args.once {
        eprintln!("The gateway stays up until Ctrl-C.");
        tokio::signal::ctrl_c().await.context("Ctrl-C cannot be waited for")?;
    }
    let _ = stop.send(true);
    serving.await.context("the gateway stopped by itself")??;
    payers.stop().await;
    gateway.store.close().await;
    Ok(if expected.is_empty() { NOTHING_WRONG } else { SOMETHING_WRONG })
}

fn summary(counts: &Counts, took: Duration) -> Summary {
    Summary {
        submitted: counts.submitted,
        rejected_by_gateway: counts.rejected_by_gateway,
        sent: counts.submitted - counts.rejected_by_gateway - counts.unsent,
        rejected_by_payer: counts.rejected_by_payer,
        paid: counts.paid,
        denied: counts.denied,
        open: counts.open,
        unmatched: counts.unmatched,
        seconds: (took.as_secs_f64() * 10.0).round() / 10.0,
    }
}

/// What is not as it should be, each as a sentence: the gateway's count against the submitter's own and
/// against the payers' own books.
fn came_out(summary: &Summary, batches: &Batches, world: &World) -> Vec<String> {
    let books = [world.sftp_payer.tally(), world.https_payer.tally()];
    let at_payers = |count: fn(&crate::simulator::payer::Tally) -> u64| books.iter().map(count).sum::<u64>() as i64;
    let mut wrong = Vec::new();
    let mut same = |what: &str, gateway: i64, other: i64| {
        if gateway != other {
            wrong.push(format!("{what}: the gateway says {gateway}, {other} was expected"));
        }
    };
    same("claims handed in", summary.submitted, batches.claims);
    if let Some(spoiled) = batches.spoiled {
        same("claims rejected by the gateway", summary.rejected_by_gateway, spoiled);
    }
    same("claims that reached payers", summary.sent, at_payers(|book| book.claims));
    same("claims sent twice", 0, at_payers(|book| book.repeated));
    same("claims rejected by payers", summary.rejected_by_payer, at_payers(|book| book.rejected + book.refused));
    same("claims paid", summary.paid, at_payers(|book| book.paid + book.partly_paid));
    same("claims denied", summary.denied, at_payers(|book| book.denied));
    same("claims still open", summary.open, 0);
    same("responses that match no claim", summary.unmatched, 0);
    wrong
}

fn print_summary(summary: &Summary, wrong: &[String], once: bool) -> Result<()> {
    eprintln!(
        "\n{} claims handed in: {} rejected by the gateway, {} sent; of these {} rejected by payers, {} paid, {} denied, {} open. \
         {} responses match no claim. {} s.",
        summary.submitted,
        summary.rejected_by_gateway,
        summary.sent,
        summary.rejected_by_payer,
        summary.paid,
        summary.denied,
        summary.open,
        summary.unmatched,
        summary.seconds
    );
    wrong.iter().for_each(|sentence| eprintln!("Not as expected: {sentence}"));
    if once {
        let mut out = io::stdout().lock();
        serde_json::to_writer(&mut out, summary)?;
        writeln!(out)?;
    }
    Ok(())
}

/// A person for the console, with a password made up for this run.
async fn console_user(gateway: &Arc<Gateway>) -> Result<String> {
    let password = crate::store::keys::new_key_text()[3..19].to_string();
    let user = User { name: "demo".to_string(), role: Role::Operator };
    let hash = hash_password(&password);
    gateway.store.put_user(&user, &hash, gateway.clock.now_ms()).await?;
    Ok(password)
}

fn introduce(world: &World, password: &str, once: bool) {
    let ports = world.ports;
    eprintln!("A gateway with two simulated payers (one over SFTP, one over HTTPS) runs on this machine.");
    if !once {
        eprintln!("  console  https://localhost:{}/console  (user demo, password {password})", ports.https);
        eprintln!("  API      https://localhost:{}/docs", ports.https);
        eprintln!("  metrics  http://127.0.0.1:{}/metrics", ports.ops);
        eprintln!("  its certificate is signed by {}", world.ca.display());
        eprintln!("  SFTP     sftp -P {} -i {} demo-billing@127.0.0.1", ports.sftp, world.submitter_key.display());
        eprintln!("  folder   {}", world.config.parent().unwrap_or(Path::new(".")).display());
    }
}

/// The demo's own folder, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Folder> {
        let unique = crate::store::keys::new_key_text();
        let path = std::env::temp_dir().join(format!("claimgate-demo-{}", &unique[3..13]));
        std::fs::create_dir(&path).with_context(|| format!("the folder {} cannot be made", path.display()))?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that cannot be removed is left to the system's own cleaning of its temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The gateway's log goes to a file of the demo's folder, so that the terminal shows progress.
fn quiet_logging(folder: &Path) {
    if let Ok(file) = std::fs::File::create(folder.join("gateway.log")) {
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(Arc::new(file)).finish();
        // Refused only when a test has set its own already.
        let _ = tracing::subscriber::set_global_default(subscriber);
    }
}
