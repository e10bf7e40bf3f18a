//! The index: names and attributes of listings in flat arrays, read in place.
//!
//! Spellings are shared by terms, terms by rows: a *spelling* is a string of letters, a *term* a
//! token in its role (a word of a person's name, a legal form), a *row* one form of one name.
//! Whatever is expensive is done per spelling.
//!
//! Promises: the same listings in the same order give the same bytes; bytes are checked when
//! they are opened; nothing is changed afterwards.
//!
//! Not here: searching (`search`), files (`store`).

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use bytemuck::{Pod, Zeroable};
use interdict_model::{Entity, Gender, Kind, Listing, NameQuality, PartialDate};
use interdict_names::analyse::{Class, Form, Sort, Token, analyse};
use interdict_names::likeness::TokenView;
use interdict_names::script::Script;
use interdict_names::similar::{max_edits, sound_key};
use rustc_hash::FxHashMap;

use crate::edges::{MAX_JOINED, joins};
use crate::expand::touch;
use crate::flat::{Groups, Sections, Writer, group};
use crate::neighbours::{hash, neighbours};
use crate::reference::written_together;

/// Why a screening could not be done. Never to be read as clear.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// The party carries nothing that can be screened.
    #[error(
        "the party has no name with letters and no identifier\nhint: give a name, or an identifier such as an IMO number or a passport"
    )]
    NothingToScreen,
    /// The party is larger than what we compare in bounded time.
    #[error("the party cannot be screened in bounded time: {0}\nhint: screen its names one by one, or shorten them")]
    TooLarge(String),
    /// The stored index is not one this version reads.
    #[error(
        "the stored index cannot be used: {0}\nhint: it is rebuilt from the imported lists by `interdict lists rebuild`"
    )]
    BadIndex(String),
    /// There is no listing of that number.
    #[error("there is no listing {0} in this snapshot")]
    NoListing(u32),
}

/// A term: a token in its role.
#[derive(Clone, Copy, Pod, Zeroable, Debug)]
#[repr(C)]
pub struct Term {
    /// Weight after rarity in the lists.
    pub weight: u16,
    /// [`Class`] by number.
    pub class: u8,
    /// [`Script`] by number.
    pub script: u8,
    /// [`Sort`] by number.
    pub sort: u8,
    /// Unused.
    pub pad: [u8; 3],
    /// Bits of the first letters of its Latin spellings, `a` lowest.
    pub initials: u32,
}

/// A row: one form of one name.
#[derive(Clone, Copy, Pod, Zeroable, Debug)]
#[repr(C)]
pub struct Row {
    /// The name it is a form of.
    pub name: u32,
    /// Where its terms begin.
    terms_at: u32,
    /// Sum of its terms' weights; the highest bit says that it is a reading.
    weight: u16,
    /// How many terms it has, and above them two bits of its [`Sort`].
    terms_sort: u8,
    /// Three bits of its listing's [`Kind`], and above them the run-on script, by number plus one.
    kind_run_on: u8,
}

const READING: u16 = 1 << 15;

impl Row {
    fn new(name: u32, terms: Range<usize>, sort: Sort, kind: Kind, form: &Form) -> Self {
        let run_on = form.run_on.map_or(0, |script| script as u8 + 1);
        Self {
            name,
            terms_at: terms.start as u32,
            weight: if form.is_reading { READING } else { 0 },
            // at most MAX_TOKENS terms, which fit six bits
            terms_sort: terms.len().min(63) as u8 | (sort as u8) << 6,
            kind_run_on: kind as u8 | run_on << 3,
        }
    }

    fn weighing(self, weight: u32) -> Self {
        let weight = u16::try_from(weight).unwrap_or(u16::MAX).min(READING - 1);
        Self { weight: self.weight & READING | weight, ..self }
    }

    /// Sum of its terms' weights.
    #[inline]
    pub fn weight(&self) -> i64 {
        i64::from(self.weight & !READING)
    }

    /// Whether it was romanised from its run-on script.
    pub fn is_reading(&self) -> bool {
        self.weight & READING != 0
    }

    /// [`Sort`] by number.
    #[inline]
    pub fn sort(&self) -> u8 {
        self.terms_sort >> 6
    }

    /// [`Kind`] of its listing, by number.
    #[inline]
    pub fn kind(&self) -> u8 {
        self.kind_run_on & 7
    }

    /// Run-on script its name is written in, by number plus one; 0 if none.
    pub fn run_on(&self) -> u8 {
        self.kind_run_on >> 3
    }

    #[inline]
    fn terms(&self) -> Range<usize> {
        let at = self.terms_at as usize;
        at..at + usize::from(self.terms_sort & 63)
    }
}

/// A name of a listing.
#[derive(Clone, Copy, Pod, Zeroable, Debug)]
#[repr(C)]
pub struct NameRow {
    /// Its listing.
    pub listing: u32,
    /// Where its text lies.
    pub text_at: u32,
    /// How long its text is.
    pub text_len: u32,
    /// [`NameQuality`] by number.
    pub quality: u32,
}

/// What is compared of a listing besides names.
#[derive(Clone, Copy, Pod, Zeroable, Debug)]
#[repr(C)]
pub struct ListingRow {
    /// [`Kind`] by number.
    pub kind: u8,
    /// Bits of genders: 1 female, 2 male, 4 other.
    pub genders: u8,
    /// Unused.
    pub pad: [u8; 2],
}

/// A date of birth, foundation or build.
#[derive(Clone, Copy, Pod, Zeroable, Debug, Default)]
#[repr(C)]
pub struct DateRow {
    /// First day as yyyymmdd.
    pub earliest: u32,
    /// Last day as yyyymmdd.
    pub latest: u32,
    /// 1 if circa.
    pub circa: u32,
}

