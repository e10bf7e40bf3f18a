//! Counters of the service, written in the OpenMetrics text format.
//!
//! Promises: no label holds anything that a caller can choose: routes are ours, lists are loaded.
//!
//! A few dozen numbers need no library: they are atomics and one small map.
//!
//! Not here: log lines (`door`), readiness (`health`).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper ends of the classes of time, in microseconds; the targets stand among them (10 ms, 50 ms).
const ENDS: [u64; 12] = [250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000];

#[derive(Clone, Default)]
struct Times {
    classes: [u64; ENDS.len() + 1],
    micros: u64,
}

/// The counters.
#[derive(Default)]
pub(crate) struct Metrics {
    requests: Mutex<BTreeMap<(String, u16), Times>>,
    hit: AtomicU64,
    clear: AtomicU64,
    not_done: AtomicU64,
    swaps: AtomicU64,
}

/// What is true now.
pub(crate) struct Gauges<'a> {
    pub(crate) ready: bool,
    pub(crate) waiting: usize,
    /// Spans sent, dropped and given up; none where there are no traces.
    pub(crate) traces: Option<[u64; 3]>,
    /// Bytes of the ledger that are not in tiles; none where no ledger is kept.
    pub(crate) unfolded_bytes: Option<u64>,
    pub(crate) listings: u32,
    pub(crate) loaded_at: i64,
    pub(crate) started_at: i64,
    pub(crate) reload_failed: bool,
    pub(crate) state_reached: bool,
    pub(crate) lists: Vec<ListGauge<'a>>,
}

/// What is true of a list.
pub(crate) struct ListGauge<'a> {
    pub(crate) name: &'a str,
    pub(crate) listings: u64,
    pub(crate) rejections: u64,
    pub(crate) published_at: Option<i64>,
}

fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

impl Metrics {
    pub(crate) fn request(&self, route: &str, status: u16, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let class = ENDS.partition_point(|end| *end < micros);
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let times = requests.entry((route.to_owned(), status)).or_default();
        if let Some(count) = times.classes.get_mut(class) {
            *count = count.saturating_add(1);
        }
        times.micros = times.micros.saturating_add(micros);
    }

    pub(crate) fn screened(&self, hit: bool) {
        add(if hit { &self.hit } else { &self.clear }, 1);
    }

    pub(crate) fn not_done(&self, count: u64) {
        add(&self.not_done, count);
    }

    pub(crate) fn batch(&self, hit: u64, clear: u64, not_done: u64) {
        add(&self.hit, hit);
        add(&self.clear, clear);
        add(&self.not_done, not_done);
    }

    pub(crate) fn swapped(&self) {
        add(&self.swaps, 1);
    }

    /// All of it as text.
    pub(crate) fn text(&self, gauges: &Gauges<'_>) -> String {
        let mut out = String::with_capacity(8_192);
        // Writing to a string does not fail.
        let _ = self.write(&mut out, gauges);
        out
    }

