//! SNIP 5: identifiers and codes kept by others, by their form or in a list.

use super::edits;

edits! {
    NPI "npi-check-digit" "X5-01" 5 PID Error "A7:562:xx"
        "The NPI of the {who} is not an NPI: ten digits, beginning with 1 or 2, with a right check digit."
        "Correct the NPI; the NPPES registry shows it." at "NM109";
    NPI_WITHDRAWN "npi-withdrawn" "X5-02" 5 PID Warning "A7:562:xx"
        "The NPI of the {who} is in the list of those no longer in use."
        "Check the NPI in the NPPES registry." at "NM109";
    BILLING_EIN "billing-ein" "X5-03" 5 PID Error "A7:128:85"
        "The billing provider's EIN must be nine digits without a hyphen."
        "Correct REF*EI." at "2010AA REF*EI";
    PAY_TO_EIN "pay-to-plan-ein" "X5-03" 5 PID Error "A7:128:87"
        "The pay-to plan's EIN must be nine digits without a hyphen."
        "Correct REF*EI in 2010AC." at "2010AC REF*EI";
    BILLING_SSN "billing-ssn" "X5-04" 5 PD Error "A7:128:85"
        "The billing provider's social security number is none that can exist."
        "Correct REF*SY in 2010AA." at "2010AA REF*SY";
    PERSON_SSN "person-ssn" "X5-04" 5 PID Error "A7:148:xx"
        "The social security number of the {who} is none that can exist."
        "Correct REF*SY or leave it out." at "REF*SY";
    TAXONOMY "taxonomy-form" "X5-05" 5 PID Error "A7:145:xx"
        "The taxonomy code of the {who} must have ten characters ending in X."
        "Take the code from the NUCC list." at "PRV03";
    TAXONOMY_UNKNOWN "taxonomy-not-in-list" "X5-05" 5 PID Warning "A7:145:xx"
        "The taxonomy code of the {who} is not in the list."
        "Take the code from the NUCC list." at "PRV03";
    PRINCIPAL_DIAGNOSIS "principal-diagnosis-form" "X5-06" 5 PID Error "A7:254"
        "The principal diagnosis {} is not written as an ICD-10-CM code."
        "Send a capital and two to six capitals or digits, without a dot." at "HI01-2";
    DIAGNOSIS "diagnosis-form" "X5-06" 5 PID Error "A7:255"
        "The diagnosis {} is not written as an ICD-10-CM code."
        "Send a capital and two to six capitals or digits, without a dot." at "HI";
    ADMITTING_DIAGNOSIS "admitting-diagnosis-form" "X5-06" 5 I Error "A7:232"
        "The admitting diagnosis {} is not written as an ICD-10-CM code."
        "Send a capital and two to six capitals or digits, without a dot." at "HI*ABJ";
    VISIT_REASON "visit-reason-form" "X5-06" 5 I Error "A7:673"
        "The reason for the visit {} is not written as an ICD-10-CM code."
        "Send a capital and two to six capitals or digits, without a dot." at "HI*APR";
    PRINCIPAL_DIAGNOSIS_UNKNOWN "principal-diagnosis-not-in-list" "X5-06" 5 PID Error "A7:254"
        "The principal diagnosis {} is not in the ICD-10-CM list of the day of service."
        "Look the code up in the list of that year." at "HI01-2";
    DIAGNOSIS_UNKNOWN "diagnosis-not-in-list" "X5-06" 5 PID Error "A7:255"
        "The diagnosis {} is not in the ICD-10-CM list of the day of service."
        "Look the code up in the list of that year." at "HI";
    ADMITTING_DIAGNOSIS_UNKNOWN "admitting-diagnosis-not-in-list" "X5-06" 5 I Error "A7:232"
        "The admitting diagnosis {} is not in the ICD-10-CM list of the day of service."
        "Look the code up in the list of that year." at "HI*ABJ";
    VISIT_REASON_UNKNOWN "visit-reason-not-in-list" "X5-06" 5 I Error "A7:673"
        "The reason for the visit {} is not in the ICD-10-CM list of the day of service."
        "Look the code up in the list of that year." at "HI*APR";
    PRINCIPAL_DIAGNOSIS_NOT_IN_FORCE "principal-diagnosis-not-in-force" "X5-06" 5 PID Error "A7:254"
        "The principal diagnosis {} is an ICD-10-CM code, but not in force on the day of service."
        "Send the code that was in force on that day; codes change on 1 October and 1 April." at "HI01-2";
    DIAGNOSIS_NOT_IN_FORCE "diagnosis-not-in-force" "X5-06" 5 PID Error "A7:255"
        "The diagnosis {} is an ICD-10-CM code, but not in force on the day of service."
        "Send the code that was in force on that day; codes change on 1 October and 1 April." at "HI";
    DIAGNOSIS_LIST_OLD "diagnosis-list-too-old" "X5-06" 5 PID Warning "A7:255"
        "The diagnosis {} is not in the ICD-10-CM list, which does not reach to the day of service."
        "Look the code up in the list of that year; an operator can load a newer list." at "HI";
    DIAGNOSIS_NOT_SPECIFIC "diagnosis-not-specific" "X5-06" 5 PID Error "A7:772"
        "The diagnosis {} is a heading; the list has more specific codes under it."
        "Send the most specific code." at "HI";
    DIAGNOSIS_9 "icd9-diagnosis-form" "X5-06" 5 PID Error "A7:255"
        "The diagnosis {} is not written as an ICD-9-CM code."
        "Send three to five digits, or V or E and digits, without a dot." at "HI";
    ICD9_TOO_LATE_I "icd9-after-2015-institutional" "X5-07" 5 I Error "A8:255 A8:188"
        "ICD-9 diagnoses are sent for a statement of a day on or after 1 October 2015."
        "Send ICD-10-CM codes with the ABK family of qualifiers." at "HI";
    ICD10_TOO_EARLY_I "icd10-before-2015-institutional" "X5-07" 5 I Error "A8:255 A8:188"
        "ICD-10 diagnoses are sent for a statement of a day before 1 October 2015."
        "Send ICD-9-CM codes with the BK family of qualifiers." at "HI";
    ICD9_TOO_LATE "icd9-after-2015" "X5-07" 5 PD Error "A8:255 A8:187"
        "ICD-9 diagnoses are sent for a service on or after 1 October 2015."
        "Send ICD-10-CM codes with the ABK family of qualifiers." at "HI";
    ICD10_TOO_EARLY "icd10-before-2015" "X5-07" 5 PD Error "A8:255 A8:187"
        "ICD-10 diagnoses are sent for a service before 1 October 2015."
        "Send ICD-9-CM codes with the BK family of qualifiers." at "HI";
    PRINCIPAL_EXTERNAL_CAUSE "principal-external-cause" "X5-08" 5 PI Error "A7:254 A7:509"
        "The principal diagnosis is an external cause (V00 to Y99)."
        "Send the injury first and the external cause after it." at "HI01-2";
    DIAGNOSIS_REPEATED "diagnosis-repeated" "X5-09" 5 PID Warning "A7:255"
        "A diagnosis is listed twice."
        "List each diagnosis once." at "HI";
    PRINCIPAL_PROCEDURE "principal-procedure-form" "X5-10" 5 I Error "A7:465"
        "The principal procedure {} is not written as an ICD-10-PCS code."
        "Send seven capitals or digits without I and O." at "HI*BBR";
    OTHER_PROCEDURE "other-procedure-form" "X5-10" 5 I Error "A7:490"
        "The procedure {} is not written as an ICD-10-PCS code."
        "Send seven capitals or digits without I and O." at "HI*BBQ";
    PRINCIPAL_PROCEDURE_UNKNOWN "principal-procedure-not-in-list" "X5-10" 5 I Error "A7:465"
        "The principal procedure {} is not in the ICD-10-PCS list of the day the stay ended."
        "Look the code up in the list of that year." at "HI*BBR";
    OTHER_PROCEDURE_UNKNOWN "other-procedure-not-in-list" "X5-10" 5 I Error "A7:490"
        "The procedure {} is not in the ICD-10-PCS list of the day the stay ended."
        "Look the code up in the list of that year." at "HI*BBQ";
    PROCEDURE_LIST_OLD "icd-procedure-list-too-old" "X5-10" 5 I Warning "A7:490"
        "The procedure {} is not in the ICD-10-PCS list, which does not reach to the day the stay ended."
        "Look the code up in the list of that year; an operator can load a newer list." at "HI*BBR, HI*BBQ";
    PROCEDURE_OUTPATIENT "icd-procedure-outpatient" "X5-10" 5 I Warning "A7:465"
        "ICD procedure codes are for inpatient claims."
        "Send HCPCS codes on the lines of an outpatient claim." at "HI*BBR";
    HCPCS "procedure-form" "X5-11" 5 PI Error "A7:507"
        "The procedure {} is not written as a CPT or HCPCS code."
        "Send five characters of the CPT or HCPCS list." at "SV101-2, SV202-2";
    CPT_UNKNOWN "cpt-not-in-list" "X5-11" 5 PI Error "A7:454"
        "The procedure {} is not in the CPT list."
        "Send a code of the list of that year." at "SV101-2, SV202-2";
    HCPCS_UNKNOWN "hcpcs-not-in-list" "X5-11" 5 PI Error "A7:507"
        "The procedure {} is not in the HCPCS list."
        "Send a code of the list of that quarter." at "SV101-2, SV202-2";
    PROCEDURE_NOT_IN_FORCE "procedure-not-in-force" "X5-11" 5 PID Error "A7:796"
        "The procedure {} is not in force on the day of service."
        "Send the code that was in force on that day." at "SV101-2, SV202-2, SV301-2";
    CDT "dental-procedure-form" "X5-12" 5 D Error "A7:737"
        "The procedure {} is not written as a dental code."
        "Send D and four digits." at "SV301-2";
    CDT_UNKNOWN "dental-procedure-not-in-list" "X5-12" 5 D Error "A7:737"
        "The procedure {} is not in the CDT list."
        "Send a code of the list of that year." at "SV301-2";
    MODIFIER "modifier-form" "X5-13" 5 PI Error "A7:453"
        "A modifier must be two capitals or digits."
        "Correct the modifier." at "SV101-3 to 6, SV202-3 to 6";
    MODIFIER_UNKNOWN "modifier-not-in-list" "X5-13" 5 PI Error "A7:453"
        "The modifier {} is not in the list of modifiers."
        "Send a modifier of the CPT or HCPCS list." at "SV101-3 to 6, SV202-3 to 6";
    MODIFIER_REPEATED "modifier-repeated" "X5-13" 5 PI Error "A7:453"
        "A service line has the same modifier twice."
        "Send each modifier once." at "SV101-3 to 6, SV202-3 to 6";
    PLACE_OF_SERVICE "place-of-service" "X5-14" 5 PD Error "A7:249"
        "The place of service {} is not in the CMS list."
        "Send a two-digit place of service, as 11 for an office." at "CLM05-1, SV105, SV303";
    BILL_TYPE "bill-type" "X5-15" 5 I Error "A7:228"
        "The bill type {} is none that exists."
        "Send facility and class in two digits in CLM05-1, as 11 or 13." at "CLM05-1";
    REVENUE_CODE "revenue-code-form" "X5-16" 5 I Error "A7:455"
        "The revenue code {} must be four digits."
        "Send the code with its leading zero, as 0450." at "SV201";
    REVENUE_CODE_UNKNOWN "revenue-code-not-in-list" "X5-16" 5 I Error "A7:455"
        "The revenue code {} is not in the list in force."
        "Send a revenue code of the NUBC list." at "SV201";
    CONDITION_CODE_UNKNOWN "condition-code-not-in-list" "X5-17" 5 I Error "A7:460"
        "The condition code {} is not in the list in force."
        "Send a condition code of the NUBC list." at "HI*BG";
    OCCURRENCE_CODE_UNKNOWN "occurrence-code-not-in-list" "X5-17" 5 I Error "A7:719"
        "The occurrence code {} is not in the list in force."
        "Send an occurrence code of the NUBC list." at "HI*BH, HI*BI";
    VALUE_CODE_UNKNOWN "value-code-not-in-list" "X5-17" 5 I Error "A7:725"
        "The value code {} is not in the list in force."
        "Send a value code of the NUBC list." at "HI*BE";
    PATIENT_STATUS_UNKNOWN "patient-status-not-in-list" "X5-17" 5 I Error "A7:234"
        "The patient status {} is not in the list in force."
        "Send a patient status of the NUBC list." at "CL103";
    CONDITION_CODE "condition-code-form" "X5-17" 5 I Error "A7:460"
        "A condition code must be two capitals or digits."
        "Correct HI*BG." at "HI*BG";
    OCCURRENCE_CODE "occurrence-code-form" "X5-17" 5 I Error "A7:719"
        "An occurrence must be a code of two characters."
        "Correct HI*BH." at "HI*BH";
    OCCURRENCE_DATE "occurrence-date" "X5-17" 5 I Error "A7:720"
        "An occurrence has no date that exists."
        "Send D8 and the day with the code in HI*BH." at "HI*BH";
    OCCURRENCE_SPAN_DATE "occurrence-span-dates" "X5-17" 5 I Error "A7:722"
        "An occurrence span has no first and last day that exist."
        "Send RD8 and both days with the code in HI*BI." at "HI*BI";
    OCCURRENCE_SPAN_CODE "occurrence-span-code-form" "X5-17" 5 I Error "A7:721"
        "An occurrence span must be a code of two characters."
        "Correct HI*BI." at "HI*BI";
    VALUE_CODE "value-code-form" "X5-17" 5 I Error "A7:725"
        "A value code must be two capitals or digits."
        "Correct HI*BE." at "HI*BE";
    VALUE_AMOUNT "value-code-amount" "X5-17" 5 I Error "A7:726"
        "A value code's amount is missing or no amount."
        "Correct HI*BE." at "HI*BE";
    PATIENT_STATUS "patient-status-form" "X5-17" 5 I Error "A7:234"
        "The patient status must be two digits."
        "Send it in CL103, as 01." at "CL103";
    ADMISSION_SOURCE "admission-source-form" "X5-17" 5 I Error "A7:229"
        "The point of origin must be one capital or digit."
        "Correct CL102." at "CL102";
    HIPPS "hipps-form" "X5-18" 5 I Warning "A7:513"
        "A HIPPS rate code must be five capitals or digits."
        "Correct SV202-2 with qualifier HP." at "SV202-2";
    DRG "drg-form" "X5-18" 5 I Warning "A7:256"
        "A DRG must be three digits."
        "Correct HI*DR." at "HI*DR";
    HIPPS_UNKNOWN "hipps-not-in-list" "X5-18" 5 I Warning "A7:513"
        "The HIPPS rate code {} is not in the list in force."
        "Look the code up in the CMS list." at "SV202-2";
    DRG_UNKNOWN "drg-not-in-list" "X5-18" 5 I Warning "A7:256"
        "The DRG {} is not in the list in force."
        "Look the group up in the list of that year." at "HI*DR";
    STATE "state" "X5-19" 5 PID Error "A7:501:xx"
        "The state of the {who} is not a state."
        "Send the two letters of the postal service." at "N402";
    ACCIDENT_STATE "auto-accident-state" "X5-19" 5 PID Error "A7:750"
        "The state in which the accident happened, {}, is neither a state nor a province of Canada."
        "Send the two letters of the postal service; of an accident elsewhere send the country in CLM11-5 alone."
        at "CLM11-4, REF*LU";
    ZIP "zip-form" "X5-20" 5 PID Error "A7:500:xx"
        "The ZIP code of the {who} must be five or nine digits without a hyphen."
        "Correct N403." at "N403";
    ZIP_STATE "zip-of-other-state" "X5-20" 5 PID Warning "A7:500:xx"
        "The ZIP code of the {who} begins as those of another state."
        "Check N402 and N403." at "N403";
    COUNTRY "country" "X5-21" 5 PID Error "A7:680:xx"
        "The country of the {who} is not in ISO 3166."
        "Send two letters in N404, or nothing for the United States." at "N404";
    SUBDIVISION "country-subdivision-form" "X5-21" 5 PID Warning "A7:695:xx"
        "The part of the country of the {who} is not written as ISO 3166-2 has it."
        "Send one to three capitals or digits in N407, as BE." at "N407";
    NDC "drug-code-form" "X5-22" 5 PI Error "A7:218"
        "A national drug code must be eleven digits without hyphens."
        "Send it as 5-4-2 with leading zeros, without the hyphens." at "LIN03";
    NDC_UNKNOWN "drug-code-not-in-list" "X5-22" 5 PI Error "A7:218"
        "The drug {} is not in the list of national drug codes."
        "Look the code up on the package." at "LIN03";
    ADJUSTMENT_REASON "adjustment-reason-unknown" "X5-23" 5 PID Warning "A7:521"
        "The adjustment reason {} of another payer is not known."
        "Send the reason as the other payer's remittance has it." at "CAS02, CAS05 and following";
    REMARK "remark-unknown" "X5-23" 5 PID Warning "A7:634"
        "The remark {} of another payer is not known."
        "Send the remark as the other payer's remittance has it." at "MIA, MOA";
    UPIN "upin-no-longer-used" "X5-33" 5 PID Warning "A7:133:xx"
        "The {who} is named by a UPIN, which was replaced by the NPI."
        "Send the NPI in NM109 and leave out REF*1G." at "REF*1G";
    BIRTH_DATE_FUTURE "birth-date" "X5-25" 5 PID Error "A7:158:xx"
        "The birth date of the {who} lies in the future or more than 130 years ago."
        "Correct DMG02." at "DMG02";
    SERVICE_BEFORE_BIRTH "service-before-birth" "X5-25" 5 PID Error "A7:158:xx"
        "The service was before the birth of the {who}."
        "Check the date of service and the birth date." at "DMG02";
    SERVICE_IN_FUTURE "service-date-in-future" "X5-26" 5 PID Error "A7:187 A7:510"
        "The service is dated {}, after the day this file was received."
        "Correct the date; a claim can only be sent after the service." at "DTP03";
    SERVICE_AFTER_DEATH "service-after-death" "X5-27" 5 PID Warning "A8:187 A8:158:xx"
        "The service was after the patient's death."
        "Check the date of service and the date of death." at "DTP03";
    CLIA_FORM "clia-form" "X5-28" 5 P Warning "A7:544"
        "A CLIA number must be two digits, D and seven digits."
        "Correct REF*X4." at "REF*X4";
    CLIA_MISSING "clia-missing" "X5-28" 5 P Warning "A6:544"
        "A laboratory test for Medicare or Medicaid needs the CLIA number of the laboratory."
        "Send REF*X4 with the claim or the line." at "SV1";
    MAMMOGRAPHY_FORM "mammography-certification-form" "X5-29" 5 P Warning "A7:142:77"
        "A mammography certification number must be six digits."
        "Correct REF*EW." at "REF*EW";
    MBI "medicare-id-form" "X5-30" 5 PI Error "A7:164:IL"
        "The member id is not written as a Medicare beneficiary identifier."
        "Send the eleven characters of the Medicare card without hyphens." at "2010BA NM109";
    ORAL_CAVITY "oral-cavity" "X5-31" 5 D Error "A7:245"
        "An area of the oral cavity is none that exists."
        "Send 00, 01, 02, 09, 10, 20, 30 or 40 in SV304." at "SV304";
    TOOTH "tooth" "X5-31" 5 D Error "A7:244"
        "The tooth {} does not exist."
        "Send 1 to 32, A to T, or a supernumerary tooth in TOO02." at "TOO02";
    TOOTH_SURFACE "tooth-surface" "X5-31" 5 D Error "A7:240"
        "A tooth surface is none that exists."
        "Send B, D, F, I, L, M or O in TOO03." at "TOO03";
}
