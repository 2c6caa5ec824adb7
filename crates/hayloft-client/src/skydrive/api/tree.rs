//! Everything below a folder: one request a folder, several at once.

use std::collections::{HashSet, VecDeque};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;

use super::super::{Error, Object};
use super::Api;

/// A folder with all below it. The first node is the folder itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tree {
    /// Parents come before their children.
    pub nodes: Vec<TreeNode>,
}

/// An object of a tree.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TreeNode {
    /// The object.
    pub object: Object,
    /// Its children, by their place in the tree.
    pub children: Vec<usize>,
}

impl Tree {
    /// The folder itself, if there is a tree at all.
    pub fn root(&self) -> Option<&TreeNode> {
        self.nodes.first()
    }

    /// Every object but the root, with the names on the way to it.
    pub fn paths(&self) -> Vec<(Vec<&str>, &Object)> {
        let mut paths = Vec::with_capacity(self.nodes.len());
        let mut waiting = vec![(0, Vec::new())];
        while let Some((place, way)) = waiting.pop() {
            let Some(node) = self.nodes.get(place) else { continue };
            for child in &node.children {
                let object = &self.nodes[*child].object;
                let mut way = way.clone();
                way.push(object.name());
                paths.push((way.clone(), object));
                waiting.push((*child, way));
            }
        }
        paths
    }
}

impl Api {
    /// Reads everything below a folder, so many folders at once.
    pub async fn tree(&self, folder: Object, at_once: usize) -> Result<Tree, Error> {
        let mut seen = HashSet::from([folder.id().to_owned()]);
        let mut tree = Tree { nodes: vec![TreeNode { object: folder, children: Vec::new() }] };
        let mut waiting = VecDeque::from([0]);
        let mut reading = FuturesUnordered::new();
        loop {
            while reading.len() < at_once.max(1)
                && let Some(place) = waiting.pop_front()
            {
                let id = tree.nodes[place].object.id().to_owned();
                reading.push(async move { (place, self.wrapper.listdir(&id, None, None).await) });
            }
            let Some((place, listing)) = reading.next().await else { return Ok(tree) };
            for object in listing?.data {
                let child = tree.nodes.len();
                // A folder that is met again, such as a share inside itself, is not entered again.
                if object.is_folder() && seen.insert(object.id().to_owned()) {
                    waiting.push_back(child);
                }
                tree.nodes[place].children.push(child);
                tree.nodes.push(TreeNode { object, children: Vec::new() });
            }
        }
    }
}
