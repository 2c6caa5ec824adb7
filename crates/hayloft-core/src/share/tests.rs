//! What shares promise, on every database engine. Ann shares, bob and eve are shared with.

use std::sync::Arc;

use hayloft_store::Tx;

use super::{
    MemberStatus, accept, decline, incoming, invite, leave, members, outgoing, remove_member,
    unshare,
};
use crate::{
    Actor, Error, Name, NodePath, Result, Settings, Subject,
    account::Login,
    archive,
    event::{FEED_MAX, FeedFilter, feed},
    search::{Query, QueryKind, search},
    testing::World,
    trash,
    tree::{self, DeleteOptions, ListOptions, Order, View},
    upload, usage, version,
};

fn path(text: &str) -> NodePath {
    NodePath::parse(text).unwrap()
}

fn login(name: &str) -> Login {
    Login::parse(&format!("email:{name}@example.com")).unwrap()
}

/// Ann's world with bob and eve in it.
struct Shared {
    world: World,
    bob: Actor,
    eve: Actor,
}

impl Shared {
    fn all(paths: &[&str]) -> Vec<Self> {
        let with_others = |world: World| {
            let (bob, eve) = (world.account("bob"), world.account("eve"));
            Self { world, bob, eve }
        };
        World::all(paths).into_iter().map(with_others).collect()
    }

    fn write<T, F>(&self, who: &Actor, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>, &Actor, &Settings) -> Result<T> + Send + 'static,
    {
        let (who, settings) = (who.clone(), Arc::clone(&self.world.core.settings));
        self.world.wait(self.world.core.db.write(move |tx| work(tx, &who, &settings)))
    }

    fn ann(&self) -> Actor {
        self.world.ann.clone()
    }

    fn invite(&self, at: &'static str, who: &'static str, writer: bool) -> Result<String> {
        let work = move |tx: &mut Tx<'_>, ann: &Actor, _: &Settings| {
            invite(tx, ann, &path(at), &login(who), writer, "").map(|member| member.hash)
        };
        self.write(&self.ann(), work)
    }

    fn take(&self, who: &Actor, hash: &str) -> Result<View> {
        let hash = hash.to_owned();
        self.write(who, move |tx, who, _| accept(tx, who, &hash, None))
    }

    /// Shares a folder of ann's with bob, who takes it.
    fn with_bob(&self, at: &'static str, writer: bool) -> View {
        let hash = self.invite(at, "bob", writer).unwrap();
        self.take(&self.bob, &hash).unwrap()
    }

    fn with_eve(&self, at: &'static str, writer: bool) -> View {
        let hash = self.invite(at, "eve", writer).unwrap();
        self.take(&self.eve, &hash).unwrap()
    }

    /// Uploads a file as somebody.
    fn put(&self, who: &Actor, at: &str, content: &str) -> Result<()> {
        let id = upload::UploadId::new(0);
        let ticket = upload::Ticket {
            upload: id.clone(),
            account: who.account,
            size: None,
            room: u64::MAX,
            part: None,
        };
        let body = crate::testing::body(content.as_bytes());
        self.world.wait(upload::receive(&self.world.core, &ticket, body))?;
        let confirm = upload::ConfirmUpload {
            id,
            path: path(at),
            overwrite: true,
            expected_version: None,
            make_parents: true,
            size: None,
            md5: None,
            client: tree::ClientData::default(),
        };
        self.world.wait(upload::confirm(&self.world.core, who, &confirm)).map(drop)
    }

    fn mkdir(&self, who: &Actor, at: &'static str) -> Result<()> {
        self.write(who, move |tx, who, _| tree::ensure_folder(tx, who, &path(at)).map(drop))
    }

    fn go(&self, who: &Actor, from: &'static str, to: &'static str) -> Result<View> {
        self.write(who, move |tx, who, rules| {
            tree::move_to(tx, who, rules, &path(from), &path(to), false)
        })
    }

    fn delete(&self, who: &Actor, at: &'static str) -> Result<View> {
        self.write(who, move |tx, who, _| {
            tree::delete(tx, who, &path(at), DeleteOptions::default())
        })
    }

    fn view(&self, who: &Actor, at: &'static str) -> Result<View> {
        self.write(who, move |tx, who, _| tree::resolve(tx, who, &path(at)))
    }

    /// All that somebody sees, folders with a final slash.
    fn draw(&self, who: &Actor) -> String {
        let drawn = self.write(who, |tx, who, _| {
            let root = tree::resolve(tx, who, &NodePath::root())?;
            let mut drawn = Vec::new();
            tree::walk(tx, who, &root.node, |_, entry| {
                if !entry.path.is_root() {
                    let end = if entry.node.is_folder() { "/" } else { "" };
                    drawn.push(format!("{}{end}", &entry.path.as_str()[1..]));
                }
                Ok::<_, Error>(())
            })?;
            Ok(drawn)
        });
        let mut drawn = drawn.unwrap();
        drawn.sort();
        drawn.join(" ")
    }

    /// The feed of somebody, oldest first.
    fn story(&self, who: &Actor) -> String {
        let filter = FeedFilter { limit: FEED_MAX, ..FeedFilter::default() };
        let events = self.write(who, move |tx, who, _| feed(tx, who, &filter)).unwrap();
        let told = events.into_iter().rev().map(|event| {
            let from = event.old_path.map_or_else(String::new, |old| format!("{old}->"));
            format!("{:?} {from}{}", event.kind, event.path)
        });
        told.collect::<Vec<_>>().join(", ")
    }

    /// Does what the jobs that were queued would do.
    fn destroy_what_left(&self) {
        let destroyed = self.write(&self.ann(), |tx, _, _| {
            let tops = tx.query(
                "SELECT n.id FROM node n WHERE n.parent_id IS NULL
                 AND NOT EXISTS (SELECT 1 FROM account a WHERE a.root_id = n.id)
                 AND NOT EXISTS (SELECT 1 FROM trash t WHERE t.node_id = n.id)",
                &[],
                |row| row.get(0),
            )?;
            for top in tops {
                assert!(trash::destroy_some(tx, top, 1000)?);
            }
            Ok(())
        });
        destroyed.unwrap();
    }

    fn change_number(&self, who: &Actor) -> i64 {
        self.write(who, |tx, who, _| Ok(usage::get(tx, who.account)?.change_number)).unwrap()
    }

    fn held(&self, who: &Actor) -> i64 {
        self.write(who, |tx, who, _| Ok(usage::get(tx, who.account)?.storage_bytes)).unwrap()
    }
}

