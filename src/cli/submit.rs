//! `claimgate submit`: hands files in to a gateway over HTTPS, as any HTTPS client can.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::args::SubmitArgs;
use super::{NOTHING_WRONG, SOMETHING_WRONG};
use crate::domain::limits::WAIT_SECONDS_MAX;
use crate::link::https_client::{HttpsClient, HttpsTarget, Outgoing};
use crate::link::trouble::LinkError;
use crate::partner::Config;

/// The authority of the gateway's certificate is taken from the configured certs folder when it is there;
/// a gateway elsewhere has one that the machine trusts.
pub fn run(args: &SubmitArgs, config: &Config) -> Result<ExitCode> {
    let key = std::fs::read_to_string(&args.key_file)
        .with_context(|| format!("the key file {} cannot be read", args.key_file.display()))?;
    let key = key.lines().next_back().unwrap_or_default().trim().to_string();
    ensure!(!key.is_empty(), "{} holds no key: `claimgate key create` prints one", args.key_file.display());
    let ca = config.paths.certs.join("ca.crt");
    let is_local = ["//localhost", "//127.0.0.1", "//[::1]"].iter().any(|host| args.to.contains(host));
    let target = HttpsTarget {
        ca: Some(ca).filter(|ca: &PathBuf| is_local && ca.exists()),
        bearer: Some(key),
        ..HttpsTarget::of(args.to.trim_end_matches('/'))
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = HttpsClient::new(&target)?;
        let mut status = NOTHING_WRONG;
        for file in &args.files {
            if !hand_in(&client, file, args.wait).await? {
                status = SOMETHING_WRONG;
            }
        }
        Ok(status)
    })
}

/// True when the file was taken and, where its checks were waited for, nothing in it was rejected.
async fn hand_in(client: &HttpsClient, file: &Path, wait: bool) -> Result<bool> {
    ensure!(file.is_file(), "{} is no file", file.display());
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect();
    let wait_for = if wait { format!("&wait={WAIT_SECONDS_MAX}") } else { String::new() };
    let url = format!("/v1/submissions?file_name={plain}{wait_for}");
    match client.post(&url, Outgoing::File(file.to_path_buf()), "application/edi-x12", &[]).await {
        Ok(answer) => {
            let said: Value = serde_json::from_slice(&answer.body.0).context("the gateway's answer is not JSON")?;
            print_result(&name, &said);
            Ok(said["refused"].is_null() && said["rejected_claims"].as_u64().unwrap_or(0) == 0)
        }
        Err(LinkError::HttpStatus { status, answer, .. }) => {
            let said: Value = serde_json::from_slice(&answer.0).unwrap_or(Value::Null);
            let detail = said["detail"].as_str().unwrap_or("no reason was given");
            if status == 409 {
                println!("{name}: handed in before as submission {}", said["id"].as_str().unwrap_or("?"));
                return Ok(false);
            }
            bail!("{name}: the gateway answered {status}: {detail}")
        }
        Err(error) => Err(error).with_context(|| format!("{name} could not be handed in")),
    }
}

fn print_result(name: &str, said: &Value) {
    let text = |key: &str| said[key].as_str().unwrap_or_default().to_string();
    let number = |key: &str| said[key].as_u64().unwrap_or(0);
    match said["refused"].as_str() {
        Some(why) => println!("{name}: refused. {why}"),
        None if text("state") == "received" => {
            println!("{name}: taken as submission {} ({} bytes)", text("id"), number("bytes"));
        }
        None => println!(
            "{name}: submission {}, {} claims, {} accepted, {} rejected, {} errors, {} warnings",
            text("id"),
            number("claims"),
            number("accepted_claims"),
            number("rejected_claims"),
            number("errors"),
            number("warnings")
        ),
    }
    for finding in said["findings"].as_array().into_iter().flatten() {
        let (message, claim) =
            (finding["message"].as_str().unwrap_or_default(), finding["claim"].as_str().unwrap_or("-"));
        println!("  {} claim {claim}: {message}", finding["severity"].as_str().unwrap_or_default());
    }
}
