//! What dates, countries, gender and identifiers say about a name's agreement.
//!
//! A name score is moved in odds: agreement multiplies them, contradiction divides them, what is
//! unknown leaves them. An exact name is held just below certainty first, so that no name
//! outvotes a contradicting date of birth or IMO number. Identifiers decide on their own.
//!
//! Promises: integers only; the factor of one attribute does not depend on another.
//!
//! Not here: names (`name_score`), words for the analyst (`words`).

use interdict_model::{DateAgreement, Entity, Gender, Identifier, IdentifierKind, Kind, PartialDate};

use crate::hit::{Attribute, Verdict};
use crate::index::{CountryRow, DateRow, View, date_of};
use crate::matching::ONE;
use crate::policy::{Ignored, Policy};

/// Odds are multiplied by this over [`EVEN`].
pub type Factor = i64;

/// Leaves the odds as they are.
pub const EVEN: Factor = 1_000;

/// A name alone never counts as more certain than this before the rest is weighed.
const SUREST_NAME: i64 = ONE * 98 / 100;

/// An identifier that agrees, alone.
const IDENTIFIED: i64 = ONE * 95 / 100;

/// The largest factor that does not come from a date.
pub const MOST_WITHOUT_DATE: Factor = EVEN * 16 / 10;

/// The factor of the same day.
const SAME_DAY: Factor = EVEN * 20;

/// The largest factor of dates that are not both the same day.
pub const MOST_OF_OTHER_DATE: Factor = EVEN * 8;

/// The factor of countries that do not meet.
const OTHER_COUNTRY: Factor = EVEN * 12 / 100;

/// The factor of another gender.
const OTHER_GENDER: Factor = EVEN * 20 / 100;

/// The factor of national numbers of which none is the same. Source: UK listings against the UN listings that
/// they follow, 111 people who share one and none who does not; of 12 look-alikes none shares one.
const OTHER_NATIONAL_ID: Factor = EVEN * 20 / 100;

/// The factor of passports of which none is the same: 222 shared and 2 not, against 1 and 27. Milder than that, as
/// a list may know an old passport and a customer show the new one.
const OTHER_PASSPORT: Factor = EVEN * 35 / 100;

/// One attribute's part.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// Which.
    pub attribute: Attribute,
    /// What it says.
    pub verdict: Verdict,
    /// What it does to the odds.
    pub factor: Factor,
    /// The sides' values as text, for the evidence.
    pub party: Vec<String>,
    /// The same of the listing.
    pub listed: Vec<String>,
    /// More in words, if there is more to say.
    pub note: String,
}

/// Moves a score in 1/65,536 by a factor of its odds.
pub fn moved(score: i64, factor: Factor) -> i64 {
    if factor == EVEN {
        return score;
    }
    let held = if factor < EVEN { score.min(SUREST_NAME) } else { score };
    let (yes, no) = (held * factor, (ONE - held) * EVEN);
    if yes + no == 0 { 0 } else { ONE * yes / (yes + no) }
}

/// The least score that a factor can still lift to a threshold.
pub fn floor(threshold: i64, factor: Factor) -> i64 {
    if factor <= EVEN {
        return threshold;
    }
    // threshold = s·f / (s·f + 1 − s), solved for s; one unit lower for rounding
    let (t, f, e) = (threshold, factor, EVEN);
    (t * e * ONE / (t * e + (ONE - t) * f) - 1).max(0)
}

/// What a party says besides its names, ready to be compared.
#[derive(Default)]
pub struct Record {
    births: Vec<PartialDate>,
    countries: Vec<[u8; 2]>,
    genders: u8,
    identifiers: Vec<Identifier>,
    ignored: Vec<Ignored>,
}

impl Record {
    /// From a party, for a policy.
    pub fn of(party: &Entity, policy: &Policy) -> Self {
        let mut countries: Vec<[u8; 2]> =
            party.nationalities.iter().chain(&party.countries).map(|c| c.value.bytes()).collect();
        countries.extend(party.addresses.iter().filter_map(|a| a.value.country).map(|c| c.bytes()));
        countries.sort_unstable();
        countries.dedup();
        Self {
            births: party.births.iter().map(|b| b.value).collect(),
            countries,
            genders: party.genders.iter().fold(0, |bits, g| bits | gender_bit(g.value)),
            identifiers: party.identifiers.iter().map(|i| i.value.clone()).collect(),
            ignored: policy.ignore.clone(),
        }
    }

    /// The dates of birth that can raise a score.
    pub fn births(&self) -> &[PartialDate] {
        if self.ignores(Attribute::Born, None) { &[] } else { &self.births }
    }

