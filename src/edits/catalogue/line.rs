//! SNIP 4 on service lines, and SNIP 6 on lines of business.

use super::edits;

edits! {
    LINE_CHARGE_NEGATIVE "line-charge-negative" "L4-01" 4 PID Error "A7:583 A7:693"
        "A service line's charge is below zero."
        "Send the charge without a minus.";
    UNITS_ZERO "line-units" "L4-02" 4 PID Error "A7:476"
        "A service line has a charge but no units."
        "Send units above zero.";
    ANESTHESIA_UNIT "minutes-without-anesthesia" "L4-03" 4 P Error "A8:659 A8:251"
        "A service line counts minutes, but its procedure is not anesthesia."
        "Send UN in SV103.";
    ANESTHESIA_MINUTES "anesthesia-minutes-whole" "L4-03" 4 P Error "A8:659 A8:251"
        "Anesthesia minutes must be a whole number above zero."
        "Send whole minutes in SV104.";
    POINTER "diagnosis-pointer" "L4-04" 4 P Error "A7:477"
        "A service line points to diagnosis {}, but the claim has {}."
        "Point only to diagnoses of the claim: 1 is the first of HI.";
    POINTER_MISSING "diagnosis-pointer-missing" "L4-04" 4 P Error "A7:477"
        "A service line points to no diagnosis."
        "Send the number of the line's main diagnosis in SV107-1.";
    POINTER_REPEATED "diagnosis-pointer-repeated" "L4-04" 4 P Error "A7:477"
        "A service line points to the same diagnosis twice."
        "Name each diagnosis once in SV107.";
    POINTER_DENTAL "diagnosis-pointer-dental" "L4-05" 4 D Error "A7:477"
        "A service line points to diagnosis {}, but the claim has {}."
        "Point only to diagnoses of the claim (1 to 4) in SV311.";
    LINE_DATE_MISSING "line-date-missing" "L4-06" 4 D Error "A6:187"
        "A service line has no date of service."
        "Send DTP*472.";
    SERVICE_DATES_ORDER "service-dates-order" "L4-07" 4 PID Error "A7:187"
        "A service's last day is before its first."
        "Check DTP*472.";
    LINE_DUPLICATE "line-duplicate" "L4-08" 4 PID Warning "A7:54 A7:247"
        "Two service lines have the same procedure, modifiers, date, units and charge."
        "Remove the double, or send modifier 76, 77 or 59.";
    LINE_PLACE_SAME "line-place-same-as-claim" "L4-09" 4 P Warning "A8:249"
        "A service line repeats the claim's place of service."
        "Send SV105 only where it differs.";
    DRUG_QUANTITY_MISSING "drug-quantity-missing" "L4-11" 4 PI Error "A6:218 A6:724"
        "A drug is named without its quantity."
        "Send CTP04 with a quantity above zero.";
    DRUG_UNIT "drug-unit" "L4-11" 4 PI Error "A7:659"
        "A drug's unit is none that drugs are counted in."
        "Send F2, GR, ME, ML or UN in CTP05.";
    COMPOUND_LINK "compound-link-number" "L4-13" 4 P Warning "A7:219"
        "A compound drug's line has a link number that no other line shares."
        "Send the same REF*VY or REF*XZ number on all lines of the compound.";
    PURCHASED_SERVICE_PROVIDER "purchased-service-provider-missing" "L4-14" 4 P Warning "A6:562:QB"
        "A service was purchased, but from whom is missing."
        "Send the provider in 2420B (NM1*QB).";
    PRIOR_PLACEMENT_MISSING "prior-placement-date-missing" "L4-16" 4 D Error "A6:201"
        "A prosthesis is a replacement, but the date of the earlier placement is missing."
        "Send DTP*441.";
    PREDETERMINATION_DATE "predetermination-with-date" "L4-18" 4 D Error "A8:187"
        "A predetermination has a date of service, but the service is still to come."
        "Leave out DTP*472, or CLM19 when the service was done.";
    ORTHODONTIC_DATES "orthodontic-treatment-missing" "L4-17" 4 D Warning "A6:605 A6:664"
        "An orthodontic service needs the months of treatment and the banding date."
        "Send DN1 and DTP*452.";
    OUTPATIENT_HCPCS_MISSING "outpatient-procedure-missing" "L4-19" 4 I Warning "A6:507 A6:455"
        "A revenue code of an outpatient claim usually needs a procedure code."
        "Send the HCPCS code in SV202.";
    ACCOMMODATION_DAYS "accommodation-in-days" "L4-20" 4 I Warning "A7:659"
        "Room and board is counted in days."
        "Send DA in SV204.";
    NONCOVERED_OVER_CHARGE "noncovered-over-charge" "L4-21" 4 I Error "A7:596"
        "The part of a line that is not covered is more than its charge."
        "Check SV207.";
    DESCRIPTION_MISSING "unlisted-procedure-description" "P6-12" 6 PI Error "A6:306"
        "An unlisted procedure needs a description."
        "Say what was done in SV101-7 (SV202-7).";
    AMBULANCE_TRANSPORT "ambulance-details-missing" "P6-01" 6 P Warning "A6:337"
        "An ambulance transport needs its details and where it began."
        "Send CR1, CRC*07 and the pick-up address (2310E).";
    ANESTHESIA_MODIFIER "anesthesia-modifier-missing" "P6-02" 6 P Warning "A6:453"
        "An anesthesia service usually says who gave it."
        "Send modifier AA, AD, QK, QX, QY or QZ.";
    CHIROPRACTIC_TREATMENT "chiropractic-first-treatment-missing" "P6-03" 6 P Warning "A6:701"
        "A spinal manipulation needs the date of the first treatment."
        "Send DTP*454.";
    TELEHEALTH_PLACE "telehealth-place-and-modifier" "P6-17" 6 P Warning "A8:249 A8:453"
        "A telehealth modifier is sent for a place of service that is not telehealth."
        "Send place 02 or 10, or drop the modifier where the payer asks for that.";
    BILATERAL_UNITS "bilateral-units" "P6-18" 6 P Warning "A8:453"
        "A bilateral procedure is billed with more than one unit."
        "Send one unit with modifier 50.";
}
