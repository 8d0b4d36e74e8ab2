//! Tests of whole pages.

use super::super::decode::decode;
use super::super::text::assert_sound;
use super::*;

fn read_bytes(bytes: &[u8]) -> Document {
    let document = parse(decode(bytes).unwrap());
    assert_sound(&document);
    assert!(document.rendered);
    document
}

/// Reads a page and checks that every visible character leads to itself or to
/// the reference that stands for it.
fn read(page: &str) -> Document {
    let document = read_bytes(page.as_bytes());
    for (at, c) in document.text.char_indices().filter(|(_, c)| !c.is_whitespace()) {
        let span = document.offsets.to_file(at, at + c.len_utf8());
        let source = &page[span.start..span.end];
        let is_itself = source.chars().eq([c]);
        assert!(source.is_empty() || is_itself || source.starts_with('&'), "{c:?} from {source:?}");
    }
    document
}

fn shown(document: &Document) -> Vec<(String, &str)> {
    document
        .blocks
        .iter()
        .map(|block| {
            let kind = match &block.kind {
                BlockKind::Heading { level, title } => format!("h{level} {title}"),
                BlockKind::Prose => "prose".to_owned(),
                BlockKind::Verbatim => "verbatim".to_owned(),
                BlockKind::Row => "row".to_owned(),
                BlockKind::Declaration => "declaration".to_owned(),
            };
            (kind, &document.text[block.range.clone()])
        })
        .collect()
}

fn own<'a>(expected: &[(&str, &'a str)]) -> Vec<(String, &'a str)> {
    expected.iter().map(|(kind, text)| ((*kind).to_owned(), *text)).collect()
}

/// The bytes of the page that `words` of its text come from.
fn source<'a>(document: &Document, page: &'a [u8], words: &str) -> &'a [u8] {
    let start = document.text.find(words).unwrap();
    let span = document.offsets.to_file(start, start + words.len());
    &page[span.start..span.end]
}

#[test]
fn a_sentence_leads_to_exactly_its_bytes() {
    let page = "<body><p>Über <b>Tom &amp; <i>Jerry</i></b>,\r\n   the film.</p> <p>Next.</p>";
    let document = read(page);
    assert_eq!(document.text, "Über Tom & Jerry, the film.\n\nNext.");
    let sentence = source(&document, page.as_bytes(), "Über Tom & Jerry, the film.");
    assert_eq!(
        std::str::from_utf8(sentence).unwrap(),
        "Über <b>Tom &amp; <i>Jerry</i></b>,\r\n   the film."
    );
    assert_eq!(source(&document, page.as_bytes(), "&"), b"&amp;");
    assert_eq!(source(&document, page.as_bytes(), "Next."), b"Next.");
}

