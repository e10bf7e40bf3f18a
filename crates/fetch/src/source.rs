//! Where a list comes from: an official publication, or a source of the user's in `sources.toml`.
//!
//! Promises: a field that is not understood is an error, not a setting that does nothing; a source of
//! the user's for an official list takes that one's place.
//!
//! Not here: the table of official publications (`official`), fetching (`client`).

use std::collections::BTreeMap;

use serde::Deserialize;
use url::Url;

use crate::manifest::{Dataset, ManifestError, Origin, Secret};
use crate::{CatalogEntry, Expected, official};

/// One list and the files it is made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// The list it feeds.
    pub list: String,
    /// Who publishes it.
    pub publisher: String,
    /// Its files; none if a catalogue names them.
    pub files: Vec<SourceFile>,
    /// What each file must be.
    pub expected: Expected,
    /// Fetched when no list is asked for.
    pub by_default: bool,
    /// One of the official publications: its files must be of that list, and name it themselves.
    pub official: bool,
    /// A catalogue that names the file.
    pub catalog: Option<Catalog>,
    /// Variable of the environment that holds an `Authorization` header.
    pub authorization_env: Option<String>,
    /// Columns that hold our fields, for lists of the user's own: column, field.
    pub map: Vec<(String, String)>,
    /// What a manifest said of it.
    pub given: Option<Box<Given>>,
}

/// What a manifest of yente says of a data set, beyond where its entities are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Given {
    /// Its name there.
    pub name: String,
    /// Its file, with what tells that it came whole; or why there is none.
    pub entry: Result<CatalogEntry, ManifestError>,
    /// Index of its delta files.
    pub delta: Option<Url>,
    /// Where it was named.
    pub origin: Origin,
    /// What to send to the origin it was named at.
    pub secret: Option<Secret>,
}

impl From<Dataset> for Source {
    fn from(of: Dataset) -> Self {
        let entry = of.entities;
        Self {
            list: of.list,
            publisher: of.title,
            files: entry.iter().map(|entry| entry.file.clone()).collect(),
            expected: Expected::Json,
            by_default: true,
            official: false,
            catalog: None,
            authorization_env: None,
            map: Vec::new(),
            given: Some(Box::new(Given {
                name: of.name,
                entry,
                delta: of.delta,
                origin: of.origin,
                secret: of.secret,
            })),
        }
    }
}

impl Given {
    /// What to send to an address.
    pub fn authorization(&self, with: &Url) -> Option<&str> {
        self.secret.as_ref().filter(|_| self.origin.trusts(with)).map(Secret::reveal)
    }
}

/// One file of a source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceFile {
    /// The name it is spoken of by.
    pub name: String,
    /// Its address.
    pub url: Url,
}

/// A FollowTheMoney catalogue, and which of its data sets is meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Catalog {
    /// Its address.
    pub url: Url,
    /// The data set; none if the address is that of one data set.
    pub dataset: Option<String>,
}

impl SourceFile {
    /// A file named by the end of its address.
    pub fn of(url: Url) -> Self {
        let last = url.path_segments().and_then(|mut parts| parts.rfind(|part| !part.is_empty()));
        let name = last.filter(|name| name.len() <= 100).unwrap_or("list").to_owned();
        Self { name, url }
    }
}

/// What is wrong with `sources.toml`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{reason}\nhint: {hint}")]
pub struct SourceError {
    /// What, with its place.
    pub reason: String,
    /// The remedy.
    pub hint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    manifest: Option<String>,
    #[serde(default)]
    source: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    list: String,
    url: Option<String>,
    #[serde(default)]
    urls: Vec<String>,
    catalog: Option<String>,
    dataset: Option<String>,
    expect: Option<Expected>,
    publisher: Option<String>,
    authorization_env: Option<String>,
    #[serde(default)]
    map: BTreeMap<String, String>,
    #[serde(default)]
    off: bool,
}

const EXAMPLE: &str = "as in: [[source]] list = \"watch\" url = \"https://host/list.csv\", each on its own line";

