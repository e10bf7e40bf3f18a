//! Where traces go and which, as `--otlp` and the environment variables of OpenTelemetry say.
//!
//! Promises: a setting that is understood is kept, one that is not is refused with its name; no value of a header is shown.
//!
//! Not here: reading the environment (`cli` hands it in).

use std::fmt;
use std::time::Duration;

use url::Url;

/// What the specification sets where nothing is given.
const TIMEOUT_MS: u64 = 10_000;

/// Where traces go.
#[derive(Clone, PartialEq, Eq)]
pub struct Traces {
    pub(super) to: Url,
    pub(super) headers: Vec<(String, String)>,
    pub(super) timeout: Duration,
    /// What is said of the service: its name, and what else was given.
    pub(super) resource: Vec<(String, String)>,
    asks_parent: bool,
    /// Of 2^64 traces so many are recorded.
    below: u128,
}

// Headers hold keys of the collector.
impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traces").field("to", &self.to.host_str()).finish_non_exhaustive()
    }
}

/// A setting that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TracesError {
    text: String,
    hint: &'static str,
}

impl fmt::Display for TracesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nhint: {}", self.text, self.hint)
    }
}

impl std::error::Error for TracesError {}

/// Text in which `%41` is `A`.
fn decoded(text: &str) -> Option<String> {
    let mut out = Vec::new();
    let mut rest = text.trim().bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            out.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

fn pairs(name: &str, text: &str) -> Result<Vec<(String, String)>, TracesError> {
    let bad = || TracesError {
        text: format!("{name}: not pairs of a name and a value"),
        hint: "write it as name=value,name=value; other characters as %2C",
    };
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').ok_or_else(bad)?;
        Ok((decoded(name).filter(|name| !name.is_empty()).ok_or_else(bad)?, decoded(value).ok_or_else(bad)?))
    };
    pairs.map(pair).collect()
}

