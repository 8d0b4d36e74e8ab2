//! What HTML elements and attributes mean for the text of a page.

/// What an element does to the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Part of a line: `b`, `a`, `span` and whatever isn't known.
    Inline,
    /// Has no content: `img`, `input`.
    Void,
    /// A line break.
    Break,
    /// A rule between paragraphs.
    Rule,
    /// Only groups others: `html`, `tbody`.
    Skeleton,
    /// Holds program text, which the tokenizer reads as one raw string.
    Raw,
    /// Holds controls, pictures or navigation.
    Hidden,
    /// The page's title.
    Title,
    /// A heading of this level.
    Heading(u8),
    /// Text whose white space counts.
    Preformatted,
    /// A list of items.
    List,
    /// A list of terms and definitions.
    Definitions,
    /// An item of a list, or a definition.
    Item,
    /// A term of a list of definitions.
    Term,
    /// The title of a table.
    Caption,
    /// A table.
    Table,
    /// A row of a table.
    Row,
    /// A cell of a row.
    Cell,
    /// A paragraph or any other box.
    Block,
}

/// What the element of this name, in lower case, does to the text.
pub(super) fn role(name: &[u8]) -> Role {
    match name {
        b"area" | b"base" | b"basefont" | b"bgsound" | b"col" | b"embed" | b"frame" | b"img"
        | b"input" | b"keygen" | b"link" | b"meta" | b"param" | b"source" | b"track" | b"wbr" => {
            Role::Void
        }
        b"br" => Role::Break,
        b"hr" => Role::Rule,
        b"html" | b"head" | b"body" | b"tbody" | b"thead" | b"tfoot" | b"colgroup" => {
            Role::Skeleton
        }
        b"script" | b"style" | b"noscript" | b"iframe" | b"noembed" => Role::Raw,
        b"svg" | b"template" | b"nav" | b"button" | b"select" | b"datalist" | b"noframes"
        | b"annotation" | b"canvas" | b"audio" | b"video" => Role::Hidden,
        b"title" => Role::Title,
        b"h1" => Role::Heading(1),
        b"h2" => Role::Heading(2),
        b"h3" => Role::Heading(3),
        b"h4" => Role::Heading(4),
        b"h5" => Role::Heading(5),
        b"h6" => Role::Heading(6),
        b"pre" | b"listing" | b"xmp" | b"textarea" | b"plaintext" => Role::Preformatted,
        b"ul" | b"ol" | b"menu" | b"dir" => Role::List,
        b"dl" => Role::Definitions,
        b"li" | b"dd" => Role::Item,
        b"dt" => Role::Term,
        b"caption" => Role::Caption,
        b"table" => Role::Table,
        b"tr" => Role::Row,
        b"td" | b"th" => Role::Cell,
        b"p" | b"div" | b"section" | b"article" | b"aside" | b"main" | b"header" | b"footer"
        | b"blockquote" | b"figure" | b"figcaption" | b"address" | b"details" | b"summary"
        | b"dialog" | b"fieldset" | b"legend" | b"form" | b"hgroup" | b"center" | b"search"
        | b"optgroup" | b"option" | b"frameset" => Role::Block,
        _ => Role::Inline,
    }
}

/// Whether a page may leave out the end tag of this element.
pub(super) fn end_is_optional(name: &[u8]) -> bool {
    matches!(name, b"p" | b"li" | b"dt" | b"dd" | b"tr" | b"td" | b"th" | b"option" | b"optgroup")
}

/// A start tag while its attributes are read.
#[derive(Debug)]
pub(super) struct Tag {
    /// The element's name, in lower case.
    pub name: Vec<u8>,
    /// Where the tag starts.
    pub at: usize,
    /// Whether its attributes say that it isn't part of the page's own text:
    /// hidden, navigation, a footer, a link to the heading it stands in.
    pub is_chrome: bool,
    /// Whether it is the signature of something that a program can call.
    pub is_signature: bool,
    /// Whether it says that it is there for the looks only.
    pub is_presentation: bool,
    /// How many columns and rows a cell takes.
    pub columns: usize,
    pub rows: usize,
    attribute: Attribute,
}

