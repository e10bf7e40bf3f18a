//! Accounts of caps: arithmetic of periods, corrections, ranges, order; and the first real accounts.

#![expect(clippy::panic, clippy::unwrap_used, reason = "what tests share is test code too")]

use std::sync::LazyLock;

use interdict_measures::account::{self, Effect, Statement, Units, draw_up, one_more, period_of};
use interdict_measures::{Amount, Law, statement};
use jiff::civil::{Date, date};
use proptest::prelude::*;

fn law() -> &'static Law {
    static LAW: LazyLock<Law> = LazyLock::new(|| Law::embedded().unwrap_or_else(|problems| panic!("{problems:#?}")));
    &LAW
}

fn read(text: &str) -> Vec<Statement> {
    let units = Units::of(law()).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let (out, problems) = statement::read("t", &header, lines.enumerate().map(|(n, row)| (n as u64 + 2, row)), &units);
    assert!(problems.is_empty(), "{problems:#?}");
    out
}

fn draw(cap: &str, statements: &[Statement], on: Date) -> account::Account {
    let law = law();
    draw_up(&law.caps[cap], &Units::of(law).unwrap(), statements, on, None).unwrap()
}

#[test]
fn the_same_cap_counts_by_its_own_period() {
    let law = law();
    for (cap, day, period) in [
        ("crude", date(2018, 12, 21), Some((date(2017, 12, 22), date(2018, 12, 21)))),
        ("crude", date(2018, 12, 22), Some((date(2018, 12, 22), date(2019, 12, 21)))),
        ("crude", date(2017, 12, 21), None),
        ("refined-2018", date(2020, 2, 29), Some((date(2020, 1, 1), date(2020, 12, 31)))),
        ("coal-2016", date(2016, 12, 31), Some((date(2016, 11, 30), date(2016, 12, 31)))),
        ("coal-2016", date(2017, 1, 1), None),
    ] {
        assert_eq!(period_of(&law.caps[cap], day), period, "{cap} on {day}");
    }
}

#[test]
fn barrels_win_then_the_product_then_the_general_factor() {
    let units = Units::of(law()).unwrap();
    let amount = |text: &str| Amount::parse(text).unwrap();
    assert_eq!(units.convert(amount("100"), "bbl", "bbl", None).unwrap().best, amount("100"));
    assert_eq!(units.convert(amount("100"), "t", "bbl", Some("lpg")).unwrap().best, amount("1160"));
    let unknown = units.convert(amount("60000"), "t", "bbl", None).unwrap();
    assert!(
        unknown.low < amount("500000") && unknown.high > amount("500000"),
        "60,000 t may or may not fit: {unknown}"
    );
    assert_eq!(units.convert(amount("1"), "bbl", "t", None), None, "nothing leads back");
}

#[test]
fn one_more_delivery_says_when_it_cannot_tell() {
    let law = law();
    let (cap, units) = (&law.caps["refined-2018"], Units::of(law).unwrap());
    let account =
        draw("refined-2018", &read("period,reporter,barrels\n2018-01..2018-03,Aland,470000"), date(2018, 4, 1));
    let ask = |amount: &str, unit: &str, product| {
        one_more(cap, &account, &units, &[(unit.to_owned(), Amount::parse(amount).unwrap())], product)[0].1
    };
    assert_eq!(ask("30000", "bbl", None), Effect::Fits, "fills it exactly, before the stop mark");
    assert_eq!(ask("30000.000001", "bbl", None), Effect::Exceeds);
    assert_eq!(ask("4000", "t", None), Effect::Unknown, "25,400 as fuel oil, 46,400 as gas");
    assert_eq!(ask("4000", "t", Some("fuel-oil")), Effect::Fits);
    assert_eq!(ask("4000", "t", Some("lpg")), Effect::Exceeds);
    let stopped =
        draw("refined-2018", &read("period,reporter,barrels\n2018-01..2018-03,Aland,475000"), date(2018, 4, 1));
    assert_eq!(
        one_more(cap, &stopped, &units, &[("bbl".to_owned(), Amount::whole(1))], None)[0].1,
        Effect::Exceeds,
        "at 95 per cent all stops"
    );
    assert_eq!(stopped.units[0].passed, [75, 90, 95]);
    assert_eq!(account.units[0].passed, [75, 90]);
}

#[test]
fn corrections_count_once_and_late_ones_only_when_known() {
    let rows = read(
        "period,reporter,barrels,received\n2018-01,Aland,100,2018-02-01\n2018-01,Aland,140,2018-05-01\n2018-02,Aland,50,2018-03-01",
    );
    let law = law();
    let (cap, units) = (&law.caps["refined-2018"], Units::of(law).unwrap());
    let on = |known| draw_up(cap, &units, &rows, date(2018, 6, 1), known).unwrap().units[0].used.best;
    assert_eq!(on(None), Amount::whole(190));
    assert_eq!(on(Some(date(2018, 4, 1))), Amount::whole(150), "as known before the correction");
    let account = draw_up(cap, &units, &rows, date(2018, 6, 1), None).unwrap();
    assert!(
        account.remarks.iter().any(|r| r.contains("100 for 2018-01-01") && r.contains("corrected by 140")),
        "{:#?}",
        account.remarks
    );
}

