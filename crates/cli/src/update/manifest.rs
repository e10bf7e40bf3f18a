//! Manifests of yente as sources: fetches the manifest and its catalogues, and tells which lists they name.
//!
//! Promises: a catalogue that cannot be had is named, and the others are used all the same; a token goes to the
//! catalogue's own origin and nowhere else.
//!
//! Not here: what manifests mean (`fetch::manifest`), fetching the data sets (`gather`, `deltas`).

use std::io::Read;
use std::path::{Path, PathBuf};

use interdict_fetch::manifest::{CatalogSpec, LARGEST, ManifestError, Origin, Secret, Spec, catalogue, manifest, plan};
use interdict_fetch::{Answer, Client, Expected, InMemory, Request, Source, Url, shown, user_manifest};
use interdict_store::{Collection, Collections, Home};

use super::WayArgs;
use super::gather::{Reason, reason};
use crate::exit::Failure;

/// Where a manifest is.
pub enum Place {
    /// In a file.
    File(PathBuf),
    /// At an address.
    Address(Url),
}

/// What a manifest comes to.
pub struct Found {
    /// Its data sets.
    pub sources: Vec<Source>,
    /// Catalogues that could not be had, and why.
    pub lost: Vec<(String, Reason)>,
    /// What it calls them, and several of them together.
    pub collections: Collections,
}

impl Place {
    /// As a user gives it.
    pub fn given(text: &str) -> Self {
        match Url::parse(text) {
            // A drive's letter is no scheme.
            Ok(url) if url.scheme().len() > 1 => url.to_file_path().map_or(Self::Address(url), Self::File),
            Ok(_) | Err(_) => Self::File(text.into()),
        }
    }

    /// As `sources.toml` gives it, if it does; a file is looked for beside it.
    pub fn of_sources(home: &Home) -> Result<Option<Self>, Failure> {
        let Some(text) = home.user_sources()? else { return Ok(None) };
        let named = user_manifest(&text)
            .map_err(|error| Failure::new(format!("{}: {error}", home.root().join("sources.toml").display())))?;
        Ok(named.map(|named| match Self::given(&named) {
            Self::File(path) => Self::File(home.root().join(path)),
            Self::Address(url) => Self::Address(url),
        }))
    }
}

/// The sources that a manifest names beside others that are there.
pub fn load(client: &Client, place: &Place, way: &WayArgs, others: &[Source]) -> Result<Found, Failure> {
    let (bytes, origin, name) = match place {
        Place::File(path) => {
            let name = path.display().to_string();
            let bytes =
                file(path, LARGEST).map_err(|(reason, hint)| Failure::hint(format!("{name}: {reason}"), hint))?;
            (bytes, Origin::File(path.clone()), name)
        }
        Place::Address(url) => {
            let (bytes, from) =
                fetch(client, url, None, Expected::Any).map_err(|(reason, hint)| Failure::hint(reason, hint))?;
            (bytes, Origin::Network { url: from, may_name_files: way.allow_files }, shown(url))
        }
    };
    let wrong = |error: ManifestError| Failure::hint(format!("{name}: {}", error.reason), error.hint);
    let read = manifest(&bytes).map_err(wrong)?;
    let (mut specs, mut lost) = (Vec::new(), Vec::new());
    for spec in &read.catalogs {
        match of_catalogue(client, spec, &origin, way) {
            Ok(found) => specs.extend(found),
            Err((address, reason)) => lost.push((address, reason)),
        }
    }
    specs.extend(read.datasets.into_iter().map(|spec| (spec, origin.clone(), None)));
    let plan = plan(specs).map_err(wrong)?;
    let collections = Collections {
        titles: plan.datasets.iter().map(|dataset| (dataset.list.clone(), dataset.title.clone())).collect(),
        collections: plan
            .held()
            .map_err(wrong)?
            .into_iter()
            .map(|held| Collection { name: held.name, title: held.title, lists: held.lists })
            .collect(),
    };
    let datasets = plan.datasets;
    if let Some(taken) = datasets.iter().find(|dataset| others.iter().any(|other| other.list == dataset.list)) {
        let hint = "give one of them another name, or leave the source out";
        return Err(Failure::hint(format!("{name}: `{}` is a source of sources.toml, too", taken.name), hint));
    }
    Ok(Found { sources: datasets.into_iter().map(Source::from).collect(), lost, collections })
}

type Specs = Vec<(Spec, Origin, Option<Secret>)>;

/// The data sets of a catalogue; else its address as it may be shown, and why not.
fn of_catalogue(
    client: &Client,
    spec: &CatalogSpec,
    named_in: &Origin,
    way: &WayArgs,
) -> Result<Specs, (String, Reason)> {
    let in_words = |error: ManifestError| (error.reason, error.hint);
    let url = named_in.address(&spec.url).map_err(|error| (String::from("a catalogue"), in_words(error)))?;
    let address = shown(&url);
    let at = |reason| (address.clone(), reason);
    let environment = |name: &str| std::env::var(name).ok();
    let mut secret = spec
        .secret(named_in, &environment)
        .map_err(|error| at((format!("{address}: {}", error.reason), error.hint)))?;
    let (bytes, origin) = match url.to_file_path() {
        Ok(path) if url.scheme() == "file" => {
            let bytes = file(&path, LARGEST).map_err(|(reason, hint)| at((format!("{address}: {reason}"), hint)))?;
            (bytes, Origin::File(path))
        }
        Ok(_) | Err(()) => {
            let (bytes, from) = fetch(client, &url, secret.as_ref().map(Secret::reveal), Expected::Json).map_err(at)?;
            if from.origin() != url.origin() {
                // The token was not sent there, and is not.
                secret = None;
            }
            (bytes, Origin::Network { url: from, may_name_files: way.allow_files })
        }
    };
    let wrong = |error: ManifestError| at((format!("{address}: {}", error.reason), error.hint));
    let mut specs = catalogue(&bytes).map_err(wrong)?;
    spec.apply(&mut specs).map_err(wrong)?;
    Ok(specs.into_iter().map(|spec| (spec, origin.clone(), secret.clone())).collect())
}

fn fetch(client: &Client, url: &Url, secret: Option<&str>, expected: Expected) -> Result<(Vec<u8>, Url), Reason> {
    let request = Request { url, known: None, authorization: secret, expected };
    match client.fetch(&request, &mut InMemory::default(), &|_| {}).map_err(|error| reason(&error))? {
        Answer::Fetched(fetched) if fetched.bytes.len() as u64 <= LARGEST => Ok((fetched.bytes, fetched.from)),
        Answer::Fetched(_) => Err(too_large(&shown(url), LARGEST)),
        Answer::Unchanged => Err((format!("{}: it is told to be unchanged", shown(url)), "try again".to_owned())),
    }
}

fn too_large(name: &str, most: u64) -> Reason {
    (format!("{name}: more than {} MiB", most >> 20), "is it the right file?".to_owned())
}

/// Reads a file of this computer, up to so many bytes.
pub fn file(path: &Path, most: u64) -> Result<Vec<u8>, Reason> {
    let failed = |error: std::io::Error| (error.to_string(), "a path is looked for beside its manifest".to_owned());
    // A pipe or device would be read for ever.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(("it is no file".to_owned(), "a path is looked for beside its manifest".to_owned()));
    }
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(path).map_err(failed)?;
    opened.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(too_large("it", most));
    }
    Ok(bytes)
}
