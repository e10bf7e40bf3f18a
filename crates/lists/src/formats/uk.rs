//! What the United Kingdom's lists share: names in six parts, dates, numbers inside sentences.
//!
//! Promises: a number taken out of a sentence stands beside the sentence, which is kept; the
//! row's values that come again (rows multiply names by dates) are kept once.

use std::collections::HashMap;

use interdict_model::{Country, Entity, IdentifierKind, Kind, Listing, Name, NamePart, NameQuality};

use super::document;
use super::eu::Block;
use crate::account::Account;
use crate::parts::{self, AddressParts};

/// Reads the kind of subject: `Individual`, `Entity`, `Ship`; none if it is something else.
pub(crate) fn kind(text: &str) -> Option<Kind> {
    match text.to_ascii_lowercase().as_str() {
        "individual" => Some(Kind::Person),
        "entity" => Some(Kind::Organization),
        "ship" => Some(Kind::Vessel),
        _ => None,
    }
}

/// Listings whose rows may stand anywhere in the file, in the order of their first rows.
#[derive(Default)]
pub(crate) struct Joined {
    listings: Vec<Listing>,
    at: HashMap<String, usize>,
}

impl Joined {
    /// The listing of a record; made by `blank` on its first row.
    pub(crate) fn listing(&mut self, record: &str, blank: impl FnOnce() -> Listing) -> &mut Listing {
        let next = self.listings.len();
        let at = *self.at.entry(record.to_owned()).or_insert(next);
        if at == next {
            self.listings.push(blank());
        }
        &mut self.listings[at]
    }

    /// The listing of a record, if it has come.
    pub(crate) fn known(&mut self, record: &str) -> Option<&mut Listing> {
        self.at.get(record).and_then(|at| self.listings.get_mut(*at))
    }

    /// Hands all over.
    pub(crate) fn finish(self, account: &mut Account<'_>) {
        for listing in self.listings {
            account.listing(listing);
        }
    }
}

/// A name in its parts 1 to 6, with the publisher's type and strength.
pub(crate) fn name(entity: &mut Entity, block: &impl Block) {
    let given = parts::one_line(block.get("name1"));
    let middle = ["name2", "name3", "name4", "name5"].map(|key| block.get(key)).into_iter().filter(|t| !t.is_empty());
    let middle = parts::one_line(&middle.collect::<Vec<_>>().join(" ")).into_owned();
    let family = parts::one_line(block.get("name6"));
    let all = [given.as_ref(), &middle, family.as_ref()];
    let full = all.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ");
    let (named, strength) = (block.get("nametype"), block.get("aliasstrength"));
    let quality = quality(named, strength);
    let mut name = Name::new(full, quality);
    let label = [named, strength].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ");
    name.label = Some(label).filter(|l| !l.is_empty());
    if entity.kind == Kind::Person && !given.is_empty() && !family.is_empty() {
        let pieces = [
            (NamePart::Given, given.as_ref()),
            (NamePart::Middle, middle.as_str()),
            (NamePart::Family, family.as_ref()),
        ];
        name.parts = pieces.into_iter().filter(|(_, t)| !t.is_empty()).map(|(p, t)| (p, t.to_owned())).collect();
    }
    parts::name(entity, name, block.field("name6"));
    parts::alias(
        entity,
        block.get("namenonlatinscript"),
        NameQuality::Strong,
        block.get("nonlatinscripttype"),
        block.field("namenonlatinscript"),
    );
    if let Some(last) = entity.names.iter_mut().rev().take(2).find(|n| n.value.full == block.get("namenonlatinscript"))
    {
        last.value.language = Some(block.get("nonlatinscriptlanguage").to_owned()).filter(|l| !l.is_empty());
    }
}

/// The publisher's type of a name and strength of an alias as our quality.
pub(crate) fn quality(named: &str, strength: &str) -> NameQuality {
    let (named, strength) = (named.to_ascii_lowercase(), strength.to_ascii_lowercase());
    match named.as_str() {
        // "Prime Alias" is what the older list calls the primary name.
        "primary name" | "primary" | "prime alias" => NameQuality::Primary,
        "fka" => NameQuality::Former,
        _ if strength.starts_with("low") => NameQuality::Weak,
        _ => NameQuality::Strong,
    }
}

pub(crate) fn address(entity: &mut Entity, block: &impl Block) {
    let lines = ["addressline1", "addressline2", "addressline3", "addressline4", "addressline5"];
    let street = lines.map(|key| block.get(key)).into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ");
    let country = country_text(block.get("addresscountry"));
    let address = AddressParts {
        street: &street,
        city: block.get("addressline6"),
        postal_code: block.get("addresspostalcode"),
        country,
        ..AddressParts::default()
    };
    let before = entity.addresses.len();
    parts::address(entity, address, block.field("addressline1"));
    if let Some(added) = entity.addresses.get(before).map(|a| a.value.clone())
        && entity.addresses[..before].iter().take(parts::COMPARED).any(|a| a.value == added)
    {
        entity.addresses.truncate(before);
        entity.unread_countries.dedup();
    }
    if country != block.get("addresscountry") {
        remark_once(entity, block.get("addresscountry"), block.field("addresscountry"));
    }
}