/// An identifier.
#[derive(Clone, Copy, Pod, Zeroable, Debug, Default)]
#[repr(C)]
pub struct IdentifierRow {
    /// Where it lies, as JSON.
    pub at: u32,
    /// How long it is.
    pub len: u32,
    /// Its listing.
    pub listing: u32,
}

/// A country of a listing: its two letters, and whether it belongs there (nationality) or has to do with it.
#[derive(Clone, Copy, Pod, Zeroable, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct CountryRow {
    /// ISO code.
    pub code: [u8; 2],
    /// 1 for nationality, incorporation or flag.
    pub belongs: u8,
    /// Unused.
    pub pad: u8,
}

/// The sections, in their order in the bytes.
#[derive(Clone, Copy)]
#[repr(usize)]
enum Part {
    Arena,
    SpellingStarts,
    Signatures,
    SpellingTermStarts,
    SpellingTerms,
    Terms,
    TermSpellingStarts,
    TermSpellings,
    PostingStarts,
    Postings,
    Rows,
    RowInitials,
    RowTerms,
    Names,
    NearStarts,
    Near,
    SoundStarts,
    Sounds,
    JoinedStarts,
    Joined,
    Listings,
    DateStarts,
    Dates,
    CountryStarts,
    Countries,
    IdentifierStarts,
    Identifiers,
    IdentifierBucketStarts,
    IdentifierBuckets,
    YearStarts,
    Years,
    DayYearStarts,
    DayYears,
    DayStarts,
    Days,
    ListingRows,
    TermYearStarts,
    TermYears,
    LongSpans,
    LegalForms,
    Count,
}

/// Builds an index from listings, in the order of the snapshot.
#[derive(Default)]
pub struct IndexBuilder {
    arena: Vec<u8>,
    spellings: FxHashMap<Box<str>, u32>,
    spelling_starts: Vec<u32>,
    terms: Vec<Term>,
    term_keys: FxHashMap<(Sort, Class, Script, Box<str>), u32>,
    term_spellings: Vec<Vec<u32>>,
    rows: Vec<Row>,
    row_terms: Vec<u32>,
    names: Vec<NameRow>,
    joined: Vec<(u32, u32)>,
    listings: Vec<ListingRow>,
    dates: Vec<(u32, DateRow)>,
    countries: Vec<(u32, CountryRow)>,
    identifiers: Vec<(u32, IdentifierRow)>,
    identifier_hashes: Vec<u32>,
    texts: Vec<u8>,
    left_out: Vec<(u32, String)>,
    /// Whether it holds parties: names under every sort they are compared as, words weighed by the tables alone.
    of_parties: bool,
}

/// The sorts of name that a kind of entity can carry.
pub fn sorts(kind: Kind) -> &'static [Sort] {
    match kind {
        Kind::Person => &[Sort::Person],
        Kind::Organization | Kind::Security => &[Sort::Organization],
        Kind::Vessel | Kind::Aircraft | Kind::Wallet => &[Sort::Object],
        Kind::Unknown => &[Sort::Person, Sort::Organization],
    }
}

/// Sorts of name under which a party of a kind is compared: all of them if its kind is not known.
pub fn party_sorts(kind: Kind) -> &'static [Sort] {
    match kind {
        Kind::Unknown => &[Sort::Person, Sort::Organization, Sort::Object],
        known @ (Kind::Person | Kind::Organization | Kind::Vessel | Kind::Aircraft | Kind::Wallet | Kind::Security) => {
            sorts(known)
        }
    }
}

fn ymd(date: jiff::civil::Date) -> u32 {
    let part = |n: i8| u32::from(n.unsigned_abs());
    u32::from(date.year().unsigned_abs()) * 10_000 + part(date.month()) * 100 + part(date.day())
}

impl IndexBuilder {
    /// For parties, which are found by listings ([`crate::reverse`]). Their names stand under every
    /// sort they are compared as; what a word weighs is asked of the lists.
    pub fn of_parties() -> Self {
        Self { of_parties: true, ..Self::default() }
    }

    /// Adds a listing; its ordinal is the number of those added before.
    pub fn add(&mut self, listing: &Listing) {
        self.add_entity(&listing.entity);
    }

    /// Adds what a listing is about, or a party.
    pub fn add_entity(&mut self, entity: &Entity) {
        let ordinal = self.listings.len() as u32;
        let genders = entity.genders.iter().fold(0, |bits, g| {
            bits | match g.value {
                Gender::Female => 1,
                Gender::Male => 2,
                Gender::Other => 4,
            }
        });
        self.listings.push(ListingRow { kind: entity.kind as u8, genders, pad: [0; 2] });
        for born in &entity.births {
            let (earliest, latest) = (ymd(born.value.earliest()), ymd(born.value.latest()));
            self.dates.push((ordinal, DateRow { earliest, latest, circa: u32::from(born.value.is_circa()) }));
        }
        let belongs = entity.nationalities.iter().map(|c| (c.value, 1));
        let others = entity.countries.iter().map(|c| (c.value, 0));
        let addresses = entity.addresses.iter().filter_map(|a| a.value.country).map(|c| (c, 0));
        // a party's place of birth is no country of its own
        let births = entity.birth_places.iter().filter(|_| !self.of_parties);
        let births = births.filter_map(|p| p.value.country).map(|c| (c, 0));
        let mut seen = Vec::new();
        for (country, belongs) in belongs.chain(others).chain(addresses).chain(births) {
            let row = CountryRow { code: country.bytes(), belongs, pad: 0 };
            if !seen.contains(&country) {
                seen.push(country);
                self.countries.push((ordinal, row));
            }
        }
        for identifier in &entity.identifiers {
            let json = serde_json::to_vec(&identifier.value).unwrap_or_default();
            let row = IdentifierRow { at: self.texts.len() as u32, len: json.len() as u32, listing: ordinal };
            self.texts.extend(json);
            self.identifiers.push((ordinal, row));
            self.identifier_hashes.push(hash(identifier.value.key.as_bytes()));
        }
        for name in &entity.names {
            self.add_name(ordinal, entity.kind, &name.value.full, name.value.quality);
        }
    }

