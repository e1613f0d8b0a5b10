//! `claimgate partner list` and `partner check`: what partners there are, and what is wrong with their files.

mod connect;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use serde::Serialize;

use super::args::{ListFormat, PartnerCheckArgs, PartnerListArgs};
use super::output::{Colour, Paint, Table, json_line};
use super::{Faults, NOTHING_WRONG, SOMETHING_WRONG, logging};
use crate::partner::book::FurtherCheck;
use crate::partner::config::DEFAULT_FILE;
use crate::partner::{Config, Endpoint, Fault, Partner, PartnerBook, Partners, Payer};

pub fn list(args: &PartnerListArgs, config: &Config) -> Result<ExitCode> {
    let partners = Partners::load(config).map_err(Faults)?;
    print_list(args.format, &partners, &mut io::stdout().lock())?;
    Ok(NOTHING_WRONG)
}

#[derive(Serialize)]
struct Row<'a> {
    partner: &'a str,
    kind: &'static str,
    name: &'a str,
    active: bool,
    qualifier: &'a str,
    interchange: &'a str,
    endpoint: Option<&'static str>,
    release: Option<String>,
    payer_ids: Vec<&'a str>,
}

impl<'a> Row<'a> {
    fn of(partner: Partner<'a>) -> Row<'a> {
        let interchange = partner.interchange();
        let (name, payer) = match partner {
            Partner::Submitter(submitter) => (&submitter.name, None),
            Partner::Payer(payer) => (&payer.name, Some(payer)),
        };
        Row {
            partner: partner.id().as_str(),
            kind: partner.kind().as_str(),
            name,
            active: partner.active(),
            qualifier: interchange.qualifier.as_str(),
            interchange: interchange.id.as_str(),
            endpoint: payer.map(|payer| payer.endpoint.kind().as_str()),
            release: payer.map(|payer| payer.batch.release.to_string()),
            payer_ids: payer.into_iter().flat_map(|payer| &payer.payer_ids).map(|id| id.as_str()).collect(),
        }
    }

    fn cells(&self) -> [String; 8] {
        let or_dash = |text: &str| if text.is_empty() { "-".to_string() } else { text.to_string() };
        [
            self.partner.to_string(),
            self.kind.to_string(),
            if self.active { "yes" } else { "no" }.to_string(),
            format!("{}:{}", self.qualifier, self.interchange),
            or_dash(self.endpoint.unwrap_or_default()),
            or_dash(self.release.as_deref().unwrap_or_default()),
            or_dash(&self.payer_ids.join(",")),
            self.name.to_string(),
        ]
    }
}

fn print_list(format: ListFormat, partners: &Partners, out: &mut impl Write) -> io::Result<()> {
    let rows: Vec<Row<'_>> = partners.all().map(Row::of).collect();
    match format {
        ListFormat::Json => rows.iter().try_for_each(|row| json_line(out, row)),
        ListFormat::Text => {
            let headings = ["PARTNER", "KIND", "ACTIVE", "INTERCHANGE", "ENDPOINT", "RELEASE", "PAYER IDS", "NAME"];
            let mut table = Table::new(&headings);
            rows.iter().for_each(|row| table.row(row.cells()));
            table.print(out)
        }
    }
}

/// Does what the start does, and tells every fault instead of the first command's refusal. `further_checks` are
/// those that the start makes.
pub fn check(args: &PartnerCheckArgs, given: Option<&Path>, further_checks: Vec<FurtherCheck>) -> Result<ExitCode> {
    // That a named file is missing is no fault of the file.
    if let Some(missing) = given.filter(|path| !path.is_file()) {
        bail!("{} is not there, or is no file; say --config FILE", missing.display());
    }
    let (out, paint) = (&mut io::stdout().lock(), Paint::for_stdout());
    let config = match Config::load(given) {
        Ok(config) => config,
        Err(faults) => {
            print_faults(&faults, paint, out)?;
            return Ok(SOMETHING_WRONG);
        }
    };
    logging::start(&config.log);
    if let Some(name) = &args.name {
        refuse_unknown(name, &config)?;
    }
    match PartnerBook::open(&config, further_checks) {
        Ok(book) => {
            let partners = book.current();
            print_sound(args.name.as_deref(), &partners, &config, paint, out)?;
            let wanted = |payer: &&Payer| args.name.as_deref().is_none_or(|name| payer.id.as_str() == name);
            let asked = partners.payers().filter(|_| args.connect).filter(wanted);
            let unreached = try_connections(asked.filter(is_called), connect::reach, paint, out)?;
            Ok(if unreached == 0 { NOTHING_WRONG } else { SOMETHING_WRONG })
        }
        Err(faults) => print_found(args.name.as_deref(), faults, &config, paint, out),
    }
}

/// Whether the gateway calls this payer; a hosted one calls us.
fn is_called(payer: &&Payer) -> bool {
    match payer.endpoint {
        Endpoint::Sftp(_) | Endpoint::Https(_) => true,
        Endpoint::Hosted(_) => false,
    }
}

/// The faults; or with a name, that partner's own, which may be none.
fn print_found(
    name: Option<&str>,
    faults: Vec<Fault>,
    config: &Config,
    paint: Paint,
    out: &mut impl Write,
) -> Result<ExitCode> {
    let Some(name) = name else {
        print_faults(&faults, paint, out)?;
        return Ok(SOMETHING_WRONG);
    };
    let file = file_of(name, config);
    let (own, others): (Vec<Fault>, Vec<Fault>) = faults.into_iter().partition(|fault| fault.file == file);
    print_faults(&own, paint, out)?;
    if !others.is_empty() {
        eprintln!("claimgate: other partners' files have faults, which stop the start: see claimgate partner check");
    }
    if !own.is_empty() {
        return Ok(SOMETHING_WRONG);
    }
    writeln!(out, "{} {file}", paint.text(Colour::Green, "sound:"))?;
    Ok(NOTHING_WRONG)
}

fn file_of(name: &str, config: &Config) -> String {
    config.paths.partners.join(format!("{name}.toml")).display().to_string()
}

fn refuse_unknown(name: &str, config: &Config) -> Result<()> {
    let file = file_of(name, config);
    if Path::new(&file).is_file() { Ok(()) } else { bail!("there is no partner {name}: {file} is not there") }
}

fn print_faults(faults: &[Fault], paint: Paint, out: &mut impl Write) -> io::Result<()> {
    faults.iter().try_for_each(|fault| writeln!(out, "{} {fault}", paint.text(Colour::Red, "fault:")))
}

fn print_sound(
    name: Option<&str>,
    partners: &Partners,
    config: &Config,
    paint: Paint,
    out: &mut impl Write,
) -> io::Result<()> {
    let sound = paint.text(Colour::Green, "sound:");
    match (name, &config.file) {
        (Some(_), _) => {}
        (None, Some(file)) => writeln!(out, "{sound} {}", file.display())?,
        (None, None) => writeln!(out, "{sound} defaults; there is no {DEFAULT_FILE}")?,
    }
    for partner in partners.all().filter(|partner| name.is_none_or(|name| partner.id().as_str() == name)) {
        let resting = if partner.active() { "" } else { ", not active" };
        writeln!(out, "{sound} {} ({}{resting})", partners.file_of(partner.id()), partner.kind())?;
    }
    Ok(())
}

/// Tries the connection to each payer that has one, with `connect`, which says what it reached or why it did not.
/// Gives how many could not be reached.
pub fn try_connections<'a>(
    payers: impl IntoIterator<Item = &'a Payer>,
    connect: impl Fn(&Payer) -> Result<String, String>,
    paint: Paint,
    out: &mut impl Write,
) -> io::Result<usize> {
    let mut unreached = 0;
    for payer in payers.into_iter().filter(|payer| payer.active) {
        match connect(payer) {
            Ok(reached) => writeln!(out, "{} {}: {reached}", paint.text(Colour::Green, "reached:"), payer.id)?,
            Err(problem) => {
                unreached += 1;
                writeln!(out, "{} {}: {problem}", paint.text(Colour::Red, "not reached:"), payer.id)?;
            }
        }
    }
    Ok(unreached)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples() -> Config {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("partners/examples");
        Config::from_text(None, &format!("[paths]\npartners = {folder:?}")).unwrap()
    }

    fn printed(print: impl FnOnce(&mut Vec<u8>)) -> Vec<String> {
        let mut out = Vec::new();
        print(&mut out);
        String::from_utf8(out).unwrap().lines().map(ToString::to_string).collect()
    }

    #[test]
    fn a_list_shows_each_partner_on_a_line() {
        let partners = Partners::load(&examples()).unwrap();
        let lines = printed(|out| print_list(ListFormat::Text, &partners, out).unwrap());
        assert_eq!(lines.len(), 5);
        assert!(lines[2].starts_with("bluestar   payer      yes     ZZ:BLUESTAR"), "{lines:#?}");
        let lines = printed(|out| print_list(ListFormat::Json, &partners, out).unwrap());
        let bluestar: serde_json::Value = serde_json::from_str(&lines[1]).unwrap();
        assert_eq!(bluestar["payer_ids"], serde_json::json!(["BSTAR", "60054"]));
    }

    fn check_status(partners: &str, config: &str, name: Option<&str>) -> Result<ExitCode> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("partners")).unwrap();
        std::fs::write(folder.path().join("partners/acme.toml"), partners).unwrap();
        let file = folder.path().join("gateway.toml");
        std::fs::write(&file, config).unwrap();
        check(&PartnerCheckArgs { name: name.map(ToString::to_string), connect: false }, Some(&file), Vec::new())
    }

    #[test]
    fn check_ends_with_0_when_all_is_sound_and_1_when_anything_is_not() {
        let acme = std::fs::read_to_string("partners/examples/acme.toml").unwrap();
        assert_eq!(check_status(&acme, "", None).unwrap(), NOTHING_WRONG);
        assert_eq!(check_status(&acme, "", Some("acme")).unwrap(), NOTHING_WRONG);
        assert_eq!(check_status("kind = 3", "", None).unwrap(), SOMETHING_WRONG);
        assert_eq!(check_status(&acme, "[gatewya]", None).unwrap(), SOMETHING_WRONG);
    }

    #[test]
    fn a_named_partner_is_judged_by_its_own_file() {
        let config = examples();
        let faults = |file: &str| vec![Fault::of_key(file_of(file, &config), "name", "missing")];
        let status = |found| print_found(Some("acme"), found, &config, Paint::Plain, &mut Vec::new()).unwrap();
        assert_eq!(status(faults("acme")), SOMETHING_WRONG);
        assert_eq!(status(faults("bluestar")), NOTHING_WRONG);
    }

    #[test]
    fn check_cannot_be_done_for_a_partner_or_a_config_that_is_not_there() {
        let problem = check_status("kind = 3", "", Some("acm")).unwrap_err().to_string();
        assert!(problem.starts_with("there is no partner acm: "), "{problem}");
        let args = PartnerCheckArgs { name: None, connect: false };
        assert!(check(&args, Some(Path::new("/nowhere.toml")), Vec::new()).is_err());
    }

    #[test]
    fn a_payer_that_cannot_be_reached_is_told_and_one_at_rest_is_left_alone() {
        let partners = Partners::load(&examples()).unwrap();
        let connect = |payer: &Payer| match payer.id.as_str() {
            "bluestar" => Ok("2 files waiting".to_string()),
            _ => Err("the host key differs".to_string()),
        };
        let mut unreached = 0;
        let lines = printed(|out| unreached = try_connections(partners.payers(), connect, Paint::Plain, out).unwrap());
        assert_eq!(lines, ["reached: bluestar: 2 files waiting", "not reached: northwind: the host key differs"]);
        assert_eq!(unreached, 1);
    }
}
