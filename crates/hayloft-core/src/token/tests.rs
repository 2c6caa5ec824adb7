use std::time::Duration;

use super::*;
use crate::{
    account::{self, Login, Password, hash_password},
    event,
    testing::{HERE, World},
};

const PASSWORD: &str = "correct horse";

fn login() -> Login {
    Login::parse("ann@example.com").unwrap()
}

fn with_password(world: &World) {
    let hash = world.wait(hash_password(&Password::parse(PASSWORD).unwrap())).unwrap();
    world.write(move |tx, ann, _| account::set_password(tx, ann.account, &hash, None)).unwrap();
}

fn enter(world: &World, password: &str, device: &Device) -> Result<Issued> {
    world.wait(sign_in(&world.core, &login(), password, device)).map(|(_, issued)| issued)
}

fn basic(world: &World, password: &str) -> String {
    told(
        world
            .wait(check_basic(&world.core, &login(), password, HERE))
            .map(|session| session.actor.name),
    )
}

fn who(world: &World, token: &str) -> Result<Session> {
    let token = token.to_owned();
    world.read(move |tx, _| authenticate(tx, &token))
}

fn told<T: std::fmt::Debug>(result: Result<T>) -> String {
    result.map_or_else(|err| err.to_string(), |value| format!("{value:?}"))
}

fn later(world: &World, ms: i64) {
    world.core.db.clock().advance(Duration::from_millis(ms.unsigned_abs()));
}

#[test]
fn a_token_opens_the_account_until_its_time_is_over() {
    for world in World::all(&[]) {
        with_password(&world);
        let issued = enter(&world, PASSWORD, &Device::default()).unwrap();
        assert_eq!((issued.token.len(), issued.id.len()), (32, 24));
        assert_eq!(issued.expires_ms - issued.created_ms, TOKEN_LIFE_MS);
        let session = who(&world, &issued.token).unwrap();
        assert_eq!(session.actor.account, world.ann.account);
        assert_eq!(session.actor.root, world.ann.root);
        assert_eq!(session.expires_ms, issued.expires_ms);
        let ann = world.read(|tx, ann| account::get(tx, ann.account)).unwrap();
        assert_eq!(ann.last_login_ms, issued.created_ms);
        later(&world, TOKEN_LIFE_MS);
        assert_eq!(told(who(&world, &issued.token)), "the token has expired");
    }
}

#[test]
fn nothing_but_the_token_opens_the_account() {
    for world in World::all(&[]) {
        with_password(&world);
        let issued = enter(&world, PASSWORD, &Device::default()).unwrap();
        let mut other = issued.token.clone();
        other.replace_range(0..1, if other.starts_with('0') { "1" } else { "0" });
        for wrong in ["", "x", &"g".repeat(32), &issued.id, &other, &issued.token[1..]] {
            assert!(matches!(who(&world, wrong), Err(Error::Unauthorized)), "{wrong}");
        }
        // Who reads the database finds nothing to sign in with.
        let kept = world
            .read(|tx, _| {
                Ok(tx.query("SELECT hash FROM token", params![], |row| row.get::<[u8; 32]>(0))?)
            })
            .unwrap();
        assert_eq!(kept, [secret_hash(&issued.token)]);
    }
}

#[test]
fn ten_wrong_passwords_lock_the_login_for_half_an_hour() {
    for world in World::all(&[]) {
        with_password(&world);
        let wrong = || told(enter(&world, "wrong", &Device::default()));
        for _ in 0..8 {
            assert_eq!(wrong(), "wrong login or password, or not signed in");
        }
        assert_eq!(wrong(), "wrong password; the next failure locks the login");
        let thief = Device { ip: "203.0.113.7".to_owned(), ..Device::default() };
        let locked = enter(&world, "wrong", &thief).unwrap_err();
        let Error::Locked { until_ms } = locked else { panic!("{locked}") };
        let told_to_owner = world.read(|tx, ann| {
            let kinds = vec![(event::EventKind::SignInLocked, None)];
            let filter = event::FeedFilter { kinds, limit: 10, ..event::FeedFilter::default() };
            event::feed(tx, ann, &filter)
        });
        let notes: Vec<_> = told_to_owner.unwrap().into_iter().map(|event| event.note).collect();
        assert_eq!(notes, [Some("203.0.113.7 email:ann@example.com".to_owned())]);
        assert!(until_ms > world.core.db.clock().now_ms());
        let right = enter(&world, PASSWORD, &Device::default());
        assert!(matches!(right, Err(Error::Locked { .. })), "the right one does not help now");
        assert!(matches!(
            world.wait(check_basic(&world.core, &login(), PASSWORD, HERE)),
            Err(Error::Locked { .. })
        ));
        later(&world, LOCKED_MS);
        assert_eq!(wrong(), "wrong login or password, or not signed in");
        assert!(enter(&world, PASSWORD, &Device::default()).is_ok());
    }
}