    fn add_name(&mut self, listing: u32, kind: Kind, text: &str, quality: NameQuality) {
        let name = self.names.len() as u32;
        let text_at = self.texts.len() as u32;
        self.texts.extend(text.as_bytes());
        self.names.push(NameRow { listing, text_at, text_len: text.len() as u32, quality: quality as u32 });
        for &sort in if self.of_parties { party_sorts(kind) } else { sorts(kind) } {
            match analyse(text, sort) {
                Ok(forms) => forms.iter().for_each(|form| self.add_form(name, kind, sort, form)),
                Err(reason) => {
                    self.left_out.push((listing, format!("{reason}: `{}`", text.chars().take(80).collect::<String>())))
                }
            }
        }
    }

    fn add_form(&mut self, name: u32, kind: Kind, sort: Sort, form: &Form) {
        if form.tokens.is_empty() {
            return;
        }
        let row = self.rows.len() as u32;
        let from = self.row_terms.len();
        for token in &form.tokens {
            let term = self.term(sort, token);
            self.row_terms.push(term);
        }
        for n in 2..=MAX_JOINED {
            for tokens in form.tokens.windows(n) {
                if tokens.iter().all(|t| joins(t.class))
                    && let Some(word) = written_together(tokens)
                {
                    self.joined.push((hash(word.as_bytes()), row));
                }
            }
        }
        self.rows.push(Row::new(name, from..self.row_terms.len(), sort, kind, form));
    }

    fn spelling(&mut self, text: &str) -> u32 {
        if let Some(&id) = self.spellings.get(text) {
            return id;
        }
        let id = self.spelling_starts.len() as u32;
        self.spelling_starts.push(self.arena.len() as u32);
        self.arena.extend(text.as_bytes());
        self.spellings.insert(text.into(), id);
        id
    }

    fn term(&mut self, sort: Sort, token: &Token) -> u32 {
        // canonical words (`bank` for `banque`) keep their own spelling apart
        let spelt = token.latin.first().map_or("", String::as_str);
        let key = (sort, token.class, token.script, format!("{}\0{spelt}", token.text).into_boxed_str());
        if let Some(&id) = self.term_keys.get(&key) {
            return id;
        }
        let id = self.terms.len() as u32;
        let mut spellings = vec![self.spelling(&token.text)];
        let mut initials = 0;
        for latin in &token.latin {
            spellings.push(self.spelling(latin));
            initials |= initial_bit(latin);
        }
        self.terms.push(Term {
            weight: token.weight,
            class: token.class as u8,
            script: token.script as u8,
            sort: sort as u8,
            pad: [0; 3],
            initials,
        });
        self.term_spellings.push(spellings);
        self.term_keys.insert(key, id);
        id
    }

    /// Names that are too long to be compared, by listing: a snapshot that has some says so.
    pub fn left_out(&self) -> &[(u32, String)] {
        &self.left_out
    }

