//! The query string of a request: names that may repeat.

use std::cell::RefCell;
use std::collections::BTreeSet;

/// A query string without the pairs of some names; the others as they came.
pub(super) fn without(text: &str, names: &[&str]) -> String {
    let is_kept = |pair: &&str| !Params::of(pair).names().any(|name| names.contains(&name));
    text.split('&').filter(is_kept).collect::<Vec<_>>().join("&")
}

/// Name and value pairs in their order; remembers which were asked for.
pub(super) struct Params {
    pairs: Vec<(String, String)>,
    used: RefCell<BTreeSet<String>>,
}

impl Params {
    /// Reads a query string or the body of a form.
    pub(super) fn of(text: &str) -> Self {
        let pairs = url::form_urlencoded::parse(text.as_bytes());
        Self {
            pairs: pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
            used: RefCell::default(),
        }
    }

    /// The last value of a name, as frameworks take it when a name repeats by mistake.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.all(name).last().copied()
    }

    /// Every value of a name.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        self.used.borrow_mut().insert(name.to_owned());
        self.pairs.iter().filter(|(given, _)| given == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Names that nobody asked for.
    pub(super) fn unused(&self) -> Vec<&str> {
        let used = self.used.borrow();
        let mut unused: Vec<&str> =
            self.pairs.iter().map(|(name, _)| name.as_str()).filter(|name| !used.contains(*name)).collect();
        unused.sort_unstable();
        unused.dedup();
        unused
    }

    /// Every name given.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|(name, _)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_repeat_and_unused_ones_are_known() {
        let params = Params::of("q=a+b&topics=x&topics=y%26&odd=1&q=c");
        assert_eq!(params.one("q"), Some("c"));
        assert_eq!(params.all("topics"), ["x", "y&"]);
        assert_eq!(params.unused(), ["odd"]);
        assert_eq!(without("queries=%7B%7D&topics=a%20b&qu%65ries=1&x", &["queries"]), "topics=a%20b&x");
    }
}
