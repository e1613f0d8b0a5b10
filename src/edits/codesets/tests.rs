//! The lists in the binary, and those of a folder.

use std::time::Instant;

use super::table::CODE_MAX;
use super::*;

fn day(text: &str) -> Day {
    file::day(text).unwrap()
}

fn loaded(text: &str) -> Loaded {
    file::read(text).unwrap_or_else(|problems| panic!("{problems:?}"))
}

#[test]
fn every_list_in_the_binary_reads_and_holds_codes_of_its_form() {
    for (list, _) in SHIPPED {
        let loaded = shipped(list).unwrap();
        assert_eq!(loaded.about.list, list);
        for words in [&loaded.about.title, &loaded.about.release, &loaded.about.source, &loaded.about.licence] {
            assert!(!words.is_empty(), "{list:?} says where it comes from");
        }
        assert!(loaded.table.count() >= 13, "{list:?} has {} codes", loaded.table.count());
        for entry in loaded.table.entries() {
            let code = table::unpack(entry.key);
            assert!(list.has_form(code.as_bytes()) && code.len() <= CODE_MAX, "{list:?} {code}");
        }
    }
}

#[test]
fn the_icd_lists_have_as_many_codes_as_their_releases() {
    let in_force = |list: List, on: &str| {
        let on = day(on).number();
        shipped(list).unwrap().table.entries().iter().filter(|entry| entry.from <= on && on <= entry.to).count()
    };
    // CMS and NCHS publish these counts with each fiscal year.
    assert_eq!(in_force(List::Icd10Cm, "2021-01-01"), 72_621);
    assert_eq!(in_force(List::Icd10Cm, "2024-10-01"), 74_260);
    assert_eq!(in_force(List::Icd10Cm, "2025-10-01"), 74_719);
    assert_eq!(in_force(List::Icd10Pcs, "2024-04-01"), 78_638);
    assert_eq!(in_force(List::Icd10Pcs, "2024-10-01"), 78_948);
}

#[test]
fn a_diagnosis_is_judged_on_the_day_of_service() {
    let sets = CodeSets::shipped();
    let check = |code: &str, on: &str, want: Listed| {
        assert_eq!(sets.judge(List::Icd10Cm, code.as_bytes(), day(on)), want, "{code} {on}");
    };
    check("E119", "2026-11-01", Listed::InForce);
    check("E11", "2026-11-01", Listed::Heading);
    check("E1199", "2026-11-01", Listed::Unknown);
    // Low back pain was split in October 2021.
    check("M545", "2021-09-30", Listed::InForce);
    check("M545", "2021-10-01", Listed::Heading);
    check("M5450", "2021-09-30", Listed::OutOfForce);
    check("M5450", "2021-10-01", Listed::InForce);
    // COVID-19 has its code from April 2020.
    check("U071", "2020-03-31", Listed::OutOfForce);
    check("U071", "2020-04-01", Listed::InForce);
    // New in October 2025, and a heading from then on.
    check("G35", "2025-09-30", Listed::InForce);
    check("G35", "2025-10-01", Listed::Heading);
    check("G35A", "2025-09-30", Listed::OutOfForce);
    // Beyond what the list knows.
    check("E119", "2031-01-01", Listed::InForce);
    check("E1199", "2031-01-01", Listed::Doubtful);
    check("E119", "2014-01-01", Listed::Doubtful);
}

#[test]
fn a_service_of_several_days_needs_its_code_on_one_end() {
    let sets = CodeSets::shipped();
    let over =
        |code: &str, first: &str, last: &str| sets.judge_over(List::Icd10Cm, code.as_bytes(), (day(first), day(last)));
    assert_eq!(over("M5450", "2021-09-29", "2021-10-02"), Listed::InForce);
    assert_eq!(over("G35A", "2025-09-29", "2025-10-02"), Listed::InForce);
    assert_eq!(over("U071", "2020-03-01", "2020-03-02"), Listed::OutOfForce);
}

#[test]
fn old_lists_doubt_and_know_what_is_newer_than_they() {
    let sets = CodeSets::shipped();
    let on = day("2026-11-01");
    assert_eq!(sets.judge(List::Carc, b"45", on), Listed::InForce);
    assert_eq!(sets.judge(List::Carc, b"QQ", on), Listed::Doubtful);
    assert_eq!(sets.judge(List::Carc, b"297", on), Listed::Newer);
    assert_eq!(sets.judge(List::Carc, b"P32", on), Listed::Newer);
    assert_eq!(sets.judge(List::Carc, b"999", on), Listed::Doubtful);
    assert_eq!(sets.judge(List::Rarc, b"N700", on), Listed::InForce);
    assert_eq!(sets.judge(List::Rarc, b"N856", on), Listed::Newer);
    assert_eq!(sets.judge(List::Rarc, b"X1", on), Listed::Doubtful);
}