/// The official sources with those of a user's `sources.toml`, which take the place of those of
/// the same list.
///
/// # Errors
/// When the file is no TOML, has a field that is not known, or a source without an address.
pub fn user_sources(text: &str) -> Result<Vec<Source>, SourceError> {
    let wrong = |reason: String| SourceError { reason, hint: EXAMPLE.to_owned() };
    let file: File = toml::from_str(text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
    let mut sources = official();
    for entry in file.source {
        if !is_list_id(&entry.list) {
            let reason =
                format!("`{}` cannot be the name of a list: lower-case letters, digits and hyphens", entry.list);
            return Err(wrong(reason));
        }
        let list = entry.list.clone();
        let at = sources.iter().position(|source| source.list == list);
        let source = match at.and_then(|at| sources.get_mut(at)) {
            Some(_) if entry.off => {
                sources.retain(|source| source.list != list);
                continue;
            }
            Some(known) => read(entry, Some(known)).map(|new| *known = new),
            None if entry.off => continue,
            None => read(entry, None).map(|new| sources.push(new)),
        };
        source.map_err(|reason| wrong(format!("source `{list}`: {reason}")))?;
    }
    Ok(sources)
}

/// The manifest that a user's `sources.toml` names, as a path or an address.
///
/// # Errors
/// As [`user_sources`].
pub fn user_manifest(text: &str) -> Result<Option<String>, SourceError> {
    let wrong = |reason: String| SourceError { reason, hint: EXAMPLE.to_owned() };
    let file: File = toml::from_str(text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
    Ok(file.manifest)
}

/// Whether a text can be the name of a list, which is also a folder's name.
pub fn is_list_id(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=60).contains(&text.len()) && !text.starts_with('-') && text.chars().all(fits)
}

fn read(entry: Entry, replaces: Option<&Source>) -> Result<Source, String> {
    let parse = |text: &str| {
        let url = Url::parse(text).map_err(|error| format!("`{text}` is no address: {error}"))?;
        match url.scheme() {
            "https" | "http" if url.has_host() => Ok(url),
            other => Err(format!("`{other}` is no way to fetch a file: https is")),
        }
    };
    let urls = entry.url.iter().chain(&entry.urls).map(|text| parse(text)).collect::<Result<Vec<Url>, _>>()?;
    let catalog = entry.catalog.as_deref().map(parse).transpose()?;
    let catalog = match (catalog, entry.dataset) {
        (Some(_), _) if !urls.is_empty() => return Err("has a catalogue and addresses: one of them".to_owned()),
        (Some(url), dataset) => Some(Catalog { url, dataset }),
        (None, Some(_)) => return Err("names a data set and no catalogue".to_owned()),
        (None, None) if urls.is_empty() => return Err("has no address: give `url`, `urls` or `catalog`".to_owned()),
        (None, None) => None,
    };
    let expected = entry.expect.unwrap_or(if catalog.is_some() { Expected::Json } else { Expected::Any });
    let (official, publisher) = replaces.map_or((false, None), |known| (known.official, Some(known.publisher.clone())));
    Ok(Source {
        publisher: entry.publisher.or(publisher).unwrap_or_else(|| "your source".to_owned()),
        list: entry.list,
        files: urls.into_iter().map(SourceFile::of).collect(),
        expected,
        by_default: true,
        official,
        catalog,
        authorization_env: entry.authorization_env,
        map: entry.map.into_iter().collect(),
        given: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_of_the_user_join_and_replace_the_official_ones() {
        let text = r#"
[[source]]
list = "watch"
url = "https://host.example/lists/watch.csv"
expect = "table"
map = { Kunde = "name" }

[[source]]
list = "ofac-sdn"
urls = ["https://mirror.example/SDN.CSV", "https://mirror.example/ALT.CSV"]

[[source]]
list = "eu-fsf"
off = true

[[source]]
list = "peps"
catalog = "https://host.example/index.json"
dataset = "peps"
authorization_env = "PEPS_AUTH"
"#;
        let sources = user_sources(text).unwrap();
        let of = |list: &str| sources.iter().find(|source| source.list == list);
        assert_eq!(sources.len(), official().len() + 1, "two more, one off");
        assert_eq!(of("watch").unwrap().files[0].name, "watch.csv");
        assert_eq!(of("watch").unwrap().map, [("Kunde".to_owned(), "name".to_owned())]);
        assert!(!of("watch").unwrap().official && of("watch").unwrap().expected == Expected::Table);
        assert!(of("ofac-sdn").unwrap().publisher.contains("OFAC") && of("watch").unwrap().publisher == "your source");
        assert!(of("ofac-sdn").unwrap().official && of("ofac-sdn").unwrap().files.len() == 2);
        assert!(of("eu-fsf").is_none());
        assert_eq!(of("peps").unwrap().catalog.as_ref().unwrap().dataset.as_deref(), Some("peps"));
        assert_eq!(user_sources("").unwrap(), official());
    }

    #[test]
    fn a_source_that_cannot_be_meant_is_an_error_with_its_name() {
        for (text, part) in [
            ("[[source]]\nlist = \"a\"\n", "source `a`: has no address"),
            ("[[source]]\nlist = \"../a\"\nurl = \"https://x/y\"\n", "`../a` cannot be the name of a list"),
            ("[[source]]\nlist = \"a\"\nurl = \"ftp://x/y\"\n", "`ftp` is no way"),
            ("[[source]]\nlist = \"a\"\nurl = \"nonsense\"\n", "`nonsense` is no address"),
            ("[[source]]\nlist = \"a\"\nurl = \"https://x/y\"\ndataset = \"b\"\n", "no catalogue"),
            ("[[source]]\nlist = \"a\"\nuri = \"https://x/y\"\n", "unknown field `uri`"),
            ("[[source]\n", "TOML"),
        ] {
            let error = user_sources(text).unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("hint: "), "{part}: {error}");
        }
    }
}