impl Traces {
    /// As `--otlp` and the environment say; none if no traces are asked for.
    ///
    /// # Errors
    /// When a setting is not understood.
    pub fn of(otlp: Option<&str>, env: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, TracesError> {
        let env = |name: &str| env(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        // What is said of traces goes before what is said of everything.
        let either = |of_traces: &'static str, of_all: &'static str| {
            env(of_traces).map(|text| (of_traces, text)).or_else(|| env(of_all).map(|text| (of_all, text)))
        };
        let refused = |text: String, hint| TracesError { text, hint };
        if otlp.is_none() && env("OTEL_SDK_DISABLED").is_some_and(|text| text.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        match env("OTEL_TRACES_EXPORTER").as_deref() {
            None | Some("otlp") => {}
            Some("none") if otlp.is_none() => return Ok(None),
            Some("none") => {}
            Some(other) => {
                return Err(refused(format!("OTEL_TRACES_EXPORTER: no exporter `{other}`"), "otlp or none"));
            }
        }
        let (place, text, is_whole) = match (otlp, env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")) {
            (Some(url), _) => ("--otlp", url.to_owned(), false),
            (None, Some(url)) => ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", url, true),
            (None, None) => match env("OTEL_EXPORTER_OTLP_ENDPOINT") {
                Some(url) => ("OTEL_EXPORTER_OTLP_ENDPOINT", url, false),
                None => return Ok(None),
            },
        };
        // The address may hold a password, so that it is not repeated.
        let bad = || refused(format!("{place}: no address of a collector"), "write it as http://localhost:4318");
        let mut to = Url::parse(&text).map_err(|_| bad())?;
        if !["http", "https"].contains(&to.scheme()) || to.host_str().is_none() {
            return Err(bad());
        }
        if !is_whole {
            let path = format!("{}/v1/traces", to.path().trim_end_matches('/'));
            to.set_path(&path);
        }
        if let Some((name, protocol)) = either("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
            && protocol != "http/protobuf"
        {
            return Err(refused(
                format!("{name}: `{protocol}` is not spoken here"),
                "http/protobuf, which collectors take on port 4318",
            ));
        }
        let headers = match either("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS") {
            Some((name, text)) => pairs(name, &text)?,
            None => Vec::new(),
        };
        let timeout = match either("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT") {
            Some((name, text)) => text.parse().ok().filter(|ms| (1..=600_000).contains(ms)).ok_or_else(|| {
                refused(format!("{name}: `{text}` is no time in milliseconds"), "a whole number, as 10000")
            })?,
            None => TIMEOUT_MS,
        };
        let mut resource = match env("OTEL_RESOURCE_ATTRIBUTES") {
            Some(text) => pairs("OTEL_RESOURCE_ATTRIBUTES", &text)?,
            None => Vec::new(),
        };
        let named = resource.iter().any(|(name, _)| name == "service.name");
        let name = env("OTEL_SERVICE_NAME").or_else(|| (!named).then(|| "interdict".to_owned()));
        if let Some(name) = name {
            resource.retain(|(known, _)| known != "service.name");
            resource.push(("service.name".to_owned(), name));
        }
        resource.push(("service.version".to_owned(), interdict_engine::VERSION.to_owned()));
        let sampler = env("OTEL_TRACES_SAMPLER").unwrap_or_else(|| "parentbased_always_on".to_owned());
        let (asks_parent, kind) = sampler.strip_prefix("parentbased_").map_or((false, &*sampler), |kind| (true, kind));
        let all = 1u128 << 64;
        let below = match kind {
            "always_on" => all,
            "always_off" => 0,
            "traceidratio" => {
                let text = env("OTEL_TRACES_SAMPLER_ARG").unwrap_or_else(|| "1".to_owned());
                let share = text.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share)).ok_or_else(|| {
                    refused(format!("OTEL_TRACES_SAMPLER_ARG: `{text}` is no share"), "a number from 0 to 1, as 0.1")
                })?;
                // A share of 2^64 fits; what the conversion loses is less than one trace in 2^52.
                (share * all as f64) as u128
            }
            _ => {
                return Err(refused(
                    format!("OTEL_TRACES_SAMPLER: no sampler `{sampler}`"),
                    "always_on, always_off, traceidratio, or one of them after parentbased_",
                ));
            }
        };
        let timeout = Duration::from_millis(timeout);
        Ok(Some(Self { to, headers, timeout, resource, asks_parent, below }))
    }

    /// Whether a trace is recorded; `parent` is what its caller decided, if there is one.
    pub(super) fn is_sampled(&self, trace: [u8; 16], parent: Option<bool>) -> bool {
        match parent.filter(|_| self.asks_parent) {
            Some(decided) => decided,
            None => {
                let mut low = [0; 8];
                low.copy_from_slice(&trace[8..]);
                u128::from(u64::from_be_bytes(low)) < self.below
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(otlp: Option<&str>, env: &[(&str, &str)]) -> Result<Option<Traces>, TracesError> {
        let find = |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Traces::of(otlp, find)
    }

    #[test]
    fn the_environment_is_understood_as_the_specification_says() {
        assert_eq!(of(None, &[]), Ok(None));
        let to = |otlp, env| of(otlp, env).unwrap().unwrap().to.to_string();
        assert_eq!(to(Some("http://c:4318"), &[]), "http://c:4318/v1/traces");
        assert_eq!(to(None, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "https://c/otlp/")]), "https://c/otlp/v1/traces");
        let both = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a"), ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://b/in")];
        assert_eq!(to(None, &both), "http://b/in", "as it is");
        assert_eq!(of(None, &[both[0], ("OTEL_SDK_DISABLED", "true")]), Ok(None));
        assert_eq!(of(None, &[both[0], ("OTEL_TRACES_EXPORTER", "none")]), Ok(None));
        let set =
            of(None, &[both[0], ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%2Cb, x=y"), ("OTEL_SERVICE_NAME", "desk")]);
        let set = set.unwrap().unwrap();
        assert_eq!(set.headers, [("api-key".to_owned(), "a,b".to_owned()), ("x".to_owned(), "y".to_owned())]);
        assert!(set.resource.contains(&("service.name".to_owned(), "desk".to_owned())));
        assert!(!format!("{set:?}").contains("a,b"), "a key of the collector is not shown");
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "secret"),
            ("OTEL_TRACES_SAMPLER", "some"),
            ("OTEL_TRACES_EXPORTER", "zipkin"),
        ] {
            let error = of(Some("http://c"), &[(name, value)]).unwrap_err().to_string();
            assert!(error.starts_with(name) && error.contains("\nhint: ") && !error.contains("secret"), "{error}");
        }
        assert!(of(Some("ftp://c"), &[]).is_err() && of(Some("c:4318"), &[]).is_err());
    }

    #[test]
    fn a_share_is_recorded_and_the_caller_decides_first() {
        let of = |sampler, share| {
            let env = [("OTEL_TRACES_SAMPLER", sampler), ("OTEL_TRACES_SAMPLER_ARG", share)];
            of(Some("http://c"), &env).unwrap().unwrap()
        };
        let (low, high) = ([0; 16], [0xff; 16]);
        let half = of("parentbased_traceidratio", "0.5");
        assert!(half.is_sampled(low, None) && !half.is_sampled(high, None));
        assert!(half.is_sampled(high, Some(true)) && !half.is_sampled(low, Some(false)));
        assert!(of("always_on", "").is_sampled(high, Some(false)) && !of("always_off", "").is_sampled(low, Some(true)));
    }
}
