//! The evidence of a hit as yente's features: one entry for each thing that was compared.
//!
//! Promises: every entry comes from the evidence the score was computed from; what neither side says is
//! left out; features that speak against have a negative score.
//!
//! Not here: computing the score (`screening`).

use interdict_engine::{Attribute, AttributeEvidence, Evidence, NameEvidence, Relation, Verdict};
use interdict_model::NameQuality;
use serde_json::{Map, Value, json};

/// Every feature, with what it says: the documentation of `/algorithms`.
pub(super) const FEATURES: [(&str, &str); 15] = [
    ("name_match", "How alike the best pair of names is, token by token"),
    ("weak_alias_match", "The same for a name that the publisher marks as weak"),
    ("birth_date_match", "Dates of birth, foundation or build agree or can agree"),
    ("dob_year_disjoint", "The years of birth, foundation or build differ"),
    ("dob_day_disjoint", "The years agree, the days cannot"),
    ("country_match", "A country agrees"),
    ("country_mismatch", "Both sides name countries and none agrees"),
    ("gender_match", "The genders agree"),
    ("gender_mismatch", "The genders differ"),
    ("birth_place_match", "Places of birth, agreeing or not"),
    ("address_match", "Addresses, agreeing or not"),
    ("identifier_match", "An identifier agrees: document, number, wallet, code; or one contradicts"),
    ("schema_match", "Person, organisation, vessel …: agreeing or not"),
    ("number_mismatch", "Numbers inside the names: Fund 3 is not Fund 8"),
    ("descent_mismatch", "Child and parent have changed places"),
];

/// The features of a hit.
pub(super) fn of(evidence: &Evidence) -> Map<String, Value> {
    let mut out = Map::new();
    if let Some(name) = &evidence.name {
        let feature = if name.quality == NameQuality::Weak { "weak_alias_match" } else { "name_match" };
        out.insert(
            feature.to_owned(),
            json!({
                "detail": in_words(name),
                "score": name.score.share(),
                "weight": 1.0,
                "query": name.party,
                "candidate": name.listed,
            }),
        );
    }
    for attribute in &evidence.attributes {
        if attribute.verdict == Verdict::Unknown {
            continue;
        }
        let side = |values: &[String]| (!values.is_empty()).then(|| values.join(", "));
        out.insert(
            feature(attribute).to_owned(),
            json!({
                "detail": attribute.words,
                "score": attribute.effect,
                "weight": 1.0,
                "query": side(&attribute.party),
                "candidate": side(&attribute.listed),
            }),
        );
    }
    out
}

fn feature(attribute: &AttributeEvidence) -> &'static str {
    let against = attribute.verdict == Verdict::Contradicts;
    match attribute.attribute {
        Attribute::Born if against => {
            let year = |text: &String| text.trim_start_matches('~').chars().take(4).collect::<String>();
            let listed: Vec<String> = attribute.listed.iter().map(year).collect();
            let meet = attribute.party.iter().any(|text| listed.contains(&year(text)));
            if meet { "dob_day_disjoint" } else { "dob_year_disjoint" }
        }
        Attribute::Born => "birth_date_match",
        Attribute::Country if against => "country_mismatch",
        Attribute::Country => "country_match",
        Attribute::Gender if against => "gender_mismatch",
        Attribute::Gender => "gender_match",
        Attribute::BirthPlace => "birth_place_match",
        Attribute::Address => "address_match",
        Attribute::Identifier => "identifier_match",
        Attribute::Kind => "schema_match",
        Attribute::Number => "number_mismatch",
        Attribute::Descent => "descent_mismatch",
    }
}

/// The tokens and how they meet, as `petrov = петров, ivan ≈ iwan, – sergeevich`.
fn in_words(name: &NameEvidence) -> String {
    let tokens = name.tokens.iter().map(|token| {
        let sign = match token.relation {
            Relation::Equal => "=",
            Relation::Spelling
            | Relation::Language
            | Relation::Nickname
            | Relation::Near
            | Relation::Skeleton
            | Relation::Initial
            | Relation::Joined
            | Relation::LegalForm
            | Relation::Acronym => "≈",
            Relation::PartyOnly | Relation::ListedOnly => "≠",
        };
        let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "–".to_owned());
        format!("{} {sign} {}", side(&token.party), side(&token.listed))
    });
    tokens.collect::<Vec<_>>().join(", ")
}
