//! Arguments that cannot be understood are told as every other error: what is wrong, then hints.
//!
//! Promises: exit code 2, as for whatever could not be done; help and version that were asked for end with 0; nothing that was typed
//! reaches the terminal as a control sequence.
//!
//! Not here: the arguments themselves (`command`).

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};

use crate::command::Cli;
use crate::exit::{Exit, Failure};

/// The arguments of this process, or how it ends without them.
pub fn read() -> Result<Cli, ExitCode> {
    let matches = Cli::command().try_get_matches().map_err(|error| ended(&error))?;
    if let Some(failure) = shown_password(&matches) {
        return Err(failure.report());
    }
    Cli::from_arg_matches(&matches).map_err(|error| ended(&error.format(&mut Cli::command())))
}

/// A password among the arguments, which every user of the computer sees.
fn shown_password(matches: &ArgMatches) -> Option<Failure> {
    let is_typed = matches.try_contains_id("database").is_ok_and(|known| known)
        && matches.value_source("database") == Some(ValueSource::CommandLine);
    let address = if is_typed { matches.try_get_one::<String>("database").ok().flatten() } else { None };
    if address.is_some_and(|address| interdict_state::has_password(address)) {
        return Some(Failure::hint(
            "--database: a password among the arguments is seen by every user of this computer (`ps`)",
            "set INTERDICT_DATABASE to the address, or keep the password in a file: add `passfile=FILE` to the address, or set \
             PGPASSFILE; each line of it is HOST:PORT:DATABASE:USER:PASSWORD",
        ));
    }
    matches.subcommand().and_then(|(_, below)| shown_password(below))
}

/// How it ends when arguments were not understood, or help was asked for.
fn ended(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A reader that is gone, as in `--help | head -1`, misses nothing that it asked for.
            let _ = error.print();
            Exit::Clear.into()
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            Exit::NotDone.into()
        }
        _ => Failure::new(told(&error.to_string())).report(),
    }
}

/// The parser's text in our form: its tips, the usage and the way to the help are hints.
fn told(text: &str) -> String {
    let (mut said, mut hints) = (Vec::new(), Vec::new());
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(tip) = line.trim_start().strip_prefix("tip: ") {
            hints.push(format!("hint: {tip}"));
        } else if let Some(usage) = line.strip_prefix("Usage: ") {
            hints.push(format!("hint: usage: {usage}"));
        } else if line.starts_with("For more information") {
            hints.push("hint: --help after the same command shows all that it takes".to_owned());
        } else {
            said.push(line.strip_prefix("error: ").unwrap_or(line).to_owned());
        }
    }
    said.extend(hints);
    said.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[test]
    fn a_password_is_not_taken_from_the_arguments() {
        let refused = |arguments: &[&str]| {
            let matches = Cli::command().try_get_matches_from([&["interdict"], arguments].concat()).unwrap();
            shown_password(&matches).map(|failure| failure.text().to_owned())
        };
        for address in ["postgresql://u:hunter2@h/d", "postgresql://u@h/d?password=hunter2", "host=h password=hunter2"]
        {
            for command in [
                &["serve", "--database", address][..],
                &["keys", "--database", address, "list"],
                &["sessions", "list", "--database", address],
            ] {
                let text = refused(command).unwrap_or_else(|| panic!("{command:?}"));
                assert!(text.contains("\nhint: set INTERDICT_DATABASE") && !text.contains("hunter2"), "{text}");
            }
        }
        assert!(refused(&["serve", "--database", "postgresql://u@h/d?passfile=/f"]).is_none());
        assert!(refused(&["keys", "list"]).is_none());
    }

    fn of(arguments: &[&str]) -> String {
        told(&Cli::try_parse_from(arguments).map(|_| ()).map_err(|error| error.to_string()).err().unwrap_or_default())
    }

    #[test]
    fn what_the_parser_says_becomes_an_error_with_hints() {
        let said = of(&["interdict", "law", "check", "--belw", "un"]);
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines[0], "unexpected argument '--belw' found");
        assert!(lines[1..].iter().all(|line| line.starts_with("hint: ")), "{said}");
        assert!(said.contains("hint: a similar argument exists: '--below'"), "{said}");
        assert!(said.contains("hint: usage: interdict law check"), "{said}");
        for (arguments, first) in [
            (&["interdict", "serve", "--workers", "0"][..], "invalid value '0' for '--workers <N>'"),
            (&["interdict", "lists", "frobnicate"], "unrecognized subcommand 'frobnicate'"),
            (&["interdict", "replay"], "the following required arguments were not provided:"),
        ] {
            let said = of(arguments);
            assert!(said.starts_with(first) && said.lines().last().unwrap().starts_with("hint: --help"), "{said}");
            assert!(!said.contains("For more"), "{said}");
        }
    }
}
