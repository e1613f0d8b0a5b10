//! SNIP 6: what a line of business asks for. All but a missing description only warn, as payers differ; a partner's
//! file makes them strict.

use super::edits;

edits! {
    DESCRIPTION_MISSING "unlisted-procedure-description" "P6-12 C4-24" 6 PI Error "A6:306"
        "An unlisted procedure needs a description."
        "Say what was done in SV101-7 (SV202-7)." at "SV101-7, SV202-7";

    AMBULANCE_FORM_MISSING "ambulance-details-missing" "P6-01" 6 P Warning "A6:337"
        "An ambulance transport needs its details: why the patient was carried and how far."
        "Send CR1 with the reason in CR104 and the miles in CR106." at "SV101-2";
    AMBULANCE_REASON_MISSING "ambulance-reason-missing" "P6-01" 6 P Warning "A6:428"
        "An ambulance transport does not say why the patient was carried."
        "Send the reason in CR104." at "CR104";
    AMBULANCE_MILES_MISSING "ambulance-miles-missing" "P6-01" 6 P Warning "A6:267"
        "An ambulance transport does not say how far the patient was carried."
        "Send DH in CR105 and the miles in CR106." at "CR106";
    AMBULANCE_PLACES_MISSING "ambulance-pick-up-missing" "P6-01" 6 P Warning "A6:763"
        "An ambulance transport needs the addresses where it began and ended."
        "Send the pick-up address in 2310E (NM1*PW) and the drop-off address in 2310F (NM1*45)." at "SV101-2";
    AMBULANCE_CONDITION_MISSING "ambulance-condition-missing" "P6-01" 6 P Warning "A6:337 A6:527"
        "An ambulance transport does not certify the patient's condition."
        "Send CRC*07 with the conditions that hold." at "SV101-2";
    ANESTHESIA_MODIFIER "anesthesia-modifier-missing" "P6-02" 6 P Warning "A6:453"
        "An anesthesia service usually says who gave it."
        "Send modifier AA, AD, QK, QX, QY or QZ." at "SV101-3";
    ANESTHESIA_NOT_IN_MINUTES "anesthesia-not-in-minutes" "P6-02" 6 P Warning "A8:251 A8:659"
        "An anesthesia service is usually counted in minutes."
        "Send MJ in SV103 and the minutes in SV104, unless the payer wants units." at "SV103";
    CHIROPRACTIC_TREATMENT "chiropractic-first-treatment-missing" "P6-03 C4-18" 6 P Warning "A6:701"
        "A spinal manipulation needs the date of the first treatment."
        "Send DTP*454, or CR2 with the course of treatment." at "SV101-2";
    CHIROPRACTIC_DIAGNOSIS "chiropractic-diagnosis-missing" "P6-03" 6 P Warning "A6:336"
        "A spinal manipulation is billed without a diagnosis of the spine."
        "Send the diagnosis of the spine that was treated." at "SV101-2";
    EQUIPMENT_MODIFIER "equipment-rented-or-bought" "P6-04" 6 P Warning "A6:186"
        "Medical equipment does not say whether it was rented or bought."
        "Send modifier RR for a rental, NU for a new or UE for a used purchase." at "SV101";
    EQUIPMENT_RENTAL_CODE "equipment-rental-procedure" "P6-04" 6 P Warning "A8:186 A8:454"
        "The rental or purchase price is of another procedure than the service line."
        "Send the same code in SV501-2 as in SV101-2." at "SV501-2";
    EQUIPMENT_CERTIFICATE "equipment-certificate-incomplete" "P6-04" 6 P Warning "A6:335"
        "A certificate of medical necessity is announced or answered only in part."
        "Send PWK*CT, CR3, DTP*463, CRC*09 and the form of the certificate (2440) together." at "SV101-2";
    OXYGEN_CERTIFICATE "oxygen-certificate-missing" "P6-05" 6 P Warning "A6:334"
        "Oxygen for a Medicare patient before 2023 needs its certificate."
        "Send PWK*CT and the answers of form 484 (2440)." at "SV101-2";
    EYEWEAR_CONDITION "eyewear-replacement-reason" "P6-05" 6 P Warning "A6:527"
        "Lenses or frames are replaced without the reason."
        "Send CRC*E1 for lenses, E2 for contact lenses or E3 for frames." at "SV101-2";
    OUTSIDE_LABORATORY "outside-laboratory-clia" "P6-06" 6 P Warning "A6:630"
        "A test was done by an outside laboratory (modifier 90), whose CLIA number is missing."
        "Send the laboratory's CLIA number in REF*F4 of the line." at "SV101";
    SCREENING_REFERRAL "screening-referral-missing" "P6-07" 6 P Warning "A6:564"
        "A service of a child's screening (EPSDT) does not say whether the child was referred."
        "Send CRC*ZZ with the condition that holds." at "CLM12, SV111";
    VACCINATION_ALONE "vaccination-without-vaccine" "P6-08" 6 P Warning ""
        "A vaccination is billed without a vaccine."
        "Send the vaccine on a line of its own, with charge 0 where it was given to you." at "SV101-2";
    VACCINE_ALONE "vaccine-without-vaccination" "P6-08" 6 P Warning ""
        "A vaccine is billed without its administration."
        "Send the administration on a line of its own." at "SV101-2";
    VACCINE_BATCH "vaccine-batch-on-other-service" "P6-08" 6 P Warning ""
        "An immunization batch number stands on a line that is no vaccine."
        "Send REF*BT with the vaccine." at "REF*BT";
    LAST_PERIOD_MISSING "last-menstrual-period-missing" "P6-09" 6 P Warning "A6:191"
        "Care for a pregnancy or delivery needs the date of the last menstrual period."
        "Send DTP*484." at "SV101-2";
    OBSTETRIC_UNITS "obstetric-units-on-other-service" "P6-09" 6 P Warning ""
        "Additional obstetric units stand on a line that is no anesthesia for a delivery."
        "Leave out QTY*FL." at "QTY*FL";
    INFUSION_DRUG "home-infusion-drug-missing" "P6-10" 6 P Warning "A6:218"
        "A home infusion does not name the drug that was given."
        "Send the drug in LIN and its quantity in CTP." at "SV101-2";
    PROCEDURE_SEX "procedure-and-gender" "P6-11" 6 PI Warning "A8:474"
        "The procedure {} is not done on a patient of this gender."
        "Check the procedure and DMG03; modifier KX or condition code 45 says that both are right."
        at "SV101-2, SV202-2";
    PROCEDURE_AGE "procedure-and-age" "P6-11" 6 PI Warning "A8:475"
        "The procedure {} is not for a patient of this age."
        "Check the procedure, the birth date and the date of service." at "SV101-2, SV202-2";
    DIAGNOSIS_SEX "diagnosis-and-gender" "P6-11" 6 PI Warning "A8:86"
        "A diagnosis is not one that a patient of this gender has."
        "Check the diagnosis and DMG03; condition code 45 says that both are right." at "HI";
    DIAGNOSIS_NEWBORN "newborn-diagnosis-and-age" "P6-11" 6 PI Warning "A8:255 A8:158:QC"
        "A newborn's diagnosis (Z38) is sent for a patient who is older than a year."
        "Send Z37 on the mother's claim and Z38 on the newborn's." at "HI";
    HOME_HEALTH_RATE "home-health-rate-code-missing" "P6-13" 6 I Warning "A6:513"
        "A home health claim to Medicare needs a line with revenue code 0023 and its rate code."
        "Send revenue code 0023 with the HIPPS code (qualifier HP)." at "CLM05-1";
    HOME_HEALTH_AUTHORIZATION "home-health-authorization" "P6-13" 6 I Warning "A6:252:PR"
        "A home health claim to Medicare for a day before 2020 needs its treatment authorization of 18 characters."
        "Send it in REF*G1." at "REF*G1";
    HOSPICE_CERTIFICATION "hospice-certification-missing" "P6-14" 6 I Warning "A6:719"
        "The first claim of hospice care needs the day on which the plan was certified."
        "Send occurrence code 27 with the day (HI*BH)." at "CLM05-1";
    HOSPICE_PLACE "hospice-place-missing" "P6-14" 6 I Warning "A6:507 A6:455"
        "A day of hospice care does not say where it was given."
        "Send the place with the level of care: HCPCS Q5001 to Q5010." at "SV202";
    OPERATION_CODE_MISSING "operating-room-without-procedure" "P6-15" 6 I Warning "A6:465"
        "An inpatient claim has operating room charges but no ICD procedure."
        "Send the principal procedure in HI*BBR." at "SV201";
    OPERATION_DATE_MISSING "procedure-date-missing" "P6-15" 6 I Warning "A6:486"
        "An ICD procedure of an inpatient claim has no date."
        "Send D8 and the day after the procedure's code." at "HI*BBR, HI*BBQ";
    NURSING_STAY_MISSING "qualifying-stay-missing" "P6-16" 6 I Warning "A6:721"
        "A skilled nursing claim to Medicare needs the hospital stay that entitles to it."
        "Send occurrence span 70 with the first and last day of that stay (HI*BI)." at "CLM05-1";
    NURSING_RATE_MISSING "skilled-nursing-rate-code-missing" "P6-16" 6 I Warning "A6:513"
        "A skilled nursing claim to Medicare needs a line with revenue code 0022 and its rate code."
        "Send revenue code 0022 with the HIPPS code (qualifier HP)." at "CLM05-1";
    TELEHEALTH_PLACE "telehealth-place-and-modifier" "P6-17" 6 P Warning "A8:249 A8:453"
        "A telehealth modifier is sent for a place of service that is not telehealth."
        "Send place 02 or 10, or drop the modifier where the payer asks for that." at "SV101, SV105";
    BILATERAL_UNITS "bilateral-units" "P6-18" 6 P Warning "A8:453"
        "A bilateral procedure is billed with more than one unit."
        "Send one unit with modifier 50." at "SV104";
    ASSISTANT_SINGLE "assistant-at-surgery-twice" "P6-18" 6 P Warning "A8:453"
        "An assistant at surgery is billed with several assistant modifiers or more than one unit."
        "Send one of 80, 81, 82 or AS, and one unit." at "SV101";
    UNITS_OVER_LIMIT "units-over-medicare-limit" "P6-19" 6 P Warning "A8:258"
        "Medicare pays the procedure {} once a day at most."
        "Send one unit a day." at "SV104";
    PROCEDURES_EXCLUDE "procedures-exclude-each-other" "P6-19" 6 P Warning "A8:454"
        "Medicare does not pay {} and {} for the same day."
        "Send the one that was done." at "SV101-2";
    MISSING_TOOTH_TREATED "missing-tooth-treated" "P6-20" 6 D Warning "A8:241"
        "A tooth that is reported as missing was treated."
        "Check DN2 and the tooth of the service line." at "TOO02";
}
