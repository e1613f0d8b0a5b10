//! What `validate --config` knows beyond the file: this gateway's partners. Who sent the file is taken from
//! its ISA, as if it had come over that partner's line.

use std::io::{self, Cursor, Read};

use anyhow::Result;

use crate::cli::Faults;
use crate::domain::ClaimKind;
use crate::domain::requirements::Requirements;
use crate::edits::PayerEdits;
use crate::edits::settings::{Context, Lookups, Payer};
use crate::edits::weights::Severities;
use crate::partner::{Config, Partner, Partners, Submitter};
use crate::pipeline::payer_edits::EditsOfPayers;
use crate::pipeline::severities;
use crate::x12::envelope::Interchange;
use crate::x12::segment::text_of;

pub(super) struct GatewayView {
    partners: Partners,
    payer_edits: EditsOfPayers,
    qualifier: String,
    id: String,
    usage: &'static str,
}

/// ISA05, ISA06 and the partner they name.
pub(super) struct Sender {
    qualifier: String,
    id: String,
    etins: Vec<String>,
    npis: Vec<String>,
    pub(super) severities: Severities,
}

impl GatewayView {
    pub(super) fn open(config: &Config) -> Result<GatewayView> {
        let partners = Partners::load(config).map_err(Faults)?;
        let (payer_edits, faults) = EditsOfPayers::compile(&partners);
        if !faults.is_empty() {
            return Err(Faults(faults).into());
        }
        let ours = &config.gateway.interchange;
        let (qualifier, id) = (ours.qualifier.to_string(), ours.id.to_string());
        Ok(GatewayView { partners, payer_edits, qualifier, id, usage: config.gateway.usage.as_str() })
    }

    /// A sender that no file of `partners/` names is nobody's: its ISA06 is refused.
    pub(super) fn context<'a>(&'a self, sender: Option<&'a Sender>) -> Context<'a> {
        let (qualifier, id, etins, npis) = match sender {
            Some(sender) => (&*sender.qualifier, &*sender.id, &sender.etins[..], &sender.npis[..]),
            None => ("", "a partner of this gateway", &[][..], &[][..]),
        };
        Context {
            sender: (qualifier, id),
            receiver: (&self.qualifier, &self.id),
            usage: self.usage,
            transactions: &[],
            etins,
            npis,
            lookups: self,
        }
    }

    pub(super) fn sender(&self, qualifier: &str, id: &str) -> Option<Sender> {
        match self.partners.by_interchange(qualifier, id) {
            Some(Partner::Submitter(Submitter { etins, npis, severities, .. })) => Some(Sender {
                qualifier: qualifier.to_string(),
                id: id.to_string(),
                etins: etins.iter().map(ToString::to_string).collect(),
                npis: npis.iter().map(ToString::to_string).collect(),
                severities: severities::of(severities),
            }),
            Some(Partner::Payer(_)) | None => None,
        }
    }
}

impl Lookups for GatewayView {
    fn control_number_used(&self, _interchange: &Interchange) -> bool {
        false
    }

    fn payer(&self, id: &[u8], kind: ClaimKind) -> Payer {
        match self.partners.payer_for_id(&text_of(id)) {
            Some(payer) if payer.active && payer.accepts.contains(&kind) => Payer::Reached,
            Some(payer) if payer.active => Payer::OtherKinds,
            Some(_) | None => Payer::Unknown,
        }
    }

    fn claim_seen(&self, _fingerprint: u128) -> bool {
        false
    }

    fn payer_severities(&self, id: &[u8]) -> Option<&Severities> {
        self.payer_edits.severities_of(&self.partners, id)
    }

    fn requirements(&self, id: &[u8]) -> Option<&Requirements> {
        let asks = &self.partners.payer_for_id(&text_of(id))?.requirements;
        (!asks.asks_nothing()).then_some(asks)
    }

    fn payer_edits(&self, id: &[u8]) -> Option<&PayerEdits> {
        self.payer_edits.of(&self.partners, id)
    }
}

/// ISA05 and ISA06 as they stand in the file's first ISA, which is put back before the rest.
pub(super) fn isa_sender(source: &mut Box<dyn Read>) -> io::Result<Option<(String, String)>> {
    const HEAD: u64 = 4096;
    let mut head = Vec::new();
    source.by_ref().take(HEAD).read_to_end(&mut head)?;
    let start = head.windows(3).position(|three| three == b"ISA");
    let sender = start.and_then(|start| {
        let elements: Vec<&[u8]> = {
            let separator = *head.get(start + 3)?;
            head[start..].splitn(8, |&byte| byte == separator).collect()
        };
        Some((text_of(elements.get(5)?).trim().to_string(), text_of(elements.get(6)?).trim().to_string()))
    });
    let rest = std::mem::replace(source, Box::new(io::empty()));
    *source = Box::new(Cursor::new(head).chain(rest));
    Ok(sender)
}
