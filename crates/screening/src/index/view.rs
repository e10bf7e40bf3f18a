//! Reading the index: what stands where, and what is filed under what.
//!
//! Promises: no number that is asked for panics; what is not there is empty.
//!
//! Not here: what becomes of it (`search`).

use std::ops::Range;

use bytemuck::Zeroable as _;
use interdict_names::likeness::TokenView;

use super::View;
use super::keys::{RowPrint, SPELLING, Signature, fingerprint, mask, term_year, year_bucket};
use super::rows::{CountryRow, DateRow, IdentifierRow, NameRow, Row, Term, class, script, ymd};
use crate::expand::touch;
use crate::flat::Groups;
use crate::neighbours::hash;

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

/// Hashes that are looked up together: as many as leave what they touch in the nearest cache.
const ASKED_AT_ONCE: usize = 256;

fn text(arena: &[u8], from: usize, to: usize) -> &str {
    arena.get(from..to).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
}
