//! Items of the known languages: which nodes of a syntax tree become headings,
//! and what their titles are.

use crate::knowledge::sentences::one_line;
use std::ops::ControlFlow;
use tree_sitter::Node;

/// Longest title, in characters.
const LONGEST_TITLE: usize = 120;

/// What is known of an item before its blocks are made.
pub(super) struct Item<'tree> {
    pub(super) title: String,
    /// What comes behind the signature; `None` where that is not told apart.
    pub(super) body: Option<Node<'tree>>,
    /// The text at the start of the body that says what the item is for.
    pub(super) docs: Option<Node<'tree>>,
    /// Whether items within it become headings too.
    pub(super) holds_items: bool,
}

/// Collects the children of a node, and those of children that only group
/// others: preprocessor conditions, `extern "C"`, broken code.
pub(super) fn flatten<'tree>(node: Node<'tree>, out: &mut Vec<Node<'tree>>, depth: u8) {
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        let groups = matches!(
            child.kind(),
            "ERROR"
                | "preproc_if"
                | "preproc_ifdef"
                | "preproc_else"
                | "preproc_elif"
                | "declaration_list"
                | "linkage_specification"
                | "enum_body_declarations"
        );
        if groups && depth < 16 {
            flatten(child, out, depth + 1);
        } else {
            out.push(child);
        }
    }
}

/// Whether a node stands before an item and belongs to it.
pub(super) fn is_comment(kind: &str) -> bool {
    matches!(kind, "comment" | "line_comment" | "block_comment" | "attribute_item" | "decorator")
}

/// Tells whether a node is an item, through what may be wrapped around it.
pub(super) fn find_item<'tree>(node: Node<'tree>, text: &str) -> Option<Item<'tree>> {
    let mut node = node;
    let mut alias = None;
    // `export default abstract class` is two wrappers deep; more is no code.
    for _ in 0..4 {
        if node.kind() == "type_definition" {
            alias = node.child_by_field_name("declarator");
        }
        match unwrapped(node) {
            ControlFlow::Continue(inner) => node = inner?,
            ControlFlow::Break(()) => break,
        }
    }
    let read = |part: Node<'tree>| text.get(part.byte_range()).map(one_line);
    let words = |field: &str| node.child_by_field_name(field).and_then(read);
    let name = words("name").or_else(|| alias.and_then(read));
    let body = node.child_by_field_name("body");
    let whole = |keyword: &str| name.as_ref().map(|name| format!("{keyword} {name}"));
    let called = || name.as_ref().map(|name| format!("{name}()"));
    let (title, holds_items) = match node.kind() {
        "function_item" => (whole("fn"), false),
        "struct_item" => (whole("struct"), false),
        "macro_definition" => (whole("macro_rules!"), false),
        "enum_item" | "enum_specifier" => (whole("enum"), false),
        "union_item" => (whole("union"), false),
        "trait_item" => (whole("trait"), true),
        "mod_item" => (whole("mod"), true),
        "impl_item" => {
            let target = words("type");
            let title = match words("trait") {
                Some(name) => target.map(|target| format!("impl {name} for {target}")),
                None => target.map(|target| format!("impl {target}")),
            };
            (title, true)
        }
        "function_definition" if name.is_some() => (whole("def"), false),
        "function_definition" => (Some(declared(node, text)), false),
        "class_definition"
        | "class_declaration"
        | "abstract_class_declaration"
        | "class"
        | "class_specifier" => (whole("class"), true),
        "struct_specifier" => (whole("struct"), true),
        "union_specifier" => (whole("union"), true),
        "namespace_definition" => {
            (whole("namespace").or_else(|| Some("namespace".to_owned())), true)
        }
        "concept_definition" => (whole("concept"), false),
        "function_declaration" | "generator_function_declaration" => {
            let go = node.child(0).is_some_and(|first| first.kind() == "func");
            (whole(if go { "func" } else { "function" }), false)
        }
        "method_declaration" => match words("receiver") {
            Some(receiver) => (whole(&format!("func {receiver}")), false),
            None => (called(), false),
        },
        "method_definition" | "constructor_declaration" | "compact_constructor_declaration" => {
            (called(), false)
        }
        "type_spec" | "type_alias_declaration" => (whole("type"), false),
        "interface_declaration" => (whole("interface"), true),
        "annotation_type_declaration" => (whole("@interface"), true),
        "enum_declaration" => (whole("enum"), true),
        "record_declaration" => (whole("record"), true),
        "internal_module" | "module" => (whole("namespace"), true),
        "variable_declarator" => {
            let value = node.child_by_field_name("value");
            let body = value.and_then(|value| value.child_by_field_name("body"));
            let title = whole("const")?;
            return body.map(|body| Item {
                title: shortened(title),
                body: Some(body),
                docs: None,
                holds_items: false,
            });
        }
        _ => return None,
    };
    // A declaration without a body is a line among others; a few kinds keep
    // theirs elsewhere.
    let bodyless = matches!(
        node.kind(),
        "struct_item"
            | "macro_definition"
            | "type_spec"
            | "type_alias_declaration"
            | "concept_definition"
    );
    if body.is_none() && !bodyless {
        return None;
    }
    Some(Item { title: shortened(title?), body, docs: body.and_then(docstring), holds_items })
}

