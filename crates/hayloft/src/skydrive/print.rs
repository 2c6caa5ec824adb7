//! The printed form: like YAML, but with texts as they are.
//!
//! The Python tool wrote it by hand, so that a script can rely on it; so do we.

use super::item::Item;
use super::template::{Template, scalar};

/// Draws an item. With a template, mappings are drawn as that says; those it does not fit are
/// left out.
pub(super) fn draw(item: &Item, template: Option<&Template>) -> String {
    let mut text = String::new();
    Printer { text: &mut text, template }.item(item, "", "");
    text
}

struct Printer<'a> {
    text: &'a mut String,
    template: Option<&'a Template>,
}

const LEVEL: &str = "  ";

impl Printer<'_> {
    /// `first` stands before the first line, `indent` before the others.
    fn item(&mut self, item: &Item, first: &str, indent: &str) {
        match item {
            Item::List(items) => {
                let (mut first, below) = (first, format!("{indent}{LEVEL}"));
                for item in items {
                    self.item(item, &format!("{first}- "), &below);
                    first = indent;
                }
            }
            Item::Map(_) if self.template.is_some() => {
                if let Some(drawn) = self.template.and_then(|template| template.fill(item)) {
                    self.line(first, &drawn);
                }
            }
            Item::Map(entries) => {
                let mut first = first;
                for (key, value) in entries {
                    self.entry(key, value, first, indent);
                    first = indent;
                }
            }
            _ => self.line(first, &scalar(item)),
        }
    }

    fn entry(&mut self, key: &str, value: &Item, first: &str, indent: &str) {
        self.text.extend([first, key, ":"]);
        if matches!(value, Item::List(_) | Item::Map(_)) {
            self.text.push('\n');
            let below = format!("{indent}{LEVEL}");
            self.item(value, &below, &below);
        } else {
            self.line(" ", &scalar(value));
        }
    }

    fn line(&mut self, first: &str, rest: &str) {
        self.text.extend([first, rest, "\n"]);
    }
}

/// A size as `quota` tells it: the largest unit that the value exceeds, with one decimal.
pub(super) fn size(bytes: u64) -> String {
    let units = [(1_u64 << 40, 'T'), (1 << 30, 'G'), (1 << 20, 'M'), (1 << 10, 'K')];
    let (unit, name) = units.into_iter().find(|(unit, _)| bytes > *unit).unwrap_or((1, 'B'));
    // Whole numbers, halves to even, as Python rounds: exact at any size.
    let whole = u128::from(bytes) * 10;
    let (tenths, rest) = (whole / u128::from(unit), whole % u128::from(unit) * 2);
    let up = rest > u128::from(unit) || rest == u128::from(unit) && tenths % 2 == 1;
    let tenths = tenths + u128::from(up);
    format!("{}.{}{name}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    fn drawn(value: Value) -> String {
        draw(&value.into(), None)
    }

    #[test]
    fn the_form_is_that_of_the_reference() {
        let listing = json!([{"comments_count": 0, "type": "photo", "description": null, "name": "image1.jpg",
            "from": {"name": "Ada Example", "id": "5d2f8a91c4e07b36"}}]);
        assert_snapshot!(drawn(listing), @r"
        - comments_count: 0
          description: None
          from:
            id: 5d2f8a91c4e07b36
            name: Ada Example
          name: image1.jpg
          type: photo
        ");
        let tree = json!({"SkyDrive": {"Pics": {"image1.jpg": "photo"}, "Empty": {}, "Documents": {"README.txt": "file"}}});
        assert_snapshot!(drawn(tree), @r"
        SkyDrive:
          Documents:
            README.txt: file
          Empty:
          Pics:
            image1.jpg: photo
        ");
    }

    #[test]
    fn lists_in_lists_and_leaves_with_objects() {
        assert_snapshot!(drawn(json!([["a", "b"], [["c"]], {"k": ["x", {"y": 1, "z": true}]}])), @r"
        - - a
          - b
        - - - c
        - k:
            - x
            - y: 1
              z: True
        ");
        assert_snapshot!(drawn(json!({"README.txt": ["file", {"id": "file.1", "size": 3}]})), @r"
        README.txt:
          - file
          - id: file.1
            size: 3
        ");
    }

    #[test]
    fn nothing_is_printed_of_nothing() {
        assert_eq!(drawn(json!([])), "");
        assert_eq!(drawn(json!({})), "");
        assert_snapshot!(drawn(json!({"images": [], "from": {}, "x": ""})), @r"
        from:
        images:
        x: 
        ");
    }

    #[test]
    fn numbers_are_written_as_python_does() {
        let values =
            json!([1, -5, 43.5, 28.0, 1e16, 1.5e-7, 0.1, 123_456_789.0, 26_843_545_600_u64]);
        assert_snapshot!(drawn(values), @r"
        - 1
        - -5
        - 43.5
        - 28.0
        - 1e+16
        - 1.5e-07
        - 0.1
        - 123456789.0
        - 26843545600
        ");
    }

    #[test]
    fn equal_names_are_both_there() {
        let tree =
            Item::map(vec![("a".into(), Item::text("file")), ("a".into(), Item::text("photo"))]);
        assert_snapshot!(draw(&tree, None), @r"
        a: file
        a: photo
        ");
    }

    #[test]
    fn a_key_or_a_template_in_place_of_the_object() {
        let listing: Item =
            json!([{"name": "b", "size": 7, "from": {"id": "x"}}, {"size": 1}, "plain"]).into();
        let with = |spec: &str| draw(&listing, Some(&Template::parse(spec).unwrap()));
        assert_snapshot!(with("name"), @r"
        - b
        - plain
        ");
        assert_snapshot!(with("{0[name]!r:>5} {0[size]:03d} {0[from][id]}"), @r"
        -   'b' 007 x
        - plain
        ");
    }

    #[test]
    fn sizes_have_the_unit_they_exceed() {
        let sizes =
            [0, 1024, 1025, 1 << 20, (1 << 20) + 1, 26_741_112_320, 26_843_545_600, u64::MAX]
                .map(size);
        assert_snapshot!(sizes.join(" "), @"0.0B 1024.0B 1.0K 1024.0K 1.0M 24.9G 25.0G 16777216.0T");
    }
}
