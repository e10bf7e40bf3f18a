//! What a manifest with its catalogues comes to: lists to load, and collections of them.
//!
//! Promises: each name once; of each data set it is known where its entities are, or why they cannot be had; a
//! collection that holds itself, at whatever depth, is refused.
//!
//! Not here: the files as they are written (`spec`).

use std::collections::HashMap;

use url::Url;

use super::spec::few;
use super::token::names_variables;
use super::{CatalogSpec, ManifestError, Origin, Secret, Spec, expand};
use crate::{CatalogEntry, SourceFile, is_list_id, official};

/// Most data sets that are loaded as lists.
const MOST_LISTS: usize = 1_000;

/// A data set that is loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dataset {
    /// Its name in the manifest.
    pub name: String,
    /// The list it becomes.
    pub list: String,
    /// Title.
    pub title: String,
    /// Its entities, or why they cannot be had.
    pub entities: Result<CatalogEntry, ManifestError>,
    /// Index of its delta files.
    pub delta: Option<Url>,
    /// Whether delta files may be files of this computer.
    pub origin: Origin,
    /// What to send with each request to the origin of its catalogue.
    pub secret: Option<Secret>,
    /// What it holds, if it is a collection that is loaded in one piece.
    pub children: Vec<String>,
    /// Whether yente makes the ids of its entities its own.
    pub namespace: bool,
}

/// A collection, or a data set that is part of one that is loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Collection {
    /// Its name.
    pub name: String,
    /// Title.
    pub title: String,
    /// What it holds.
    pub children: Vec<String>,
    /// Its version.
    pub version: Option<String>,
}

/// What is loaded.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Plan {
    /// Data sets that become lists.
    pub datasets: Vec<Dataset>,
    /// The others.
    pub collections: Vec<Collection>,
}

impl Dataset {
    /// The version that is the newest.
    pub fn version(&self) -> Option<&str> {
        self.entities.as_ref().ok()?.version.as_deref()
    }
}

impl CatalogSpec {
    /// The header that goes with it.
    ///
    /// # Errors
    /// When the token names a variable that is not set, or that may not be read.
    pub fn secret(
        &self,
        origin: &Origin,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Secret>, ManifestError> {
        let Some(token) = self.auth_token.as_deref().filter(|token| !token.is_empty()) else { return Ok(None) };
        let token = match origin {
            Origin::File(_) => expand(token, environment)?,
            // It could have any variable sent to its own host.
            Origin::Network { .. } if names_variables(token) => {
                return Err(ManifestError::new(
                    "`auth_token`: a manifest from the network names a variable of the environment",
                    "take the manifest from a file",
                ));
            }
            Origin::Network { .. } => token.to_owned(),
        };
        if token.chars().any(char::is_control) {
            return Err(ManifestError::new("`auth_token` holds a control character", "correct it"));
        }
        Ok(Some(Secret::token(&token)))
    }

    /// The settings of a catalogue put on its data sets, as a manifest asks.
    ///
    /// # Errors
    /// When it does not have a data set that is asked for.
    pub fn apply(&self, specs: &mut [Spec]) -> Result<(), ManifestError> {
        let scopes: Vec<&String> = self.scopes.iter().chain(&self.scope).collect();
        if let Some(missing) = scopes.iter().find(|scope| !specs.iter().any(|spec| spec.name == ***scope)) {
            let names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).take(8).collect();
            let reason = format!("`scope`: no data set `{missing}` among {}", specs.len());
            return Err(ManifestError::new(reason, format!("it has {} …", names.join(", "))));
        }
        for spec in specs {
            if !scopes.is_empty() {
                spec.load = Some(scopes.contains(&&spec.name));
            }
            spec.namespace = self.namespace.or(spec.namespace);
            spec.resource_name = self.resource_name.clone().or(spec.resource_name.take());
            spec.resource_type = self.resource_type.clone().or(spec.resource_type.take());
        }
        Ok(())
    }
}