    /// Whether the policy leaves an attribute out for listings of a kind; with none, for all.
    fn ignores(&self, attribute: Attribute, kind: Option<u8>) -> bool {
        let concerns = |of: Option<Kind>| of.is_none_or(|of| kind == Some(of as u8));
        self.ignored.iter().any(|i| i.attribute == attribute && concerns(i.kind))
    }

    /// The identifiers.
    pub fn identifiers(&self) -> &[Identifier] {
        &self.identifiers
    }

    /// The most that anything but a date can multiply the odds by.
    pub fn most_without_date(&self) -> Factor {
        if self.countries.is_empty() || self.ignores(Attribute::Country, None) { EVEN } else { MOST_WITHOUT_DATE }
    }

    /// By how much the dates of a listing multiply the odds.
    pub fn lift_of_date(&self, view: &View<'_>, listing: u32) -> Factor {
        let listed = view.dates(listing).iter().filter_map(date_of);
        let pairs = listed.flat_map(|b| self.births().iter().map(move |a| date_factor(a.agreement(&b))));
        pairs.max().unwrap_or(EVEN)
    }

    /// The score of a listing: its name score, moved by everything else, or what an identifier makes it.
    pub fn score(&self, view: &View<'_>, listing: u32, name: i64) -> (i64, Vec<Finding>) {
        let mut findings = Vec::new();
        let row = view.listings.get(listing as usize);
        findings.extend(self.birth(view, listing));
        findings.extend(self.country(view.countries(listing)));
        findings.extend(self.gender(row.map_or(0, |r| r.genders)));
        for finding in &mut findings {
            if self.ignores(finding.attribute, row.map(|r| r.kind)) {
                (finding.verdict, finding.factor) = (Verdict::Unknown, EVEN);
                finding.note = "the policy ignores it".into();
            }
        }
        let identity = self.identifiers_against(view, listing, &mut findings);
        let factor = findings.iter().fold(EVEN, |f, finding| (f * finding.factor / EVEN).clamp(1, 1_000_000));
        let by_name = moved(name, factor);
        let score = match identity {
            // An agreeing identifier is not lost to another field: the rest only ranks among such hits.
            Identity::Decides => (IDENTIFIED + by_name / 20).min(ONE),
            Identity::Supports => moved(by_name.max(ONE * 3 / 10), EVEN * 4),
            Identity::Contradicts => by_name.min(ONE * 45 / 100),
            Identity::Silent => by_name,
        };
        (score, findings)
    }

    fn birth(&self, view: &View<'_>, listing: u32) -> Option<Finding> {
        let listed: Vec<PartialDate> = view.dates(listing).iter().filter_map(date_of).collect();
        if self.births.is_empty() && listed.is_empty() {
            return None;
        }
        let pairs = self.births.iter().flat_map(|a| listed.iter().map(move |b| a.agreement(b)));
        let best = pairs.map(|agreement| (date_factor(agreement), agreement)).max_by_key(|(factor, _)| *factor);
        let (verdict, factor, note) = match best {
            None => (Verdict::Unknown, EVEN, String::new()),
            Some((factor, agreement)) => (date_verdict(agreement), factor, date_words(agreement)),
        };
        let texts = |dates: &[PartialDate]| dates.iter().map(ToString::to_string).collect();
        Some(Finding {
            attribute: Attribute::Born,
            verdict,
            factor,
            party: texts(&self.births),
            listed: texts(&listed),
            note,
        })
    }

    fn country(&self, listed: &[CountryRow]) -> Option<Finding> {
        if self.countries.is_empty() && listed.is_empty() {
            return None;
        }
        let agrees = listed.iter().any(|c| self.countries.contains(&c.code));
        let (verdict, factor) = match (self.countries.is_empty() || listed.is_empty(), agrees) {
            (true, _) => (Verdict::Unknown, EVEN),
            (false, true) => (Verdict::Agrees, MOST_WITHOUT_DATE),
            // Listings that name several countries seldom name all: a doubt, not a proof.
            (false, false) => (Verdict::Contradicts, OTHER_COUNTRY),
        };
        let text = |code: &[u8; 2]| String::from_utf8_lossy(code).into_owned();
        Some(Finding {
            attribute: Attribute::Country,
            verdict,
            factor,
            party: self.countries.iter().map(text).collect(),
            listed: listed.iter().map(|c| text(&c.code)).collect(),
            note: String::new(),
        })
    }

