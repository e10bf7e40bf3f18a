//! `interdict lists update`: fetches the publications, and puts what is new in use.
//!
//! Promises: a list that cannot be fetched or read leaves its present version serving, and the others
//! are updated all the same; exit code 2 says that any failed.
//!
//! Not here: connections (`fetch`), files and versions (`store`).

mod apply;
mod bars;
mod carried;
mod deltas;
mod gather;
mod manifest;
mod outcome;
mod sources;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use interdict_fetch::{
    Client, Expected, Limits, Proxy, Settings, Source, SourceFile, Url, is_list_id, official, shown, user_sources,
};
use interdict_model::Digest;
use interdict_store::{Collections, Home};

use crate::exit::{Exit, Failure};

pub use sources::{SourcesArgs, run as sources};

/// What to fetch.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict lists update
  interdict lists update un-sc ofac-sdn --json
  interdict lists update --check && echo nothing new
  interdict lists update --source https://host.example/watch.csv --as watch
  interdict lists update --manifest /etc/yente/manifest.yml
  interdict lists update --from /media/usb/lists
  interdict lists update --from lists.tar.gz --trust carrier.key.pub

Fetches the official publications and the sources of `sources.toml` in the home folder (see
`interdict lists sources`), those that changed only. --manifest takes a manifest of yente: its data sets become
lists; of those with delta files only what changed is fetched. What is new is checked and put in use; what cannot be
fetched, read or trusted leaves the present version in use.

Exit codes: 0 all done, 2 something failed or was refused. With --check: 0 nothing new, 1 something new, 2 failed")]
pub struct UpdateArgs {
    /// Lists to update [default: all sources]
    lists: Vec<String>,
    /// Take files that were carried in by hand: folders, files, or a bundle with --trust
    #[arg(long, value_name = "DIR|BUNDLE", conflicts_with_all = ["source", "check", "fresh"])]
    from: Vec<PathBuf>,
    /// The public key a bundle must be signed with
    #[arg(long, value_name = "PUB", requires = "from")]
    trust: Option<PathBuf>,
    /// Fetch this address; several for files that belong together
    #[arg(long, value_name = "URL", requires = "name")]
    source: Vec<String>,
    /// The list that --source is
    #[arg(long = "as", value_name = "NAME", requires = "source")]
    name: Option<String>,
    /// Fetch the data sets of a manifest of yente, a file or an address
    #[arg(long, value_name = "FILE|URL", conflicts_with_all = ["source", "from"])]
    manifest: Option<String>,
    /// Only ask whether there is something new
    #[arg(long)]
    check: bool,
    /// Fetch whole files, whatever servers said before
    #[arg(long)]
    fresh: bool,
    #[command(flatten)]
    way: WayArgs,
}

/// How to reach the publishers.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "The way")]
pub struct WayArgs {
    /// Proxy: http://, https:// or socks5:// [default: HTTPS_PROXY, ALL_PROXY, NO_PROXY]
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Use no proxy, whatever the environment says
    #[arg(long, conflicts_with = "proxy")]
    no_proxy: bool,
    /// Certificates (PEM) to trust in place of the common authorities
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Largest file in MiB, packed and unpacked
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    max_mb: u64,
    /// Time for one file in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 900, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// Allow `http:`, which anyone on the way can change
    #[arg(long)]
    allow_http: bool,
    /// Allow addresses of your own network
    #[arg(long)]
    allow_private: bool,
    /// Allow manifests and catalogues from the network to name files of this computer
    #[arg(long)]
    allow_files: bool,
    /// Delta files of data sets in a manifest
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Deltas::Checked)]
    deltas: Deltas,
}

/// How far delta files are trusted.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deltas {
    /// What they lead to must have the checksum that the catalogue names, if it names one
    Checked,
    /// As yente does: they are applied, and nothing is compared
    Trusted,
    /// Whole files only
    Off,
}

