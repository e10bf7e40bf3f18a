//! One row's cells become a party.

use std::collections::BTreeMap;

use interdict_model::{
    Country, Designation, Gender, Identifier, IdentifierKind, Kind, Name, NamePart, NameQuality, PartialDate, Sourced,
};

use super::Party;
use super::slot::Slot;
use crate::dates::{Order, day, partial};
use crate::parts::{self, AddressParts};

/// The longest field read. The longest real name of a list has 400 characters, the longest remark
/// about 12,000; a longer field is a broken file or an attack.
const LONGEST_FIELD_CHARS: usize = 50_000;

/// The longest name read, for the same reason.
const LONGEST_NAME_CHARS: usize = 2_000;

use IdentifierKind as I;
use NamePart as P;
use NameQuality as Q;
use Slot as S;

/// Collects the cells of one row into a party.
#[derive(Default)]
pub(super) struct Page {
    party: Party,
    /// Whether the day comes first in dates of numbers, if the mapping says.
    order: Option<bool>,
    parts: Vec<(NamePart, String, String)>,
    address: BTreeMap<&'static str, String>,
    address_field: String,
    act: Designation,
    act_field: Option<String>,
    birth_country: Option<(String, String)>,
    currency: Option<String>,
}

impl Page {
    /// An empty one; `order` says whether the day comes first in dates of numbers, if that is known.
    pub(super) fn new(order: Option<bool>) -> Self {
        Self { order, ..Self::default() }
    }