    fn write(&self, out: &mut String, gauges: &Gauges<'_>) -> std::fmt::Result {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let version = label(interdict_engine::VERSION);
        family(out, "build", Sort::Info, "What answers.")?;
        writeln!(out, "interdict_build_info{{version=\"{version}\"}} 1")?;
        family(out, "screened", Sort::Counter, "Parties by outcome.")?;
        for (outcome, counter) in [("hit", &self.hit), ("clear", &self.clear), ("not_done", &self.not_done)] {
            writeln!(out, "interdict_screened_total{{outcome=\"{outcome}\"}} {}", load(counter))?;
        }
        if let Some(counts) = gauges.traces {
            family(out, "trace_spans", Sort::Counter, "Spans by what became of them.")?;
            for (outcome, count) in ["sent", "dropped", "failed"].into_iter().zip(counts) {
                writeln!(out, "interdict_trace_spans_total{{outcome=\"{outcome}\"}} {count}")?;
            }
        }
        if let Some(bytes) = gauges.unfolded_bytes {
            family(out, "ledger_unfolded_bytes", Sort::Gauge, "Entries that are durable and not in tiles yet.")?;
            writeln!(out, "interdict_ledger_unfolded_bytes {bytes}")?;
        }
        family(out, "list_swaps", Sort::Counter, "Times that other lists came into use.")?;
        writeln!(out, "interdict_list_swaps_total {}", load(&self.swaps))?;
        for (name, help, value) in [
            ("ready", "Whether the service answers for real lists.", i64::from(gauges.ready)),
            ("queue_waiting", "Requests that wait for a thread.", i64::try_from(gauges.waiting).unwrap_or(i64::MAX)),
            ("listings", "Listings compared.", i64::from(gauges.listings)),
            ("lists_loaded_time_seconds", "When the lists were loaded.", gauges.loaded_at),
            ("started_time_seconds", "When the service started.", gauges.started_at),
            ("state_reached", "Whether keys and sessions can be looked up.", i64::from(gauges.state_reached)),
            ("reload_failed", "Whether newer lists could not be used.", i64::from(gauges.reload_failed)),
        ] {
            family(out, name, Sort::Gauge, help)?;
            writeln!(out, "interdict_{name} {value}")?;
        }
        let lists = || gauges.lists.iter().map(|list| (label(list.name), list));
        family(out, "list_listings", Sort::Gauge, "Listings of a list.")?;
        for (name, list) in lists() {
            writeln!(out, "interdict_list_listings{{list=\"{name}\"}} {}", list.listings)?;
        }
        family(out, "list_rejections", Sort::Gauge, "Records of a list that could not be read.")?;
        for (name, list) in lists() {
            writeln!(out, "interdict_list_rejections{{list=\"{name}\"}} {}", list.rejections)?;
        }
        family(out, "list_published_time_seconds", Sort::Gauge, "When a list was published, if it says so.")?;
        for (name, at) in lists().filter_map(|(name, list)| Some((name, list.published_at?))) {
            writeln!(out, "interdict_list_published_time_seconds{{list=\"{name}\"}} {at}")?;
        }
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
        family(out, "request_seconds", Sort::Histogram, "Requests by route and status, and how long they took.")?;
        for ((route, status), times) in &requests {
            let labels = format!("route=\"{}\",status=\"{status}\"", label(route));
            let mut so_far = 0u64;
            for (count, end) in times.classes.iter().zip(ENDS) {
                so_far = so_far.saturating_add(*count);
                let end = end as f64 / 1e6;
                writeln!(out, "interdict_request_seconds_bucket{{{labels},le=\"{end}\"}} {so_far}")?;
            }
            let all: u64 = times.classes.iter().sum();
            writeln!(out, "interdict_request_seconds_bucket{{{labels},le=\"+Inf\"}} {all}")?;
            writeln!(out, "interdict_request_seconds_count{{{labels}}} {all}")?;
            writeln!(out, "interdict_request_seconds_sum{{{labels}}} {}", times.micros as f64 / 1e6)?;
        }
        writeln!(out, "# EOF")
    }
}

/// What a family of numbers is, in the format's words.
enum Sort {
    Counter,
    Gauge,
    Histogram,
    Info,
}

/// Begins a family: its type, its unit where its name ends with one, what it means.
fn family(out: &mut String, name: &str, sort: Sort, help: &str) -> std::fmt::Result {
    let sort = match sort {
        Sort::Counter => "counter",
        Sort::Gauge => "gauge",
        Sort::Histogram => "histogram",
        Sort::Info => "info",
    };
    writeln!(out, "# TYPE interdict_{name} {sort}")?;
    for unit in ["seconds", "bytes"] {
        if name.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_')) {
            writeln!(out, "# UNIT interdict_{name} {unit}")?;
        }
    }
    writeln!(out, "# HELP interdict_{name} {help}")
}

/// The value of a label, with what would end it escaped.
fn label(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n")
}
