//! SNIP 5: identifiers and codes kept by others, by their form or in a list.

use super::edits;

edits! {
    NPI "npi-check-digit" "X5-01" 5 PID Error "A7:562:xx"
        "The NPI of the {who} is not an NPI: ten digits, beginning with 1 or 2, with a right check digit."
        "Correct the NPI; the NPPES registry shows it.";
    BILLING_EIN "billing-ein" "X5-03" 5 PID Error "A7:128:85"
        "The billing provider's EIN must be nine digits without a hyphen."
        "Correct REF*EI.";
    PAY_TO_EIN "pay-to-plan-ein" "X5-03" 5 PID Error "A7:128:87"
        "The pay-to plan's EIN must be nine digits without a hyphen."
        "Correct REF*EI in 2010AC.";
    BILLING_SSN "billing-ssn" "X5-04" 5 PD Error "A7:128:85"
        "The billing provider's social security number is none that can exist."
        "Correct REF*SY in 2010AA.";
    PERSON_SSN "person-ssn" "X5-04" 5 PID Error "A7:148:xx"
        "The social security number of the {who} is none that can exist."
        "Correct REF*SY or leave it out.";
    TAXONOMY "taxonomy-form" "X5-05" 5 PID Error "A7:145:xx"
        "The taxonomy code of the {who} must have ten characters ending in X."
        "Take the code from the NUCC list.";
    PRINCIPAL_DIAGNOSIS "principal-diagnosis-form" "X5-06" 5 PID Error "A7:254"
        "The principal diagnosis {} is not written as an ICD-10-CM code."
        "Send a capital and two to six capitals or digits, without a dot.";
    DIAGNOSIS "diagnosis-form" "X5-06" 5 PID Error "A7:255"
        "The diagnosis {} is not written as an ICD-10-CM code."
        "Send a capital and two to six capitals or digits, without a dot.";
    ADMITTING_DIAGNOSIS "admitting-diagnosis-form" "X5-06" 5 I Error "A7:232"
        "The admitting diagnosis {} is not written as an ICD-10-CM code."
        "Send a capital and two to six capitals or digits, without a dot.";
    VISIT_REASON "visit-reason-form" "X5-06" 5 I Error "A7:673"
        "The reason for the visit {} is not written as an ICD-10-CM code."
        "Send a capital and two to six capitals or digits, without a dot.";
    DIAGNOSIS_UNKNOWN "diagnosis-not-in-list" "X5-06" 5 PID Error "A7:255"
        "The diagnosis {} is not in the ICD-10-CM list in force on the date of service."
        "Look the code up in the list of that year.";
    DIAGNOSIS_NOT_SPECIFIC "diagnosis-not-specific" "X5-06" 5 PID Error "A7:772"
        "The diagnosis {} is a heading; the list has more specific codes under it."
        "Send the most specific code.";
    DIAGNOSIS_9 "icd9-diagnosis-form" "X5-06" 5 PID Error "A7:255"
        "The diagnosis {} is not written as an ICD-9-CM code."
        "Send three to five digits, or V or E and digits, without a dot.";
    ICD9_TOO_LATE "icd9-after-2015" "X5-07" 5 PID Error "A8:255 A8:187"
        "ICD-9 diagnoses are sent for a service on or after 1 October 2015."
        "Send ICD-10-CM codes with the ABK family of qualifiers.";
    ICD10_TOO_EARLY "icd10-before-2015" "X5-07" 5 PID Error "A8:255 A8:187"
        "ICD-10 diagnoses are sent for a service before 1 October 2015."
        "Send ICD-9-CM codes with the BK family of qualifiers.";
    PRINCIPAL_EXTERNAL_CAUSE "principal-external-cause" "X5-08" 5 PI Error "A7:254 A7:509"
        "The principal diagnosis is an external cause (V00 to Y99)."
        "Send the injury first and the external cause after it.";
    DIAGNOSIS_REPEATED "diagnosis-repeated" "X5-09" 5 PID Warning "A7:255"
        "A diagnosis is listed twice."
        "List each diagnosis once.";
    PRINCIPAL_PROCEDURE "principal-procedure-form" "X5-10" 5 I Error "A7:465"
        "The principal procedure {} is not written as an ICD-10-PCS code."
        "Send seven capitals or digits without I and O.";
    OTHER_PROCEDURE "other-procedure-form" "X5-10" 5 I Error "A7:490"
        "The procedure {} is not written as an ICD-10-PCS code."
        "Send seven capitals or digits without I and O.";
    PROCEDURE_OUTPATIENT "icd-procedure-outpatient" "X5-10" 5 I Warning "A7:465"
        "ICD procedure codes are for inpatient claims."
        "Send HCPCS codes on the lines of an outpatient claim.";
    HCPCS "procedure-form" "X5-11" 5 PI Error "A7:507"
        "The procedure {} is not written as a CPT or HCPCS code."
        "Send five characters of the CPT or HCPCS list.";
    CDT "dental-procedure-form" "X5-12" 5 D Error "A7:737"
        "The procedure {} is not written as a dental code."
        "Send D and four digits.";
    MODIFIER "modifier-form" "X5-13" 5 PI Error "A7:453"
        "A modifier must be two capitals or digits."
        "Correct the modifier.";
    MODIFIER_REPEATED "modifier-repeated" "X5-13" 5 PI Error "A7:453"
        "A service line has the same modifier twice."
        "Send each modifier once.";
    PLACE_OF_SERVICE "place-of-service" "X5-14" 5 PD Error "A7:249"
        "The place of service {} is not in the CMS list."
        "Send a two-digit place of service, as 11 for an office.";
    BILL_TYPE "bill-type" "X5-15" 5 I Error "A7:228"
        "The bill type {} is none that exists."
        "Send facility and class in two digits in CLM05-1, as 11 or 13.";
    REVENUE_CODE "revenue-code-form" "X5-16" 5 I Error "A7:455"
        "The revenue code {} must be four digits."
        "Send the code with its leading zero, as 0450.";
    CONDITION_CODE "condition-code-form" "X5-17" 5 I Error "A7:460"
        "A condition code must be two capitals or digits."
        "Correct HI*BG.";
    OCCURRENCE_CODE "occurrence-code-form" "X5-17" 5 I Error "A7:719"
        "An occurrence must be a code of two characters with its date."
        "Correct HI*BH.";
    OCCURRENCE_SPAN_CODE "occurrence-span-code-form" "X5-17" 5 I Error "A7:721"
        "An occurrence span must be a code of two characters with its first and last day."
        "Correct HI*BI.";
    VALUE_CODE "value-code-form" "X5-17" 5 I Error "A7:725"
        "A value code must be two capitals or digits."
        "Correct HI*BE.";
    VALUE_AMOUNT "value-code-amount" "X5-17" 5 I Error "A7:726"
        "A value code's amount is missing or no amount."
        "Correct HI*BE.";
    PATIENT_STATUS "patient-status-form" "X5-17" 5 I Error "A7:234"
        "The patient status must be two digits."
        "Send it in CL103, as 01.";
    ADMISSION_SOURCE "admission-source-form" "X5-17" 5 I Error "A7:229"
        "The point of origin must be one capital or digit."
        "Correct CL102.";
    HIPPS "hipps-form" "X5-18" 5 I Warning "A7:513"
        "A HIPPS rate code must be five capitals or digits."
        "Correct SV202-2 with qualifier HP.";
    DRG "drg-form" "X5-18" 5 I Warning "A7:256"
        "A DRG must be three digits."
        "Correct HI*DR.";
    STATE "state" "X5-19" 5 PID Error "A7:501:xx"
        "The state of the {who} is not a state."
        "Send the two letters of the postal service.";
    ZIP "zip-form" "X5-20" 5 PID Error "A7:500:xx"
        "The ZIP code of the {who} must be five or nine digits without a hyphen."
        "Correct N403.";
    COUNTRY "country" "X5-21" 5 PID Error "A7:680:xx"
        "The country of the {who} is not in ISO 3166."
        "Send two letters in N404, or nothing for the United States.";
    NDC "drug-code-form" "X5-22" 5 PI Error "A7:218"
        "A national drug code must be eleven digits without hyphens."
        "Send it as 5-4-2 with leading zeros, without the hyphens.";
    BIRTH_DATE_FUTURE "birth-date" "X5-25" 5 PID Error "A7:158:xx"
        "The birth date of the {who} lies in the future or more than 130 years ago."
        "Correct DMG02.";
    SERVICE_BEFORE_BIRTH "service-before-birth" "X5-25" 5 PID Error "A7:158:xx"
        "The service was before the birth of the {who}."
        "Check the date of service and the birth date.";
    SERVICE_IN_FUTURE "service-date-in-future" "X5-26" 5 PID Error "A7:187 A7:510"
        "The service is dated {}, after the day this file was received."
        "Correct the date; a claim can only be sent after the service.";
    SERVICE_AFTER_DEATH "service-after-death" "X5-27" 5 PID Warning "A8:187 A8:158:QC"
        "The service was after the patient's death."
        "Check the date of service and the date of death.";
    CLIA_FORM "clia-form" "X5-28" 5 P Warning "A7:544"
        "A CLIA number must be two digits, D and seven digits."
        "Correct REF*X4.";
    MAMMOGRAPHY_FORM "mammography-certification-form" "X5-29" 5 P Warning "A7:142:77"
        "A mammography certification number must be six digits."
        "Correct REF*EW.";
    MBI "medicare-id-form" "X5-30" 5 PI Error "A7:164:IL"
        "The member id is not written as a Medicare beneficiary identifier."
        "Send the eleven characters of the Medicare card without hyphens.";
    ORAL_CAVITY "oral-cavity" "X5-31" 5 D Error "A7:245"
        "An area of the oral cavity is none that exists."
        "Send 00, 01, 02, 09, 10, 20, 30 or 40 in SV304.";
    TOOTH "tooth" "X5-31" 5 D Error "A7:244"
        "The tooth {} does not exist."
        "Send 1 to 32, A to T, or a supernumerary tooth in TOO02.";
    TOOTH_SURFACE "tooth-surface" "X5-31" 5 D Error "A7:240"
        "A tooth surface is none that exists."
        "Send B, D, F, I, L, M or O in TOO03.";
}
