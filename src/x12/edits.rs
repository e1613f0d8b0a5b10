//! The catalogue's entries for the envelopes: ISA to IEA, GS to GE, ST to SE, and what stands outside them.

use crate::domain::edit::edits;

edits! {
    ISA_MISSING "isa-missing" "S1-01" 1 A Error/fixed ""
        "The file has no interchange header: it must begin with an ISA segment"
        "Send a complete X12 file, from ISA to IEA." at "ISA";
    ISA_UNREADABLE "isa-unreadable" "S1-01" 1 A Error/fixed ""
        "The ISA segment cannot be read; what follows it is skipped"
        "ISA has sixteen elements of fixed width, 106 characters with its terminator." at "ISA";
    ISA_WIDTH "isa-width" "S1-01" 1 A Error ["TA1 022"] ""
        "The elements of ISA are not padded to their widths"
        "Pad each ISA element with blanks: the segment has 106 characters with its terminator." at "ISA";
    ISA_DELIMITERS "isa-delimiters" "S1-01" 1 A Error ["TA1 026"] ""
        "The delimiters that ISA shows must be four different characters, none a letter, digit or blank"
        "Use * for elements, ^ for repetitions, : for components and ~ for segments." at "ISA";
    ISA_REPETITION_SEPARATOR "isa-repetition-separator" "S1-01" 1 A Warning/fixed ""
        "ISA11 (repetition separator) holds a letter or digit, as version 4010 did; elements cannot repeat"
        "Send ^ in ISA11." at "ISA11";
    ISA_AUTHORIZATION_QUALIFIER "isa-authorization-qualifier" "S1-04" 1 A Error ["TA1 010"] ""
        "ISA01 (authorization qualifier) must be 00 or 03"
        "Send 00 and ten blanks in ISA02." at "ISA01";
    ISA_SECURITY_QUALIFIER "isa-security-qualifier" "S1-04" 1 A Error ["TA1 012"] ""
        "ISA03 (security qualifier) must be 00 or 01"
        "Send 00 and ten blanks in ISA04." at "ISA03";
    ISA_SENDER_QUALIFIER "isa-sender-qualifier" "S1-05" 1 A Error ["TA1 005"] ""
        "ISA05 (sender id qualifier) is not one used in health care"
        "Send ZZ unless told otherwise." at "ISA05";
    ISA_SENDER "isa-sender" "S1-05" 1 A Error ["TA1 006"] ""
        "ISA06 (sender id) is blank"
        "Send the id agreed for you." at "ISA06";
    ISA_RECEIVER_QUALIFIER "isa-receiver-qualifier" "S1-05" 1 A Error ["TA1 007"] ""
        "ISA07 (receiver id qualifier) is not one used in health care"
        "Send ZZ unless told otherwise." at "ISA07";
    ISA_RECEIVER "isa-receiver" "S1-05" 1 A Error ["TA1 008"] ""
        "ISA08 (receiver id) is blank"
        "Send the receiver's id." at "ISA08";
    ISA_DATE "isa-date" "S1-04" 1 A Error ["TA1 014"] ""
        "ISA09 (interchange date) is no date of the form YYMMDD"
        "Send the day the file was made, as 260131." at "ISA09";
    ISA_TIME "isa-time" "S1-04" 1 A Error ["TA1 015"] ""
        "ISA10 (interchange time) is no time of the form HHMM"
        "Send hours 00 to 23 and minutes 00 to 59." at "ISA10";
    ISA_VERSION "isa-version" "S1-04" 1 A Error ["TA1 017"] ""
        "ISA12 (version of the envelope) must be 00501"
        "Send the file in version 5010." at "ISA12";
    ISA_CONTROL_NUMBER "isa-control-number" "S1-02" 1 A Error ["TA1 018"] ""
        "ISA13 (interchange control number) must be nine digits"
        "Pad the number with zeros on the left." at "ISA13";
    ISA_ACK_REQUESTED "isa-ack-requested" "S1-04" 1 A Error ["TA1 019"] ""
        "ISA14 (acknowledgment requested) must be 0 or 1"
        "Send 1 to get a TA1 for every file." at "ISA14";
    ISA_USAGE "isa-usage" "S1-04" 1 A Error ["TA1 020"] ""
        "ISA15 (usage) must be P for production or T for test"
        "Send P or T." at "ISA15";
    GROUPS_COUNTED "group-count" "S1-02" 1 A Error ["TA1 021"] ""
        "IEA01 must be the number of groups in the interchange; {stated}there are {counted}"
        "Something was lost or added after the file was counted: make the file again." at "IEA01";
    INTERCHANGE_CONTROL_NUMBER "interchange-control-number" "S1-02" 1 A Error ["TA1 001"] ""
        "IEA02 must repeat the control number in ISA13"
        "Something was lost or added: make the file again." at "IEA02";
    INTERCHANGE_EMPTY "interchange-empty" "S1-02" 1 A Warning/fixed ""
        "The interchange holds no group and no TA1"
        "Send no empty interchanges." at "IEA";
    INTERCHANGE_TRAILER_MISSING "interchange-trailer-missing" "S1-03" 1 A Error ["TA1 022"] ""
        "The interchange has no trailer (IEA)"
        "End each interchange with IEA before the next begins." at "ISA";
    FILE_ENDS_EARLY "file-ends-early" "S1-03" 1 A Error ["TA1 023"] ""
        "The file ends inside {envelope}"
        "The file was cut off: send all of it again." at "end of the file";
    GROUP_PARTNER "group-partner" "S1-07" 1 A Warning/fixed ""
        "GS0{element} (application {side}) must have 2 to 15 characters"
        "Send the code agreed for the application." at "GS02, GS03";
    GROUP_DATE "group-date" "S1-07" 1 A Warning/fixed ""
        "GS04 (date) is no date of the form CCYYMMDD"
        "Send the day the group was made, as 20260131." at "GS04";
    GROUP_TIME "group-time" "S1-07" 1 A Warning/fixed ""
        "GS05 (time) is no time of the form HHMM"
        "Send hours 00 to 23 and minutes 00 to 59." at "GS05";
    GROUP_CONTROL_NUMBER_FORM "group-control-number-form" "S1-07" 1 A Error ["AK9 6"] ""
        "GS06 (group control number) must be 1 to 9 digits"
        "Number the groups in digits." at "GS06";
    GROUP_CONTROL_NUMBER_REPEATED "group-control-number-repeated" "S1-07" 1 A Error ["AK9 19"] ""
        "GS06 (group control number) was used before in this interchange"
        "Give each group of an interchange its own number." at "GS06";
    GROUP_AGENCY "group-agency" "S1-08" 1 A Error ["AK9 2"] ""
        "GS07 (responsible agency) must be X"
        "Send X." at "GS07";
    TRANSACTIONS_COUNTED "transaction-count" "S1-07" 1 A Error ["AK9 5"] ""
        "GE01 must be the number of transactions in the group; {stated}there are {counted}"
        "Something was lost or added after the file was counted: make the file again." at "GE01";
    GROUP_CONTROL_NUMBER "group-control-number" "S1-07" 1 A Error ["AK9 4"] ""
        "GE02 must repeat the control number in GS06"
        "Something was lost or added: make the file again." at "GE02";
    GROUP_TRAILER_MISSING "group-trailer-missing" "S1-07 S1-03" 1 A Error ["AK9 3"] ""
        "The group has no trailer (GE)"
        "End each group with GE before the next begins." at "GS";
    TRANSACTION_CODE "transaction-code" "S1-09" 1 A Error ["IK5 6"] ""
        "ST01 (transaction type) is missing or not three characters"
        "Send the number of the transaction, as 837." at "ST01";
    TRANSACTION_CONTROL_NUMBER_FORM "transaction-control-number-form" "S1-09" 1 A Error ["IK5 7"] ""
        "ST02 (transaction control number) must have 4 to 9 characters"
        "Pad the number with zeros on the left." at "ST02";
    TRANSACTION_CONTROL_NUMBER_REPEATED "transaction-control-number-repeated" "S1-09" 1 A Error ["IK5 23"] ""
        "ST02 (transaction control number) was used before in this group"
        "Give each transaction of a group its own number." at "ST02";
    SEGMENTS_COUNTED "segment-count" "S1-09" 1 A Error ["IK5 4"] ""
        "SE01 must be the number of segments from ST to SE; {stated}there are {counted}"
        "Something was lost or added after the file was counted: make the file again." at "SE01";
    TRANSACTION_CONTROL_NUMBER "transaction-control-number" "S1-09" 1 A Error ["IK5 3"] ""
        "SE02 must repeat the control number in ST02"
        "Something was lost or added: make the file again." at "SE02";
    TRANSACTION_TRAILER_MISSING "transaction-trailer-missing" "S1-09 S1-03" 1 A Error ["IK5 2"] ""
        "The transaction has no trailer (SE)"
        "End each transaction with SE before the next begins." at "ST";
    SEGMENT_OUTSIDE_TRANSACTION "segment-outside-transaction" "S1-11" 1 A Error ["TA1 022 024"] ""
        "{segment} stands {place}"
        "Look for a missing header before it." at "the segment";
    TEXT_OUTSIDE_INTERCHANGE "text-outside-interchange" "S1-11" 1 A Error/fixed ""
        "There is text outside every interchange; it was skipped"
        "Send nothing before ISA and after IEA." at "the text";
    SEGMENT_TOO_LONG "segment-too-long" "S1-14" 1 A Error ["IK5 5"] ""
        "A segment has no terminator for more than a mebibyte; it was skipped"
        "End each segment with the terminator that ISA shows." at "the segment";
    SEGMENT_EMPTY "segment-empty" "S1-18" 1 A Warning/fixed ""
        "Two segment terminators follow one another"
        "Leave one out." at "the terminator";
    SEGMENT_UNTERMINATED "segment-unterminated" "S1-03" 1 A Warning/fixed ""
        "The last segment of the file has no terminator"
        "End each segment with the terminator that ISA shows." at "end of the file";
    SEGMENT_INDENTED "segment-indented" "S1-18" 1 A Warning/fixed ""
        "Blanks stand before a segment; they were skipped, here and in the rest of the file"
        "Begin each segment with its id." at "the segment";
}
