//! The command line's words: commands, flags and their help. Every name here is part of the contract with
//! users' scripts.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;

/// A gateway for US medical claims: takes 837 batches, checks and delivers them, and matches what payers answer.
///
/// Exit status: 0 done and nothing wrong found, 1 done and something wrong found, 2 could not be done.
#[derive(Debug, Parser)]
#[command(name = "claimgate", version, max_term_width = 120)]
pub struct Arguments {
    /// The gateway's settings [default: gateway.toml where there is one, else each setting's own default]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the gateway until SIGTERM or Ctrl-C
    Serve,
    /// A round trip with two simulated payers: claims in, checked, sent, answered, matched
    Demo(DemoArgs),
    /// Check files against the guides
    Validate(ValidateArgs),
    /// A file with its segments explained
    Show(ShowArgs),
    /// What is checked: every edit with its level, severity, codes and words
    Edits(EditsArgs),
    /// Hand files in to a gateway over HTTPS
    Submit(SubmitArgs),
    /// Where claims are
    #[command(subcommand)]
    Claims(ClaimsCommand),
    /// Partners' files: list them, or find what is wrong with them
    #[command(subcommand)]
    Partner(PartnerCommand),
    /// Code lists: which there are, how far they reach, and loading those an operator is licensed for
    #[command(subcommand)]
    Codes(CodesCommand),
    /// API keys of partners
    #[command(subcommand)]
    Key(KeyCommand),
    /// People who may use the console
    #[command(subcommand)]
    User(UserCommand),
    /// Batches that wait for their window
    #[command(subcommand)]
    Batch(BatchCommand),
    /// Ask payers for responses now
    Collect(CollectArgs),
    /// Files on their way to payers
    #[command(subcommand)]
    Delivery(DeliveryCommand),
    /// What receivers of webhooks have not taken
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// The keys and certificates of this gateway
    #[command(subcommand)]
    Certs(CertsCommand),
    /// The database and the payloads
    #[command(subcommand)]
    Store(StoreCommand),
    /// All that the gateway holds of a submitter, into a folder: files as they came, claims, findings, its mailbox
    Export(ExportArgs),
    /// What is kept however old it is
    #[command(subcommand)]
    Hold(HoldCommand),
    /// The audit trail
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Every claim and every cent accounted for, or which is not
    Reconcile(ReconcileArgs),
}

#[derive(Debug, Subcommand)]
pub enum PartnerCommand {
    /// Every partner with its kind, envelope id and how it is reached
    List(PartnerListArgs),
    /// Find every fault that the start would find: in gateway.toml, partners' files, and the files they name
    Check(PartnerCheckArgs),
}

#[derive(Debug, Args)]
pub struct PartnerListArgs {
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormat,
}

#[derive(Debug, Args)]
pub struct PartnerCheckArgs {
    /// Tell this partner's faults only
    pub name: Option<String>,
    /// Also log in to each payer that is reached over SFTP or HTTPS
    #[arg(long)]
    pub connect: bool,
}

#[derive(Debug, Subcommand)]
pub enum CodesCommand {
    /// Each list with its release, its size, the days it covers, and how codes are judged without it
    List(CodesListArgs),
    /// Take a list from a file (CSV, TSV, fixed columns, one code a line) into the schemas folder
    Load(CodesLoadArgs),
}

#[derive(Debug, Args)]
pub struct CodesListArgs {
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormat,
}

#[derive(Debug, Args)]
pub struct CodesLoadArgs {
    /// Which list, as `codes list` names it: cpt, hcpcs, cdt, icd-10-cm, ...
    pub list: String,
    /// The list as its keeper hands it out
    pub file: PathBuf,
    /// What people call this release, as 2026Q4 [default: the file's name]
    #[arg(long, value_name = "TEXT")]
    pub release: Option<String>,
    /// Which fields hold code, first and last day, as code=1,from=3,to=4 [default: by the names in the first line]
    #[arg(long, value_name = "FIELDS", conflicts_with = "fixed")]
    pub fields: Option<String>,
    /// Which characters of a line do, as code=1-5,from=277-284,to=285-292
    #[arg(long, value_name = "PLACES")]
    pub fixed: Option<String>,
    /// The file holds all codes in force from this day on; earlier days are judged by the list that was there before
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub from: Option<Date>,
    /// The last day the list is whole for: later services are only warned of [default: no end]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub to: Option<Date>,
    /// Leave out rows whose code is not written as this list's are, as modifiers in the HCPCS file
    #[arg(long)]
    pub skip_others: bool,
}

