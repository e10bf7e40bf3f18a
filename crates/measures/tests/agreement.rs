//! Invariants over random rules and random facts: the evaluator agrees with the reference, and
//! learning more facts never overturns a certain answer.

#![expect(clippy::panic, clippy::unwrap_used, reason = "strategies are test code too")]

use interdict_measures::{FactSet, Law, Verdict, decide, reference};
use proptest::prelude::*;

const TERMS: &str = "date\tdate\t\tthe day
law\twords\t\twhose law
activity\tword\tgoods account cash\twhat is done
hs\ths\t\tthe code
hs_edition\tedition\t\tits edition
goods_kind\tword\tfish coal\twhat the goods are
origin\tcountry\t\twhere from
parties\twords\ta b c\twho
granted\tbool\t\tgranted
notice\tbool\t\tgiven
proof\tbool\t\tshown
p\tbool\t\tp
price\tnumber\tUSD\tprice of one piece
tonnes\tnumber\tt\tamount
contract\tdate\t\tcontract
";

fn atom(either: bool) -> impl Strategy<Value = String> {
    let mut atoms = vec![
        "activity = goods",
        "activity in goods, cash",
        "activity = account",
        "origin = is",
        "p",
        "notice",
        "price > 5",
        "price <= 10 USD",
        "contract < 2030-02-01",
        "within 30 days of 2030-01-01",
        "within 10 days of contract",
        "goods(HS2017: 03, not 0306; kind: fish)",
        "goods(HS2017: 2701, ex 27; kind: coal)",
        "goods(HS2012: 261590)",
        "room in k",
        "parties has a",
        "parties in b, c",
        "price > $limit",
        "contract <= date",
        "isl",
    ];
    // Two measures of one amount may turn out to disagree: there, knowing more can unsettle.
    atoms.extend(either.then_some("room in e"));
    prop::sample::select(atoms).prop_map(str::to_owned)
}

fn condition(either: bool) -> impl Strategy<Value = String> {
    atom(either).prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|part| format!("not {part}")),
        ]
    })
}

fn exception(depth: u32, either: bool) -> BoxedStrategy<Vec<String>> {
    let inner = if depth == 0 {
        Just(Vec::new()).boxed()
    } else {
        prop::collection::vec(exception(depth - 1, either), 0..2).prop_map(|all| all.concat()).boxed()
    };
    let relief = prop::sample::select(vec![
        ("except", ""),
        ("except", "provided: notice"),
        ("except", "provided: notice, proof"),
        ("licence", "granted: granted"),
    ]);
    (condition(either), relief, inner, prop::option::of(0..3_u32))
        .prop_map(|(when, (keyword, how), inner, from)| {
            let mut lines = vec![format!("{keyword} x"), format!("  when: {when}")];
            lines.extend((!how.is_empty()).then(|| format!("  {how}")));
            lines.extend((keyword == "licence").then(|| "  by: office".to_owned()));
            lines.extend(from.map(|month| format!("  from: 2030-0{}-01", month + 1)));
            lines.extend(inner.into_iter().map(|line| format!("  {line}")));
            lines
        })
        .boxed()
}

fn rule(either: bool) -> impl Strategy<Value = String> {
    let effect = prop::sample::select(vec!["prohibit", "prohibit", "require", "permit", "oblige"]);
    (
        effect,
        prop::collection::vec(condition(either), 1..3),
        prop::collection::vec(exception(2, either), 0..3),
        0..3_u32,
    )
        .prop_map(|(effect, when, exceptions, month)| {
            let mut text = format!("{effect} r\n  from: 2030-0{}-01\n", month + 1);
            when.iter().for_each(|one| text.push_str(&format!("  when: {one}\n")));
            if effect == "require" {
                text.push_str("  needs: proof\n");
            }
            exceptions.into_iter().flatten().for_each(|line| text.push_str(&format!("  {line}\n")));
            text
        })
}