#[test]
fn decoded_pages_lead_to_the_bytes_of_the_file() {
    let page = "<h1>Ö</h1><p>Tom &amp; <i>Jérôme</i>.</p>";
    let utf16: Vec<u8> =
        "\u{feff}".encode_utf16().chain(page.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let document = read_bytes(&utf16);
    let wide: Vec<u8> =
        "Tom &amp; <i>Jérôme</i>.".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(source(&document, &utf16, "Tom & Jérôme."), wide);

    let latin = b"<meta charset=iso-8859-1><p>Un caf\xe9 &agrave; <b>c\xf4t\xe9</b>.</p>";
    let document = read_bytes(latin);
    assert_eq!(document.text, "Un café à côté.");
    assert_eq!(source(&document, latin, "café à côté"), b"caf\xe9 &agrave; <b>c\xf4t\xe9");

    let marked = "\u{feff}<p>One &lt; two.</p>";
    let document = read_bytes(marked.as_bytes());
    assert_eq!(source(&document, marked.as_bytes(), "One < two."), b"One &lt; two.");
}

#[test]
fn a_page_of_python_documentation_reads_well() {
    let document = read(
        r##"<!DOCTYPE html>
<html lang="en"><head><title>os.path &#8212; Python</title>
<script>if (a < b) { document.write("<p>no</p>"); }</script></head><body>
<div class="related" role="navigation"><h3>Navigation</h3><ul><li>next |</li></ul></div>
<div class="body" role="main"><section id="x">
<h1><code class="docutils"><span class="pre">os.path</span></code> — Names<a class="headerlink" href="#x">¶</a></h1>
<dl class="py function">
<dt class="sig" id="os.path.join">
<span><span class="pre">os.path.</span></span><span>join</span><span>(</span><em>path</em>, <em><span>*</span>paths</em><span>)</span><a class="headerlink" href="#y">¶</a></dt>
<dd><p>Join &quot;parts&quot;.  The result
is one path.</p>
<div class="highlight"><pre><span></span><span class="gp">&gt;&gt;&gt; </span>join(a,
     b)
</pre></div>
</dd></dl>
<table><thead><tr><th><p>Flag</p></th><th><p>Means</p></th></tr></thead>
<tbody><tr><td><p>a</p></td>
<td><p>all</p></td></tr></tbody></table>
</section></div>
<div class="sphinxsidebar"><p>Contents</p></div><div class="footer">&copy; 2001</div>
</body></html>"##,
    );
    assert_eq!(
        shown(&document),
        own(&[
            ("h1 os.path — Names", "os.path — Names"),
            ("prose", "os.path.join(path, *paths)"),
            ("prose", "Join \"parts\". The result is one path."),
            ("verbatim", ">>> join(a,\n     b)"),
            ("prose", "Flag | Means"),
            ("prose", "a | all"),
        ])
    );
    assert!(document.text.contains("*paths)\nJoin"));
    assert!(document.text.contains("Means\na | all"));
}

#[test]
fn the_title_is_a_heading_only_where_no_other_is() {
    let document = read("<head><title>A &amp; B</title></head><body><h2>C</h2>d");
    assert_eq!(shown(&document), own(&[("h1 A & B", "A & B"), ("h2 C", "C"), ("prose", "d")]));
    let document = read("<title>A</title><nav><h1>Site</h1></nav><p>b");
    assert_eq!(shown(&document), own(&[("h1 A", "A"), ("prose", "b")]));
    let document = read("<title>A</title><h1>B</h1>");
    assert_eq!(shown(&document), own(&[("h1 B", "B")]));
}

#[test]
fn unclosed_and_misnested_tags_lose_no_text() {
    assert_eq!(read("<p>One<p>Two <div>Three").text, "One\n\nTwo\n\nThree");
    assert_eq!(read("<b><p>x</b>y</p>z").text, "xy\n\nz");
    assert_eq!(read("<ul><li>a<li>b<ul><li>c</ul>d</ul>e").text, "a\nb\nc\nd\n\ne");
    assert_eq!(read("<table><tr><td>a<td>b<tr><td>c</table>d").text, "a | b\nc\n\nd");
    assert_eq!(read("<nav>Menu<p>Body").text, "Menu\n\nBody");
    assert_eq!(read("<div><nav>Menu</div>Body<script>x</script>").text, "Menu\n\nBody");
    assert_eq!(read("</div></p>a</li></table></b>b").text, "ab");
    assert_eq!(read("a<script src='x'/>b<br/>c").text, "ab\nc");
    assert_eq!(read("text <a href='x").text, "text");
    assert_eq!(read("a < b & c <3 <!-- gone --> d").text, "a < b & c <3 d");
    let document = read("<h1>Title<p>Body</h1>");
    assert_eq!(shown(&document), own(&[("h1 Title", "Title"), ("prose", "Body")]));
}

#[test]
fn what_is_hidden_is_left_out() {
    for page in [
        "<p hidden>x<p>Text",
        "<div style='display: none'><p>x</div>Text",
        "<style>x</style><template><p>x</template><noscript>x</noscript>Text",
        "<svg><title>x</title><path/></svg><button>x</button>Text",
        "<div role=search><span>x</span></div>Text<footer>x</footer>",
        "Text<span aria-hidden=true>x<span>y</span>z</span>",
    ] {
        assert_eq!(read(page).text, "Text", "{page}");
    }
    assert_eq!(read("<blockquote>q<footer>Ann</footer></blockquote>").text, "q\n\nAnn");
}

#[test]
fn white_space_collapses_outside_preformatted_text_only() {
    assert_eq!(read(" <p>\n a <b> b</b>\t\nc </p>\n ").text, "a b c");
    assert_eq!(read("<p>a&nbsp; b<br>c<br><br>d").text, "a\u{a0} b\nc\n\nd");
    let page = "<p>a</p><pre>\n  x\r\n\r\n y&#10;<b>z</b>\n</pre><p>b";
    let document = read(page);
    assert_eq!(
        shown(&document),
        own(&[("prose", "a"), ("verbatim", "  x\n\n y\nz"), ("prose", "b")])
    );
    assert_eq!(source(&document, page.as_bytes(), "x\n\n y\nz"), b"x\r\n\r\n y&#10;<b>z");
    assert_eq!(read("<pre>a<div>b</div>c<br>d</pre>").text, "a\nb\nc\nd");
}

#[test]
fn deep_and_long_pages_are_read() {
    let deep = format!("{}<script>x</script>word", "<div><b>".repeat(5000));
    assert_eq!(read(&deep).text, "word");
    let long = format!("<p>{}</p>", "wörter &amp; ".repeat(20_000));
    assert_eq!(read_bytes(long.as_bytes()).blocks.len(), 1);
}
