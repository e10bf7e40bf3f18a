//! The forms of answers, for the API's description alone; tests compare them with real answers.
//!
//! The values themselves are those of `engine`, `model` and `measures`, which know nothing of HTTP.

use serde_json::Value;
use utoipa::ToSchema;

/// Hit or clear.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "a form for the description")]
pub(crate) enum OutcomeWord {
    Clear,
    Hit,
}

/// The answer to a screening.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
pub(crate) struct ScreeningAnswer {
    /// Hash under which the answer is on record: of all that follows up to `starter`.
    record: String,
    outcome: OutcomeWord,
    /// The party as it was understood.
    #[schema(value_type = Object)]
    party: Value,
    /// All listings at or above the threshold, also those beyond the limit.
    hits_total: u64,
    /// The best of them.
    hits: Vec<HitAnswer>,
    /// Hash of the lists compared.
    snapshot: String,
    /// Hash of the settings.
    policy: String,
    /// Version of the engine.
    engine: String,
    /// Records that could not be loaded and were not compared.
    left_out: u64,
    /// Whether only the built-in starter list was compared, which clears nobody.
    starter: bool,
    /// Score from which a listing is a hit.
    threshold: f64,
    lists: Vec<VersionAnswer>,
    recording: Option<Recording>,
}

/// A listing that is hit.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
pub(crate) struct HitAnswer {
    score: f64,
    list: String,
    /// What people quote.
    reference: String,
    /// The publisher's own numbering.
    record: String,
    caption: String,
    kind: String,
    #[schema(value_type = Vec<Object>)]
    designations: Vec<Value>,
    /// Where in the publisher's file.
    place: String,
    /// Hash of the list's files.
    version: String,
    #[schema(required = false)]
    published: Option<String>,
    /// What the score was computed from.
    #[schema(value_type = Object)]
    evidence: Value,
}

/// A version of a list.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
pub(crate) struct VersionAnswer {
    list: String,
    digest: String,
    published: Option<String>,
    format: String,
    records: u64,
    listings: u64,
    rejections: u64,
}

/// One party against one listing.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
pub(crate) struct ComparisonAnswer {
    record: String,
    outcome: OutcomeWord,
    threshold: f64,
    /// How much the score lacks; 0 for a hit.
    lacks: f64,
    #[schema(value_type = Object)]
    party: Value,
    hit: HitAnswer,
    /// The listing, whole.
    #[schema(value_type = Object)]
    listing: Value,
    snapshot: String,
    policy: String,
    engine: String,
}

/// What became of a row.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "a form for the description")]
pub(crate) enum StatusWord {
    Hit,
    Clear,
    NotDone,
}

/// A line of a batch's answer; the last one holds `summary` alone.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
pub(crate) struct BatchRow {
    row: Option<u64>,
    place: Option<String>,
    id: Option<String>,
    status: Option<StatusWord>,
    /// Why it was not done.
    error: Option<String>,
    screening: Option<ScreeningAnswer>,
    recording: Option<Recording>,
    summary: Option<BatchSummary>,
}

/// What became of all rows.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
pub(crate) struct BatchSummary {
    rows: u64,
    hit: u64,
    clear: u64,
    not_done: u64,
    hits: u64,
    /// Root of the Merkle tree over the rows' records.
    records: String,
    snapshot: String,
    policy: String,
}

/// A paragraph of an act.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
pub(crate) struct CoverageRow {
    act: String,
    paragraph: String,
    pages: Vec<String>,
    remark: String,
}

/// A change of the law.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
pub(crate) struct LawChange {
    day: String,
    /// `+` comes, `-` goes, `~` has another value.
    sign: String,
    what: String,
    text: String,
}

/// Where an answer stands in the ledger; left out where none is kept.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
pub(crate) struct Recording {
    entry: u64,
}

/// A decision of the law; without `verdict` the record could not be read, and `problems` says why.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
pub(crate) struct CheckAnswer {
    record: String,
    /// permitted, conditional, undetermined or prohibited.
    verdict: String,
    date: Option<String>,
    /// Hash of the law.
    law: String,
    #[schema(value_type = Vec<Object>)]
    jurisdictions: Vec<Value>,
    #[schema(value_type = Option<Vec<Object>>)]
    lacking: Option<Vec<Value>>,
    #[schema(value_type = Option<Vec<Object>>)]
    not_applied: Option<Vec<Value>>,
    /// Parties that were screened.
    #[schema(value_type = Option<Vec<Object>>)]
    screening: Option<Vec<Value>>,
    /// Fields that are no facts.
    aside: Option<Vec<String>>,
    /// Where the facts stand.
    place: String,
    /// Hash of the lists that parties were screened against.
    snapshot: String,
    recording: Option<Recording>,
}

/// A policy that is built in.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
pub(crate) struct PolicyAnswer {
    name: String,
    version: u32,
    threshold: f64,
    limit: u64,
    purpose: String,
    /// As in every answer that compares with all lists.
    hash: String,
}
