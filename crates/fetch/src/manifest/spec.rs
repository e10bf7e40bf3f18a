//! Manifests and catalogues as they are written: YAML or JSON.
//!
//! Promises: a manifest's own settings that are not understood are an error; what a catalogue says of its data sets
//! beyond what is used here is passed over, as its format is open.
//!
//! Not here: what they come to (`plan`).

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};

use super::{MOST_DATASETS, ManifestError};

/// A manifest.
#[derive(Deserialize, Clone, PartialEq, Eq, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Catalogues whose data sets are loaded.
    #[serde(default, deserialize_with = "or_none")]
    pub catalogs: Vec<CatalogSpec>,
    /// Data sets and collections of its own.
    #[serde(default, deserialize_with = "or_none")]
    pub datasets: Vec<Spec>,
    // Settings of older manifests, which yente passes over as well.
    #[serde(default, rename = "schedule")]
    _schedule: Passed,
    #[serde(default, rename = "external")]
    _external: Passed,
}

/// Something that is passed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Passed;

impl<'de> Deserialize<'de> for Passed {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(input).map(|_| Self)
    }
}

/// A catalogue, as a manifest names it.
#[derive(Deserialize, Clone, PartialEq, Eq, Default)]
#[serde(deny_unknown_fields)]
pub struct CatalogSpec {
    /// Its address.
    pub url: String,
    /// A token, in which variables of the environment may stand.
    #[serde(default)]
    pub auth_token: Option<String>,
    /// The data set to load, if not all.
    #[serde(default)]
    pub scope: Option<String>,
    /// The data sets to load.
    #[serde(default, deserialize_with = "or_none")]
    pub scopes: Vec<String>,
    /// Whether yente makes the ids of its entities its own.
    #[serde(default)]
    pub namespace: Option<bool>,
    /// The resource that holds the entities.
    #[serde(default)]
    pub resource_name: Option<String>,
    /// Its type.
    #[serde(default)]
    pub resource_type: Option<String>,
}

impl std::fmt::Debug for CatalogSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CatalogSpec").field("url", &self.url).finish_non_exhaustive()
    }
}

/// A data set or collection as it is written.
#[derive(Deserialize, Clone, PartialEq, Eq, Debug, Default)]
pub struct Spec {
    /// Its name.
    pub name: String,
    /// Title.
    #[serde(default)]
    pub title: Option<String>,
    /// Address of its entities.
    #[serde(default)]
    pub entities_url: Option<String>,
    /// File of its entities.
    #[serde(default)]
    pub path: Option<String>,
    /// Version: the later is the greater.
    #[serde(default)]
    pub version: Option<Version>,
    /// When it was last written.
    #[serde(default)]
    pub last_export: Option<String>,
    /// When it was last changed.
    #[serde(default)]
    pub updated_at: Option<String>,
    /// Address of the index of its delta files.
    #[serde(default)]
    pub delta_url: Option<String>,
    /// Whether it is loaded.
    #[serde(default)]
    pub load: Option<bool>,
    /// Whether yente makes the ids of its entities its own.
    #[serde(default)]
    pub namespace: Option<bool>,
    /// What it holds, if it is a collection.
    #[serde(default, deserialize_with = "or_none")]
    pub datasets: Vec<String>,
    /// The same under its other name.
    #[serde(default, deserialize_with = "or_none")]
    pub children: Vec<String>,
    /// Its files.
    #[serde(default, deserialize_with = "or_none")]
    pub resources: Vec<Resource>,
    /// The resource that holds the entities.
    #[serde(default)]
    pub resource_name: Option<String>,
    /// Its type.
    #[serde(default)]
    pub resource_type: Option<String>,
}

/// A file of a data set.
#[derive(Deserialize, Clone, PartialEq, Eq, Debug, Default)]
pub struct Resource {
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Its address.
    #[serde(default)]
    pub url: Option<String>,
    /// Its type.
    #[serde(default)]
    pub mime_type: Option<String>,
    /// SHA-1 of its bytes.
    #[serde(default)]
    pub checksum: Option<String>,
    /// Its bytes.
    #[serde(default)]
    pub size: Option<u64>,
}

/// A version: people write it as a number, too.
#[derive(Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(untagged)]
pub enum Version {
    /// As a text.
    Text(String),
    /// As a number.
    Number(u64),
}

impl Version {
    /// As a text.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }
}

/// A list that may be written as nothing.
fn or_none<'de, D: Deserializer<'de>, T: Deserialize<'de>>(input: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(input)?.unwrap_or_default())
}

/// Reads a manifest.
///
/// # Errors
/// When it is no YAML or JSON, too large, or says what is not understood.
pub fn manifest(bytes: &[u8]) -> Result<Manifest, ManifestError> {
    let read: Manifest =
        parsed(bytes, "no manifest", "it needs `catalogs:` or `datasets:`, as docs/updates.md shows; see its line")?;
    if read.catalogs.is_empty() && read.datasets.is_empty() {
        return Err(ManifestError::new(
            "a manifest that names neither catalogues nor data sets",
            "write `catalogs:` or `datasets:`, as docs/updates.md shows",
        ));
    }
    few(read.datasets.len())?;
    Ok(read)
}

/// Reads the data sets of a catalogue.
///
/// # Errors
/// When it is none.
pub fn catalogue(bytes: &[u8]) -> Result<Vec<Spec>, ManifestError> {
    #[derive(Deserialize)]
    struct Whole {
        datasets: Vec<Spec>,
    }
    let read: Whole = parsed(bytes, "no catalogue", "the address must lead to an index.json with `datasets`")?;
    few(read.datasets.len())?;
    Ok(read.datasets)
}

pub(super) fn few(count: usize) -> Result<(), ManifestError> {
    if count > MOST_DATASETS {
        let reason = format!("{count} data sets, of which {MOST_DATASETS} may be");
        return Err(ManifestError::new(reason, "name the few that are meant"));
    }
    Ok(())
}

fn parsed<T: serde::de::DeserializeOwned>(bytes: &[u8], what: &str, hint: &str) -> Result<T, ManifestError> {
    let wrong = |error: String| {
        let first: String = error.lines().next().unwrap_or_default().chars().take(300).collect();
        ManifestError::new(format!("{what}: {first}"), hint)
    };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') {
        // Catalogues are JSON and large; a flow mapping of YAML that is no JSON is read below.
        match serde_json::from_slice(bytes) {
            Ok(read) => return Ok(read),
            Err(error) if error.is_data() => return Err(wrong(error.to_string())),
            Err(_) => {}
        }
    }
    // The reader's own budget bounds nodes, depth and aliases.
    serde_saphyr::from_slice(bytes).map_err(|error| wrong(error.to_string()))
}