fn refusal<T>(result: Result<T>) -> String {
    result.map(|_| "done").unwrap_err().to_string()
}

#[test]
fn an_invitation_is_taken_and_the_folder_appears() {
    for shared in Shared::all(&["docs/a.txt", "docs/sub/b.txt", "own.txt"]) {
        let hash = shared.invite("docs", "bob", false).unwrap();
        assert_eq!(hash.len(), 32);
        let asked = shared.write(&shared.bob, |tx, bob, _| incoming(tx, bob)).unwrap();
        assert_eq!(asked.len(), 1);
        assert_eq!((asked[0].name.as_str(), &*asked[0].owner_name), ("docs", "ann"));
        assert_eq!(asked[0].owner_login, "email:ann@example.com");
        assert_eq!((asked[0].status, &asked[0].mount), (MemberStatus::Waiting, &None));
        assert_eq!(shared.draw(&shared.bob), "", "nothing appears unasked");

        let mount = shared.take(&shared.bob, &hash).unwrap();
        assert_eq!(mount.path.as_str(), "/docs");
        assert!(mount.mount.is_some() && !mount.is_owner && !mount.writer && mount.shared);
        assert_eq!(shared.draw(&shared.bob), "docs/ docs/a.txt docs/sub/ docs/sub/b.txt");
        let again = shared.take(&shared.bob, &hash).unwrap();
        assert_eq!(again.mount, mount.mount, "once more answers the same");
        let asked = shared.write(&shared.bob, |tx, bob, _| incoming(tx, bob)).unwrap();
        assert_eq!(asked[0].mount, Some(path("docs")));

        let ann = shared.ann();
        let named = shared.write(&ann, |tx, ann, _| members(tx, ann, &path("docs"))).unwrap();
        assert_eq!(
            (named[0].login.as_str(), named[0].status),
            ("email:bob@example.com", MemberStatus::Accepted)
        );
        let given = shared.write(&ann, |tx, ann, _| outgoing(tx, ann)).unwrap();
        assert_eq!(given[0].path.as_str(), "/docs");
        assert!(shared.view(&ann, "docs").unwrap().shared);
        assert!(!shared.view(&ann, "docs/sub").unwrap().shared);
        shared.world.assert_sound();
    }
}

#[test]
fn what_cannot_be_shared_is_told_apart() {
    for shared in Shared::all(&["docs/in/a", "file"]) {
        insta::allow_duplicates! {
            insta::assert_snapshot!(refusal(shared.invite("/", "bob", false)), @"a whole tree cannot be shared");
            insta::assert_snapshot!(refusal(shared.invite("file", "bob", false)), @"a file cannot be shared");
            insta::assert_snapshot!(refusal(shared.invite("none", "bob", false)), @"no such folder");
            insta::assert_snapshot!(refusal(shared.invite("docs", "ann", false)), @"a folder cannot be shared with its owner");
            insta::assert_snapshot!(refusal(shared.invite("docs", "nobody", false)), @"no such account");
        }
        shared.with_bob("docs", true);
        let by_bob = |at: &'static str| {
            let eve = move |tx: &mut Tx<'_>, bob: &Actor, _: &Settings| {
                invite(tx, bob, &path(at), &login("eve"), false, "")
            };
            refusal(shared.write(&shared.bob, eve))
        };
        assert_eq!(by_bob("docs"), "what somebody else shares cannot be shared");
        assert_eq!(by_bob("docs/in"), "what somebody else shares cannot be shared");
        shared.mkdir(&shared.bob, "mine/deep").unwrap();
        shared.go(&shared.bob, "docs", "mine/deep/docs").unwrap();
        assert_eq!(by_bob("mine"), "a folder that somebody else shares lies in it");
    }
}

