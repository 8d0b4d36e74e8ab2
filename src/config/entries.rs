//! The settings as a list of values with their origins, for
//! `lorag config show`.

use super::document::dotted;
use super::load::{Loaded, Origin};
use super::schema::{COLLECTION_KEYS, COLLECTIONS, KEYS, MODEL_KEYS, MODELS, SERVER_KEYS, SERVERS};
use serde_json::Value;

/// One value with its key and origin, ready to be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    /// Dotted key.
    pub key: String,
    /// The value; null where it isn't set.
    pub value: Value,
    /// Where it comes from.
    pub origin: &'a Origin,
}

impl Loaded {
    /// Every value, in the order of the table of keys, then what is set of the
    /// models, servers and collections.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry<'_>> {
        static DEFAULT: Origin = Origin::Default;
        let mut settings = self.settings.clone();
        let folders = [settings.data_dir.take(), settings.cache_dir.take()];
        let mut tree = serde_json::to_value(&settings).unwrap_or_default();
        // Put in by hand, since a path that isn't UTF-8 can't be serialized.
        for (name, folder) in ["data_dir", "cache_dir"].into_iter().zip(folders) {
            if let (Some(tree), Some(folder)) = (tree.as_object_mut(), folder) {
                tree.insert(name.to_owned(), Value::from(folder.to_string_lossy().into_owned()));
            }
        }
        let entry = |key: String, value: Option<&Value>| {
            let origin = self.origins.get(&key).unwrap_or(&DEFAULT);
            Entry { key, value: value.map_or(Value::Null, shorten), origin }
        };
        let mut entries: Vec<Entry<'_>> =
            KEYS.iter().map(|key| entry(key.name.to_owned(), at(&tree, key.name))).collect();
        let tables = [(MODELS, MODEL_KEYS), (SERVERS, SERVER_KEYS), (COLLECTIONS, COLLECTION_KEYS)];
        for (table, keys) in tables {
            let named = tree.get(table).and_then(Value::as_object);
            for (name, fields) in named.into_iter().flatten() {
                for key in keys {
                    let value = at(fields, key.name).filter(|value| !value.is_null());
                    if value.is_some() {
                        let prefix = dotted(&[table.to_owned(), name.clone()]);
                        entries.push(entry(format!("{prefix}.{}", key.name), value));
                    }
                }
            }
        }
        entries
    }
}

fn at<'a>(tree: &'a Value, name: &str) -> Option<&'a Value> {
    tree.pointer(&format!("/{}", name.replace('.', "/")))
}

/// A number that was kept in 32 bits is shown as it was written: 0.3, not
/// 0.30000001192092896.
fn shorten(value: &Value) -> Value {
    let Some(number) = value.as_f64().filter(|_| value.is_f64()) else {
        return value.clone();
    };
    let narrow = number as f32;
    if f64::from(narrow) == number {
        narrow.to_string().parse::<f64>().map_or_else(|_| value.clone(), Value::from)
    } else {
        value.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flags, load};
    use std::path::PathBuf;

    #[test]
    fn entries_show_every_key_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        let text = "[search]\nvector_weight = 0.3\n[models.small]\npath = \"Qwen/X\"\n";
        std::fs::write(&file, text).unwrap();
        let data_dir = Some(PathBuf::from("/srv/lorag"));
        let flags = Flags { config: Some(file), data_dir, ..Flags::default() };
        let loaded = load(&flags, std::iter::empty()).unwrap();
        let entries = loaded.entries();
        let names: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
        let mut expected: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
        expected.push("models.small.path");
        assert_eq!(names, expected);
        let value = |name: &str| {
            entries.iter().find(|entry| entry.key == name).map(|entry| entry.value.clone()).unwrap()
        };
        assert_eq!(value("search.vector_weight"), Value::from(0.3));
        assert_eq!(value("search.limit"), Value::from(8));
        assert_eq!(value("data_dir"), Value::from("/srv/lorag"));
        assert_eq!(value("cache_dir"), Value::Null);
        assert_eq!(value("models.small.path"), Value::from("Qwen/X"));
        assert_eq!(value("generation.temperature"), Value::from(0.0));
    }
}
