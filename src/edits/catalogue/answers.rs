//! Claim status (276, 277, 277CA), and the contacts that every transaction may have.

use super::edits;

edits! {
    CONTACT_FORM "contact-number-form" "S2-11" 2 A Warning ""
        "A contact's {what} is not written as one."
        "Send ten digits for a telephone or fax, and an address with @ for e-mail." at "PER04, PER06, PER08";
    STATUS_NPI "status-npi-check-digit" "X5-01" 5 S Error ""
        "The provider's NPI is not an NPI: ten digits, beginning with 1 or 2, with a right check digit."
        "Correct the NPI; the NPPES registry shows it." at "NM109";
}