    fn gender(&self, listed: u8) -> Option<Finding> {
        // "other" says nothing that a list of two genders could contradict
        let (a, b) = (self.genders & 3, listed & 3);
        if a == 0 && b == 0 {
            return None;
        }
        let (verdict, factor) = match () {
            () if a == 0 || b == 0 => (Verdict::Unknown, EVEN),
            () if a & b != 0 => (Verdict::Agrees, EVEN),
            () => (Verdict::Contradicts, OTHER_GENDER),
        };
        let text = |bits: u8| {
            [(1, "female"), (2, "male")]
                .iter()
                .filter(|(bit, _)| bits & bit != 0)
                .map(|(_, word)| (*word).to_owned())
                .collect()
        };
        Some(Finding {
            attribute: Attribute::Gender,
            verdict,
            factor,
            party: text(a),
            listed: text(b),
            note: String::new(),
        })
    }

    fn identifiers_against(&self, view: &View<'_>, listing: u32, findings: &mut Vec<Finding>) -> Identity {
        if self.identifiers.is_empty() {
            return Identity::Silent;
        }
        let listed: Vec<Identifier> = view
            .identifiers(listing)
            .iter()
            .filter_map(|row| serde_json::from_slice(view.identifier_json(row)).ok())
            .collect();
        let mut doubts = self.doubts(&listed);
        let mut result = Identity::Silent;
        for own in &self.identifiers {
            if let Some(same) = listed.iter().find(|other| own.agrees_with(other)) {
                let identity = if decides(own) { Identity::Decides } else { Identity::Supports };
                result = result.max(identity);
                findings.push(identifier_finding(own, std::slice::from_ref(same), Verdict::Agrees));
                continue;
            }
            let of_kind: Vec<Identifier> = listed.iter().filter(|other| other.kind == own.kind).cloned().collect();
            if of_kind.is_empty() {
                continue;
            }
            if is_one_for_life(own.kind) {
                result = result.max(Identity::Contradicts);
                findings.push(identifier_finding(own, &of_kind, Verdict::Contradicts));
            } else if let Some(at) = doubts.iter().position(|(kind, _)| *kind == own.kind) {
                // once for a kind, however many documents of it there are
                let (_, factor) = doubts.remove(at);
                findings.push(Finding { factor, ..identifier_finding(own, &of_kind, Verdict::Contradicts) });
            } else {
                findings.push(identifier_finding(own, &of_kind, Verdict::Unknown));
            }
        }
        result
    }

    /// Kinds of documents that both sides have and of which none is the same, with what that does to the odds:
    /// it speaks against one entity, unless another identifier agrees.
    fn doubts(&self, listed: &[Identifier]) -> Vec<(IdentifierKind, Factor)> {
        if self.identifiers.iter().any(|own| listed.iter().any(|other| own.agrees_with(other))) {
            return Vec::new();
        }
        // texts around a number are no other number
        let within = |a: &str, b: &str| a.len().min(b.len()) >= DECIDING_KEY && (a.contains(b) || b.contains(a));
        let unlike = |(kind, _): &(IdentifierKind, Factor)| {
            let own = self.identifiers.iter().filter(|own| own.kind == *kind);
            let pairs = own.flat_map(|own| listed.iter().filter(|other| other.kind == *kind).map(move |o| (own, o)));
            pairs.clone().next().is_some() && pairs.into_iter().all(|(own, other)| !within(&own.key, &other.key))
        };
        let kinds = [(IdentifierKind::NationalId, OTHER_NATIONAL_ID), (IdentifierKind::Passport, OTHER_PASSPORT)];
        kinds.into_iter().filter(unlike).collect()
    }
}

/// What identifiers say together, weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    Silent,
    Contradicts,
    Supports,
    Decides,
}

/// Shortest key that decides alone: shorter numbers are shared by chance.
const DECIDING_KEY: usize = 5;

fn decides(identifier: &Identifier) -> bool {
    use IdentifierKind as K;
    match identifier.kind {
        K::Phone | K::Website | K::CallSign => false,
        K::Passport
        | K::NationalId
        | K::DrivingLicence
        | K::OtherDocument
        | K::TaxNumber
        | K::Inn
        | K::Ogrn
        | K::Registration
        | K::Lei
        | K::Bic
        | K::Iban
        | K::Account
        | K::Isin
        | K::Imo
        | K::Mmsi
        | K::TailNumber
        | K::AircraftSerial
        | K::Wallet
        | K::Email
        | K::Duns
        | K::Other => identifier.key.chars().count() >= DECIDING_KEY,
    }
}

