//! Which files belong to one model, by their names.

use std::collections::BTreeMap;

/// The series that a shard belongs to: what stands before its number, how
/// many there are, and what stands behind.
pub(super) fn shard(name: &str) -> Option<(&str, usize, &str)> {
    let (head, tail) = name.rsplit_once("-of-")?;
    let (head, number) = head.rsplit_once('-')?;
    let digits = tail.bytes().take_while(u8::is_ascii_digit).count();
    let (total, rest) = tail.split_at_checked(digits)?;
    number.parse::<usize>().ok()?;
    Some((head, total.parse().ok()?, rest))
}

/// The models among the names of files: for each the places of its GGUF files,
/// sorted by name, where the parts of one count as one. The vision part of a
/// model is none.
pub(super) fn gguf_models<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<Vec<usize>> {
    let mut series: BTreeMap<String, Vec<(&str, usize)>> = BTreeMap::new();
    for (place, name) in names.into_iter().enumerate() {
        let file = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
        if !file.ends_with(".gguf") || file.starts_with("mmproj") {
            continue;
        }
        let key = match shard(name) {
            Some((head, total, rest)) => format!("{head}-of-{total}{rest}"),
            None => name.to_owned(),
        };
        series.entry(key).or_default().push((name, place));
    }
    let sorted = series.into_values().map(|mut parts| {
        parts.sort_unstable();
        parts.into_iter().map(|(_, place)| place).collect()
    });
    sorted.collect()
}

/// Whether every part of a model that has several is among its names.
pub(super) fn whole(names: &[&str]) -> bool {
    let parts = |series| names.iter().filter(|name| shard(name) == Some(series)).count();
    names.iter().filter_map(|name| shard(name)).all(|series| parts(series) == series.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_name_their_series() {
        assert_eq!(shard("m-00001-of-00003.gguf"), Some(("m", 3, ".gguf")));
        assert_eq!(shard("proof-of-work.bin"), None);
    }

    #[test]
    fn parts_count_as_one() {
        let names = [
            "b-00002-of-00002.gguf",
            "a/x.GGUF",
            "mmproj-b.gguf",
            "b-00001-of-00002.gguf",
            "c.bin",
        ];
        assert_eq!(gguf_models(names), [vec![1], vec![3, 0]]);
        assert!(whole(&["a.gguf"]));
        assert!(whole(&["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"]));
        assert!(!whole(&["m-00001-of-00002.gguf"]));
    }
}
