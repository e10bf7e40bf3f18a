//! `interdict monitor allow`: false positives that a person confirmed.

use std::io::Write;
use std::sync::Arc;

use clap::Args;
use interdict_engine::Engine;
use interdict_engine::monitor::{Allowed, digest_of_listing, digest_of_party};
use interdict_model::ListId;
use interdict_server::Sides;
use interdict_store::Home;
use interdict_store::monitor::Monitor;
use jiff::Zoned;
use jiff::civil::Date;

use super::record;
use crate::exit::{Exit, Failure};
use crate::render;
use crate::style::{self, BOLD, DIM};

/// What to allow.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict monitor allow C-1001 un-sc:KPi.001 --reason 'another date of birth' --author jk --until 2027-12-31
  interdict monitor allow                                the list
  interdict monitor allow C-1001 un-sc:KPi.001 --withdraw --reason 'doubted' --author jk

An entry is for one party and one listing. It holds events of that pair back, which are recorded all the
same, and ends by itself: after its day, or when the party or the listing says something else.")]
pub struct AllowArgs {
    /// Your id of the party
    #[arg(value_name = "PARTY", requires = "listing")]
    party: Option<String>,
    /// The listing: its list and reference, as un-sc:KPi.001
    #[arg(value_name = "LIST:REFERENCE", requires_all = ["reason", "author"])]
    listing: Option<String>,
    /// Why it is not a match
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Who says so
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
    /// The last day it holds
    #[arg(long, value_name = "DATE", value_parser = crate::past::day)]
    until: Option<Date>,
    /// End an entry
    #[arg(long, requires = "listing", conflicts_with = "until")]
    withdraw: bool,
    /// Print the list as JSON
    #[arg(long)]
    json: bool,
}

/// Allows, or shows what is allowed.
pub fn run(args: &AllowArgs, home: &Home) -> Result<Exit, Failure> {
    let (Some(party), Some(listing)) = (&args.party, &args.listing) else { return show(&home.monitor(), args.json) };
    let (reason, author) = (text(args.reason.as_deref(), "--reason")?, text(args.author.as_deref(), "--author")?);
    let (until, withdraw) = (args.until, args.withdraw);
    let entry = put(home, &Wanted { party, listing, reason, author, until, withdraw, sides: None, tried: false })?;
    let mut out = anstream::stdout().lock();
    let (party, listing) = (style::clean(party), style::clean(&entry.listing));
    if args.withdraw {
        writeln!(out, "no longer allowed: {party} and {listing}")?;
    } else {
        writeln!(out, "allowed until {}: {party} and {listing}", entry.until)?;
    }
    Ok(Exit::Clear)
}

/// A change of the allow-list.
pub struct Wanted<'a> {
    /// The user's id of the party.
    pub party: &'a str,
    /// The listing, as `LIST:REFERENCE`.
    pub listing: &'a str,
    /// Why.
    pub reason: String,
    /// Who says so.
    pub author: String,
    /// The last day it holds.
    pub until: Option<Date>,
    /// Whether an entry is to end.
    pub withdraw: bool,
    /// What both sides must be, if somebody looked at them before.
    pub sides: Option<Sides>,
    /// Whether nothing is to be changed: the entry is given that would be made.
    pub tried: bool,
}

