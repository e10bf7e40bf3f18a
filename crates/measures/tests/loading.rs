//! What does not load, and what is said about it.

use interdict_measures::Law;

const TERMS: &str = "date\tdate\t\tthe day
law\twords\t\twhose law
activity\tword\tgoods account\twhat is done
hs\ths\t\tthe code
hs_edition\tedition\t\tits edition
goods_kind\tword\tfish coal\twhat the goods are
origin\tcountry\t\twhere from
licence\tbool\t\tgranted
notice\tbool\t\tgiven
price\tnumber\tUSD\tprice of one piece
tonnes\tnumber\tt\tamount
";
const REGIME: &str = "# Invented\n```regime\nid: inv\nname: Invented\ndefine from_xx: origin = is\n```\n";
const ORDER: &str =
    "# Invented order\n```jurisdiction\nid: io\nname: Order\nbinds: everyone\ndays: last included\n```\n";
const HEAD: &str =
    "regime: inv\nact: Act 1\nparagraph: 1\nadopted: 2030-01-01\nforce: decides\nverified: here\nfrom: 2030-01-01\n";
const PROSE: &str =
    "Fish from there may not be bought by anybody anywhere at any time, see [text](https://example.org/act(1)).\n";

fn page(rule: &str, cases: &str) -> String {
    format!("# Act 1, paragraph 1: fish\n\n{PROSE}\n```rule\n{HEAD}\n{rule}\n```\n\n```cases\n{cases}\n```\n")
}

