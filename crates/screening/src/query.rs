//! A party, analysed once, with all terms of the index that are like its words.
//!
//! Promises: a word weighs what the index says if it carries the word, else what the tables say.
//!
//! Not here: what is read and scored (`search`).

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use interdict_model::Entity;
use interdict_names::analyse::{Form, Sort, Token, TooLong, analyse};
use interdict_names::likeness::{Relation, TokenView};
use rustc_hash::FxHashMap;

use crate::edges::{MAX_JOINED, Weighted, joins, single};
use crate::expand::{Like, Marks, expand, expand_joined};
use crate::index::{NotDone, View, class, initial_bit, party_sorts};
use crate::own::{Own, stopped};
use crate::plan::{LIST, Reading, Scale};
use crate::policy::Words;
use crate::reference::written_together;

/// Names of one party that are compared; more are an error, never left out.
pub const MAX_NAMES: usize = 64;

/// Cached expansions; names repeat, so half of all words are found here.
const CACHED_WORDS: usize = 60_000;

/// One form of one name of the party.
pub struct QueryForm {
    /// Which of the party's names.
    pub name: usize,
    /// Sort of name it is read as.
    pub sort: Sort,
    /// The form.
    pub form: Form,
    /// Its tokens' classes and weights, in this index.
    pub tokens: Vec<Weighted>,
    /// Terms like each token.
    pub singles: Vec<Rc<Expansion>>,
    /// The first letters of each token.
    pub initials: Vec<u32>,
    /// Terms like tokens written as one: first token, how many, terms.
    pub joined: Vec<(usize, usize, Vec<Like>)>,
}

/// What the index knows of a word.
pub struct Expansion {
    /// Terms like it.
    pub likes: Vec<Like>,
    /// What the index's own term for it weighs.
    weight: Option<u16>,
    /// What its lists can give under the last ratio and weight that were asked for.
    readings: RefCell<(i64, u16, Rc<[Reading]>)>,
}

impl Expansion {
    /// What the lists of the word can give for a token of this class and weight.
    pub fn readings(&self, token: Weighted, scale: &Scale) -> Rc<[Reading]> {
        let mut known = self.readings.borrow_mut();
        if (known.0, known.1) == (scale.ratio, token.weight) {
            return Rc::clone(&known.2);
        }
        let mut readings: Vec<Reading> = Vec::with_capacity(self.likes.len());
        readings.extend(self.likes.iter().filter_map(|like| {
            let edge = single(0, token, 0, like.weighted(), like.likeness);
            let gain = scale.gain(edge.weight, edge.share, edge.party_cover);
            (gain > 0 && like.rows() > 0).then_some(Reading { gain, from: like.rows_from, to: like.rows_to, so_far: 0 })
        }));
        readings.sort_unstable_by(|a, b| b.gain.cmp(&a.gain).then(a.from.cmp(&b.from)));
        let mut so_far = 0_u32;
        for reading in &mut readings {
            so_far = so_far.saturating_add(reading.to.saturating_sub(reading.from) + LIST);
            reading.so_far = so_far;
        }
        *known = (scale.ratio, token.weight, readings.into());
        Rc::clone(&known.2)
    }
}

/// Expansions of words seen before.
#[derive(Default)]
pub struct Cache {
    /// By [`key`].
    words: FxHashMap<String, Rc<Expansion>>,
    key: String,
    /// Which opened index they are of, and under which words of a user.
    own: Option<Rc<Own>>,
}

impl Cache {
    /// Forgets what belongs to another index or other words of a user; gives those words as the
    /// index knows them.
    pub fn belong_to(&mut self, view: &View<'_>, words: Option<&Arc<Words>>) -> Rc<Own> {
        if let Some(own) = self.own.as_ref().filter(|own| own.is_of(view, words)) {
            return Rc::clone(own);
        }
        self.words.clear();
        let own = Rc::new(Own::of(view, words));
        self.own = Some(Rc::clone(&own));
        own
    }
}

/// Analyses a party's names.
pub fn prepare(
    view: &View<'_>,
    own: &Own,
    party: &Entity,
    cache: &mut Cache,
    marks: &mut Marks,
) -> Result<Vec<QueryForm>, TooLong> {
    let mut out: Vec<QueryForm> = Vec::new();
    for (name, text) in party.names.iter().enumerate() {
        for &sort in party_sorts(party.kind) {
            for form in analyse(&text.value.full, sort)? {
                let known = out.iter().any(|q| q.sort == sort && q.form == form);
                if !form.tokens.is_empty() && !known {
                    let words = expansions(view, own, sort, &form, cache, marks);
                    out.push(query_form(view, own, name, sort, form, words, marks));
                }
            }
        }
    }
    Ok(out)
}