/// `Iraq (previous)` is Iraq; `Iran (Islamic Republic of)` stays whole.
pub(crate) fn country_text(text: &str) -> &str {
    let head = text.split_once('(').map_or(text, |(head, _)| head).trim();
    if Country::parse(text).is_none() && Country::parse(head).is_some() { head } else { text }
}

pub(crate) fn nationalities(entity: &mut Entity, text: &str, field: &str) {
    let all: Vec<String> =
        pieces(text).into_iter().flat_map(|piece| parts::country_list(country_text(piece))).collect();
    for piece in &all {
        if !entity.unread_countries.iter().take(parts::COMPARED).any(|c| c.value == *piece) {
            parts::nationality(entity, piece, field.to_owned());
        }
    }
}

/// Places and countries of birth, each possibly several, numbered in the same order.
pub(crate) fn birth_places(entity: &mut Entity, towns: &str, countries: &str, field: &str) {
    let (towns, countries) = (pieces(towns), pieces(countries));
    for i in 0..towns.len().max(countries.len()) {
        let town = towns.get(i).copied().unwrap_or("");
        let country =
            countries.get(i).or(if countries.len() == 1 { countries.first() } else { None }).copied().unwrap_or("");
        let place = [town, country].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ");
        parts::birth_place(entity, &place, country_text(country), field.to_owned());
    }
}

/// A number in a field of its own, with what the publisher says about it.
pub(crate) fn document(entity: &mut Entity, kind: IdentifierKind, number: &str, about: &str, field: &str) {
    let number = number.trim_start_matches('\'');
    if number.is_empty() {
        return numbers(entity, kind, about, field);
    }
    // A country stands in the first words: `Syrian Arab Republic number`.
    let words: Vec<&str> = about.split_whitespace().collect();
    let heads = (1..=words.len().min(5)).rev().map(|n| words[..n].join(" "));
    let country = heads.into_iter().find(|head| Country::parse(head).is_some()).unwrap_or_default();
    if kind == IdentifierKind::Registration {
        return registrations(entity, number, field);
    }
    let spaced = number.chars().filter(|c| c.is_whitespace()).count();
    if spaced > 3 || number.len() > 40 {
        return numbers(entity, kind, number, field);
    }
    let label = if about.is_empty() { field } else { about };
    parts::identifier(entity, kind, number, label, &country, field.to_owned());
}

/// Numbers inside sentences: `(1) D00001184 (CAR passport) (2) no: P04838205 …`.
pub(crate) fn numbers(entity: &mut Entity, kind: IdentifierKind, text: &str, field: &str) {
    for piece in pieces(text) {
        if let Some(number) = number_in(piece) {
            let kind = match document::kind(piece) {
                IdentifierKind::OtherDocument => kind,
                other => other,
            };
            let label: String = piece.chars().take(120).collect();
            parts::identifier(entity, kind, &number, &label, country_in(piece), field.to_owned());
        }
    }
    remark_once(entity, text, field.to_owned());
}

/// Numbers of a company with their schemes between them: `INN: 7712345678, OGRN 1027700123456`.
fn registrations(entity: &mut Entity, text: &str, field: &str) {
    if !text.contains(char::is_alphabetic) {
        // Groups of digits are one number: `1 149 102 007 933`.
        parts::identifier(entity, IdentifierKind::Registration, text, field, "", field.to_owned());
    }
    let mut words = String::new();
    let apart = scheme_apart(text);
    for token in apart.split(|c: char| c.is_whitespace() || ",;:()".contains(c)).filter(|t| !t.is_empty()) {
        let token = token.trim_matches(['.', '-', '\'']);
        let named = document::kind(&words);
        // A bank's code may have no digit.
        let is_bank = named == IdentifierKind::Bic && is_bic(token);
        if !is_bank && !is_number(token) {
            words.push_str(token);
            words.push(' ');
            continue;
        }
        let kind = match named {
            IdentifierKind::OtherDocument | IdentifierKind::NationalId => IdentifierKind::Registration,
            // Russian bank codes stand behind the words SWIFT and BIC; other states call their tax numbers INN too.
            IdentifierKind::Bic if token.bytes().all(|b| b.is_ascii_digit()) => IdentifierKind::Other,
            IdentifierKind::Inn if !matches!(token.len(), 10 | 12) => IdentifierKind::TaxNumber,
            other => other,
        };
        let label = if words.is_empty() { field } else { words.trim() };
        parts::identifier(entity, kind, token, label, "", field.to_owned());
        words.clear();
    }
    remark_once(entity, text, field.to_owned());
}

// `7720603527OGRN`: the next scheme's name runs on behind ten digits or more.
fn scheme_apart(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut digits = 0;
    for c in text.chars() {
        if c.is_alphabetic() && digits >= 9 {
            out.push(' ');
        }
        digits = if c.is_ascii_digit() { digits + 1 } else { 0 };
        out.push(c);
    }
    out
}