#[test]
fn a_reader_reads_and_a_writer_writes() {
    for shared in Shared::all(&["docs/a.txt"]) {
        shared.with_bob("docs", false);
        let bob = &shared.bob;
        let read_only = "no right to change this";
        assert_eq!(refusal(shared.put(bob, "docs/b.txt", "b")), read_only);
        assert_eq!(refusal(shared.put(bob, "docs/a.txt", "b")), read_only);
        assert_eq!(refusal(shared.mkdir(bob, "docs/new")), read_only);
        assert_eq!(refusal(shared.delete(bob, "docs/a.txt")), read_only);
        assert_eq!(refusal(shared.go(bob, "docs/a.txt", "docs/c.txt")), read_only);
        assert_eq!(refusal(shared.go(bob, "docs/a.txt", "c.txt")), read_only);

        // Once more changes what he may do.
        shared.invite("docs", "bob", true).unwrap();
        shared.put(bob, "docs/a.txt", "by bob").unwrap();
        shared.mkdir(bob, "docs/new").unwrap();
        shared.go(bob, "docs/a.txt", "docs/new/c.txt").unwrap();
        let ann = shared.ann();
        assert_eq!(shared.draw(&ann), "docs/ docs/new/ docs/new/c.txt");
        let seen = shared.view(&ann, "docs/new").unwrap();
        assert_eq!((seen.node.owner, seen.node.author), (ann.account, bob.account));
        assert_eq!(&*seen.author_name, "bob");
        shared.world.assert_sound();
    }
}

#[test]
fn strangers_and_former_members_see_nothing() {
    for shared in Shared::all(&["docs/a.txt"]) {
        let mount = shared.with_bob("docs", true);
        let id = shared.view(&shared.ann(), "docs/a.txt").unwrap().node.id;
        let seen = move |tx: &mut Tx<'_>, who: &Actor, _: &Settings| {
            crate::access::view(tx, who, id).map(|view| view.path.to_string())
        };
        assert_eq!(shared.write(&shared.bob, seen).unwrap(), "/docs/a.txt");
        assert_eq!(refusal(shared.write(&shared.eve, seen)), "no such file or folder");
        assert_eq!(refusal(shared.view(&shared.eve, "docs")), "no such file or folder");
        let (hash, ann) = (shared.invite("docs", "eve", true).unwrap(), shared.ann());
        assert_eq!(refusal(shared.take(&shared.bob, &hash)), "no such invitation");

        let eve = shared.eve.account;
        let refused =
            shared.write(&shared.bob, move |tx, bob, _| remove_member(tx, bob, &path("docs"), eve));
        assert_eq!(refusal(refused), "not allowed");
        let bob = shared.bob.account;
        shared.write(&ann, move |tx, ann, _| remove_member(tx, ann, &path("docs"), bob)).unwrap();
        assert_eq!(shared.draw(&shared.bob), "");
        assert_eq!(refusal(shared.write(&shared.bob, seen)), "no such file or folder");
        let entry = mount.mount.unwrap().node;
        let entry = move |tx: &mut Tx<'_>, who: &Actor, _: &Settings| {
            crate::access::view(tx, who, entry).map(drop)
        };
        assert_eq!(refusal(shared.write(&shared.bob, entry)), "no such file or folder");
        let hash = hash.clone();
        shared.write(&shared.eve, move |tx, eve, _| decline(tx, eve, &hash)).unwrap();
        assert!(!shared.view(&ann, "docs").unwrap().shared, "with the last one the share ends");
        shared.world.assert_sound();
    }
}

