//! Which role sees which fields of persons: in full, masked, or not at all.
//!
//! Promises: whoever screens sees what it asked; everybody else sees no party and no list of one's own unless it is set;
//! a caller of several roles sees what any of them sees, a caller of none nothing; a word that is not known is refused.
//!
//! Not here: taking answers apart (`walk`).

use std::collections::BTreeMap;
use std::fmt;

use interdict_state::Role;

/// Whose fields.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Subject {
    /// Whoever is screened.
    Party,
    /// A listing that its publisher shows to everybody.
    Listing,
    /// A listing of a list of one's own.
    Internal,
}

/// Which fields.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Field {
    Names,
    Dates,
    Documents,
    Addresses,
    Countries,
    Contacts,
    Facts,
    Other,
}

/// How much of a field, least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Level {
    Hide,
    Mask,
    Full,
}

impl Subject {
    pub(crate) const ALL: [Self; 3] = [Self::Party, Self::Listing, Self::Internal];

    fn word(self) -> &'static str {
        match self {
            Self::Party => "party",
            Self::Listing => "listing",
            Self::Internal => "internal",
        }
    }

    /// What a role sees of it where nothing is set.
    fn default_of(self, role: Role) -> Level {
        match (self, role) {
            (Self::Listing, _)
            | (_, Role::Analyst | Role::Reviewer | Role::Machine)
            | (Self::Internal, Role::ListAdmin) => Level::Full,
            (Self::Party, Role::ListAdmin)
            | (Self::Party | Self::Internal, Role::Viewer | Role::PolicyAdmin | Role::Auditor) => Level::Mask,
        }
    }
}

impl Field {
    pub(crate) const ALL: [Self; 8] = [
        Self::Names,
        Self::Dates,
        Self::Documents,
        Self::Addresses,
        Self::Countries,
        Self::Contacts,
        Self::Facts,
        Self::Other,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Names => "names",
            Self::Dates => "dates",
            Self::Documents => "documents",
            Self::Addresses => "addresses",
            Self::Countries => "countries",
            Self::Contacts => "contacts",
            Self::Facts => "facts",
            Self::Other => "other",
        }
    }
}

impl Level {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "full" => Self::Full,
            "mask" => Self::Mask,
            "hide" => Self::Hide,
            _ => return None,
        })
    }
}

/// A field of a subject, as it is written: `party.names`.
pub(crate) fn name(subject: Subject, field: Field) -> String {
    format!("{}.{}", subject.word(), field.word())
}

/// What a caller sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sight([[Level; Field::ALL.len()]; Subject::ALL.len()]);

impl Sight {
    const NOTHING: Self = Self([[Level::Hide; Field::ALL.len()]; Subject::ALL.len()]);

    fn default_of(role: Role) -> Self {
        Self(Subject::ALL.map(|subject| [subject.default_of(role); Field::ALL.len()]))
    }

    fn set(&mut self, subject: Subject, field: Field, level: Level) {
        if let Some(place) = self.0.get_mut(subject as usize).and_then(|fields| fields.get_mut(field as usize)) {
            *place = level;
        }
    }

    /// How much of a field.
    pub(crate) fn of(&self, subject: Subject, field: Field) -> Level {
        self.0.get(subject as usize).and_then(|fields| fields.get(field as usize)).copied().unwrap_or(Level::Hide)
    }

    /// How much of the field of which least is seen.
    pub(crate) fn least(&self, subject: Subject) -> Level {
        Field::ALL.into_iter().map(|field| self.of(subject, field)).min().unwrap_or(Level::Hide)
    }

    /// Whether it is everything of these subjects.
    pub(crate) fn is_full(&self, subjects: &[Subject]) -> bool {
        subjects.iter().all(|subject| self.least(*subject) == Level::Full)
    }

    /// Fields of these subjects that are not seen in full, as they are written in a header.
    pub(crate) fn masked(&self, subjects: &[Subject]) -> String {
        let mut text = String::with_capacity(128);
        for (subject, field) in subjects.iter().flat_map(|subject| Field::ALL.map(|field| (*subject, field))) {
            if self.of(subject, field) != Level::Full {
                let before = if text.is_empty() { "" } else { ", " };
                [before, subject.word(), ".", field.word()].into_iter().for_each(|part| text.push_str(part));
            }
        }
        text
    }

    fn or(mut self, other: Self) -> Self {
        for (place, more) in self.0.iter_mut().flatten().zip(other.0.iter().flatten()) {
            *place = (*place).max(*more);
        }
        self
    }
}

/// A file of settings that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RedactionError {
    text: String,
    hint: String,
}

impl fmt::Display for RedactionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nhint: {}", self.text, self.hint)
    }
}

impl std::error::Error for RedactionError {}

/// What each role sees of persons.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Redaction {
    sights: Vec<(Role, Sight)>,
}

