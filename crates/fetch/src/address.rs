//! Which addresses of the internet may be connected to.
//!
//! Promises: a name is looked up once, the addresses found are checked, and these very addresses are
//! connected to, so that a name cannot answer one thing to the check and another to the connection.
//!
//! Not here: following redirects (`exchange`).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// What kind of address it is, if it is none of the public internet.
pub fn not_public(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => not_public_v4(ip),
        IpAddr::V6(ip) => not_public_v6(ip),
    }
}

// The special-purpose registries of IANA (RFC 6890 and its updates).
fn not_public_v4(ip: Ipv4Addr) -> Option<&'static str> {
    match ip.octets() {
        [0, ..] => Some("an address of this network"),
        [127, ..] => Some("a loopback address"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some("a private address"),
        [169, 254, ..] => Some("a link-local address, where clouds keep their metadata"),
        [100, 64..=127, ..] => Some("a shared address of a provider (CGNAT)"),
        [192, 0, 0, _] => Some("an address reserved for protocols"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Some("an address for documentation"),
        [198, 18..=19, ..] => Some("an address for benchmarks"),
        [224..=239, ..] => Some("a multicast address"),
        [240..=255, ..] => Some("a reserved address"),
        _ => None,
    }
}

fn not_public_v6(ip: Ipv6Addr) -> Option<&'static str> {
    let segments = ip.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        not_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("the unspecified address"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("a loopback address"),
        // IPv4 in IPv6: mapped, compatible, translated (RFC 6052), 6to4. The inner address decides.
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            v4(high, low)
        }
        [0x64, 0xff9b, 1, ..] => Some("an address of local translation"),
        [0x100, 0, 0, 0, ..] => Some("an address that discards"),
        [0x2001, 0, ..] => Some("a tunnelled address (Teredo)"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] => Some("an address for documentation"),
        [0xfc00..=0xfdff, ..] => Some("a unique local address"),
        [0xfe80..=0xfebf, ..] => Some("a link-local address"),
        [0xfec0..=0xfeff, ..] => Some("a site-local address"),
        [0xff00..=0xffff, ..] => Some("a multicast address"),
        _ => None,
    }
}

/// A name or address that is refused.
#[derive(Debug)]
pub struct Refused {
    pub host: String,
    pub address: IpAddr,
    pub kind: &'static str,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host == self.address.to_string() || self.host == format!("[{}]", self.address) {
            return write!(f, "`{}` is {}", self.host, self.kind);
        }
        write!(f, "`{}` leads to {}, {}", self.host, self.address, self.kind)
    }
}

impl std::error::Error for Refused {}

/// Looks names up and refuses those that lead into private networks.
#[derive(Debug)]
pub struct Guarded<R> {
    /// Private addresses are allowed.
    pub allow_private: bool,
    /// The proxy's host and port: the user chose it, and it commonly stands in a private network.
    pub proxy: Option<(String, u16)>,
    /// What looks names up.
    pub inner: R,
}

impl<R> Guarded<R> {
    fn is_proxy(&self, uri: &Uri) -> bool {
        let Some((host, port)) = &self.proxy else { return false };
        let default = match uri.scheme_str() {
            Some("https") => 443,
            Some("http") => 80,
            _ => 1080,
        };
        uri.host() == Some(host) && uri.port_u16().unwrap_or(default) == *port
    }
}

impl<R: Resolver> Resolver for Guarded<R> {
    fn resolve(
        &self,
        uri: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        if self.allow_private || self.is_proxy(uri) {
            return Ok(found);
        }
        // One bad address refuses the name: an honest publisher's name has none.
        let bad = found.iter().find_map(|found| not_public(found.ip()).map(|kind| (found.ip(), kind)));
        match bad {
            None => Ok(found),
            Some((address, kind)) => {
                let host = uri.host().unwrap_or_default().to_owned();
                Err(ureq::Error::Other(Box::new(Refused { host, address, kind })))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_told_from_public_ones_at_both_ends_of_each_range() {
        let refused = [
            "0.0.0.0",
            "0.255.255.255",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.0.0",
            "169.254.169.254",
            "172.16.0.0",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.0.0",
            "192.168.255.255",
            "198.18.0.0",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.1.2.3",
            "::ffff:169.254.169.254",
            "::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:c0a8:1::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "feff::1",
            "ff02::1",
            "3fff::1",
        ];
        for text in refused {
            assert!(not_public(text.parse().unwrap()).is_some(), "{text}");
        }
        let allowed = [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
            "2001:4860:4860::8888",
        ];
        for text in allowed {
            assert_eq!(not_public(text.parse().unwrap()), None, "{text}");
        }
    }

    /// A name server that says what it is told to, and counts.
    #[derive(Debug)]
    struct Says(&'static [&'static str], std::sync::atomic::AtomicUsize);

    impl Resolver for Says {
        fn resolve(
            &self,
            _: &Uri,
            _: &ureq::config::Config,
            _: NextTimeout,
        ) -> Result<ResolvedSocketAddrs, ureq::Error> {
            self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let mut found = self.empty();
            self.0.iter().for_each(|text| found.push(std::net::SocketAddr::new(text.parse().unwrap(), 443)));
            Ok(found)
        }
    }

    fn resolve(said: &'static [&'static str], allow_private: bool, proxy: Option<&str>) -> Result<Vec<String>, String> {
        let inner = Says(said, 0.into());
        let guarded = Guarded { allow_private, proxy: proxy.map(|host| (host.to_owned(), 443)), inner };
        let uri: Uri = "https://lists.example/a".parse().unwrap();
        let timeout = NextTimeout::default();
        let found = guarded.resolve(&uri, &ureq::config::Config::default(), timeout).map_err(|error| error.to_string());
        assert_eq!(guarded.inner.1.into_inner(), 1, "looked up once: the next answer may be another");
        found.map(|found| found.iter().map(|address| address.ip().to_string()).collect())
    }

    #[test]
    fn the_addresses_handed_on_are_those_that_were_checked() {
        assert_eq!(resolve(&["8.8.8.8", "2606:4700::1111"], false, None).unwrap(), ["8.8.8.8", "2606:4700::1111"]);
        let error = resolve(&["8.8.8.8", "10.0.0.1"], false, None).unwrap_err();
        assert!(error.contains("`lists.example` leads to 10.0.0.1, a private address"), "{error}");
        assert!(resolve(&["::ffff:127.0.0.1"], false, None).is_err());
        assert_eq!(resolve(&["10.0.0.1"], true, None).unwrap(), ["10.0.0.1"]);
        assert!(resolve(&["10.0.0.1"], false, Some("lists.example")).is_ok(), "the proxy the user chose");
        assert!(resolve(&["10.0.0.1"], false, Some("proxy.example")).is_err());
    }
}