/// How lists and reports are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// claimgate demo
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Stop when every claim has its final answer; the last line is the summary in JSON
    #[arg(long)]
    pub once: bool,
    /// How many claims to make up and submit
    #[arg(long, value_name = "N")]
    pub claims: Option<u32>,
    /// The first of the ports to listen on
    #[arg(long, value_name = "PORT")]
    pub port_base: Option<u16>,
    /// Submit these files instead
    pub files: Vec<PathBuf>,
}

/// claimgate validate
#[derive(Debug, Args)]
pub struct ValidateArgs {
    #[arg(long, value_enum, default_value_t)]
    pub format: ValidateFormat,
    /// Check the SNIP levels from 1 to this one
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u8).range(1..=7), value_name = "LEVEL")]
    pub snip: u8,
    /// Judge as on this day [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<Date>,
    /// Show at most N findings of a file [default: 100, and of one kind the first 5]
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Show every finding
    #[arg(long, conflicts_with = "limit")]
    pub all: bool,
    /// X12 files; folders, for the X12 files in them; - reads standard input
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ValidateFormat {
    #[default]
    Text,
    /// One JSON object a line
    Json,
    /// The TA1 that the sender would get
    Ta1,
    #[value(name = "999")]
    Ack999,
    #[value(name = "277ca")]
    Ack277ca,
    /// What a biller reads: claim by claim what is wrong, where, and what to send
    Report,
    /// The same as a page for the browser or the printer
    Html,
}

/// claimgate show
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormat,
    /// An X12 file; - reads standard input
    pub file: PathBuf,
}

/// claimgate submit
#[derive(Debug, Args)]
pub struct SubmitArgs {
    /// The gateway, as https://localhost:8443
    #[arg(long, value_name = "URL")]
    pub to: String,
    /// A file whose first line is the partner's key
    #[arg(long, value_name = "FILE")]
    pub key_file: PathBuf,
    /// Wait for the result of the checks
    #[arg(long)]
    pub wait: bool,
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum ClaimsCommand {
    /// Find claims, the newest first
    Find(ClaimsFindArgs),
    /// One claim: identifiers, status, amounts and all that happened to it
    Show { claim_id: String },
}

#[derive(Debug, Args)]
pub struct ClaimsFindArgs {
    /// CLM01
    #[arg(long, value_name = "NUMBER")]
    pub patient_control_number: Option<String>,
    /// The payer's name in partners/
    #[arg(long, value_name = "NAME")]
    pub payer: Option<String>,
    /// As payer_accepted
    #[arg(long)]
    pub status: Option<crate::domain::ClaimStatus>,
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub limit: u32,
}

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make an API key; it is printed alone on the last line, and never again
    Create {
        /// The partner's name in partners/
        #[arg(long, value_name = "NAME")]
        partner: String,
    },
    /// End a key's life now
    Revoke { key_id: String },
    /// Every key with its partner
    List,
}

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Let a person into the console
    Add {
        name: String,
        #[arg(long, value_enum)]
        role: crate::store::users::Role,
    },
}

#[derive(Debug, Subcommand)]
pub enum BatchCommand {
    /// Close the open batch windows now
    Release {
        /// Only this payer's
        #[arg(long, value_name = "NAME")]
        payer: Option<String>,
    },
}