/// What data sets come to, each with where it was named and what is sent there.
///
/// # Errors
/// When a name is given twice or cannot be a list's, a collection holds itself, or there are too many.
pub fn plan(specs: Vec<(Spec, Origin, Option<Secret>)>) -> Result<Plan, ManifestError> {
    few(specs.len())?;
    let mut out = Plan::default();
    let mut lists: HashMap<String, String> = HashMap::new();
    for known in official() {
        lists.insert(known.list, String::new());
    }
    let mut held: HashMap<String, Vec<String>> = HashMap::with_capacity(specs.len());
    for (spec, origin, secret) in specs {
        let children: Vec<String> = spec.datasets.iter().chain(&spec.children).cloned().collect();
        if held.insert(spec.name.clone(), children.clone()).is_some() {
            let hint = "limit catalogues with `scope`, so that they do not name the same";
            return Err(ManifestError::new(format!("the data set `{}` is named twice", spec.name), hint));
        }
        let title = spec.title.clone().unwrap_or_else(|| spec.name.clone());
        if !spec.load.unwrap_or(children.is_empty()) {
            let version = version_of(&spec);
            out.collections.push(Collection { name: spec.name, title, children, version });
            continue;
        }
        let list = spec.name.replace('_', "-");
        if !is_list_id(&list) {
            let reason = format!("`{}` cannot be the name of a list", spec.name);
            return Err(ManifestError::new(reason, "lower-case letters, digits, `_` and `-`, at most 60"));
        }
        if let Some(other) = lists.insert(list.clone(), spec.name.clone()) {
            let whose = if other.is_empty() { "of an official list".to_owned() } else { format!("of `{other}`") };
            let reason = format!("the data set `{}` would take the place {whose}", spec.name);
            return Err(ManifestError::new(reason, "give it another name"));
        }
        if out.datasets.len() == MOST_LISTS {
            let reason = format!("more than {MOST_LISTS} data sets would be loaded");
            return Err(ManifestError::new(reason, "name those that are meant with `scope` or `scopes`"));
        }
        let entities = entities(&spec, &origin);
        let delta = spec.delta_url.as_deref().map(|text| origin.address(text)).transpose();
        let (entities, delta) = match delta {
            Ok(delta) => (entities, delta),
            Err(error) => (entities.and(Err(error)), None),
        };
        let namespace = spec.namespace.unwrap_or(false);
        out.datasets.push(Dataset {
            name: spec.name,
            list,
            title,
            entities,
            delta,
            origin,
            secret,
            children,
            namespace,
        });
    }
    match cycle(&held) {
        None => Ok(out),
        Some(name) => Err(ManifestError::new(
            format!("the collection `{name}` holds itself"),
            "take it out of `datasets` or `children` of what it holds",
        )),
    }
}

fn version_of(spec: &Spec) -> Option<String> {
    let written = spec.version.as_ref().map(super::spec::Version::text);
    written.or_else(|| spec.last_export.clone()).or_else(|| spec.updated_at.clone())
}

/// Where the entities of a data set are.
fn entities(spec: &Spec, origin: &Origin) -> Result<CatalogEntry, ManifestError> {
    let version = version_of(spec);
    let at = |url| CatalogEntry { file: SourceFile::of(url), version: version.clone(), sha1: None, size: None };
    if let Some(address) = &spec.entities_url {
        return origin.address(address).map(at);
    }
    if let Some(path) = &spec.path {
        return origin.file(path).map(at);
    }
    let is_asked = spec.resource_name.is_some() || spec.resource_type.is_some();
    let resource = spec.resources.iter().filter(|resource| resource.url.is_some()).find(|resource| {
        let is = |asked: &Option<String>, has: &Option<String>| asked.is_some() && asked == has;
        if is_asked {
            return is(&spec.resource_name, &resource.name) || is(&spec.resource_type, &resource.mime_type);
        }
        resource.name.as_deref() == Some("entities.ftm.json")
            || resource.mime_type.as_deref() == Some("application/json+ftm")
    });
    let missing = || {
        ManifestError::new(
            format!("the data set `{}` names no file of entities", spec.name),
            "give `entities_url` or `path`, or the resource with `resource_name: entities.ftm.json`",
        )
    };
    let resource = resource.ok_or_else(missing)?;
    let url = origin.address(resource.url.as_deref().unwrap_or_default())?;
    Ok(CatalogEntry { sha1: resource.checksum.clone(), size: resource.size, ..at(url) })
}

/// The name of a collection that holds itself. Walks without recursion: depth is the sender's choice.
fn cycle(held: &HashMap<String, Vec<String>>) -> Option<&str> {
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Seen {
        Open,
        Done,
    }
    let mut seen: HashMap<&str, Seen> = HashMap::with_capacity(held.len());
    let mut roots: Vec<&str> = held.keys().map(String::as_str).collect();
    // The same name is told whatever the order of the map.
    roots.sort_unstable();
    for root in roots {
        if seen.contains_key(root) {
            continue;
        }
        let mut path: Vec<(&str, std::slice::Iter<'_, String>)> = Vec::new();
        seen.insert(root, Seen::Open);
        path.push((root, held.get(root).map_or([].iter(), |children| children.iter())));
        while let Some((name, children)) = path.last_mut() {
            let Some(child) = children.next() else {
                seen.insert(name, Seen::Done);
                path.pop();
                continue;
            };
            match (seen.get(child.as_str()), held.get_key_value(child)) {
                (Some(Seen::Open), _) => return held.get_key_value(child).map(|(name, _)| name.as_str()),
                (Some(Seen::Done), _) | (None, None) => {}
                (None, Some((child, below))) => {
                    seen.insert(child, Seen::Open);
                    path.push((child, below.iter()));
                }
            }
        }
    }
    None
}
