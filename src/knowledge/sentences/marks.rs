//! The marks that may end a sentence, what closes behind them, and what opens
//! before the next one.

/// What the marks at a place say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// One full stop: much else uses it as well.
    Stop,
    /// Several full stops, or the character for three.
    Ellipsis,
    /// A question or exclamation mark.
    Strong,
    /// A mark of a script that needs no space behind it.
    Wide,
}

/// Whether a character may end a sentence.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '‼' | '⁇' | '⁈' | '⁉') || is_wide(c)
}

/// Whether a character ends a sentence without a space behind it: Chinese and
/// Japanese, Hindi, Urdu and Arabic, Khmer, Burmese, Tibetan, Ethiopic and
/// Armenian.
fn is_wide(c: char) -> bool {
    matches!(
        c,
        '。' | '！'
            | '？'
            | '｡'
            | '।'
            | '॥'
            | '۔'
            | '؟'
            | '។'
            | '៕'
            | '။'
            | '།'
            | '༎'
            | '።'
            | '፧'
            | '։'
    )
}

/// The marks at the beginning of `text`, and their length.
pub(super) fn run(text: &str) -> (Mark, usize) {
    let rest = text.trim_start_matches(is_mark);
    let marks = text.get(..text.len() - rest.len()).unwrap_or_default();
    let mark = if marks.contains(is_wide) {
        Mark::Wide
    } else if marks.contains(['!', '?', '‼', '⁇', '⁈', '⁉']) {
        Mark::Strong
    } else if marks == "." {
        Mark::Stop
    } else {
        Mark::Ellipsis
    };
    (mark, marks.len())
}

/// Whether a character is a quotation mark.
pub(super) fn is_quote(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '“'
            | '”'
            | '„'
            | '‟'
            | '‘'
            | '’'
            | '‚'
            | '«'
            | '»'
            | '‹'
            | '›'
            | '「'
            | '」'
            | '『'
            | '』'
            | '《'
            | '》'
            | '〈'
            | '〉'
    )
}

/// The length of what closes behind a sentence's marks: quotation marks,
/// brackets, marks of bold type and code, footnotes ("[1]", "²").
pub(super) fn closers(text: &str, wide: bool) -> usize {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let behind = rest.get(c.len_utf8()..).unwrap_or_default();
        let closes = match c {
            ')' | ']' | '}' | '”' | '’' | '」' | '』' | '）' | '】' | '》' | '〉' | '›' | '»'
            | '〕' => !matches!(c, '»' | '›') || at_end_of_word(behind, wide),
            '"' | '\'' => !wide || at_end_of_word(behind, wide) || rest.len() == text.len(),
            '“' | '‘' | '«' | '‹' | '*' | '_' | '`' | '~' => at_end_of_word(behind, false),
            '¹' | '²' | '³' | '⁰'..='⁹' => at_end_of_word(behind, wide),
            _ => false,
        };
        if closes {
            rest = behind;
        } else if let Some(behind) = footnote(rest).or_else(|| spaced_closer(rest)) {
            rest = behind;
        } else {
            break;
        }
    }
    text.len() - rest.len()
}

/// Whether a word is over where `text` begins: at white space, at another
/// closing mark, at punctuation or at the end.
fn at_end_of_word(text: &str, wide: bool) -> bool {
    wide || text.chars().next().is_none_or(|c| !c.is_alphanumeric() && !"([{¿¡„‚#$€§/<".contains(c))
}

/// What follows a footnote's mark, as "[12]".
fn footnote(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('[')?;
    let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = rest.len() - behind.len();
    behind.strip_prefix(']').filter(|_| (1..=3).contains(&digits))
}

/// What follows a French quotation mark that stands behind a space.
fn spaced_closer(text: &str) -> Option<&str> {
    let rest = text.strip_prefix([' ', '\n', '\u{a0}', '\u{202f}'])?;
    let behind = rest.strip_prefix(['»', '›'])?;
    at_end_of_word(behind, false).then_some(behind)
}

/// What a sentence begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    /// A capital, or a word that holds one ("iOS", "read_file()").
    Capital,
    /// A letter of a script without capitals.
    Caseless,
    /// A small letter: a name that is written so may begin a sentence.
    Small,
    /// A digit.
    Digit,
    /// A sign: of a currency, a section, a path, an emoji.
    Sign,
}

/// What the next sentence begins with, and its first word, where `text`, which
/// is what follows a sentence's marks without white space, may begin one.
pub(super) fn begin(text: &str) -> Option<(Begin, &str)> {
    let code = text.trim_start_matches(is_quote).starts_with('`');
    let word = text.trim_start_matches(|c: char| {
        (is_quote(c) && !matches!(c, '”' | '」' | '』')) || "([{¿¡*_`—–（「『".contains(c)
    });
    // Dashes and French quotation marks may have a space behind them.
    let opened = text.len() - word.len();
    let word = if opened > 0 { word.trim_start() } else { word };
    let word = word.trim_start_matches(|c: char| is_quote(c) || "([{¿¡*_".contains(c));
    let mut letters = word.chars();
    let first = letters.next()?;
    let kind = if first.is_uppercase() {
        Begin::Capital
    } else if first.is_numeric() {
        Begin::Digit
    } else if first.is_lowercase() {
        if code || is_name_of_a_thing(word) { Begin::Capital } else { Begin::Small }
    } else if first.is_alphabetic() {
        Begin::Caseless
    } else if is_sign(first, letters.as_str()) {
        Begin::Sign
    } else {
        return None;
    };
    Some((kind, word))
}

/// Whether a word in small letters is a name that is always written so, and
/// may begin a sentence: it holds a capital, an underscore or a call.
fn is_name_of_a_thing(text: &str) -> bool {
    let word = text.split(char::is_whitespace).next().unwrap_or_default();
    let word = word.trim_end_matches(|c: char| !c.is_alphanumeric() && c != ')');
    let inner = word.get(1..).unwrap_or_default();
    let plain = word.chars().all(|c| c.is_alphanumeric() || "_:()-.".contains(c));
    word.len() <= 64
        && plain
        && (inner.contains(char::is_uppercase)
            || word.contains('_')
            || word.contains("::")
            || word.ends_with("()"))
}

fn is_sign(c: char, rest: &str) -> bool {
    let next = rest.chars().next();
    let before_word = next.is_some_and(char::is_alphanumeric);
    match c {
        '§' | '№' => true,
        '$' | '€' | '£' | '¥' | '#' | '@' | '/' | '~' | '.' => {
            before_word || (c == '~' && next == Some('/'))
        }
        '-' => rest.starts_with('-') && rest.get(1..2).is_some_and(|c| c != "-" && c != " "),
        _ => ('\u{2190}'..'\u{2e00}').contains(&c) || c >= '\u{1f000}',
    }
}
