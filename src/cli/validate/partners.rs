//! What `validate --config` knows beyond the file: this gateway's partners, and what they sent before. Who sent the
//! file is taken from its ISA, as if it had come over that partner's line.

use anyhow::Result;

use super::earlier::{Earlier, EarlierOf};
use crate::cli::Faults;
use crate::domain::ClaimKind;
use crate::domain::requirements::Requirements;
use crate::edits::settings::{Context, Lookups, Payer, Syntax};
use crate::edits::weights::Severities;
use crate::edits::{PayerEdits, Settings};
use crate::partner::config::UnknownPayer;
use crate::partner::submitter::SyntaxReading;
use crate::partner::{Config, Partner, Partners};
use crate::pipeline::payer_edits::EditsOfPayers;
use crate::pipeline::severities;
use crate::x12::envelope::Interchange;
use crate::x12::segment::text_of;

pub(super) struct GatewayView<'c> {
    config: &'c Config,
    partners: Partners,
    payer_edits: EditsOfPayers,
    earlier: Option<Earlier>,
}

/// The partner that a file's first ISA names, and how files from it are judged.
pub(super) struct Sender {
    /// The name of its file; `None` for nobody's.
    pub partner: Option<String>,
    qualifier: String,
    id: String,
    usage: &'static str,
    transactions: Vec<String>,
    etins: Vec<String>,
    npis: Vec<String>,
    syntax: Syntax,
    severities: Severities,
}

impl<'c> GatewayView<'c> {
    pub fn open(config: &'c Config) -> Result<GatewayView<'c>> {
        let partners = Partners::load(config).map_err(Faults)?;
        let (payer_edits, faults) = EditsOfPayers::compile(&partners);
        if !faults.is_empty() {
            return Err(Faults(faults).into());
        }
        let earlier = Earlier::open(config)?;
        if earlier.is_none() {
            eprintln!("claimgate: this gateway has stored nothing yet, so nothing is compared with earlier files");
        }
        Ok(GatewayView { config, partners, payer_edits, earlier })
    }

    pub fn earlier(&self) -> Option<&Earlier> {
        self.earlier.as_ref()
    }

    /// A sender that no file of `partners/` names is nobody's: its ISA06 is refused.
    pub fn sender(&self, head: &[u8]) -> Sender {
        let usual = self.config.gateway.usage.as_str();
        let nobody = Sender {
            partner: None,
            qualifier: String::new(),
            id: "a partner of this gateway".into(),
            usage: usual,
            transactions: Vec::new(),
            etins: Vec::new(),
            npis: Vec::new(),
            syntax: Syntax::default(),
            severities: Severities::new(),
        };
        let Some((qualifier, id)) = isa_sender(head) else { return nobody };
        match self.partners.by_interchange(&qualifier, &id) {
            Some(Partner::Submitter(submitter)) => Sender {
                partner: Some(submitter.id.as_str().to_string()),
                qualifier,
                id,
                usage: submitter.usage.map_or(usual, |usage| usage.as_str()),
                transactions: vec!["837".into()],
                etins: submitter.etins.iter().map(ToString::to_string).collect(),
                npis: submitter.npis.iter().map(ToString::to_string).collect(),
                syntax: match submitter.acks.syntax {
                    SyntaxReading::Claim => Syntax::Claim,
                    SyntaxReading::Transaction => Syntax::Transaction,
                },
                severities: severities::of(&submitter.severities),
            },
            Some(Partner::Payer(payer)) => {
                Sender { qualifier, id, usage: payer.usage.map_or(usual, |usage| usage.as_str()), ..nobody }
            }
            None => nobody,
        }
    }

    /// The check's settings for a file of this sender.
    pub fn settings<'a>(&'a self, alone: Settings<'a>, sender: &'a Sender, lookups: &'a LookedUp<'a>) -> Settings<'a> {
        let ours = &self.config.gateway.interchange;
        let context = Context {
            sender: (&sender.qualifier, &sender.id),
            receiver: (ours.qualifier.as_str(), ours.id.as_str()),
            usage: sender.usage,
            transactions: &sender.transactions,
            etins: &sender.etins,
            npis: &sender.npis,
            lookups,
        };
        Settings { syntax: sender.syntax, severities: sender.severities.clone(), context: Some(context), ..alone }
    }
}

/// What the check of one file asks.
pub(super) struct LookedUp<'v> {
    pub view: &'v GatewayView<'v>,
    /// `None` where there is no store, or no partner to have sent anything.
    pub earlier: Option<EarlierOf<'v>>,
}

impl Lookups for LookedUp<'_> {
    fn control_number_used(&self, interchange: &Interchange) -> bool {
        self.earlier.as_ref().is_some_and(|earlier| earlier.control_number_used(interchange))
    }

    fn payer(&self, id: &[u8], kind: ClaimKind) -> Payer {
        match (self.view.partners.payer_for_id(&text_of(id)), self.view.config.intake.unknown_payer) {
            (Some(payer), _) if payer.accepts.contains(&kind) => Payer::Reached,
            (Some(_), _) => Payer::OtherKinds,
            (None, UnknownPayer::Reject) => Payer::Unknown,
            // Accepted, and left for support to route.
            (None, UnknownPayer::Hold) => Payer::Reached,
        }
    }

    fn claim_seen(&self, fingerprint: u128) -> bool {
        self.earlier.as_ref().is_some_and(|earlier| earlier.claim_seen(fingerprint))
    }

    fn payer_severities(&self, id: &[u8]) -> Option<&Severities> {
        self.view.payer_edits.severities_of(&self.view.partners, id)
    }

    fn requirements(&self, id: &[u8]) -> Option<&Requirements> {
        let asks = &self.view.partners.payer_for_id(&text_of(id))?.requirements;
        (!asks.asks_nothing()).then_some(asks)
    }

    fn payer_edits(&self, id: &[u8]) -> Option<&PayerEdits> {
        self.view.payer_edits.of(&self.view.partners, id)
    }
}

/// ISA05 and ISA06 as they stand in the file's first ISA.
fn isa_sender(head: &[u8]) -> Option<(String, String)> {
    let start = head.windows(3).position(|three| three == b"ISA")?;
    let separator = *head.get(start + 3)?;
    let elements: Vec<&[u8]> = head[start..].splitn(8, |&byte| byte == separator).collect();
    Some((text_of(elements.get(5)?).trim().to_string(), text_of(elements.get(6)?).trim().to_string()))
}
