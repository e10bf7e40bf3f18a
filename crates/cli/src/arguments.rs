//! Arguments that cannot be understood are told as every other error: what is wrong, then hints.
//!
//! Promises: exit code 2, as for whatever could not be done; help and version that were asked for end with 0; nothing that was typed
//! reaches the terminal as a control sequence.
//!
//! Not here: the arguments themselves (`command`).

use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use crate::command::Cli;
use crate::exit::{Exit, Failure};

/// The arguments of this process, or how it ends without them.
pub fn read() -> Result<Cli, ExitCode> {
    Cli::try_parse().map_err(|error| match error.kind() {
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
    })
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
