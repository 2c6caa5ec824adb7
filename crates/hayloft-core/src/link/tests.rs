//! What public links promise, on every database engine. Ann publishes, bob is let write in her
//! share, eve comes by.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use hayloft_store::{Tx, params};

use super::*;
use crate::{
    NodePath, Rights, Settings, Subject,
    account::{self, Login, Password},
    archive,
    event::{FEED_MAX, FeedFilter, feed},
    share,
    testing::{HERE, World},
    trash,
    tree::{self, DeleteOptions, ListOptions, View},
};

const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
const SECRET: &str = "correct horse";

fn path(text: &str) -> NodePath {
    NodePath::parse(text).unwrap()
}

impl World {
    fn by<T, F>(&self, who: &Actor, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>, &Actor, &Settings) -> Result<T> + Send + 'static,
    {
        let (who, settings) = (who.clone(), Arc::clone(&self.core.settings));
        self.wait(self.core.db.write(move |tx| work(tx, &who, &settings)))
    }

    fn publish_as(
        &self,
        who: &Actor,
        at: &'static str,
        kind: LinkKind,
        options: &LinkOptions,
    ) -> Result<(View, Link)> {
        let options = options.clone();
        self.by(who, move |tx, who, _| create(tx, who, &path(at), kind, &options))
    }

    fn publish(&self, at: &'static str) -> Link {
        let ann = self.ann.clone();
        self.publish_as(&ann, at, LinkKind::Read, &LinkOptions::default()).unwrap().1
    }

    fn publish_with(&self, at: &'static str, options: &LinkOptions) -> Result<Link> {
        let ann = self.ann.clone();
        self.publish_as(&ann, at, LinkKind::Read, options).map(|(_, link)| link)
    }

    /// What the link shows, or why it does not.
    fn opened(&self, hash: &str) -> String {
        let hash = hash.to_owned();
        let found = self.read(move |tx, _| {
            let (_, visitor) = open(tx, &hash, None, None)?;
            let top = tree::resolve(tx, &visitor, &NodePath::root())?;
            if !top.node.is_folder() {
                return Ok(top.name().to_owned());
            }
            let listing = tree::list(tx, &visitor, &top, &ListOptions::default())?;
            let names = listing.entries.iter().map(|view| format!("{}", view.path));
            Ok(names.collect::<Vec<_>>().join(" "))
        });
        found.unwrap_or_else(|err| err.to_string())
    }

    fn knock(&self, hash: &str, password: Option<&str>, from: IpAddr) -> String {
        let opened = self.wait(open_checked(&self.core, hash, password, None, from));
        opened.map_or_else(|err| err.to_string(), |_| "open".to_owned())
    }

    fn delete_at(&self, at: &'static str) {
        let options = DeleteOptions::default();
        self.write(move |tx, ann, _| tree::delete(tx, ann, &path(at), options).map(drop)).unwrap();
    }

    fn password(&self, text: &str) -> LinkOptions {
        let hash = self.wait(account::hash_password(&Password::parse(text).unwrap())).unwrap();
        LinkOptions { password_hash: Some(hash), ..LinkOptions::default() }
    }

    fn link_of(&self, at: &'static str) -> Option<String> {
        self.read(move |tx, ann| Ok(tree::resolve(tx, ann, &path(at))?.link))
            .unwrap()
            .map(|link| link.hash)
    }

    fn hashes(&self, skip: u32, limit: u32) -> Vec<String> {
        let listed = self.read(move |tx, ann| list(tx, ann, skip, limit)).unwrap();
        listed.into_iter().map(|(_, link)| link.hash).collect()
    }
}

fn refused<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => "allowed".to_owned(),
        Err(err) => err.to_string(),
    }
}

