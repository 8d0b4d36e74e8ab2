//! Mail: single messages (`.eml`) and mailboxes (`.mbox`). Headers become a line
//! of fields, what is quoted stands apart, attached texts come below.

mod mime;

use super::extract::Extract;
use super::{Document, Format, Skip, decode, html};
use crate::domain::{Place, PlaceKind};
use mime::{Body, Part};

/// Most messages of a mailbox.
const MOST_MESSAGES: usize = 100_000;
/// Longest field that is shown, in bytes.
const LONGEST_FIELD: usize = 400;
/// How deep messages may lie in each other.
const DEEPEST: usize = 4;

/// Whether a text is a message or a mailbox rather than prose about one.
pub(super) fn is_mail(bytes: &[u8]) -> bool {
    let head = bytes.get(..4096).unwrap_or(bytes);
    let head = String::from_utf8_lossy(head).to_lowercase();
    let known = ["from:", "to:", "subject:", "date:", "received:", "message-id:", "mime-version:"];
    let fields = head.lines().take_while(|line| !line.is_empty());
    fields.filter(|line| known.iter().any(|name| line.starts_with(name))).count() >= 2
}

/// Reads a message or a mailbox.
///
/// # Errors
/// [`Skip::Unusable`] where it is neither, [`Skip::Empty`] without text.
pub(super) fn parse(bytes: &[u8]) -> Result<Document, Skip> {
    let mut out = Extract::default();
    let messages = if bytes.starts_with(b"From ") { split(bytes) } else { vec![bytes] };
    for (number, raw) in (1..).zip(messages.iter().take(MOST_MESSAGES)) {
        out.at(Place::new(PlaceKind::Message, number));
        read(&mut out, &Part::read(raw), 0);
        if out.is_full() {
            break;
        }
    }
    out.finish(Format::Mail)
}

/// The messages of a mailbox: each begins with a line `From ` behind a blank
/// one.
fn split(bytes: &[u8]) -> Vec<&[u8]> {
    let mut starts = vec![0];
    let mut is_blank = false;
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if is_blank && line.starts_with(b"From ") {
            starts.push(at);
        }
        is_blank = line.iter().all(u8::is_ascii_whitespace);
        at += line.len();
    }
    starts.push(bytes.len());
    let messages = starts.windows(2).filter_map(|pair| {
        let [from, to] = pair else { return None };
        let message = bytes.get(*from..*to)?;
        // The line `From ` is the mailbox's.
        let head = message.iter().position(|byte| *byte == b'\n')? + 1;
        message.get(head..)
    });
    messages.collect()
}

/// A message: its subject, its fields in a row, its text, what is attached.
fn read(out: &mut Extract, message: &Part, depth: usize) {
    let subject = message.said("subject");
    let level = if depth == 0 { 1 } else { 2 };
    out.heading(level, if subject.is_empty() { "(no subject)" } else { &subject });
    let mut fields = Vec::new();
    for (name, field) in [("From", "from"), ("To", "to"), ("Cc", "cc"), ("Date", "date")] {
        let said = message.said(field);
        if !said.is_empty() {
            let end = said.floor_char_boundary(LONGEST_FIELD);
            fields.push(format!("{name}: {}", said.get(..end).unwrap_or_default()));
        }
    }
    out.row(&fields.join(" · "), "");
    part(out, message, level, depth);
}

/// A part of a message.
fn part(out: &mut Extract, part_of: &Part, level: u8, depth: usize) {
    let name = part_of.file();
    let is_attached = part_of.is_attached() || name.is_some();
    if is_attached && matches!(part_of.body, Body::Text(_) | Body::Html(_)) {
        out.heading(level + 1, name.as_deref().unwrap_or("attachment"));
    }
    match &part_of.body {
        Body::Text(text) => body(out, text),
        Body::Html(page) => {
            if let Ok(decoded) = decode::decode(page.as_bytes()) {
                body(out, &html::parse(decoded).text);
            }
        }
        Body::Several(parts, true) => {
            // The plain form where there is one.
            let is_plain = |part: &&Part| matches!(part.body, Body::Text(_));
            if let Some(chosen) = parts.iter().find(is_plain).or_else(|| parts.last()) {
                part(out, chosen, level, depth);
            }
        }
        Body::Several(parts, false) => {
            for inner in parts {
                part(out, inner, level, depth);
            }
        }
        Body::Message(inner) if depth < DEEPEST => read(out, inner, depth + 1),
        _ => out.row(&format!("Attached: {}", name.unwrap_or_else(|| "a file".to_owned())), ""),
    }
}

