//! The evidence of a hit, in the words an analyst uses.
//!
//! Promises: says only what the score was computed from; every token of both names appears once.
//!
//! Not here: the score (`name_score`, `record`).

use interdict_model::{Country, Entity, NameQuality};
use interdict_names::analyse::{Class, UNIT};
use interdict_names::likeness::Relation as Likened;

use crate::edges::JOINED_TAG;
use crate::hit::{Attribute, AttributeEvidence, Evidence, Hit, NameEvidence, Relation, Score, TokenEvidence, Verdict};
use crate::index::View;
use crate::matching::{Edge, Layout, ONE};
use crate::name_score::{DESCENT_PERCENT, DIFFER_PERCENT, Numbers, ONE_SIDED_PERCENT, descent_differs, numbers};
use crate::own::Own;
use crate::pass::relation;
use crate::query::QueryForm;
use crate::record::{EVEN, Finding, moved};

/// The best pair of names: form, row, layout, edges, score in 1/65,536.
pub type BestName<'a> = (&'a QueryForm, u32, &'a Layout, &'a [Edge], i64);

/// Puts a hit into words.
pub fn hit(
    view: &View<'_>,
    own: &Own,
    party: &Entity,
    ordinal: u32,
    score: i64,
    name: Option<BestName<'_>>,
    findings: Vec<Finding>,
) -> Hit {
    let score = share(score);
    let base = name.map_or(0, |n| n.4);
    let mut attributes: Vec<AttributeEvidence> = findings.into_iter().map(|f| attribute(f, base)).collect();
    let evidence = name.map(|n| name_evidence(view, own, party, n));
    if let Some((form, row, layout, edges, _)) = name {
        let listed = listed_tokens(view, own, row);
        let said = match numbers(layout, edges, &form.tokens, &listed) {
            Numbers::Agree => None,
            Numbers::OneSided => Some((ONE_SIDED_PERCENT, "one of the names carries a number that the other has not")),
            Numbers::Differ => Some((DIFFER_PERCENT, "the names carry different numbers")),
        };
        let against = |attribute, class, left_percent: i64, words: &str| AttributeEvidence {
            attribute,
            verdict: Verdict::Contradicts,
            party: of_class(class, form.form.tokens.iter().map(|t| (t.class, t.text.as_str()))),
            listed: of_class(class, view.terms_of_row(row).iter().map(|&t| view.token(t)).map(|t| (t.class, t.text))),
            effect: (left_percent - 100) as f64 / 100.0 * base as f64 / ONE as f64,
            words: words.into(),
        };
        attributes.extend(said.map(|(left, words)| against(Attribute::Number, Class::Number, left, words)));
        if descent_differs(layout, edges, &form.tokens, &listed) {
            let words = "father and child changed places";
            attributes.push(against(Attribute::Descent, Class::Patronymic, DESCENT_PERCENT, words));
        }
    }
    let summary = summary(evidence.as_ref(), &attributes, score);
    Hit { ordinal, score, evidence: Evidence { name: evidence, attributes, summary } }
}

fn listed_tokens(view: &View<'_>, own: &Own, row: u32) -> Vec<crate::edges::Weighted> {
    view.terms_of_row(row).iter().filter_map(|&t| own.weighted(view, t)).collect()
}

fn of_class<'a>(of: Class, tokens: impl Iterator<Item = (Class, &'a str)>) -> Vec<String> {
    tokens.filter(|(class, _)| *class == of).map(|(_, text)| text.to_owned()).collect()
}

fn share(score: i64) -> Score {
    Score(u16::try_from((score * 10_000 + ONE / 2) / ONE).unwrap_or(0).min(10_000))
}

fn name_evidence(
    view: &View<'_>,
    words: &Own,
    party: &Entity,
    (form, row, layout, edges, score): BestName<'_>,
) -> NameEvidence {
    let meta = view.rows.get(row as usize);
    let name = meta.and_then(|m| view.names.get(m.name as usize));
    let terms = view.terms_of_row(row);
    let mut tokens = Vec::new();
    let (mut party_used, mut listed_used) = (0_u64, 0_u64);
    let own = |mask: u64| {
        let all = form.form.tokens.iter().enumerate().filter(|(i, _)| mask & (1 << i) != 0);
        all.map(|(_, t)| readable(&t.text)).collect::<Vec<_>>().join(" ")
    };
    let theirs = |mask: u64| {
        let all = terms.iter().enumerate().filter(|(j, _)| mask & (1 << j) != 0);
        all.map(|(_, &t)| readable(view.token(t).text)).collect::<Vec<_>>().join(" ")
    };
    for edge in layout.chosen.iter().filter_map(|&i| edges.get(usize::from(i))) {
        party_used |= edge.party;
        listed_used |= edge.listed;
        tokens.push(TokenEvidence {
            party: Some(own(edge.party)),
            listed: Some(theirs(edge.listed)),
            relation: worded(edge.tag),
            similarity: Score(u16::try_from(u32::from(edge.share) * 10_000 / 1024).unwrap_or(0)),
            weight: weight(edge.weight),
        });
    }
    for (i, token) in form.tokens.iter().enumerate().filter(|(i, _)| party_used & (1 << i) == 0) {
        let party = Some(own(1 << i));
        tokens.push(TokenEvidence {
            party,
            listed: None,
            relation: Relation::PartyOnly,
            similarity: Score(0),
            weight: weight(token.weight),
        });
    }
    for (j, &term) in terms.iter().enumerate().filter(|(j, _)| listed_used & (1 << j) == 0) {
        let listed = Some(theirs(1 << j));
        let heavy = words.weighted(view, term).map_or(0, |t| t.weight);
        tokens.push(TokenEvidence {
            party: None,
            listed,
            relation: Relation::ListedOnly,
            similarity: Score(0),
            weight: weight(heavy),
        });
    }
    NameEvidence {
        party: party.names.get(form.name).map_or_else(String::new, |n| n.value.full.clone()),
        listed: name.map_or_else(String::new, |n| view.name_text(n).to_owned()),
        quality: name.map_or(NameQuality::Primary, |n| quality(n.quality)),
        score: share(score),
        tokens,
    }
}