#[test]
fn a_node_has_one_link_of_a_kind_and_shows_itself_and_what_is_below() {
    for world in World::all(&["a/b/c.txt", "a/d.txt"]) {
        let link = world.publish("a");
        assert_eq!(link.hash.len(), HASH_CHARS);
        assert!(link.hash.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{}", link.hash);
        assert_eq!(world.publish("a").hash, link.hash);
        assert_eq!(world.opened(&link.hash), "/b /d.txt");
        let file = world.publish("a/d.txt");
        assert_eq!(world.opened(&file.hash), "d.txt");
        let ann = world.ann.clone();
        let options = LinkOptions::default();
        let (_, edit) = world.publish_as(&ann, "a", LinkKind::Edit, &options).unwrap();
        assert_ne!(edit.hash, link.hash);
        assert!(edit.writable && !link.writable);
        assert_eq!(world.link_of("a"), Some(link.hash.clone()));
        assert_eq!(world.opened("no such link"), "no such link");
        assert_eq!(
            refused(world.publish_as(&ann, "/", LinkKind::Read, &options)),
            "the root folder cannot be changed"
        );
        world.assert_sound();
    }
}

#[test]
fn a_visitor_reaches_nothing_else_and_writes_only_by_a_writable_link() {
    for world in World::all(&["a/x", "secret"]) {
        let link = world.publish("a");
        let eve = world.account("eve");
        let visit = |hash: &str| {
            let (hash, eve) = (hash.to_owned(), eve.clone());
            world.read(move |tx, _| open(tx, &hash, None, Some(&eve))).unwrap().1
        };
        let visitor = visit(&link.hash);
        assert_eq!((visitor.author(), visitor.rights), (eve.account, Rights::ReadOnly));
        let make = |who: &Actor| {
            refused(world.by(who, |tx, who, _| tree::ensure_folder(tx, who, &path("new"))))
        };
        assert_eq!(make(&visitor), "no right to change this");
        let hidden = world.by(&visitor, |tx, who, _| tree::resolve(tx, who, &path("/secret")));
        assert_eq!(refused(hidden), "no such file or folder");
        let hash = link.hash.clone();
        world.write(move |tx, ann, _| set_writable(tx, ann, &hash, true)).unwrap();
        let visitor = visit(&link.hash);
        assert_eq!(make(&visitor), "allowed");
        assert_eq!(world.draw(), "a/ a/new/ a/x secret");
        // What is managed about a link is the owner's business.
        let none = LinkOptions::default();
        assert_eq!(refused(world.publish_as(&visitor, "x", LinkKind::Read, &none)), "not allowed");
        assert_eq!(
            refused(world.by(&visitor, |tx, who, _| remove(tx, who, &path("/")))),
            "not allowed"
        );
        assert_eq!(refused(world.by(&visitor, |tx, who, _| list(tx, who, 0, 9))), "not allowed");
        world.assert_sound();
    }
}

#[test]
fn a_link_follows_a_move_sleeps_in_the_trash_and_dies_with_the_node() {
    for world in World::all(&["a/b/x", "c/"]) {
        let link = world.publish("a/b");
        world
            .write(|tx, ann, rules| {
                tree::move_to(tx, ann, rules, &path("a/b"), &path("c/d"), false)
            })
            .unwrap();
        assert_eq!(world.opened(&link.hash), "/x");
        assert_eq!(world.link_of("c/d"), Some(link.hash.clone()));
        // Also where a folder above it is deleted.
        world.delete_at("c");
        assert_eq!(world.opened(&link.hash), "no such link");
        assert_eq!(world.hashes(0, 9), [""; 0]);
        world.write(|tx, ann, _| trash::restore_item(tx, ann, "c", false)).unwrap();
        assert_eq!(world.opened(&link.hash), "/x");
        world
            .write(|tx, ann, rules| tree::copy_to(tx, ann, rules, &path("c/d"), &path("e"), false))
            .unwrap();
        assert_eq!(world.link_of("e"), None, "a copy is not published");
        world.delete_at("c/d");
        let in_trash = world.read(|tx, ann| trash::list(tx, ann, &ListOptions::default())).unwrap();
        assert_eq!(in_trash.entries[0].link, None);
        let node = link.node;
        world.write(|tx, ann, _| trash::destroy_item(tx, ann, "d")).unwrap();
        assert_eq!(world.opened(&link.hash), "no such link");
        while !world.write(move |tx, _, _| trash::destroy_some(tx, node, 10)).unwrap() {}
        let left = world
            .read(|tx, _| {
                Ok(tx.query_one("SELECT count(*) FROM link", &[], |row| row.get::<i64>(0))?)
            })
            .unwrap();
        assert_eq!(left, 0);
        world.assert_sound();
    }
}

#[test]
fn options_are_kept_until_others_are_given() {
    for world in World::all(&["a/", "f"]) {
        let now = world.core.db.clock().now_ms();
        let asked = LinkOptions {
            expires_ms: Some(now + 60_000),
            download_max: Some(3),
            notify: Some(true),
            ..world.password(SECRET)
        };
        let link = world.publish_with("a", &asked).unwrap();
        assert_eq!(world.publish("a"), link, "publishing again opens nothing wider");
        assert_eq!((link.has_password, link.download_max, link.notify), (true, Some(3), true));
        let wider = LinkOptions {
            password_hash: Some(String::new()),
            download_max: Some(0),
            ..LinkOptions::default()
        };
        let link = world.publish_with("a", &wider).unwrap();
        assert_eq!((link.has_password, link.download_max), (false, None));
        assert_eq!(link.expires_ms, now + 60_000);
        world.core.db.clock().advance(Duration::from_mins(1));
        assert_eq!(world.opened(&link.hash), "no such link");
        assert_eq!((world.link_of("a"), world.hashes(0, 9)), (None, vec![]));
        let again = world.publish("a");
        assert_eq!((again.expires_ms, again.notify), (0, true));
        assert_ne!(again.hash, link.hash);
        assert_eq!(world.opened(&link.hash), "no such link", "who had it is not let in again");
        assert_eq!(world.opened(&again.hash), "");
        world.write(|tx, ann, _| remove(tx, ann, &path("a"))).unwrap();
        assert_ne!(world.publish("a").hash, again.hash);
        assert_eq!(world.opened(&again.hash), "no such link");
        let past = LinkOptions { expires_ms: Some(now), ..LinkOptions::default() };
        assert_eq!(
            refused(world.publish_with("a", &past)),
            "expires: the end of a link lies in the future"
        );
        let upload = LinkOptions { upload_only: Some(true), ..LinkOptions::default() };
        assert_eq!(refused(world.publish_with("f", &upload)), "only a folder takes uploads");
        let ann = world.ann.clone();
        assert_eq!(
            refused(world.publish_as(&ann, "a", LinkKind::Edit, &upload)),
            "a link to edit shows what is edited"
        );
        assert!(!format!("{asked:?}").contains("argon2"));
        world.assert_sound();
    }
}

#[test]
fn a_link_that_takes_files_shows_none() {
    for world in World::all(&["a/x", "b/"]) {
        let upload = LinkOptions { upload_only: Some(true), ..LinkOptions::default() };
        let link = world.publish_with("a", &upload).unwrap();
        assert_eq!(world.opened(&link.hash), "the link only takes uploads");
        let opened = |hash: &str| {
            let hash = hash.to_owned();
            world.read(move |tx, _| open_upload(tx, &hash, None, None))
        };
        let (_, visitor) = opened(&link.hash).unwrap();
        assert_eq!((visitor.author(), visitor.rights), (AccountId(0), Rights::Full));
        assert_eq!(refused(opened(&world.publish("b").hash)), "the link takes no uploads");
    }
}

#[test]
fn the_order_of_refusals_tells_strangers_nothing() {
    for world in World::all(&["a/"]) {
        let link = world.publish_with("a", &world.password(SECRET)).unwrap();
        let set = |sql: &'static str| {
            world.write(move |tx, _, _| Ok(tx.execute(sql, &[])?)).unwrap();
        };
        let knock = || world.knock(&link.hash, None, HERE);
        assert_eq!(knock(), "the link has a password");
        assert_eq!(world.knock(&link.hash, Some(""), HERE), "the link has a password");
        assert_eq!(world.opened(&link.hash), "the link has a password");
        set("UPDATE account SET is_active = 0 WHERE id = 1");
        assert_eq!(knock(), "no such link");
        set("UPDATE link SET blocked = 1");
        assert_eq!(knock(), "the link is blocked");
        world.core.db.clock().advance(Duration::from_secs(1));
        set("UPDATE link SET expires = 1");
        assert_eq!(knock(), "no such link");
    }
}

