//! Files and bundles that were carried in by hand.
//!
//! Promises: of a bundle nothing is used before its signature and all its files were checked; a bundle
//! made before one that was used is refused, so that an old state cannot be replayed.
//!
//! Not here: the format of bundles (`fetch`).

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use interdict_fetch::bundle::{BundledList, is_bundle};
use interdict_lists::{Format, SourceFile, recognise};
use interdict_model::{ListId, PartialDate};
use interdict_store::{Home, Import, Manifest, Place};
use jiff::{SignedDuration, Timestamp};

use super::UpdateArgs;
use super::apply::placed;
use super::outcome::{Carried, Line, Outcome};
use crate::bundle;
use crate::exit::Failure;

/// Takes what `--from` names.
pub fn run(home: &Home, args: &UpdateArgs) -> Result<Vec<Line>, Failure> {
    let Some(trust) = &args.trust else { return by_hand(home, args) };
    let key = bundle::public_key(trust)?;
    let [path] = args.from.as_slice() else {
        return Err(Failure::hint("--trust: one bundle at a time", "name one file with --from"));
    };
    let opened = bundle::opened(path, &key)?;
    let (now, name) = (Timestamp::now(), key.to_string());
    fresh(path, opened.manifest.created, home.last_bundles()?.get(&name).copied(), now)?;
    let wanted = |list: &&BundledList| args.lists.is_empty() || args.lists.contains(&list.list);
    let lists: Vec<&BundledList> = opened.manifest.lists.iter().filter(wanted).collect();
    if let Some(unknown) = args.lists.iter().find(|name| !lists.iter().any(|list| list.list == **name)) {
        let names: Vec<&str> = opened.manifest.lists.iter().map(|list| list.list.as_str()).collect();
        let text = format!("{}: no list `{unknown}` in the bundle", path.display());
        return Err(Failure::hint(text, format!("it has {}", names.join(", "))));
    }
    let mut together = Import { received: Some(now), ..Import::default() };
    let mut imports = Vec::new();
    for list in lists {
        let files = list.files.iter().filter_map(|file| {
            let bytes = opened.files.get(&file.path)?;
            Some((file.path.clone(), bytes.clone()))
        });
        if is_plain(list) {
            together.files.extend(files);
            continue;
        }
        imports.push(Import {
            files: files.collect(),
            list: Some(ListId(list.list.clone())),
            mapping: list.mapping.clone(),
            published: list.published.map(PartialDate::day),
            received: Some(now),
            ..Import::default()
        });
    }
    imports.insert(0, together);
    let mut lines = Vec::new();
    for import in imports.iter().filter(|import| !import.files.is_empty()) {
        lines.extend(import_and_tell(home, import)?);
    }
    // After use: a crash before it lets the same bundle be taken again.
    home.remember_bundle(&name, opened.manifest.created)?;
    Ok(lines)
}

/// Whether the files say all themselves: which list they are, and of what date.
fn is_plain(list: &BundledList) -> bool {
    let format = Format::ALL.into_iter().find(|format| format.name() == list.format);
    let dated = list.format.ends_with("-xml") || list.published.is_none();
    list.mapping.is_empty() && dated && format.is_some_and(|format| format.list() == list.list)
}

/// Refuses a bundle that is older than one that was used, or from the future.
fn fresh(path: &Path, created: Timestamp, last: Option<Timestamp>, now: Timestamp) -> Result<(), Failure> {
    let day = |time: Timestamp| time.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    if let Some(last) = last.filter(|last| *last > created) {
        let text =
            format!("{}: made {}, before the bundle of {} that was used", path.display(), day(created), day(last));
        return Err(Failure::hint(
            text,
            "take the newest bundle; `interdict lists rollback` goes back to an older version",
        ));
    }
    // One from the future would keep all honest ones out.
    if created.duration_since(now) > SignedDuration::from_hours(24) {
        let text = format!("{}: made {}, which is in the future", path.display(), day(created));
        return Err(Failure::hint(text, "is the clock right, here and where it was made?"));
    }
    Ok(())
}

/// Takes files as they are.
fn by_hand(home: &Home, args: &UpdateArgs) -> Result<Vec<Line>, Failure> {
    let mut import = Import { received: Some(Timestamp::now()), ..Import::default() };
    for path in &args.from {
        crate::lists::collect(path, &mut import.files)?;
    }
    if import.files.is_empty() {
        return Err(Failure::hint("no files to take", "the folders given hold none"));
    }
    if let Some((name, _)) = import.files.iter().find(|(_, bytes)| is_bundle(bytes)) {
        let hint = "say whose signature is trusted, with --trust PUB";
        return Err(Failure::hint(format!("{name}: a bundle, which is used only if it is signed"), hint));
    }
    if !args.lists.is_empty() {
        import.files.retain(|(name, bytes)| {
            let found = recognise(&SourceFile { name, bytes });
            found.map_or(true, |(format, _)| args.lists.iter().any(|list| list == format.list()))
        });
    }
    import_and_tell(home, &import)
}

/// Imports files, and tells what became of each list among them.
fn import_and_tell(home: &Home, import: &Import) -> Result<Vec<Line>, Failure> {
    let before: BTreeMap<ListId, Manifest> =
        home.contents()?.into_iter().map(|c| (c.manifest.version.list.clone(), c.manifest)).collect();
    let report = home.import(import)?;
    let mut lines = Vec::new();
    for imported in &report.imported {
        let version = &imported.manifest.version;
        let mut line = Line::by_hand(&version.list.0, imported.took);
        line.files = imported.manifest.files.iter().map(Carried::raw).collect();
        let same = before.get(&version.list).is_some_and(|old| old.version.digest == version.digest);
        let is_used = matches!(imported.place, Place::Current { .. });
        line.outcome = if same && is_used {
            Outcome::Unchanged { how: "same bytes" }
        } else {
            placed(home, version, &imported.place)?
        };
        line.version = Some(version.clone());
        lines.push(line);
    }
    for refusal in &report.refused {
        let mut line = Line::by_hand("", Duration::ZERO);
        let place = if refusal.place.is_empty() { String::new() } else { format!(", {}", refusal.place) };
        let reason = format!("{}{place}: {}", refusal.file, refusal.reason);
        line.outcome = Outcome::Refused { reason, hint: refusal.hint.clone().unwrap_or_default() };
        lines.push(line);
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_bundle_and_one_of_the_future_are_refused() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2031-01-10T00:00:00Z");
        let check = |created: &str, last: Option<&str>| fresh(Path::new("b"), at(created), last.map(at), now).is_ok();
        assert!(check("2031-01-09T00:00:00Z", None));
        assert!(check("2031-01-09T00:00:00Z", Some("2031-01-09T00:00:00Z")), "the same once more");
        assert!(!check("2031-01-09T00:00:00Z", Some("2031-01-09T00:00:01Z")));
        assert!(check("2031-01-10T23:00:00Z", None) && !check("2031-01-11T00:00:01Z", None));
    }
}
