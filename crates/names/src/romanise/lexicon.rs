//! Tables of whole words: a folded native spelling and its usual Latin spellings.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use crate::fold::fold;

/// European names as Japanese, Chinese and Korean write them.
pub(super) static FOREIGN: Lexicon = Lexicon::new(include_str!("../../data/foreign.tsv"));

/// A lazily read table of our own making: `native native…<TAB>form form …`, `_` for a
/// blank in a form.
pub(super) struct Lexicon {
    source: &'static str,
    map: OnceLock<FxHashMap<String, &'static str>>,
}

impl Lexicon {
    pub(super) const fn new(source: &'static str) -> Self {
        Self { source, map: OnceLock::new() }
    }

    /// The forms of a folded word, most frequent first; `_` stands for a blank.
    pub(super) fn get(&self, folded: &str) -> Option<impl Iterator<Item = &'static str> + Clone> {
        self.map().get(folded).map(|forms| forms.split(' '))
    }

    fn map(&self) -> &FxHashMap<String, &'static str> {
        self.map.get_or_init(|| {
            let mut map = FxHashMap::default();
            for line in self.source.lines().filter(|l| !l.starts_with('#')) {
                if let Some((native, forms)) = line.split_once('\t') {
                    // the first line of a word stands: later ones are rarer
                    for word in native.split(' ') {
                        map.entry(fold(word).replace('_', "")).or_insert(forms);
                    }
                }
            }
            map
        })
    }
}