/// claimgate collect
#[derive(Debug, Args)]
pub struct CollectArgs {
    /// Only from this payer
    #[arg(long, value_name = "NAME")]
    pub payer: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum DeliveryCommand {
    /// Files on their way to payers, and those that need a person
    List,
    /// Try a delivery again now
    Retry { id: String },
}

#[derive(Debug, Subcommand)]
pub enum WebhookCommand {
    /// What each receiver has not taken, and why
    List,
    /// Tell a receiver now what waits or was given up
    Retry {
        /// The submitter's name in partners/; left out: the operator's own webhook of gateway.toml
        name: Option<String>,
    },
    /// Make a signing secret; it is printed alone on the last line
    Secret,
}

#[derive(Debug, Subcommand)]
pub enum CertsCommand {
    /// Write what is missing: ca.crt, server.crt, server.key, ssh_host_ed25519, master.key
    Init,
    /// Make a new master key; the one before stays beside it until `store rekey` has done its work
    Rotate,
}

#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Bring the store's tables up to this version
    Migrate,
    /// Look whether the store is whole: every payload there, undamaged and the one that was stored
    Check(StoreCheckArgs),
    /// Have the present master key alone open every payload, after `certs rotate`
    Rekey,
    /// Copy the store into a folder, beside a gateway that runs; again into the same folder copies what is new
    Backup(BackupArgs),
    /// Put a backup where the settings say the store is, when nothing is there yet
    Restore(RestoreArgs),
    /// Remove what is older than [retention] in gateway.toml keeps it; a gateway does so once a day
    Purge(PurgeArgs),
}

/// claimgate store purge
#[derive(Debug, Args)]
pub struct PurgeArgs {
    /// Only count what would be removed
    #[arg(long)]
    pub dry_run: bool,
    /// Purge although the clock is days past what the store noted last: the clock is right, no gateway ran
    #[arg(long)]
    pub trust_clock: bool,
}

/// claimgate store backup
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The backup's folder
    pub dir: PathBuf,
    /// Copy the master keys too: whoever has the backup then reads everything in it
    #[arg(long)]
    pub with_keys: bool,
    /// Leave out the database: for PostgreSQL, after its own tools have backed that up
    #[arg(long)]
    pub payloads_only: bool,
    /// Copy nothing: read the backup that is there to its end and name what is missing or damaged in it
    #[arg(long, conflicts_with_all = ["with_keys", "payloads_only"])]
    pub verify: bool,
}

/// claimgate store restore
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// A folder that `store backup` has filled
    pub dir: PathBuf,
    /// Leave the database as it is: for PostgreSQL, after its own tools have put it back
    #[arg(long)]
    pub payloads_only: bool,
}

/// claimgate store check
#[derive(Debug, Args)]
pub struct StoreCheckArgs {
    /// Remove payloads that nothing names and that are older than a day
    #[arg(long)]
    pub remove_orphans: bool,
}

/// claimgate export
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The submitter's name in partners/
    #[arg(long, value_name = "NAME")]
    pub partner: String,
    /// The folder; run again into the same one, files that are there and whole are left as they are
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
}

#[derive(Debug, Subcommand)]
pub enum HoldCommand {
    /// Keep what there is of a partner or a claim until the hold is taken back
    Add {
        #[command(flatten)]
        on: HeldArgs,
        /// Why: as the number of a court's order; no patient's name
        #[arg(long, default_value = "", value_name = "TEXT")]
        reason: String,
    },
    /// Take a hold back
    Remove {
        #[command(flatten)]
        on: HeldArgs,
    },
    /// Every hold, also of partners' files
    List,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct HeldArgs {
    /// A submitter's or payer's name in partners/
    #[arg(long, value_name = "NAME")]
    pub partner: Option<String>,
    /// A claim's id or trace number
    #[arg(long, value_name = "ID")]
    pub claim: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Look whether the audit chain is unbroken
    Verify,
}

/// claimgate edits
#[derive(Debug, Args)]
pub struct EditsArgs {
    /// As lines for people, as one JSON object a line, or as the page docs/edits.md
    #[arg(long, value_enum, default_value_t = EditsFormat::Text)]
    pub format: EditsFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum EditsFormat {
    Text,
    Json,
    Markdown,
}

/// claimgate reconcile
#[derive(Debug, Args)]
pub struct ReconcileArgs {
    /// Only what was received on this day or later
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub since: Option<Date>,
    /// Only what was received before this day ended
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub until: Option<Date>,
    /// Of what breaks one rule, how much is told one by one; the rest is counted
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// Also tell the names that partners gave to their files; they may tell of patients
    #[arg(long)]
    pub file_names: bool,
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormat,
}
