use std::time::Duration;

use super::*;
use crate::{
    AccountId, AppPasswords, Core, Result, Settings,
    account::{self, Login, Password, hash_password},
    app_password,
    signing::Purpose,
    testing::{HERE, World},
    token::FirstFactor,
};

const DESKTOP: &str = "https://login.live.com/oauth20_desktop.srf";
const PASSWORD: &str = "correct horse";

fn app(world: &World, mobile: bool) -> (App, String) {
    let new = NewApp {
        id: None,
        name: "cli".to_owned(),
        redirect_uris: vec![DESKTOP.to_owned()],
        mobile,
    };
    world.write(move |tx, _, _| register(tx, &new)).unwrap()
}

fn code(world: &World, app: &App, scope: &str) -> Result<String> {
    let (app, scope) = (app.clone(), Scope::parse(scope));
    world.write(move |tx, ann, _| issue_code(tx, ann, &app, DESKTOP, &scope))
}

fn redeem(world: &World, app: &App, secret: Option<&str>, code: &str) -> Result<Issued> {
    world.wait(redeem_code(&world.core, &app.id, secret, code, Some(DESKTOP)))
}

/// Tokens of a fresh grant to a mobile app.
fn granted(world: &World, app: &App, scope: &str) -> Issued {
    let code = code(world, app, scope).unwrap();
    redeem(world, app, None, &code).unwrap()
}

fn again(world: &World, app: &App, token: &str, scope: Option<&str>) -> Result<Issued> {
    let scope = scope.map(Scope::parse);
    world.wait(refresh(&world.core, &app.id, None, token, scope.as_ref()))
}

fn who(world: &World, token: &str) -> Result<Bearer> {
    let token = token.to_owned();
    world.read(move |tx, _| authenticate(tx, &token))
}

