//! Answers for people: the hit first, then the evidence, token by token.

use std::io::Write;

use interdict_engine::past::Then;
use interdict_engine::{
    Attribute, AttributeEvidence, Evidence, Found, NameEvidence, Relation, Screening, TokenEvidence, Verdict,
};
use interdict_model::{Entity, NameQuality};

use super::Row;
use crate::exit::Failure;
use crate::style::{self, BOLD, CLEAR, DIM, ERROR, HIT, NOTE, clean};

/// The party in one line: name, and what else is known of it.
pub fn party(entity: &Entity) -> String {
    let mut known = Vec::new();
    if entity.kind != interdict_model::Kind::Unknown {
        known.push(entity.kind.word().to_owned());
    }
    known.extend(entity.births.iter().map(|born| format!("born {}", born.value)));
    known.extend(entity.nationalities.iter().map(|country| country.value.name().to_owned()));
    known.extend(entity.identifiers.iter().map(|id| clean(&id.value.value)));
    let name = if entity.names.is_empty() { "(no name)".to_owned() } else { style::fit(entity.caption(), 80) };
    if known.is_empty() { name } else { format!("{name} ({})", style::fit(&known.join(", "), 100)) }
}

/// One hit: where it stands and why it is there.
pub fn found(out: &mut impl Write, hit: &Found, indent: &str) -> Result<(), Failure> {
    let (score, caption) = (hit.score, style::fit(&hit.caption, 80));
    let (list, reference) = (clean(&hit.list.0), clean(&hit.reference));
    writeln!(out, "{indent}{HIT}{score}{HIT:#}  {BOLD}{caption}{BOLD:#} · {} · {list} {reference}", hit.kind.word())?;
    for act in &hit.designations {
        let mut words = Vec::new();
        words.extend([clean(&act.programme)].into_iter().filter(|text| !text.is_empty()));
        words.extend(act.basis.as_deref().map(clean));
        words.extend(act.authority.as_deref().map(clean));
        words.extend(act.listed_on.map(|date| format!("listed {date}")));
        words.extend(act.ended_on.map(|date| format!("ended {date}")));
        if !words.is_empty() {
            writeln!(out, "{indent}      {DIM}{}{DIM:#}", style::fit(&words.join(" · "), 140))?;
        }
    }
    if hit.then == Some(Then::NotKnown) {
        writeln!(out, "{indent}      {NOTE}it does not say when it was listed: perhaps later{NOTE:#}")?;
    }
    evidence(out, &hit.evidence, &format!("{indent}      "))
}

/// What the score was computed from.
pub fn evidence(out: &mut impl Write, evidence: &Evidence, indent: &str) -> Result<(), Failure> {
    if !evidence.summary.is_empty() {
        writeln!(out, "{indent}{}", style::fit(&evidence.summary, 200))?;
    }
    if let Some(name) = &evidence.name {
        let tokens: Vec<String> = name.tokens.iter().map(token).collect();
        writeln!(out, "{indent}name        {}  {}", name.score, tokens.join(" · "))?;
        if name.listed != name.party {
            let quality = quality(name);
            writeln!(out, "{indent}            {DIM}matched {quality}: {}{DIM:#}", style::fit(&name.listed, 100))?;
        }
    }
    for attribute in evidence.attributes.iter().filter(|attribute| attribute.verdict != Verdict::Unknown) {
        let style = match attribute.verdict {
            Verdict::Contradicts => ERROR,
            Verdict::Agrees => CLEAR,
            Verdict::Compatible | Verdict::Unknown => DIM,
        };
        let (word, effect) = (attribute_word(attribute.attribute), effect(attribute));
        let words = style::fit(&attribute.words, 120);
        let gap = if effect.is_empty() { "" } else { " " };
        writeln!(out, "{indent}{word:<12}{style}{words}{style:#}{DIM}{gap}{effect}{DIM:#}")?;
    }
    let unknown: Vec<&str> = evidence
        .attributes
        .iter()
        .filter(|attribute| attribute.verdict == Verdict::Unknown)
        .map(|attribute| attribute_word(attribute.attribute))
        .collect();
    if !unknown.is_empty() {
        writeln!(out, "{indent}{DIM}unknown     {}{DIM:#}", unknown.join(", "))?;
    }
    Ok(())
}

/// The publisher's quality of the name that matched.
pub fn quality(name: &NameEvidence) -> &'static str {
    match name.quality {
        NameQuality::Primary => "primary name",
        NameQuality::Strong => "alias",
        NameQuality::Weak => "weak alias",
        NameQuality::Former => "former name",
    }
}

