//! The 835: whether its money adds up (SNIP 3), what stands with what (SNIP 4), its codes (SNIP 5). There is no X12
//! answer to these but a call to the payer: a remittance that breaks one of severity error is held.

use super::edits;

edits! {
    LINE_BALANCE "remittance-line-balance" "B3-10" 3 R Error ""
        "{charge} charged less {adjusted} adjusted is {left}, but {paid} is paid for the service line"
        "Ask the payer for a corrected remittance: SVC02 less the line's CAS amounts must be SVC03." at "SVC03";
    CLAIM_BALANCE "remittance-claim-balance" "B3-11" 3 R Error ""
        "{charge} charged less {adjusted} adjusted is {left}, but {paid} is paid for the claim"
        "Ask the payer for a corrected remittance: CLP03 less all CAS amounts of claim and lines must be CLP04."
        at "CLP04";
    LINES_CHARGED "remittance-line-charges" "B3-12" 3 R Warning ""
        "The service lines charge {lines}, the claim {charge}."
        "Post by the claim's amounts; SVC02 of all lines should sum to CLP03." at "CLP03";
    PAYMENT_BALANCE "remittance-payment-balance" "B3-13" 3 R Error ""
        "Claims pay {claims}, provider adjustments (PLB) take {adjustments}, which leaves {left}, but BPR02 is {paid}"
        "Ask the payer for a corrected remittance: all CLP04 less all PLB amounts must be BPR02." at "BPR02";
    INTEREST_BALANCE "remittance-interest" "B3-13" 3 R Warning ""
        "Claims tell of {interest} interest, but provider adjustments L6 pay {paid}."
        "Interest (AMT*I) is paid by PLB*L6 with the other sign: ask the payer what the amount is." at "PLB04";
    PATIENT_SHARE "remittance-patient-share" "B3-14" 3 R Warning ""
        "Adjustments of group PR sum to {adjusted}, but the patient's share is {share}."
        "Bill the patient by the CAS segments; CLP05 should be their sum." at "CLP05";
    UNITS "remittance-units" "B3-15" 3 R Warning ""
        "{paid} units are paid and {adjusted} adjusted, but {submitted} were submitted."
        "Check the units with the payer: SVC05 and the quantities of CAS should sum to SVC07." at "SVC05";
    NO_MONEY "remittance-payment-method" "B3-16" 3 R Warning ""
        "The payment is {amount} with handling code {handling} and method {method}."
        "A payment of nothing goes with H and NON, or with P; any other payment is above nothing." at "BPR02";
    SECTION_TOTALS "remittance-section-totals" "B3-17" 3 R Warning ""
        "The section counts {stated} claims charged {charge}; there are {counted} charged {charged}."
        "Count by the claims themselves." at "TS304, TS305";
    SECTION_AMOUNTS "remittance-section-amounts" "B3-17" 3 R Warning ""
        "The section's total of {stated} is not the sum of its claims, which is {sum}."
        "Take the amounts of the claims (MIA)." at "TS2";
    REVERSAL_SIGNS "remittance-reversal-signs" "B3-18" 3 R Warning ""
        "A reversal (CLP02 22) with amounts that do not have the opposite sign: charged {charge}, paid {paid}."
        "A reversal repeats the first payment's amounts with the other sign: check before posting." at "CLP03, CLP04";
    TRACE "remittance-trace" "R4-01" 4 R Warning ""
        "The trace number is missing, or its originator is not 1 and the payer's tax id."
        "Match the payment with the bank's by amount and date." at "TRN02, TRN03";
    PAYEE_UNKNOWN "remittance-payee-unknown" "R4-02" 4 R Error ""
        "The payment is for no claim of this gateway, and its payee is not known here."
        "Name the payee's NPI in the file of its submitter (`npis`), reload, then release the exception: it is handed on." at "1000B N104";
    FORWARDED_TO_NOBODY "remittance-crossover-payer-missing" "R4-03" 4 R Warning ""
        "The claim was forwarded (CLP02 {status}), but the payer it went to is not named."
        "Ask the payer where the claim went; NM1*TT should name it." at "2100 NM1*TT";
    DENIED_BUT_PAID "remittance-denied-but-paid" "R4-04" 4 R Warning ""
        "The claim is denied (CLP02 4), but {paid} is paid."
        "Ask the payer which of the two holds." at "CLP02, CLP04";
    NOTHING_EXPLAINED "remittance-nothing-explained" "R4-04" 4 R Warning ""
        "The claim pays nothing, and no adjustment says why."
        "Ask the payer for the reason." at "CLP04";
    REASON_UNKNOWN "remittance-reason-unknown" "X5-32" 5 R Warning ""
        "The adjustment reason {reason} is not in the list of CARCs."
        "The list may be older than the remittance; look the code up at the payer." at "CAS02, CAS05 and following";
    REMARK_UNKNOWN "remittance-remark-unknown" "X5-32" 5 R Warning ""
        "The remark {remark} is not in the list of RARCs."
        "The list may be older than the remittance; look the code up at the payer." at "LQ02, MIA05, MOA03";
    PROVIDER_REASON_UNKNOWN "remittance-provider-reason-unknown" "X5-32" 5 R Warning ""
        "The provider adjustment reason {reason} is not in the list of X12."
        "Ask the payer what the amount is." at "PLB03-1";
}
