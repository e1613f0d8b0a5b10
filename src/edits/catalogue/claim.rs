//! SNIP 4 on the claim itself.

use super::edits;

edits! {
    CONTROL_NUMBER_REPEATED "control-number-repeated" "C4-01" 4 PID Error "A7:478"
        "Another claim of this file and billing provider has the same patient control number."
        "Give each claim its own CLM01, so that its answers find it." at "CLM01";
    FREQUENCY "claim-frequency" "C4-02" 4 PID Error "A7:535"
        "The claim frequency {} is none that this kind of claim can have."
        "Send 1 for an original, 7 for a replacement, 8 for a void; institutional claims know more." at "CLM05-3";
    ORIGINAL_REFERENCE_MISSING "original-reference-missing" "C4-03" 4 PID Error "A8:535 A8:464"
        "The claim replaces or voids another, but the payer's number of that claim is missing."
        "Send the payer's claim control number in REF*F8." at "CLM05-3";
    ORIGINAL_REFERENCE_UNEXPECTED "original-reference-on-original" "C4-04" 4 PID Warning "A8:535 A8:464"
        "An original claim carries the payer's number of another claim."
        "Leave out REF*F8, or send frequency 7 or 8." at "2300 REF*F8";
    CHARGE_NEGATIVE "charge-negative" "C4-05" 4 PID Warning "A7:178 A7:693"
        "The claim's total charge is below zero."
        "Send the charge without a minus; to take a claim back send frequency 8." at "CLM02";
    CHARGE_ZERO "charge-zero" "C4-05" 4 PID Warning "A7:178 A7:694"
        "The claim's total charge is zero."
        "Check the charge; zero is for encounters and capitated services." at "CLM02";
    ACCIDENT_DATE_MISSING "accident-date-missing" "C4-06" 4 PD Error "A6:727"
        "The claim is caused by an accident, but the accident's date is missing."
        "Send DTP*439." at "CLM11";
    ACCIDENT_DATE_ADVISED "work-accident-date-missing" "C4-06" 4 P Warning "A6:727"
        "The claim is work related without an accident date, which is needed when an accident was the cause."
        "Send DTP*439 if there was an accident." at "CLM11";
    ACCIDENT_STATE_MISSING "auto-accident-state-missing" "C4-07" 4 P Error "A6:750"
        "The claim is caused by a car accident, but the state it happened in is missing."
        "Send the state in CLM11-4, or the country in CLM11-5." at "CLM11";
    ACCIDENT_STATE_MISSING_I "auto-accident-state-missing-institutional" "C4-08" 4 I Warning "A6:750"
        "The claim reports a car accident, but not the state it happened in."
        "Send REF*LU with the state." at "HI*BH";
    ADMISSION_DATE_MISSING "admission-date-missing" "C4-09" 4 P Error "A6:189"
        "The service was inpatient, but the admission date is missing."
        "Send DTP*435." at "CLM05-1";
    INPATIENT_ADMISSION_MISSING "inpatient-admission-missing" "C4-10" 4 I Error "A6:189"
        "An inpatient claim needs the date and hour of admission."
        "Send DTP*435 with format DT." at "CLM05-1";
    ADMISSION_HOUR_MISSING "inpatient-admission-hour-missing" "C4-10" 4 I Error "A6:230"
        "An inpatient claim needs the hour of admission with its date."
        "Send DTP*435 with format DT, as 202611011530." at "DTP*435";
    CARE_ADMISSION_MISSING "care-admission-missing" "C4-10" 4 I Error "A6:189"
        "A home health or hospice claim needs the day on which care began."
        "Send DTP*435 with format D8." at "CLM05-1";
    ADMITTING_DIAGNOSIS_MISSING "admitting-diagnosis-missing" "C4-10" 4 I Error "A6:232"
        "An inpatient claim needs the admitting diagnosis."
        "Send HI*ABJ." at "CLM05-1";
    DISCHARGE_HOUR_MISSING "discharge-hour-missing" "C4-11" 4 I Warning "A6:233"
        "A final inpatient claim needs the hour of discharge."
        "Send DTP*096." at "CLM05";
    STILL_PATIENT_ON_FINAL "still-patient-on-final-claim" "C4-11" 4 I Warning "A8:234"
        "A final inpatient claim says that the patient is still in the house."
        "Check the patient status (CL103) and the frequency." at "CL103";
    INTERIM_NOT_STILL_PATIENT "interim-claim-discharged" "C4-12" 4 I Warning "A8:234 A8:535"
        "An interim claim says that the patient has left."
        "Send 30 in CL103, or the frequency of a final claim." at "CL103";
    ADMISSION_TYPE "admission-type" "C4-13" 4 I Error "A7:231"
        "The type of admission is missing or none that exists."
        "Send 1, 2, 3, 4, 5 or 9 in CL101." at "CL101";
    NEWBORN_SOURCE "newborn-admission-source" "C4-13" 4 I Error "A7:229"
        "A newborn's admission needs its own source code."
        "Send 5 (born here) or 6 (born elsewhere) in CL102." at "CL102";
    STATEMENT_ORDER "statement-dates-order" "C4-14" 4 I Error "A7:188"
        "The statement's last day is before its first."
        "Check DTP*434." at "DTP*434";
    LINE_OUTSIDE_STATEMENT "line-outside-statement" "C4-14" 4 I Error "A8:187 A8:188"
        "A service line's date lies outside the statement's dates."
        "Check the line's DTP*472 and the claim's DTP*434." at "2400 DTP*472";
    OUTPATIENT_LINE_DATE_MISSING "outpatient-line-date-missing" "C4-15" 4 I Error "A6:187"
        "A service line of an outpatient claim has no date."
        "Send DTP*472 on the line." at "2400 LX";
    VISIT_REASON_MISSING "visit-reason-missing" "C4-16" 4 I Warning "A6:673"
        "An unscheduled outpatient visit needs the patient's reason for it."
        "Send HI*APR." at "CLM05-1";
    PRESENT_ON_ADMISSION_MISSING "present-on-admission-missing" "C4-17" 4 I Warning "A7:688"
        "An inpatient hospital claim does not say of any diagnosis whether it was present on admission."
        "Send Y, N, U or W in the ninth component of each diagnosis; leave it empty for exempt codes." at "HI";
    PRESENT_ON_ADMISSION_OUTPATIENT "present-on-admission-outpatient" "C4-17" 4 I Warning "A7:688"
        "An outpatient claim says that a diagnosis was present on admission."
        "Leave the ninth component of the diagnosis empty." at "HI";
    DISABILITY_DATES_ORDER "disability-dates-order" "C4-19" 4 P Error "A7:195"
        "The disability's last day is before its first."
        "Check DTP*314, DTP*360 and DTP*361." at "DTP*314, DTP*360";
    CARE_ASSUMED "assumed-care-date-without-modifier" "C4-20" 4 P Warning "A8:388"
        "A date on which care was assumed is sent without a line with modifier 54 or 55."
        "Check DTP*090 and the modifiers." at "DTP*090, DTP*091";
    CARE_RELINQUISHED "relinquished-care-date-without-modifier" "C4-20" 4 P Warning "A8:389"
        "A date on which care was given up is sent without a line with modifier 54 or 55."
        "Check DTP*091 and the modifiers." at "DTP*090, DTP*091";
    ONSET_MISSING "onset-date-missing" "C4-18" 4 P Warning "A6:397"
        "A workers' compensation claim needs the day of the accident or on which the illness began."
        "Send DTP*439 for an accident, DTP*431 for an illness." at "CLM";
    LAST_SEEN_MISSING "last-seen-date-missing" "C4-18" 4 P Warning "A6:757"
        "Routine foot care for a Medicare patient needs the day on which the physician last saw the patient."
        "Send DTP*304." at "CLM";
    LAST_XRAY_UNEXPECTED "last-x-ray-without-manipulation" "C4-18" 4 P Warning "A6:210"
        "The date of a last X-ray is sent without a spinal manipulation, the only service it is for."
        "Leave out DTP*455, or check the procedures." at "DTP*455";
    ATTACHMENT_NUMBER_REPEATED "attachment-control-number-repeated" "C4-22" 4 PID Warning ""
        "Another claim of this file announces an attachment with the same number."
        "Give each attachment its own number in PWK06." at "PWK06";
    ATTACHMENT_NUMBER_MISSING "attachment-control-number-missing" "C4-21" 4 PID Error "A6:489"
        "An attachment is announced without the number by which the payer can find it."
        "Send AC in PWK05 and the number in PWK06." at "PWK05, PWK06";
    ACCIDENT_CLAIM_NUMBER_MISSING "casualty-claim-number-missing" "C4-23" 4 PID Warning "A6:629"
        "A workers' compensation or automobile claim needs the insurer's claim number."
        "Send REF*Y4 with the subscriber or the patient." at "SBR09";
    NOTE_BLANK "note-blank" "C4-24" 4 PID Warning "A6:704"
        "A note holds no words."
        "Leave the note out or say what it is for." at "NTE02";
    RELEASE_OF_INFORMATION "release-of-information" "C4-25" 4 P Warning "A7:468"
        "The release of information is neither Y nor I."
        "Send Y when the patient has signed, I when the law allows it, in CLM09." at "CLM09";
    SIGNATURE_SOURCE "signature-source" "C4-25" 4 P Warning "A7:468"
        "The source of the patient's signature is not P."
        "Send P in CLM10 when someone signed for the patient, otherwise nothing." at "CLM10";
    DELAY_REASON_MISSING "delay-reason-missing" "C4-26" 4 PID Warning "A6:555"
        "The claim came more than a year after the service, which is too late for Medicare without a reason."
        "Send the reason of the delay in CLM20." at "CLM20";
    SERVICE_EXCEPTION "service-authorization-exception" "C4-27" 4 PID Error "A7:642"
        "The code of a service authorization exception is none that exists."
        "Send 1 to 7 in REF*4N." at "REF*4N";
    DIAGNOSIS_VERSIONS_MIXED "diagnosis-versions-mixed" "S2-14" 4 PID Error "A7:255 A7:700"
        "The claim mixes ICD-9 and ICD-10 diagnoses."
        "Send all with the ABK family, or all with the BK family." at "HI";
}
