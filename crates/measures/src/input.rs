//! Turns a record of a shipment, service, account or contract into facts.
//!
//! Promises: every field is a fact, a party, a remark, or a problem that names it; what is given twice
//! in ways that disagree is unknown; a role of which not all countries are known gives a set that may hold
//! more.
//!
//! Not here: files (`cli`), screening the parties found.

use std::collections::BTreeMap;

use interdict_model::Country;
use rustc_hash::FxHashMap;

use crate::Problem;
use crate::account::Units;
use crate::facts::FactSet;
use crate::law::Law;
use crate::place::Places;
use crate::term::Type;
use crate::value::{Amount, Value};

/// Most fields of one record. A shipment line has some forty; this bounds work on hostile input.
pub const MOST_FIELDS: usize = 2_000;

/// A party named in a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Its role, as `buyer`.
    pub role: String,
    /// Its name.
    pub name: String,
    /// Its country as given.
    pub country: Option<String>,
    /// An identifier given with it, as an IMO number or a BIC.
    pub identifier: Option<String>,
}

/// A record as facts.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// The facts.
    pub facts: FactSet,
    /// Parties to screen.
    pub parties: Vec<Named>,
    /// Fields that could not be read; a record with one is not decided.
    pub problems: Vec<Problem>,
    /// Fields that are no facts and were left aside.
    pub aside: Vec<String>,
}

/// Names of fields and roles, from `fields.tsv` of the law.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    fields: FxHashMap<String, String>,
    roles: FxHashMap<String, String>,
    texts: Vec<String>,
    places: Places,
    units: Units,
}

