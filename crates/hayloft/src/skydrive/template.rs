//! `-k`: a key, or a template in the language of Python's `str.format` with the object as its
//! only argument.

mod spec;

use self::spec::Spec;
use super::item::Item;

/// What is printed in place of an object.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Template {
    Key(String),
    Pieces(Vec<Piece>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Text(String),
    Field(Field),
}

/// `{0[from][id]!r:>20}`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    keys: Vec<String>,
    conversion: Option<char>,
    spec: Spec,
}

impl Template {
    /// Reads a spec; one without a brace is a key.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if !text.contains('{') {
            return Ok(Self::Key(text.to_owned()));
        }
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
                literal.push(c);
                rest = after;
            } else if let Some(after) = rest.strip_prefix('{') {
                let (field, after) =
                    after.split_once('}').ok_or_else(|| "a `{` without its `}`".to_owned())?;
                pieces.push(Piece::Text(std::mem::take(&mut literal)));
                pieces.push(Piece::Field(Field::parse(field)?));
                rest = after;
            } else if c == '}' {
                return Err("a `}` without its `{`".to_owned());
            } else {
                literal.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        pieces.push(Piece::Text(literal));
        Ok(Self::Pieces(pieces))
    }

    /// The template filled with an object; nothing if it does not fit.
    pub(super) fn fill(&self, object: &Item) -> Option<String> {
        match self {
            Self::Key(key) => object.get(key).map(scalar),
            Self::Pieces(pieces) => {
                let drawn = pieces.iter().map(|piece| match piece {
                    Piece::Text(text) => Some(text.clone()),
                    Piece::Field(field) => field.fill(object),
                });
                drawn.collect()
            }
        }
    }
}

impl Field {
    fn parse(text: &str) -> Result<Self, String> {
        let (text, spec) = text.split_once(':').unwrap_or((text, ""));
        let (text, conversion) = match text.split_once('!') {
            Some((text, "r")) => (text, Some('r')),
            Some((text, "s")) => (text, Some('s')),
            Some((_, other)) => return Err(format!("there is no conversion `!{other}`")),
            None => (text, None),
        };
        let (argument, mut rest) = text.split_at(text.find('[').unwrap_or(text.len()));
        if !matches!(argument, "" | "0") {
            return Err(format!("there is no argument `{argument}`, only 0"));
        }
        let mut keys = Vec::new();
        while !rest.is_empty() {
            let inner = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
            let (key, after) = inner.ok_or_else(|| format!("`{rest}` is no key in brackets"))?;
            keys.push(key.to_owned());
            rest = after;
        }
        Ok(Self { keys, conversion, spec: Spec::parse(spec)? })
    }

    fn fill(&self, object: &Item) -> Option<String> {
        let found = self.keys.iter().try_fold(object, |item, key| match item {
            Item::List(items) => items.get(key.parse::<usize>().ok()?),
            item => item.get(key),
        })?;
        match self.conversion {
            Some('r') => self.spec.text(&repr(found)),
            Some(_) => self.spec.text(&scalar(found)),
            None => self.spec.item(found),
        }
    }
}

/// An item as Python's `str` tells it.
pub(super) fn scalar(item: &Item) -> String {
    match item {
        Item::Text(text) => text.clone(),
        other => repr(other),
    }
}

/// An item as Python's `repr` tells it.
fn repr(item: &Item) -> String {
    match item {
        Item::None => "None".to_owned(),
        Item::Bool(true) => "True".to_owned(),
        Item::Bool(false) => "False".to_owned(),
        Item::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => float_repr(float),
            None => number.to_string(),
        },
        Item::Text(text) => text_repr(text),
        Item::List(items) => {
            format!("[{}]", items.iter().map(repr).collect::<Vec<_>>().join(", "))
        }
        Item::Map(entries) => {
            let entries =
                entries.iter().map(|(key, item)| format!("{}: {}", text_repr(key), repr(item)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Python writes exponents from 1e16 on and below 1e-4, with a sign and two digits.
fn float_repr(float: f64) -> String {
    let magnitude = float.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        let text = format!("{float:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(exponent) => ('-', exponent),
            None => ('+', exponent),
        };
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    format!("{float:?}")
}

fn text_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut quoted = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\\' => quoted.push_str("\\\\"),
            c if c == quote => quoted.extend(['\\', c]),
            c if c.is_ascii_control() => {
                quoted.extend(["\\x", &format!("{:02x}", u32::from(c))]);
            }
            c => quoted.push(c),
        }
    }
    quoted.push(quote);
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;
    use serde_json::json;

    fn filled(spec: &str) -> String {
        let object: Item =
            json!({"id": "file.1", "name": "it's", "size": 1_234_567, "x": 43.5, "none": null,
            "on": true, "from": {"name": "Ada", "id": "5d"}, "images": [{"width": 96}]})
            .into();
        match Template::parse(spec) {
            Ok(template) => template.fill(&object).unwrap_or_else(|| "(skipped)".to_owned()),
            Err(err) => format!("error: {err}"),
        }
    }

    #[test]
    fn fields_are_found() {
        assert_snapshot!(filled("name"), @"it's");
        assert_snapshot!(filled("from"), @"{'id': '5d', 'name': 'Ada'}");
        assert_snapshot!(filled("{0[from][id]}: {0[name]}"), @"5d: it's");
        assert_snapshot!(filled("{[id]}"), @"file.1");
        assert_snapshot!(filled("{0[images][0][width]}"), @"96");
        assert_snapshot!(filled("{{{0[none]}}} {0[on]}"), @"{None} True");
        assert_snapshot!(filled("{0[absent]}"), @"(skipped)");
        assert_snapshot!(filled("absent"), @"(skipped)");
    }

    #[test]
    fn conversions_and_widths() {
        assert_snapshot!(filled("{0[name]!r}|{0[id]!r}|{0[x]!s}"), @r#""it's"|'file.1'|43.5"#);
        assert_snapshot!(filled("[{0[id]:10}] [{0[id]:>10}] [{0[id]:*^10}] [{0[id]:.3}]"), @"[file.1    ] [    file.1] [**file.1**] [fil]");
        assert_snapshot!(filled("[{0[size]:10}] [{0[size]:<10d}] [{0[size]:,}] [{0[size]:010}] [{0[size]:x}] [{0[size]:+}]"), @"[   1234567] [1234567   ] [1,234,567] [0001234567] [12d687] [+1234567]");
        assert_snapshot!(filled("[{0[x]:8.2f}] [{0[x]:.0f}] [{0[size]:.1f}] [{0[x]:.1%}]"), @"[   43.50] [44] [1234567.0] [4350.0%]");
        assert_snapshot!(filled("{0[name]:d}"), @"(skipped)");
        assert_snapshot!(filled("{0[none]:>6}"), @"(skipped)");
    }

    #[test]
    fn what_is_no_template_is_told() {
        assert_snapshot!(filled("{0[id]"), @"error: a `{` without its `}`");
        assert_snapshot!(filled("{0[id]}}"), @"error: a `}` without its `{`");
        assert_snapshot!(filled("{1[id]}"), @"error: there is no argument `1`, only 0");
        assert_snapshot!(filled("{0.id}"), @"error: there is no argument `0.id`, only 0");
        assert_snapshot!(filled("{0[id]!a}"), @"error: there is no conversion `!a`");
        assert_snapshot!(filled("{0[id]:?}"), @"error: `?` is no format");
    }
}