#[test]
fn late_reports_count_and_are_named() {
    let account = draw(
        "refined-2018",
        &read("period,reporter,barrels,received\n2018-01,A,10,2018-03-02\n2018-02,A,20,2018-03-31"),
        date(2018, 4, 1),
    );
    let late: Vec<&String> = account.remarks.iter().filter(|r| r.contains("30 are allowed")).collect();
    assert_eq!(
        late.len(),
        1,
        "2 March is the thirtieth day after January, 31 March the thirty-first after February: {late:?}"
    );
    assert!(late[0].contains("31 days after 2018-02-28"), "{late:?}");
    assert_eq!(account.units[0].used.best, Amount::whole(30));
}

#[test]
fn joint_and_separate_figures_are_two_views() {
    let account =
        draw("refined-2018", &read("period,reporter,barrels\n2019,A+B,1000\n2019,A,400\n2019,B,590"), date(2019, 6, 1));
    let unit = &account.units[0];
    assert_eq!(unit.used.best, Amount::whole(1000), "the higher of two full views");
    assert_eq!(unit.views.len(), 2, "{:#?}", unit.views);
}

#[test]
fn parts_that_do_not_add_up_to_their_whole_stay_visible() {
    let account = draw(
        "refined-2018",
        &read("period,reporter,barrels\n2018-01,A,10\n2018-02,A,20\n2018-01..2018-02,A,31"),
        date(2018, 3, 1),
    );
    assert!(account.remarks.iter().any(|r| r.contains("parts add up to 30")), "{:#?}", account.remarks);
    assert_eq!(account.units[0].used.best, Amount::whole(31));
}

#[test]
fn bad_rows_are_named() {
    let units = Units::of(law()).unwrap();
    for (row, why) in [
        ("2018-13,A,1", "no period"),
        ("2018-01,,1", "nobody"),
        ("2018-01,A,-1", "negative"),
        ("2018-01,A,", "no amount"),
        ("2018-02..2018-01,A,1", "no period"),
        ("2018-01,A,1e3", "not a number"),
    ] {
        let header = ["period", "reporter", "barrels"].map(str::to_owned);
        let fields = row.split(',').map(str::to_owned).collect();
        let (_, problems) = statement::read("t", &header, std::iter::once((2, fields)), &units);
        assert!(problems.len() == 1 && problems[0].why.contains(why), "{row}: {problems:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_reports_does_not_matter(seed in prop::collection::vec((1..12_i8, 0..3_i8, 0..4_usize, 1..500_u32, 1..28_i8), 1..14), shuffle in any::<u64>()) {
        let row = |(n, (month, more, who, amount, day)): (usize, &(i8, i8, usize, u32, i8))| Statement {
            from: date(2019, *month, 1),
            to: date(2019, (*month + *more).min(12), 1).last_of_month(),
            reporters: [vec!["A"], vec!["B"], vec!["A", "B"], vec!["C"]][*who].iter().map(|s| (*s).to_owned()).collect(),
            amounts: vec![(if amount % 3 == 0 { "t" } else { "bbl" }.to_owned(), Amount::whole(i64::from(*amount)))],
            product: None,
            received: Some(date(2020, 1, *day)),
            reported: None,
            source: String::new(),
            note: String::new(),
            place: format!("t:{n}"),
        };
        let rows: Vec<Statement> = seed.iter().enumerate().map(row).collect();
        let mut other = rows.clone();
        other.sort_by_key(|s| s.place.bytes().fold(shuffle, |hash, b| hash.wrapping_mul(31).wrapping_add(u64::from(b))));
        prop_assert_eq!(draw("refined-2018", &rows, date(2019, 6, 1)), draw("refined-2018", &other, date(2019, 6, 1)));
    }
}

#[test]
fn the_reported_petroleum_keeps_its_discrepancies() {
    let path = std::env::var("INTERDICT_DATA")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").to_owned());
    let path = format!("{path}/trade/SECONDARY_un1718_refined_petroleum_reported.csv");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: {path} is not there");
        return;
    };
    let law = law();
    let units = Units::of(law).unwrap();
    let mut rows = text.trim_start_matches('\u{feff}').lines().map(split);
    let header = rows.next().unwrap();
    let count = text.lines().count() - 1;
    let (statements, problems) =
        statement::read("reported", &header, rows.enumerate().map(|(n, row)| (n as u64 + 2, row)), &units);
    assert_eq!(statements.len() + problems.len(), count, "each row is a statement or a problem");
    let year = |y: i16| draw_up(&law.caps["refined-2018"], &units, &statements, date(y, 12, 31), None).unwrap();
    let of_2018 = year(2018);
    assert!(
        of_2018.remarks.iter().any(|r| r.contains("8618") || r.contains("add up")),
        "months that sum to 8,620 t beside 8,618: {:#?}",
        of_2018.remarks
    );
    assert_eq!(year(2019).units[0].used.best, Amount::whole(418_000));
    assert_eq!(year(2021).units[0].used.best, Amount::whole(91_909));
}

/// Splits a line of CSV; quotes may hold commas.
fn split(line: &str) -> Vec<String> {
    let (mut out, mut field, mut quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(std::mem::take(&mut field)),
            other => field.push(other),
        }
    }
    out.push(field);
    out
}
