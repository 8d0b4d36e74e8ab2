//! Tests of whole pages.

use super::super::decode::decode;
use super::super::text::assert_sound;
use super::*;
use proptest::prelude::*;

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

/// Each block with what it stands below.
fn contexts(document: &Document) -> Vec<(&str, &str)> {
    document
        .blocks
        .iter()
        .map(|block| (block.context.as_str(), &document.text[block.range.clone()]))
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
            ("declaration", "os.path.join(path, *paths)"),
            ("prose", "Join \"parts\". The result is one path."),
            ("verbatim", ">>> join(a,\n     b)"),
            ("row", "Flag a · Means: all"),
        ])
    );
    assert!(document.text.contains("*paths)\nJoin"));
    assert_eq!(document.blocks[2].context, "os.path.join(path, *paths)");
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
    assert_eq!(read("<table><tr><td>a<td>b<tr><td>c</table>d").text, "a\n\nb\n\nc\n\nd");
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

#[test]
fn rows_of_a_table_say_its_header() {
    let page = "<h1>Rooms</h1><table><caption>Second floor</caption>\
        <tr><th>Room</th><th>Seats</th></tr>\
        <tr><td>Alder</td><td>12</td></tr>\n<tr><td><a href='b'>Birch</a></td><td>30 &amp; more</td></tr></table><p>End.";
    let document = read(page);
    assert_eq!(
        shown(&document),
        own(&[
            ("h1 Rooms", "Rooms"),
            ("prose", "Second floor"),
            ("row", "Room Alder · Seats: 12"),
            ("row", "Room Birch · Seats: 30 & more"),
            ("prose", "End."),
        ])
    );
    assert_eq!(document.blocks[2].context, "Second floor");
    assert_eq!(
        source(&document, page.as_bytes(), "Room Birch · Seats: 30 & more"),
        b"Birch</a></td><td>30 &amp; more"
    );
    assert!(document.text.ends_with("more\n\nEnd."));
}

#[test]
fn cells_that_span_are_said_in_each_row() {
    let document = read(
        "<table><thead><tr><th rowspan=2>Hall</th><th rowspan=2>Tank</th><th colspan=2>Size</th></tr>\
         <tr><th>Width</th><th>Depth</th></tr></thead>\
         <tbody><tr><td rowspan=2>B</td><td>T-1</td><td>4</td><td>2</td></tr>\
         <tr><td>T-2</td><td colspan=2>unknown</td></tr>\
         <tr><td>C</td><td>T-3</td><td>1</td><td>1</td></tr></table>",
    );
    assert_eq!(
        shown(&document),
        own(&[
            ("row", "Hall B · Tank: T-1 · Size Width: 4 · Size Depth: 2"),
            ("row", "Hall B · Tank: T-2 · Size Width: unknown · Size Depth: unknown"),
            ("row", "Hall C · Tank: T-3 · Size Width: 1 · Size Depth: 1"),
        ])
    );
}

#[test]
fn a_cell_from_above_leads_to_no_bytes_of_its_row() {
    let page = "<table><tr><th>Hall<th>Tank<tr><td rowspan=2>B<td>T-1<tr><td>T-2</table>";
    let document = read(page);
    assert_eq!(source(&document, page.as_bytes(), "Hall B · Tank: T-2"), b"T-2");
}

#[test]
fn rows_of_one_cell_divide_a_table() {
    let document = read(
        "<table><tr><th>Pump<th>Flow<tr><th colspan=2>North hall<tr><td>P-1<td>40\
         <tr><th colspan=2>South hall<tr><td>P-1<td>70</table>",
    );
    assert_eq!(
        contexts(&document),
        [
            ("", "North hall"),
            ("North hall", "Pump P-1 · Flow: 40"),
            ("", "South hall"),
            ("South hall", "Pump P-1 · Flow: 70"),
        ]
    );
}

#[test]
fn a_box_of_facts_needs_no_header() {
    let document = read("<table><tr><th>Depth<td>3 m<tr><th>Volume<td>40 l</table>");
    assert_eq!(shown(&document), own(&[("row", "Depth: 3 m"), ("row", "Volume: 40 l")]));
    let document = read("<table><tr><td>Name<td>Size<tr><td>A<td>3<tr><td>B<td>4</table>");
    assert_eq!(shown(&document), own(&[("row", "Name A · Size: 3"), ("row", "Name B · Size: 4")]));
}

