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
    pub(crate) listings: u32,
    pub(crate) loaded_at: i64,
    pub(crate) started_at: i64,
    pub(crate) reload_failed: bool,
    pub(crate) state_reached: bool,
    /// Lists with their listings and rejections.
    pub(crate) lists: Vec<(&'a str, u64, u64)>,
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
        writeln!(out, "# TYPE interdict_screened counter\n# HELP interdict_screened Parties by outcome.")?;
        for (outcome, counter) in [("hit", &self.hit), ("clear", &self.clear), ("not_done", &self.not_done)] {
            writeln!(out, "interdict_screened_total{{outcome=\"{outcome}\"}} {}", load(counter))?;
        }
        if let Some(counts) = gauges.traces {
            writeln!(
                out,
                "# TYPE interdict_trace_spans counter\n# HELP interdict_trace_spans Spans by what became of them."
            )?;
            for (outcome, count) in ["sent", "dropped", "failed"].into_iter().zip(counts) {
                writeln!(out, "interdict_trace_spans_total{{outcome=\"{outcome}\"}} {count}")?;
            }
        }
        writeln!(out, "# TYPE interdict_list_swaps counter\ninterdict_list_swaps_total {}", load(&self.swaps))?;
        for (name, help, value) in [
            ("ready", "Whether the service answers for real lists.", i64::from(gauges.ready)),
            ("queue_waiting", "Requests that wait for a thread.", i64::try_from(gauges.waiting).unwrap_or(i64::MAX)),
            ("listings", "Listings compared.", i64::from(gauges.listings)),
            ("lists_loaded_time_seconds", "When the lists were loaded.", gauges.loaded_at),
            ("started_time_seconds", "When the service started.", gauges.started_at),
            ("state_reached", "Whether keys and sessions can be looked up.", i64::from(gauges.state_reached)),
            ("reload_failed", "Whether newer lists could not be used.", i64::from(gauges.reload_failed)),
        ] {
            writeln!(out, "# TYPE interdict_{name} gauge\n# HELP interdict_{name} {help}\ninterdict_{name} {value}")?;
        }
        writeln!(out, "# TYPE interdict_list_listings gauge")?;
        for (list, listings, _) in &gauges.lists {
            writeln!(out, "interdict_list_listings{{list=\"{list}\"}} {listings}")?;
        }
        writeln!(out, "# TYPE interdict_list_rejections gauge")?;
        for (list, _, rejections) in &gauges.lists {
            writeln!(out, "interdict_list_rejections{{list=\"{list}\"}} {rejections}")?;
        }
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
        writeln!(out, "# TYPE interdict_request_seconds histogram\n# UNIT interdict_request_seconds seconds")?;
        for ((route, status), times) in &requests {
            let labels = format!("route=\"{route}\",status=\"{status}\"");
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
