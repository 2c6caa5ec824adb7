//! Lookups without case, on every database engine.

use super::{free_path_any_case, namesake, newcomer_path, resolve_any_case};
use crate::{NodePath, account::Login, share, testing::World};

fn path(text: &str) -> NodePath {
    NodePath::parse(text).unwrap()
}

impl World {
    fn any_case(&self, text: &str) -> String {
        let asked = path(text);
        let found = self.read(move |tx, ann| resolve_any_case(tx, ann, &asked));
        found.map_or_else(|err| err.to_string(), |view| view.path.to_string())
    }

    fn newcomer(&self, text: &str) -> String {
        let asked = path(text);
        self.read(move |tx, ann| newcomer_path(tx, ann, &asked)).unwrap().to_string()
    }

    fn free(&self, text: &str, is_file: bool) -> String {
        let asked = path(text);
        let free = self.read(move |tx, ann| free_path_any_case(tx, ann, &asked, is_file));
        free.unwrap().to_string()
    }

    fn namesake_of(&self, text: &str) -> Option<String> {
        let asked = path(text);
        let found = self.read(move |tx, ann| namesake(tx, ann, &asked)).unwrap();
        found.map(|view| view.path.to_string())
    }
}

#[test]
fn the_exact_name_first_then_the_only_other() {
    for world in World::all(&["Docs/Plan.TXT", "docs2/", "a/x", "A/x", "Ünï/Й"]) {
        assert_eq!(world.any_case("/docs/plan.txt"), "/Docs/Plan.TXT");
        assert_eq!(world.any_case("/DOCS"), "/Docs");
        assert_eq!(world.any_case("/"), "/");
        assert_eq!(world.any_case("/A/X"), "/A/x");
        assert_eq!(world.any_case("/a/X"), "/a/x");
        assert_eq!(world.any_case("/ünÏ/й"), "/Ünï/Й");
        for missing in ["/doc", "/docs/plan.txt/x", "/docs/plan"] {
            assert_eq!(world.any_case(missing), "no such file or folder", "{missing}");
        }
    }
    for world in World::all(&["readme", "README"]) {
        assert_eq!(world.any_case("/Readme"), "no such file or folder", "which of the two?");
        assert_eq!(world.any_case("/README"), "/README");
        assert_eq!(world.namesake_of("/Readme").as_deref(), Some("/README"));
        assert_eq!(world.free("/Readme", true), "/Readme (1)");
    }
}

#[test]
fn a_newcomer_goes_by_the_names_that_are_there() {
    for world in World::all(&["Docs/Plan.txt", "Docs/plan (1).txt"]) {
        assert_eq!(world.newcomer("/docs/new/PLAN"), "/Docs/new/PLAN");
        assert_eq!(world.newcomer("/docs/plan.TXT"), "/Docs/plan.TXT");
        assert_eq!(world.free("/Docs/PLAN.txt", true), "/Docs/PLAN (2).txt");
        assert_eq!(world.free("/Docs/PLAN.txt", false), "/Docs/PLAN.txt (1)");
        assert_eq!(world.free("/none/x", true), "/none/x");
        assert_eq!(world.namesake_of("/Docs/PLAN.txt").as_deref(), Some("/Docs/Plan.txt"));
        assert_eq!(world.namesake_of("/Docs/other"), None);
        assert_eq!(world.namesake_of("/none/other"), None);
    }
}

#[test]
fn the_way_leads_through_shares() {
    for mut world in World::all(&["Given/Deep/File"]) {
        let bob = world.account("bob");
        let login = Login::parse("bob@example.com").unwrap();
        let hash = world.write(move |tx, ann, _| {
            share::invite(tx, ann, &path("/Given"), &login, true, "").map(|member| member.hash)
        });
        let (hash, guest) = (hash.unwrap(), bob.clone());
        world.write(move |tx, _, _| share::accept(tx, &guest, &hash, None).map(drop)).unwrap();
        let found =
            world.write(move |tx, _, _| resolve_any_case(tx, &bob, &path("/given/deep/FILE")));
        assert_eq!(found.unwrap().path.as_str(), "/Given/Deep/File");
        world.folder("x").unwrap();
    }
}