#[test]
fn tables_that_only_place_boxes_stay_prose() {
    for (page, expected) in [
        ("<table><tr><td><p>One.</p><p>Two.</p></td></tr></table>", vec!["One.", "Two."]),
        (
            "<table role=presentation><tr><td>One.<td>Two.<tr><td>3<td>4</table>",
            vec!["One.", "Two.", "3", "4"],
        ),
        (
            "<table><tr><td><h2>Left</h2>One.<td><h2>Right</h2>Two.</table>",
            vec!["Left", "One.", "Right", "Two."],
        ),
    ] {
        let document = read(page);
        let text: Vec<&str> =
            document.blocks.iter().map(|b| &document.text[b.range.clone()]).collect();
        assert_eq!(text, expected, "{page}");
        assert!(document.blocks.iter().all(|block| block.kind != BlockKind::Row));
    }
    // A table of data within a table that places it.
    let document =
        read("<table><tr><td>Menu<td><table><tr><th>A<th>B<tr><td>1<td>2</table></table>x");
    assert_eq!(shown(&document), own(&[("prose", "Menu"), ("row", "A 1 · B: 2"), ("prose", "x")]));
    let document = read("<table>loose<tr><td>a<td>b<tr>more<td>c<td>d</table>");
    for word in ["loose", "a", "b", "more", "c", "d"] {
        assert!(document.text.contains(word), "{:?}", document.text);
    }
}

#[test]
fn definitions_and_lists_stand_below_what_leads_to_them() {
    let document = read(
        "<p>To restart the pump:</p><ul><li>Close the valve.<li>Wait<ul><li>one minute</ul></ul>\
         <dl><dt>bolt<dt>screw<dd>Holds plates.<dd>Is of steel.<dt>nut<dd>Fits a bolt.</dl>\
         <p>It is done.</p><ul><li>x</ul>",
    );
    assert_eq!(
        contexts(&document),
        [
            ("", "To restart the pump:"),
            ("To restart the pump:", "Close the valve."),
            ("To restart the pump:", "Wait"),
            ("To restart the pump: › Wait", "one minute"),
            ("", "bolt"),
            ("bolt", "screw"),
            ("bolt · screw", "Holds plates."),
            ("bolt · screw", "Is of steel."),
            ("", "nut"),
            ("nut", "Fits a bolt."),
            ("", "It is done."),
            ("", "x"),
        ]
    );
}

#[test]
fn links_of_headings_to_themselves_are_left_out() {
    let document =
        read("<h1>Pumps<a href='#p'>¶</a></h1><h2>Oil <a href='#o'>#</a></h2><h2>C#</h2><p>a");
    assert_eq!(
        shown(&document),
        own(&[("h1 Pumps", "Pumps"), ("h2 Oil", "Oil"), ("h2 C#", "C#"), ("prose", "a")])
    );
    assert!(!document.text.contains('¶'));
}

#[test]
fn tags_of_thousands_of_attributes_are_read_on_a_small_stack() {
    let read_small = |page: String| {
        let reader = std::thread::Builder::new().stack_size(512 << 10);
        reader.spawn(move || read_bytes(page.as_bytes()).text).unwrap().join().unwrap()
    };
    for (attribute, count) in
        [("a=\"b\" ", 200_000), ("a='b' ", 5000), ("a=b ", 5000), ("a=\">\" ", 5000)]
    {
        for tag in ["<p ", "</p "] {
            let page =
                format!("Before {tag}{}>after</p> <i a=\"b>c\">end", attribute.repeat(count));
            let text = read_small(page);
            assert!(text.starts_with("Before") && text.ends_with("end"), "{attribute} {text:.80}");
        }
    }
    // As many as a page may have, with both kinds of quotes in them.
    let page = format!("<p {}title=\"it's > that\">x", "a=\"b\" ".repeat(200));
    assert_eq!(read_small(page), "x");
}

#[test]
fn tables_and_lists_that_nest_or_span_without_end_stay_small() {
    let deep = format!("{}word", "<table><tr><td>".repeat(3000));
    assert!(read(&deep).text.contains("word"));
    let deep = format!("{}word", "<dl><dt>t<dd>".repeat(2000));
    assert!(read(&deep).text.len() < 10 * deep.len());
    let row = "<tr><td rowspan=60000 colspan=60000>abcdefghij<td>1";
    let spans = format!("<table><tr><th>a<th>b{}</table>", row.repeat(1000));
    assert!(read(&spans).text.len() < 12 * spans.len() + (128 << 10));
    let items = format!("<p>{}:<ul>{}", "x".repeat(150), "<li>a".repeat(50_000));
    let document = read(&items);
    let carried: usize = document.blocks.iter().map(|block| block.context.len()).sum();
    assert!(carried < 5 * items.len() + (64 << 10));
}

proptest! {
    #[test]
    fn no_page_leads_astray(
        page in prop::collection::vec(
            prop::sample::select(&[
                "<table>", "</table>", "<tr>", "</tr>", "<td>", "<th>", "</td>", "<td rowspan=2>",
                "<td colspan=3>", "<caption>", "</caption>", "<thead>", "</thead>", "<dl>", "<dt>",
                "<dt class=sig>", "<dd>", "</dl>", "<ul>", "<li>", "</ul>", "<p>", "</p>", "<h2>",
                "</h2>", "<pre>", "</pre>", "<nav>", "</nav>", "<b>", "<br>", "¶", "word ", "é",
                "12", ": ", ".\n", "&amp;",
            ][..]),
            0..60,
        )
    ) {
        read(&page.concat());
    }
}