#[test]
fn a_mount_is_renamed_moved_and_left_for_oneself() {
    for shared in Shared::all(&["docs/a.txt"]) {
        shared.with_bob("docs", true);
        shared.with_eve("docs", false);
        let (ann, bob) = (shared.ann(), &shared.bob);
        let name = Name::parse("theirs").unwrap();
        let renamed = shared
            .write(bob, move |tx, bob, _| tree::rename(tx, bob, &path("docs"), &name))
            .unwrap();
        assert_eq!((renamed.name(), renamed.path.as_str()), ("theirs", "/theirs"));
        assert_eq!(renamed.node.name, "docs");
        shared.mkdir(bob, "in").unwrap();
        shared.go(bob, "theirs", "in/x").unwrap();
        assert_eq!(shared.draw(bob), "in/ in/x/ in/x/a.txt");
        assert_eq!(shared.draw(&shared.eve), "docs/ docs/a.txt");
        assert_eq!(shared.draw(&ann), "docs/ docs/a.txt");
        assert_eq!(refusal(shared.go(bob, "in", "in/x/in")), "a folder cannot go below itself");

        // The owner renames and moves it, and those who took it do not notice.
        shared.mkdir(&ann, "at").unwrap();
        shared.go(&ann, "docs", "at/papers").unwrap();
        assert_eq!(shared.draw(bob), "in/ in/x/ in/x/a.txt");

        let left = shared.delete(bob, "in/x").unwrap();
        assert!(left.is_deleted());
        assert_eq!(shared.draw(bob), "in/");
        let trash =
            shared.write(bob, |tx, bob, _| trash::list(tx, bob, &ListOptions::default())).unwrap();
        assert!(trash.entries.is_empty(), "what is left is not trashed");
        shared.write(&shared.eve, |tx, eve, _| leave(tx, eve, &path("docs"))).unwrap();
        assert_eq!(shared.draw(&ann), "at/ at/papers/ at/papers/a.txt");
        assert!(!shared.view(&ann, "at/papers").unwrap().shared);
        insta::allow_duplicates! {
            insta::assert_snapshot!(shared.story(bob), @"Created /docs, Renamed /docs->/theirs, Created /in, Moved /theirs->/in/x, Deleted /in/x");
            insta::assert_snapshot!(shared.story(&shared.eve), @"Created /docs, Deleted /docs");
        }
        shared.world.assert_sound();
    }
}

#[test]
fn a_mount_finds_a_free_name() {
    for shared in Shared::all(&["docs/a"]) {
        for number in 0..=10 {
            let at = if number == 0 { "docs".to_owned() } else { format!("docs ({number})") };
            let at = path(&at);
            shared
                .write(&shared.bob, move |tx, bob, _| tree::ensure_folder(tx, bob, &at).map(drop))
                .unwrap();
        }
        let hash = shared.invite("docs", "bob", true).unwrap();
        insta::allow_duplicates! {
            insta::assert_snapshot!(refusal(shared.take(&shared.bob, &hash)), @"there is no free name for the shared folder");
        }
        shared.delete(&shared.bob, "docs (3)").unwrap();
        assert_eq!(shared.take(&shared.bob, &hash).unwrap().path.as_str(), "/docs (3)");
    }
}

#[test]
fn the_owner_pays_and_owns_and_gets_the_trash() {
    for shared in Shared::all(&["top/docs/a.txt"]) {
        shared.with_bob("top/docs", true);
        let (ann, bob) = (shared.ann(), &shared.bob);
        let before = shared.held(&ann);
        shared.put(bob, "docs/b.txt", "12345").unwrap();
        assert_eq!((shared.held(&ann), shared.held(bob)), (before + 5, 0));
        shared.delete(bob, "docs/b.txt").unwrap();
        let trash =
            shared.write(&ann, |tx, ann, _| trash::list(tx, ann, &ListOptions::default())).unwrap();
        assert_eq!(trash.entries[0].path.as_str(), "/top/docs/b.txt");
        let item = trash.entries[0].node.id;
        let refused = shared.write(&shared.eve, move |tx, eve, _| {
            trash::restore_to(tx, eve, item, &path("b.txt"), false)
        });
        assert_eq!(refusal(refused), "no such item in the trash");
        // A collaborator who may write brings it back, also under another name.
        let back = shared
            .write(bob, move |tx, bob, _| {
                trash::restore_to(tx, bob, item, &path("docs/c.txt"), false)
            })
            .unwrap();
        assert_eq!(back.path.as_str(), "/docs/c.txt");
        assert_eq!(shared.draw(&ann), "top/ top/docs/ top/docs/a.txt top/docs/c.txt");
        shared.world.assert_sound();
    }
}