/// Adds a remark unless it is there.
pub(crate) fn remark_once(entity: &mut Entity, text: &str, field: String) {
    let text = text.trim();
    if !entity.remarks.iter().take(parts::COMPARED).any(|r| r.value == text) {
        parts::remark(entity, text, field);
    }
}

/// The pieces of `(1) Tripoli (2) Tunis`, `a) South Sudan, b) Uganda`; else the whole text.
pub(crate) fn pieces(text: &str) -> Vec<&str> {
    let text = text.trim();
    let mut marks: Vec<(usize, usize)> = Vec::new();
    let mut expected = (b'1', b'a');
    for (close, _) in text.match_indices(')') {
        let head = &text.as_bytes()[..close];
        let Some(letter) = head.last().copied() else { continue };
        let mut start = close - 1;
        if start > 0 && head[start - 1] == b'(' {
            start -= 1;
        }
        let is_free = start == 0 || head[start - 1].is_ascii_whitespace() || head[start - 1] == b'.';
        let is_next = letter == expected.0 || letter.to_ascii_lowercase() == expected.1;
        if is_free && is_next && (start == 0 || !marks.is_empty()) {
            marks.push((start, close + 1));
            expected = (expected.0.saturating_add(1), expected.1.saturating_add(1));
        }
    }
    if marks.is_empty() {
        return if text.is_empty() { Vec::new() } else { vec![text] };
    }
    let ends = marks.iter().skip(1).map(|(start, _)| *start).chain([text.len()]);
    let cut = marks.iter().zip(ends).filter_map(|((_, from), to)| text.get(*from..to));
    cut.map(|piece| piece.trim().trim_end_matches([',', ';', '.']).trim()).filter(|piece| !piece.is_empty()).collect()
}

// The only country that a sentence names by one word: `W374031, Tunisian national identity number`.
fn country_in(piece: &str) -> &str {
    let words = piece.split(|c: char| !c.is_alphabetic()).filter(|w| w.len() > 3);
    let mut found = words.filter(|word| Country::parse(word).is_some());
    let first = found.next().unwrap_or("");
    if found.all(|other| Country::parse(other) == Country::parse(first)) { first } else { "" }
}

// The first token that looks like a number of a document: five letters and digits or more, three
// of them digits, no date. Groups of digits at the start of the text are one number.
fn number_in(piece: &str) -> Option<String> {
    let all_digits = |t: &&str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let leading: Vec<&str> = piece.split([' ', ',', ';']).take_while(all_digits).collect();
    let joined: String = leading.concat();
    if leading.len() > 1 && joined.len() >= 5 {
        return Some(joined);
    }
    let tokens = piece.split(|c: char| c.is_whitespace() || ",;:()\"".contains(c));
    let mut tokens = tokens.map(|t| t.trim_matches(['.', '\'', '-', '/']));
    tokens.find(|t| is_number(t)).map(str::to_owned)
}

fn is_bic(token: &str) -> bool {
    matches!(token.len(), 8 | 11)
        && token.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && token.bytes().take(4).all(|b| b.is_ascii_uppercase())
}

fn is_number(token: &str) -> bool {
    let digits = token.bytes().filter(u8::is_ascii_digit).count();
    let letters = token.bytes().filter(u8::is_ascii_alphabetic).count();
    let plain = token.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '.' | '№'));
    let parts = token.split(['/', '.', '-']).collect::<Vec<_>>();
    let date = letters == 0 && parts.len() == 3 && parts.iter().any(|p| p.len() == 4) && digits <= 8;
    plain && !date && digits >= 3 && digits + letters >= 5
}

/// IMO numbers in a sentence.
pub(crate) fn imo_numbers(entity: &mut Entity, text: &str, field: &str) {
    for number in parts::imo_numbers(text) {
        parts::identifier(entity, IdentifierKind::Imo, number, "named in the text", "", field.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_pieces_apart() {
        for (text, expected) in [
            ("(1) Tripoli (2) Tunis", vec!["Tripoli", "Tunis"]),
            ("1) Saudi Arabia 2) Qatar", vec!["Saudi Arabia", "Qatar"]),
            ("a) South Sudan, b) Uganda", vec!["South Sudan", "Uganda"]),
            ("Iran (Islamic Republic of)", vec!["Iran (Islamic Republic of)"]),
            ("", vec![]),
        ] {
            assert_eq!(pieces(text), expected, "`{text}`");
        }
    }

    #[test]
    fn finds_the_number_in_a_sentence() {
        for (text, number) in [
            ("Passport No: 592667 (passport issued on 3 May 2007).", Some("592667")),
            ("96 03 464086, Russian passport, issued on 01/06/2003", Some("9603464086")),
            ("W374031, national identity number issued on 11 April 2011.", Some("W374031")),
            ("S/26/3963. Issued on 8 November 2012", Some("S/26/3963")),
            ("Uganda Passport.", None),
            ("issued on 01/06/2003", None),
        ] {
            assert_eq!(number_in(text).as_deref(), number, "`{text}`");
        }
    }
}