    /// The index as bytes: written once, mapped, shared.
    pub fn finish(mut self) -> Vec<u8> {
        let rows = self.rows.len();
        let mut postings: Vec<(u32, u32)> = Vec::with_capacity(self.row_terms.len());
        for row in 0..rows {
            let terms = &self.row_terms[self.rows[row].terms()];
            postings.extend(distinct(terms).map(|term| (term, row as u32)));
        }
        let (posting_starts, postings) = group(self.terms.len(), &postings);
        if !self.of_parties {
            self.weigh(&posting_starts, &postings);
        }
        for row in 0..rows {
            let terms = self.row_terms[self.rows[row].terms()].iter();
            let weight = terms.map(|&t| u32::from(self.terms[t as usize].weight)).sum();
            self.rows[row] = self.rows[row].weighing(weight);
        }
        let spelling_count = self.spelling_starts.len();
        self.spelling_starts.push(self.arena.len() as u32);
        let signatures: Vec<u32> = (0..spelling_count).map(|s| Signature::of(self.letters_of(s)).0).collect();
        let by_spelling: Vec<(u32, u32)> = self.spelling_terms();
        let (spelling_term_starts, spelling_terms) = group(spelling_count, &by_spelling);
        let (near_starts, near) = self.neighbourhoods(spelling_count);
        let (sound_starts, sounds) = self.sounds(spelling_count);
        let buckets = bucket_count(self.joined.len() / 2);
        let print = RowPrint::over(rows);
        let joined: Vec<(u32, u32)> = self.joined.iter().map(|&(hash, row)| (hash, print.marked(hash, row))).collect();
        let (joined_starts, joined) = group(buckets, &reduce(&joined, buckets));
        let (date_starts, dates) = group(self.listings.len(), &self.dates);
        let (country_starts, countries) = group(self.listings.len(), &self.countries);
        let (identifier_starts, identifiers) = group(self.listings.len(), &self.identifiers);
        let id_buckets = bucket_count(identifiers.len());
        let id_pairs: Vec<(u32, u32)> =
            self.identifier_hashes.iter().enumerate().map(|(i, &h)| (h, i as u32)).collect();
        let (id_bucket_starts, id_bucket_items) = group(id_buckets, &reduce(&id_pairs, id_buckets));
        let (year_starts, year_items) = group(YEARS, &self.years(false));
        let (day_year_starts, day_year_items) = group(YEARS, &self.years(true));
        let days = self.days();
        let day_buckets = bucket_count(days.len());
        let (day_starts, day_items) = group(day_buckets, &reduce(&days, day_buckets));
        let initials =
            |row: &Row| self.row_terms[row.terms()].iter().fold(0, |bits, &t| bits | self.terms[t as usize].initials);
        let row_initials: Vec<u32> = self.rows.iter().map(initials).collect();
        let listing_rows = self.listing_rows();
        let (term_years, long_spans) = self.term_years(&listing_rows);
        let term_year_buckets = bucket_count(term_years.len() / 2);
        let marked: Vec<(u32, u32)> = term_years.iter().map(|&(hash, row)| (hash, print.marked(hash, row))).collect();
        let (term_year_starts, term_years) = group(term_year_buckets, &reduce(&marked, term_year_buckets));
        let legal_forms: Vec<u32> =
            (0..self.terms.len() as u32).filter(|&t| self.terms[t as usize].class == Class::LegalForm as u8).collect();
        let term_spellings: Vec<(u32, u32)> = self
            .term_spellings
            .iter()
            .enumerate()
            .flat_map(|(t, all)| all.iter().map(move |&s| (t as u32, s)))
            .collect();
        let (term_spelling_starts, term_spellings) = group(self.terms.len(), &term_spellings);
        // texts follow the spellings in one arena: names' places move by its length
        let shift = self.arena.len() as u32;
        self.names.iter_mut().for_each(|name| name.text_at += shift);
        let identifiers: Vec<IdentifierRow> =
            identifiers.iter().map(|row| IdentifierRow { at: row.at + shift, ..*row }).collect();
        self.arena.extend(&self.texts);

        let mut out = Writer::default();
        out.push(&self.arena);
        out.push(&self.spelling_starts);
        out.push(&signatures);
        out.push(&spelling_term_starts);
        out.push(&spelling_terms);
        out.push(&self.terms);
        out.push(&term_spelling_starts);
        out.push(&term_spellings);
        out.push(&posting_starts);
        out.push(&postings);
        out.push(&self.rows);
        out.push(&row_initials);
        out.push(&self.row_terms);
        out.push(&self.names);
        out.push(&near_starts);
        out.push(&near);
        out.push(&sound_starts);
        out.push(&sounds);
        out.push(&joined_starts);
        out.push(&joined);
        out.push(&self.listings);
        out.push(&date_starts);
        out.push(&dates);
        out.push(&country_starts);
        out.push(&countries);
        out.push(&identifier_starts);
        out.push(&identifiers);
        out.push(&id_bucket_starts);
        out.push(&id_bucket_items);
        out.push(&year_starts);
        out.push(&year_items);
        out.push(&day_year_starts);
        out.push(&day_year_items);
        out.push(&day_starts);
        out.push(&day_items);
        out.push(&listing_rows);
        out.push(&term_year_starts);
        out.push(&term_years);
        out.push(&long_spans);
        out.push(&legal_forms);
        out.finish()
    }

    /// Lowers the weight of words that many listings carry.
    fn weigh(&mut self, starts: &[u32], postings: &[u32]) {
        for term in 0..self.terms.len() {
            if self.terms[term].class != Class::Name as u8 {
                continue;
            }
            let rows = &postings[starts[term] as usize..starts[term + 1] as usize];
            let mut listings: Vec<u32> =
                rows.iter().map(|&r| self.names[self.rows[r as usize].name as usize].listing).collect();
            listings.dedup();
            self.terms[term].weight = crate::rarity::weight(self.terms[term].weight, listings.len());
        }
    }

    fn spelling_terms(&self) -> Vec<(u32, u32)> {
        let mut pairs = Vec::new();
        for (term, spellings) in self.term_spellings.iter().enumerate() {
            for (i, &spelling) in spellings.iter().enumerate() {
                if !spellings[..i].contains(&spelling) {
                    pairs.push((spelling, term as u32));
                }
            }
        }
        pairs
    }

    fn letters_of(&self, spelling: usize) -> &[u8] {
        &self.arena[self.spelling_starts[spelling] as usize..self.spelling_starts[spelling + 1] as usize]
    }

    fn text_of(&self, spelling: usize) -> &str {
        std::str::from_utf8(self.letters_of(spelling)).unwrap_or("")
    }

    fn neighbourhoods(&self, spellings: usize) -> (Vec<u32>, Vec<u32>) {
        let buckets = bucket_count(spellings * 4);
        let mask = buckets as u32 - 1;
        let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(spellings * 24);
        for spelling in 0..spellings {
            let from = pairs.len();
            neighbours(self.text_of(spelling), |hash| {
                let pair = (hash & mask, spelling as u32 | fingerprint(hash));
                if !pairs[from..].contains(&pair) {
                    pairs.push(pair);
                }
            });
        }
        group(buckets, &pairs)
    }

    fn sounds(&self, spellings: usize) -> (Vec<u32>, Vec<u32>) {
        let buckets = bucket_count(spellings);
        let mut pairs = Vec::new();
        for spelling in 0..spellings {
            let key = sound_key(self.text_of(spelling));
            if !key.is_empty() {
                pairs.push((hash(key.as_bytes()), spelling as u32));
            }
        }
        group(buckets, &reduce(&pairs, buckets))
    }

    /// Listings by the years in which they may be born: those that name a day, and the others.
    fn years(&self, days: bool) -> Vec<(u32, u32)> {
        let mut pairs = Vec::new();
        for (listing, date) in self.dates.iter().filter(|(_, date)| is_day(date) == days) {
            for year in years(date) {
                let pair = (year_bucket(year), *listing);
                if pairs.last() != Some(&pair) {
                    pairs.push(pair);
                }
            }
        }
        pairs
    }

