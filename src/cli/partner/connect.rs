//! Whether a payer can be reached as its file says: logs in over SFTP and looks into its folders, or asks its
//! HTTPS address. Sends and takes nothing.

use crate::link::https_client::HttpsClient;
use crate::link::sftp_client::SftpClient;
use crate::link::trouble::LinkError;
use crate::partner::endpoint::{HttpsEndpoint, SftpEndpoint};
use crate::partner::{Endpoint, Payer};
use crate::pipeline::lines::{https_target, sftp_target};

/// What was reached, or why it was not, in the operator's words.
pub(super) fn reach(payer: &Payer) -> Result<String, String> {
    match &payer.endpoint {
        Endpoint::Sftp(endpoint) => over_sftp(endpoint).map_err(|error| error.for_console()),
        Endpoint::Https(endpoint) => over_https(endpoint),
        Endpoint::Hosted(_) => Ok("fetches from us".to_string()),
    }
}

fn over_sftp(endpoint: &SftpEndpoint) -> Result<String, LinkError> {
    let client = SftpClient::connect(&sftp_target(endpoint))?;
    client.list(&endpoint.upload_to)?;
    let mut waiting = 0;
    for folder in &endpoint.collect_from {
        waiting += client.list(folder)?.len();
    }
    Ok(format!("logged in as {}; {waiting} files wait there", endpoint.user))
}

/// An address that takes only POST answers a GET with a refusal; that, too, shows that somebody is there.
fn over_https(endpoint: &HttpsEndpoint) -> Result<String, String> {
    let mut target = https_target(endpoint).map_err(|error| error.to_string())?;
    if let Some(url) = &endpoint.collect_url {
        target.url = url.to_string();
    }
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let client = HttpsClient::new(&target).map_err(|error| error.for_console())?;
        match client.get_answer("", &[]).await {
            Ok(answer) => Ok(format!("answered {}", answer.status)),
            Err(LinkError::HttpStatus { status: status @ (401 | 403), .. }) => {
                Err(format!("it answered {status}: the token or client certificate is not accepted"))
            }
            Err(LinkError::HttpStatus { status, .. }) if endpoint.collect_url.is_none() => {
                Ok(format!("answered {status}"))
            }
            Err(error) => Err(error.for_console()),
        }
    })
}
