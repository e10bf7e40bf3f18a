//! A party, analysed once, with all terms of the index that are like its words.
//!
//! Promises: a word weighs what the index says if it carries the word, else what the tables say.
//!
//! Not here: what is read and scored (`search`).

use std::rc::Rc;
use std::sync::Arc;

use interdict_model::Entity;
use interdict_names::analyse::{Class, Form, Sort, TooLong, analyse};
use interdict_names::likeness::{Relation, TokenView};
use interdict_names::script::Script;
use rustc_hash::FxHashMap;

use crate::edges::{MAX_JOINED, Weighted, joins};
use crate::expand::{Like, Marks, expand, expand_joined};
use crate::index::{View, class, party_sorts};
use crate::own::{Own, stopped};
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
    pub singles: Vec<Rc<[Like]>>,
    /// Terms like tokens written as one: first token, how many, terms.
    pub joined: Vec<(usize, usize, Vec<Like>)>,
}

/// Expansions of words seen before.
#[derive(Default)]
pub struct Cache {
    words: FxHashMap<(Sort, Class, Script, String), Rc<[Like]>>,
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

/// The terms like each token, and what each weighs in this index.
type Expansions = (Vec<Rc<[Like]>>, Vec<Weighted>);

fn expansions(view: &View<'_>, own: &Own, sort: Sort, form: &Form, cache: &mut Cache, marks: &mut Marks) -> Expansions {
    let mut singles: Vec<Rc<[Like]>> = Vec::with_capacity(form.tokens.len());
    let mut tokens: Vec<Weighted> = Vec::with_capacity(form.tokens.len());
    for token in &form.tokens {
        let spelt = token.latin.first().map_or("", String::as_str);
        let key = (sort, token.class, token.script, format!("{}\0{spelt}", token.text));
        let likes = match cache.words.get(&key) {
            Some(likes) => Rc::clone(likes),
            None => {
                let mut found = Vec::new();
                expand(view, own, sort, &TokenView::from(token), marks, &mut found);
                let likes: Rc<[Like]> = found.into();
                if cache.words.len() >= CACHED_WORDS {
                    cache.words.clear();
                }
                cache.words.insert(key, Rc::clone(&likes));
                likes
            }
        };
        // the same word in the index carries its rarity there
        let listed = likes.iter().filter(|l| l.likeness.relation == Relation::Equal);
        let listed = listed.filter_map(|l| view.terms.get(l.term as usize)).find(|t| class(t.class) == token.class);
        let weighted = Weighted { class: token.class, weight: listed.map_or(token.weight, |t| t.weight) };
        tokens.push(if own.is_stop_word(&TokenView::from(token)) { stopped(weighted) } else { weighted });
        singles.push(likes);
    }
    (singles, tokens)
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
    QueryForm { name, sort, form, tokens, singles, joined }
}