#[test]
fn a_move_to_another_owner_is_paid_by_that_one() {
    for shared in Shared::all(&["docs/a.txt", "docs/sub/b.txt", "docs/sub/deep/c.txt"]) {
        shared.with_bob("docs", true);
        shared.with_eve("docs", false);
        let (ann, bob) = (shared.ann(), &shared.bob);
        shared.put(&ann, "docs/a.txt", "second version").unwrap();
        let all = shared.held(&ann) + shared.held(bob);
        let star = shared.view(&ann, "docs/sub/b.txt").unwrap().node;

        shared.go(bob, "docs/sub", "mine").unwrap();
        assert_eq!(
            shared.draw(bob),
            "docs/ docs/a.txt mine/ mine/b.txt mine/deep/ mine/deep/c.txt"
        );
        assert_eq!(shared.draw(&ann), "docs/ docs/a.txt");
        let moved = shared.view(bob, "mine/b.txt").unwrap();
        assert!(moved.is_owner && moved.node.id != star.id);
        assert_eq!(moved.node.author, ann.account, "who moves it has not written it");
        shared.go(bob, "docs/a.txt", "a.txt").unwrap();
        shared.destroy_what_left();
        assert_eq!(shared.held(&ann), 0, "with it goes what was kept of it");
        assert_eq!(shared.held(bob), all - 10);
        let versions =
            shared.write(bob, |tx, bob, _| version::list(tx, bob, &path("a.txt"), 0, 10)).unwrap();
        assert_eq!(versions.len(), 1);

        shared.go(bob, "mine", "docs/back").unwrap();
        shared.destroy_what_left();
        assert_eq!(
            shared.draw(&ann),
            "docs/ docs/back/ docs/back/b.txt docs/back/deep/ docs/back/deep/c.txt"
        );
        insta::allow_duplicates! {
            insta::assert_snapshot!(shared.story(bob), @"Created /docs, NewContent /docs/a.txt, Moved /docs/sub->/mine, Moved /docs/a.txt->/a.txt, Moved /mine->/docs/back");
            insta::assert_snapshot!(shared.story(&shared.eve), @"Created /docs, NewContent /docs/a.txt, Deleted /docs/sub, Deleted /docs/a.txt, Created /docs/back, Created /docs/back/b.txt, Created /docs/back/deep/c.txt");
        }
        shared.world.assert_sound();
    }
}

#[test]
fn nothing_foreign_comes_into_a_share() {
    for shared in Shared::all(&["docs/a", "given/b", "own/c"]) {
        shared.with_bob("docs", true);
        shared.with_bob("given", true);
        shared.with_eve("own", true);
        let bob = &shared.bob;
        shared.mkdir(bob, "box").unwrap();
        shared.mkdir(bob, "mine").unwrap();
        let eve = |tx: &mut Tx<'_>, bob: &Actor, _: &Settings| {
            invite(tx, bob, &path("mine"), &login("eve"), true, "").map(drop)
        };
        shared.write(bob, eve).unwrap();
        insta::allow_duplicates! {
            insta::assert_snapshot!(refusal(shared.go(bob, "docs", "given/docs")), @"a shared folder cannot go into another shared folder");
            insta::assert_snapshot!(refusal(shared.go(bob, "docs", "mine/docs")), @"a shared folder cannot go into another shared folder");
            insta::assert_snapshot!(refusal(shared.go(bob, "mine", "docs/mine")), @"a shared folder cannot go into another shared folder");
        }
        shared.go(bob, "docs", "box/docs").unwrap();
        let foreign = "a folder that somebody else shares lies in it";
        assert_eq!(refusal(shared.go(bob, "box", "mine/box")), foreign);
        assert_eq!(refusal(shared.go(bob, "box", "given/box")), foreign);
        let copied = shared.write(bob, |tx, bob, rules| {
            tree::copy_to(tx, bob, rules, &path("box"), &path("given/box"), false)
        });
        assert_eq!(refusal(copied), foreign);
        // Into what is the own alone it is copied with all in it.
        shared
            .write(bob, |tx, bob, rules| {
                tree::copy_to(tx, bob, rules, &path("box"), &path("copy"), false)
            })
            .unwrap();
        assert_eq!(
            shared.draw(bob),
            "box/ box/docs/ box/docs/a copy/ copy/docs/ copy/docs/a given/ given/b mine/"
        );
        assert!(shared.view(bob, "copy/docs").unwrap().is_owner);
        shared.world.assert_sound();
    }
}

#[test]
fn of_two_shares_that_lead_to_a_folder_one_that_writes_is_enough() {
    for shared in Shared::all(&["docs/sub/deep/a"]) {
        shared.with_bob("docs", false);
        shared.with_bob("docs/sub", true);
        let bob = &shared.bob;
        assert_eq!(
            shared.draw(bob),
            "docs/ docs/sub/ docs/sub/deep/ docs/sub/deep/a sub/ sub/deep/ sub/deep/a"
        );
        shared.put(bob, "docs/sub/deep/b", "b").unwrap();
        shared.put(bob, "sub/c", "c").unwrap();
        assert_eq!(refusal(shared.put(bob, "docs/c", "c")), "no right to change this");
        // To write in it is not to take it out of the folder around it.
        assert_eq!(refusal(shared.delete(bob, "docs/sub")), "no right to change this");
        assert_eq!(refusal(shared.go(bob, "docs/sub", "docs/other")), "no right to change this");
        assert_eq!(
            refusal(shared.go(bob, "docs/sub/deep", "sub/deep/deep")),
            "a folder cannot go below itself"
        );
        let page = shared
            .write(bob, |tx, bob, _| {
                let folder = tree::resolve_folder(tx, bob, &path("docs"))?;
                tree::list(tx, bob, &folder, &ListOptions::default())
            })
            .unwrap();
        assert!(page.entries[0].writer && page.entries[0].mount.is_none());
        insta::allow_duplicates! {
            insta::assert_snapshot!(shared.story(bob), @"Created /docs, Created /sub, Created /docs/sub/deep/b, Created /sub/deep/b, Created /docs/sub/c, Created /sub/c");
        }
        shared.world.assert_sound();
    }
}

