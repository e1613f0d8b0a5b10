//! SNIP 1 around the claims: interchange, group and transaction.

use super::Harms::{Group, Interchange, Nobody, Transaction};
use super::{Mutation, mutation};

pub const ALL: &[Mutation] = &[
    mutation(1, "PIDR", Interchange, "IEA02 is another number than ISA13", &["interchange-control-number"], |s| {
        s.file().set("IEA", 2, "000000042")
    }),
    mutation(1, "PIDR", Interchange, "IEA01 counts a group too many", &["group-count"], |s| {
        s.file().set("IEA", 1, "2")
    }),
    mutation(
        1,
        "P",
        Interchange,
        "the file ends before its IEA",
        &["file-ends-early", "interchange-trailer-missing"],
        |s| s.file().remove("IEA"),
    ),
    mutation(1, "P", Interchange, "the envelope is of version 00401", &["isa-version"], |s| {
        s.file().set("ISA", 12, "00401")
    }),
    mutation(1, "P", Interchange, "ISA09 is no date", &["isa-date"], |s| s.file().set("ISA", 9, "261340")),
    mutation(1, "P", Interchange, "ISA10 is no time", &["isa-time"], |s| s.file().set("ISA", 10, "2460")),
    mutation(1, "P", Interchange, "ISA15 is neither P nor T", &["isa-usage"], |s| s.file().set("ISA", 15, "X")),
    mutation(1, "P", Interchange, "ISA05 is no qualifier", &["isa-sender-qualifier"], |s| s.file().set("ISA", 5, "99")),
    mutation(1, "P", Interchange, "ISA06 is not padded", &["isa-width"], |s| {
        s.file().edit("ISA", 6, |id| id.trim().into())
    }),
    mutation(1, "P", Interchange, "ISA13 holds a letter", &["isa-control-number"], |s| {
        s.file().set("ISA", 13, "00000A001")
    }),
    mutation(1, "PIDR", Group, "GE02 is another number than GS06", &["group-control-number"], |s| {
        s.file().set("GE", 2, "42")
    }),
    mutation(1, "PIDR", Group, "GE01 counts a transaction too many", &["transaction-count"], |s| {
        s.file().edit("GE", 1, |count| format!("{}", count.parse::<u32>().unwrap_or(0) + 1))
    }),
    mutation(1, "PID", Group, "the guide is of version 4010", &["version-not-supported"], |s| {
        s.file().set("GS", 8, "004010X098A1")
    }),
    mutation(1, "P", Group, "the group is of a type that is not taken", &["group-not-supported"], |s| {
        s.file().set("GS", 1, "HI")
    }),
    mutation(1, "P", Nobody, "GS04 is no date", &["group-date"], |s| s.file().set("GS", 4, "20261301")),
    mutation(1, "PIDR", Transaction, "SE01 counts a segment too few", &["segment-count"], |s| {
        s.file().edit("SE", 1, |count| format!("{}", count.parse::<u32>().unwrap_or(1) - 1))
    }),
    mutation(1, "PIDR", Transaction, "SE02 is another number than ST02", &["transaction-control-number"], |s| {
        s.file().set("SE", 2, "9999")
    }),
    mutation(1, "PIDR", Transaction, "the transaction has no SE", &["transaction-trailer-missing"], |s| {
        s.file().remove("SE")
    }),
    mutation(1, "PID", Transaction, "ST03 names another guide than GS08", &["transaction-version-differs"], |s| {
        s.file().edit("ST", 3, |guide| if guide.contains("X222") { "005010X223A2" } else { "005010X222A1" }.into())
    }),
    mutation(
        1,
        "P",
        Transaction,
        "a transaction stands in a group of another type",
        &["transaction-in-wrong-group", "transaction-version-differs", "transaction-not-supported"],
        |s| s.file().set("ST", 1, "835"),
    ),
];