#[test]
fn ten_wrong_passwords_close_a_link_to_one_address() {
    for world in World::all(&["a/"]) {
        let link = world.publish_with("a", &world.password(SECRET)).unwrap();
        let knock = |password, from| world.knock(&link.hash, Some(password), from);
        assert_eq!(knock(SECRET, HERE), "open");
        for _ in 1..FAILURES_MAX {
            assert_eq!(knock("wrong horse", HERE), "not the password of the link");
        }
        assert_eq!(knock(SECRET, HERE), "open", "which ends the row of wrong ones");
        for _ in 1..FAILURES_MAX {
            assert_eq!(knock("wrong horse", HERE), "not the password of the link");
        }
        let locked = "too many wrong passwords; the link does not answer this address for a while";
        assert_eq!(knock("wrong horse", HERE), locked);
        assert_eq!(knock(SECRET, HERE), locked);
        assert_eq!(knock(SECRET, THERE), "open", "others are not kept out");
        world.core.db.clock().advance(Duration::from_mins(10));
        assert_eq!(knock("wrong horse", HERE), "not the password of the link");
        assert_eq!(knock(SECRET, HERE), "open");
        // A proof is good for one password only.
        let proof = world.wait(prove(&world.core, &link.hash, Some(SECRET), HERE)).unwrap();
        world.publish_with("a", &world.password("another horse")).unwrap();
        let hash = link.hash.clone();
        let late = world.read(move |tx, _| open(tx, &hash, proof.as_ref(), None));
        assert_eq!(refused(late), "the link has a password");
        assert_eq!(knock(SECRET, THERE), "not the password of the link");
        world.core.db.clock().advance(Duration::from_hours(25));
        let forgotten = world.write(|tx, _, _| forget_old_failures(tx, 9)).unwrap();
        assert_eq!(forgotten, 1);
        world.assert_sound();
    }
}

