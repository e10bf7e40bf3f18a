//! Building the index from listings, or from parties.
//!
//! Promises: the same listings in the same order give the same bytes; a name that is not taken is named.
//!
//! Not here: reading it (`view`).

use interdict_model::{Entity, Gender, Kind, Listing, NameQuality};
use interdict_names::analyse::{Class, Form, Sort, Token, analyse};
use interdict_names::script::Script;
use interdict_names::similar::sound_key;
use rustc_hash::FxHashMap;

use super::keys::{RowPrint, Signature, YEARS, bucket_count, fingerprint, initial_bit, reduce, term_year, year_bucket};
use super::rows::{
    CountryRow, DateRow, IdentifierRow, ListingRow, NameRow, Row, Term, is_day, party_sorts, sorts, years, ymd,
};
use crate::edges::{MAX_JOINED, joins};
use crate::flat::{Writer, group};
use crate::neighbours::{hash, neighbours};
use crate::reference::written_together;

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

/// Years that one date may span and still be filed by word and year.
const FILED_YEARS: usize = 12;

/// The items of a slice, each once.
fn distinct(items: &[u32]) -> impl Iterator<Item = u32> {
    items.iter().enumerate().filter(|(i, item)| !items[..*i].contains(item)).map(|(_, item)| *item)
}
