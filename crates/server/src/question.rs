//! What a request asks: the party, the policy, the lists.
//!
//! Promises: a field that is not known is refused, so that a misspelt threshold is not a default;
//! parties are read exactly as in files of the command line.
//!
//! Not here: reading the party (`undone`), comparing (`screen`), questions to the law (`check`).

use std::fmt;
use std::sync::Arc;

use interdict_engine::{Engine, LOWEST_THRESHOLD, Policy, Score};
use interdict_model::{ListId, unique};
use serde::de::{DeserializeOwned, Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::lists::Loaded;
use crate::problem::Fault;

/// The most lists a request may name; there are fewer in the world.
const MOST_LISTS: usize = 100;

/// A party to screen, and what counts as a hit.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScreenQuestion {
    /// The party: our own form, FollowTheMoney, or a flat object as `{"name": "…", "born": "1984", "country": "kp"}`.
    #[schema(value_type = Object, example = json!({"name": "Kim Jong Un", "born": "1984-01-08", "country": "kp"}))]
    #[serde(deserialize_with = "unique")]
    pub(crate) party: Value,
    /// A built-in policy.
    #[schema(example = "standard")]
    #[serde(default)]
    policy: Option<String>,
    /// Score from which a listing is a hit.
    #[schema(minimum = 0.3, maximum = 1.0)]
    #[serde(default)]
    threshold: Option<f64>,
    /// Hits shown, best first; all are counted.
    #[schema(minimum = 1)]
    #[serde(default, deserialize_with = "whole")]
    limit: Option<u32>,
    /// Compare with these lists only.
    #[serde(default)]
    lists: Option<Vec<String>>,
}

/// A party and a listing to compare.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExplainQuestion {
    /// The party, as in `/v1/screen`.
    #[schema(value_type = Object, example = json!({"name": "Kim Jong Nam"}))]
    #[serde(deserialize_with = "unique")]
    pub(crate) party: Value,
    /// The list.
    #[schema(example = "un-sc")]
    pub(crate) list: String,
    /// The listing's reference or record.
    #[schema(example = "KPi.001")]
    pub(crate) reference: String,
    /// A built-in policy.
    #[serde(default)]
    policy: Option<String>,
    /// Score from which a listing is a hit.
    #[schema(minimum = 0.3, maximum = 1.0)]
    #[serde(default)]
    threshold: Option<f64>,
}

/// What counts as a hit in a batch.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BatchTerms {
    /// A built-in policy.
    policy: Option<String>,
    /// Score from which a listing is a hit, 0.3 to 1.
    #[param(minimum = 0.3, maximum = 1.0)]
    threshold: Option<f64>,
    /// Hits shown for each party, best first; all are counted.
    #[param(minimum = 1)]
    limit: Option<u32>,
    /// Compare with these lists only, with commas between them.
    lists: Option<String>,
}

impl ScreenQuestion {
    pub(crate) fn engine(&self, loaded: &Loaded) -> Result<Arc<Engine>, Fault> {
        let lists = self.lists.as_deref().unwrap_or_default();
        engine(loaded, self.policy.as_deref(), self.threshold, self.limit, lists)
    }
}

impl ExplainQuestion {
    pub(crate) fn engine(&self, loaded: &Loaded) -> Result<Arc<Engine>, Fault> {
        engine(loaded, self.policy.as_deref(), self.threshold, None, &[])
    }
}

impl BatchTerms {
    pub(crate) fn engine(&self, loaded: &Loaded) -> Result<Arc<Engine>, Fault> {
        let lists = self.lists.as_deref().unwrap_or_default().split(',').map(str::trim);
        let lists: Vec<String> = lists.filter(|list| !list.is_empty()).map(str::to_owned).collect();
        if self.lists.is_some() && lists.is_empty() {
            return Err(Fault::BadRequest(
                "lists: no list is named\nhint: leave it out to compare with all".to_owned(),
            ));
        }
        engine(loaded, self.policy.as_deref(), self.threshold, self.limit, &lists)
    }
}

