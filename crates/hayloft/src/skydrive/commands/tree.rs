//! `tree`.

use hayloft_client::skydrive::Tree;

use super::super::cli;
use super::super::failure::Failure;
use super::super::item::Item;
use super::super::session::Session;

pub(super) async fn tree(session: &Session, args: cli::Tree) -> Result<(), Failure> {
    let api = session.api()?;
    let folder = session.object(&api, args.folder.as_deref()).await?;
    if !folder.is_folder() {
        return Err(Failure::value(format!("`{}` is no folder", folder.name())));
    }
    let tree = api.tree(folder, args.jobs.into()).await?;
    session.print(&drawn(&tree, args.objects))
}

/// Names in names; a leaf is its type, or with `objects` its type and the object itself.
fn drawn(tree: &Tree, objects: bool) -> Item {
    // Children come after their parents, so from the end on they are ready when they are needed.
    let mut items: Vec<Option<Item>> = vec![None; tree.nodes.len()];
    for (place, node) in tree.nodes.iter().enumerate().rev() {
        let object = &node.object;
        let item = if object.is_folder() {
            let entry = |child: &usize| {
                let name = tree.nodes[*child].object.name().to_owned();
                items[*child].take().map(|item| (name, item))
            };
            Item::map(node.children.iter().filter_map(entry).collect())
        } else {
            let kind = Item::text(object.text("type").unwrap_or("file"));
            if objects { Item::List(vec![kind, object.0.clone().into()]) } else { kind }
        };
        items[place] = Some(item);
    }
    let root = items.first_mut().and_then(Option::take).unwrap_or(Item::None);
    let name = tree.root().map_or("", |node| node.object.name());
    Item::map(vec![(name.to_owned(), root)])
}

#[cfg(test)]
mod tests {
    use super::super::super::print::draw;
    use super::*;
    use hayloft_client::skydrive::{Object, TreeNode};
    use insta::assert_snapshot;
    use serde_json::{Map, json};

    fn node(name: &str, kind: &str, children: Vec<usize>) -> TreeNode {
        let fields = [("name".to_owned(), json!(name)), ("type".to_owned(), json!(kind))];
        TreeNode { object: Object(Map::from_iter(fields)), children }
    }

    #[test]
    fn names_stand_in_names() {
        let tree = Tree {
            nodes: vec![
                node("SkyDrive", "folder", vec![1, 2, 3]),
                node("Pics", "album", vec![4]),
                node("a", "file", vec![]),
                node("Empty", "folder", vec![]),
                node("i.jpg", "photo", vec![]),
            ],
        };
        assert_snapshot!(draw(&drawn(&tree, false), None), @r"
        SkyDrive:
          Empty:
          Pics:
            i.jpg: photo
          a: file
        ");
        assert_snapshot!(draw(&drawn(&tree, true), None), @r"
        SkyDrive:
          Empty:
          Pics:
            i.jpg:
              - photo
              - name: i.jpg
                type: photo
          a:
            - file
            - name: a
              type: file
        ");
    }
}