fn load(pages: &[(&str, String)]) -> Vec<String> {
    let mut files = vec![
        ("terms.tsv".to_owned(), TERMS.to_owned()),
        ("regimes/inv.md".to_owned(), REGIME.to_owned()),
        ("io/jurisdiction.md".to_owned(), ORDER.to_owned()),
    ];
    files.extend(pages.iter().map(|(path, text)| ((*path).to_owned(), text.clone())));
    Law::load(files).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

const RULE: &str = "prohibit fish\n  when: activity = goods and from_xx and goods(HS2017: 03; kind: fish)";
const CASES: &str = "given activity=goods, origin=is, hs=0301\n2029-12-31  → silent  before\n2030-01-01  → prohibited  on the day\n2030-01-01  hs=0401  → silent  not fish\n2030-01-01  origin=fr  → silent  from elsewhere";

#[test]
fn a_whole_page_loads() {
    assert_eq!(load(&[("io/1.md", page(RULE, CASES))]), Vec::<String>::new());
}

#[test]
fn each_fault_is_named_with_its_place() {
    let faults: &[(&str, &str, &str, &str)] = &[
        ("prohibit fish\n  when: activty = goods", CASES, "io/1.md:15", "unknown term `activty`"),
        ("prohibit fish\n  when: activity = godos", CASES, "io/1.md:15", "`godos` is not one of goods, account"),
        ("prohibit fish\n  when: origin = iceland9", CASES, "io/1.md:15", "names no country"),
        ("prohibit fish\n  when: goods(HS2017: 7701)", CASES, "io/1.md:15", "there is no chapter 77"),
        ("prohibit fish\n  when: goods(HS2018: 03)", CASES, "io/1.md:15", "unknown edition `hs2018`"),
        ("prohibit fish\n  when: goods(HS2017: ex 03)", CASES, "io/1.md:15", "needs a `kind:`"),
        ("prohibit fish\n  when: price > 5 EUR", CASES, "io/1.md:15", "unexpected `EUR`"),
        ("prohibit fish\n  when: price > -5", CASES, "io/1.md:15", "negative"),
        ("prohibit fish\n  when: (licence", CASES, "io/1.md:15", "`(` without `)`"),
        ("prohibit fish\n  when: room in nothing", CASES, "io/1.md:15", "unknown cap `nothing`"),
        ("prohibit fish\n  when: licence\n  from: 2030-02-30", CASES, "io/1.md:16", "`2030-02-30` is no day"),
        ("prohibit fish\n  when: licence\n  from: 2029-12-31", CASES, "io/1.md:14", "before its adoption"),
        ("prohibit fish\n  when: licence\n  until: 2029-12-31\n  ended-by: x", CASES, "io/1.md:16", "before it begins"),
        ("prohibit fish\n  when: licence\n  until: 2031-01-01", CASES, "io/1.md:16", "without `ended-by:`"),
        ("prohibit fish", CASES, "io/1.md:14", "would cover everything"),
        ("prohibit fish\n  whem: licence", CASES, "io/1.md:15", "unknown field `whem`"),
        ("prohibit fish\n  when: licence\n   oops", CASES, "io/1.md:16", "two spaces"),
        ("require fish\n  when: licence", CASES, "io/1.md:14", "says what it `needs:`"),
        ("prohibit fish\n  when: licence\n  licence it\n    granted: licence", CASES, "io/1.md:16", "who grants it"),
        ("except it to io/9\n  when: licence", CASES, "io/1.md:14", "exception to `io/9`, which is no rule"),
        (RULE, "given activity=goods\n2030-01-01 → silent why", "io/1.md:20", "columns"),
        (RULE, "2030-13-01  → silent  why", "io/1.md:19", "`2030-13-01` is no day"),
        (RULE, "2030-01-01  → forbidden  why", "io/1.md:19", "unknown expectation `forbidden`"),
        (RULE, "2030-01-01  price=-1  → silent  why", "io/1.md:19", "negative"),
        (RULE, "2030-01-01  → silent  why", "io/1.md:18", "no case just beyond the first day"),
        (RULE, "2030-01-01  → silent  why", "io/1.md:18", "no case outside `goods("),
        (
            "prohibit fish\n  when: activity = goods and price > 5 USD",
            CASES,
            "io/1.md:18",
            "no case exactly at the threshold `price > 5`",
        ),
        (
            "prohibit fish\n  when: activity = goods\n  except early\n    when: within 30 days of 2030-01-01",
            CASES,
            "io/1.md:20",
            "the day after `within 30 days of 2030-01-01` (2030-02-01)",
        ),
    ];
    for (rule, cases, place, part) in faults {
        let said = load(&[("io/1.md", page(rule, cases))]);
        assert!(
            said.iter().any(|one| one.starts_with(place) && one.contains(part)),
            "{rule}\n  expected {place}: {part}\n  got {said:#?}"
        );
    }
}

#[test]
fn missing_parts_of_a_page_are_named() {
    let whole = page(RULE, CASES);
    for (without, said) in [
        ("verified: here\n", "missing `verified:`"),
        ("adopted: 2030-01-01\n", "missing `adopted:`"),
        ("act: Act 1\n", "missing `act:`"),
        (PROSE, "missing link"),
        ("force: decides\n", "force is `missing`"),
        ("regime: inv\n", "unknown regime"),
    ] {
        let said_all = load(&[("io/1.md", whole.replace(without, ""))]);
        assert!(said_all.iter().any(|one| one.contains(said)), "{without}: {said_all:#?}");
    }
}

#[test]
fn rules_that_decide_differently_name_both_places() {
    let allow = "require fish\n  when: activity = goods and from_xx and goods(HS2017: 0301)\n  needs: notice";
    let cases = "given activity=goods, origin=is, hs=0301\n2029-12-31  → silent  before\n2030-01-01  → conditional  on the day\n2030-01-01  hs=0401  → silent  not fish\n2030-01-01  origin=fr  → silent  from elsewhere";
    let both = |allow: &str| load(&[("io/1.md", page(RULE, CASES)), ("io/2.md", page(allow, cases))]);
    let said = both(allow);
    assert!(
        said.len() == 1
            && said[0].starts_with("io/2.md:14")
            && said[0].contains("io/1.md:14")
            && said[0].contains("decide differently"),
        "{said:#?}"
    );
    assert_eq!(both(&format!("{allow}\n  beside: io/1")), Vec::<String>::new());
    assert_eq!(
        both(&allow.replace("0301", "0401")).iter().filter(|s| s.contains("differently")).count(),
        0,
        "other goods"
    );
}

#[test]
fn a_replaced_page_must_end_the_day_before() {
    let new = page(RULE, CASES)
        .replace("regime: inv\n", "regime: inv\nreplaces: io/1\n")
        .replace("2030-01-01", "2031-01-01")
        .replace("2029-12-31", "2030-12-31");
    let said = load(&[("io/1.md", page(RULE, CASES)), ("io/2.md", new)]);
    assert!(said.iter().any(|s| s.contains("replaces io/1 from 2031-01-01") && s.contains("without end")), "{said:#?}");
}

#[test]
fn a_span_counts_its_last_day_only_where_the_jurisdiction_does() {
    let rule = "prohibit fish\n  when: activity = goods and goods(HS2017: 03; kind: fish)\n  except early\n    when: within 30 days of 2030-01-01";
    let cases = |last: &str, beyond: &str| {
        format!(
            "given activity=goods, hs=0301\n2029-12-31  → silent  before\n2030-01-01  → permitted except early  first\n{last}  → permitted except early  last\n{beyond}  → prohibited  beyond\n2030-01-01  hs=0401  → silent  not fish"
        )
    };
    let with = |order: &str, cases: String| {
        let mut files = vec![
            ("terms.tsv".to_owned(), TERMS.to_owned()),
            ("regimes/inv.md".to_owned(), REGIME.to_owned()),
            ("io/jurisdiction.md".to_owned(), order.to_owned()),
        ];
        files.push(("io/1.md".to_owned(), page(rule, &cases)));
        let report = interdict_measures::lint::lint(files, "");
        assert!(report.is_clean(), "{report}");
    };
    with(ORDER, cases("2030-01-31", "2030-02-01"));
    with(&ORDER.replace("last included", "last excluded"), cases("2030-01-30", "2030-01-31"));
}
