//! What the collections of a manifest come to: the lists that it loads, at whatever depth they are held.
//!
//! Promises: a data set that the manifest leaves out on purpose is left out; one that it does not know is kept by its name, so
//! that whoever asks for the collection learns that it is missing.
//!
//! Not here: which lists are there (`server`).

use std::collections::{BTreeSet, HashMap};

use super::{Collection, ManifestError, Plan};

/// Most steps from what holds to what is held: those of OpenSanctions take some 60,000.
const MOST_STEPS: usize = 2_000_000;

/// A collection with the lists that it comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    /// Its name.
    pub name: String,
    /// Title.
    pub title: String,
    /// Lists by id, and names that the manifest does not know.
    pub lists: Vec<String>,
}

impl Plan {
    /// Collections that come to a list, in their order. Walks without recursion: depth is the sender's choice.
    ///
    /// # Errors
    /// When they hold each other so often that walking them has no end in sight.
    pub fn held(&self) -> Result<Vec<Held>, ManifestError> {
        let mut steps = 0_usize;
        let loaded: HashMap<&str, &str> =
            self.datasets.iter().map(|dataset| (dataset.name.as_str(), dataset.list.as_str())).collect();
        let known: HashMap<&str, &Collection> =
            self.collections.iter().map(|collection| (collection.name.as_str(), collection)).collect();
        let mut out = Vec::new();
        for collection in self.collections.iter().filter(|collection| !collection.children.is_empty()) {
            let mut lists = BTreeSet::new();
            let mut seen = BTreeSet::from([collection.name.as_str()]);
            let mut open: Vec<&str> = collection.children.iter().map(String::as_str).collect();
            while let Some(name) = open.pop() {
                steps = steps.saturating_add(1);
                if steps > MOST_STEPS {
                    let reason = format!("collections that hold each other more than {MOST_STEPS} times");
                    return Err(ManifestError::new(reason, "name data sets instead of collections of collections"));
                }
                if !seen.insert(name) {
                    continue;
                }
                match (loaded.get(name), known.get(name)) {
                    (Some(list), _) => {
                        lists.insert((*list).to_owned());
                    }
                    (None, Some(below)) => open.extend(below.children.iter().map(String::as_str)),
                    (None, None) => {
                        lists.insert(name.to_owned());
                    }
                }
            }
            if !lists.is_empty() {
                let (name, title) = (collection.name.clone(), collection.title.clone());
                out.push(Held { name, title, lists: lists.into_iter().collect() });
            }
        }
        Ok(out)
    }
}
