//! SNIP 4 on service lines.

use super::edits;

edits! {
    LINE_CHARGE_NEGATIVE "line-charge-negative" "L4-01" 4 PID Error "A7:583 A7:693"
        "A service line's charge is below zero."
        "Send the charge without a minus." at "SV102, SV203, SV302";
    UNITS_ZERO "line-units" "L4-02" 4 PID Error "A7:476"
        "A service line has a charge but no units."
        "Send units above zero." at "SV104, SV205, SV306";
    ANESTHESIA_UNIT "minutes-without-anesthesia" "L4-03" 4 P Error "A8:659 A8:251"
        "A service line counts minutes, but its procedure is not anesthesia."
        "Send UN in SV103." at "SV103";
    ANESTHESIA_MINUTES "anesthesia-minutes-whole" "L4-03" 4 P Error "A8:659 A8:251"
        "Anesthesia minutes must be a whole number above zero."
        "Send whole minutes in SV104." at "SV104";
    POINTER "diagnosis-pointer" "L4-04" 4 P Error "A7:477"
        "A service line points to diagnosis {}, but the claim has {}."
        "Point only to diagnoses of the claim: 1 is the first of HI." at "SV107";
    POINTER_MISSING "diagnosis-pointer-missing" "L4-04" 4 P Error "A7:477"
        "A service line points to no diagnosis."
        "Send the number of the line's main diagnosis in SV107-1." at "SV107";
    POINTER_REPEATED "diagnosis-pointer-repeated" "L4-04" 4 P Error "A7:477"
        "A service line points to the same diagnosis twice."
        "Name each diagnosis once in SV107." at "SV107";
    POINTER_DENTAL "diagnosis-pointer-dental" "L4-05" 4 D Error "A7:477"
        "A service line points to diagnosis {}, but the claim has {}."
        "Point only to diagnoses of the claim (1 to 4) in SV311." at "SV311";
    LINE_DATE_MISSING "line-date-missing" "L4-06" 4 D Error "A6:187"
        "A service line has no date of service."
        "Send DTP*472." at "2400 LX";
    SERVICE_DATES_ORDER "service-dates-order" "L4-07" 4 PID Error "A7:187"
        "A service's last day is before its first."
        "Check DTP*472." at "DTP*472";
    LINE_DUPLICATE "line-duplicate" "L4-08" 4 PID Warning "A7:54 A7:247"
        "Two service lines have the same procedure, modifiers, date, units and charge."
        "Remove the double, or send modifier 76, 77 or 59." at "SV101, SV202, SV301";
    LINE_PLACE_SAME "line-place-same-as-claim" "L4-09" 4 P Warning "A8:249"
        "A service line repeats the claim's place of service."
        "Send SV105 only where it differs." at "SV105";
    DRUG_QUANTITY_MISSING "drug-quantity-missing" "L4-11" 4 PI Error "A6:218 A6:724"
        "A drug is named without its quantity."
        "Send CTP04 with a quantity above zero." at "2410 CTP04";
    DRUG_UNIT "drug-unit" "L4-11" 4 PI Error "A7:659"
        "A drug's unit is none that drugs are counted in."
        "Send F2, GR, ME, ML or UN in CTP05." at "2410 CTP05";
    COMPOUND_LINK "compound-link-number" "L4-13" 4 P Warning "A7:219"
        "A compound drug's line has a link number that no other line shares."
        "Send the same REF*VY or REF*XZ number on all lines of the compound." at "2410 REF*VY, REF*XZ";
    PURCHASED_SERVICE_PROVIDER "purchased-service-provider-missing" "L4-14" 4 P Warning "A6:562:QB"
        "A service was purchased, but from whom is missing."
        "Send the provider in 2420B (NM1*QB)." at "2400 PS1";
    PRIOR_PLACEMENT_MISSING "prior-placement-date-missing" "L4-16" 4 D Error "A6:201"
        "A prosthesis is a replacement, but the date of the earlier placement is missing."
        "Send DTP*441." at "SV305";
    PREDETERMINATION_DATE "predetermination-with-date" "L4-18" 4 D Error "A8:187"
        "A predetermination has a date of service, but the service is still to come."
        "Leave out DTP*472, or CLM19 when the service was done." at "DTP*472";
    ORTHODONTIC_DATES "orthodontic-treatment-missing" "L4-17" 4 D Warning "A6:605 A6:664"
        "An orthodontic service needs the months of treatment and the banding date."
        "Send DN1 and DTP*452." at "SV301-2";
    OUTPATIENT_HCPCS_MISSING "outpatient-procedure-missing" "L4-19" 4 I Warning "A6:507 A6:455"
        "A revenue code of an outpatient claim usually needs a procedure code."
        "Send the HCPCS code in SV202." at "SV202";
    ACCOMMODATION_DAYS "accommodation-in-days" "L4-20" 4 I Warning "A7:659"
        "Room and board is counted in days."
        "Send DA in SV204." at "SV204";
    NONCOVERED_OVER_CHARGE "noncovered-over-charge" "L4-21" 4 I Error "A7:596"
        "The part of a line that is not covered is more than its charge."
        "Check SV207." at "SV207";
    EMERGENCY_FLAG "emergency-indicator" "L4-10" 4 P Warning "A7:471"
        "A service line's emergency indicator is not Y."
        "Send Y in SV109, or leave it empty." at "SV109";
    SCREENING_FLAG "screening-indicator" "L4-10" 4 P Warning "A7:564"
        "A service line's indicator of a child's screening (EPSDT) is not Y."
        "Send Y in SV111, or leave it empty." at "SV111";
    FAMILY_PLANNING_FLAG "family-planning-indicator" "L4-10" 4 P Warning "A7:568"
        "A service line's family planning indicator is not Y."
        "Send Y in SV112, or leave it empty." at "SV112";
    DRUG_MISSING "drug-code-missing" "L4-12" 4 P Warning "A6:218"
        "Medicaid wants the national drug code of an injected drug."
        "Send the drug in LIN and its quantity in CTP." at "SV101-2, SV202-2";
    TOOTH_MISSING "tooth-missing" "L4-15" 4 D Warning "A6:244"
        "A service that is done on one tooth does not name it."
        "Send the tooth in TOO02." at "SV3";
    SURFACE_OF_TOOTH "surface-of-tooth" "L4-15" 4 D Warning "A6:240"
        "A surface is named that the tooth does not have."
        "Front teeth have an incisal edge (I), back teeth a chewing surface (O)." at "TOO03";
}