impl Default for Redaction {
    fn default() -> Self {
        Self { sights: Role::ALL.into_iter().map(|role| (role, Sight::default_of(role))).collect() }
    }
}

impl Redaction {
    /// Reads settings in TOML: `[ROLE.SUBJECT]`, and below it `FIELD = "full"`, `"mask"` or `"hide"`; `all` is every field.
    ///
    /// # Errors
    /// When something in it is not understood.
    pub fn parse(text: &str) -> Result<Self, RedactionError> {
        type Fields = BTreeMap<String, String>;
        let bad = |text: String, hint: String| RedactionError { text, hint };
        let file: BTreeMap<String, BTreeMap<String, Fields>> = toml::from_str(text).map_err(|error| {
            let hint = "write `[analyst.party]` and below it lines as `documents = \"mask\"`";
            bad(format!("not settings in TOML: {}", error.message()), hint.to_owned())
        })?;
        let mut made = Self::default();
        for (role, subjects) in &file {
            let known = Role::parse(role);
            let known = known.ok_or_else(|| bad(format!("no role `{role}`"), format!("one of {}", Role::words())))?;
            let Some((_, sight)) = made.sights.iter_mut().find(|(of, _)| *of == known) else { continue };
            for (subject, fields) in subjects {
                let place = format!("{role}.{subject}");
                let found = Subject::ALL.into_iter().find(|known| known.word() == subject);
                let found = found.ok_or_else(|| {
                    bad(format!("{place}: no subject `{subject}`"), one_of(&Subject::ALL.map(Subject::word)))
                })?;
                // `all` comes first, wherever it stands, so that single fields differ from it.
                let all = fields.iter().filter(|(field, _)| *field == "all");
                for (field, level) in all.chain(fields.iter().filter(|(field, _)| *field != "all")) {
                    let to = Level::parse(level).ok_or_else(|| {
                        bad(format!("{place}.{field}: no level `{level}`"), one_of(&["full", "mask", "hide"]))
                    })?;
                    let of: Vec<Field> =
                        Field::ALL.into_iter().filter(|known| field == "all" || known.word() == field).collect();
                    if of.is_empty() {
                        let hint = format!("{} or all", one_of(&Field::ALL.map(Field::word)));
                        return Err(bad(format!("{place}: no field `{field}`"), hint));
                    }
                    of.into_iter().for_each(|field| sight.set(found, field, to));
                }
            }
        }
        Ok(made)
    }

    /// What a caller of these roles sees.
    pub(crate) fn sight(&self, roles: &[Role]) -> Sight {
        let of = self.sights.iter().filter(|(role, _)| roles.contains(role));
        of.fold(Sight::NOTHING, |seen, (_, sight)| seen.or(*sight))
    }
}

fn one_of(words: &[&str]) -> String {
    format!("one of {}", words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_screen_sees_nobody_unless_it_is_set() {
        let default = Redaction::default();
        let seen = |role| Subject::ALL.map(|subject| default.sight(&[role]).least(subject));
        for role in [Role::Analyst, Role::Reviewer, Role::Machine] {
            assert!(default.sight(&[role]).is_full(&Subject::ALL), "{role}");
        }
        for role in [Role::Viewer, Role::Auditor, Role::PolicyAdmin] {
            assert_eq!(seen(role), [Level::Mask, Level::Full, Level::Mask], "{role}");
        }
        assert_eq!(seen(Role::ListAdmin), [Level::Mask, Level::Full, Level::Full]);
        assert!(
            default.sight(&[Role::Viewer, Role::Machine]).is_full(&Subject::ALL),
            "of several roles the one that sees most"
        );
        assert_eq!(default.sight(&[]), Sight::NOTHING);
    }

    #[test]
    fn settings_are_read_or_refused_with_what_is_known() {
        let text = "[analyst.party]\naddresses = \"full\"\nall = \"mask\"\n[viewer.listing]\nnames = \"hide\"\n";
        let made = Redaction::parse(text).unwrap();
        let analyst = made.sight(&[Role::Analyst]);
        assert_eq!(analyst.of(Subject::Party, Field::Addresses), Level::Full);
        assert_eq!(analyst.of(Subject::Party, Field::Names), Level::Mask);
        assert_eq!(made.sight(&[Role::Viewer]).of(Subject::Listing, Field::Names), Level::Hide);
        assert_eq!(made.sight(&[Role::Machine]), Redaction::default().sight(&[Role::Machine]));
        for (text, said) in [
            ("[admin.party]\nall = \"mask\"", "no role `admin`"),
            ("[viewer.person]\nall = \"mask\"", "viewer.person: no subject `person`"),
            ("[viewer.party]\nname = \"mask\"", "viewer.party: no field `name`"),
            ("[viewer.party]\nnames = \"some\"", "viewer.party.names: no level `some`"),
            ("viewer = 1", "not settings in TOML"),
        ] {
            let error = Redaction::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(said) && error.contains("\nhint: "), "{error}");
        }
    }
}
