//! What a 277CA or 277 says of single service lines, each with the claim's own line that it is about: for the claim's
//! timeline.

use std::collections::HashMap;

use super::read::status::ClaimAnswer;
use crate::domain::Phi;
use crate::domain::ids::ClaimId;
use crate::pipeline::answers::claimed::{self, ClaimedLine};
use crate::pipeline::answers::tying::{ToldLine, tie};
use crate::pipeline::{Gateway, StageError};
use crate::store::events::LineTold;

/// The lines of the claims of which some line is told.
pub async fn claimed(
    gateway: &Gateway,
    told: impl Iterator<Item = (ClaimId, &ClaimAnswer)>,
) -> Result<HashMap<ClaimId, Vec<ClaimedLine>>, StageError> {
    let with_lines = told.filter(|(_, answer)| !answer.lines.is_empty());
    claimed::lines_of(gateway, with_lines.map(|(claim, _)| claim.0).collect()).await
}

pub fn told(answer: &ClaimAnswer, claimed: Option<&Vec<ClaimedLine>>) -> Phi<Vec<LineTold>> {
    let claimed = claimed.map_or(&[][..], Vec::as_slice);
    let lines: Vec<ToldLine> = answer.lines.iter().map(|one| one.line.clone()).collect();
    let told = answer.lines.iter().zip(tie(&lines, claimed)).map(|(one, tied)| LineTold {
        claim_line: tied.map(|tied| claimed[tied.line].number.clone()),
        tied_by: tied.map(|tied| tied.rule.to_string()),
        codes: one.codes_text(),
        procedure: one.line.procedure.clone(),
        revenue_code: one.line.revenue_code.clone(),
        charge: one.line.charge,
        control_number: one.line.control_number.clone(),
        service_date: one.line.service_date.clone(),
    });
    Phi::new(told.collect())
}
