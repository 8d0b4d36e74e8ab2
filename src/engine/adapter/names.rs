//! What the names of a model's modules say.

/// The last part of a module's name.
pub(super) fn kind(module: &str) -> &str {
    module.rsplit('.').next().unwrap_or(module)
}

/// The layer that a module belongs to.
pub(super) fn layer(module: &str) -> Option<usize> {
    let (_, rest) = module.split_once(".layers.")?;
    rest.split('.').next()?.parse().ok()
}