#[test]
fn short_lists_hold_what_they_should() {
    let sets = CodeSets::form_only();
    for (list, good, bad) in [
        (List::PlaceOfService, ["11", "10"], ["00", "XX"]),
        (List::State, ["IL", "AP"], ["ON", "ZZ"]),
        (List::Province, ["ON", "QC"], ["IL", "on"]),
        (List::Country, ["CA", "YU"], ["XX", "CAN"]),
    ] {
        good.iter().for_each(|code| assert!(sets.holds(list, code.as_bytes()), "{list:?} {code}"));
        bad.iter().for_each(|code| assert!(!sets.holds(list, code.as_bytes()), "{list:?} {code}"));
    }
    assert_eq!(sets.judge(List::PlaceOfService, b"10", day("2021-12-31")), Listed::OutOfForce);
    assert_eq!(sets.judge(List::Icd10Cm, b"E11", day("2026-01-01")), Listed::FormOnly);
    let sets = CodeSets::shipped();
    let on = day("2026-11-01");
    assert_eq!(sets.judge(List::Zip3, b"627IL", on), Listed::InForce);
    assert_eq!(sets.judge(List::Zip3, b"834WY", on), Listed::InForce);
    assert_eq!(sets.judge(List::Zip3, b"627", on), Listed::Heading);
    assert_eq!(sets.judge(List::Zip3, b"627WI", on), Listed::Doubtful);
}

#[test]
fn what_is_written_reads_back_the_same() {
    for (list, _) in SHIPPED {
        let first = shipped(list).unwrap();
        let again = loaded(&file::write(&first.about, &first.table));
        assert_eq!(again.about, first.about);
        assert_eq!(again.table.entries(), first.table.entries(), "{list:?}");
    }
}

#[test]
fn a_folder_s_lists_stand_before_those_in_the_binary() {
    let dir = tempfile::tempdir().unwrap();
    assert!(!CodeSets::load(Some(dir.path())).unwrap().is_given(List::Cpt), "no folder is no fault");
    fs::create_dir(dir.path().join("codes")).unwrap();
    let put = |name: &str, text: &str| fs::write(dir.path().join("codes").join(name), text).unwrap();
    put("cpt.txt", "list: cpt\n\n@ - -\n99213 99214\n@ - 2025-12-31\n99215\n");
    put("state.txt", shipped_text(List::State).unwrap());
    put("notes.md", "not a list");
    let sets = CodeSets::load(Some(dir.path())).unwrap();
    assert!(sets.is_given(List::Cpt) && !sets.is_given(List::State));
    let on = day("2026-01-01");
    assert_eq!(sets.judge(List::Cpt, b"99213", on), Listed::InForce);
    assert_eq!(sets.judge(List::Cpt, b"99215", on), Listed::OutOfForce);
    assert_eq!(sets.judge(List::Cpt, b"99999", on), Listed::Unknown);
    let used: ListSet = [List::Cpt, List::Hcpcs, List::Icd10Cm].into_iter().collect();
    assert_eq!(sets.without_list(used).names(), ["HCPCS"]);

    put("more.txt", "list: cpt\n\n99216\n");
    put("state.txt", "list: state\nunknwon: error\n\n@ 2026-01-01\nIL il\n");
    let Err(CodesError::Faults(faults)) = CodeSets::load(Some(dir.path())) else { panic!("faulty lists are refused") };
    let told: Vec<String> = faults.iter().map(ListFault::to_string).collect();
    assert_eq!(
        told,
        [
            "codes/more.txt: line 1: this list stands in two files",
            "codes/state.txt: line 2: `unknwon` is no key of a list's head",
            "codes/state.txt: line 4: is no `@` with a first and a last day, or - for open",
            "codes/state.txt: line 5: `il` is no code of capitals and digits",
        ]
    );
}

#[test]
fn all_lists_together_take_less_than_five_megabytes() {
    let bytes: usize = SHIPPED.iter().map(|(list, _)| shipped(*list).unwrap().table.bytes()).sum();
    assert!(bytes < 5_000_000, "{bytes}");
}

/// Prints what look-ups cost; a limit here would fail on a busy machine.
#[test]
fn looking_up_every_code_finds_it() {
    for list in [List::Icd10Cm, List::Icd10Pcs] {
        let sets = CodeSets::shipped();
        let entries = shipped(list).unwrap().table.entries();
        let codes: Vec<(String, Day)> = entries
            .iter()
            .map(|entry| (table::unpack(entry.key), Day::read(entry.from.to_string().as_bytes()).unwrap()))
            .collect();
        let began = Instant::now();
        assert!(codes.iter().all(|(code, on)| sets.judge(list, code.as_bytes(), *on) == Listed::InForce));
        println!("{list:?}: {} ns a look-up", began.elapsed().as_nanos() / codes.len() as u128);
    }
}
