//! XML as a list of what opens, closes and is said, without a tree: nothing of
//! it can nest too deep or refer to itself.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// A piece of an XML text. Names are without their prefix.
#[derive(Debug, PartialEq)]
pub(super) enum Piece {
    /// An element begins.
    Open(Element),
    /// An element ends.
    Close(String),
    /// Something is said.
    Text(String),
}

/// An element's name and attributes.
#[derive(Debug, PartialEq)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// The value of an attribute, by its name without prefix.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether any of its attributes has this value.
    pub(super) fn has(&self, value: &str) -> bool {
        self.attributes.iter().any(|(_, own)| own == value)
    }

    /// An attribute as a number.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.get(name)?.trim().parse().ok()
    }
}

/// The pieces of a text, up to its end or to what is no XML any more. An
/// element without content opens and closes.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = Piece> + '_ {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.expand_empty_elements = true;
    std::iter::from_fn(move || {
        loop {
            return match reader.read_event().ok()? {
                Event::Eof => None,
                Event::Start(start) => Some(Piece::Open(element(&start))),
                Event::End(end) => Some(Piece::Close(local(end.name().as_ref()))),
                Event::Text(said) => Some(Piece::Text(said.as_ref().to_owned())),
                Event::CData(said) => Some(Piece::Text(said.as_ref().to_owned())),
                Event::GeneralRef(reference) => {
                    let said = match reference.resolve_char_ref() {
                        Ok(Some(c)) => c.to_string(),
                        _ => named(reference.as_ref()),
                    };
                    Some(Piece::Text(said))
                }
                _ => continue,
            };
        }
    })
}

fn element(start: &BytesStart<'_>) -> Element {
    let mut attributes = Vec::new();
    for attribute in start.attributes().with_checks(false).flatten().take(64) {
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).unwrap_or_default();
        attributes.push((local(attribute.key.as_ref()), value.into_owned()));
    }
    Element { attributes, name: local(start.name().as_ref()) }
}

fn local(name: &str) -> String {
    name.rsplit_once(':').map_or(name, |(_, local)| local).to_owned()
}

/// What an entity's name stands for; the name itself where it isn't known.
fn named(name: &str) -> String {
    match name {
        "amp" => "&".to_owned(),
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "quot" => "\"".to_owned(),
        "apos" => "'".to_owned(),
        "nbsp" => " ".to_owned(),
        _ => format!("&{name};"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_in_pieces() {
        let all: Vec<Piece> = pieces(
            "<?xml version='1.0'?><w:p w:id=\"a&amp;b\"><w:br/>x &lt; &#233;<![CDATA[<y>]]></w:p>",
        )
        .collect();
        let open = |piece: &Piece| match piece {
            Piece::Open(element) => element.name.clone(),
            Piece::Close(name) => format!("/{name}"),
            Piece::Text(text) => text.clone(),
        };
        let names: Vec<String> = all.iter().map(open).collect();
        assert_eq!(names.join("|"), "p|br|/br|x |<| |é|<y>|/p");
        let Piece::Open(first) = &all[0] else { panic!("{all:?}") };
        assert_eq!(
            (first.get("id"), first.get("no"), first.number("id")),
            (Some("a&b"), None, None)
        );
    }

    #[test]
    fn damage_ends_the_pieces() {
        for broken in
            ["<a", "</b></c>", "<a b=>x", "&", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"]
        {
            assert!(pieces(broken).count() < 6, "{broken}");
        }
        assert_eq!(pieces(&"<a>".repeat(100_000)).count(), 100_000);
    }
}