#[test]
fn a_password_is_proven_once_and_shown_again() {
    for world in World::all(&["a/", "b/"]) {
        let link = world.publish_with("a", &world.password(SECRET)).unwrap();
        let other = world.publish_with("b", &world.password(SECRET)).unwrap();
        let again = |hash: &str, text: &str| world.wait(prove_again(&world.core, hash, text));
        let proof =
            world.wait(prove(&world.core, &link.hash, Some(SECRET), HERE)).unwrap().unwrap();
        let text = proof.text(&world.core.keys);
        assert_eq!(again(&link.hash, &text).unwrap(), Some(proof));
        for (hash, text) in [(&link.hash, ""), (&link.hash, &text[1..]), (&other.hash, &text)] {
            assert_eq!(refused(again(hash, text)), "the link has a password");
        }
        world.publish_with("a", &world.password(SECRET)).unwrap();
        assert_eq!(refused(again(&link.hash, &text)), "the link has a password", "set anew");
        let none = LinkOptions { password_hash: Some(String::new()), ..LinkOptions::default() };
        world.publish_with("a", &none).unwrap();
        assert_eq!(again(&link.hash, &text).unwrap(), None);
        assert_eq!(refused(again("0000000000000000", &text)), "no such link");
    }
}

#[test]
fn what_a_link_shows_is_copied_without_what_others_share() {
    for mut world in World::all(&["a/b/c.txt", "a/d.txt"]) {
        let bob = shared_with_bob(&world, true);
        let eve = world.account("eve");
        let taken = world.by(&eve, |tx, eve, _| {
            tree::create_folder(tx, eve, &path("hers"), &tree::ClientData::default(), false)?;
            let ann = Login::parse("email:ann@example.com")?;
            share::invite(tx, eve, &path("hers"), &ann, false, "")
        });
        let hash = taken.unwrap().hash;
        world.folder("out").unwrap();
        world
            .write(move |tx, ann, _| share::accept(tx, ann, &hash, Some(&path("out/hers"))))
            .unwrap();
        let copied = |who: &Actor, link: &Link, to: &'static str| {
            let hash = link.hash.clone();
            world.by(who, move |tx, who, settings| {
                let (_, visitor) = open(tx, &hash, None, Some(who))?;
                let root = NodePath::root();
                let made = tree::copy_visited(tx, &visitor, &root, who, settings, &path(to))?;
                let listing = tree::list(tx, who, &made, &ListOptions::default())?;
                let names = listing.entries.iter().map(|view| view.name().to_owned());
                Ok((names.collect::<Vec<_>>().join(" "), made.node.owner, made.author_name))
            })
        };
        let (a, out) = (world.publish("a"), world.publish("out"));
        let (names, owner, author) = copied(&eve, &a, "mine").unwrap();
        assert_eq!((&*names, owner, &*author), ("b d.txt", eve.account, "eve"));
        assert_eq!(copied(&eve, &out, "out").unwrap().0, "");
        assert_eq!(refused(copied(&eve, &a, "mine")), "the name `mine` is taken");
        assert_eq!(refused(copied(&bob, &a, "a/b/again")), "a folder cannot go below itself");
        assert_eq!(refused(copied(&bob, &a, "none/a")), "no such folder");
        world.assert_sound();
    }
}