/// The paragraphs of a text: what is quoted from an earlier message is a block
/// of its own, and says so.
fn body(out: &mut Extract, text: &str) {
    let mut block: Vec<&str> = Vec::new();
    let mut is_quoted = false;
    let mut finish = |block: &mut Vec<&str>, is_quoted: bool| {
        let text = block.join("\n");
        block.clear();
        out.prose(&text, if is_quoted { "quoted from an earlier message" } else { "" });
    };
    for line in text.lines() {
        let line = line.trim_end();
        // What follows is who wrote it.
        if line == "--" {
            break;
        }
        let quoted = line.starts_with('>');
        let said = if quoted { line.trim_start_matches(['>', ' ']) } else { line };
        if quoted != is_quoted || said.is_empty() {
            finish(&mut block, is_quoted);
        }
        is_quoted = quoted;
        if !said.is_empty() {
            block.push(said);
        }
    }
    finish(&mut block, is_quoted);
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: &str = "From ann@example.org Mon Mar  4 10:00:00 2024\n\
        From: Ann <ann@example.org>\nTo: bob@example.org\nSubject: =?utf-8?q?Pumpe_f=C3=BCr?= T-2\n\
        Date: Mon, 4 Mar 2024 10:00:00 +0000\n\nThe pump of tank T-2 is loud.\n\n\
        From bob@example.org Mon Mar  4 11:00:00 2024\n\
        From: Bob <bob@example.org>\nSubject: Re: Pumpe\nMIME-Version: 1.0\n\
        Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n\
        PiBUaGUgcHVtcCBpcyBsb3VkLgoKSXRzIGJlYXJpbmcgaXMgd29ybi4KCi0tIApCb2IK\n";

    #[test]
    fn messages_of_a_mailbox_keep_their_numbers() {
        assert!(is_mail(BOX.as_bytes()) && !is_mail(b"Dear Ann,\n\nfrom: nowhere"));
        let document = parse(BOX.as_bytes()).unwrap();
        let of = |text: &str| {
            let at = document.text.find(text).unwrap_or_else(|| panic!("{}", document.text));
            document.offsets.place_at(at).unwrap().number
        };
        assert_eq!(
            [of("Pumpe für T-2"), of("Ann <ann@example.org>"), of("T-2 is loud")],
            [1, 1, 1]
        );
        assert_eq!(of("Its bearing is worn."), 2);
        let quoted: Vec<&str> = document
            .blocks
            .iter()
            .filter(|block| !block.context.is_empty())
            .map(|block| &document.text[block.range.clone()])
            .collect();
        assert_eq!(quoted, ["The pump is loud."]);
        assert!(
            document.text.contains("Date: Mon, 4 Mar 2024 10:00:00 +0000")
                && !document.text.contains("\nBob\n")
        );
    }

    #[test]
    fn attached_texts_are_read_and_others_named() {
        let message = "From: a@b.c\nSubject: Two parts\nMIME-Version: 1.0\n\
            Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\nSee below.\n\
            --x\nContent-Type: text/plain\nContent-Disposition: attachment; filename=log.txt\n\nIt froze.\n\
            --x\nContent-Type: image/png\nContent-Disposition: attachment; filename=p.png\n\nxx\n--x--\n";
        let document = parse(message.as_bytes()).unwrap();
        for text in ["See below.", "log.txt", "It froze.", "Attached: p.png"] {
            assert!(document.text.contains(text), "{text}: {}", document.text);
        }
    }
}