    /// The first row of each listing, and the end: rows lie in the order of listings.
    fn listing_rows(&self) -> Vec<u32> {
        let mut starts = vec![0_u32; self.listings.len() + 1];
        for row in &self.rows {
            starts[self.names[row.name as usize].listing as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        starts
    }

    /// Rows by their terms and the years in which their listing may be born, and the listings
    /// whose dates span too many years for that.
    fn term_years(&self, listing_rows: &[u32]) -> (Vec<(u32, u32)>, Vec<u32>) {
        let (mut pairs, mut long) = (Vec::new(), Vec::new());
        for dates in self.dates.chunk_by(|a, b| a.0 == b.0) {
            let listing = dates[0].0;
            if dates.iter().any(|(_, date)| years(date).size_hint().0 > FILED_YEARS) {
                long.push(listing);
                continue;
            }
            let mut all: Vec<(i16, bool)> =
                dates.iter().flat_map(|(_, date)| years(date).map(move |year| (year, is_day(date)))).collect();
            all.sort_unstable();
            all.dedup();
            for row in listing_rows[listing as usize]..listing_rows[listing as usize + 1] {
                for term in distinct(&self.row_terms[self.rows[row as usize].terms()]) {
                    pairs.extend(all.iter().map(|&(year, days)| (term_year(term, year, days), row)));
                }
            }
        }
        (pairs, long)
    }

    /// Listings by the days on which they are born.
    fn days(&self) -> Vec<(u32, u32)> {
        let days = self.dates.iter().filter(|(_, date)| is_day(date));
        days.map(|(listing, date)| (hash(&date.earliest.to_le_bytes()), *listing)).collect()
    }
}

/// A word's length and letters in few bits: tells most words that are not near from those that may be.
#[derive(Clone, Copy)]
pub struct Signature(u32);

/// The bits that hold a word's length; the others stand for its letters.
const LENGTH: u32 = (1 << 6) - 1;

impl Signature {
    /// Of a word's bytes.
    pub fn of(word: &[u8]) -> Self {
        let bit = |letter: u8| match letter {
            b'a'..=b'y' => 1_u32 << (letter - b'a' + 6),
            _ => 1 << 31,
        };
        let letters = word.iter().fold(0, |bits, &letter| bits | bit(letter));
        Self(letters | (word.len() as u32).min(LENGTH))
    }

    /// False only for words further apart than the edits allowed: each edit changes at most two
    /// letters, of one side each, and the length by one.
    #[inline]
    fn may_be_near(self, other: Self) -> bool {
        let (a, b) = (self.0 & LENGTH, other.0 & LENGTH);
        let allowed = max_edits(a.min(b) as usize) as u32;
        a.abs_diff(b) <= allowed && ((self.0 ^ other.0) & !LENGTH).count_ones() <= 2 * allowed
    }
}

/// Years that one date may span and still be filed by word and year.
const FILED_YEARS: usize = 12;

/// Hashes that are looked up together: as many as leave what they touch in the nearest cache.
const ASKED_AT_ONCE: usize = 256;

/// Hash of a term and a year, for dates that name the day or for the others.
pub fn term_year(term: u32, year: i16, days: bool) -> u32 {
    let year = u32::from(year.unsigned_abs()) << 1 | u32::from(days);
    let mixed = (u64::from(term) << 16 ^ u64::from(year)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as u32
}

/// Row numbers with what is left of 32 bits as a mark of the hash that they are filed under.
#[derive(Clone, Copy)]
struct RowPrint {
    rows: u32,
}

impl RowPrint {
    fn over(rows: usize) -> Self {
        let bits = usize::BITS - rows.leading_zeros();
        Self { rows: if bits >= 32 { u32::MAX } else { (1 << bits) - 1 } }
    }

    fn marked(self, hash: u32, row: u32) -> u32 {
        hash & !self.rows | row
    }

    fn row(self, hash: u32, entry: u32) -> Option<u32> {
        ((entry ^ hash) & !self.rows == 0).then_some(entry & self.rows)
    }
}

/// The items of a slice, each once.
fn distinct(items: &[u32]) -> impl Iterator<Item = u32> {
    items.iter().enumerate().filter(|(i, item)| !items[..*i].contains(item)).map(|(_, item)| *item)
}

fn is_day(date: &DateRow) -> bool {
    date.earliest == date.latest && date.circa == 0
}

/// Buckets of years: lists name no year outside 1800 to 2199.
const YEARS: usize = 400;

fn year_bucket(year: i16) -> u32 {
    u32::try_from(i32::from(year) - 1800).unwrap_or(0).min(YEARS as u32 - 1)
}

/// The years that a date may lie in, circa widened.
fn years(date: &DateRow) -> std::ops::RangeInclusive<i16> {
    // a date that cannot be read back lies in no year that a party can have
    let (from, to) = date_of(date).map_or((0, 0), |date| {
        let (from, to) = date.widened();
        (from.year(), to.year())
    });
    from..=to
}

/// A stored date.
pub fn date_of(row: &DateRow) -> Option<PartialDate> {
    let day = |n: u32| PartialDate::ymd((n / 10_000) as i16, (n / 100 % 100) as i8, (n % 100) as i8);
    let span = PartialDate::span(day(row.earliest)?, day(row.latest)?);
    Some(if row.circa == 1 { span.circa() } else { span })
}

/// The bits of an entry of the deletion neighbourhood that hold the spelling; the others hold
/// [`fingerprint`], so that most of those that share a bucket by chance cost no look at letters.
const SPELLING: u32 = (1 << 24) - 1;

/// The highest bits of a hash, of which the lowest choose the bucket.
fn fingerprint(hash: u32) -> u32 {
    hash & !SPELLING
}

/// The bit of a word's first letter, 0 if it is none of `a`–`z`.
pub fn initial_bit(word: &str) -> u32 {
    match word.bytes().next() {
        Some(letter @ b'a'..=b'z') => 1 << (letter - b'a'),
        _ => 0,
    }
}

fn bucket_count(items: usize) -> usize {
    items.max(16).next_power_of_two()
}

fn reduce(pairs: &[(u32, u32)], buckets: usize) -> Vec<(u32, u32)> {
    pairs.iter().map(|&(hash, item)| (hash & (buckets as u32 - 1), item)).collect()
}

/// A read-only index over bytes in memory or mapped from a file.
pub struct Index<B> {
    bytes: B,
    sections: Sections,
    id: u64,
}

/// Tells opened indexes apart, so that what was worked out for one is not used for another.
static OPENED: AtomicU64 = AtomicU64::new(1);

/// All sections, in place.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Which opened index it is of.
    pub id: u64,
    arena: &'a [u8],
    spelling_starts: &'a [u32],
    signatures: &'a [u32],
    spelling_terms: Groups<'a, u32>,
    /// Terms.
    pub terms: &'a [Term],
    term_spellings: Groups<'a, u32>,
    postings: Groups<'a, u32>,
    /// Rows.
    pub rows: &'a [Row],
    /// The first letters of each row's words.
    pub row_initials: &'a [u32],
    row_terms: &'a [u32],
    /// Names.
    pub names: &'a [NameRow],
    near: Groups<'a, u32>,
    sounds: Groups<'a, u32>,
    joined: Groups<'a, u32>,
    /// Listings.
    pub listings: &'a [ListingRow],
    dates: Groups<'a, DateRow>,
    countries: Groups<'a, CountryRow>,
    identifiers: Groups<'a, IdentifierRow>,
    identifier_buckets: Groups<'a, u32>,
    years: Groups<'a, u32>,
    day_years: Groups<'a, u32>,
    days: Groups<'a, u32>,
    listing_rows: &'a [u32],
    term_years: Groups<'a, u32>,
    /// Listings whose dates span too many years to be filed by word and year.
    pub long_spans: &'a [u32],
    legal_forms: &'a [u32],
}

impl<B: AsRef<[u8]>> Index<B> {
    /// Checks the bytes and opens them.
    pub fn open(bytes: B) -> Result<Self, NotDone> {
        let sections = Sections::open(bytes.as_ref(), Part::Count as usize)?;
        let index = Self { bytes, sections, id: OPENED.fetch_add(1, Ordering::Relaxed) };
        index.view_checked(true)?;
        Ok(index)
    }

    /// The sections in place.
    pub fn view(&self) -> Result<View<'_>, NotDone> {
        self.view_checked(false)
    }

    fn view_checked(&self, check: bool) -> Result<View<'_>, NotDone> {
        let bytes = self.bytes.as_ref();
        let u32s = |part: Part| self.sections.get::<u32>(bytes, part as usize);
        let pair = |starts: Part, items: Part| Groups::new(u32s(starts)?, u32s(items)?, check);
        Ok(View {
            id: self.id,
            arena: self.sections.get(bytes, Part::Arena as usize)?,
            spelling_starts: u32s(Part::SpellingStarts)?,
            signatures: u32s(Part::Signatures)?,
            spelling_terms: pair(Part::SpellingTermStarts, Part::SpellingTerms)?,
            terms: self.sections.get(bytes, Part::Terms as usize)?,
            term_spellings: pair(Part::TermSpellingStarts, Part::TermSpellings)?,
            postings: pair(Part::PostingStarts, Part::Postings)?,
            rows: self.sections.get(bytes, Part::Rows as usize)?,
            row_initials: u32s(Part::RowInitials)?,
            row_terms: u32s(Part::RowTerms)?,
            names: self.sections.get(bytes, Part::Names as usize)?,
            near: pair(Part::NearStarts, Part::Near)?,
            sounds: pair(Part::SoundStarts, Part::Sounds)?,
            joined: pair(Part::JoinedStarts, Part::Joined)?,
            listings: self.sections.get(bytes, Part::Listings as usize)?,
            dates: Groups::new(u32s(Part::DateStarts)?, self.sections.get(bytes, Part::Dates as usize)?, check)?,
            countries: Groups::new(
                u32s(Part::CountryStarts)?,
                self.sections.get(bytes, Part::Countries as usize)?,
                check,
            )?,
            identifiers: Groups::new(
                u32s(Part::IdentifierStarts)?,
                self.sections.get(bytes, Part::Identifiers as usize)?,
                check,
            )?,
            identifier_buckets: pair(Part::IdentifierBucketStarts, Part::IdentifierBuckets)?,
            years: pair(Part::YearStarts, Part::Years)?,
            day_years: pair(Part::DayYearStarts, Part::DayYears)?,
            days: pair(Part::DayStarts, Part::Days)?,
            listing_rows: u32s(Part::ListingRows)?,
            term_years: pair(Part::TermYearStarts, Part::TermYears)?,
            long_spans: u32s(Part::LongSpans)?,
            legal_forms: u32s(Part::LegalForms)?,
        })
    }

