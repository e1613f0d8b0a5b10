//! SNIP 7: what a payer asks of its claims, from `[requirements]` of its file. They hold only where the payer's file
//! sets them.

use super::edits;

edits! {
    REMITTANCE_NOT_ENROLLED "remittance-not-enrolled" "T7-03" 7 PID Warning ""
        "The billing provider is not enrolled for electronic remittances of this payer."
        "Enroll the provider with the payer, or expect the remittance on paper." at "2010AA NM109";
    TIMELY_FILING "timely-filing" "T7-04" 7 PID Error "A3:718"
        "The claim came {} days after the service; this payer takes claims up to {} days after it."
        "Send the reason of the delay in CLM20 where the payer allows for one." at "CLM";
    TIMELY_CORRECTION "timely-correction" "T7-04" 7 PID Error "A3:718"
        "The replacement came {} days after the service; this payer takes replacements up to {} days after it."
        "Send the reason of the delay in CLM20 where the payer allows for one." at "CLM";
    MEMBER_ID_PATTERN "member-id-pattern" "T7-07" 7 PID Error "A7:164:IL"
        "The member id is not written as this payer writes its ids."
        "Send the id exactly as it stands on the insurance card." at "2010BA NM109";
    TAXONOMY_NEEDED "payer-needs-billing-taxonomy" "T7-08" 7 PID Error "A6:145:85"
        "This payer needs the taxonomy code of the billing provider."
        "Send PRV*BI*PXC in 2000A." at "2010AA NM1";
    GROUP_NEEDED "payer-needs-group-number" "T7-08" 7 PID Error "A6:163:IL"
        "This payer needs the group number of the policy."
        "Send the number of the insurance card in SBR03." at "SBR03";
    AUTHORIZATION_NEEDED "payer-needs-authorization" "T7-08" 7 PID Error "A6:252:PR"
        "This payer needs an authorization number."
        "Send the payer's number in REF*G1 of the claim, or of each of its lines." at "CLM";
    REPLACEMENTS_NOT_TAKEN "payer-takes-no-replacements" "T7-09" 7 PID Error "A3:535"
        "This payer does not take replacements and voids (frequency 7 and 8) electronically."
        "Send the correction in the way the payer has told you." at "CLM05-3";
    SECONDARY_NOT_TAKEN "payer-takes-no-secondary-claims" "T7-09" 7 PID Error "A3:171"
        "This payer does not take claims after another payer electronically."
        "Send the claim in the way the payer has told you." at "SBR01";
    ATTACHMENTS_NOT_TAKEN "payer-takes-no-attachments" "T7-09" 7 PID Error "A3:489"
        "This payer does not take claims with attachments electronically."
        "Send the claim with its papers in the way the payer has told you." at "PWK";
    TOO_MANY_LINES "payer-line-limit" "T7-10" 7 PID Error "A7:121"
        "The claim has {} service lines; this payer takes {}."
        "Divide the services over several claims." at "CLM";
    CONTROL_NUMBER_TOO_LONG "payer-control-number-length" "T7-10" 7 PID Error "A7:512 A7:478"
        "The patient control number is longer than the {} characters this payer takes."
        "Send a shorter CLM01." at "CLM01";
    SMALL_LETTERS "payer-capitals-only" "T7-10" 7 PID Error "A7:511 A7:481"
        "This payer takes capital letters only."
        "Send the whole claim in capitals." at "the first segment with a small letter";
    SEVERAL_YEARS "payer-one-calendar-year" "L4-07" 4 PID Error "A7:773"
        "The claim's services are of two calendar years; this payer takes one a claim."
        "Send the services of each year in a claim of its own." at "CLM";
}