#[test]
fn an_archive_ends_with_what_its_link_let_the_visitor_do() {
    for world in World::all(&["a/b", "a/c"]) {
        let make = |link: &Link, at: &'static str, proof: Option<Proof>| {
            let hash = link.hash.clone();
            world.write(move |tx, _, _| {
                let (link, visitor) = open(tx, &hash, proof.as_ref(), None)?;
                let chosen = archive::choose(tx, &visitor, &[path(at)])?;
                Ok(archive::create_linked(tx, &visitor, &link, &chosen, false)?.hash)
            })
        };
        let found = |hash: &str| {
            let hash = hash.to_owned();
            refused(world.read(move |tx, _| archive::find(tx, &hash).map(drop)))
        };
        let link = world.publish("a");
        let first = make(&link, "", None).unwrap();
        assert_eq!(make(&link, "", None).unwrap(), first, "the same for all who ask for the same");
        assert_ne!(make(&link, "b", None).unwrap(), first);
        assert_eq!(found(&first), "allowed");
        world.publish_with("a", &world.password(SECRET)).unwrap();
        assert_eq!(found(&first), "no such archive stream", "it has a password now");
        let proof = world.wait(prove(&world.core, &link.hash, Some(SECRET), HERE)).unwrap();
        let proven = make(&link, "", proof).unwrap();
        assert_ne!(proven, first);
        assert_eq!(found(&proven), "allowed");
        let none = LinkOptions { password_hash: Some(String::new()), ..LinkOptions::default() };
        world.publish_with("a", &none).unwrap();
        assert_eq!((found(&first), found(&proven)), ("allowed".into(), "allowed".into()));
        let upload = LinkOptions { upload_only: Some(true), ..LinkOptions::default() };
        world.publish_with("a", &upload).unwrap();
        assert_eq!(found(&first), "no such archive stream");
        world.write(|tx, ann, _| remove(tx, ann, &path("a"))).unwrap();
        let next = world.publish("a");
        assert_eq!(found(&first), "no such archive stream", "of another link");
        let hash = next.hash.clone();
        world
            .write(move |tx, _, _| {
                let insert = "INSERT INTO archive (hash, account_id, label, paths, windows_names,
                status, progress, created, modified, expires, link_hash)
                VALUES (?1, 1, '', '[]', 0, 0, 0, 0, 0, ?2, ?3)";
                let expires = tx.now_ms() + 1000;
                for at in 0..archive::LINKED_MAX {
                    tx.execute(insert, params![at.to_string(), expires, hash.as_str()])?;
                }
                Ok(())
            })
            .unwrap();
        assert_eq!(
            refused(make(&next, "", None)),
            "a public link has at most 1000 archives at a time"
        );
        world.core.db.clock().advance(Duration::from_secs(2));
        assert!(make(&next, "", None).is_ok());
    }
}