/// By how much an attribute moved the score.
pub fn effect(attribute: &AttributeEvidence) -> String {
    if attribute.effect.abs() < 0.0005 { String::new() } else { format!("({:+.2})", attribute.effect) }
}

/// The word for an attribute.
pub fn attribute_word(attribute: Attribute) -> &'static str {
    match attribute {
        Attribute::Born => "born",
        Attribute::Country => "country",
        Attribute::Gender => "gender",
        Attribute::BirthPlace => "birthplace",
        Attribute::Address => "address",
        Attribute::Identifier => "identifier",
        Attribute::Kind => "kind",
        Attribute::Number => "numbers",
        Attribute::Descent => "descent",
    }
}

/// How two tokens resemble each other, in a word.
pub fn relation_word(relation: Relation) -> &'static str {
    match relation {
        Relation::Equal => "same",
        Relation::Spelling => "spelling",
        Relation::Language => "other language",
        Relation::Nickname => "nickname",
        Relation::Near => "near",
        Relation::Skeleton => "consonants",
        Relation::Initial => "initial",
        Relation::Joined => "joined",
        Relation::LegalForm => "legal form",
        Relation::Acronym => "acronym",
        Relation::PartyOnly => "party only",
        Relation::ListedOnly => "list only",
    }
}

fn token(token: &TokenEvidence) -> String {
    let side = |side: &Option<String>| side.as_deref().map(|text| style::fit(text, 40)).unwrap_or_default();
    let (party, listed) = (side(&token.party), side(&token.listed));
    match token.relation {
        Relation::Equal => format!("{party} ="),
        Relation::PartyOnly => format!("{party} ∅"),
        Relation::ListedOnly => format!("∅ {listed}"),
        Relation::Spelling
        | Relation::Language
        | Relation::Nickname
        | Relation::Near
        | Relation::Skeleton
        | Relation::Initial
        | Relation::Joined
        | Relation::LegalForm
        | Relation::Acronym => format!("{party} ~ {listed} ({}, {})", relation_word(token.relation), token.similarity),
    }
}

/// The answer for one party.
pub fn screening(out: &mut impl Write, screening: &Screening) -> Result<(), Failure> {
    let party = party(&screening.party);
    if screening.hits.is_empty() {
        writeln!(out, "{CLEAR}clear{CLEAR:#}  {party}")?;
        return Ok(());
    }
    let hits = style::count(screening.hits_total as u64, "hit", "hits");
    writeln!(out, "{HIT}{hits}{HIT:#}  {party}")?;
    for hit in &screening.hits {
        writeln!(out)?;
        found(out, hit, "  ")?;
    }
    let more = screening.hits_total.saturating_sub(screening.hits.len());
    if more > 0 {
        writeln!(out, "\n  … and {} (see them with --limit)", style::count(more as u64, "more hit", "more hits"))?;
    }
    Ok(())
}

/// The answer for one row of a file: nothing if it is clear.
pub fn row(out: &mut impl Write, row: &Row, whole: bool) -> Result<(), Failure> {
    let place = match &row.id {
        Some(id) => format!("{} [{}]", row.place, style::fit(id, 30)),
        None => row.place.clone(),
    };
    match &row.answer {
        Err(reason) => {
            let reason = reason.lines().next().unwrap_or("");
            writeln!(out, "{ERROR}not done{ERROR:#}  {place}: {}", style::fit(reason, 160))?;
        }
        Ok(recorded) if recorded.value().hits.is_empty() => {}
        Ok(recorded) if whole => {
            write!(out, "{place}: ")?;
            screening(out, recorded.value())?;
            writeln!(out)?;
        }
        Ok(recorded) => {
            let screening = recorded.value();
            writeln!(out, "{HIT}hit{HIT:#}  {place}: {BOLD}{}{BOLD:#}", party(&screening.party))?;
            for hit in screening.hits.iter().take(3) {
                let (caption, list) = (style::fit(&hit.caption, 60), clean(&hit.list.0));
                let (reference, why) = (clean(&hit.reference), style::fit(&hit.evidence.summary, 110));
                writeln!(out, "     {HIT}{}{HIT:#}  {caption} · {list} {reference}  {DIM}{why}{DIM:#}", hit.score)?;
            }
            let more = screening.hits_total.saturating_sub(3);
            if more > 0 {
                writeln!(
                    out,
                    "     {DIM}… and {} more (see them with --evidence){DIM:#}",
                    style::grouped(more as u64)
                )?;
            }
        }
    }
    Ok(())
}