fn engine(
    loaded: &Loaded,
    policy: Option<&str>,
    threshold: Option<f64>,
    limit: Option<u32>,
    lists: &[String],
) -> Result<Arc<Engine>, Fault> {
    if policy.is_none() && threshold.is_none() && limit.is_none() && lists.is_empty() {
        return Ok(Arc::clone(&loaded.engine));
    }
    let bad = |text: String, hint: String| Fault::BadRequest(format!("{text}\nhint: {hint}"));
    let mut asked = match policy {
        None => Policy::default(),
        Some(name) => Policy::named(name).ok_or_else(|| {
            let names: Vec<String> = Policy::built_in().into_iter().map(|(policy, _)| policy.name).collect();
            bad(format!("policy: no policy `{}`", short(name)), format!("one of {}", names.join(", ")))
        })?,
    };
    if let Some(threshold) = threshold {
        if !(LOWEST_THRESHOLD..=1.0).contains(&threshold) {
            return Err(bad(
                format!("threshold: `{threshold}` is not from 0.3 to 1"),
                "0.7 is the standard".to_owned(),
            ));
        }
        asked.threshold = Score::from_share(threshold);
    }
    match limit {
        None => {}
        // With no hit to show, a hit would read as clear.
        Some(0) => return Err(bad("limit: 0 would show no hit".to_owned(), "1 or more".to_owned())),
        Some(limit) => asked.limit = usize::try_from(limit).unwrap_or(usize::MAX),
    }
    let loaded_lists: Vec<&str> = loaded.snapshot.versions().map(|version| version.list.0.as_str()).collect();
    if lists.len() > MOST_LISTS {
        return Err(bad(format!("lists: {} of them", lists.len()), format!("at most {MOST_LISTS}")));
    }
    if let Some(unknown) = lists.iter().find(|list| !loaded_lists.contains(&list.as_str())) {
        let hint = format!("lists in use: {}", loaded_lists.join(", "));
        return Err(bad(format!("lists: no list `{}` is loaded", short(unknown)), hint));
    }
    let only = lists.iter().cloned().map(ListId).collect();
    Ok(Arc::new(Engine::new(Arc::clone(&loaded.snapshot), asked, only)))
}

/// A whole number, also one that is written as `5.0` or `5e3`: JSON has one kind of numbers.
pub(crate) fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    struct Whole;
    impl Visitor<'_> for Whole {
        type Value = Option<u32>;

        fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(to, "a whole number from 0 to {}", u32::MAX)
        }

        fn visit_unit<E: Error>(self) -> Result<Option<u32>, E> {
            Ok(None)
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<Option<u32>, E> {
            u32::try_from(number).map(Some).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
        }

        fn visit_i64<E: Error>(self, number: i64) -> Result<Option<u32>, E> {
            u32::try_from(number).map(Some).map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
        }

        fn visit_f64<E: Error>(self, number: f64) -> Result<Option<u32>, E> {
            let is_whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
            if is_whole { Ok(Some(number as u32)) } else { Err(E::invalid_value(Unexpected::Float(number), &self)) }
        }
    }
    from.deserialize_any(Whole)
}

/// A value of the caller's, cut to what fits into a message.
pub(crate) fn short(text: &str) -> String {
    cut(text, 80)
}

fn cut(text: &str, most: usize) -> String {
    let mut out: String = text.chars().take(most).filter(|c| !c.is_control()).collect();
    if text.chars().nth(most).is_some() {
        out.push('…');
    }
    out
}

/// A question from the bytes of a body.
pub(crate) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes).map_err(|error| {
        // The words of the parser name fields and places; what stands in the body may be about a person.
        let place = format!("line {}, column {}", error.line(), error.column());
        let what = match error.classify() {
            serde_json::error::Category::Data => {
                let text = error.to_string();
                text.split(" at line ").next().map(|text| cut(text, 400)).unwrap_or_default()
            }
            serde_json::error::Category::Eof => "the JSON ends too early".to_owned(),
            serde_json::error::Category::Syntax | serde_json::error::Category::Io => "the body is not JSON".to_owned(),
        };
        Fault::BadRequest(format!("{place}: {what}\nhint: /openapi.json describes what is read here"))
    })
}