#[test]
fn who_has_an_address_of_ipv6_has_its_whole_network() {
    let v6 = |text: &str| IpAddr::V6(text.parse::<Ipv6Addr>().unwrap());
    assert_eq!(password::network(v6("2001:db8:1:2::3")), password::network(v6("2001:db8:1:2:9::")));
    assert_ne!(password::network(v6("2001:db8:1:2::3")), password::network(v6("2001:db8:1:3::3")));
    assert_eq!(password::network(v6("::ffff:192.0.2.7")), password::network(THERE));
}

#[test]
fn the_last_download_is_given_once() {
    for world in World::all(&["f"]) {
        let options = LinkOptions { download_max: Some(5), ..LinkOptions::default() };
        let link = world.publish_with("f", &options).unwrap();
        let tries = (0..20).map(|_| {
            let link = link.clone();
            world.core.db.write(move |tx| count_download(tx, &link))
        });
        let answers = world.wait(futures::future::join_all(tries));
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 5);
        let refusals = answers.into_iter().filter_map(Result::err);
        for refusal in refusals {
            assert_eq!(refusal.to_string(), "the link has been used as often as it may be");
        }
        assert_eq!(world.publish("f").download_count, 5);
        assert_eq!(world.opened(&link.hash), "f", "looking is no download");
        world.write(|tx, ann, _| remove(tx, ann, &path("f"))).unwrap();
        let ended = world.write(move |tx, _, _| count_download(tx, &link));
        assert_eq!(refused(ended), "no such link");
    }
}

#[test]
fn links_are_found_listed_marked_and_ended() {
    for world in World::all(&["a/x", "a/y", "b"]) {
        let mut made = Vec::new();
        for at in ["a/x", "b", "a"] {
            made.push(world.publish(at).hash);
            world.core.db.clock().advance(Duration::from_secs(1));
        }
        made.reverse();
        assert_eq!(world.hashes(0, 9), made);
        assert_eq!(world.hashes(1, 1), made[1..2]);
        let listed = world
            .read(|tx, ann| {
                let folder = tree::resolve(tx, ann, &path("a"))?;
                tree::list(tx, ann, &folder, &ListOptions::default())
            })
            .unwrap();
        let marks: Vec<_> =
            listed.entries.iter().map(|view| view.link.as_ref().map(|link| &link.hash)).collect();
        assert_eq!(marks, [Some(&made[2]), None]);
        let (hash, eve) = (made[1].clone(), world.account("eve"));
        let foreign = world.by(&eve, move |tx, eve, _| find_own(tx, eve, &hash));
        assert_eq!(refused(foreign), "no such link");
        let hash = made[1].clone();
        let (view, _) = world.read(move |tx, ann| find_own(tx, ann, &hash)).unwrap();
        assert_eq!(view.path.as_str(), "/b");
        let before = world.read(|tx, ann| tree::resolve(tx, ann, &path("/"))).unwrap();
        let view = world.write(|tx, ann, _| remove(tx, ann, &path("b"))).unwrap();
        assert_eq!(view.link, None);
        let after = world.read(|tx, ann| tree::resolve(tx, ann, &path("/"))).unwrap();
        assert_ne!(
            tree::listing_hash(&before, b""),
            tree::listing_hash(&after, b""),
            "a listing shows links"
        );
        assert_eq!(before.node.modified_ms, after.node.modified_ms);
        assert_eq!(world.opened(&made[1]), "no such link");
        assert_eq!(refused(world.write(|tx, ann, _| remove(tx, ann, &path("b")))), "no such link");
        let filter = FeedFilter { limit: FEED_MAX, ..FeedFilter::default() };
        let events = world.read(move |tx, ann| feed(tx, ann, &filter)).unwrap();
        let told: Vec<_> = events
            .iter()
            .filter(|event| event.note.as_ref() == Some(&made[1]))
            .map(|event| format!("{:?} {}", event.kind, event.path))
            .collect();
        assert_eq!(told, ["LinkDeleted /b", "LinkCreated /b"]);
        world.assert_sound();
    }
}

