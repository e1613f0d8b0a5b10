//! SNIP 3: amounts that must add up.

use super::edits;

edits! {
    CHARGES_PROFESSIONAL "charges-do-not-add-up" "B3-01" 3 P Error "A7:400 A7:178"
        "The claim's total charge is {} but its service lines add up to {}."
        "Correct CLM02 or the line charges so that they agree." at "CLM02";
    CHARGES_INSTITUTIONAL "charges-do-not-add-up-institutional" "B3-02" 3 I Error "A7:400 A7:178"
        "The claim's total charge is {} but its revenue lines add up to {}."
        "Correct CLM02 or the line charges (SV203) so that they agree; a 0001 total line does not count." at "CLM02";
    CHARGES_DENTAL "charges-do-not-add-up-dental" "B3-03" 3 D Error "A7:400 A7:178"
        "The claim's total charge is {} but its service lines add up to {}."
        "Correct CLM02 or the line charges (SV302) so that they agree." at "CLM02";
    OTHER_PAYER_LINE "other-payer-line-balance" "B3-04" 3 PID Error "A7:672 A7:643"
        "What another payer paid and adjusted on a service line comes to {}, but the line's charge is {}."
        "Copy SVD02 and every CAS amount of the line from that payer's remittance." at "2430 SVD02";
    OTHER_PAYER_CLAIM "other-payer-claim-balance" "B3-05" 3 PID Warning "A7:672"
        "What another payer paid and adjusted on the claim comes to {}, but the claim's charge is {}."
        "Copy AMT*D and every CAS amount of the claim and its lines from that payer's remittance." at "2320 AMT*D";
    OTHER_PAYER_PAID "other-payer-paid-amount" "B3-06" 3 PID Warning "A7:672 A7:183:xx"
        "Another payer's paid amount for the claim is {}, but its line payments less its claim adjustments come to {}."
        "Copy AMT*D, SVD02 and the claim's CAS amounts from that payer's remittance." at "2320 AMT*D";
    AMOUNT_FORM_CHARGE "charge-decimals" "B3-07" 3 PID Error "A7:697 A7:178"
        "The claim's total charge has more than two decimals or more than ten digits."
        "Send the charge in dollars and cents." at "CLM02";
    AMOUNT_FORM_LINE "line-charge-decimals" "B3-07" 3 PID Error "A7:697 A7:583"
        "A service line's charge has more than two decimals or more than ten digits."
        "Send the charge in dollars and cents." at "SV102, SV203, SV302";
    UNITS_FORM "units-decimals" "B3-07" 3 PID Error "A7:697 A7:476"
        "A service line's units have more than three decimals."
        "Round the units to three decimals at most." at "SV104, SV205, SV306";
    AMOUNT_FORM_OTHER_PAYER "other-payer-amount-decimals" "B3-07" 3 PID Error "A7:697 A7:672"
        "An amount reported for another payer has more than two decimals or more than ten digits."
        "Copy the amount from that payer's remittance in dollars and cents." at "2320 AMT02, CAS; 2430 SVD02, CAS";
    AMOUNT_FORM_PATIENT_PAID "patient-paid-decimals" "B3-07" 3 PID Error "A7:697 A7:183:QC"
        "The amount that the patient paid has more than two decimals or more than ten digits."
        "Send the amount in dollars and cents." at "2300 AMT02";
    AMOUNT_FORM_NONCOVERED "noncovered-charge-decimals" "B3-07" 3 I Error "A7:697 A7:596"
        "A revenue line's noncovered charge has more than two decimals or more than ten digits."
        "Send the charge in dollars and cents." at "SV207";
    AMOUNT_FORM_REST "amount-decimals" "B3-07" 3 PID Error "A7:697 A7:21"
        "An amount of money has more than two decimals or more than ten digits."
        "Send the amount in dollars and cents."
        at "HCP02, HCP03, HCP07; CN102; PS102; SV504, SV505; 2300 and 2400 AMT02; 2320 MIA, MOA";
    PATIENT_PAID_TOO_MUCH "patient-paid-over-charge" "B3-08" 3 PID Warning "A7:183:QC"
        "The patient paid {}, more than the claim's total charge of {}."
        "Check AMT*F5." at "2300 AMT*F5";
    COVERED_DAYS "covered-days" "B3-09" 3 I Warning "A7:456"
        "Covered and not covered days come to {}, but the statement has {}."
        "Check value codes 80 and 81 against DTP*434; the day of discharge does not count." at "HI*BE";
}
