//! `ls` and `search`.

use hayloft_client::skydrive::Object;

use super::super::cli::{Ls, Search};
use super::super::failure::Failure;
use super::super::item::Item;
use super::super::session::Session;

pub(super) async fn ls(session: &Session, args: Ls) -> Result<(), Failure> {
    let range = Range::parse(args.range.as_deref())?;
    let api = session.api()?;
    let id = session.resolve(&api, args.folder.as_deref()).await?;
    let mut listed = api.listdir(&id, None, range.limit, range.offset).await?;
    listed.sort_by(|a, b| a.name().cmp(b.name()));
    session.print(&shown(listed, args.objects))
}

pub(super) async fn search(session: &Session, args: Search) -> Result<(), Failure> {
    let range = Range::parse(args.range.as_deref())?;
    let query = session.text(&args.query)?;
    let api = session.api()?;
    let found = api.wrapper().search(&query, range.limit, range.offset).await?;
    session.print(&shown(found.data, args.objects))
}

/// Whole objects, or their names.
fn shown(objects: Vec<Object>, whole: bool) -> Item {
    if whole {
        return super::objects(objects);
    }
    Item::List(objects.iter().map(|object| Item::text(object.name())).collect())
}

/// A part of a listing: `LIMIT` or `OFFSET-LIMIT`, either of which may be left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Range {
    offset: Option<u64>,
    limit: Option<u64>,
}

impl Range {
    fn parse(text: Option<&str>) -> Result<Self, Failure> {
        let Some(text) = text else { return Ok(Self::default()) };
        let wrong =
            || Failure::value(format!("`{text}` is no range; it should be LIMIT or OFFSET-LIMIT"));
        let number = |text: &str| match text.trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| wrong()),
        };
        let range = match text.split_once(['-', ':']) {
            Some((offset, limit)) => Self { offset: number(offset)?, limit: number(limit)? },
            None => Self { offset: None, limit: number(text)? },
        };
        if range == Self::default() { Err(wrong()) } else { Ok(range) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_may_be_open() {
        for (text, offset, limit) in [
            ("10", None, Some(10)),
            ("5-10", Some(5), Some(10)),
            ("5:10", Some(5), Some(10)),
            ("5-", Some(5), None),
            ("-5", None, Some(5)),
        ] {
            assert_eq!(Range::parse(Some(text)).unwrap(), Range { offset, limit }, "{text}");
        }
        for text in ["", "-", "x", "1-2-3", "1.5"] {
            assert!(Range::parse(Some(text)).is_err(), "{text}");
        }
    }
}
