//! Addresses without what lets one in.

use std::borrow::Cow;

/// `text` with the user and the password of every address in it left out:
/// `http://…@host`.
#[must_use]
pub fn redacted(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        let ends =
            |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>');
        let authority = after.split(ends).next().unwrap_or_default();
        out.push_str(before);
        match authority.rfind('@') {
            Some(user) => {
                out.push('…');
                rest = after.get(user..).unwrap_or_default();
            }
            None => rest = after,
        }
    }
    if out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_passwords_are_left_out() {
        for (text, shown) in [
            ("http://user:PASS@host:8/x", "http://…@host:8/x"),
            ("cannot reach https://t@h/a@b: no", "cannot reach https://…@h/a@b: no"),
            ("http://a@b http://c:d@e", "http://…@b http://…@e"),
            ("http://a:p@q@b/", "http://…@b/"),
            ("http://host/a@b and me@host", "http://host/a@b and me@host"),
            ("no address", "no address"),
            ("ends ://", "ends ://"),
        ] {
            assert_eq!(redacted(text), shown);
        }
    }
}
