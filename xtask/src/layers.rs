//! The rows of crates: who may depend on whom, and who may touch the world.

use std::path::{Path, PathBuf};

use crate::{Finding, has_extension, read, shown, within};

/// The rows, first to last. A crate depends on earlier rows only.
const ROWS: [&[&str]; 7] = [
    &["model", "names", "ledger"],
    &["lists", "screening", "ownership", "measures", "alerts"],
    &["engine"],
    &["store", "fetch", "state", "parquet"],
    &["mcp"],
    &["server"],
    &["cli"],
];

/// Arrows within a row that are part of the design: the nouns carry the others, and the store
/// opens what the engine screens.
const WITHIN: [(&str, &str); 2] = [("names", "model"), ("ledger", "model")];

/// Crates that exist for tests alone: nothing that ships depends on them.
const FOR_TESTS: &str = "testkit";

/// What the first three rows may not name in code that ships.
const WORLD: [(&str, &str); 8] = [
    ("std::fs", "files"),
    ("std::env", "the environment"),
    ("std::net", "the network"),
    ("std::process", "processes"),
    ("std::time", "the clock"),
    ("SystemTime", "the clock"),
    ("Instant::now", "the clock"),
    ("Zoned::now", "the clock"),
];

fn row(name: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&name))
}

pub fn check(root: &Path, all: &[PathBuf]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in within(all, "crates").filter(|path| path.ends_with("Cargo.toml") && path.components().count() == 3) {
        let name = path.iter().nth(1).map(|part| part.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(manifest) = read(root, path).and_then(|text| text.parse::<toml::Table>().ok()) else {
            findings.push(Finding::new(shown(path), "cannot be read as a manifest"));
            continue;
        };
        findings.extend(manifest_findings(path, &name, &manifest));
        if row(&name).is_some_and(|row| row < 3) {
            let sources =
                within(all, "crates").filter(|source| source.starts_with(Path::new("crates").join(&name).join("src")));
            for source in sources.filter(|source| has_extension(source, "rs")) {
                findings.extend(read(root, source).map(|text| world(source, &text)).unwrap_or_default());
            }
        }
    }
    findings
}

fn manifest_findings(path: &Path, name: &str, manifest: &toml::Table) -> Vec<Finding> {
    let mut findings = Vec::new();
    let package = manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
    if package != Some(&format!("interdict-{name}")) {
        findings.push(Finding::new(shown(path), format!("the package is named `interdict-{name}` after its folder")));
    }
    let workspace_lints = manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
    if workspace_lints != Some(true) {
        findings.push(Finding::new(shown(path), "takes the workspace's lints: [lints] workspace = true"));
    }
    let Some(own) = row(name) else {
        if name != FOR_TESTS {
            findings
                .push(Finding::new(shown(path), "stands in no row: add it to xtask/src/layers.rs and ARCHITECTURE.md"));
        }
        return findings;
    };
    let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
    for other in
        dependencies.into_iter().flat_map(|table| table.keys()).filter_map(|key| key.strip_prefix("interdict-"))
    {
        let allowed = WITHIN.contains(&(name, other)) || row(other).is_some_and(|row| row < own);
        if !allowed {
            findings.push(Finding::new(
                shown(path),
                format!("`{name}` may not depend on `{other}`: it stands in no earlier row"),
            ));
        }
    }
    findings
}

/// Uses of the world in code that ships; tests may use what they need.
fn world(path: &Path, text: &str) -> Vec<Finding> {
    let is_test_file = path.iter().any(|part| part == "tests" || part == "tests.rs");
    if is_test_file {
        return Vec::new();
    }
    let shipped = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    let mut findings = Vec::new();
    for (number, line) in shipped.lines().enumerate() {
        let code = line.split("//").next().unwrap_or(line);
        for (word, what) in WORLD {
            if code.contains(word) {
                let place = format!("{}:{}", shown(path), number + 1);
                findings.push(Finding::new(
                    place,
                    format!("`{word}`: this crate does not touch {what}; take it as an argument"),
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &str) -> toml::Table {
        text.parse().unwrap()
    }

    #[test]
    fn arrows_point_to_earlier_rows() {
        let base = "[package]\nname = \"interdict-names\"\n[lints]\nworkspace = true\n[dependencies]\n";
        let findings = |extra: &str| {
            manifest_findings(Path::new("crates/names/Cargo.toml"), "names", &manifest(&format!("{base}{extra}")))
        };
        assert!(findings("interdict-model.workspace = true\n").is_empty());
        assert_eq!(findings("interdict-lists.workspace = true\n").len(), 1);
        assert_eq!(findings("interdict-ledger.workspace = true\n").len(), 1);
    }

    #[test]
    fn the_world_is_seen_in_code_and_not_in_tests() {
        let text =
            "//! reads no std::fs\nuse std::fs;\nfn f() {} // std::env\n#[cfg(test)]\nmod tests {\n use std::env;\n}\n";
        let findings = world(Path::new("crates/model/src/x.rs"), text);
        assert_eq!(findings.iter().map(|f| f.place.as_str()).collect::<Vec<_>>(), ["crates/model/src/x.rs:2"]);
    }
}
