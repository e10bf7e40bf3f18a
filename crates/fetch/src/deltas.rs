//! Indexes of delta files: which of them lead from the version at hand to the newest.
//!
//! Promises: a chain begins at the version at hand, or is no chain; versions are in the order of their names, which
//! begin with their time; at most as many files as an index keeps.
//!
//! Not here: fetching them, what they do to a list (`lists::delta`).

use serde::Deserialize;
use std::collections::BTreeMap;
use url::Url;

use crate::manifest::Origin;

/// Most delta files that are gone through: publishers keep a hundred.
const MOST: usize = 100;

/// The files of a chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chain {
    /// Each file, in the order in which they are gone through.
    pub files: Vec<Url>,
    /// The newest version is one of them: else it has no changes of its own, or the index is behind.
    pub ends_at_target: bool,
}

/// The files that lead from one version to another, of an index that was found at an address.
///
/// # Errors
/// Why there is no chain.
pub fn chain(index: &[u8], origin: &Origin, base: &str, target: &str) -> Result<Chain, String> {
    #[derive(Deserialize)]
    struct Index {
        versions: BTreeMap<String, String>,
    }
    let read: Index = serde_json::from_slice(index).map_err(|error| format!("no index of delta files: {error}"))?;
    if target <= base {
        return Err(format!("`{target}` is not after `{base}`, the version at hand"));
    }
    match read.versions.keys().next() {
        None => return Err("the index names no delta files".to_owned()),
        Some(oldest) if base < oldest.as_str() => {
            return Err(format!("they begin at `{oldest}`, after `{base}`, the version at hand"));
        }
        Some(_) => {}
    }
    let wanted = read.versions.iter().filter(|(version, _)| base < version.as_str() && version.as_str() <= target);
    let mut files = Vec::new();
    for (version, address) in wanted {
        if files.len() == MOST {
            return Err(format!("more than {MOST} of them lead there"));
        }
        files.push(origin.address(address).map_err(|error| format!("`{version}`: {}", error.reason))?);
    }
    Ok(Chain { files, ends_at_target: read.versions.contains_key(target) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(index: &str, base: &str, target: &str) -> Result<(Vec<String>, bool), String> {
        let url = Url::parse("https://host.example/d/delta.json").unwrap();
        let chain = chain(index.as_bytes(), &Origin::Network { url, may_name_files: false }, base, target)?;
        Ok((chain.files.iter().map(Url::to_string).collect(), chain.ends_at_target))
    }

    const INDEX: &str = r#"{"versions":{"3-c":"c.json","2-b":"https://other.example/b.json","4-d":"/d.json"}}"#;

    #[test]
    fn a_chain_begins_at_the_version_at_hand_and_ends_at_the_newest() {
        let (files, whole) = of(INDEX, "2-b", "4-d").unwrap();
        assert_eq!(
            (files, whole),
            (vec!["https://host.example/d/c.json".into(), "https://host.example/d.json".into()], true)
        );
        assert_eq!(of(INDEX, "2-z", "3-c").unwrap().0.len(), 1, "a version without changes has no file");
        assert_eq!(of(INDEX, "2-b", "3-z").unwrap(), (vec!["https://host.example/d/c.json".into()], false));
    }

    #[test]
    fn what_is_no_chain_says_why() {
        for (index, base, target, part) in [
            (INDEX, "1-a", "4-d", "they begin at `2-b`, after `1-a`"),
            (INDEX, "4-d", "4-d", "not after"),
            (INDEX, "4-d", "3-c", "not after"),
            (r#"{"versions":{}}"#, "1", "2", "names no delta files"),
            ("[]", "1", "2", "no index"),
            ("<html>", "1", "2", "no index"),
            (r#"{"versions":{"1":"a","2":"file:///etc/passwd"}}"#, "1", "2", "names a file of this computer"),
            (r#"{"versions":{"1":"a","2":"gopher://x/y"}}"#, "1", "2", "`gopher` is no way"),
        ] {
            let error = of(index, base, target).unwrap_err();
            assert!(error.contains(part), "{part}: {error}");
        }
        let many: Vec<String> = (1000..1102).map(|i| format!("\"{i}\":\"{i}.json\"")).collect();
        let many = format!("{{\"versions\":{{{}}}}}", many.join(","));
        assert!(of(&many, "1000", "2000").unwrap_err().contains("more than 100"));
        assert_eq!(of(&many, "1001", "2000").unwrap().0.len(), 100);
    }
}