#[test]
fn everybody_is_told_with_the_own_path() {
    for shared in Shared::all(&["top/docs/a"]) {
        shared.with_bob("top/docs", true);
        let (ann, bob) = (shared.ann(), &shared.bob);
        shared.go(bob, "docs", "mine").unwrap();
        let (seen, old) = (shared.change_number(bob), shared.view(bob, "mine").unwrap().node);
        shared.put(&ann, "top/docs/b", "b").unwrap();
        assert!(shared.change_number(bob) > seen, "what is shared with him changed for him");
        assert!(shared.view(bob, "mine").unwrap().node.change_number > old.change_number);
        shared.go(bob, "mine/b", "mine/c").unwrap();
        shared.go(&ann, "top/docs/c", "c").unwrap();
        shared.go(&ann, "c", "top/docs/d").unwrap();
        shared.delete(bob, "mine/d").unwrap();
        shared.delete(&ann, "top").unwrap();
        insta::allow_duplicates! {
            insta::assert_snapshot!(shared.story(&ann), @"Created /top, Created /top/docs, Created /top/docs/a, Created /top/docs/b, Renamed /top/docs/b->/top/docs/c, Moved /top/docs/c->/c, Moved /c->/top/docs/d, Deleted /top/docs/d, Deleted /top");
            insta::assert_snapshot!(shared.story(bob), @"Created /docs, Renamed /docs->/mine, Created /mine/b, Renamed /mine/b->/mine/c, Deleted /mine/c, Created /mine/d, Deleted /mine/d, Deleted /mine");
        }
        shared.world.assert_sound();
    }
}

/// The listing that shows the entry of a share has another hash once the time of the folder, which
/// stands in it, is another.
#[test]
fn the_listing_around_a_mount_follows_the_shared_folder() {
    for shared in Shared::all(&["docs/sub/a"]) {
        shared.with_bob("docs", true);
        let bob = &shared.bob;
        let hash = || {
            let root = shared.view(bob, "/").unwrap();
            tree::listing_hash(&root, b"")
        };
        let before = hash();
        shared.put(&shared.ann(), "docs/sub/b", "b").unwrap();
        assert_eq!(hash(), before, "nothing that is listed there changed");
        shared.put(&shared.ann(), "docs/c", "c").unwrap();
        assert_ne!(hash(), before);
        let page = shared
            .write(bob, |tx, bob, _| {
                let root = tree::resolve_folder(tx, bob, &NodePath::root())?;
                tree::list(tx, bob, &root, &ListOptions::default())
            })
            .unwrap();
        let (listed, real) = (&page.entries[0], shared.view(&shared.ann(), "docs").unwrap());
        assert_eq!(listed.node, real.node);
        assert_eq!((listed.path.as_str(), &*listed.owner_name), ("/docs", "ann"));
    }
}

#[test]
fn the_end_of_a_share_takes_it_from_all() {
    for shared in Shared::all(&["docs/a", "docs/sub/b"]) {
        shared.with_bob("docs", true);
        shared.with_eve("docs/sub", true);
        let ann = shared.ann();
        let refused = shared.write(&shared.bob, |tx, bob, _| unshare(tx, bob, &path("docs")));
        assert_eq!(refusal(refused), "not allowed");
        shared.write(&ann, |tx, ann, _| unshare(tx, ann, &path("docs"))).unwrap();
        assert_eq!(shared.draw(&shared.bob), "");
        assert_eq!(shared.draw(&shared.eve), "sub/ sub/b");
        // What is deleted is shared no more, nor does it come back so.
        shared.delete(&ann, "docs").unwrap();
        assert_eq!(shared.draw(&shared.eve), "");
        shared.write(&ann, |tx, ann, _| trash::restore_item(tx, ann, "docs", true)).unwrap();
        assert!(!shared.view(&ann, "docs/sub").unwrap().shared);
        let missing = shared.write(&ann, |tx, ann, _| unshare(tx, ann, &path("docs/sub")));
        assert!(matches!(missing, Err(Error::NotFound(Subject::Member))));
        shared.world.assert_sound();
    }
}

