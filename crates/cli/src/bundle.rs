//! `interdict lists bundle`: the lists in use as one signed file, for places without a network.
//!
//! Not here: using a bundle (`update`), the format (`fetch`).

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use interdict_fetch::bundle::{Bundle, BundleManifest, BundledFile, BundledList, SignerKey, VerifierKey, open, write};
use interdict_model::Digest;
use interdict_store::{Content, Home, Output, write_secret};
use jiff::Timestamp;
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::render;
use crate::style::{self, BOLD, CLEAR, DIM, clean};

/// What to do with bundles.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict lists bundle key new carrier.key --name lists.bank.example
  interdict lists bundle create lists.tar.gz --key carrier.key
  interdict lists bundle verify lists.tar.gz --key carrier.key.pub
  interdict lists update --from lists.tar.gz --trust carrier.key.pub

A bundle is made where there is a network and used where there is none. It holds the publishers' files
byte for byte; its manifest is a signed note (Ed25519) that names each with its SHA-256.")]
pub struct BundleArgs {
    #[command(subcommand)]
    command: BundleCommand,
}

#[derive(Subcommand, Debug)]
enum BundleCommand {
    /// Write the lists in use into a signed file
    Create(CreateArgs),
    /// Check a bundle: its signature, and every file in it
    Verify(VerifyArgs),
    /// Make a key to sign bundles with
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
}

#[derive(Args, Debug)]
struct CreateArgs {
    /// The file to write
    out: PathBuf,
    /// Lists to put in [default: all in use]
    lists: Vec<String>,
    /// The secret key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

#[derive(Args, Debug)]
struct VerifyArgs {
    /// The bundle
    file: PathBuf,
    /// The public key it must be signed with
    #[arg(long, value_name = "PUB")]
    key: PathBuf,
}

#[derive(Subcommand, Debug)]
enum KeyCommand {
    /// Make a new one: FILE is the secret, FILE.pub is for those who are to trust it
    New {
        /// The file to write; nothing may stand there
        file: PathBuf,
        /// Name that signatures carry, as a domain or a role
        #[arg(long)]
        name: String,
    },
}

/// Bytes of the files of a bundle that are opened. The official lists together stay far below.
const LARGEST: u64 = 4 << 30;

/// The most bytes of a file with a key.
const MOST_KEY: u64 = 64 << 10;

/// Answers the command.
pub fn run(home: &Home, args: &BundleArgs, json: bool) -> Result<Exit, Failure> {
    match &args.command {
        BundleCommand::Create(args) => create(home, args, json),
        BundleCommand::Verify(args) => verify(args, json),
        BundleCommand::Key { command: KeyCommand::New { file, name } } => new_key(file, name),
    }
}

fn new_key(file: &Path, name: &str) -> Result<Exit, Failure> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| Failure::new(format!("the system gives no random bytes: {error}")))?;
    let key = SignerKey::from_seed(name, &seed).map_err(|error| Failure::new(error.to_string()))?;
    let public = public_path(file);
    if public.exists() || file.exists() {
        return Err(Failure::hint(format!("{}: something stands there", file.display()), "choose another file"));
    }
    write_secret(file, &format!("{}\n", key.secret()))?;
    let mut out = Output::create(&public)?;
    writeln!(out, "{}", key.public())?;
    out.finish()?;
    let mut out = anstream::stdout().lock();
    writeln!(out, "{}", key.public())?;
    writeln!(out, "{DIM}secret in {}; carry {} to where bundles are used{DIM:#}", file.display(), public.display())?;
    Ok(Exit::Clear)
}

fn public_path(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".pub");
    PathBuf::from(name)
}

fn text_of(path: &Path) -> Result<String, Failure> {
    crate::file::text(path, MOST_KEY)
}

