//! Requests with curl, as a billing company's script makes them.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::run::{program, run};

pub struct Request {
    curl: Command,
}

pub struct Reply {
    /// 0: no answer came.
    pub status: u16,
    pub body: Vec<u8>,
    /// What curl said of its own trouble.
    pub trouble: String,
}

impl Reply {
    pub fn text(&self) -> String {
        format!("{} {}{}", self.status, String::from_utf8_lossy(&self.body), self.trouble)
    }

    /// Panics on a body that is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.text()))
    }
}

impl Request {
    pub fn new(method: &str, url: &str) -> Request {
        let mut curl = Command::new(program("curl"));
        // The status is written behind the body, in three digits.
        curl.args(["-sS", "--max-time", "120", "-w", "%{http_code}", "-X", method, url]);
        Request { curl }
    }

    /// PEM of the authority of the server's certificate.
    pub fn trusting(self, authority: &Path) -> Request {
        self.with("--cacert", &authority.display().to_string())
    }

    pub fn bearer(self, key: &str) -> Request {
        self.with("-H", &format!("Authorization: Bearer {key}"))
    }

    /// An option of curl and its value.
    pub fn with(mut self, option: &str, value: &str) -> Request {
        self.curl.args([option, value]);
        self
    }

    /// An option of curl without a value.
    pub fn flag(mut self, option: &str) -> Request {
        self.curl.arg(option);
        self
    }

    pub fn send(mut self, body: Option<&[u8]>) -> Reply {
        if body.is_some() {
            self.curl.args(["-H", "Content-Type: application/edi-x12", "-H", "Expect:", "--data-binary", "@-"]);
        }
        let output = run(&mut self.curl, body.unwrap_or_default());
        let (body, status) = output.stdout.split_at(output.stdout.len().saturating_sub(3));
        let status = String::from_utf8_lossy(status).parse().unwrap_or(0);
        Reply { status, body: body.to_vec(), trouble: String::from_utf8_lossy(&output.stderr).into_owned() }
    }
}

/// A plain HTTP request; `None` where nobody answers.
pub fn plain(url: &str) -> Option<Reply> {
    Some(Request::new("GET", url).with("--max-time", "5").send(None)).filter(|reply| reply.status != 0)
}
