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
    /// Fields that the key does not see, as `party.names`; left out where it sees all. The record is that of the whole answer.
    masked: Option<Vec<String>>,
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
    /// Fields that the key does not see, as `party.names`; left out where it sees all. The record is that of the whole answer.
    masked: Option<Vec<String>>,
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

/// A row's screening: threshold and lists are those of the batch.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
pub(crate) struct RowScreening {
    /// Hash under which the answer is on record.
    record: String,
    outcome: OutcomeWord,
    /// The party as it was understood.
    #[schema(value_type = Object)]
    party: Value,
    hits_total: u64,
    hits: Vec<HitAnswer>,
    snapshot: String,
    policy: String,
    engine: String,
    left_out: u64,
    starter: bool,
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
    screening: Option<RowScreening>,
    recording: Option<Recording>,
    /// Fields that the key does not see, as `party.names`; left out where it sees all. The record is that of the whole answer.
    masked: Option<Vec<String>>,
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
    /// Your own id of the record, the fact `id`.
    id: Option<String>,
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
    /// The question as it was read, for `interdict replay --party`.
    #[schema(value_type = Object)]
    asked: Value,
    recording: Option<Recording>,
    /// Fields that the key does not see, as `party.names`; left out where it sees all. The record is that of the whole answer.
    masked: Option<Vec<String>>,
}

/// A policy that is built in.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
pub(crate) struct PolicyAnswer {
    name: String,
    version: u32,
    threshold: f64,
    limit: u64,
    /// How weak aliases count.
    weak_aliases: String,
    /// Evidence that is not looked at.
    ignore: Vec<String>,
    /// Words of the user's own that count as nothing, or as each other.
    #[schema(value_type = Option<Object>)]
    words: Option<Value>,
    purpose: String,
    /// As in every answer that compares with all lists.
    hash: String,
}

/// What an import did: as `interdict lists import --json` says it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
pub(crate) struct ImportAnswer {
    /// Sets of files that were read, each with its version, its place (`in_use`, `stored`) and counts.
    #[schema(value_type = Vec<Object>)]
    imported: Vec<Value>,
    /// Files of which nothing was loaded; none where the status is 201.
    #[schema(value_type = Vec<Object>)]
    refused: Vec<Value>,
    /// Listings in the index over all lists in use.
    listings: u32,
    names: u32,
    index_bytes: u64,
    index_milliseconds: f64,
    /// Names of the lists read now that lead back to their listing.
    own_names: u64,
    not_compared: u64,
    not_reached: u64,
    own_names_milliseconds: f64,
}

/// A version on disk.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
pub(crate) struct StoredAnswer {
    version: VersionAnswer,
    /// Hash of what was read.
    content: String,
    /// When it was received.
    received: Option<String>,
    /// in_use, kept or quarantined.
    standing: String,
    rolled_back: bool,
    /// Doubts that a person put aside, with the reason.
    #[schema(value_type = Vec<Object>)]
    accepted: Vec<Value>,
    /// The reader that read it.
    reader: String,
    #[schema(value_type = Vec<Object>)]
    files: Vec<Value>,
    bytes: u64,
    raw_bytes: u64,
}

/// A line of a difference: a change, or at the end the summary.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
pub(crate) struct ChangeLine {
    list: Option<String>,
    record: Option<String>,
    /// added, removed or changed.
    change: Option<String>,
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
    /// Fields that differ, with the values that went and came.
    #[schema(value_type = Option<Vec<Object>>)]
    fields: Option<Vec<Value>>,
    /// The last line alone: the counts.
    #[schema(value_type = Option<Object>)]
    summary: Option<Value>,
}

/// A line of events: an event, or at the end the summary.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
pub(crate) struct EventLine {
    /// Hash under which the event is on record.
    record: Option<String>,
    run: Option<u64>,
    at: Option<String>,
    /// new, changed, gone or reopened.
    event: Option<String>,
    /// listing, words, party, policy or allowance.
    cause: Option<String>,
    /// Whether a person should look at it.
    alert: Option<bool>,
    /// Your own id, and a name.
    #[schema(value_type = Option<Object>)]
    party: Option<Value>,
    listing: Option<String>,
    list: Option<String>,
    reference: Option<String>,
    caption: Option<String>,
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
    /// The last line alone.
    #[schema(value_type = Option<Object>)]
    summary: Option<Value>,
}
