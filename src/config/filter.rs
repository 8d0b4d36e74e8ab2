//! Which events are logged, as the setting `log` says.

use tracing_subscriber::EnvFilter;

/// Reads a filter such as `lorag=debug,warn`; the error is the parser's words.
pub(super) fn parse_filter(filter: &str) -> Result<EnvFilter, String> {
    // Spaces around a comma are nothing to the parser but trouble.
    let parts: Vec<&str> = filter.split(',').map(str::trim).collect();
    EnvFilter::try_new(parts.join(",")).map_err(|error| error.to_string())
}