impl Fields {
    /// Reads the table.
    pub fn of(law: &Law) -> Result<Self, Problem> {
        let mut out = Self { units: Units::of(law)?, places: Places::of(law)?, ..Self::default() };
        for (n, line) in law.tables.get("fields.tsv").map_or("", String::as_str).lines().enumerate() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let place = format!("fields.tsv:{}", n + 1);
            match line.split('\t').collect::<Vec<_>>()[..] {
                [_, _, term] if law.terms.get(term).is_none() => {
                    return Err(Problem::new(place, format!("unknown term `{term}`")));
                }
                ["text", name] => out.texts.push(name.to_owned()),
                ["field", name, term] => drop(out.fields.insert(name.to_owned(), term.to_owned())),
                ["role", name, term] => drop(out.roles.insert(name.to_owned(), term.to_owned())),
                _ => return Err(Problem::new(place, "a row is `field` or `role`, name, term; or `text`, name")),
            }
        }
        Ok(out)
    }

    /// Reads a record given as names and texts; empty texts are absent.
    pub fn read<'a>(&self, law: &Law, place: &str, record: impl IntoIterator<Item = (&'a str, &'a str)>) -> Input {
        let mut input = Input::default();
        let mut plain: BTreeMap<String, String> = BTreeMap::new();
        let mut parties: BTreeMap<String, Named> = BTreeMap::new();
        let mut found = Vec::new();
        for (count, (name, text)) in record.into_iter().enumerate() {
            if count == MOST_FIELDS {
                input.problems.push(Problem::new(place, format!("more than {MOST_FIELDS} fields")));
                break;
            }
            // Terms of caps carry hyphens; other names are written with any separator.
            let exact = name.trim().to_lowercase();
            let name = if law.terms.get(&exact).is_some() { exact } else { key(&exact) };
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            if let Some(term) =
                self.fields.get(&name).map(String::as_str).or(law.terms.get(&name).map(|_| name.as_str()))
            {
                if let Err(why) = input.facts.add(&law.terms, term, text) {
                    let why = if *term == name { why } else { format!("{why} (as `{name}`)") };
                    input.problems.push(Problem::new(place, why));
                }
            } else if self
                .texts
                .iter()
                .any(|one| name == *one || name.strip_suffix(one.as_str()).is_some_and(|role| role.ends_with('_')))
            {
                found.extend(self.places.find(text));
            } else if let Some((role, part)) = self.party_field(&name) {
                let party = parties.entry(role.clone()).or_insert_with(|| Named {
                    role: role.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_').to_owned(),
                    ..Named::default()
                });
                match part {
                    "country" => party.country = Some(text.to_owned()),
                    "name" => text.clone_into(&mut party.name),
                    _ => party.identifier = Some(text.to_owned()),
                }
            } else {
                plain.insert(name, text.to_owned());
            }
        }
        input.parties = parties.into_values().collect();
        found.extend(input.parties.iter().flat_map(|party| self.places.find(&party.name)));
        self.places.add(law, &found, &mut input.facts);
        self.measures(law, place, &mut plain, &mut input);
        self.countries(law, place, &mut input);
        input.aside = plain.into_keys().collect();
        input
    }

    /// `buyer`, `buyer_country`, `buyer_2_name`: the party and which part of it.
    fn party_field<'a>(&self, name: &'a str) -> Option<(String, &'a str)> {
        let parts = [
            ("_country", "country"),
            ("_name", "name"),
            ("_imo", "identifier"),
            ("_bic", "identifier"),
            ("_identifier", "identifier"),
            ("", "name"),
        ];
        let (role, part) = parts.iter().find_map(|(suffix, part)| {
            let role = name.strip_suffix(suffix)?;
            let bare = role.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
            self.roles.contains_key(bare).then_some((role, *part))
        })?;
        Some((role.to_owned(), part))
    }

    /// Amounts with their units become the terms of those units.
    fn measures(&self, law: &Law, place: &str, plain: &mut BTreeMap<String, String>, input: &mut Input) {
        let mut wrong = |why: String| input.problems.push(Problem::new(place, why));
        let mut found: Vec<(String, Value)> = Vec::new();
        let product = plain.remove("product");
        match (plain.remove("quantity"), plain.remove("unit")) {
            (Some(quantity), Some(unit)) => match (Amount::parse(&quantity), unit_name(&unit)) {
                (None, _) => wrong(format!("`quantity`: `{quantity}` is not a number")),
                (Some(amount), _) if amount.is_negative() => wrong(format!("`quantity`: `{quantity}` is negative")),
                (Some(amount), Some(unit)) => {
                    for target in ["t", "bbl"] {
                        // A range of factors is no fact: without the product the amount in that unit stays unknown.
                        if let Some(range) = self
                            .units
                            .convert(amount, unit, target, product.as_deref())
                            .filter(crate::account::Range::is_exact)
                        {
                            found.push((format!("quantity_{target}"), Value::Number(range.best)));
                        }
                    }
                }
                (Some(_), None) => wrong(format!("unknown unit `{unit}`: t, kg, bbl or l")),
            },
            (Some(_), None) => wrong("`quantity` without `unit`".to_owned()),
            (None, _) => {}
        }
        let pieces = plain.remove("pieces");
        match (plain.remove("value"), plain.remove("value_currency")) {
            (Some(value), Some(currency)) => match Amount::parse(&value).filter(|amount| !amount.is_negative()) {
                None => wrong(format!("`value`: `{value}` is not an amount of zero or more")),
                Some(amount) if currency.eq_ignore_ascii_case("usd") => {
                    found.push(("value_usd".to_owned(), Value::Number(amount)));
                    let each = pieces.as_deref().and_then(Amount::parse).and_then(|count| amount.over(count));
                    found.extend(each.map(|each| ("unit_value_usd".to_owned(), Value::Number(each))));
                }
                // Rates of exchange are facts that the record does not hold: the value in dollars stays unknown.
                Some(_) => {}
            },
            (Some(_), None) => wrong("`value` without `value_currency`".to_owned()),
            (None, _) => {}
        }
        for (term, value) in found {
            if law.terms.get(&term).is_some() {
                input.facts.put(&term, value);
            }
        }
    }

    /// Countries of the parties, role by role.
    fn countries(&self, law: &Law, place: &str, input: &mut Input) {
        let mut sets: BTreeMap<&str, (Vec<String>, bool)> = BTreeMap::new();
        for party in &input.parties {
            let bare = party.role.trim_end_matches('_');
            let Some(term) = self.roles.get(bare) else { continue };
            let set = sets.entry(term.as_str()).or_insert_with(|| (Vec::new(), true));
            match party.country.as_deref().map(|text| (text, Country::parse(text))) {
                Some((_, Some(country))) => set.0.push(country.code().to_owned()),
                Some((text, None)) => input
                    .problems
                    .push(Problem::new(place, format!("`{}_country`: `{text}` names no country we know", party.role))),
                None => set.1 = false,
            }
        }
        for (term, (mut countries, complete)) in sets {
            countries.sort();
            countries.dedup();
            if input.facts.get(term).is_some() || input.facts.conflicts().contains_key(term) {
                continue;
            }
            let single = law.terms.get(term).is_some_and(|t| t.of == Type::Country);
            match (single, complete, &countries[..]) {
                (true, _, [one]) => input.facts.put(term, Value::Word(one.clone())),
                (true, _, _) => {}
                (false, true, _) => input.facts.put(term, Value::Words(countries)),
                (false, false, _) => input.facts.put(term, Value::AtLeast(countries)),
            }
        }
    }
}

fn key(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-'], "_")
}

fn unit_name(text: &str) -> Option<&'static str> {
    Some(match text.trim().to_ascii_lowercase().as_str() {
        "t" | "mt" | "tonne" | "tonnes" | "metric ton" | "metric tons" | "tons" => "t",
        "kg" | "kilogram" | "kilograms" => "kg",
        "bbl" | "barrel" | "barrels" => "bbl",
        "l" | "litre" | "litres" | "liter" | "liters" => "l",
        _ => return None,
    })
}
