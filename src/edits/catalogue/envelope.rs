//! Which groups, transactions and guides are taken, and, of a known partner, whose interchanges: TA1, AK9 and IK5.

use super::edits;

edits! {
    GROUP_NOT_SUPPORTED "group-not-supported" "S1-08" 1 A Error ["AK9 1"] ""
        "This is {what}, which is not taken here; taken are {taken}."
        "Ask support which transactions and versions are taken." at "GS01";
    GROUP_NOT_EXPECTED "group-not-expected" "S1-08" 1 A Error ["AK9 1"] ""
        "This is {what}, which is not taken from you."
        "Ask support which transactions and versions are taken." at "GS01";
    VERSION_NOT_SUPPORTED "version-not-supported" "S1-08" 1 A Error ["AK9 2"] ""
        "This is {what}; of groups {code} that version (GS08) is not taken here. Taken are {taken}."
        "Ask support which transactions and versions are taken." at "GS08";
    TRANSACTION_NOT_SUPPORTED "transaction-not-supported" "S1-08" 1 A Error ["IK5 1"] ""
        "This is {what}, which is not taken here; taken are {taken}."
        "Ask support which transactions and versions are taken." at "ST01";
    TRANSACTION_IN_WRONG_GROUP "transaction-in-wrong-group" "S1-08" 1 A Error ["IK5 18"] ""
        "This is {what}; it does not belong in a group of type {group}, version {version}."
        "Put each type of transaction in groups of its own." at "ST01";
    TRANSACTION_VERSION_DIFFERS "transaction-version-differs" "S1-08" 1 A Error ["IK5 19"] ""
        "ST03 {version} and GS08 {group} name different guides."
        "Send the same version in both." at "ST03";
    TRANSACTION_VERSION_NOT_SUPPORTED "transaction-version-not-supported" "S1-08" 1 A Error ["IK5 I6"] ""
        "This is {what}, whose version (ST03) is not taken here; taken are {taken}."
        "Ask support which transactions and versions are taken." at "ST03";
    TRANSACTION_PRINTING_DIFFERS "transaction-printing-differs" "S1-08" 1 A Warning ""
        "ST03 says {version} and GS08 {group}, which are printings of one guide."
        "Send the same version in both." at "ST03";
    SENDER_NOT_YOURS "isa-sender-not-yours" "S1-05" 1 A Error ["TA1 006"] ""
        "The sender in ISA06 is not the id agreed for you, which is {id}."
        "Send the id agreed for you." at "ISA06";
    SENDER_QUALIFIER_NOT_YOURS "isa-sender-qualifier-not-yours" "S1-05" 1 A Error ["TA1 005"] ""
        "The sender's qualifier in ISA05 must be {qualifier}."
        "Send the qualifier agreed for you." at "ISA05";
    RECEIVER_NOT_US "isa-receiver-not-us" "S1-05" 1 A Error ["TA1 009"] ""
        "The receiver in ISA08 must be {id}."
        "Send the id of this gateway." at "ISA08";
    RECEIVER_QUALIFIER_NOT_US "isa-receiver-qualifier-not-us" "S1-05" 1 A Error ["TA1 007"] ""
        "The receiver's qualifier in ISA07 must be {qualifier}."
        "Send the qualifier of this gateway." at "ISA07";
    USAGE_NOT_TAKEN "isa-usage-not-taken" "T7-11" 7 A Error ["TA1 020"] ""
        "This gateway takes files with usage {usage} in ISA15."
        "Send test files to a test gateway, and claims that are meant to be paid to the one in production."
        at "ISA15";
    CONTROL_NUMBER_REPEATED "isa-control-number-repeated" "S1-06" 1 A Error ["TA1 025"] ""
        "The control number in ISA13 was used before in {file}."
        "Give each interchange a number of its own." at "ISA13";
}