/// Whether a party can be screened at all, whatever the lists.
///
/// # Errors
/// When it has nothing to screen, or a name that is too long to be compared.
pub fn screenable(party: &Entity) -> Result<(), NotDone> {
    if party.names.len() > MAX_NAMES {
        return Err(NotDone::TooLarge(format!("{} names; the most we compare is {MAX_NAMES}", party.names.len())));
    }
    let mut says = !party.identifiers.is_empty();
    for name in &party.names {
        for &sort in party_sorts(party.kind) {
            let forms = analyse(&name.value.full, sort).map_err(|reason| NotDone::TooLarge(reason.to_string()))?;
            says |= forms.iter().any(|form| !form.tokens.is_empty());
        }
    }
    if says { Ok(()) } else { Err(NotDone::NothingToScreen) }
}

/// The terms like each token, and what each weighs in this index.
type Expansions = (Vec<Rc<Expansion>>, Vec<Weighted>);

/// What an expansion depends on besides the index: sort, class, script, letters.
fn write_key(key: &mut String, sort: Sort, token: &Token) {
    key.clear();
    // small numbers, each a letter of its own
    key.extend([sort as u8, token.class as u8, token.script as u8].map(char::from));
    key.push_str(&token.text);
    key.push('\0');
    key.push_str(token.latin.first().map_or("", String::as_str));
}

fn expansions(view: &View<'_>, own: &Own, sort: Sort, form: &Form, cache: &mut Cache, marks: &mut Marks) -> Expansions {
    let mut singles: Vec<Rc<Expansion>> = Vec::with_capacity(form.tokens.len());
    let mut tokens: Vec<Weighted> = Vec::with_capacity(form.tokens.len());
    for token in &form.tokens {
        write_key(&mut cache.key, sort, token);
        let expansion = match cache.words.get(cache.key.as_str()) {
            Some(known) => Rc::clone(known),
            None => {
                let expansion = Rc::new(expansion(view, own, sort, token, marks));
                if cache.words.len() >= CACHED_WORDS {
                    cache.words.clear();
                }
                cache.words.insert(cache.key.clone(), Rc::clone(&expansion));
                expansion
            }
        };
        let weighted = Weighted { class: token.class, weight: expansion.weight.unwrap_or(token.weight) };
        tokens.push(if own.is_stop_word(&TokenView::from(token)) { stopped(weighted) } else { weighted });
        singles.push(expansion);
    }
    (singles, tokens)
}

fn expansion(view: &View<'_>, own: &Own, sort: Sort, token: &Token, marks: &mut Marks) -> Expansion {
    let mut likes = Vec::new();
    expand(view, own, sort, &TokenView::from(token), marks, &mut likes);
    // the same word in the index carries its rarity there
    let listed = likes.iter().filter(|l| l.likeness.relation == Relation::Equal);
    let mut listed = listed.filter_map(|l| view.terms.get(l.term as usize)).filter(|t| class(t.class) == token.class);
    let weight = listed.next().map(|t| t.weight);
    Expansion { likes, weight, readings: RefCell::new((-1, 0, Rc::new([]))) }
}

fn query_form(
    view: &View<'_>,
    own: &Own,
    name: usize,
    sort: Sort,
    form: Form,
    (singles, tokens): Expansions,
    marks: &mut Marks,
) -> QueryForm {
    let mut joined = Vec::new();
    for n in 2..=MAX_JOINED {
        for (i, group) in form.tokens.windows(n).enumerate() {
            if !group.iter().all(|t| joins(t.class)) {
                continue;
            }
            if let Some(word) = written_together(group) {
                let mut likes = Vec::new();
                expand_joined(view, own, sort, &word, marks, &mut likes);
                likes.retain(|l| view.terms.get(l.term as usize).is_some_and(|t| joins(class(t.class))));
                if !likes.is_empty() {
                    joined.push((i, n, likes));
                }
            }
        }
    }
    let bits = |token: &Token| token.latin.iter().fold(0, |bits, latin| bits | initial_bit(latin));
    let initials = form.tokens.iter().map(bits).collect();
    QueryForm { name, sort, form, tokens, singles, initials, joined }
}
