//! The listings of a snapshot by id and by word: what looking up and full-text search need beside the index.
//!
//! Promises: every listing is in it; words are folded as names are, so that case, accents and digits of any
//! script do not matter.
//!
//! Not here: screening (`engine`): a search ranks by words and has no score.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use interdict_engine::Snapshot;
use interdict_model::{Country, Gender, Kind, ListVersion, Listing};
use interdict_names::fold::fold;
use jiff::civil::Date;

use super::scope::{is_published, name_of};

/// How much more a word counts in a name than elsewhere.
const NAME_WEIGHT: u8 = 3;

/// Most letters of a word that are kept: longer ones are no words.
const LONGEST_WORD: usize = 60;

/// What is known of a listing without reading it again.
pub(super) struct Row {
    /// Its id for clients.
    pub(super) id: String,
    /// Its name.
    pub(super) caption: String,
    /// What it is.
    pub(super) kind: Kind,
    /// The dataset it stands in.
    pub(super) dataset: String,
    /// Countries it belongs to or has to do with.
    pub(super) countries: Vec<Country>,
    /// Topics, as `sanction`.
    pub(super) topics: Vec<String>,
    /// Genders.
    pub(super) genders: Vec<Gender>,
    /// Identifiers.
    pub(super) identifiers: Vec<String>,
    /// Day of listing.
    pub(super) listed_on: Option<Date>,
    /// Day of the last amendment.
    pub(super) changed_on: Option<Date>,
}

/// The listings of a snapshot.
pub(super) struct Book {
    snapshot: Arc<Snapshot>,
    rows: Vec<Row>,
    ids: HashMap<String, u32>,
    others: HashMap<String, u32>,
    words: BTreeMap<Box<str>, Vec<(u32, u8)>>,
}

/// The id of a listing for clients: the entity's own in FollowTheMoney lists, else list and record.
pub(super) fn id_of(listing: &Listing, version: &ListVersion) -> String {
    if version.format == "ftm-json" { listing.record.clone() } else { listing.id().0 }
}

/// The topics of a listing.
pub(super) fn topics_of(listing: &Listing, version: &ListVersion) -> Vec<String> {
    let own = listing.entity.properties.iter().filter(|property| property.value.0 == "topics");
    let own: Vec<String> = own.map(|property| property.value.1.clone()).collect();
    if own.is_empty() && is_published(version) && version.format != "ftm-json" {
        return vec!["sanction".to_owned()];
    }
    own
}

/// First day of listing and last day of amendment.
pub(super) fn days_of(listing: &Listing) -> (Option<Date>, Option<Date>) {
    let designations = || listing.designations.iter().map(|designation| &designation.value);
    let listed = designations().filter_map(|designation| designation.listed_on).min();
    let amended = designations().flat_map(|d| d.amended_on.iter().copied().chain(d.ended_on).chain(d.listed_on)).max();
    (listed, amended.or(listed))
}

impl Book {
    /// Reads every listing of a snapshot.
    ///
    /// # Errors
    /// When one cannot be read.
    pub(super) fn of(snapshot: Arc<Snapshot>) -> Result<Self, String> {
        let count = snapshot.listings();
        let mut book = Self {
            rows: Vec::with_capacity(count as usize),
            ids: HashMap::with_capacity(count as usize),
            others: HashMap::new(),
            words: BTreeMap::new(),
            snapshot: Arc::clone(&snapshot),
        };
        for ordinal in 0..count {
            let listing = snapshot.listing(ordinal).map_err(|error| error.to_string())?;
            let version = snapshot.version_of(ordinal).ok_or_else(|| format!("listing {ordinal} is on no list"))?;
            book.add(ordinal, &listing, version);
        }
        Ok(book)
    }

    fn add(&mut self, ordinal: u32, listing: &Listing, version: &ListVersion) {
        let entity = &listing.entity;
        let id = id_of(listing, version);
        self.ids.entry(id.clone()).or_insert(ordinal);
        for other in other_ids(listing, &id) {
            self.others.entry(other).or_insert(ordinal);
        }
        let mut weights: HashMap<String, u8> = HashMap::new();
        let mut put = |text: &str, weight: u8| {
            for word in words(text) {
                let held = weights.entry(word).or_default();
                *held = (*held).max(weight);
            }
        };
        entity.names.iter().for_each(|name| put(&name.value.full, NAME_WEIGHT));
        entity.addresses.iter().for_each(|address| put(&address.value.full, 1));
        entity.identifiers.iter().for_each(|id| put(&id.value.value, 1));
        entity.titles.iter().for_each(|title| put(&title.value, 1));
        entity.remarks.iter().for_each(|remark| put(&remark.value, 1));
        entity.birth_places.iter().for_each(|place| put(&place.value.text, 1));
        listing.designations.iter().for_each(|designation| put(&designation.value.programme, 1));
        put(listing.quoted(), 1);
        for (word, weight) in weights {
            self.words.entry(word.into_boxed_str()).or_default().push((ordinal, weight));
        }
        let (listed_on, changed_on) = days_of(listing);
        let mut countries: Vec<Country> =
            entity.nationalities.iter().chain(&entity.countries).map(|country| country.value).collect();
        countries.sort_unstable();
        countries.dedup();
        self.rows.push(Row {
            id,
            caption: entity.caption().to_owned(),
            kind: entity.kind,
            dataset: name_of(&listing.list.0).to_owned(),
            countries,
            topics: topics_of(listing, version),
            genders: entity.genders.iter().map(|gender| gender.value).collect(),
            identifiers: entity.identifiers.iter().map(|id| id.value.value.clone()).collect(),
            listed_on,
            changed_on,
        });
    }

