//! Puts what publishers give into the parts of an entity: countries, addresses, places, dates, numbers.
//!
//! Promises: a text that is not understood is kept in the entity as text.

use std::borrow::Cow;

use interdict_model::{
    Address, Country, Entity, Identifier, IdentifierKind, Name, NameQuality, PartialDate, Place, Sourced,
};

use crate::dates::{Order, partial};

/// Values that a new one is compared with before it is taken for new. No real listing has as many;
/// a hostile one costs no more than this for each value.
pub(crate) const COMPARED: usize = 500;

/// The field a value comes from.
pub(crate) type Field = Cow<'static, str>;

/// What "na" and its like stand for in names and fields: nothing.
pub(crate) fn is_nothing(text: &str) -> bool {
    matches!(
        text.trim().to_ascii_lowercase().as_str(),
        "" | "na" | "n/a" | "-0-" | "none" | "unknown" | "undetermined" | "not known" | "null"
    )
}

/// Runs of white space as one blank: publishers break lines inside fields.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    // Most texts are one line of ASCII: one look at each byte settles them.
    let mut blank = false;
    let plain = text.bytes().all(|b| {
        let double = blank && b == b' ';
        blank = b == b' ';
        !double && (b' '..=b'~').contains(&b)
    });
    let odd = |c: char| c.is_whitespace() && c != ' ';
    if plain || (!text.contains(odd) && !text.contains("  ")) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Adds a name unless it is empty or already there with the same quality.
pub(crate) fn name(entity: &mut Entity, name: Name, field: impl Into<Field>) {
    let mut name = name;
    if let Cow::Owned(clean) = one_line(&name.full) {
        name.full = clean;
    }
    let text = name.full.trim();
    if text.is_empty()
        || text == "-0-"
        || entity.names.iter().take(COMPARED).any(|n| n.value.full == text && n.value.quality == name.quality)
    {
        return;
    }
    if text.len() != name.full.len() {
        name.full = text.to_owned();
    }
    entity.names.push(Sourced::new(name, field));
}

/// Adds a name of a quality with the publisher's word for it.
pub(crate) fn alias(entity: &mut Entity, full: &str, quality: NameQuality, label: &str, field: impl Into<Field>) {
    let label = Some(label.trim().to_owned()).filter(|l| !l.is_empty());
    name(entity, Name { label, ..Name::new(full, quality) }, field);
}

/// Adds a nationality or flag; a text that names no country is kept as unread.
pub(crate) fn nationality(entity: &mut Entity, text: &str, field: impl Into<Field>) {
    country(text, field, &mut entity.nationalities, &mut entity.unread_countries);
}

/// Adds another country it has to do with.
pub(crate) fn other_country(entity: &mut Entity, text: &str, field: impl Into<Field>) {
    country(text, field, &mut entity.countries, &mut entity.unread_countries);
}

fn country(text: &str, field: impl Into<Field>, read: &mut Vec<Sourced<Country>>, unread: &mut Vec<Sourced<String>>) {
    if is_nothing(text) {
        return;
    }
    let text = one_line(text);
    match Country::parse(&text) {
        Some(country) if read.iter().take(COMPARED).any(|c| c.value == country) => {}
        Some(country) => read.push(Sourced::new(country, field)),
        None => unread.push(Sourced::new(text.into_owned(), field)),
    }
}

/// The countries of a list written in one field: `Iran, Korea, North` are two, `Korea, North` is
/// one. The text itself, if a part of it names no country: nothing may be lost.
pub(crate) fn country_list(text: &str) -> Vec<String> {
    let whole = || vec![text.trim().to_owned()];
    if text.len() > 1000 || Country::parse(text).is_some() {
        return whole();
    }
    let pieces: Vec<&str> =
        text.split([',', ';', '|', '/']).flat_map(|piece| piece.split(" and ")).map(str::trim).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < pieces.len() {
        // The longest name that begins here: the country's own comma comes back with it.
        let name = (1..=3.min(pieces.len() - at)).rev().map(|n| (n, pieces[at..at + n].join(", ")));
        match name.into_iter().find(|(_, name)| Country::parse(name).is_some()) {
            Some((n, name)) => {
                found.push(name);
                at += n;
            }
            None if pieces[at].is_empty() => at += 1,
            None => return whole(),
        }
    }
    found
}

/// Adds a date of birth, foundation or build; a text that is no date is kept as a property.
pub(crate) fn birth(entity: &mut Entity, text: &str, order: Order, field: impl Into<Field>) {
    if is_nothing(text) {
        return;
    }
    let field = field.into();
    match partial(text, order) {
        Some(date) => birth_date(entity, date, field),
        None => property(entity, "date not understood", text, field),
    }
}

/// Adds a date of birth unless it is there.
pub(crate) fn birth_date(entity: &mut Entity, date: PartialDate, field: impl Into<Field>) {
    if !entity.births.iter().take(COMPARED).any(|d| d.value == date) {
        entity.births.push(Sourced::new(date, field));
    }
}

