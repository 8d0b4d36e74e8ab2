//! The names of passages: `lorag://passage/ID`, and for all passages of a file
//! `lorag://file/COLLECTION/PATH`.

/// A passage or a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// The passage with this id.
    Passage(String),
    /// All passages of a file.
    File {
        /// Its collection.
        collection: String,
        /// Its absolute path.
        path: String,
    },
}

/// The template of a passage's name.
pub(super) const PASSAGE: &str = "lorag://passage/{id}";
/// The template of a file's name.
pub(super) const FILE: &str = "lorag://file/{collection}/{+path}";

/// The name of a passage.
pub(super) fn passage(id: &str) -> String {
    format!("lorag://passage/{}", encoded(id, false))
}

/// The name of a file.
pub(super) fn file(collection: &str, path: &str) -> String {
    format!("lorag://file/{}/{}", encoded(collection, false), encoded(path, true))
}

/// Reads a name; `None` where it is none.
pub(super) fn read(uri: &str) -> Option<Named> {
    let rest = uri.strip_prefix("lorag://")?;
    if let Some(id) = rest.strip_prefix("passage/") {
        return Some(Named::Passage(decoded(id)?)).filter(|_| !id.contains('/'));
    }
    let (collection, path) = rest.strip_prefix("file/")?.split_once('/')?;
    Some(Named::File { collection: decoded(collection)?, path: decoded(path)? })
}

fn encoded(text: &str, slashes: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            b'/' if slashes => out.push('/'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let code = digit(bytes.next())? * 16 + digit(bytes.next())?;
        out.push(u8::try_from(code).ok()?);
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        assert_eq!(read(&passage("a1")), Some(Named::Passage("a1".to_owned())));
        for (collection, path) in
            [("o'one/two", "/docs/it's 100%.md"), ("ä", "/ü/\u{1b}"), ("c", r"C:\a.md")]
        {
            let uri = file(collection, path);
            assert!(uri.is_ascii() && !uri.contains(' '), "{uri}");
            let expected = Named::File { collection: collection.to_owned(), path: path.to_owned() };
            assert_eq!(read(&uri), Some(expected));
        }
    }

    #[test]
    fn other_names_are_none() {
        let wrong = [
            "",
            "lorag://",
            "lorag://file/a",
            "lorag://passage/a/b",
            "file:///etc/passwd",
            "lorag://passage/%",
            "lorag://passage/%zz",
            "lorag://passage/%ff",
            "LORAG://passage/a",
        ];
        for uri in wrong {
            assert_eq!(read(uri), None, "{uri}");
        }
    }
}