/// The string that a Python body begins with.
fn docstring(body: Node<'_>) -> Option<Node<'_>> {
    let first = (0..body.named_child_count())
        .filter_map(|index| body.named_child(index))
        .find(|child| child.kind() != "comment")?;
    let is_docs = first.kind() == "expression_statement"
        && first.named_child_count() == 1
        && first.named_child(0).is_some_and(|inner| inner.kind() == "string");
    is_docs.then_some(first)
}

/// Looks through one wrapper: `Continue` with what is in it, `Break` if there
/// is none.
fn unwrapped(node: Node<'_>) -> ControlFlow<(), Option<Node<'_>>> {
    let last = || node.named_child(node.named_child_count().saturating_sub(1));
    let inner = match node.kind() {
        "export_statement" => {
            node.child_by_field_name("declaration").or_else(|| node.child_by_field_name("value"))
        }
        "decorated_definition" => node.child_by_field_name("definition"),
        "type_definition" | "field_declaration" => {
            node.child_by_field_name("type").filter(|inner| inner.kind().ends_with("_specifier"))
        }
        "template_declaration" | "ambient_declaration" => last(),
        "expression_statement" => last().filter(|inner| inner.kind() == "internal_module"),
        // `type ( … )` holds several and stays as it is.
        "type_declaration" | "lexical_declaration" | "variable_declaration" => {
            last().filter(|_| node.named_child_count() == 1)
        }
        _ => return ControlFlow::Break(()),
    };
    ControlFlow::Continue(inner)
}

/// The title of a C or C++ function: `Cache::get()`.
fn declared(node: Node<'_>, text: &str) -> String {
    let mut inner = node.child_by_field_name("declarator");
    for _ in 0..16 {
        let Some(found) = inner else { break };
        inner = found.child_by_field_name("declarator");
        if found.kind() == "function_declarator" {
            break;
        }
    }
    let name = inner.and_then(|name| text.get(name.byte_range())).map(one_line);
    name.map_or_else(
        || {
            let end =
                node.child_by_field_name("body").map_or(node.end_byte(), |body| body.start_byte());
            one_line(text.get(node.start_byte()..end).unwrap_or_default())
        },
        |name| format!("{name}()"),
    )
}

pub(super) fn shortened(title: String) -> String {
    let cut = title.char_indices().nth(LONGEST_TITLE);
    match cut.and_then(|(at, _)| title.get(..at)) {
        Some(start) => format!("{start}…"),
        None => title,
    }
}
