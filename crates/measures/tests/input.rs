//! Bad and doubtful input: a named problem or an unknown fact, never a guess.

#![expect(clippy::panic, clippy::unwrap_used, reason = "what tests share is test code too")]

use std::sync::LazyLock;

use interdict_measures::input::{Fields, Input};
use interdict_measures::{Law, Verdict, decide};

static LAW: LazyLock<Law> = LazyLock::new(|| Law::embedded().unwrap_or_else(|problems| panic!("{problems:#?}")));

fn read(record: &[(&str, &str)]) -> Input {
    Fields::of(&LAW).unwrap().read(&LAW, "line 2", record.iter().copied())
}

const COAL: &[(&str, &str)] = &[
    ("date", "2018-01-05"),
    ("law", "un"),
    ("activity", "goods"),
    ("hs", "2701"),
    ("origin", "KP"),
    ("from", "KP"),
    ("seller", "Mine"),
    ("seller_country", "KP"),
    ("loading_port", "other"),
    ("to", "CN"),
];

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = COAL.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    kept.chain(more).copied().collect()
}

#[test]
fn a_whole_record_is_decided() {
    let input = read(COAL);
    assert!(input.problems.is_empty(), "{:?}", input.problems);
    assert_eq!(decide(&LAW, &input.facts).verdict, Verdict::Prohibited);
    assert_eq!(input.parties[0].name, "Mine");
}

#[test]
fn what_cannot_be_read_is_named() {
    for (name, text, said) in [
        ("hs", "7701", "there is no chapter 77"),
        ("hs", "27O1", "digits and dots"),
        ("hs", "270", "3 digits"),
        ("hs_edition", "HS2018", "unknown edition"),
        ("date", "2018-02-30", "not a day"),
        ("date", "05/01/2018", "not a day"),
        ("activity", "smuggling", "is not one of"),
        ("origin", "Atlantis", "names no country"),
        ("seller_country", "Atlantis", "names no country"),
        ("quantity_t", "-5", "negative"),
        ("licence", "maybe", "not yes or no"),
        ("goods_kind", "contraband", "is not one of"),
    ] {
        let input = read(&with(&[(name, text)]));
        assert!(
            input.problems.iter().any(|p| p.place == "line 2" && p.why.contains(said)),
            "{name}={text}: {:?}",
            input.problems
        );
    }
    for (more, said) in [
        (vec![("quantity", "-5"), ("unit", "t")], "negative"),
        (vec![("quantity", "5"), ("unit", "stone")], "unknown unit `stone`"),
        (vec![("quantity", "5")], "without `unit`"),
        (vec![("value", "5")], "without `value_currency`"),
    ] {
        let input = read(&with(&more));
        assert!(input.problems.iter().any(|p| p.why.contains(said)), "{more:?}: {:?}", input.problems);
    }
}

#[test]
fn a_country_given_in_two_ways_that_disagree_is_unknown() {
    let input = read(&with(&[("origin", "KR"), ("country_of_origin", "KP"), ("from", "KR"), ("seller_country", "KR")]));
    assert!(input.facts.conflicts().contains_key("origin"));
    let decision = decide(&LAW, &input.facts);
    assert_eq!(decision.verdict, Verdict::Undetermined);
    assert!(decision.lacking().contains(&"origin"));
    assert!(read(&with(&[("country_of_origin", "KP")])).facts.conflicts().is_empty(), "twice the same is no conflict");
}

#[test]
fn missing_facts_leave_it_undetermined_and_are_named() {
    for missing in ["date", "activity", "hs", "origin", "seller_country"] {
        let mut record = with(&[]);
        // Nothing else may settle the direction.
        for other in ["origin", "from", "seller_country"].into_iter().filter(|_| missing != "date") {
            record.iter_mut().filter(|(name, _)| *name == other).for_each(|field| field.1 = "CN");
        }
        record.retain(|(name, _)| *name != missing);
        let decision = decide(&LAW, &read(&record).facts);
        assert_ne!(decision.verdict, Verdict::Permitted, "without {missing}");
        assert_eq!(decision.verdict, Verdict::Undetermined, "without {missing}");
        assert!(!decision.lacking().is_empty(), "without {missing}");
    }
}

#[test]
fn one_known_country_among_unknown_ones_is_enough_to_forbid_and_never_to_clear() {
    let some = |seller: &'static str| {
        let record = with(&[("origin", "CN"), ("from", "CN"), ("seller_country", seller), ("seller_2", "Broker")]);
        decide(&LAW, &read(&record).facts).verdict
    };
    assert_eq!(some("KP"), Verdict::Prohibited);
    assert_eq!(some("CN"), Verdict::Undetermined);
}

#[test]
fn amounts_are_converted_only_when_the_product_is_known() {
    let of = |more: &[(&str, &str)]| {
        let input = read(&with(more));
        assert!(input.problems.is_empty(), "{:?}", input.problems);
        ["quantity_t", "quantity_bbl"].map(|term| input.facts.get(term).map(ToString::to_string))
    };
    assert_eq!(of(&[("quantity", "2500"), ("unit", "kg")]), [Some("2.5".to_owned()), None]);
    assert_eq!(
        of(&[("quantity", "10"), ("unit", "t"), ("product", "lpg")]),
        [Some("10".to_owned()), Some("116".to_owned())]
    );
    assert_eq!(of(&[("quantity", "10"), ("unit", "t")]), [Some("10".to_owned()), None]);
    assert_eq!(of(&[("quantity", "10"), ("unit", "barrels")]), [None, Some("10".to_owned())]);
}

#[test]
fn free_text_tells_where_a_party_is_and_silence_clears_nothing() {
    for (field, text, term, value) in [
        ("address", "Yalta, Krimea", "party_region", "crimea+?"),
        ("address", "ул. Ленина 1, Севастополь", "party_region", "sevastopol+?"),
        ("address", "Крим, Сімферополь", "party_region", "crimea+?"),
        ("address", "Qırım yolu 4", "party_region", "crimea+?"),
        ("buyer_address", "Qirim", "party_region", "crimea+?"),
        ("address", "Denver, Colorado", "party_region", "absent"),
        ("address", "Krimhild Street 4", "party_region", "absent"),
        ("buyer", "Embassy of the Democratic People's Republic of Korea", "party_country", "kp+?"),
        ("buyer", "Embassy of the Democratic People's Republic of Korea", "party_is", "mission+?"),
        ("email", "someone@mail.example.kp", "party_place", "kp+?"),
        ("phone", "+850 2 1234567", "party_place", "kp+?"),
        ("note", "ship it to Pyongyang", "party_place", "kp+?"),
        ("message", "don't mention that customer is in my country", "red_flag_text", "yes"),
        ("note", "kpop records", "party_place", "absent"),
    ] {
        let input = read(&[(field, text)]);
        assert!(input.problems.is_empty(), "{:?}", input.problems);
        let got = input.facts.get(term).map_or("absent".to_owned(), ToString::to_string);
        assert_eq!(got, value, "{field}={text}: {term}");
    }
    let both = read(&[("party_region", "none"), ("address", "Yalta, Krimea")]);
    assert_eq!(
        both.facts.get("party_region").map(ToString::to_string).as_deref(),
        Some("crimea"),
        "the country field does not undo the address"
    );
}