fn refusal<T: std::fmt::Debug>(result: Result<T>) -> Refusal {
    match result {
        Err(Error::OAuth(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn later(world: &World, ms: i64) {
    world.core.db.clock().advance(Duration::from_millis(ms.unsigned_abs()));
}

fn rows(world: &World, table: &'static str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    world.read(move |tx, _| Ok(tx.query_one(&sql, &[], |row| row.get(0))?)).unwrap()
}

/// A world whose refresh tokens are good once.
fn strict() -> World {
    let database = hayloft_store::testing::databases().swap_remove(0);
    let settings = Settings { refresh_tokens_single_use: true, ..Settings::default() };
    World::with(database, &[], settings)
}

#[test]
fn a_code_becomes_tokens_that_open_the_account_for_an_hour() {
    for world in World::all(&[]) {
        let (app, secret) = app(&world, false);
        assert_eq!((app.id.len(), secret.len()), (16, 48));
        let code = code(&world, &app, "wl.skydrive,wl.offline_access wl.skydrive").unwrap();
        let shape: Vec<_> = code.split('-').map(str::len).collect();
        assert_eq!(shape, [8, 4, 4, 4, 12]);
        let issued = redeem(&world, &app, Some(&secret), &code).unwrap();
        assert_eq!(issued.scope.to_string(), "wl.skydrive wl.offline_access");
        assert_eq!((issued.expires_s, issued.user_id.len()), (3600, 32));
        assert_eq!(issued.account, world.ann.account);
        let bearer = who(&world, &issued.access_token).unwrap();
        assert_eq!(bearer.session.actor.root, world.ann.root);
        assert_eq!((bearer.client_id, bearer.scope), (app.id.clone(), issued.scope));
        later(&world, 3_600_000);
        assert!(matches!(who(&world, &issued.access_token), Err(Error::TokenExpired)));
        let refresh = issued.refresh_token.unwrap();
        assert!(matches!(who(&world, &refresh), Err(Error::Unauthorized)));
        let next = world.wait(super::refresh(&world.core, &app.id, Some(&secret), &refresh, None));
        let next = next.unwrap();
        assert_eq!(next.user_id, issued.user_id);
        assert!(who(&world, &next.access_token).is_ok());
    }
}

#[test]
fn only_a_scope_that_asks_gets_a_refresh_token() {
    let world = World::planted(&[]);
    let (app, _) = app(&world, true);
    assert!(granted(&world, &app, "wl.skydrive").refresh_token.is_none());
    assert!(granted(&world, &app, "wl.skydrive wl.offline_access").refresh_token.is_some());
}

#[test]
fn an_app_without_secret_may_leave_it_out_but_not_send_a_wrong_one() {
    for world in World::all(&[]) {
        let (mobile, secret) = app(&world, true);
        let (web, web_secret) = app(&world, false);
        let with = |app: &App, secret: Option<&str>| {
            let code = code(&world, app, "a").unwrap();
            redeem(&world, app, secret, &code).map(drop)
        };
        assert!(with(&mobile, None).is_ok());
        assert!(with(&mobile, Some(&secret)).is_ok());
        assert_eq!(refusal(with(&mobile, Some(&web_secret))), Refusal::InvalidClient);
        assert!(with(&web, Some(&web_secret)).is_ok());
        assert_eq!(refusal(with(&web, None)), Refusal::InvalidClient);
        assert_eq!(refusal(with(&web, Some(""))), Refusal::InvalidClient);
        let ghost = App { id: "0000000000000000".to_owned(), ..mobile.clone() };
        let code = code(&world, &mobile, "a").unwrap();
        assert_eq!(refusal(redeem(&world, &ghost, None, &code)), Refusal::InvalidClient);
        // A refusal uses nothing up.
        assert_eq!(refusal(redeem(&world, &web, Some(&web_secret), &code)), Refusal::InvalidGrant);
        assert!(redeem(&world, &mobile, None, &code).is_ok());
    }
}

#[test]
fn a_code_used_twice_ends_what_it_made() {
    for world in World::all(&[]) {
        let (app, _) = app(&world, true);
        let code = code(&world, &app, "a wl.offline_access").unwrap();
        let issued = redeem(&world, &app, None, &code).unwrap();
        let other = granted(&world, &app, "a");
        assert_eq!(refusal(redeem(&world, &app, None, &code)), Refusal::InvalidGrant);
        assert!(matches!(who(&world, &issued.access_token), Err(Error::Unauthorized)));
        let refreshed = again(&world, &app, &issued.refresh_token.unwrap(), None);
        assert_eq!(refusal(refreshed), Refusal::InvalidGrant);
        assert!(who(&world, &other.access_token).is_ok(), "another grant is another grant");
    }
}

#[test]
fn a_code_is_for_one_address_and_ten_minutes() {
    let world = World::planted(&[]);
    let (app, _) = app(&world, true);
    let at = |code: &str, uri: Option<&str>| {
        world.wait(redeem_code(&world.core, &app.id, None, code, uri)).map(drop)
    };
    let one = code(&world, &app, "a").unwrap();
    let other = format!("{DESKTOP}/");
    assert_eq!(refusal(at(&one, Some(&other))), Refusal::InvalidGrant);
    assert!(at(&one, None).is_ok(), "the app has no other address");
    let late = code(&world, &app, "a").unwrap();
    later(&world, CODE_LIFE_MS);
    assert_eq!(refusal(at(&late, Some(DESKTOP))), Refusal::InvalidGrant);
    assert_eq!(refusal(at("", Some(DESKTOP))), Refusal::InvalidGrant);
    let elsewhere = App { redirect_uris: vec!["https://evil.example/".to_owned()], ..app.clone() };
    assert_eq!(refusal(code(&world, &elsewhere, "a")), Refusal::InvalidRequest);
    assert_eq!(refusal(code(&world, &app, "a \"b")), Refusal::InvalidScope);
    assert_eq!(refusal(code(&world, &app, &"x".repeat(2001))), Refusal::InvalidScope);
}

#[test]
fn a_refresh_token_works_until_its_successor_is_used() {
    for world in World::all(&[]) {
        let (app, _) = app(&world, true);
        let first = granted(&world, &app, "a wl.offline_access").refresh_token.unwrap();
        // A client that forgets what it gets goes on with the first for ever.
        for _ in 0..30 {
            again(&world, &app, &first, None).unwrap();
        }
        let lost = again(&world, &app, &first, None).unwrap().refresh_token.unwrap();
        let second = again(&world, &app, &first, None).unwrap().refresh_token.unwrap();
        again(&world, &app, &second, None).unwrap();
        for old in [&first, &lost] {
            assert_eq!(refusal(again(&world, &app, old, None)), Refusal::InvalidGrant);
        }
        assert!(again(&world, &app, &second, None).is_ok(), "the one who has the right one stays");
        assert!(rows(&world, "oauth_token") <= 40, "tokens that nobody uses do not pile up");
        later(&world, REFRESH_LIFE_MS);
        assert_eq!(refusal(again(&world, &app, &second, None)), Refusal::InvalidGrant);
    }
}

#[test]
fn where_refresh_tokens_are_good_once_a_second_use_ends_the_grant() {
    let world = strict();
    let (app, _) = app(&world, true);
    let first = granted(&world, &app, "a wl.offline_access").refresh_token.unwrap();
    let second = again(&world, &app, &first, None).unwrap();
    assert_eq!(refusal(again(&world, &app, &first, None)), Refusal::InvalidGrant);
    assert!(matches!(who(&world, &second.access_token), Err(Error::Unauthorized)));
    let second = again(&world, &app, &second.refresh_token.unwrap(), None);
    assert_eq!(refusal(second), Refusal::InvalidGrant);
}

#[test]
fn a_refresh_may_ask_for_less_and_never_for_more() {
    for world in World::all(&[]) {
        let (app, _) = app(&world, true);
        let token = granted(&world, &app, "a b wl.offline_access").refresh_token.unwrap();
        let less = again(&world, &app, &token, Some("b")).unwrap();
        assert_eq!(less.scope.to_string(), "b");
        assert_eq!(who(&world, &less.access_token).unwrap().scope.to_string(), "b");
        assert_eq!(refusal(again(&world, &app, &token, Some("b c"))), Refusal::InvalidScope);
        let all = again(&world, &app, &less.refresh_token.unwrap(), None).unwrap();
        assert_eq!(all.scope.to_string(), "a b wl.offline_access");
        let (other, _) = self::app(&world, true);
        let foreign = again(&world, &other, &all.refresh_token.unwrap(), None);
        assert_eq!(refusal(foreign), Refusal::InvalidGrant);
    }
}

#[test]
fn a_client_nobody_registered_gets_tokens_by_password_only() {
    for world in World::all(&[]) {
        set_password(&world);
        let (app, _) = app(&world, true);
        let login = Login::parse("ann@example.com").unwrap();
        let core = world.core.clone();
        let grant = |core: &Core, client: &str, password: &str| {
            world.wait(password_grant(core, client, &login, password, HERE))
        };
        let entered = grant(&core, "cloud-win", PASSWORD).unwrap();
        let FirstFactor::Complete { actor, login: entered } = entered else { panic!("no code") };
        assert_eq!((actor.account, entered.as_str()), (AccountId(1), "email:ann@example.com"));
        let registered = grant(&core, &app.id, PASSWORD).map(drop);
        assert_eq!(refusal(registered), Refusal::UnauthorizedClient);
        assert_eq!(refusal(grant(&core, "a b", PASSWORD).map(drop)), Refusal::InvalidClient);
        assert!(matches!(grant(&core, "cloud-win", "wrong"), Err(Error::Unauthorized)));

        let issued =
            world.write(|tx, ann, _| issue(tx, ann.account, "cloud-win", &Scope::default(), true));
        let token = issued.unwrap().refresh_token.unwrap();
        let refreshed = |id: &str, secret| world.wait(refresh(&core, id, secret, &token, None));
        assert!(refreshed("cloud-win", None).is_ok());
        assert_eq!(refusal(refreshed("cloud-win", Some("x"))), Refusal::InvalidClient);
        assert_eq!(refusal(refreshed("cloud-mac", None)), Refusal::InvalidGrant);
    }
}

#[test]
fn where_app_passwords_are_required_the_own_one_is_refused() {
    let database = hayloft_store::testing::databases().swap_remove(0);
    let settings = Settings { app_passwords: AppPasswords::Required, ..Settings::default() };
    let world = World::with(database, &[], settings);
    set_password(&world);
    let made = world.write(|tx, ann, _| app_password::create(tx, ann.account, "rclone")).unwrap();
    let login = Login::parse("ann@example.com").unwrap();
    let grant = |password: &str| {
        world.wait(password_grant(&world.core, "cloud-win", &login, password, HERE)).map(drop)
    };
    assert!(matches!(grant(PASSWORD), Err(Error::AppPasswordNeeded)));
    assert!(matches!(grant("wrong"), Err(Error::Unauthorized)));
    grant(&made).unwrap();
}

#[test]
fn a_new_password_a_block_and_a_removed_app_end_what_was_granted() {
    for world in World::all(&[]) {
        let (app, _) = app(&world, true);
        let grant = || {
            let issued = granted(&world, &app, "a wl.offline_access");
            let waiting = code(&world, &app, "a").unwrap();
            (issued.access_token, issued.refresh_token.unwrap(), waiting)
        };
        let over = |(access, token, waiting): &(String, String, String)| {
            assert!(matches!(who(&world, access), Err(Error::Unauthorized)));
            assert!(again(&world, &app, token, None).is_err());
            assert!(redeem(&world, &app, None, waiting).is_err());
        };
        let given = grant();
        set_password(&world);
        over(&given);
        let given = grant();
        let bob = world.account("bob").account;
        world.write(move |tx, _, _| account::set_role(tx, bob, crate::Role::Admin)).unwrap();
        world.write(|tx, ann, _| account::set_active(tx, ann.account, false, "left")).unwrap();
        over(&given);
        world.write(|tx, ann, _| account::set_active(tx, ann.account, true, "")).unwrap();
        over(&given);
        let given = grant();
        let id = app.id.clone();
        world.write(move |tx, _, _| remove_app(tx, &id)).unwrap();
        over(&given);
        assert_eq!(rows(&world, "oauth_token") + rows(&world, "oauth_code"), 0);
    }
}

#[test]
fn what_stands_against_an_account_stands_against_its_tokens() {
    let world = World::planted(&[]);
    let (app, _) = app(&world, true);
    let issued = granted(&world, &app, "a wl.offline_access");
    let waiting = code(&world, &app, "a").unwrap();
    world
        .write(|tx, ann, _| {
            Ok(tx.execute(
                "UPDATE account SET expires = 1 WHERE id = ?1",
                hayloft_store::params![ann.account],
            )?)
        })
        .unwrap();
    assert!(matches!(who(&world, &issued.access_token), Err(Error::AccountExpired)));
    let token = issued.refresh_token.unwrap();
    assert!(matches!(again(&world, &app, &token, None), Err(Error::AccountExpired)));
    assert!(matches!(redeem(&world, &app, None, &waiting), Err(Error::AccountExpired)));
}

#[test]
fn apps_are_registered_listed_and_checked() {
    for world in World::all(&[]) {
        let (first, _) = app(&world, true);
        assert_eq!(world.read(|tx, _| apps(tx)).unwrap(), std::slice::from_ref(&first));
        let new = |id: &str, uri: &str| NewApp {
            id: Some(id.to_owned()),
            name: "x".to_owned(),
            redirect_uris: vec![uri.to_owned()],
            mobile: false,
        };
        let told = |new: NewApp| match world.write(move |tx, _, _| register(tx, &new)) {
            Ok((app, _)) => app.id,
            Err(err) => err.to_string(),
        };
        assert_eq!(told(new("my.app-1", "https://a.example/back?x=1")), "my.app-1");
        assert_eq!(told(new("my.app-1", DESKTOP)), "id: taken by another app");
        assert_eq!(told(new("custom", "myapp://auth")), "custom");
        for bad in ["", "/back", "a.example", "https://a/#x", "javascript:alert(1)", "http://a b/"]
        {
            assert!(told(new("bad", bad)).starts_with("redirect_uri: "), "{bad}");
        }
        assert!(told(new("a b", DESKTOP)).starts_with("id: "));
        let gone = world.write(|tx, _, _| remove_app(tx, "nobody"));
        assert!(matches!(gone, Err(Error::NotFound(crate::Subject::App))));
    }
}

#[test]
fn nothing_that_was_given_out_lies_in_the_database() {
    let world = World::planted(&[]);
    let (app, secret) = app(&world, true);
    let code = code(&world, &app, "a wl.offline_access").unwrap();
    let issued = redeem(&world, &app, None, &code).unwrap();
    let dumped = world
        .read(|tx, _| {
            let mut texts = String::new();
            for sql in [
                "SELECT hex(secret_hash) || id || name || redirect_uris FROM oauth_app",
                "SELECT hex(hash) || client_id || redirect_uri || scope FROM oauth_code",
                "SELECT hex(hash) || scope FROM oauth_token",
                "SELECT client_id || scope FROM oauth_grant",
            ] {
                texts.extend(tx.query(sql, &[], |row| row.get::<String>(0))?);
            }
            Ok(texts.to_lowercase())
        })
        .unwrap();
    let refresh = issued.refresh_token.unwrap();
    for given in [&secret, &code, &issued.access_token, &refresh] {
        let hex = given.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        assert!(!dumped.contains(given.as_str()) && !dumped.contains(&hex));
    }
}

#[test]
fn an_app_knows_an_account_by_a_name_of_its_own() {
    let world = World::planted(&[]);
    let ids: Vec<_> = [app(&world, true), app(&world, true)]
        .iter()
        .map(|(app, _)| granted(&world, app, "a").user_id)
        .collect();
    assert_ne!(ids[0], ids[1]);
    let derived = world.core.keys.derive(Purpose::AccountId, b"1");
    assert_ne!(&blake3::Hash::from(derived).to_hex()[..32], ids[0]);
}

#[test]
fn too_many_grants_end_the_oldest_and_the_old_are_swept() {
    let world = World::planted(&[]);
    let issued = |world: &World| {
        world
            .write(|tx, ann, _| issue(tx, ann.account, "cloud-win", &Scope::default(), true))
            .unwrap()
    };
    let first = issued(&world);
    world
        .write(|tx, ann, _| {
            for _ in 0..1000 {
                issue(tx, ann.account, "cloud-win", &Scope::default(), false)?;
            }
            Ok(())
        })
        .unwrap();
    assert!(matches!(who(&world, &first.access_token), Err(Error::Unauthorized)));
    assert_eq!((rows(&world, "oauth_grant"), rows(&world, "oauth_token")), (1000, 1000));
    later(&world, 2 * 24 * 60 * 60 * 1000);
    world.wait(crate::retention::run(&world.core)).unwrap();
    assert_eq!((rows(&world, "oauth_grant"), rows(&world, "oauth_token")), (0, 0));
}

fn set_password(world: &World) {
    let hash = world.wait(hash_password(&Password::parse(PASSWORD).unwrap())).unwrap();
    world.write(move |tx, ann, _| account::set_password(tx, ann.account, &hash, None)).unwrap();
}