impl WayArgs {
    /// Most bytes of a file.
    fn most(&self) -> u64 {
        self.max_mb.saturating_mul(1 << 20)
    }

    fn client(&self) -> Result<Client, Failure> {
        let proxy = match &self.proxy {
            Some(proxy) => Proxy::At(proxy.clone()),
            None if self.no_proxy => Proxy::Direct,
            None => Proxy::Environment,
        };
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|error| Failure::new(format!("--ca: {}: {error}", path.display())))
        };
        let settings = Settings {
            limits: Limits { bytes: self.most(), total: Duration::from_secs(self.timeout), ..Limits::default() },
            allow_http: self.allow_http,
            allow_private: self.allow_private,
            proxy,
            authorities: self.ca.as_ref().map(read).transpose()?,
            user_agent: concat!("interdict/", env!("CARGO_PKG_VERSION")).to_owned(),
        };
        Client::new(settings).map_err(Failure::new)
    }
}

/// All sources but those of a manifest: the official ones and the user's.
fn all(home: &Home) -> Result<Vec<Source>, Failure> {
    let Some(text) = home.user_sources()? else { return Ok(official()) };
    user_sources(&text)
        .map_err(|error| Failure::new(format!("{}: {error}", home.root().join("sources.toml").display())))
}

/// Where a list's file was fetched from, as it may be printed. None if it did not come from there.
pub fn addresses(home: &Home) -> Result<impl Fn(&str, &str, &Digest) -> Option<String>, Failure> {
    let (sources, remembered) = (all(home)?, home.sources()?);
    Ok(move |list: &str, name: &str, digest: &Digest| {
        let file = sources.iter().find(|source| source.list == list)?.files.iter().find(|file| file.name == name)?;
        let came = remembered.lists.get(list)?.get(name)?;
        (came.digest == *digest && came.address == gather::address(&file.url)).then(|| shown(&file.url))
    })
}

/// The sources that are asked for, and why catalogues of a manifest could not be had.
fn chosen(home: &Home, client: &Client, args: &UpdateArgs) -> Result<Chosen, Failure> {
    let mut all = if args.manifest.is_some() { Vec::new() } else { all(home)? };
    let named = match &args.manifest {
        Some(manifest) => Some(manifest::Place::given(manifest)),
        None if args.name.is_none() => manifest::Place::of_sources(home)?,
        None => None,
    };
    let (mut lost, mut collections) = (Vec::new(), None);
    if let Some(place) = named {
        let found = manifest::load(client, &place, &args.way, &all)?;
        (lost, all) = (found.lost, all.into_iter().chain(found.sources).collect());
        // What a catalogue that could not be had calls lists is not known: what was known before stays.
        collections = lost.is_empty().then_some(found.collections);
    }
    if let Some(name) = &args.name {
        if !is_list_id(name) {
            let hint = "use lower-case letters, digits and hyphens, as in `watch-2`";
            return Err(Failure::hint(format!("--as: `{name}` cannot be the name of a list"), hint));
        }
        let parse = |text: &String| {
            let url = Url::parse(text).map_err(|error| format!("{error}"));
            let url = url.and_then(|url| if url.has_host() { Ok(url) } else { Err("it names no host".to_owned()) });
            let hint = "give a whole address, as in https://host.example/list.xml";
            url.map(SourceFile::of).map_err(|error| Failure::hint(format!("--source: `{text}`: {error}"), hint))
        };
        let known = all.into_iter().find(|source| source.list == *name);
        let source = Source {
            list: name.clone(),
            publisher: "--source".to_owned(),
            files: args.source.iter().map(parse).collect::<Result<_, _>>()?,
            expected: Expected::Any,
            by_default: true,
            official: known.is_some_and(|source| source.official),
            catalog: None,
            authorization_env: None,
            map: Vec::new(),
            given: None,
        };
        return Ok(Chosen { sources: vec![source], lost, collections });
    }
    if args.lists.is_empty() {
        let sources = all.into_iter().filter(|source| source.by_default).collect();
        return Ok(Chosen { sources, lost, collections });
    }
    if let Some(unknown) = args.lists.iter().find(|list| !all.iter().any(|source| source.list == **list)) {
        if let Some((catalogue, (reason, hint))) = lost.into_iter().next() {
            return Err(Failure::hint(format!("no source for a list `{unknown}`; {catalogue}: {reason}"), hint));
        }
        let names: Vec<&str> = all.iter().map(|source| source.list.as_str()).take(40).collect();
        let hint = format!("sources: {}; others go into sources.toml or --source URL --as NAME", names.join(", "));
        return Err(Failure::hint(format!("no source for a list `{unknown}`"), hint));
    }
    let sources = all.into_iter().filter(|source| args.lists.contains(&source.list)).collect();
    Ok(Chosen { sources, lost, collections })
}