fn law(either: bool) -> impl Strategy<Value = Law> {
    prop::collection::vec((rule(either), any::<bool>()), 1..5).prop_map(|rules| {
        let head = |force: &str| format!("regime: inv\nact: A\nparagraph: 1\nadopted: 2030-01-01\nforce: {force}\nverified: x\n");
        let mut files = vec![
            ("terms.tsv".to_owned(), TERMS.to_owned()),
            ("regimes/inv.md".to_owned(), "# I\n```regime\nid: inv\nname: I\ndefine isl: origin = is or parties has a\n```\n".to_owned()),
            ("io/jurisdiction.md".to_owned(), "# O\n```jurisdiction\nid: io\nname: O\nbinds: everyone\ndays: last included\n```\n".to_owned()),
            ("oo/jurisdiction.md".to_owned(), "# O\n```jurisdiction\nid: oo\nname: O\nbinds: parties has b\ndays: last excluded\n```\n".to_owned()),
        ];
        let extra = "cap k\n  text: x\n  period: every 12 months from 2030-01-01\n  limit: 100 t of tonnes\n  limit: 50 USD of price\n  combine: lower\n  stop: 95%\ncap e\n  text: x\n  period: every 12 months from 2030-01-01\n  limit: 100 t of tonnes\n  limit: 50 USD of price\n  combine: either\nvalue limit\n  2030-02-01: 7\n  2030-03-01: 9\n";
        for (n, (rule, binding)) in rules.iter().enumerate() {
            let folder = if n % 2 == 0 { "io" } else { "oo" };
            let force = if *binding { "decides" } else { "calls-upon" };
            let caps = if n == 0 { extra } else { "" };
            files.push((format!("{folder}/{n}.md"), format!("# P\n```rule\n{}{rule}{caps}```\n", head(force))));
        }
        let (law, problems) = Law::load_anyway(files);
        law.unwrap_or_else(|| panic!("{problems:#?}"))
    })
}

fn facts() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let choices: Vec<(&'static str, Vec<&'static str>)> = vec![
        ("date", vec!["2029-12-31", "2030-01-01", "2030-01-31", "2030-02-01", "2030-03-02"]),
        ("activity", vec!["goods", "account", "cash"]),
        ("hs", vec!["03", "0306", "030617", "2701", "27", "261590", "261510", "9703"]),
        ("hs_edition", vec!["hs2012", "hs2017"]),
        ("goods_kind", vec!["fish", "coal"]),
        ("origin", vec!["is", "fr"]),
        ("parties", vec!["a", "b", "a+c", "none", "a+?", "?"]),
        ("granted", vec!["yes", "no"]),
        ("notice", vec!["yes", "no"]),
        ("proof", vec!["yes", "no"]),
        ("p", vec!["yes", "no"]),
        ("price", vec!["5", "5.000001", "10", "51"]),
        ("tonnes", vec!["1", "5", "101"]),
        ("contract", vec!["2030-01-31", "2030-02-01", "2030-01-20"]),
        ("used.k.t", vec!["0", "94.999999", "95", "99"]),
        ("used.k.usd", vec!["0", "45", "47.5"]),
        ("used.e.t", vec!["0", "99", "100"]),
        ("used.e.usd", vec!["0", "49"]),
    ];
    let one = |(term, values): (&'static str, Vec<&'static str>)| {
        prop::sample::select(values).prop_map(move |value| (term, value)).boxed()
    };
    choices.into_iter().map(one).collect::<Vec<_>>()
}

fn set(law: &Law, facts: &[(&str, &str)], keep: &[bool]) -> FactSet {
    let mut out = FactSet::default();
    for ((term, value), keep) in facts.iter().zip(keep) {
        if *keep {
            out.add(&law.terms, term, value).unwrap();
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_evaluator_agrees_with_the_reference(law in law(true), facts in facts(), keep in prop::collection::vec(prop::bool::weighted(0.75), 18)) {
        let facts = set(&law, &facts, &keep);
        prop_assert_eq!(decide(&law, &facts), reference::decide(&law, &facts));
    }

    #[test]
    fn what_is_certain_stays_when_more_is_known(law in law(false), facts in facts(), mut keep in prop::collection::vec(prop::bool::weighted(0.6), 18)) {
        // A licence counts as not granted until it is known to be: the one place where knowing more may lift a ban.
        keep[7] = true;
        // The kind of goods in words prevails over a code: said later, it may bring in what the code left out.
        keep[4] = true;
        let (part, whole) = (set(&law, &facts, &keep), set(&law, &facts, &[true; 18]));
        let (before, after) = (decide(&law, &part).verdict, decide(&law, &whole).verdict);
        match before {
            Verdict::Permitted => prop_assert_eq!(after, Verdict::Permitted),
            Verdict::Prohibited => prop_assert_eq!(after, Verdict::Prohibited),
            Verdict::Conditional | Verdict::Undetermined => {}
        }
    }
}
