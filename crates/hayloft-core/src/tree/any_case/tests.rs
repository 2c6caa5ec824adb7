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
        let found = self.read(move |tx, ann| namesake(tx, ann, &asked, None));
        found.map_or_else(|err| Some(err.to_string()), |view| Some(view?.path.to_string()))
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
        assert_eq!(world.namesake_of("/Readme").as_deref(), Some("the name `Readme` is taken"));
        assert_eq!(world.namesake_of("/readme").as_deref(), Some("/readme"));
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

#[test]
fn several_folders_that_differ_by_case_are_none() {
    for world in World::all(&["a/", "A/", "b/"]) {
        assert_eq!(world.newcomer("/A/x"), "/A/x", "the exact one");
        let asked = path("/b/x");
        assert!(world.read(move |tx, ann| newcomer_path(tx, ann, &asked)).is_ok());
    }
    for world in World::all(&["aB/", "Ab/"]) {
        let asked = path("/AB/x");
        let refused = world.read(move |tx, ann| newcomer_path(tx, ann, &asked));
        assert_eq!(refused.unwrap_err().to_string(), "the name `AB` is taken");
    }
}

#[test]
fn what_moves_is_not_in_its_own_way() {
    for world in World::all(&["f/one", "f/Two", "f/TWO"]) {
        let moving = |from: &str, to: &str| {
            let (from, to) = (path(from), path(to));
            let found = world.read(move |tx, ann| {
                let itself = resolve_any_case(tx, ann, &from)?;
                namesake(tx, ann, &to, Some(&itself))
            });
            found.map_or_else(|err| Some(err.to_string()), |view| Some(view?.path.to_string()))
        };
        assert_eq!(moving("/f/one", "/f/ONE"), None);
        assert_eq!(moving("/f/Two", "/f/two").as_deref(), Some("/f/TWO"), "the other one is");
    }
}

#[test]
fn the_first_free_number_is_found_at_once() {
    let mut names = vec!["f/a.txt".to_owned(), "f/a (x).txt".to_owned(), "f/a (01).txt".to_owned()];
    names.extend(
        (1..=40).filter(|number| *number != 37).map(|number| format!("f/A ({number}).TXT")),
    );
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for world in World::all(&names) {
        assert_eq!(world.free("/f/a.txt", true), "/f/a (37).txt");
        assert_eq!(world.free("/f/a (2).txt", true), "/f/a (2) (1).txt");
        assert_eq!(world.free("/f/a.txt", false), "/f/a.txt (1)");
    }
    let long = format!("f/{}", "x".repeat(255));
    let shortened = format!("f/{} (1)", "X".repeat(251));
    for world in World::all(&[&long, &shortened]) {
        let free = world.free(&format!("/{long}"), true);
        assert_eq!(free, format!("/f/{} (2)", "x".repeat(251)));
    }
}