#[test]
fn a_folder_that_holds_mounts_is_deleted_by_leaving_them() {
    for shared in Shared::all(&["docs/a"]) {
        shared.with_bob("docs", true);
        let bob = &shared.bob;
        shared.mkdir(bob, "box/in").unwrap();
        shared.go(bob, "docs", "box/in/docs").unwrap();
        shared.delete(bob, "box").unwrap();
        assert_eq!(shared.draw(bob), "");
        assert_eq!(shared.draw(&shared.ann()), "docs/ docs/a");
        assert!(!shared.view(&shared.ann(), "docs").unwrap().shared);
        shared.destroy_what_left();
        shared.world.assert_sound();
    }
}

#[test]
fn a_share_neither_replaces_nor_is_replaced() {
    for shared in Shared::all(&["docs/a"]) {
        shared.with_bob("docs", true);
        let bob = &shared.bob;
        shared.mkdir(bob, "box/docs").unwrap();
        let over = |from: &'static str, to: &'static str| {
            refusal(shared.write(bob, move |tx, bob, rules| {
                tree::move_node(tx, bob, rules, &path(from), &path(to), true)
            }))
        };
        let refused = "a shared folder neither replaces anything nor is it replaced";
        assert_eq!(over("docs", "box"), refused);
        assert_eq!(over("box/docs", "/"), refused);
    }
}

#[test]
fn search_archive_and_sums_go_through_a_mount() {
    for shared in Shared::all(&["docs/needle.txt", "docs/sub/needle.txt", "other/needle.txt"]) {
        shared.with_bob("docs", false);
        let bob = &shared.bob;
        let name = Name::parse("theirs").unwrap();
        shared.write(bob, move |tx, bob, _| tree::rename(tx, bob, &path("docs"), &name)).unwrap();
        let find = |text: &'static str| {
            let query = Query {
                text: text.to_owned(),
                kind: QueryKind::Any,
                below: None,
                offset: 0,
                limit: None,
                order: Order::default(),
            };
            let found = shared.write(bob, move |tx, bob, _| search(tx, bob, &query)).unwrap();
            let paths = found.entries.iter().map(|view| view.path.to_string());
            paths.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(find("needle"), "/theirs/needle.txt /theirs/sub/needle.txt");
        assert_eq!(
            (find("theirs"), find("docs"), find("sub")),
            ("/theirs".into(), String::new(), "/theirs/sub".into())
        );
        let sum =
            shared.write(bob, |tx, bob, _| tree::folder_info(tx, bob, &NodePath::root())).unwrap();
        assert_eq!((sum.files, sum.folders), (2, 2));
        let entries = shared
            .write(bob, |tx, bob, _| {
                let chosen = archive::choose(tx, bob, &[NodePath::root()])?;
                let made = archive::create(tx, bob, &chosen, None, false)?;
                Ok(archive::Plan::new(tx, bob, &made.archive)?.entry_count())
            })
            .unwrap();
        assert_eq!(entries, 4);
    }
}

/// What is shared with somebody is not his to publish: those who come by a link to his folder do
/// not pass.
#[test]
fn a_visitor_of_a_link_does_not_pass_through_a_mount() {
    for shared in Shared::all(&["docs/a"]) {
        shared.with_bob("docs", true);
        let bob = &shared.bob;
        shared.mkdir(bob, "box").unwrap();
        shared.go(bob, "docs", "box/docs").unwrap();
        shared.put(bob, "box/own", "own").unwrap();
        let root = shared.view(bob, "box").unwrap().node.id;
        let visitor = Actor::visiting(bob.clone(), root, None, crate::Rights::Full);
        assert_eq!(shared.draw(&visitor), "own");
        assert_eq!(refusal(shared.view(&visitor, "docs")), "no such file or folder");
        assert_eq!(refusal(shared.view(&visitor, "docs/a")), "no such file or folder");
        let page = shared
            .write(&visitor, |tx, visitor, _| {
                let root = tree::resolve_folder(tx, visitor, &NodePath::root())?;
                tree::list(tx, visitor, &root, &ListOptions::default())
            })
            .unwrap();
        assert_eq!(page.entries.len(), 1);
        shared.put(&visitor, "new", "by a visitor").unwrap();
        let made = shared.view(bob, "box/new").unwrap();
        assert_eq!((made.node.author.0, &*made.author_name), (0, "anonymous"));
        assert!(shared.story(bob).ends_with("Created /box/new"), "{}", shared.story(bob));
        let made = shared.write(&visitor, |tx, visitor, _| {
            let chosen = archive::choose(tx, visitor, &[NodePath::root()])?;
            let made = archive::create(tx, visitor, &chosen, None, false)?;
            Ok((archive::Plan::new(tx, visitor, &made.archive)?.entry_count(), made.archive.hash))
        });
        let (entries, hash) = made.unwrap();
        assert_eq!(entries, 3);
        let found = shared.write(bob, move |tx, _, _| archive::find(tx, &hash).map(drop));
        assert_eq!(refusal(found), "no such archive stream", "it was never published");
        shared.mkdir(bob, "box/sub").unwrap();
        shared.go(bob, "box/docs", "box/sub/docs").unwrap();
        let foreign = "a folder that somebody else shares lies in it";
        assert_eq!(refusal(shared.delete(&visitor, "sub")), foreign);
        let reader = Actor::visiting(bob.clone(), root, Some(&shared.eve), crate::Rights::ReadOnly);
        assert_eq!(refusal(shared.put(&reader, "more", "")), "no right to change this");
    }
}