/// Adds a place of birth; the country is read from its own text, or from the last part of the place.
pub(crate) fn birth_place(entity: &mut Entity, text: &str, country_text: &str, field: impl Into<Field>) {
    let text = one_line(text);
    if is_nothing(&text) {
        return;
    }
    let last = text.rsplit(',').next().unwrap_or("");
    let country = if is_nothing(country_text) {
        // `Wonsan, Korea, North`: the country's own comma.
        let two = text.match_indices(',').rev().nth(1).and_then(|(at, _)| text.get(at + 1..));
        two.and_then(Country::parse).or_else(|| Country::parse(last))
    } else {
        Country::parse(country_text)
    };
    let place = Place { text: text.into_owned(), country };
    if !entity.birth_places.iter().take(COMPARED).any(|p| p.value == place) {
        entity.birth_places.push(Sourced::new(place, field));
    }
}

/// An address in the publisher's parts.
#[derive(Clone, Copy, Default)]
pub(crate) struct AddressParts<'a> {
    pub(crate) street: &'a str,
    pub(crate) city: &'a str,
    pub(crate) region: &'a str,
    pub(crate) postal_code: &'a str,
    pub(crate) country: &'a str,
    pub(crate) note: &'a str,
}

/// Adds an address, if it says anything.
pub(crate) fn address(entity: &mut Entity, parts: AddressParts<'_>, field: impl Into<Field>) {
    let part = |text: &str| Some(one_line(text).into_owned()).filter(|text| !text.is_empty() && text != "-0-");
    let (street, city, region) = (part(parts.street), part(parts.city), part(parts.region));
    let (postal_code, country_text, note) = (part(parts.postal_code), part(parts.country), part(parts.note));
    let all = [&street, &city, &region, &postal_code, &country_text];
    let full = all.iter().filter_map(|part| part.as_deref()).collect::<Vec<_>>().join(", ");
    if full.is_empty() && note.is_none() {
        return;
    }
    let field = field.into();
    let country = country_text.as_deref().and_then(Country::parse);
    if let (None, Some(text)) = (country, &country_text)
        && !is_nothing(text)
    {
        entity.unread_countries.push(Sourced::new(text.clone(), field.clone()));
    }
    entity.addresses.push(Sourced::new(Address { full, street, city, region, postal_code, country, note }, field));
}

/// Adds a number, unless the same one is there; with the country's text, if any.
pub(crate) fn identifier(
    entity: &mut Entity,
    kind: IdentifierKind,
    value: &str,
    label: &str,
    country_text: &str,
    field: impl Into<Field>,
) {
    if is_nothing(value) {
        return;
    }
    let country = Country::parse(country_text).filter(|_| !country_text.trim().is_empty());
    let field = field.into();
    if country.is_none() && !is_nothing(country_text) {
        entity.unread_countries.push(Sourced::new(one_line(country_text).into_owned(), field.clone()));
    }
    let mut identifier = Identifier::new(kind, value).issued_by(country);
    if !label.trim().is_empty() {
        identifier = identifier.labelled(one_line(label));
    }
    push_identifier(entity, identifier, field);
}

/// Adds an identifier unless it is there.
pub(crate) fn push_identifier(entity: &mut Entity, identifier: Identifier, field: impl Into<Field>) {
    let same = |other: &Identifier| {
        other.kind == identifier.kind && other.key == identifier.key && other.country == identifier.country
    };
    if !identifier.key.is_empty() && !entity.identifiers.iter().take(COMPARED).any(|i| same(&i.value)) {
        entity.identifiers.push(Sourced::new(identifier, field));
    }
}

/// Adds a property by the publisher's name for it.
pub(crate) fn property(entity: &mut Entity, key: &str, value: &str, field: impl Into<Field>) {
    let value = one_line(value);
    if !is_nothing(&value) {
        entity.properties.push(Sourced::new((key.to_owned(), value.into_owned()), field));
    }
}

/// Adds a title or office.
pub(crate) fn title(entity: &mut Entity, text: &str, field: impl Into<Field>) {
    let text = one_line(text);
    if !is_nothing(&text) && !entity.titles.iter().take(COMPARED).any(|t| t.value == text) {
        entity.titles.push(Sourced::new(text.into_owned(), field));
    }
}

/// Adds a remark.
pub(crate) fn remark(entity: &mut Entity, text: &str, field: impl Into<Field>) {
    let text = text.trim();
    if !is_nothing(text) {
        entity.remarks.push(Sourced::new(text.to_owned(), field));
    }
}

/// Numbers that a text calls IMO numbers: `IMO Number: 1790183`, `IMO 1790183`, `(IMO) Number: 1790183`.
pub(crate) fn imo_numbers(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, word) in text.match_indices("IMO") {
        let rest = text.get(at + word.len()..).unwrap_or("");
        let rest =
            rest.trim_start_matches(|c: char| !c.is_ascii_digit() && (c.is_whitespace() || ")#:.-(".contains(c)));
        let rest = ["Company Number", "Number", "number", "numbers", "No", "no"]
            .iter()
            .find_map(|w| rest.strip_prefix(w))
            .unwrap_or(rest);
        let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || "s)#:.-(".contains(c));
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 7 {
            found.extend(rest.get(..digits));
        }
    }
    found
}