/// What is to be fetched.
struct Chosen {
    sources: Vec<Source>,
    /// Catalogues that could not be had, and why.
    lost: Vec<(String, gather::Reason)>,
    /// What a manifest calls lists, if there is one and all of it could be had.
    collections: Option<Collections>,
}

/// Updates.
pub fn run(home: &Home, args: &UpdateArgs, json: bool) -> Result<Exit, Failure> {
    let Some(_lock) = home.lock_updates()? else {
        return Err(Failure::hint("another update is under way", "wait for it to end"));
    };
    if !args.from.is_empty() {
        return outcome::show(&carried::run(home, args)?, json);
    }
    let client = args.way.client()?;
    let Chosen { sources, lost, collections } = chosen(home, &client, args)?;
    let state = gather::State::of(home, args.fresh, &args.way)?;
    if args.check {
        return outcome::show_check(&gather::check(&client, &state, &sources), lost, json);
    }
    let gathered = gather::all(home, &client, &state, sources)?;
    outcome::show(&with_lost(applied(home, &state, gathered, collections)?, lost), json)
}

/// Takes into use what was fetched, and then the names for it.
fn applied(
    home: &Home,
    state: &gather::State,
    gathered: Vec<gather::Gathered>,
    collections: Option<Collections>,
) -> Result<Vec<outcome::Line>, Failure> {
    let lines = apply::all(home, state, gathered)?;
    if let Some(collections) = collections {
        home.remember_collections(&collections)?;
    }
    Ok(lines)
}

/// What became of all sources, catalogues that could not be had among them.
fn with_lost(mut lines: Vec<outcome::Line>, lost: Vec<(String, gather::Reason)>) -> Vec<outcome::Line> {
    lines.extend(lost.into_iter().map(|(catalogue, reason)| outcome::Line::lost(catalogue, reason)));
    lines
}

/// Updates lists, or all sources, and tells in JSON what became of each. `turn` is called before lists are changed.
pub fn all_of(
    home: &Home,
    lists: &[String],
    way: &WayArgs,
    turn: &mut dyn FnMut(),
) -> Result<serde_json::Value, Failure> {
    let args = UpdateArgs {
        lists: lists.to_vec(),
        from: Vec::new(),
        trust: None,
        source: Vec::new(),
        name: None,
        manifest: None,
        check: false,
        fresh: false,
        way: way.clone(),
    };
    let Some(_lock) = home.lock_updates()? else {
        return Err(Failure::hint("another update is under way", "wait for it to end"));
    };
    let client = args.way.client()?;
    let Chosen { sources, lost, collections } = chosen(home, &client, &args)?;
    let state = gather::State::of(home, args.fresh, &args.way)?;
    let gathered = gather::all(home, &client, &state, sources)?;
    turn();
    // Others may have changed lists while it was fetched.
    let state = state.again(home)?;
    Ok(outcome::json(&with_lost(applied(home, &state, gathered, collections)?, lost)))
}
