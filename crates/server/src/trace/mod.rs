//! Traces for whoever asks for them: what a request waited for and how long, in OpenTelemetry's words.
//!
//! Promises: off unless an address is given; a request never waits for the collector: what the bounded queue does not take is
//! dropped and counted; a span holds method, route, status and times, and nothing of persons, keys or addresses with their values.
//!
//! Our own few hundred lines in place of the SDK: it would bring an HTTP client and a code generator of protobuf into every build,
//! and does not say how many spans it dropped.
//!
//! Not here: the form on the wire (`wire`), sending (`post`), what is set in the environment (`settings`).

mod post;
mod settings;
mod wire;

use std::future::Future;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use axum::http::HeaderMap;
pub use settings::{Traces, TracesError};

/// Spans that wait to be sent: half a second at a thousand requests a second, of four spans each.
const MOST_WAITING: usize = 2_048;

/// A moment, to be measured from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    nanos: u64,
    clock: Instant,
}

impl Moment {
    pub(crate) fn now() -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { nanos: u64::try_from(since.as_nanos()).unwrap_or(u64::MAX), clock: Instant::now() }
    }

    /// The time now by the same clock, in nanoseconds since 1970: never before the moment.
    fn until_now(self) -> u64 {
        self.nanos.saturating_add(u64::try_from(self.clock.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}

/// A value of an attribute.
#[derive(Clone, Debug)]
enum Is {
    Text(String),
    Number(i64),
}

/// Something that took time.
#[derive(Clone, Debug)]
struct Span {
    trace: [u8; 16],
    id: [u8; 8],
    parent: Option<[u8; 8]>,
    name: String,
    /// Whether it is a request of a caller; what is inside is not.
    is_request: bool,
    begun: u64,
    ended: u64,
    has_failed: bool,
    attributes: Vec<(&'static str, Is)>,
}

/// What became of spans.
#[derive(Default)]
struct Counts {
    sent: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
}

/// Takes spans and has them sent.
pub(crate) struct Tracer {
    settings: Traces,
    queue: SyncSender<Span>,
    counts: Arc<Counts>,
    ending: Arc<AtomicBool>,
    ended: Mutex<Receiver<()>>,
}

fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    // Without randomness there are no ids, and no trace; a request does not fail for that.
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}

/// The number of a span: no secret, but another each time. From the keys of hash maps, as a call of the system for each span would
/// be felt.
fn span_id() -> [u8; 8] {
    RandomState::new().build_hasher().finish().max(1).to_ne_bytes()
}

impl Tracer {
    /// Starts the thread that sends.
    pub(crate) fn start(settings: Traces) -> std::io::Result<Arc<Self>> {
        let (queue, spans) = sync_channel(MOST_WAITING);
        let (done, ended) = sync_channel(1);
        let counts = Arc::new(Counts::default());
        let ending = Arc::new(AtomicBool::new(false));
        let post = post::Post::new(&settings, Arc::clone(&counts), Arc::clone(&ending));
        std::thread::Builder::new().name("traces".to_owned()).spawn(move || {
            post.run(&spans);
            // Nobody may be waiting for the end.
            let _ = done.try_send(());
        })?;
        Ok(Arc::new(Self { settings, queue, counts, ending, ended: Mutex::new(ended) }))
    }

    /// Spans sent, dropped because the queue was full, and given up because the collector did not take them.
    pub(crate) fn counts(&self) -> [u64; 3] {
        [&self.counts.sent, &self.counts.dropped, &self.counts.failed].map(|count| count.load(Ordering::Relaxed))
    }

    /// Has what waits sent, for as long as there is. Blocks.
    pub(crate) fn close(&self, within: Duration) {
        self.ending.store(true, Ordering::Relaxed);
        // What is not sent by then is lost: a service that ends does not wait for a collector.
        let _ = self.ended.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(within);
    }

    /// Begins the trace of a request, or goes on with its caller's; none if it is not to be recorded.
    pub(crate) fn begin(self: &Arc<Self>, headers: &HeaderMap) -> Option<Trace> {
        let given = parent(headers);
        let trace = match given {
            Some((trace, _, _)) => trace,
            None => random()?,
        };
        if !self.settings.is_sampled(trace, given.map(|(_, _, is_sampled)| is_sampled)) {
            return None;
        }
        let parent = given.map(|(_, span, _)| span);
        Some(Trace { tracer: Arc::clone(self), trace, id: span_id(), parent, begun: Moment::now() })
    }

    fn take(&self, span: Span) {
        if self.queue.try_send(span).is_err() {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The trace of a request under way.
#[derive(Clone)]
pub(crate) struct Trace {
    tracer: Arc<Tracer>,
    trace: [u8; 16],
    id: [u8; 8],
    parent: Option<[u8; 8]>,
    begun: Moment,
}

impl Trace {
    /// Its id, as it is written.
    pub(crate) fn hex(&self) -> String {
        hex(&self.trace)
    }

    /// Something inside the request ended now.
    pub(crate) fn inside(&self, name: &str, begun: Moment, has_failed: bool) {
        let id = span_id();
        self.tracer.take(Span {
            trace: self.trace,
            id,
            parent: Some(self.id),
            name: name.to_owned(),
            is_request: false,
            begun: begun.nanos,
            ended: begun.until_now(),
            has_failed,
            attributes: Vec::new(),
        });
    }

    /// The request ended now.
    pub(crate) fn end(self, method: &str, route: &str, status: u16, micros: u64) {
        let attributes = vec![
            ("http.request.method", Is::Text(method.to_owned())),
            ("http.route", Is::Text(route.to_owned())),
            ("http.response.status_code", Is::Number(i64::from(status))),
            ("interdict.micros", Is::Number(i64::try_from(micros).unwrap_or(i64::MAX))),
        ];
        self.tracer.take(Span {
            trace: self.trace,
            id: self.id,
            parent: self.parent,
            name: format!("{method} {route}"),
            is_request: true,
            begun: self.begun.nanos,
            ended: self.begun.until_now(),
            has_failed: status >= 500,
            attributes,
        });
    }
}

tokio::task_local! {
    static CURRENT: Option<Trace>;
}

/// The trace of the request that this task answers.
pub(crate) fn current() -> Option<Trace> {
    CURRENT.try_with(Clone::clone).ok().flatten()
}

/// Does something within a trace.
pub(crate) async fn within<T>(trace: Option<Trace>, work: impl Future<Output = T>) -> T {
    match trace {
        None => work.await,
        Some(trace) => CURRENT.scope(Some(trace), work).await,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes written in lower-case hex; none if they are not, or all zero, as the recommendation asks.
fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut bytes = [0; N];
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(n * 2..n * 2 + 2)?, 16).ok()?;
    }
    bytes.iter().any(|byte| *byte != 0).then_some(bytes)
}

/// Trace, span and whether it is recorded, of the caller's `traceparent` (W3C Trace Context).
fn parent(headers: &HeaderMap) -> Option<([u8; 16], [u8; 8], bool)> {
    let mut given = headers.get_all("traceparent").iter();
    let (Some(text), None) = (given.next(), given.next()) else { return None };
    let mut parts = text.to_str().ok()?.trim().split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |text: &str| text.len() == 2 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    // Later versions may say more after what is known.
    if !is_hex(version) || version == "ff" || !is_hex(flags) || (version == "00" && parts.next().is_some()) {
        return None;
    }
    let flags = u8::from_str_radix(flags, 16).ok()?;
    Some((unhex(trace)?, unhex(span)?, flags & 1 == 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_spans_have_one_number() {
        let some = || (0..10_000).map(|_| span_id()).collect::<Vec<_>>();
        let mut all = some();
        all.extend(std::thread::spawn(some).join().unwrap());
        all.sort_unstable();
        all.dedup();
        assert_eq!((all.len(), all.contains(&[0; 8])), (20_000, false));
    }

    #[test]
    fn the_callers_trace_is_taken_on_or_ignored() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", text.parse().unwrap());
            parent(&headers).map(|(trace, span, is_sampled)| (hex(&trace), hex(&span), is_sampled))
        };
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        let whole = Some((trace.to_owned(), span.to_owned(), true));
        assert_eq!(of(&format!("00-{trace}-{span}-01")), whole);
        assert_eq!(of(&format!("01-{trace}-{span}-01-more")), whole, "of a later version");
        assert_eq!(of(&format!("00-{trace}-{span}-00")).map(|given| given.2), Some(false));
        for bad in [
            format!("00-{trace}-{span}-01-more"),
            format!("ff-{trace}-{span}-01"),
            format!("00-{}-{span}-01", trace.to_uppercase()),
            format!("00-{}-{span}-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{trace}-{span}"),
            "Orsolya".to_owned(),
            String::new(),
        ] {
            assert_eq!(of(&bad), None, "{bad}");
        }
    }
}
