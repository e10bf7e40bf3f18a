//! FollowTheMoney catalogues: where a data set's entities are, and how to tell that they came whole.
//!
//! Reads the index of a catalogue (`datasets`), of one data set (`resources`), and the short form
//! with `entities_url`.
//!
//! Not here: reading the entities (`lists`).

use serde_json::Value;
use sha1::{Digest, Sha1};
use url::Url;

use crate::SourceFile;

/// The file a catalogue names for a data set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CatalogEntry {
    /// The file.
    pub file: SourceFile,
    /// The version the catalogue gives it.
    pub version: Option<String>,
    /// SHA-1 of its bytes: tells that they came whole, and proves nothing.
    pub sha1: Option<String>,
    /// Its bytes.
    pub size: Option<u64>,
}

/// Why a catalogue does not lead to a file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}\nhint: {1}")]
pub struct CatalogError(String, String);

/// What a catalogue's answer holds.
pub type Found = Result<CatalogEntry, CatalogError>;

/// The file of a data set in a catalogue that was fetched from `url`.
///
/// # Errors
/// When it is no catalogue, does not know the data set, or names no file of entities.
pub fn look_up(json: &[u8], url: &Url, dataset: Option<&str>) -> Found {
    let fail = |reason: String, hint: &str| CatalogError(reason, hint.to_owned());
    let whole: Value = serde_json::from_slice(json)
        .map_err(|error| fail(format!("no catalogue: {error}"), "the address must lead to an index.json"))?;
    let datasets = whole.get("datasets").and_then(Value::as_array);
    let entry = match (datasets, dataset) {
        (None, wanted) => {
            let name = whole.get("name").and_then(Value::as_str);
            if wanted.is_some() && name != wanted {
                let reason = format!("it is of `{}`, not of `{}`", name.unwrap_or(""), wanted.unwrap_or(""));
                return Err(fail(reason, "correct `dataset`, or leave it out"));
            }
            &whole
        }
        (Some(datasets), Some(wanted)) => {
            let is_it = |entry: &&Value| entry.get("name").and_then(Value::as_str) == Some(wanted);
            datasets.iter().find(is_it).ok_or_else(|| {
                let names: Vec<&str> =
                    datasets.iter().filter_map(|entry| entry.get("name").and_then(Value::as_str)).take(8).collect();
                let reason = format!("no data set `{wanted}` among {}", datasets.len());
                fail(reason, &format!("it has {} …", names.join(", ")))
            })?
        }
        (Some(datasets), None) => match datasets.as_slice() {
            [one] => one,
            _ => {
                let reason = format!("a catalogue of {} data sets", datasets.len());
                return Err(fail(reason, "say which one with `dataset`"));
            }
        },
    };
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let version = text(entry, "version").or_else(|| text(entry, "updated_at"));
    let resources = entry.get("resources").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let of_entities = |resource: &&Value| {
        text(resource, "name").as_deref() == Some("entities.ftm.json")
            || text(resource, "mime_type").as_deref() == Some("application/json+ftm")
    };
    let resource = resources.iter().find(of_entities);
    let address = resource.and_then(|resource| text(resource, "url")).or_else(|| text(entry, "entities_url"));
    let address = address.ok_or_else(|| {
        fail("the data set names no file of entities".to_owned(), "it needs `entities.ftm.json` among its resources")
    })?;
    let file =
        url.join(&address).map_err(|error| fail(format!("`{address}` is no address: {error}"), "tell its keeper"))?;
    Ok(CatalogEntry {
        file: SourceFile::of(file),
        version,
        sha1: resource.and_then(|resource| text(resource, "checksum")),
        size: resource.and_then(|resource| resource.get("size")).and_then(Value::as_u64),
    })
}

impl CatalogEntry {
    /// Why bytes are not those the catalogue names. None if they are.
    pub fn refuses(&self, bytes: &[u8]) -> Option<String> {
        if let Some(size) = self.size
            && size != bytes.len() as u64
        {
            return Some(format!("{} bytes came, the catalogue names {size}", bytes.len()));
        }
        let wanted = self.sha1.as_deref()?;
        let found: String = Sha1::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        // Other hashes are told apart by their length, and not looked at.
        let is_sha1 = wanted.len() == 40;
        (is_sha1 && !wanted.eq_ignore_ascii_case(&found))
            .then(|| format!("its SHA-1 is {found}, the catalogue names {wanted}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = r#"{"datasets":[{"name":"a","version":"20260101-x","resources":[
        {"name":"names.txt","url":"names.txt"},
        {"name":"entities.ftm.json","url":"/f/entities.ftm.json","checksum":"A9993E364706816ABA3E25717850C26C9CD0D89D","size":3}]},
        {"name":"b","entities_url":"https://other.example/e.json"},{"name":"c","resources":[]}]}"#;

    #[test]
    fn leads_to_the_file_and_tells_whether_it_came_whole() {
        let url = Url::parse("https://host.example/d/index.json").unwrap();
        let entry = look_up(INDEX.as_bytes(), &url, Some("a")).unwrap();
        assert_eq!(entry.file.url.as_str(), "https://host.example/f/entities.ftm.json");
        assert_eq!(entry.version.as_deref(), Some("20260101-x"));
        assert_eq!(entry.refuses(b"abc"), None);
        assert!(entry.refuses(b"abd").unwrap().contains("SHA-1"));
        assert!(entry.refuses(b"ab").unwrap().contains("2 bytes"));
        let short = look_up(INDEX.as_bytes(), &url, Some("b")).unwrap();
        assert_eq!((short.file.url.host_str(), short.refuses(b"?")), (Some("other.example"), None));
    }

    #[test]
    fn says_what_a_catalogue_lacks() {
        let url = Url::parse("https://host.example/index.json").unwrap();
        let look = |json: &str, dataset| look_up(json.as_bytes(), &url, dataset).unwrap_err().to_string();
        assert!(look("<html>", None).contains("no catalogue"));
        assert!(look(INDEX, Some("d")).contains("no data set `d` among 3"));
        assert!(look(INDEX, None).contains("say which one"));
        assert!(look(INDEX, Some("c")).contains("names no file of entities"));
        assert!(look(r#"{"name":"x","resources":[]}"#, Some("y")).contains("of `x`, not of `y`"));
    }
}