/// A public key from its file.
pub fn public_key(path: &Path) -> Result<VerifierKey, Failure> {
    let text = text_of(path)?;
    if text.trim_start().starts_with("PRIVATE+KEY+") {
        let hint = "the public half ends in .pub; a secret key stays where bundles are made";
        return Err(Failure::hint(format!("{}: a secret key where a public one is wanted", path.display()), hint));
    }
    text.trim().parse().map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

/// A bundle from its file, signed by a key.
pub fn opened(path: &Path, key: &VerifierKey) -> Result<Bundle, Failure> {
    let failed = |reason: String| Failure::new(format!("{}: {reason}", path.display()));
    let file = std::fs::File::open(path).map_err(|error| failed(error.to_string()))?;
    open(io::BufReader::new(file), key, LARGEST).map_err(|error| failed(error.to_string()))
}

fn create(home: &Home, args: &CreateArgs, json: bool) -> Result<Exit, Failure> {
    let key = SignerKey::parse(&text_of(&args.key)?)
        .map_err(|error| Failure::new(format!("{}: {error}", args.key.display())))?;
    let contents = match args.lists.as_slice() {
        [] => home.contents()?,
        lists => lists.iter().map(|list| home.content(list)).collect::<Result<_, _>>()?,
    };
    if contents.is_empty() {
        return Err(Failure::hint("no lists in use", "fetch them first: `interdict lists update`"));
    }
    let sources = super::update::addresses(home)?;
    let mut taken = BTreeSet::new();
    let lists = contents.iter().map(|content| bundled(content, &sources, &mut taken)).collect();
    let manifest = BundleManifest { created: Timestamp::now(), lists };
    let out = Output::create(&args.out)?;
    let mut bytes_of = |file: &BundledFile| home.raw(&file.sha256).map_err(io::Error::other);
    let out = write(out, &manifest, &key, &mut bytes_of)
        .map_err(|error| Failure::new(format!("{}: {error}", args.out.display())))?;
    out.finish()?;
    print(&manifest, &args.out, key.public(), "written", json)
}

/// A list as a bundle says it. Files keep their last name: where they lay here is nobody's business.
fn bundled(
    content: &Content,
    sources: &dyn Fn(&str, &str, &Digest) -> Option<String>,
    taken: &mut BTreeSet<String>,
) -> BundledList {
    let manifest = &content.manifest;
    let version = &manifest.version;
    let list = &version.list.0;
    let mut files = Vec::with_capacity(manifest.files.len());
    for (number, file) in manifest.files.iter().enumerate() {
        let last = file.name.rsplit(['/', '\\']).next().unwrap_or_default();
        let plain: String =
            last.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')).take(30).collect();
        // A list's id has 60 characters at most, so that a path stays below 99.
        let mut path = format!("{list}/{plain}");
        if plain.trim_matches('.').is_empty() || !taken.insert(path.clone()) {
            path = format!("{list}/{number}-{}", file.digest.short());
            taken.insert(path.clone());
        }
        files.push(BundledFile {
            path,
            role: file.role.clone(),
            sha256: file.digest,
            bytes: file.bytes,
            source: sources(list, last, &file.digest),
            fetched: manifest.received,
        });
    }
    BundledList {
        list: list.clone(),
        published: version.published,
        version: version.digest,
        format: version.format.clone(),
        mapping: manifest.mapping.clone(),
        files,
    }
}

fn verify(args: &VerifyArgs, json: bool) -> Result<Exit, Failure> {
    let key = public_key(&args.key)?;
    let bundle = opened(&args.file, &key)?;
    print(&bundle.manifest, &args.file, &key, "verified", json)
}

fn print(manifest: &BundleManifest, path: &Path, key: &VerifierKey, word: &str, json: bool) -> Result<Exit, Failure> {
    let mut out = anstream::stdout().lock();
    if json {
        let value = json!({"bundle": path.display().to_string(), "outcome": word, "key": key.to_string(), "manifest": manifest});
        writeln!(out, "{}", render::json::text(&value, true)?)?;
        return Ok(Exit::Clear);
    }
    let mut rows = vec![["list", "published", "file", "kB", "sha256", "fetched"].map(str::to_owned).to_vec()];
    for (list, file) in manifest.files() {
        rows.push(vec![
            clean(&list.list),
            list.published.map_or_else(|| "no date".to_owned(), |date| date.to_string()),
            clean(&file.path),
            style::grouped(file.bytes.div_ceil(1000)),
            Digest::short(&file.sha256),
            file.fetched.map_or_else(String::new, |time| time.strftime("%Y-%m-%d %H:%MZ").to_string()),
        ]);
    }
    for (i, line) in style::aligned(&rows, &[3]).into_iter().enumerate() {
        if i == 0 { writeln!(out, "{BOLD}{line}{BOLD:#}")? } else { writeln!(out, "{line}")? }
    }
    let made = manifest.created.strftime("%Y-%m-%d %H:%M:%SZ");
    writeln!(out, "{CLEAR}{word}{CLEAR:#}: {}, made {made}, signed by {}", path.display(), clean(key.name()))?;
    Ok(Exit::Clear)
}
