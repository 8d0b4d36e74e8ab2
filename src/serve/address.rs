//! Where a server listens.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A port.
    Port(SocketAddr),
    /// A Unix socket, which only its owner may use.
    Socket(PathBuf),
}

impl Address {
    /// Whether other machines can reach it.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        matches!(self, Self::Port(address) if !address.ip().is_loopback())
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            return match path.is_empty() {
                false => Ok(Self::Socket(PathBuf::from(path))),
                true => Err("unix: needs a path behind it".to_owned()),
            };
        }
        if let Some(port) = text.strip_prefix("localhost:").and_then(|port| port.parse().ok()) {
            return Ok(Self::Port(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)));
        }
        text.parse().map(Self::Port).map_err(|_| {
            format!(
                "{text:?} is no address; write 127.0.0.1:8642, [::1]:8642 or unix:/path/of/socket"
            )
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(address) => write!(formatter, "http://{address}/v1"),
            Self::Socket(path) => write!(formatter, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let read = |text: &str| text.parse::<Address>();
        assert_eq!(read("127.0.0.1:80").unwrap().to_string(), "http://127.0.0.1:80/v1");
        assert_eq!(read("localhost:80").unwrap(), read("127.0.0.1:80").unwrap());
        assert_eq!(read("unix:/a/b").unwrap(), Address::Socket("/a/b".into()));
        assert!(read("0.0.0.0:80").unwrap().is_remote() && read("[::]:80").unwrap().is_remote());
        for near in ["127.0.0.1:80", "127.9.9.9:80", "[::1]:80", "unix:/a"] {
            assert!(!read(near).unwrap().is_remote(), "{near}");
        }
        for wrong in ["", "80", "unix:", "localhost", "example.org:80", "localhost:x"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