/// A canonical token without the mark that keeps it apart from words.
fn readable(text: &str) -> &str {
    text.strip_prefix('#').unwrap_or(text)
}

fn weight(weight: u16) -> Score {
    Score(u16::try_from(u32::from(weight) * 10_000 / u32::from(UNIT)).unwrap_or(10_000).min(10_000))
}

fn quality(number: u32) -> NameQuality {
    const ALL: [NameQuality; 4] = [NameQuality::Primary, NameQuality::Strong, NameQuality::Weak, NameQuality::Former];
    ALL.get(number as usize).copied().unwrap_or(NameQuality::Strong)
}

fn worded(tag: u8) -> Relation {
    if tag & JOINED_TAG != 0 {
        return Relation::Joined;
    }
    match relation(tag) {
        Likened::Equal => Relation::Equal,
        Likened::Spelling => Relation::Spelling,
        Likened::Language => Relation::Language,
        Likened::Nickname => Relation::Nickname,
        Likened::Near => Relation::Near,
        Likened::Initial => Relation::Initial,
        Likened::LegalForm => Relation::LegalForm,
        Likened::Acronym => Relation::Acronym,
    }
}

fn attribute(finding: Finding, base: i64) -> AttributeEvidence {
    let effect = (moved(base, finding.factor) - base) as f64 / ONE as f64;
    let effect = if finding.factor == EVEN { 0.0 } else { (effect * 10_000.0).round() / 10_000.0 };
    let words = words(&finding);
    AttributeEvidence {
        attribute: finding.attribute,
        verdict: finding.verdict,
        party: finding.party,
        listed: finding.listed,
        effect,
        words,
    }
}

fn words(finding: &Finding) -> String {
    let list = |values: &[String]| values.join(", ");
    let countries = |values: &[String]| {
        let named =
            values.iter().map(|code| Country::parse(code).map_or_else(|| code.clone(), |c| c.name().to_owned()));
        named.collect::<Vec<_>>().join(", ")
    };
    let (a, b) = match finding.attribute {
        Attribute::Country => (countries(&finding.party), countries(&finding.listed)),
        Attribute::Born
        | Attribute::Gender
        | Attribute::BirthPlace
        | Attribute::Address
        | Attribute::Identifier
        | Attribute::Kind
        | Attribute::Number
        | Attribute::Descent => (list(&finding.party), list(&finding.listed)),
    };
    let what = match finding.attribute {
        Attribute::Born => "date of birth or foundation",
        Attribute::Country => "country",
        Attribute::Gender => "gender",
        Attribute::BirthPlace => "place of birth",
        Attribute::Address => "address",
        Attribute::Identifier => "identifier",
        Attribute::Kind => "kind",
        Attribute::Number => "number",
        Attribute::Descent => "descent",
    };
    let note = if finding.note.is_empty() { String::new() } else { format!(" ({})", finding.note) };
    match finding.verdict {
        Verdict::Agrees => format!("{what} agrees: {a} and {b}{note}"),
        Verdict::Compatible => format!("{what} can agree: {a} and {b}{note}"),
        Verdict::Contradicts => format!("{what} contradicts: {a} against {b}{note}"),
        Verdict::Unknown if finding.party.is_empty() => format!("{what} unknown: the party does not say (listed: {b})"),
        Verdict::Unknown if finding.listed.is_empty() => {
            format!("{what} unknown: the listing does not say (party: {a})")
        }
        Verdict::Unknown => format!("{what} does not decide: {a} and {b}{note}"),
    }
}

fn summary(name: Option<&NameEvidence>, attributes: &[AttributeEvidence], score: Score) -> String {
    let mut parts = Vec::new();
    if let Some(name) = name {
        let how = match name.score.0 {
            9_900.. => "the same name",
            8_500..=9_899 => "nearly the same name",
            7_000..=8_499 => "a similar name",
            1..=6_999 => "a name with something in common",
            0 => "another name",
        };
        let weak = if name.quality == NameQuality::Weak { " (a weak alias)" } else { "" };
        parts.push(format!("{how}{weak}"));
    }
    for verdict in [Verdict::Agrees, Verdict::Contradicts] {
        let named: Vec<&str> = attributes
            .iter()
            .filter(|a| a.verdict == verdict)
            .map(|a| match a.attribute {
                Attribute::Born => "date of birth",
                Attribute::Country => "country",
                Attribute::Gender => "gender",
                Attribute::BirthPlace => "place of birth",
                Attribute::Address => "address",
                Attribute::Identifier => "identifier",
                Attribute::Kind => "kind",
                Attribute::Number => "number",
                Attribute::Descent => "descent",
            })
            .collect();
        if !named.is_empty() {
            let word = if verdict == Verdict::Agrees { "same" } else { "but another" };
            parts.push(format!("{word} {}", named.join(" and ")));
        }
    }
    if parts.is_empty() {
        parts.push("nothing in common".into());
    }
    format!("{} (score {score})", parts.join(", "))
}

/// What an analyst is told of a weak alias that resembles more than the names that decided.
pub fn passed_over(hit: &mut Hit, alias: &str, score: i64) {
    let score = share(score);
    let note = format!("; the weak alias `{alias}` resembles more ({score}) and needs a date, country or identifier");
    hit.evidence.summary.push_str(&note);
}