/// Ann's world, where bob has `/a` of hers as his own `/a`, as a writer or a reader.
fn shared_with_bob(world: &World, writer: bool) -> Actor {
    let bob = world.account("bob");
    let invited = world.write(move |tx, ann, _| {
        let login = Login::parse("email:bob@example.com")?;
        share::invite(tx, ann, &path("a"), &login, writer, "")
    });
    let hash = invited.unwrap().hash;
    world.by(&bob, move |tx, bob, _| share::accept(tx, bob, &hash, None)).unwrap();
    bob
}

#[test]
fn a_writer_publishes_in_a_share_for_as_long_as_it_lasts() {
    for world in World::all(&["a/x", "a/y", "private/"]) {
        let bob = shared_with_bob(&world, true);
        let none = LinkOptions::default();
        let (_, his) = world.publish_as(&bob, "a/x", LinkKind::Read, &none).unwrap();
        assert_eq!((his.owner, his.author), (world.ann.account, bob.account));
        assert_eq!(world.opened(&his.hash), "x");
        assert_eq!(world.hashes(0, 9), [his.hash.as_str()], "it is the owner's");
        // What ann published stays as she wants it.
        let hers = world.publish_with("a/y", &world.password(SECRET)).unwrap();
        let (_, same) = world.publish_as(&bob, "a/y", LinkKind::Read, &none).unwrap();
        assert_eq!(same, hers);
        let open_it = LinkOptions { password_hash: Some(String::new()), ..none.clone() };
        let refusal = refused(world.publish_as(&bob, "a/y", LinkKind::Read, &open_it));
        assert_eq!(refusal, "not allowed");
        let refusal = refused(world.by(&bob, |tx, bob, _| remove(tx, bob, &path("a/y"))));
        assert_eq!(refusal, "no such link");
        // Out of the share: nothing that bob sees, so nothing that he shows.
        let carry = |from: &'static str, to: &'static str| {
            world
                .write(move |tx, ann, rules| {
                    tree::move_to(tx, ann, rules, &path(from), &path(to), false)
                })
                .unwrap();
        };
        carry("a/x", "private/x");
        assert_eq!(world.opened(&his.hash), "no such link");
        carry("private/x", "a/x");
        assert_eq!(world.opened(&his.hash), "x");
        world.by(&bob, |tx, bob, _| share::leave(tx, bob, &path("a"))).unwrap();
        assert_eq!(world.opened(&his.hash), "no such link");
        assert_eq!(world.hashes(0, 9), [hers.hash]);
        world.assert_sound();
    }
}

#[test]
fn a_reader_publishes_nothing_and_the_owner_keeps_what_he_takes_over() {
    for world in World::all(&["a/x"]) {
        let bob = shared_with_bob(&world, false);
        let none = LinkOptions::default();
        let refusal = refused(world.publish_as(&bob, "a/x", LinkKind::Read, &none));
        assert_eq!(refusal, "no right to change this");
        world
            .write(|tx, ann, _| {
                let login = Login::parse("email:bob@example.com")?;
                share::invite(tx, ann, &path("a"), &login, true, "")
            })
            .unwrap();
        let (_, link) = world.publish_as(&bob, "a/x", LinkKind::Read, &none).unwrap();
        assert_eq!(world.publish("a/x").hash, link.hash);
        world.write(|tx, ann, _| share::unshare(tx, ann, &path("a"))).unwrap();
        assert_eq!(world.opened(&link.hash), "x");
        world.assert_sound();
    }
}

