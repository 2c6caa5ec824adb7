//! Just enough YAML for a state file that people edit and programs rewrite.
//!
//! Reading goes through a whole YAML parser, but keeps the raw text of each scalar: an
//! application id such as `000123` is a number to YAML and must not become another one. Writing
//! changes only the scalars it has to, so comments and order stay; where that is not possible the
//! file is written anew. Either way the result is parsed again and compared before it is used.

use std::collections::HashMap;
use std::fmt::Write as _;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};

/// A value of the file.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) value: Value,
    /// Where it stands, in characters.
    start: usize,
    end: usize,
    /// Column of its first character.
    column: usize,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// A text, and whether it stood there without quotes.
    Scalar {
        text: String,
        plain: bool,
        tag: Option<String>,
    },
    Sequence(Vec<Node>),
    Mapping(Vec<(Node, Node)>),
}

/// Why a text is no YAML that we can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Damage {
    /// From 1.
    pub(super) line: usize,
    pub(super) text: String,
}

/// One scalar to be set: section, key, and the new text; `None` is null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) section: &'static str,
    pub(super) key: &'static str,
    pub(super) text: Option<String>,
}

/// Aliases can make a small file an enormous tree.
const NODES_MAX: usize = 100_000;

impl PartialEq for Node {
    /// Places do not matter.
    fn eq(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (
                Value::Scalar { text, plain, tag },
                Value::Scalar { text: text2, plain: plain2, tag: tag2 },
            ) => (text, plain, tag) == (text2, plain2, tag2),
            (Value::Sequence(items), Value::Sequence(items2)) => items == items2,
            (Value::Mapping(entries), Value::Mapping(entries2)) => entries == entries2,
            _ => false,
        }
    }
}

impl Node {
    fn new(value: Value) -> Self {
        Self { value, start: 0, end: 0, column: 0 }
    }

    fn scalar(text: Option<&str>) -> Self {
        let plain = text.is_none();
        Self::new(Value::Scalar { text: text.unwrap_or("null").to_owned(), plain, tag: None })
    }

    /// The text of a scalar that is not null.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true, .. }
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// A value of YAML 1.1 or 1.2 that means yes or no.
    pub(super) fn truth(&self) -> Option<bool> {
        match &self.value {
            Value::Scalar { text, plain: true, .. } => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" => Some(true),
                "false" | "no" | "off" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// The entries of a mapping; none for null.
    pub(super) fn entries(&self) -> Option<&[(Node, Node)]> {
        match &self.value {
            Value::Mapping(entries) => Some(entries),
            Value::Scalar { .. } if self.is_null() => Some(&[]),
            _ => None,
        }
    }

    /// The value of a key; of two equal keys the last counts.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, value)| value)
    }

    fn entry(&self, key: &str) -> Option<&(Node, Node)> {
        self.entries()?.iter().rev().find(|(name, _)| name.text() == Some(key))
    }

    fn entry_mut(&mut self, key: &str) -> Option<&mut (Node, Node)> {
        match &mut self.value {
            Value::Mapping(entries) => {
                entries.iter_mut().rev().find(|(name, _)| name.text() == Some(key))
            }
            _ => None,
        }
    }

    /// Sets a key of a mapping; null becomes a mapping.
    fn set(&mut self, key: &str, value: Node) {
        if let Some((_, old)) = self.entry_mut(key) {
            *old = value;
            return;
        }
        let key = Node::new(Value::Scalar { text: key.to_owned(), plain: true, tag: None });
        match &mut self.value {
            Value::Mapping(entries) => entries.push((key, value)),
            Value::Scalar { .. } | Value::Sequence(_) => {
                self.value = Value::Mapping(vec![(key, value)]);
            }
        }
    }
}

/// Reads the first document of a text; nothing at all is null.
pub(super) fn parse(text: &str) -> Result<Node, Damage> {
    Builder { parser: Parser::new_from_str(text), anchors: HashMap::new(), nodes: 0 }.document()
}

struct Builder<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
}

impl<'a> Builder<'a> {
    fn document(mut self) -> Result<Node, Damage> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
                Event::StreamEnd | Event::DocumentEnd => return Ok(Node::scalar(None)),
                event => {
                    let node = self.node(event, span)?;
                    // What follows may be broken too.
                    while self.next()?.0 != Event::StreamEnd {}
                    return Ok(node);
                }
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Damage> {
        match self.parser.next_event() {
            Some(next) => next.map_err(|err| damage(&err)),
            None => Err(Damage { line: 1, text: "it ends too early".to_owned() }),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span) -> Result<Node, Damage> {
        self.count(1, span)?;
        let (value, anchor, end) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let tag = tag.map(|tag| tag.to_string());
                (Value::Scalar { text: text.into_owned(), plain, tag }, anchor, span.end)
            }
            Event::SequenceStart(anchor, _) => {
                let mut items = Vec::new();
                let end = loop {
                    let (event, span) = self.next()?;
                    if event == Event::SequenceEnd {
                        break span.end;
                    }
                    items.push(self.node(event, span)?);
                };
                (Value::Sequence(items), anchor, end)
            }
            Event::MappingStart(anchor, _) => {
                let mut entries = Vec::new();
                let end = loop {
                    let (event, span) = self.next()?;
                    if event == Event::MappingEnd {
                        break span.end;
                    }
                    let key = self.node(event, span)?;
                    let (event, span) = self.next()?;
                    entries.push((key, self.node(event, span)?));
                };
                (Value::Mapping(entries), anchor, end)
            }
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned();
                let node = node.ok_or_else(|| at(span, "an alias names what is not there"))?;
                self.count(size(&node), span)?;
                (node.value, 0, span.end)
            }
            _ => return Err(at(span, "a value was expected")),
        };
        let (start, column) = (span.start.index(), span.start.col());
        let node = Node { value, start, end: end.index(), column };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn count(&mut self, nodes: usize, span: Span) -> Result<(), Damage> {
        self.nodes += nodes;
        if self.nodes > NODES_MAX { Err(at(span, "it is too big")) } else { Ok(()) }
    }
}