    /// How many listings it holds.
    pub fn listings(&self) -> u32 {
        self.view().map_or(0, |v| v.listings.len() as u32)
    }

    /// How many names it holds.
    pub fn names(&self) -> u32 {
        self.view().map_or(0, |v| v.names.len() as u32)
    }
}

impl<'a> View<'a> {
    /// Letters of a spelling.
    #[inline]
    pub fn spelling(&self, spelling: u32) -> &'a str {
        let at = spelling as usize;
        let (Some(&from), Some(&to)) = (self.spelling_starts.get(at), self.spelling_starts.get(at + 1)) else {
            return "";
        };
        text(self.arena, from as usize, to as usize)
    }

    /// The same, as bytes.
    #[inline]
    pub fn letters(&self, spelling: u32) -> &'a [u8] {
        let at = spelling as usize;
        let (Some(&from), Some(&to)) = (self.spelling_starts.get(at), self.spelling_starts.get(at + 1)) else {
            return &[];
        };
        self.arena.get(from as usize..to as usize).unwrap_or(&[])
    }

    /// Whether a spelling may be within the edits allowed of a word with this signature.
    #[inline]
    pub fn may_be_near(&self, spelling: u32, word: Signature) -> bool {
        self.signatures.get(spelling as usize).is_some_and(|&other| word.may_be_near(Signature(other)))
    }

    /// How many spellings there are.
    pub fn spelling_count(&self) -> usize {
        self.spelling_starts.len().saturating_sub(1)
    }

    /// Terms that can be spelled so.
    #[inline]
    pub fn terms_spelt(&self, spelling: u32) -> &'a [u32] {
        self.spelling_terms.of(spelling as usize)
    }

    /// Where the rows that carry a term lie among all postings.
    pub fn posting(&self, term: u32) -> Range<u32> {
        self.postings.range(term as usize)
    }

    /// The rows at a place among all postings.
    #[inline]
    pub fn rows_at(&self, posting: Range<u32>) -> &'a [u32] {
        self.postings.items(posting.start as usize..posting.end as usize)
    }

    /// Rows that carry a term.
    #[inline]
    pub fn rows_of(&self, term: u32) -> &'a [u32] {
        self.postings.of(term as usize)
    }

    /// Terms of a row, in order.
    #[inline]
    pub fn terms_of_row(&self, row: u32) -> &'a [u32] {
        self.rows.get(row as usize).map_or(&[], |row| self.terms_of(row))
    }

    /// Terms of a row, in order.
    #[inline]
    pub fn terms_of(&self, row: &Row) -> &'a [u32] {
        self.row_terms.get(row.terms()).unwrap_or(&[])
    }

    /// Spellings that share a bucket of the deletion neighbourhood.
    #[inline]
    pub fn near(&self, hash: u32) -> impl Iterator<Item = u32> + use<'a> {
        let bucket = self.near.of((hash & mask(self.near.count())) as usize);
        let print = fingerprint(hash);
        bucket.iter().filter(move |&&entry| entry & !SPELLING == print).map(|&entry| entry & SPELLING)
    }

    /// The same for many hashes; one spelling may come twice.
    pub fn near_any(&self, hashes: &[u32], out: &mut Vec<u32>) {
        let bucket = |hash: u32| self.near.of((hash & mask(self.near.count())) as usize);
        touch(hashes.iter().map(|&hash| bucket(hash).first().copied().unwrap_or(0)));
        for &hash in hashes {
            let print = fingerprint(hash);
            out.extend(bucket(hash).iter().filter(|&&e| e & !SPELLING == print).map(|e| e & SPELLING));
        }
    }

    /// The first letter of a term's last spelling.
    #[inline]
    pub fn first_letter(&self, term: u32) -> u32 {
        let last = self.term_spellings.of(term as usize).last();
        last.and_then(|&spelling| self.letters(spelling).first()).map_or(0, |&letter| u32::from(letter))
    }

    /// The spellings of a term: its text, then those in Latin letters.
    pub fn spellings_of(&self, term: u32) -> &'a [u32] {
        self.term_spellings.of(term as usize)
    }

    /// The spelling that is a term's text.
    pub fn text_spelling(&self, term: u32) -> Option<u32> {
        self.spellings_of(term).first().copied()
    }

    /// A term's text and its first spelling in Latin letters: with its role, what tells it from others.
    #[inline]
    pub fn written(&self, term: u32) -> (&'a [u8], &'a [u8]) {
        let spellings = self.term_spellings.of(term as usize);
        let letters = |at: usize| spellings.get(at).map_or(&[][..], |&spelling| self.letters(spelling));
        (letters(0), letters(1))
    }

    /// How a term that is in Latin letters is spelt, as bytes; none of another script.
    #[inline]
    pub fn spelt(&self, term: u32) -> Option<&'a [u8]> {
        let spellings = self.term_spellings.of(term as usize);
        let in_latin = self.letters(*spellings.first()?).is_ascii();
        spellings.get(1).filter(|_| in_latin).map(|&s| self.letters(s))
    }

    /// Spellings that share a bucket of the sound keys.
    #[inline]
    pub fn sounding(&self, key: &str) -> &'a [u32] {
        self.sounds.of((hash(key.as_bytes()) & mask(self.sounds.count())) as usize)
    }

    /// Rows that may have neighbouring words which together have one of some hashes.
    pub fn rows_joined_any(&self, hashes: &[u32], out: &mut Vec<u32>) {
        self.rows_filed(&self.joined, hashes, out);
    }

    /// The rows filed under hashes: memory is asked for all of them before any is waited for.
    fn rows_filed(&self, filed: &Groups<'a, u32>, hashes: &[u32], out: &mut Vec<u32>) {
        let mask = mask(filed.count());
        let print = RowPrint::over(self.rows.len());
        for hashes in hashes.chunks(ASKED_AT_ONCE) {
            touch(hashes.iter().map(|&hash| filed.range((hash & mask) as usize).start));
            touch(hashes.iter().map(|&hash| filed.of((hash & mask) as usize).first().copied().unwrap_or(0)));
            for &hash in hashes {
                let bucket = filed.of((hash & mask) as usize);
                out.extend(bucket.iter().filter_map(|&entry| print.row(hash, entry)));
            }
        }
    }

    /// Rows that may have neighbouring words which together are this one.
    #[inline]
    pub fn rows_joined(&self, word: &str) -> impl Iterator<Item = u32> + use<'a> {
        let hash = hash(word.as_bytes());
        let bucket = self.joined.of((hash & mask(self.joined.count())) as usize);
        let print = RowPrint::over(self.rows.len());
        bucket.iter().filter_map(move |&entry| print.row(hash, entry))
    }

    /// Terms that are legal forms.
    pub fn legal_forms(&self) -> &'a [u32] {
        self.legal_forms
    }

    /// A term as likeness sees it.
    pub fn token(&self, term: u32) -> TokenView<'a> {
        let spellings = self.term_spellings.of(term as usize);
        let meta = self.terms.get(term as usize).copied().unwrap_or(Term::zeroed());
        let text = spellings.first().map_or("", |&s| self.spelling(s));
        let latin = spellings.get(1..).unwrap_or(&[]).iter().map(|&s| self.spelling(s));
        TokenView::new(text, latin, script(meta.script), class(meta.class))
    }

    /// The listing of a row.
    pub fn listing_of_row(&self, row: u32) -> u32 {
        let name = self.rows.get(row as usize).and_then(|r| self.names.get(r.name as usize));
        name.map_or(u32::MAX, |n| n.listing)
    }

    /// The rows of a listing: rows lie in the order of listings.
    pub fn rows_of_listing(&self, listing: u32) -> Range<u32> {
        let start = |at: usize| self.listing_rows.get(at).copied().unwrap_or(0);
        start(listing as usize)..start(listing as usize + 1)
    }

    /// The published text of a name.
    pub fn name_text(&self, name: &NameRow) -> &'a str {
        let from = name.text_at as usize;
        text(self.arena, from, from + name.text_len as usize)
    }

    /// Dates of a listing.
    pub fn dates(&self, listing: u32) -> &'a [DateRow] {
        self.dates.of(listing as usize)
    }

    /// Countries of a listing.
    pub fn countries(&self, listing: u32) -> &'a [CountryRow] {
        self.countries.of(listing as usize)
    }

    /// Identifiers of a listing.
    pub fn identifiers(&self, listing: u32) -> &'a [IdentifierRow] {
        self.identifiers.of(listing as usize)
    }

    /// Identifiers whose key may be this one.
    pub fn identifiers_like(&self, key: &str) -> impl Iterator<Item = &'a IdentifierRow> + use<'a> {
        let bucket = (hash(key.as_bytes()) & mask(self.identifier_buckets.count())) as usize;
        let all = self.identifiers;
        self.identifier_buckets.of(bucket).iter().filter_map(move |&i| all.item(i as usize))
    }

    /// The JSON of an identifier.
    pub fn identifier_json(&self, row: &IdentifierRow) -> &'a [u8] {
        let from = row.at as usize;
        self.arena.get(from..from + row.len as usize).unwrap_or(&[])
    }

    /// Rows that carry a term and whose listing may be born in a year, by a date that names the day
    /// or by another, and a few that share their bucket.
    #[inline]
    pub fn born_with(&self, term: u32, year: i16, days: bool) -> impl Iterator<Item = u32> + use<'a> {
        let hash = term_year(term, year, days);
        let bucket = self.term_years.of((hash & mask(self.term_years.count())) as usize);
        let print = RowPrint::over(self.rows.len());
        bucket.iter().filter_map(move |&entry| print.row(hash, entry))
    }

    /// The same for several terms and years, by their [`term_year`]; one row may come twice.
    pub fn born_with_any(&self, hashes: &[u32], out: &mut Vec<u32>) {
        self.rows_filed(&self.term_years, hashes, out);
    }

    /// Listings that may be born in a year and name no day; one listing may come twice.
    pub fn born_about(&self, year: i16) -> &'a [u32] {
        self.years.of(year_bucket(year) as usize)
    }

    /// Listings born on a day of a year; one listing may come twice.
    pub fn born_on_days_of(&self, year: i16) -> &'a [u32] {
        self.day_years.of(year_bucket(year) as usize)
    }

    /// Listings born on a day, and some that share its bucket.
    pub fn born_on(&self, day: jiff::civil::Date) -> &'a [u32] {
        self.days.of((hash(&ymd(day).to_le_bytes()) & mask(self.days.count())) as usize)
    }
}

fn text(arena: &[u8], from: usize, to: usize) -> &str {
    arena.get(from..to).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
}

fn mask(buckets: usize) -> u32 {
    (buckets as u32).saturating_sub(1)
}

/// A class by its number; numbers of another version are names.
pub fn class(number: u8) -> Class {
    const ALL: [Class; 10] = [
        Class::Name,
        Class::Initial,
        Class::Particle,
        Class::Title,
        Class::LegalForm,
        Class::Generic,
        Class::Place,
        Class::Number,
        Class::Acronym,
        Class::Patronymic,
    ];
    ALL.get(usize::from(number)).copied().unwrap_or(Class::Name)
}

/// A sort by its number; numbers of another version are objects.
pub fn sort(number: u8) -> Sort {
    const ALL: [Sort; 3] = [Sort::Person, Sort::Organization, Sort::Object];
    ALL.get(usize::from(number)).copied().unwrap_or(Sort::Object)
}

fn script(number: u8) -> Script {
    Script::ALL.get(usize::from(number)).copied().unwrap_or(Script::Common)
}
