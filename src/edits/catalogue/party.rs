//! SNIP 4 on who is who: header, providers, subscriber, patient and other payers.

use super::edits;

edits! {
    HEADER_DATE_FUTURE "creation-date-in-future" "H4-02" 4 PID Warning "A7:510 A7:604"
        "The transaction says it was created on a day that is still to come."
        "Check the clock of the system that writes BHT04." at "BHT04";
    CLAIM_OR_ENCOUNTER "claim-or-encounter-code" "H4-01" 4 PID Error "A7:538"
        "The transaction does not say whether its claims are charged, reported or claimed back."
        "Send CH, RP or 31 in BHT06, and one of them a transaction." at "BHT06";
    SUBMITTER_CONTACT "submitter-contact-missing" "H4-03" 4 PID Error "A6:127:41"
        "The submitter's contact has no number."
        "Send a telephone number, fax number or electronic mail address in PER of 1000A." at "1000A PER04";

    BILLING_NPI_MISSING "billing-npi-missing" "N4-01" 4 PID Error "A6:562:85"
        "The billing provider has no NPI."
        "Send the NPI in 2010AA NM109; for an atypical provider the payer's number in 2010BB REF*G2." at "2010AA NM1";
    PERSON_FIRST_NAME "person-without-first-name" "N4-02" 4 PID Warning "A6:505:xx"
        "The {who} is sent as a person but has no first name."
        "Send the first name in NM104, or entity type 2 for an organization." at "NM104";
    ORGANIZATION_FIRST_NAME "organization-with-first-name" "N4-02" 4 PID Warning "A7:775:xx"
        "The {who} is sent as an organization but has a first or middle name."
        "Send entity type 1 for a person, or leave NM104 to NM107 empty." at "NM104";
    BILLING_PO_BOX "billing-address-po-box" "N4-03" 4 PID Error "A7:503:85"
        "The billing provider's address is a post office or lock box."
        "Send the street address in 2010AA and the box as pay-to address in 2010AB." at "2010AA N301";
    BILLING_ZIP "billing-zip-nine-digits" "N4-04" 4 PID Error "A7:500:85"
        "The billing provider's ZIP code needs all nine digits."
        "Send ZIP+4 without a hyphen; the last four digits may not be 0000." at "2010AA N403";
    FACILITY_ZIP "facility-zip-nine-digits" "N4-05" 4 PID Warning "A7:500:77"
        "The service facility's ZIP code needs all nine digits."
        "Send ZIP+4 without a hyphen." at "2310C N403, 2310E N403";
    STATE_MISSING "state-missing" "N4-06" 4 PID Error "A6:501:xx"
        "The address of the {who} has no state."
        "Send the two-letter state or province in N402." at "N402";
    ZIP_MISSING "zip-missing" "N4-06" 4 PID Error "A6:500:xx"
        "The address of the {who} has no ZIP code."
        "Send the ZIP or postal code in N403." at "N403";
    TAX_ID_MISSING "billing-tax-id" "N4-07" 4 PID Error "A7:128:85"
        "The billing provider needs exactly one tax number."
        "Send the EIN in REF*EI or, for a person without one, the social security number in REF*SY of 2010AA."
        at "2010AA REF*EI, REF*SY";
    PAY_TO_SAME "pay-to-same-as-billing" "N4-08" 4 PID Warning "A8:126:87"
        "The pay-to address is the same as the billing provider's."
        "Leave out 2010AB when both are the same." at "2010AB N3";
    RENDERING_MISSING "rendering-provider-missing" "N4-09" 4 PD Warning "A6:562:82"
        "The billing provider is a group, but neither the claim nor its lines name who rendered the service."
        "Send the rendering provider in 2310B." at "CLM";
    RENDERING_IS_BILLING "rendering-same-as-billing" "N4-09" 4 PID Warning "A8:562:82"
        "The rendering provider is the billing provider."
        "Leave the rendering provider out when both are the same." at "2310B NM109";
    SUPERVISING_MISSING "supervising-provider-missing" "N4-12" 4 P Warning "A6:562:DQ"
        "A modifier says that the service was supervised, but by whom is missing."
        "Send the supervising provider in 2310D or 2420D (NM1*DQ)." at "SV101";
    ORDERING_MISSING "ordering-provider-missing" "N4-13" 4 P Warning "A6:562:DK"
        "Equipment, a laboratory test or an image was billed, but who ordered it is missing."
        "Send the ordering provider in 2420E (NM1*DK); for tests and images the referring provider (NM1*DN) will do."
        at "SV101-2";
    FACILITY_MISSING "service-facility-missing" "N4-17" 4 PD Warning "A6:126:77"
        "The service was given in place {}, which is not the billing provider's own, but where that is is missing."
        "Send the service facility in 2310C (NM1*77)." at "CLM05-1, SV105";
    RENDERING_REPEATED "line-rendering-repeats-claim" "N4-10" 4 PID Warning ""
        "A service line repeats the rendering provider of the claim."
        "Send the line's rendering provider only where it differs." at "2420A NM1*82";
    SECOND_REFERRING "second-referring-provider" "N4-11" 4 PD Warning "A8:562:DN"
        "Two referring providers are sent, and the second is not the primary care provider."
        "Send the second with P3." at "2310A NM1*DN";
    ATTENDING_MISSING "attending-provider-missing" "N4-14" 4 I Error "A6:562:71"
        "The claim does not name the attending provider."
        "Send the attending provider in 2310A (NM1*71)." at "CLM";
    OPERATING_MISSING "operating-provider-missing" "N4-15" 4 I Warning "A6:562:72"
        "The claim has a principal procedure but no operating physician."
        "Send the operating physician in 2310B (NM1*72)." at "HI*BBR";
    OTHER_OPERATING_ALONE "other-operating-alone" "N4-16" 4 I Warning "A8:562:73"
        "Another operating physician is sent without an operating physician."
        "Send the operating physician in NM1*72 first." at "NM1*ZZ";

    PAYER_ORDER "payer-responsibility-repeated" "B4-01" 4 PID Error "A7:742"
        "Two payers of the claim have the same place in the order of payment ({})."
        "Give each payer its own SBR01: P, S, T and so on." at "2320 SBR01";
    SECONDARY_ALONE "secondary-without-other-payer" "B4-02" 4 PID Warning "A8:742 A8:171"
        "The claim goes to a payer that is not the first to pay, but no earlier payer is named."
        "Send each earlier payer in a 2320 loop." at "SBR01";
    SELF_ON_DEPENDENT "patient-is-self-under-dependent" "B4-03" 4 PID Error "A8:156"
        "The subscriber is marked as the patient, but the claim stands under a dependent."
        "Leave SBR02 empty when a dependent is the patient." at "SBR02";
    SELF_MISSING "patient-relationship-to-subscriber" "B4-03" 4 PID Error "A8:156"
        "The claim stands under the subscriber, but SBR02 does not say that the subscriber is the patient."
        "Send 18 in SBR02, or a patient level (HL*23) for a dependent." at "SBR02";
    FILING_INDICATOR_MISSING "claim-filing-indicator-missing" "B4-04" 4 PID Error "A6:480:IL"
        "The claim filing indicator is missing."
        "Send the kind of plan in SBR09, as CI, MB, MC or BL." at "SBR09";
    MSP_TYPE_MISSING "medicare-secondary-type-missing" "B4-05" 4 PD Error "A6:578"
        "Medicare is not the first payer, but the reason is missing."
        "Send the Medicare secondary payer type in SBR05." at "SBR05";
    MSP_TYPE_UNEXPECTED "medicare-secondary-type-unexpected" "B4-05" 4 PD Error "A8:578"
        "A Medicare secondary payer type is sent where Medicare is not a secondary payer."
        "Leave SBR05 empty." at "SBR05";
    GROUP_NAME_AND_NUMBER "group-name-with-number" "B4-06" 4 PID Warning ""
        "Both the group's number and its name are sent."
        "Send the name in SBR04 only when there is no number in SBR03." at "SBR04";
    SUBSCRIBER_ADDRESS_MISSING "subscriber-address-missing" "B4-07" 4 PID Error "A6:126:IL"
        "The subscriber is the patient, but the address is missing."
        "Send N3 and N4 in 2010BA." at "2010BA NM1";
    SUBSCRIBER_DEMOGRAPHICS_MISSING "subscriber-birth-date-missing" "B4-07" 4 PID Error "A6:158:IL"
        "The subscriber is the patient, but birth date and gender are missing."
        "Send DMG in 2010BA." at "2010BA NM1";
    MEMBER_ID_IS_NPI "member-id-is-billing-npi" "X5-02" 5 PID Warning "A7:562:85"
        "The subscriber's member id is the NPI of the billing provider."
        "Send the id of the insurance card in 2010BA NM109." at "2010BA NM109";
    MEMBER_ID_MISSING "member-id-missing" "B4-08" 4 PID Error "A6:164:IL"
        "The subscriber's member id is missing."
        "Send the id of the insurance card in 2010BA NM109 with MI before it." at "2010BA NM109";
    RELATIONSHIP "patient-relationship" "B4-09" 4 PID Error "A7:156"
        "The relationship of the patient to the subscriber is none that a dependent can have."
        "Send 01 for a spouse, 19 for a child, G8 for another relationship in PAT01." at "2000C PAT01";
    DEATH_DATE "death-date" "B4-10" 4 PID Error "A7:159:QC"
        "The patient's date of death is not a date, lies in the future or before the birth date."
        "Send it as D8 and CCYYMMDD in PAT05 and PAT06." at "PAT06";
    PREGNANCY_GENDER "pregnancy-of-male-patient" "B4-11" 4 P Warning "A8:157:QC A8:626"
        "A pregnancy is reported for a male patient."
        "Check PAT09 and the patient's gender." at "PAT09";
    WEIGHT_PAIR "patient-weight-incomplete" "B4-12" 4 P Warning "A7:273"
        "The patient's weight and its unit must be sent together."
        "Send both PAT07 and PAT08." at "PAT07, PAT08";
    OTHER_ASSIGNMENT "other-payer-assignment" "B4-13" 4 PID Warning "A7:360"
        "What another payer's loop says of assignment or release of information is no code of the claim's own list."
        "Send Y, N or W in OI03, as in CLM08, and Y or I in OI06, as in CLM09." at "2320 OI03, OI06";
    REMIT_DATE_MISSING "other-payer-remit-date-missing" "B4-14" 4 PID Error "A6:516:xx"
        "Another payer has paid, but the date of its remittance is missing."
        "Send DTP*573 in 2330B, or in every 2430 loop of that payer." at "2330B NM1";
    REMIT_DATE_TWICE "other-payer-remit-date-twice" "B4-14" 4 PID Error "A8:516:xx"
        "Another payer's remittance date stands both on the claim and on its lines."
        "Send DTP*573 in 2330B or in the 2430 loops, not in both." at "2330B DTP*573";
    LINE_PAYER_UNKNOWN "line-payer-not-on-claim" "B4-15" 4 PID Error "A8:479"
        "A service line reports a payment by a payer that the claim does not name."
        "Send the same payer id in SVD01 as in 2330B NM109." at "SVD01";
    ADJUSTMENT_ZERO "adjustment-of-zero" "B4-16" 4 PID Warning "A7:519"
        "An adjustment of another payer has the amount 0."
        "Leave out adjustments of 0." at "CAS03";
    ADJUSTMENT_ALONE "adjustment-without-payment" "B4-16" 4 PID Warning "A7:519"
        "Another payer's adjustments are sent without what it paid."
        "Send AMT*D with the payment, which is 0 when the payer denied the claim." at "2320 CAS";
    OTHER_PAYERS_SAME_ID "other-payer-id-repeated" "B4-17" 4 PID Error "A7:479"
        "Two other payers of the claim have the same id, so that line payments cannot be told apart."
        "Give each 2330B its own NM109." at "2330B NM109";
    OTHER_PAYER_IS_DESTINATION "other-payer-is-destination" "B4-17" 4 PID Warning "A7:479"
        "Another payer has the same id as the payer the claim goes to."
        "Check that the patient has two policies with this payer." at "2330B NM109";
}
