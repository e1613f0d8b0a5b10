//! SNIP 4 to 7 in dental claims.

use super::Harms::{Claim, Nobody};
use super::{Mutation, mutation};

pub const ALL: &[Mutation] = &[
    mutation(4, "D", Claim, "an accident without its date", &["accident-date-missing"], |s| {
        s.claim().set("CLM", 11, "OA")
    }),
    mutation(4, "D", Claim, "no date of service at all", &["line-date-missing"], |s| s.claim().remove("DTP*472")),
    mutation(4, "D", Claim, "a crown that replaces one, without its date", &["prior-placement-date-missing"], |s| {
        s.claim().set("SV3", 5, "R")
    }),
    mutation(
        4,
        "D",
        Claim,
        "a line that points to a diagnosis that is not there",
        &["diagnosis-pointer-dental"],
        |s| s.claim().set("SV3", 11, "4"),
    ),
    mutation(4, "D", Nobody, "orthodontics without months and banding", &["orthodontic-treatment-missing"], |s| {
        s.claim().component("SV3", 1, 2, "D8080")
    }),
    mutation(4, "D", Claim, "a predetermination of a service that was given", &["predetermination-with-date"], |s| {
        s.claim().set("CLM", 19, "PB")
    }),
    mutation(5, "D", Claim, "a procedure without its D", &["dental-procedure-form"], |s| {
        s.claim().component("SV3", 1, 2, "00120")
    }),
    mutation(5, "D", Claim, "a tooth that nobody has", &["tooth"], |s| s.claim().set("TOO", 2, "34")),
    mutation(5, "D", Claim, "a surface that no tooth has", &["tooth-surface", "element-code"], |s| {
        s.claim().set("TOO", 3, "X")
    }),
    mutation(5, "D", Claim, "a part of the mouth that does not exist", &["oral-cavity"], |s| {
        s.claim().set("SV3", 4, "03")
    }),
    mutation(5, "D", Claim, "a place of service that is not in the list", &["place-of-service"], |s| {
        s.claim().component("CLM", 5, 1, "00")
    }),
    mutation(5, "D", Claim, "a service in the future", &["service-date-in-future"], |s| {
        s.claim().set("DTP*472", 3, "20261231")
    }),
    mutation(7, "D", Claim, "the same claim again", &["duplicate-claim-in-file"], |s| {
        s.claim().copy()?;
        s.claim += 1;
        Some(())
    }),
];