/// Puts a pair on the allow-list, or ends its entry; gives the entry.
pub fn put(home: &Home, wanted: &Wanted<'_>) -> Result<Allowed, Failure> {
    let Wanted { party, listing, reason, author, until, withdraw, sides, tried } = wanted;
    let monitor = home.monitor();
    let _lock = monitor.lock()?;
    let last = super::last_run(&monitor)?;
    let watched = monitor.stored_parties(last.parties)?.find(party).map_err(Failure::new)?;
    let Some(watched) = watched else {
        return Err(Failure::hint(format!("`{party}` is not kept"), "`interdict monitor list` shows who is a hit"));
    };
    let Some((list, reference)) = listing.split_once(':') else {
        let hint = "write it as LIST:REFERENCE, as in un-sc:KPi.001";
        return Err(Failure::hint(format!("`{listing}` names no list"), hint));
    };
    let snapshot = Arc::new(home.snapshot_of_contents(&last.lists)?);
    let policy = last.policy.policy().map_err(Failure::new)?;
    let engine = Engine::new(Arc::clone(&snapshot), policy, last.only.clone());
    let found = snapshot.find(&ListId(list.to_owned()), reference)?;
    let [ordinal] = found.as_slice() else {
        return Err(Failure::new(format!("{listing}: {} listings have that reference", found.len())));
    };
    let listed = snapshot.listing(*ordinal)?;
    let id = listed.id().0;
    let is_hit = monitor.hits(last.run)?.iter().any(|kept| kept.party == *party && kept.listing() == id);
    let mut allowed = monitor.allowed()?;
    let standing = allowed.iter_mut().find(|e| e.ended.is_none() && e.party == *party && e.listing == id);
    if *withdraw {
        let Some(entry) = standing else {
            return Err(Failure::hint(
                format!("{party} and {listing} are not on the allow-list"),
                "`interdict monitor allow` shows it",
            ));
        };
        entry.ended = Some(format!("withdrawn by {author}: {reason}"));
        let ended = entry.clone();
        record::allowance(home, &last, &engine, "withdrawn", &ended)?;
        monitor.write_allowed(&allowed)?;
        return Ok(ended);
    }
    if !is_hit {
        let text = format!("{party} is no hit of {listing}, so there is nothing to allow");
        return Err(Failure::hint(text, format!("`interdict monitor list {party}` shows its hits")));
    }
    let Some(until) = *until else {
        return Err(Failure::hint("an entry needs its last day", "give it with --until, as 2027-12-31"));
    };
    let since = Zoned::now().date();
    if until < since {
        return Err(Failure::hint(format!("--until {until} is past"), "an entry holds to the end of that day"));
    }
    let entry = Allowed {
        party: (*party).to_owned(),
        listing: id,
        reason: reason.clone(),
        author: author.clone(),
        since,
        until,
        party_digest: digest_of_party(&watched.entity),
        listing_digest: digest_of_listing(&listed),
        ended: None,
    };
    let found = Sides { party: entry.party_digest, listing: entry.listing_digest };
    if sides.is_some_and(|sides| sides != found) {
        let text = format!("{party} or {listing} says something else than when this was proposed");
        return Err(Failure::hint(text, "look at both, and propose it anew"));
    }
    if *tried {
        return Ok(entry);
    }
    if let Some(standing) = standing {
        standing.ended = Some(format!("renewed by {author}"));
    }
    record::allowance(home, &last, &engine, "allowed", &entry)?;
    allowed.push(entry.clone());
    monitor.write_allowed(&allowed)?;
    Ok(entry)
}

fn text(given: Option<&str>, what: &str) -> Result<String, Failure> {
    match given.map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => Ok(text.to_owned()),
        None => {
            Err(Failure::hint(format!("{what} is empty"), "an entry without a reason and an author cannot be defended"))
        }
    }
}

fn show(monitor: &Monitor, json: bool) -> Result<Exit, Failure> {
    let allowed = monitor.allowed()?;
    let mut out = anstream::stdout().lock();
    if json {
        writeln!(out, "{}", render::json::text(&allowed, true)?)?;
        return Ok(Exit::Clear);
    }
    let heads = ["party", "listing", "until", "author", "reason", ""];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    rows.extend(allowed.iter().map(|entry| {
        vec![
            style::fit(&entry.party, 24),
            style::fit(&entry.listing, 24),
            entry.until.to_string(),
            style::fit(&entry.author, 20),
            style::fit(&entry.reason, 50),
            entry.ended.as_deref().map_or_else(String::new, |reason| style::fit(&format!("ended: {reason}"), 60)),
        ]
    }));
    for (i, line) in style::aligned(&rows, &[]).into_iter().enumerate().filter(|_| rows.len() > 1) {
        if i == 0 { writeln!(out, "{BOLD}{line}{BOLD:#}")? } else { writeln!(out, "{line}")? }
    }
    writeln!(out, "{DIM}{}{DIM:#}", style::count(allowed.len() as u64, "entry", "entries"))?;
    Ok(Exit::Clear)
}
