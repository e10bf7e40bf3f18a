//! What shells and manuals want to know about the command, and which version it is.

use std::io::{self, Write};

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::command::{Cli, PlaceArgs};
use crate::exit::{Exit, Failure};

/// Which shell.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict completions bash > ~/.local/share/bash-completion/completions/interdict
  interdict completions zsh > ~/.zfunc/_interdict")]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Prints completions.
pub fn run(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "interdict", &mut script);
    io::stdout().write_all(&script)?;
    Ok(Exit::Clear)
}

/// Prints the manual page.
pub fn man() -> Result<Exit, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    io::stdout().write_all(&page)?;
    Ok(Exit::Clear)
}

/// Prints the version, the home folder and the lists in use.
pub fn version(place: &PlaceArgs) -> Result<Exit, Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "interdict {}", interdict_engine::VERSION)?;
    let home = place.home()?;
    writeln!(out, "home      {}", home.root().display())?;
    let contents = home.contents()?;
    if contents.is_empty() {
        writeln!(out, "lists     none imported: the built-in starter list is used")?;
    }
    for content in contents {
        let version = content.manifest.version;
        let published = version.published.map_or_else(|| "no date".to_owned(), |date| date.to_string());
        writeln!(out, "list      {} {} {published}", version.list, version.digest.short())?;
    }
    Ok(Exit::Clear)
}