    /// One value of a column; `split` if it may hold several.
    pub(super) fn put(&mut self, header: &str, slot: Option<Slot>, text: &str, split: bool) -> Result<(), String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        let chars = text.chars().count();
        let longest =
            if matches!(slot, Some(S::Name(_) | S::Part(_))) { LONGEST_NAME_CHARS } else { LONGEST_FIELD_CHARS };
        // Several names in one field are each held to the limit below.
        if chars > LONGEST_FIELD_CHARS
            || (chars > longest && !matches!(slot, Some(S::Name(Q::Strong | Q::Weak | Q::Former))))
        {
            return Err(format!("`{header}` has {chars} characters, more than {longest}"));
        }
        let field = header.to_owned();
        let pieces = |split: bool| -> Vec<&str> {
            let parts: Vec<&str> = if split { text.split([';', '|']).map(str::trim).collect() } else { vec![text] };
            parts.into_iter().filter(|part| !part.is_empty()).collect()
        };
        let entity = &mut self.party.entity;
        let Some(slot) = slot else {
            parts::property(entity, header, text, field);
            return Ok(());
        };
        match slot {
            S::Id => self.party.id = Some(text.to_owned()),
            S::Reference => self.party.reference = Some(text.to_owned()),
            S::Kind => match Kind::parse(text) {
                Some(kind) => entity.kind = kind,
                None => parts::property(entity, header, text, field),
            },
            S::Name(Q::Primary) => parts::name(entity, Name::new(text, Q::Primary), field),
            S::Name(quality) => {
                for piece in pieces(split) {
                    if piece.chars().count() > LONGEST_NAME_CHARS {
                        return Err(format!("`{header}` holds a name of more than {LONGEST_NAME_CHARS} characters"));
                    }
                    if !parts::is_nothing(piece) {
                        parts::name(entity, Name::new(piece, quality), field.clone());
                    }
                }
            }
            S::Part(part) => {
                if !parts::is_nothing(text) {
                    self.parts.push((part, text.to_owned(), field));
                }
            }
            S::Born | S::Died => {
                for piece in pieces(split) {
                    match date(piece, self.order) {
                        Some(date) if slot == S::Born => parts::birth_date(entity, date, field.clone()),
                        Some(date) => entity.deaths.push(Sourced::new(date, field.clone())),
                        None => parts::property(entity, "date not understood", piece, field.clone()),
                    }
                }
            }
            S::BirthPlace => parts::birth_place(entity, text, "", field),
            S::BirthCountry => self.birth_country = Some((text.to_owned(), field)),
            S::Gender => match Gender::parse(text) {
                Some(gender) => entity.genders.push(Sourced::new(gender, field)),
                None => parts::property(entity, header, text, field),
            },
            S::Nationality => {
                parts::country_list(text).iter().for_each(|one| parts::nationality(entity, one, field.clone()))
            }
            S::Country => {
                parts::country_list(text).iter().for_each(|one| parts::other_country(entity, one, field.clone()))
            }
            S::Address => {
                for piece in pieces(split) {
                    parts::address(entity, AddressParts { street: piece, ..AddressParts::default() }, field.clone());
                }
            }
            S::Street => self.address_part("street", text, field),
            S::City => self.address_part("city", text, field),
            S::Region => self.address_part("region", text, field),
            S::PostalCode => self.address_part("postal code", text, field),
            S::Position => parts::title(entity, text, field),
            S::Identifier(kind) => {
                for piece in pieces(split) {
                    parts::identifier(entity, kind, piece, header, "", field.clone());
                }
            }
            S::AnyIdentifier => {
                for piece in pieces(split) {
                    let kinds = Identifier::guess(piece);
                    let kind = match kinds.as_slice() {
                        [kind] => *kind,
                        [first, ..] if !matches!(first, I::Passport | I::NationalId | I::Mmsi) => *first,
                        _ => I::Other,
                    };
                    parts::identifier(entity, kind, piece, header, "", field.clone());
                }
            }
            S::Currency => self.currency = Some(text.to_owned()),
            S::Programme => (self.act.programme, self.act_field) = (text.to_owned(), Some(field)),
            S::Basis => (self.act.basis, self.act_field) = (Some(text.to_owned()), Some(field)),
            S::Authority => (self.act.authority, self.act_field) = (Some(text.to_owned()), Some(field)),
            S::ListedOn => match day(text, Order::DayFirst) {
                Some(date) => (self.act.listed_on, self.act_field) = (Some(date), Some(field)),
                None => parts::property(entity, "date not understood", text, field),
            },
            S::Remark => parts::remark(entity, text, field),
            S::DateOrder => parts::property(entity, header, text, field),
            // Book-keeping of exports about themselves.
            S::Ignored => {}
        }
        Ok(())
    }

    fn address_part(&mut self, part: &'static str, text: &str, field: String) {
        self.address.insert(part, text.to_owned());
        if self.address_field.is_empty() {
            self.address_field = field;
        }
    }

    /// The party, when all cells are in.
    pub(super) fn finish(mut self) -> Result<Party, String> {
        let entity = &mut self.party.entity;
        // Natural order of writing a name, whatever the order of the columns.
        let rank = |part: NamePart| match part {
            P::Title => 0,
            P::Given => 1,
            P::Middle => 2,
            P::Patronymic => 3,
            P::Family => 4,
            P::Matronymic => 5,
            P::Suffix => 6,
        };
        self.parts.sort_by_key(|(part, ..)| rank(*part));
        if !self.parts.is_empty() {
            let fields: Vec<&str> = self.parts.iter().map(|(_, _, field)| field.as_str()).collect();
            let field = fields.join(" ");
            let parts: Vec<(NamePart, String)> =
                self.parts.iter().map(|(part, text, _)| (*part, text.clone())).collect();
            if let Some(primary) = entity.names.iter_mut().find(|n| n.value.quality == Q::Primary) {
                primary.value.parts = parts;
            } else {
                let full =
                    parts.iter().filter(|(p, _)| *p != P::Title).map(|(_, t)| t.as_str()).collect::<Vec<_>>().join(" ");
                entity.names.insert(0, Sourced::new(Name { parts, ..Name::new(full, Q::Primary) }, field));
            }
        }
        if entity.kind == Kind::Unknown && (!self.parts.is_empty() || !entity.genders.is_empty()) {
            entity.kind = Kind::Person;
        }
        for id in &mut entity.identifiers {
            id.value = id.value.clone().checked_for(entity.kind);
            if let (I::Wallet, Some(currency)) = (id.value.kind, &self.currency) {
                id.value.label = Some(currency.clone());
            }
        }
        if let Some((text, field)) = self.birth_country {
            match entity.birth_places.first_mut() {
                Some(place) => place.value.country = Country::parse(&text).or(place.value.country),
                None => parts::birth_place(entity, &text, &text, field),
            }
        }
        if !self.address.is_empty() {
            let get = |part: &str| self.address.get(part).map_or("", String::as_str);
            let address = AddressParts {
                street: get("street"),
                city: get("city"),
                region: get("region"),
                postal_code: get("postal code"),
                ..AddressParts::default()
            };
            parts::address(entity, address, self.address_field);
        }
        if let Some(field) = self.act_field {
            self.party.designations.push(Sourced::new(self.act, field));
        }
        if self.party.entity.names.is_empty() && self.party.entity.identifiers.is_empty() {
            return Err("neither a name nor an identifier".to_owned());
        }
        Ok(self.party)
    }
}

// A date whose day and month may be exchanged gives the year: which is which would be a guess.
fn date(text: &str, day_first: Option<bool>) -> Option<PartialDate> {
    let read = |first: bool| partial(text, if first { Order::DayFirst } else { Order::MonthFirst });
    match day_first {
        Some(first) => read(first),
        None => match (read(true), read(false)) {
            (Some(a), Some(b)) if a == b => Some(a),
            (Some(a), Some(b)) if a.earliest().year() == b.earliest().year() => PartialDate::year(a.earliest().year()),
            (Some(_), Some(_)) => None,
            (one, other) => one.or(other),
        },
    }
}
