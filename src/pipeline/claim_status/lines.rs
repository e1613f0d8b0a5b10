//! Service lines: which lines of a claim a question asks for, and what is known of each. They are read from the claim's
//! own segments, and only for questions that name lines.

use std::collections::HashMap;

use super::plan::Said;
use super::read::Asked;
use super::remitted::Remitted;
use crate::domain::Cents;
use crate::domain::ids::ClaimId;
use crate::edits::Day;
use crate::pipeline::answers::claimed::{self, ClaimedLine, code, units};
use crate::pipeline::{Gateway, StageError};
use crate::store::asked_claims::{AskedClaim, PaidDetail};

/// The line is not of this claim.
const NO_SUCH_LINE: &str = "D0:247";

/// A line of the question (2210).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AskedLine {
    /// `HC:99213:25`.
    pub procedure: String,
    pub charge: Cents,
    pub revenue_code: String,
    pub units: String,
    /// REF*FJ.
    pub control_number: String,
    /// DTP*472, and as it stands.
    pub days: Option<(Day, Day)>,
    pub period: String,
}

/// What goes back for one line (2220).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SaidLine {
    pub procedure: String,
    pub charge: Cents,
    pub paid: Cents,
    pub revenue_code: String,
    pub units: String,
    pub code: String,
    pub control_number: String,
    /// As DTP03 has it.
    pub period: String,
}

/// All that is known of the lines of some claims.
#[derive(Default)]
pub(super) struct Lines {
    claimed: HashMap<ClaimId, Vec<ClaimedLine>>,
    paid: HashMap<i64, Vec<PaidDetail>>,
}

impl Lines {
    pub async fn find(gateway: &Gateway, claims: &[i64]) -> Result<Lines, StageError> {
        if claims.is_empty() {
            return Ok(Lines::default());
        }
        let claimed = claimed::lines_of(gateway, claims.to_vec()).await?;
        let paid = gateway.store.payment_details(claims).await?;
        Ok(Lines { claimed, paid: paid.into_iter().map(|(claim, details)| (claim.0, details)).collect() })
    }

    /// What is said of the lines of the question, in its order: of none where the claim's lines cannot be read, and of
    /// none of the claim's while it is not known what was paid for which.
    pub fn say(&self, claim: &AskedClaim, asked: &Asked, said: &Said) -> Vec<SaidLine> {
        let Some(claimed) = self.claimed.get(&claim.id) else { return Vec::new() };
        let remitted = Remitted::read(self.paid.get(&claim.id.0).map_or(&[][..], Vec::as_slice));
        let of_claim = OfClaim { claim, said, remitted };
        let found = choose(&asked.lines, claimed);
        let answer = |(asked, line): (&AskedLine, Option<usize>)| match line {
            Some(line) => of_claim.say(&claimed[line], asked),
            None => Some(of_claim.not_found(asked)),
        };
        asked.lines.iter().zip(found).filter_map(answer).collect()
    }
}

/// For each line asked, the claim's: by its own number, else by code, charge and days. None is given twice.
fn choose(asked: &[AskedLine], claimed: &[ClaimedLine]) -> Vec<Option<usize>> {
    let mut free = vec![true; claimed.len()];
    let mut take = |fits: &dyn Fn(&ClaimedLine) -> bool| {
        let found = claimed.iter().enumerate().position(|(n, line)| free[n] && fits(line))?;
        free[found] = false;
        Some(found)
    };
    let by_number = |asked: &AskedLine, line: &ClaimedLine| {
        !asked.control_number.is_empty() && asked.control_number == line.control_number
    };
    let mut found: Vec<Option<usize>> = asked.iter().map(|asked| take(&|line| by_number(asked, line))).collect();
    for (asked, found) in asked.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
        *found = take(&|line| alike(asked, line));
    }
    found
}

