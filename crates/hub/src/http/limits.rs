//! How many requests an address may make.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;
use tokio::time::Instant;

/// Requests at once, in seconds of the rate.
const BURST: f64 = 10.0;

/// Most addresses that are remembered.
const MOST: usize = 100_000;

/// Requests that addresses have left.
#[derive(Debug)]
pub struct Limits {
    rate: Option<f64>,
    left: Mutex<HashMap<IpAddr, (f64, Instant)>>,
}

impl Limits {
    /// Limits of so many requests a second; none where there is no number.
    pub fn new(rate: Option<u32>) -> Self {
        Self { rate: rate.map(f64::from), left: Mutex::default() }
    }

    /// Whether `client` may make a request now.
    pub fn allow(&self, client: IpAddr) -> bool {
        let Some(rate) = self.rate else { return true };
        let now = Instant::now();
        let full = rate * BURST;
        let refilled =
            |left: f64, at: Instant| (left + now.duration_since(at).as_secs_f64() * rate).min(full);
        let mut table = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if table.len() >= MOST && !table.contains_key(&client) {
            table.retain(|_, (left, at)| refilled(*left, *at) < full);
            // So many busy addresses at once are one attack: newcomers wait.
            if table.len() >= MOST {
                return false;
            }
        }
        let (left, at) = table.entry(client).or_insert((full, now));
        *left = refilled(*left, *at);
        *at = now;
        if *left < 1.0 {
            return false;
        }
        *left -= 1.0;
        true
    }
}

/// The address that is counted: of IPv6 the network, because everybody has many addresses in theirs.
pub fn client(peer: IpAddr, headers: &HeaderMap, behind_proxy: bool) -> IpAddr {
    let stated = || {
        let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        last.rsplit(',').next()?.trim().parse().ok()
    };
    network(if behind_proxy { stated().unwrap_or(peer) } else { peer })
}

/// `address` itself, or of IPv6 its network.
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => address.into(),
            None => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        },
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_address_that_waits_may_go_on() {
        let limits = Limits::new(Some(2));
        let [one, other] = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse::<IpAddr>().unwrap());
        assert!((0..20).all(|_| limits.allow(one)));
        assert!(!limits.allow(one));
        assert!(limits.allow(other));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(limits.allow(one) && limits.allow(one) && !limits.allow(one));
        assert!((0..1_000).all(|_| Limits::new(None).allow(one)));
    }

    #[test]
    fn proxies_are_believed_only_when_they_are_ours() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "1.1.1.1, 2.2.2.2".parse().unwrap());
        let peer: IpAddr = "10.0.0.1".parse().unwrap();
        assert_eq!(client(peer, &headers, false), peer);
        assert_eq!(client(peer, &headers, true).to_string(), "2.2.2.2");
        let wide: IpAddr = "2001:db8::1:2:3:4".parse().unwrap();
        assert_eq!(client(wide, &headers, false).to_string(), "2001:db8::");
    }
}