    /// The snapshot it is of.
    pub(super) fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// The listing of an id.
    pub(super) fn find(&self, id: &str) -> Option<u32> {
        self.ids.get(id).copied()
    }

    /// The listing that another id refers to, as the reference that people quote.
    pub(super) fn find_other(&self, id: &str) -> Option<&Row> {
        self.others.get(id).and_then(|ordinal| self.row(*ordinal))
    }

    /// The row of a listing.
    pub(super) fn row(&self, ordinal: u32) -> Option<&Row> {
        self.rows.get(usize::try_from(ordinal).ok()?)
    }

    /// Every row with its position.
    pub(super) fn rows(&self) -> impl Iterator<Item = (u32, &Row)> {
        (0u32..).zip(&self.rows)
    }

    /// Listings that hold one of the words, each with the weight of the best.
    pub(super) fn holding<'a>(&self, words: impl Iterator<Item = &'a str>) -> HashMap<u32, u8> {
        let mut found: HashMap<u32, u8> = HashMap::new();
        for (ordinal, weight) in words.filter_map(|word| self.words.get(word)).flatten() {
            let held = found.entry(*ordinal).or_default();
            *held = (*held).max(*weight);
        }
        found
    }

    /// In how many listings a word stands.
    pub(super) fn frequency(&self, word: &str) -> usize {
        self.words.get(word).map_or(0, Vec::len)
    }

    /// Words that begin with a text.
    pub(super) fn beginning<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        let from = (std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded);
        self.words.range::<str, _>(from).map(|(word, _)| &**word).take_while(move |word| word.starts_with(prefix))
    }

    /// Words within a few edits of a word: none for words of up to two letters, one up to five, two beyond.
    pub(super) fn near<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a str> {
        let letters: Vec<char> = word.chars().collect();
        let most = match letters.len() {
            0..=2 => 0,
            3..=5 => 1,
            _ => 2,
        };
        self.words.keys().map(|word| &**word).filter(move |other| is_within(&letters, other, most))
    }
}

/// Other ids of a listing: the reference that people quote.
pub(super) fn other_ids(listing: &Listing, id: &str) -> Vec<String> {
    let quoted = format!("{}:{}", listing.list, listing.quoted());
    let record = listing.id().0;
    let mut others = vec![quoted, record];
    others.retain(|other| other != id);
    others.dedup();
    others
}

/// The words of a text.
pub(super) fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let cut = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    cut.filter(|word| word.chars().count() <= LONGEST_WORD).map(str::to_owned).collect()
}

/// Whether two words differ by at most so many insertions, deletions, substitutions and exchanges.
fn is_within(a: &[char], other: &str, most: usize) -> bool {
    let b: Vec<char> = other.chars().collect();
    if a.len().abs_diff(b.len()) > most {
        return false;
    }
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&last, j) + usize::from(x != y)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let is_exchange = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if is_exchange {
                best = best.min(at(&before_last, j - 1) + 1);
            }
            row.push(best);
        }
        if row.iter().all(|cost| *cost > most) {
            return false;
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().is_some_and(|cost| *cost <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_near_or_not() {
        let near = |a: &str, b: &str, most| is_within(&a.chars().collect::<Vec<_>>(), b, most);
        assert!(near("korea", "korae", 1) && near("korea", "kora", 1) && near("bank", "bank", 0));
        assert!(!near("korea", "kroae", 1) && !near("korea", "china", 2) && !near("bank", "banks", 0));
    }

    #[test]
    fn finds_by_id_by_reference_and_by_word() {
        let book = Book::of(Arc::new(interdict_engine::starter::snapshot().unwrap())).unwrap();
        let ordinal = book.find("starter:KPi.001").unwrap();
        assert_eq!(book.row(ordinal).unwrap().caption, "Yun Ho-jin");
        assert!(book.holding(["jin"].into_iter()).contains_key(&ordinal));
        assert!(book.beginning("ji").any(|word| word == "jin"));
        assert_eq!(book.rows().count(), book.snapshot().listings() as usize);
    }
}
