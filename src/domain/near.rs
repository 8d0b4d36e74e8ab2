//! Names: those that a mistyped one may have meant, and short forms of long
//! ones for narrow places.

/// Most names that a message offers.
const OFFERED: usize = 3;
/// How alike two names are at least, from 0 to 1.
const ALIKE: f64 = 0.6;

/// The names that `given` may have been meant to be, the most likely first; at
/// most three.
#[must_use]
pub fn nearest<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = given.to_lowercase();
    let score = |name: &str| {
        let name = name.to_lowercase();
        let alike = likeness(&wanted, &name);
        // A part of a name is typed more often than a wrong one.
        let part = wanted.chars().count() >= 3 && name.contains(&wanted);
        if part { alike.max(0.9) } else { alike }
    };
    let mut found: Vec<(f64, &str)> = names
        .into_iter()
        .map(|name| (score(name), name))
        .filter(|(score, _)| *score >= ALIKE)
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().take(OFFERED).map(|(_, name)| name).collect()
}

/// How alike two names are, from 0 to 1.
#[must_use]
pub fn likeness(one: &str, other: &str) -> f64 {
    strsim::normalized_damerau_levenshtein(one, other)
}

/// The one name that `given` was most likely meant to be, if any is near.
#[must_use]
pub fn likeliest<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    likeliest_by(names, |name| likeness(given, name))
}

/// The name that scores best, from 0 to 1, if any is near; the first of equal
/// ones.
pub fn likeliest_by<'a>(
    names: impl IntoIterator<Item = &'a str>,
    score: impl Fn(&str) -> f64,
) -> Option<&'a str> {
    let mut best: Option<(f64, &str)> = None;
    for name in names {
        let score = score(name);
        if score >= ALIKE && best.is_none_or(|(other, _)| score > other) {
            best = Some((score, name));
        }
    }
    best.map(|(_, name)| name)
}

/// What a message about a name that doesn't exist goes on with: the nearest
/// ones, else all where they are few, else nothing.
#[must_use]
pub fn instead<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match nearest(given, names.iter().copied()).as_slice() {
        [] if names.is_empty() || names.len() > 12 => String::new(),
        [] => format!(" There are: {}.", names.join(", ")),
        [only] => format!(" Did you mean {only}?"),
        [rest @ .., last] => format!(" Did you mean {} or {last}?", rest.join(", ")),
    }
}

/// The last part of a path or a hub id, which is what tells names apart. Any
/// other text with a slash in it stays.
#[must_use]
pub fn short_name(name: &str) -> &str {
    let path = name.starts_with(['/', '.', '~']) || name.contains(":\\");
    if !path && name.contains(char::is_whitespace) {
        return name;
    }
    let trimmed = name.trim_end_matches(['/', '\\']);
    let last = trimmed.rsplit(['/', '\\']).next().unwrap_or(trimmed);
    if last.is_empty() { name } else { last }
}

/// Adapters as a [`Stack`](super::Stack) spells them, each by its last part:
/// `/a/one*0.5+/b/two` is `one*0.5+two`.
#[must_use]
pub fn short_stack(spelled: &str) -> String {
    spelled.split('+').map(short_name).collect::<Vec<_>>().join("+")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_names_come_first() {
        let names = ["legal", "notes", "legacy", "default"];
        assert_eq!(nearest("legl", names), ["legal"]);
        assert_eq!(nearest("lega", names), ["legal", "legacy"]);
        assert_eq!(nearest("NOTES", names), ["notes"]);
        assert_eq!(nearest("zzz", names), Vec::<&str>::new());
        assert_eq!(instead("notess", names), " Did you mean notes?");
        assert_eq!(instead("lega", names), " Did you mean legal or legacy?");
        assert_eq!(instead("zzz", names), " There are: legal, notes, legacy, default.");
        assert_eq!(instead("zzz", []), "");
    }

    #[test]
    fn one_name_is_the_likeliest() {
        let names = ["search", "sources", "model"];
        assert_eq!(likeliest("serach", names), Some("search"));
        assert_eq!(likeliest("modle", names), Some("model"));
        assert_eq!(likeliest("zebra", names), None);
        assert_eq!(likeliest_by(["a", "b"], |_| 1.0), Some("a"));
    }

    #[test]
    fn names_are_short_by_their_last_part() {
        for (name, short) in [
            ("builtin", "builtin"),
            ("Qwen/Qwen3-1.7B", "Qwen3-1.7B"),
            ("/models/a b/model.Q4_K_M.gguf", "model.Q4_K_M.gguf"),
            ("./models/reader/", "reader"),
            ("C:\\models\\x.gguf", "x.gguf"),
            ("scripted at 50 tok/s", "scripted at 50 tok/s"),
            ("/", "/"),
            ("", ""),
        ] {
            assert_eq!(short_name(name), short);
        }
        assert_eq!(short_stack("/a/one*0.5+b/two"), "one*0.5+two");
        assert_eq!(short_stack("bullets"), "bullets");
    }
}
