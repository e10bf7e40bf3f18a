//! Filters that `/match` and `/search` share, read from the query string.
//!
//! Not here: words and facets of `/search` (`search`).

use interdict_model::{Kind, ListId, ListVersion, Listing};
use jiff::civil::{Date, DateTime};

use super::error::Refused;
use crate::compat::book::{days_of, id_of, other_ids, topics_of};
use crate::compat::params::Params;
use crate::compat::scope::Scope;
use interdict_model::ftm::schema_of;

/// Most entities that a request may exclude: yente's bound.
const MOST_EXCLUDED: usize = 50;

/// Which listings count.
pub(super) struct Filters {
    /// Lists to look in; none of them means nothing can be found.
    pub(super) lists: Vec<ListId>,
    exclude_schema: Vec<String>,
    topics: Vec<String>,
    changed_since: Option<DateTime>,
    exclude_ids: Vec<String>,
}

impl Filters {
    /// Reads them for a dataset.
    pub(super) fn of(scope: Scope, dataset: &str, params: &Params) -> Result<Self, Refused> {
        let owned = |name: &str| params.all(name).into_iter().map(str::to_owned).collect::<Vec<_>>();
        let lists = scope.narrowed(dataset, &params.all("include_dataset"), &params.all("exclude_dataset"))?;
        let changed_since = params.one("changed_since").map(since).transpose()?;
        let exclude_ids = owned("exclude_entity_ids");
        if exclude_ids.len() > MOST_EXCLUDED {
            return Err(Refused::query("exclude_entity_ids", format!("at most {MOST_EXCLUDED} ids")));
        }
        Ok(Self { lists, exclude_schema: owned("exclude_schema"), topics: owned("topics"), changed_since, exclude_ids })
    }

    /// Whether none but the lists restricts.
    pub(super) fn is_open(&self) -> bool {
        self.exclude_schema.is_empty()
            && self.topics.is_empty()
            && self.changed_since.is_none()
            && self.exclude_ids.is_empty()
    }

    /// Whether a listing passes.
    pub(super) fn pass(&self, listing: &Listing, version: &ListVersion) -> bool {
        let changed = || days_of(listing).1.or(version.published);
        let id = id_of(listing, version);
        self.pass_row(listing.entity.kind, &topics_of(listing, version), changed())
            && !self.exclude_ids.contains(&id)
            && !other_ids(listing, &id).iter().any(|other| self.exclude_ids.contains(other))
    }

    /// Whether what is known of a listing passes, ids aside.
    pub(super) fn pass_row(&self, kind: Kind, topics: &[String], changed: Option<Date>) -> bool {
        !self.exclude_schema.iter().any(|schema| schema == schema_of(kind))
            && (self.topics.is_empty() || self.topics.iter().any(|topic| topics.contains(topic)))
            // A listing whose day of change is not known may have changed: it is not left out.
            && self.changed_since.is_none_or(|since| changed.is_none_or(|day| day.to_datetime(jiff::civil::Time::midnight()) > since))
    }
}

/// A day or moment, as yente's pattern allows it.
fn since(text: &str) -> Result<DateTime, Refused> {
    let bad = || Refused::query("changed_since", "write it as 2018-01-05 or 2018-01-05T12:30:00");
    let (day, time) = text.split_once('T').map_or((text, None), |(day, time)| (day, Some(time)));
    let is_day = day.len() == 10;
    let full = match time.map(str::len) {
        None => "00:00:00".to_owned(),
        Some(2) => format!("{}:00:00", time.unwrap_or_default()),
        Some(5) => format!("{}:00", time.unwrap_or_default()),
        Some(8) => time.unwrap_or_default().to_owned(),
        Some(_) => return Err(bad()),
    };
    if !is_day {
        return Err(bad());
    }
    format!("{day}T{full}").parse().map_err(|_| bad())
}

/// The kinds that a schema of FollowTheMoney takes in; none if there is no such schema. Official lists
/// rarely say whether an organisation is a company, so `Company` takes in every organisation.
pub(super) fn kinds_of(schema: &str) -> Option<&'static [Kind]> {
    use Kind::{Aircraft, Organization, Person, Security, Unknown, Vessel, Wallet};
    Some(match schema {
        "Thing" => &Kind::ALL,
        "LegalEntity" => &[Person, Organization, Unknown],
        "Person" => &[Person, Unknown],
        "Organization" | "Company" | "PublicBody" => &[Organization, Unknown],
        "Vehicle" => &[Vessel, Aircraft],
        "Vessel" => &[Vessel],
        "Airplane" => &[Aircraft],
        "CryptoWallet" => &[Wallet],
        "Security" => &[Security],
        "Asset" => &[Organization, Vessel, Aircraft, Security],
        "Value" => &[Organization, Vessel, Aircraft, Security, Wallet],
        _ => return None,
    })
}

/// A whole number parameter within bounds.
pub(super) fn number(params: &Params, name: &str, default: usize, most: usize) -> Result<usize, Refused> {
    let Some(text) = params.one(name) else { return Ok(default) };
    let number: usize = text.parse().map_err(|_| Refused::query(name, "a whole number from 0"))?;
    if number > most {
        return Err(Refused::query(name, format!("at most {most}")));
    }
    Ok(number)
}

/// A share parameter.
pub(super) fn share(params: &Params, name: &str, default: f64) -> Result<f64, Refused> {
    let Some(text) = params.one(name) else { return Ok(default) };
    let share: f64 = text.parse().map_err(|_| Refused::query(name, "a number, as 0.7"))?;
    if share.is_finite() { Ok(share) } else { Err(Refused::query(name, "a number, as 0.7")) }
}

/// Yes or no, as web frameworks read it.
pub(super) fn is_set(params: &Params, name: &str, default: bool) -> Result<bool, Refused> {
    match params.one(name).map(str::to_ascii_lowercase).as_deref() {
        None => Ok(default),
        Some("true" | "1" | "yes" | "on" | "t" | "y") => Ok(true),
        Some("false" | "0" | "no" | "off" | "f" | "n") => Ok(false),
        Some(_) => Err(Refused::query(name, "true or false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_moments_that_yente_reads() {
        for text in ["2018-01-05", "2018-01-05T12", "2018-01-05T12:30", "2018-01-05T12:30:59"] {
            assert!(since(text).is_ok(), "{text}");
        }
        for text in ["2018", "2018-01", "yesterday", "2018-01-05T1", "2018-13-05", "2018-01-05 12:30"] {
            assert!(since(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_schema_of_ours_takes_in_its_kind() {
        for kind in Kind::ALL {
            assert!(kinds_of(schema_of(kind)).unwrap().contains(&kind), "{}", kind.word());
        }
        assert!(kinds_of("Dragon").is_none());
    }
}