/// Numbers that an entity has one of: another number is another entity.
fn is_one_for_life(kind: IdentifierKind) -> bool {
    use IdentifierKind as K;
    match kind {
        K::Imo | K::Lei | K::Isin | K::Inn | K::Ogrn => true,
        K::Passport
        | K::NationalId
        | K::DrivingLicence
        | K::OtherDocument
        | K::TaxNumber
        | K::Registration
        | K::Bic
        | K::Iban
        | K::Account
        | K::Mmsi
        | K::CallSign
        | K::TailNumber
        | K::AircraftSerial
        | K::Wallet
        | K::Phone
        | K::Email
        | K::Website
        | K::Duns
        | K::Other => false,
    }
}

fn identifier_finding(own: &Identifier, listed: &[Identifier], verdict: Verdict) -> Finding {
    Finding {
        attribute: Attribute::Identifier,
        verdict,
        factor: EVEN,
        party: vec![own.value.clone()],
        listed: listed.iter().map(|i| i.value.clone()).collect(),
        note: format!("{:?}", own.kind),
    }
}

/// What a date, a country and a gender that both sides say do to the odds, each told by what it is
/// about: as [`Record::score`] would, from what an index holds of either side.
pub fn factor(party: Said<'_>, listed: Said<'_>, counts: impl Fn(Attribute) -> bool) -> Factor {
    let mut factors = [EVEN; 3];
    if counts(Attribute::Born) {
        let pairs = party.dates.iter().filter_map(date_of);
        let pairs = pairs.flat_map(|a| listed.dates.iter().filter_map(date_of).map(move |b| a.agreement(&b)));
        factors[0] = pairs.map(date_factor).max().unwrap_or(EVEN);
    }
    if counts(Attribute::Country) && !party.countries.is_empty() && !listed.countries.is_empty() {
        let agrees = listed.countries.iter().any(|c| party.countries.iter().any(|own| own.code == c.code));
        factors[1] = if agrees { MOST_WITHOUT_DATE } else { OTHER_COUNTRY };
    }
    let (a, b) = (party.genders & 3, listed.genders & 3);
    if counts(Attribute::Gender) && a != 0 && b != 0 && a & b == 0 {
        factors[2] = OTHER_GENDER;
    }
    factors.iter().fold(EVEN, |f, factor| (f * factor / EVEN).clamp(1, 1_000_000))
}

/// What an index holds of an entity besides names.
#[derive(Clone, Copy)]
pub struct Said<'a> {
    /// Dates of birth, foundation or build.
    pub dates: &'a [DateRow],
    /// Countries.
    pub countries: &'a [CountryRow],
    /// Bits of genders.
    pub genders: u8,
}

fn gender_bit(gender: Gender) -> u8 {
    match gender {
        Gender::Female => 1,
        Gender::Male => 2,
        Gender::Other => 4,
    }
}

/// What the agreement of two dates does to the odds.
/// Source: leave-one-alias-out with dates and countries over the OFAC and UN lists against invented
/// people; see `docs/benchmarks.md`. A contradicting date must keep an exact name below 0.6.
fn date_factor(agreement: DateAgreement) -> Factor {
    match agreement {
        DateAgreement::SameDay => SAME_DAY,
        DateAgreement::SameMonth => MOST_OF_OTHER_DATE,
        DateAgreement::SameYear => EVEN * 3,
        DateAgreement::Overlap => EVEN * 13 / 10,
        DateAgreement::NearMiss => EVEN / 2,
        DateAgreement::SameYearOnly => EVEN * 3 / 100,
        DateAgreement::Contradict { years: 0..=1 } => EVEN * 8 / 100,
        DateAgreement::Contradict { .. } => EVEN * 2 / 100,
    }
}

fn date_verdict(agreement: DateAgreement) -> Verdict {
    match agreement {
        DateAgreement::SameDay | DateAgreement::SameMonth | DateAgreement::SameYear => Verdict::Agrees,
        DateAgreement::Overlap | DateAgreement::NearMiss => Verdict::Compatible,
        DateAgreement::SameYearOnly | DateAgreement::Contradict { .. } => Verdict::Contradicts,
    }
}

fn date_words(agreement: DateAgreement) -> String {
    match agreement {
        DateAgreement::SameDay => "the same day".into(),
        DateAgreement::SameMonth => "the same month".into(),
        DateAgreement::SameYear => "the same year; one side knows no day".into(),
        DateAgreement::Overlap => "the spans overlap".into(),
        DateAgreement::NearMiss => "one digit apart, or day and month exchanged".into(),
        DateAgreement::SameYearOnly => "the same year, but another day".into(),
        DateAgreement::Contradict { years } => format!("{years} years apart"),
    }
}