#[test]
fn another_owner_begins_without_links() {
    for world in World::all(&["a/", "f"]) {
        let bob = shared_with_bob(&world, true);
        world.by(&bob, |tx, bob, _| tree::ensure_folder(tx, bob, &path("mine/x"))).unwrap();
        let none = LinkOptions::default();
        let (_, link) = world.publish_as(&bob, "mine/x", LinkKind::Read, &none).unwrap();
        world
            .by(&bob, |tx, bob, rules| {
                tree::move_to(tx, bob, rules, &path("mine/x"), &path("a/x"), false)
            })
            .unwrap();
        assert_eq!(world.opened(&link.hash), "no such link");
        let moved = world.read(|tx, ann| tree::resolve(tx, ann, &path("a/x"))).unwrap();
        assert_eq!((moved.link, moved.node.owner), (None, world.ann.account));
        world.assert_sound();
    }
}

#[test]
fn what_hangs_on_nothing_is_damage() {
    let world = World::planted(&["x.jpg"]);
    let link = world.publish_with("x.jpg", &world.password(SECRET)).unwrap();
    world.knock(&link.hash, Some("wrong horse"), HERE);
    world
        .write(|tx, ann, _| {
            let at = path("x.jpg");
            crate::comment::add(tx, ann, &at, "Nice.")?;
            let user_name = "Bob".to_owned();
            let tag = crate::phototag::NewTag { user_name, user: None, x: None, y: None };
            crate::phototag::add(tx, ann, &at, &tag)?;
            let genre = Some("Folk".to_owned());
            let change = crate::attributes::AttributesChange { genre, ..Default::default() };
            crate::attributes::change(tx, ann, &at, &change).map(drop)
        })
        .unwrap();
    world.assert_sound();
    world
        .write(|tx, _, _| {
            for table in ["link", "comment", "photo_tag", "attributes"] {
                tx.execute(&format!("UPDATE {table} SET node_id = 99"), &[])?;
            }
            tx.execute("UPDATE link SET kind = 1", &[])?;
            tx.execute("UPDATE comment SET author_id = 99", &[])?;
            tx.execute("UPDATE photo_tag SET x = 1, user_id = 99", &[])?;
            Ok(tx.execute("UPDATE link_failure SET hash = 'gone'", &[])?)
        })
        .unwrap();
    let mut found = Vec::new();
    world.wait(crate::check::run(&world.core, |finding| found.push(finding.to_string()))).unwrap();
    insta::assert_snapshot!(found.join("\n"), @r"
    damage: a public link is on node 99, which is not there or of another owner
    damage: a public link on node 99 is by no account, of no kind, or for what its kind cannot be
    damage: a comment is on node 99, which is not there
    damage: a comment on node 99 is by no account
    damage: a tag is on node 99, which is no file
    damage: a tag on node 99 is by or of no account, or beside the photo
    damage: something is written about node 99, which is not there
    note: wrong passwords are counted for a link that is not there (127.0.0.1)
    ");
}

#[test]
fn the_table_of_links_is_bounded() {
    for world in World::all(&["f"]) {
        world
            .write(|tx, ann, _| {
                Ok(tx.execute(
                    "WITH RECURSIVE numbers (n) AS (
                         SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?2)
                     INSERT INTO link (hash, node_id, kind, owner_id, author_id, created, writable)
                     SELECT 'link ' || n, -n, 0, ?1, ?1, 0, 0 FROM numbers",
                    params![ann.account, LINKS_MAX],
                )?)
            })
            .unwrap();
        let refusal = refused(world.publish_with("f", &LinkOptions::default()));
        assert_eq!(refusal, "an account has at most 10,000 public links");
    }
}

#[test]
fn no_subject_but_the_link_is_named_to_strangers() {
    for world in World::all(&["a/"]) {
        let hash = world.publish("a").hash;
        let gone = world.write(move |tx, _, _| {
            tx.execute("UPDATE account SET is_approved = 0 WHERE id = 1", &[])?;
            open(tx, &hash, None, None).map(drop)
        });
        assert!(matches!(gone, Err(Error::NotFound(Subject::Link))), "{gone:?}");
    }
}
