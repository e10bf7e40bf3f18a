//! `interdict lists sources`: where lists come from, and when servers were last asked.

use std::io::Write;

use clap::Args;
use interdict_fetch::{Source, shown};
use interdict_model::Digest;
use interdict_store::Home;
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::render;
use crate::style::{self, BOLD, DIM, clean};

/// Nothing to set.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict lists sources
  interdict lists sources --json

Sources of your own, and official ones at other addresses, go into `sources.toml` in the home folder:

  [[source]]
  list = \"watch\"
  url = \"https://host.example/watch.csv\"
  map = { Kunde = \"name\", Geb = \"born\" }

  [[source]]
  list = \"peps\"
  catalog = \"https://host.example/index.json\"
  dataset = \"peps\"
  authorization_env = \"PEPS_AUTHORIZATION\"

  [[source]]
  list = \"eu-fsf\"
  off = true")]
pub struct SourcesArgs {}

/// Shows the sources.
pub fn run(home: &Home, _args: &SourcesArgs, json: bool) -> Result<Exit, Failure> {
    let (sources, remembered) = (super::all(home)?, home.sources()?);
    // Of the address that is shown: --source may have asked another one. A catalogue names its own.
    let checked = |source: &Source| {
        let files = remembered.lists.get(&source.list)?;
        let is_of = |address: &Digest| {
            source.catalog.is_some() || source.files.iter().any(|file| super::gather::address(&file.url) == *address)
        };
        let times = files.values().filter(|file| is_of(&file.address)).filter_map(|file| file.checked);
        times.min().map(|time| time.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
    };
    let mut out = anstream::stdout().lock();
    if json {
        let values: Vec<_> = sources
            .iter()
            .map(|source| {
                let addresses = source.files.iter().map(|file| &file.url).chain(source.catalog.iter().map(|c| &c.url));
                json!({
                    "list": source.list, "publisher": source.publisher, "official": source.official,
                    "by_default": source.by_default, "addresses": addresses.map(shown).collect::<Vec<_>>(),
                    "dataset": source.catalog.as_ref().and_then(|catalog| catalog.dataset.clone()),
                    "checked": checked(source),
                })
            })
            .collect();
        writeln!(out, "{}", render::json::text(&values, true)?)?;
        return Ok(Exit::Clear);
    }
    let mut rows = vec![["list", "last asked", "address"].map(str::to_owned).to_vec()];
    for source in &sources {
        let addresses = source.files.iter().map(|file| &file.url).chain(source.catalog.iter().map(|c| &c.url));
        for (i, url) in addresses.enumerate() {
            let asked = match checked(source) {
                Some(time) => time,
                None if source.by_default => "never".to_owned(),
                None => "when named".to_owned(),
            };
            let first = |text: String| if i == 0 { text } else { String::new() };
            rows.push(vec![first(clean(&source.list)), first(asked), clean(&shown(url))]);
        }
    }
    for (i, line) in style::aligned(&rows, &[]).into_iter().enumerate() {
        if i == 0 { writeln!(out, "{BOLD}{line}{BOLD:#}")? } else { writeln!(out, "{line}")? }
    }
    writeln!(out, "{DIM}others: {}{DIM:#}", home.root().join("sources.toml").display())?;
    Ok(Exit::Clear)
}
