//! Short public code lists that edits look up: states, provinces, countries, places of service. Each is one
//! line of codes of equal width, so that a look-up is a scan of a few hundred bytes.

/// True for a place of service of the CMS list (CLM05-1, SV105, SV303).
pub fn place_of_service(code: &[u8]) -> bool {
    listed(PLACES_OF_SERVICE, code)
}

/// True for a state, territory or military address region of the USPS.
pub fn state(code: &[u8]) -> bool {
    listed(STATES, code)
}

/// True for a province or territory of Canada.
pub fn province(code: &[u8]) -> bool {
    listed(PROVINCES, code)
}

/// True for a country of ISO 3166-1 (two letters), also those retired in living memory.
pub fn country(code: &[u8]) -> bool {
    listed(COUNTRIES, code)
}

fn listed(list: &[u8], code: &[u8]) -> bool {
    code.len() == 2 && list.chunks_exact(3).any(|entry| &entry[..2] == code)
}

/// CMS place of service codes.
const PLACES_OF_SERVICE: &[u8] = b"\
    01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 31 32 33 34 41 42 49 50 51 \
    52 53 54 55 56 57 58 60 61 62 65 66 71 72 81 99 ";

/// USPS, with AA, AE and AP.
const STATES: &[u8] = b"\
    AA AE AK AL AP AR AS AZ CA CO CT DC DE FL FM GA GU HI IA ID IL IN KS KY LA MA MD ME MH MI MN MO MP MS MT NC \
    ND NE NH NJ NM NV NY OH OK OR PA PR PW RI SC SD TN TX UT VA VI VT WA WI WV WY ";

/// Canada Post, with the older NF and PQ.
const PROVINCES: &[u8] = b"\
    AB BC MB NB NF NL NS NT NU ON PE PQ QC SK YT ";

/// ISO 3166-1 alpha-2.
const COUNTRIES: &[u8] = b"\
    AD AE AF AG AI AL AM AN AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW \
    BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ \
    FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ \
    IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH \
    MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL \
    PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD \
    TF TG TH TJ TK TL TM TN TO TP TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT YU ZA ZM ZW ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_codes_of_two_characters() {
        for list in [PLACES_OF_SERVICE, STATES, PROVINCES, COUNTRIES] {
            assert!(list.chunks(3).all(|entry| entry.len() == 3 && entry[2] == b' ' && !entry[..2].contains(&b' ')));
        }
    }

    #[test]
    fn known_codes_are_found_and_others_are_not() {
        assert!(place_of_service(b"11") && place_of_service(b"10") && !place_of_service(b"00"));
        assert!(state(b"IL") && state(b"AP") && !state(b"ON") && !state(b"ZZ") && !state(b"IL "));
        assert!(province(b"ON") && country(b"CA") && !country(b"XX") && !country(b"L "));
    }
}