fn alike(asked: &AskedLine, line: &ClaimedLine) -> bool {
    let days = period(&line.period);
    let same_days = match (asked.days, days) {
        (Some((from, to)), Some((first, last))) => first <= to && from <= last,
        (_, _) => true,
    };
    let wanted = code(&asked.procedure);
    (wanted == line.code() || wanted == line.revenue_code) && asked.charge == line.charge && same_days
}

/// DTP03 of either form.
fn period(text: &str) -> Option<(Day, Day)> {
    match text.contains('-') {
        true => Day::read_period(b"RD8", text.as_bytes()),
        false => Day::read_period(b"D8", text.as_bytes()),
    }
}

/// One claim, what is said of it, and what its payments say.
struct OfClaim<'a> {
    claim: &'a AskedClaim,
    said: &'a Said,
    remitted: Remitted,
}

impl OfClaim<'_> {
    fn say(&self, line: &ClaimedLine, asked: &AskedLine) -> Option<SaidLine> {
        let (code, paid) = self.remitted.say(&line.number, self.claim.status, self.said)?;
        let number = if line.control_number.is_empty() { &asked.control_number } else { &line.control_number };
        Some(SaidLine {
            procedure: line.procedure.clone(),
            charge: line.charge,
            paid,
            revenue_code: line.revenue_code.clone(),
            units: line.units.clone(),
            code,
            control_number: number.clone(),
            period: self.period_of(&line.period, asked),
        })
    }

    fn not_found(&self, asked: &AskedLine) -> SaidLine {
        SaidLine {
            procedure: asked.procedure.clone(),
            charge: asked.charge,
            paid: Cents::ZERO,
            revenue_code: asked.revenue_code.clone(),
            units: units(asked.units.clone()),
            code: NO_SUCH_LINE.to_string(),
            control_number: asked.control_number.clone(),
            period: self.period_of(&asked.period, asked),
        }
    }

    /// A line always has days: its own, the claim's, or those of the question.
    fn period_of(&self, own: &str, asked: &AskedLine) -> String {
        let (from, to) = (self.claim.service_from.replace('-', ""), self.claim.service_to.replace('-', ""));
        match (own.is_empty(), from.is_empty(), from == to) {
            (false, _, _) => own.to_string(),
            (true, true, _) => asked.period.clone(),
            (true, false, true) => from,
            (true, false, false) => format!("{from}-{to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimed(number: &str, procedure: &str, revenue: &str, cents: i64, period: &str) -> ClaimedLine {
        ClaimedLine {
            number: number.into(),
            control_number: format!("L{number}"),
            procedure: procedure.into(),
            revenue_code: revenue.into(),
            charge: Cents(cents),
            units: "1".into(),
            period: period.into(),
        }
    }

    fn asked(procedure: &str, cents: i64, day: &str, control: &str) -> AskedLine {
        AskedLine {
            procedure: procedure.into(),
            charge: Cents(cents),
            control_number: control.into(),
            days: period(day),
            period: day.into(),
            ..AskedLine::default()
        }
    }

    #[test]
    fn a_line_is_chosen_by_its_number_or_by_code_charge_and_days_and_never_twice() {
        let lines = [
            claimed("1", "HC:99213", "", 100, "20261001"),
            claimed("2", "HC:99213", "", 100, "20261002"),
            claimed("3", "HC:80053", "0300", 200, ""),
        ];
        let check = |asked: &[AskedLine], found: &[Option<usize>]| assert_eq!(choose(asked, &lines), found);
        check(&[asked("HC:1", 1, "", "L2")], &[Some(1)]);
        check(&[asked("HC:99213:25", 100, "20261002", "")], &[Some(1)]);
        check(&[asked("HC:99213", 100, "", ""), asked("HC:99213", 100, "", "L1")], &[Some(1), Some(0)]);
        check(&[asked("NU:0300", 200, "20261009", "")], &[Some(2)]);
        check(&[asked("HC:99213", 101, "20261001", ""), asked("HC:99213", 100, "20261009", "")], &[None, None]);
        let twice = asked("HC:80053", 200, "", "");
        check(&[twice.clone(), twice], &[Some(2), None]);
    }
}