fn size(node: &Node) -> usize {
    match &node.value {
        Value::Scalar { .. } => 1,
        Value::Sequence(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Mapping(entries) => {
            1 + entries.iter().map(|(key, value)| size(key) + size(value)).sum::<usize>()
        }
    }
}

fn damage(err: &ScanError) -> Damage {
    Damage { line: err.marker().line(), text: err.info().to_owned() }
}

fn at(span: Span, text: &str) -> Damage {
    Damage { line: span.start.line(), text: text.to_owned() }
}

/// The text with the changes made, comments and order kept where that is possible.
pub(super) fn edit(text: &str, changes: &[Change]) -> Result<String, Damage> {
    let mut text = text.to_owned();
    for change in changes {
        let tree = parse(&text)?;
        let mut wanted = tree.clone();
        let mut section = tree.get(change.section).cloned().unwrap_or_else(|| Node::scalar(None));
        section.set(change.key, Node::scalar(change.text.as_deref()));
        wanted.set(change.section, section);
        let candidate = in_place(&text, &tree, change);
        text = match candidate {
            Some(candidate) if parse(&candidate).as_ref() == Ok(&wanted) => candidate,
            _ => dump(&wanted),
        };
        // Tags of one's own and keys that are no scalars may come out differently.
        if parse(&text).as_ref() != Ok(&wanted) {
            return Err(Damage { line: 1, text: "it is too strange to be rewritten".to_owned() });
        }
    }
    Ok(text)
}

/// The text with one scalar exchanged or one line more, if that can be done.
fn in_place(text: &str, tree: &Node, change: &Change) -> Option<String> {
    let quoted = quote(change.text.as_deref());
    let Some((section_key, section)) = tree.entry(change.section) else {
        let line = format!("{}:\n  {}: {quoted}\n", change.section, change.key);
        let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return Some(format!("{text}{newline}{line}"));
    };
    if section.is_null() {
        let line = format!("\n  {}: {quoted}", change.key);
        return replace(text, section_key, section, &line);
    }
    if let Some((key, value)) = section.entry(change.key) {
        return replace(text, key, value, &format!(" {quoted}"));
    }
    let (first, _) = section.entries()?.first()?;
    let (_, last) = section.entries()?.last()?;
    let chars: Vec<char> = text.chars().collect();
    let line_end = (last.end..chars.len()).find(|&at| chars[at] == '\n').unwrap_or(chars.len());
    let line = format!("\n{}{}: {quoted}", " ".repeat(first.column), change.key);
    Some(splice(&chars, line_end, line_end, &line))
}

/// Puts another text after the colon of a key, in place of the value.
fn replace(text: &str, key: &Node, value: &Node, with: &str) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let colon = (key.end..chars.len()).find(|&at| chars[at] == ':')?;
    let end = if value.is_null() && value.end <= colon { colon + 1 } else { value.end };
    // A value that stands on another line, or has an anchor, is left to the slow way.
    let between: String = chars.get(colon + 1..value.start.max(colon + 1))?.iter().collect();
    between.trim_matches(' ').is_empty().then(|| splice(&chars, colon + 1, end, with))
}

fn splice(chars: &[char], start: usize, end: usize, with: &str) -> String {
    let mut text: String = chars[..start].iter().collect();
    text.push_str(with);
    text.extend(&chars[end..]);
    text
}

/// A scalar that is a text to every reader, or null.
fn quote(text: Option<&str>) -> String {
    match text {
        None => "null".to_owned(),
        Some(text) if text.chars().any(char::is_control) => double_quoted(text),
        Some(text) => format!("'{}'", text.replace('\'', "''")),
    }
}

fn double_quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// The whole tree as a new file.
fn dump(tree: &Node) -> String {
    let mut text = String::new();
    write_block(&mut text, tree, 0);
    text
}

fn write_block(text: &mut String, node: &Node, indent: usize) {
    let pad = " ".repeat(indent);
    match &node.value {
        Value::Mapping(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                text.extend([pad.as_str(), &inline(key), ":"]);
                write_value(text, value, indent);
            }
        }
        Value::Sequence(items) if !items.is_empty() => {
            for item in items {
                text.extend([pad.as_str(), "-"]);
                write_value(text, item, indent);
            }
        }
        _ => text.extend([pad.as_str(), &inline(node), "\n"]),
    }
}