#[derive(Debug)]
enum Attribute {
    Class,
    Role,
    Style,
    AriaHidden,
    Columns,
    Rows,
    Other,
}

impl Tag {
    /// A tag without attributes.
    pub(super) fn new(name: &[u8], at: usize) -> Self {
        Self {
            name: name.to_vec(),
            at,
            is_chrome: false,
            is_signature: false,
            is_presentation: false,
            columns: 1,
            rows: 1,
            attribute: Attribute::Other,
        }
    }

    /// Notes the name of an attribute.
    pub(super) fn attribute(&mut self, name: &[u8]) {
        self.attribute = match name {
            b"class" => Attribute::Class,
            b"role" => Attribute::Role,
            b"style" => Attribute::Style,
            b"aria-hidden" => Attribute::AriaHidden,
            b"colspan" => Attribute::Columns,
            b"rowspan" => Attribute::Rows,
            b"hidden" => {
                self.is_chrome = true;
                Attribute::Other
            }
            _ => Attribute::Other,
        };
    }

    /// Notes the value of the attribute named last.
    pub(super) fn value(&mut self, value: &[u8]) {
        let mut words = value.split(u8::is_ascii_whitespace);
        self.is_chrome |= match self.attribute {
            Attribute::Class => {
                self.is_signature |= words.clone().any(|word| word == b"sig");
                words.any(is_chrome_class)
            }
            Attribute::Role => {
                self.is_presentation |=
                    words.clone().any(|word| matches!(word, b"presentation" | b"none"));
                words.any(|word| matches!(word, b"navigation" | b"search" | b"contentinfo"))
            }
            Attribute::Style => is_hiding(value),
            Attribute::AriaHidden => value.eq_ignore_ascii_case(b"true"),
            Attribute::Columns => {
                self.columns = number(value);
                false
            }
            Attribute::Rows => {
                self.rows = number(value);
                false
            }
            Attribute::Other => false,
        };
    }
}

/// The number at the start of a value, 1 where there is none.
fn number(value: &[u8]) -> usize {
    let digits = value.trim_ascii_start();
    let digits = digits.iter().take(5).take_while(|byte| byte.is_ascii_digit());
    let number = digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
    number.max(1)
}

/// Classes of what documentation tools put around their pages.
fn is_chrome_class(class: &[u8]) -> bool {
    matches!(
        class,
        b"sphinxsidebar"
            | b"related"
            | b"footer"
            | b"headerlink"
            | b"anchor-link"
            | b"doc-anchor"
            | b"permalink"
            | b"header-anchor"
            | b"heading-anchor"
            | b"hash-link"
            | b"anchorjs-link"
            | b"self-link"
            | b"linenos"
            | b"lineno"
            | b"breadcrumb"
            | b"breadcrumbs"
            | b"navbar"
            | b"wy-nav-side"
            | b"wy-breadcrumbs"
            | b"rst-footer-buttons"
            | b"md-sidebar"
            | b"md-footer"
            | b"md-skip"
            | b"skip-link"
            | b"visually-hidden"
            | b"sr-only"
    )
}

/// Whether a `style` attribute hides its element.
fn is_hiding(style: &[u8]) -> bool {
    let style: Vec<u8> = style
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(u8::to_ascii_lowercase)
        .collect();
    let hides = |rule: &[u8]| style.windows(rule.len()).any(|window| window == rule);
    hides(b"display:none") || hides(b"visibility:hidden")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chrome(attribute: &str, value: &str) -> bool {
        let mut tag = Tag::new(b"div", 0);
        tag.attribute(attribute.as_bytes());
        tag.value(value.as_bytes());
        tag.is_chrome
    }

    #[test]
    fn attributes_tell_chrome_from_text() {
        assert!(chrome("class", "no-print  related"));
        assert!(chrome("role", "navigation"));
        assert!(chrome("style", "color: red; Display : none"));
        assert!(chrome("aria-hidden", "true"));
        assert!(chrome("hidden", ""));
        assert!(!chrome("class", "related-work"));
        assert!(!chrome("title", "footer"));
        assert!(!chrome("aria-hidden", "false"));
        assert!(!chrome("style", "display: block"));
    }
}
