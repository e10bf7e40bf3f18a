//! Lists the files under `law/` so that the program carries them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../law");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    walk(&root, &mut files)?;
    files.sort();
    let mut out =
        String::from("/// Path below `law/` and text of each file.\npub static FILES: &[(&str, &str)] = &[\n");
    for file in files {
        let below = file.strip_prefix(&root).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        let full = fs::canonicalize(&file)?;
        println!("cargo::rerun-if-changed={}", full.display());
        writeln!(out, "    ({below:?}, include_str!({:?})),", full.to_string_lossy()).map_err(io::Error::other)?;
    }
    out.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("law_files.rs"), out)
}

fn walk(folder: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            println!("cargo::rerun-if-changed={}", path.display());
            walk(&path, into)?;
        } else if path.extension().is_some_and(|ext| ext == "md" || ext == "tsv") {
            into.push(path);
        }
    }
    Ok(())
}
