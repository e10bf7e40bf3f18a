//! Any text at all: pages, tables, records and reports give problems, never a panic, in bounded time.

use std::sync::LazyLock;

use interdict_measures::account::Units;
use interdict_measures::input::Fields;
use interdict_measures::{Law, decide, reference, statement};
use proptest::prelude::*;

static LAW: LazyLock<Option<Law>> = LazyLock::new(|| Law::embedded().ok());

fn words() -> impl Strategy<Value = String> {
    let known = vec![
        "when:",
        "prohibit",
        "except",
        "licence",
        "cap",
        "value",
        "and",
        "or",
        "not",
        "(",
        ")",
        "goods(",
        "HS2017:",
        "within",
        "30 days of",
        "2017-08-05",
        "room in",
        "hs",
        "date",
        "=",
        "<",
        "$x",
        "```rule",
        "```cases",
        "```",
        "\n",
        "\n  ",
        "\n    ",
        "regime: dprk",
        "limit: 5 t of quantity_t",
        "given",
        "→",
        "  ",
        "9999-99-99",
        "-1",
        "é",
        "\u{202e}",
        "\0",
    ];
    prop::collection::vec(
        prop_oneof![4 => prop::sample::select(known).prop_map(str::to_owned), 1 => any::<String>()],
        0..40,
    )
    .prop_map(|parts| parts.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pages_of_any_text(text in words(), path in "[a-z]{1,4}/[a-z0-9]{1,4}\\.(md|tsv)") {
        let files = vec![(path, text.clone()), ("terms.tsv".to_owned(), text), ("un/jurisdiction.md".to_owned(), "# U\n```jurisdiction\nid: un\nname: U\nbinds: everyone\ndays: last included\n```\n".to_owned())];
        let _ = Law::load(files);
    }

    #[test]
    fn a_page_among_the_real_vocabulary(text in words()) {
        let mut files: Vec<(String, String)> = interdict_measures::embedded_files().into_iter().filter(|(path, _)| path == "terms.tsv" || path.ends_with("jurisdiction.md") || path.starts_with("regimes")).collect();
        files.push(("un/9/1.md".to_owned(), format!("# H\n```rule\nregime: dprk\nact: A\nadopted: 2017-01-01\nforce: decides\nfrom: 2017-01-01\n{text}\n```\n")));
        let _ = Law::load_anyway(files);
    }

    #[test]
    fn records_of_any_text(record in prop::collection::vec((prop_oneof!["[a-z_]{1,12}", Just("hs".to_owned()), Just("quantity".to_owned()), Just("unit".to_owned()), Just("buyer_country".to_owned()), Just("address".to_owned()), Just("date".to_owned())], any::<String>()), 0..30)) {
        let Some(law) = LAW.as_ref() else { return Err(TestCaseError::fail("the law does not load")) };
        let Ok(fields) = Fields::of(law) else { return Err(TestCaseError::fail("the fields do not load")) };
        let input = fields.read(law, "line 1", record.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        prop_assert_eq!(decide(law, &input.facts), reference::decide(law, &input.facts));
    }

    #[test]
    fn reports_of_any_text(row in prop::collection::vec(any::<String>(), 3..6)) {
        let Some(Ok(units)) = LAW.as_ref().map(Units::of) else { return Err(TestCaseError::fail("the units do not load")) };
        let header = ["period", "reporter", "barrels", "unit", "amount"].map(str::to_owned);
        let (statements, problems) = statement::read("t", &header, std::iter::once((2, row)), &units);
        prop_assert_eq!(statements.len() + problems.len(), 1);
    }
}