#[test]
fn a_right_password_ends_the_row_of_wrong_ones() {
    let world = World::planted(&[]);
    with_password(&world);
    for _ in 0..2 {
        for _ in 0..8 {
            assert!(matches!(enter(&world, "wrong", &Device::default()), Err(Error::Unauthorized)));
        }
        assert_eq!(basic(&world, PASSWORD), r#""ann""#);
    }
}

#[test]
fn a_login_that_does_not_exist_is_locked_like_one_that_does() {
    let world = World::planted(&[]);
    let nobody = Login::parse("nobody@example.com").unwrap();
    let tried = || told(world.wait(sign_in(&world.core, &nobody, "wrong", &Device::default())));
    for _ in 0..9 {
        tried();
    }
    assert!(tried().starts_with("the login is locked"));
    world.core.db.clock().advance(Duration::from_hours(25));
    assert_eq!(world.write(|tx, _, _| forget_old_failures(tx, 10)).unwrap(), 1);
}

#[test]
fn what_stands_against_an_account_is_told_to_who_knows_its_password() {
    for world in World::all(&[]) {
        with_password(&world);
        let issued = enter(&world, PASSWORD, &Device::default()).unwrap();
        let set = |sql: &'static str| {
            world.write(move |tx, ann, _| Ok(tx.execute(sql, params![ann.account])?)).unwrap();
        };
        let told_all = || {
            let by_password = told(enter(&world, PASSWORD, &Device::default()));
            assert_eq!(by_password, basic(&world, PASSWORD));
            assert_eq!(by_password, told(who(&world, &issued.token)));
            assert_eq!(
                told(enter(&world, "wrong", &Device::default())),
                "wrong login or password, or not signed in"
            );
            by_password
        };
        set("UPDATE account SET is_active = 0, block_reason = 'left' WHERE id = ?1");
        assert_eq!(told_all(), "the account is disabled");
        set("UPDATE account SET is_active = 1, is_approved = 0 WHERE id = ?1");
        assert_eq!(told_all(), "the account is not approved yet");
        set("UPDATE account SET is_approved = 1, expires = 1 WHERE id = ?1");
        assert_eq!(told_all(), "the account has expired");
    }
}