/// What `hayloft check` says of a share after each of these broke it.
#[test]
fn a_broken_share_is_found() {
    let broken = |sql: &'static str| {
        let shared = Shared::all(&["docs/a", "own/b"]).swap_remove(0);
        shared.with_bob("docs", true);
        let hash = shared.write(&shared.bob, |tx, bob, _| Ok(incoming(tx, bob)?.remove(0).hash));
        shared.write(&shared.ann(), move |tx, _, _| Ok(tx.execute(sql, &[])?)).unwrap();
        let mut found = Vec::new();
        let checked =
            crate::check::run(&shared.world.core, |finding| found.push(finding.to_string()));
        shared.world.wait(checked).unwrap();
        found.join("\n").replace(&hash.unwrap(), "HASH")
    };
    insta::assert_snapshot!(broken("UPDATE share SET node_id = 99"), @r"
    damage: share 99 is of no folder of its owner's tree
    damage: share 99 is with nobody
    damage: invitation `HASH` is to no share, to nobody, or to the owner
    ");
    insta::assert_snapshot!(broken("UPDATE share_member SET account_id = 77"), @r"
    damage: invitation `HASH` is to no share, to nobody, or to the owner
    damage: invitation `HASH` is accepted without an entry for it, or has one and is not
    ");
    insta::assert_snapshot!(broken("UPDATE share_member SET status = 0"), @"damage: invitation `HASH` is accepted without an entry for it, or has one and is not");
    insta::assert_snapshot!(broken("DELETE FROM share_member"), @r"
    damage: share 2 is with nobody
    damage: node 8 stands for a share that its owner has not accepted, or holds something itself
    ");
    insta::assert_snapshot!(broken("UPDATE node SET parent_id = (SELECT target_id FROM node WHERE target_id IS NOT NULL) WHERE target_id IS NOT NULL"), @r"
    damage: node 8 is in something that is no folder of the same owner
    damage: node 8 stands for a share, and lies in another
    ");
}

/// Whatever is done on both sides of a share: what bob sees of it is what ann has in it, nobody
/// holds what the other pays for, and every rule of the database holds.
#[test]
fn any_history_on_both_sides_is_sound() {
    use proptest::{prelude::*, sample::select, test_runner::TestRunner};

    let places = vec![
        "docs",
        "docs/a",
        "docs/b",
        "docs/a/c",
        "docs/b/a",
        "mine",
        "mine/a",
        "mine/docs",
        "a",
        "b",
    ];
    let place = || select(places.clone());
    let step = (any::<bool>(), 0..4u8, place(), place());
    let mut runner = TestRunner::new(ProptestConfig { cases: 24, ..ProptestConfig::default() });
    let history = prop::collection::vec(step, 1..16);
    let result = runner.run(&history, |steps| {
        for shared in Shared::all(&["docs/a/c", "docs/b", "a"]) {
            shared.with_bob("docs", true);
            shared.mkdir(&shared.bob, "mine").unwrap();
            for (by_bob, what, from, to) in &steps {
                let who = if *by_bob { shared.bob.clone() } else { shared.ann() };
                // A refusal is as good as a success: what counts is what is left.
                let _ = match what {
                    0 => shared.go(&who, from, to).map(drop),
                    1 => shared.delete(&who, from).map(drop),
                    2 => shared.put(&who, from, to),
                    _ => shared.write(&who, {
                        let (from, to) = (*from, *to);
                        move |tx, who, rules| {
                            tree::copy_to(tx, who, rules, &path(from), &path(to), true).map(drop)
                        }
                    }),
                };
            }
            let asked = shared.write(&shared.bob, |tx, bob, _| incoming(tx, bob)).unwrap();
            if let Some(mount) = asked.first().and_then(|one| one.mount.clone()) {
                let given = shared.write(&shared.ann(), |tx, ann, _| outgoing(tx, ann)).unwrap();
                let below = |drawn: String, top: &NodePath| {
                    let top = format!("{}/", &top.as_str()[1..]);
                    let inside = drawn.split(' ').filter_map(|one| one.strip_prefix(&top));
                    inside.collect::<Vec<_>>().join(" ")
                };
                let (his, hers) = (shared.draw(&shared.bob), shared.draw(&shared.ann()));
                prop_assert_eq!(below(his, &mount), below(hers, &given[0].path));
            }
            shared.destroy_what_left();
            shared.world.assert_sound();
        }
        Ok(())
    });
    result.unwrap();
}