fn write_value(text: &mut String, value: &Node, indent: usize) {
    let is_block = match &value.value {
        Value::Mapping(entries) => !entries.is_empty(),
        Value::Sequence(items) => !items.is_empty(),
        Value::Scalar { .. } => false,
    };
    if is_block {
        text.push('\n');
        write_block(text, value, indent + 2);
    } else {
        text.extend([" ", &inline(value), "\n"]);
    }
}

/// A node on one line; keys that are no scalars are written in the flow form.
fn inline(node: &Node) -> String {
    match &node.value {
        Value::Scalar { text, plain, tag } => {
            let tag = tag.as_ref().map_or(String::new(), |tag| format!("{tag} "));
            // A plain scalar over several lines has become one line; it stays plain only if it
            // was nothing special.
            let body = if *plain { text.clone() } else { quote(Some(text)) };
            format!("{tag}{body}")
        }
        Value::Sequence(items) => {
            format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        Value::Mapping(entries) => {
            let entries =
                entries.iter().map(|(key, value)| format!("{}: {}", inline(key), inline(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;
    use proptest::prelude::*;

    fn token(text: &str) -> Change {
        Change { section: "auth", key: "access_token", text: Some(text.to_owned()) }
    }

    fn edited(text: &str) -> String {
        edit(text, &[token("Ew'B4=")]).unwrap()
    }

    #[test]
    fn only_the_value_changes() {
        let text = "# mine\nclient:\n  id: 000123  # raw\n  secret: x\nauth:\n  access_token: old # tail\n  code: c\nmore: [1, 2]\n";
        assert_snapshot!(edited(text), @r"
        # mine
        client:
          id: 000123  # raw
          secret: x
        auth:
          access_token: 'Ew''B4=' # tail
          code: c
        more: [1, 2]
        ");
    }

    #[test]
    fn missing_keys_and_sections_are_added() {
        assert_snapshot!(edited("client:\n  id: a"), @r"
        client:
          id: a
        auth:
          access_token: 'Ew''B4='
        ");
        assert_snapshot!(edited("auth:\n    code: c # here\nclient: {id: a}\n"), @r"
        auth:
            code: c # here
            access_token: 'Ew''B4='
        client: {id: a}
        ");
        assert_snapshot!(edited("auth:\nclient: {id: a}\n"), @r"
        auth:
          access_token: 'Ew''B4='
        client: {id: a}
        ");
        assert_snapshot!(edited("auth:\n  access_token:\n  code: c\n"), @r"
        auth:
          access_token: 'Ew''B4='
          code: c
        ");
        assert_snapshot!(edited(""), @r"
        auth:
          access_token: 'Ew''B4='
        ");
    }

    #[test]
    fn strange_files_are_edited_too() {
        assert_snapshot!(edited("{auth: {code: 1e3}, list: [a, {b: c}]}"), @r"
        auth:
          code: 1e3
          access_token: 'Ew''B4='
        list:
          - a
          -
            b: c
        ");
        assert_snapshot!(edited("x: &a\n  k: 007\nauth:\n  <<: *a\n  access_token: &t\n    long\n    token\n"), @r"
        x: &a
          k: 007
        auth:
          <<: *a
          access_token: 'Ew''B4='
        ");
    }

    #[test]
    fn damage_is_told_with_its_line() {
        let told = |text| {
            let damage = parse(text).unwrap_err();
            format!("{}: {}", damage.line, damage.text)
        };
        assert_snapshot!(told("a: b\nc: [d\n"), @"3: while parsing a flow sequence, expected ',' or ']'");
        assert_snapshot!(told("a: b\n\tc: 'x\n"), @"1: while scanning a plain scalar, found a tab");
        assert_snapshot!(told("a: b\n c: d\n"), @"2: mapping values are not allowed in this context");
        assert_snapshot!(told("a: 'b\nc: d\n"), @"1: invalid indentation in quoted scalar");
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n";
        assert_eq!(parse(bomb).unwrap_err().text, "it is too big");
    }

    proptest! {
        /// Whatever the token and wherever it goes, it comes back, and all else stays.
        #[test]
        fn what_is_set_is_read(
            token in "\\PC{0,40}|[\\x00-\\x7f]{0,20}",
            file in prop::sample::select(vec![
                "", "a: b\n", "auth: {}\n", "auth: ~\na: b", "--- \nauth:\n  x: |\n   block\n  access_token: >\n   folded\n   text\nz: 1\n...\n",
                "auth:\n  access_token: \"q\"\n  # c\nz: {y: [1, 'é']}\n",
            ]),
        ) {
            let change = Change { section: "auth", key: "access_token", text: Some(token.clone()) };
            let before = parse(file).unwrap();
            let after = parse(&edit(file, &[change]).unwrap()).unwrap();
            prop_assert_eq!(after.get("auth").unwrap().get("access_token").unwrap().text(), Some(token.as_str()));
            for key in ["a", "z"] {
                prop_assert_eq!(before.get(key), after.get(key));
            }
        }
    }
}
