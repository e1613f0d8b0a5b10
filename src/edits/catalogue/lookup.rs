//! SNIP 7: what only this gateway can tell, from its partners and the claims it has seen. Fired by the
//! whole-file check itself.

use super::edits;

edits! {
    PAYER_UNKNOWN "payer-unknown" "T7-01" 7 PID Error "A7:116"
        "No payer with the id {} is reached through this gateway."
        "Correct the payer id in 2010BB NM109; the list of payers shows those that are reached." at "2010BB NM109";
    PAYER_KIND "payer-does-not-take-kind" "T7-01" 7 PID Error "A7:116"
        "The payer {} does not take claims of this kind through this gateway."
        "Send these claims to the payer in the way it has told you." at "2010BB NM109";
    BILLING_NOT_ENROLLED "billing-provider-not-enrolled" "T7-02" 7 PID Error "A8:496:85"
        "You are not set up to send claims for this billing provider."
        "Ask support to add the provider's NPI to your account." at "2010AA NM109";
    SUBMITTER_ID "submitter-id-not-yours" "T7-02" 7 PID Error "A3:24:41"
        "The submitter id in 1000A is not one of yours."
        "Send your own id in 1000A NM109." at "1000A NM109";
    DUPLICATE_IN_FILE "duplicate-claim-in-file" "T7-05" 7 PID Error "A3:78"
        "The same claim stands earlier in this file: same payer, billing provider, patient, dates, charges and lines."
        "Send a claim once; to correct it send frequency 7 with the payer's number of the first." at "CLM";
    DUPLICATE_EARLIER "duplicate-claim-earlier" "T7-05" 7 PID Error "A3:78"
        "The same claim was already sent in an earlier file."
        "Wait for its answer; to correct it send frequency 7 with the payer's number of the first." at "CLM";
    DUPLICATE_FILE "duplicate-file" "T7-06" 7 PID Error/fixed "A3:746:41"
        "This very file was submitted before, as {submission} on {day}; handed in again it is refused as a whole. Its \
        claims are judged here as if it had not been."
        "Do not send it again: look that submission up, or correct the file first." at "ISA";
}
