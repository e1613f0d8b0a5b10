//! Procedures and diagnoses against the patient's sex and age, for professional and institutional claims.

use super::facts::{Facts, Service, Sex};
use super::procedure::{self, Services};
use crate::edits::catalogue::business as edit;
use crate::edits::report::{Hit, Report};

/// One line.
pub fn line(facts: &Facts<'_>, service: &Service<'_>, report: &mut Report<'_>) {
    let judged = Services::FOR_MEN | Services::FOR_WOMEN | Services::CHECK_UP | Services::NEWBORN_CARE;
    if !service.services.any(judged) {
        return;
    }
    let hit =
        |edit| Hit::new(edit, service.placed).element(service.line.procedure_element()).component(2).code(service.code);
    let wrong_sex = match facts.sex {
        Sex::Female => service.services.any(Services::FOR_MEN),
        Sex::Male => service.services.any(Services::FOR_WOMEN),
        Sex::Unknown => false,
    };
    // KX, like condition 45, says that procedure and sex are both right.
    if wrong_sex && !service.has_modifier(&[b"KX"]) && !facts.health.sex_is_open {
        report.add(hit(&edit::PROCEDURE_SEX));
    }
    let (Some(birth), Some((day, _))) = (facts.birth, service.period.or(facts.period)) else { return };
    if day < birth {
        return;
    }
    let age = birth.years_until(day);
    let ages = match service.services.any(Services::NEWBORN_CARE) {
        true => Some((0, 0)),
        false => procedure::check_up_ages(service.code),
    };
    if ages.is_some_and(|(youngest, oldest)| age < youngest || age > oldest) {
        report.add(hit(&edit::PROCEDURE_AGE));
    }
}

/// The claim's diagnoses.
pub fn check(facts: &Facts<'_>, report: &mut Report<'_>) {
    let health = &facts.health;
    let wrong_sex = match facts.sex {
        Sex::Female => health.of_men,
        Sex::Male => health.of_women,
        Sex::Unknown => None,
    };
    if let Some(coded) = wrong_sex
        && !health.sex_is_open
    {
        report.add(coded.hit(&edit::DIAGNOSIS_SEX));
    }
    if let Some(coded) = health.of_newborns
        && facts.age().is_some_and(|age| age > 0)
    {
        report.add(coded.hit(&edit::DIAGNOSIS_NEWBORN));
    }
}