#[test]
fn basic_follows_a_changed_password_at_once() {
    let world = World::planted(&[]);
    with_password(&world);
    assert_eq!(basic(&world, PASSWORD), r#""ann""#);
    assert_eq!(basic(&world, PASSWORD), r#""ann""#);
    assert_eq!(basic(&world, "wrong horse"), "wrong login or password, or not signed in");
    let hash = world.wait(hash_password(&Password::parse("new password").unwrap())).unwrap();
    world.write(move |tx, ann, _| account::set_password(tx, ann.account, &hash, None)).unwrap();
    assert_eq!(basic(&world, PASSWORD), "wrong login or password, or not signed in");
    assert_eq!(basic(&world, "new password"), r#""ann""#);
    let number = Login::UserId(world.ann.account);
    assert!(world.wait(check_basic(&world.core, &number, "new password", HERE)).is_err());
}

#[test]
fn a_device_to_be_wiped_may_only_say_that_it_is() {
    for world in World::all(&[]) {
        with_password(&world);
        let issued = enter(&world, PASSWORD, &Device::default()).unwrap();
        let whole = who(&world, &issued.token).unwrap();
        let id = issued.id.clone();
        let flag = move |tx: &mut Tx<'_>, by| set_wipe(tx, whole.actor.account, &id, by);
        let missing = world.write({
            let whole = who(&world, &issued.token).unwrap();
            move |tx, _, _| wiped(tx, &whole)
        });
        assert!(matches!(missing, Err(Error::NotFound(Subject::Token))), "it was not told to");
        let flag_again = flag.clone();
        world.write(move |tx, _, _| flag(tx, WipeBy::Owner)).unwrap();
        assert_eq!(told(who(&world, &issued.token)), "this device is to be wiped");
        let id = issued.id.clone();
        let cancel = move |tx: &mut Tx<'_>, by| cancel_wipe(tx, AccountId(1), &id, by);
        let cancel_again = cancel.clone();
        world.write(move |tx, _, _| cancel(tx, WipeBy::Owner)).unwrap();
        assert!(who(&world, &issued.token).is_ok());
        world.write(move |tx, _, _| flag_again(tx, WipeBy::Admin)).unwrap();
        assert!(world.write(move |tx, _, _| cancel_again(tx, WipeBy::Owner)).is_err());
        let token = issued.token.clone();
        world
            .write(move |tx, _, _| {
                let session = authenticate_even_wiped(tx, &token)?;
                wiped(tx, &session)
            })
            .unwrap();
        assert!(matches!(who(&world, &issued.token), Err(Error::Unauthorized)));
    }
}

#[test]
fn tokens_are_listed_named_and_removed() {
    for world in World::all(&[]) {
        with_password(&world);
        let plain = Device { user_agent: "curl/8".to_owned(), ..Device::default() };
        let phone = Device {
            description: Some(" phone ".to_owned()),
            permanent: true,
            ..Device::default()
        };
        let (plain, phone) =
            (enter(&world, PASSWORD, &plain).unwrap(), enter(&world, PASSWORD, &phone).unwrap());
        assert_eq!((phone.expires_ms, phone.description.as_str()), (0, "phone"));
        assert!(plain.description.ends_with(" curl/8") && plain.description.starts_with("20"));
        let list_of = |all: bool| {
            let entries = world.read(move |tx, ann| list(tx, ann.account, all)).unwrap();
            entries.into_iter().map(|entry| entry.id).collect::<Vec<_>>()
        };
        assert_eq!(list_of(false), std::slice::from_ref(&phone.id));
        assert_eq!(list_of(true), [phone.id.clone(), plain.id.clone()]);
        let eve = world.account("eve").account;
        let id = phone.id.clone();
        let foreign = world.write(move |tx, _, _| remove(tx, eve, &id));
        assert!(matches!(foreign, Err(Error::NotFound(Subject::Token))));
        let id = phone.id.clone();
        world.write(move |tx, ann, _| remove(tx, ann.account, &id)).unwrap();
        assert!(matches!(who(&world, &phone.token), Err(Error::Unauthorized)));
        let session = who(&world, &plain.token).unwrap();
        world.write(move |tx, _, _| logout(tx, &session)).unwrap();
        assert!(list_of(true).is_empty());
    }
}

#[test]
fn the_last_use_is_written_down_by_and_by() {
    for world in World::all(&[]) {
        with_password(&world);
        let issued = enter(&world, PASSWORD, &Device::default()).unwrap();
        let session = who(&world, &issued.token).unwrap();
        let core = &world.core;
        core.touches.note(&session, 5, "10.0.0.1", "metadata");
        core.touches.note(&session, 7, "10.0.0.2", "files/get");
        world.wait(core.touches.flush(&core.db)).unwrap();
        let entries = world.read(|tx, ann| list(tx, ann.account, true)).unwrap();
        let last = entries[0].last_action.clone().unwrap();
        assert_eq!(
            (last.time_ms, last.ip.as_str(), last.method.as_str()),
            (7, "10.0.0.2", "files/get")
        );
    }
}

#[test]
fn guesses_beside_each_other_count_one_by_one() {
    let world = World::planted(&[]);
    with_password(&world);
    let core = world.core.clone();
    let answers = world.wait(async move {
        let guesses = (0..20).map(|_| {
            let core = core.clone();
            tokio::spawn(async move { sign_in(&core, &login(), "wrong", &Device::default()).await })
        });
        futures::future::join_all(guesses.collect::<Vec<_>>()).await
    });
    let count = |wanted: fn(&Error) -> bool| {
        answers
            .iter()
            .filter(|answer| wanted(answer.as_ref().unwrap().as_ref().unwrap_err()))
            .count()
    };
    assert_eq!(count(|err| matches!(err, Error::Unauthorized)), 8);
    assert_eq!(count(|err| matches!(err, Error::LastAttempt)), 1);
    assert_eq!(count(|err| matches!(err, Error::Locked { .. })), 11);
}
