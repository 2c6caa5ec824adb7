use super::{change::change_profile, *};
use crate::{
    Error, Result,
    testing::{HERE, World},
    token,
};

fn new(login: &str) -> NewAccount {
    NewAccount {
        login: Login::parse(login).unwrap(),
        name: "Bob".to_owned(),
        password_hash: None,
        role: Role::User,
        lang: "de".to_owned(),
        approved: true,
        quota_soft: 0,
        quota_hard: -1,
    }
}

fn told<T: std::fmt::Debug>(result: Result<T>) -> String {
    result.map_or_else(|err| err.to_string(), |value| format!("{value:?}"))
}

#[test]
fn a_new_account_has_a_login_a_root_and_figures() {
    for world in World::all(&[]) {
        let bob = world.write(|tx, _, _| create(tx, &new("Bob@Example.com"))).unwrap();
        assert_eq!(bob.logins, [Login::parse("email:bob@example.com").unwrap()]);
        assert_eq!((bob.name.as_str(), bob.lang.as_str()), ("Bob", "de"));
        assert_eq!((bob.quota_soft, bob.quota_hard), (0, -1));
        let id = bob.id;
        world
            .read(move |tx, _| {
                let acting = actor(tx, id)?;
                assert_eq!(acting.root, bob.root);
                assert_eq!(by_login(tx, &Login::parse("BOB@example.com")?)?, Some(id));
                assert_eq!(by_login(tx, &Login::UserId(id))?, Some(id));
                assert_eq!(by_login(tx, &Login::parse("eve@example.com")?)?, None);
                assert_eq!(crate::usage::get(tx, id)?.storage_bytes, 0);
                assert_eq!((count(tx)?, list(tx, 1, 10)?.len()), (2, 1));
                Ok(())
            })
            .unwrap();
        world.assert_sound();
    }
}

#[test]
fn a_taken_login_and_a_bad_name_are_refused() {
    for world in World::all(&[]) {
        let made = |new: NewAccount| told(world.write(move |tx, _, _| create(tx, &new)));
        assert_eq!(made(new("ann@EXAMPLE.com")), "the login is taken");
        assert_eq!(
            made(NewAccount { name: " ".to_owned(), ..new("b@example.com") }),
            "name: must not be empty"
        );
        assert_eq!(
            made(NewAccount { name: "x".repeat(257), ..new("b@example.com") }),
            "name: longer than 256 bytes"
        );
        assert_eq!(
            made(new("userid:7")),
            "an account is made with an e-mail address or a telephone number"
        );
        assert_eq!(world.read(|tx, _| count(tx)).unwrap(), 1);
    }
}

#[test]
fn a_profile_changes_only_in_what_is_given() {
    for world in World::all(&[]) {
        let info = |json: &str| serde_json::from_str(json).unwrap();
        let first = ProfileChange {
            lang: Some("ru".to_owned()),
            extra_info: info(r#"{"a": 1, "b": [2]}"#),
            disable_alert: Some(true),
            ..ProfileChange::default()
        };
        let second = ProfileChange {
            name: Some("Anna".to_owned()),
            timezone: Some("Europe/Berlin".to_owned()),
            extra_info: info(r#"{"a": null, "c": "x"}"#),
            ..ProfileChange::default()
        };
        world.write(move |tx, ann, _| change_profile(tx, ann, &first)).unwrap();
        let told = world.write(move |tx, ann, _| change_profile(tx, ann, &second)).unwrap();
        let ann = world.read(|tx, ann| get(tx, ann.account)).unwrap();
        assert_eq!(ann, told);
        assert_eq!((ann.name.as_str(), ann.lang.as_str()), ("Anna", "ru"));
        assert_eq!(ann.timezone, "Europe/Berlin");
        assert!(ann.disable_alert);
        assert_eq!(serde_json::Value::from(ann.extra_info).to_string(), r#"{"b":[2],"c":"x"}"#);
    }
}

#[test]
fn what_a_profile_cannot_be_is_refused() {
    let world = World::planted(&[]);
    let change = |change: ProfileChange| {
        told(world.write(move |tx, ann, _| change_profile(tx, ann, &change)))
    };
    let text = |text: &str| Some(text.to_owned());
    let none = ProfileChange::default;
    assert_eq!(change(ProfileChange { lang: text("xx"), ..none() }), "lang: one of en, ru, de");
    assert_eq!(
        change(ProfileChange { timezone: text("a b"), ..none() }),
        "timezone: not the name of a time zone"
    );
    assert_eq!(change(ProfileChange { name: text(""), ..none() }), "name: must not be empty");
    let long = serde_json::json!({ "a": "x".repeat(70_000) });
    assert_eq!(
        change(ProfileChange { extra_info: long.as_object().cloned(), ..none() }),
        "extra_info: more than 64 KiB"
    );
}

#[test]
fn a_password_is_changed_once_and_not_to_itself() {
    let world = World::planted(&[]);
    let change = |old: Option<&str>, new: &str| {
        let new = NewPassword { new: &Password::parse(new).unwrap(), old, keep: None, ip: HERE };
        told(world.wait(change(&world.core, &world.ann, None, Some(new))))
    };
    let hash = world.wait(hash_password(&Password::parse("first password").unwrap())).unwrap();
    world.write(move |tx, ann, _| set_password(tx, ann.account, &hash, None)).unwrap();
    assert_eq!(change(Some("not that"), "second password"), "old_password: wrong");
    assert_eq!(change(None, "first password"), "false");
    assert_eq!(change(Some("first password"), "second password"), "true");
    assert_eq!(change(None, "second password"), "false");
}

#[test]
fn a_wrong_old_password_changes_nothing_and_locks_in_the_end() {
    for world in World::all(&[]) {
        let hash = world.wait(hash_password(&Password::parse("first password").unwrap())).unwrap();
        world.write(move |tx, ann, _| set_password(tx, ann.account, &hash, None)).unwrap();
        let change = |old: &str| {
            let new = Password::parse("second password").unwrap();
            let password = NewPassword { new: &new, old: Some(old), keep: None, ip: HERE };
            let profile =
                ProfileChange { name: Some("Eve".to_owned()), ..ProfileChange::default() };
            world.wait(super::change(&world.core, &world.ann, Some(&profile), Some(password)))
        };
        for _ in 1..token::FAILURES_MAX {
            assert_eq!(told(change("guess")), "old_password: wrong");
        }
        assert!(matches!(change("guess"), Err(Error::Locked { .. })));
        assert!(matches!(change("first password"), Err(Error::Locked { .. })));
        assert_eq!(world.read(|tx, ann| get(tx, ann.account)).unwrap().name, "ann");
        world.core.db.clock().advance(std::time::Duration::from_mins(31));
        assert!(change("first password").unwrap());
        assert_eq!(world.read(|tx, ann| get(tx, ann.account)).unwrap().name, "Eve");
    }
}

#[test]
fn the_last_administrator_stays() {
    for world in World::all(&[]) {
        let bob = world.account("bob").account;
        let refused = |result: Result<()>| matches!(result, Err(Error::Forbidden));
        world.write(|tx, ann, _| set_role(tx, ann.account, Role::Admin)).unwrap();
        assert!(refused(world.write(|tx, ann, _| set_role(tx, ann.account, Role::User))));
        assert!(refused(world.write(|tx, ann, _| set_active(tx, ann.account, false, "x"))));
        world.write(move |tx, _, _| set_role(tx, bob, Role::Admin)).unwrap();
        world.write(|tx, ann, _| set_active(tx, ann.account, false, "left")).unwrap();
        let ann = world.read(|tx, ann| get(tx, ann.account)).unwrap();
        assert_eq!((ann.is_active, ann.block_reason.as_str()), (false, "left"));
        assert!(ann.block_date_ms > 0);
        assert!(refused(world.write(move |tx, _, _| set_active(tx, bob, false, ""))));
        world.write(|tx, ann, _| set_active(tx, ann.account, true, "")).unwrap();
        let gone = world.write(|tx, _, _| set_active(tx, AccountId(99), true, ""));
        assert!(matches!(gone, Err(Error::NotFound(crate::Subject::Account))));
    }
}

#[test]
fn a_login_may_go_but_not_the_last() {
    for world in World::all(&[]) {
        world
            .write(|tx, ann, _| {
                tx.execute(
                    "INSERT INTO login (value, account_id, created) VALUES ('msisdn:79201234567', ?1, 1)",
                    hayloft_store::params![ann.account],
                )?;
                Ok(())
            })
            .unwrap();
        let remove = |login: &str| {
            let login = Login::parse(login).unwrap();
            told(world.write(move |tx, ann, _| remove_login(tx, ann.account, &login)))
        };
        assert_eq!(remove("bob@example.com"), "no such login");
        assert_eq!(remove("ann@example.com"), "()");
        assert_eq!(remove("79201234567"), "login: the last one cannot be removed");
    }
}

#[test]
fn a_new_password_and_a_block_end_other_sign_ins() {
    let world = World::planted(&[]);
    let hash = world.wait(hash_password(&Password::parse("first password").unwrap())).unwrap();
    world.write(move |tx, ann, _| set_password(tx, ann.account, &hash, None)).unwrap();
    let login = Login::parse("ann@example.com").unwrap();
    let sign_in = || {
        let device = token::Device::default();
        let signed = token::sign_in(&world.core, &login, "first password", &device);
        world.wait(signed).unwrap().1.token
    };
    let (kept, other) = (sign_in(), sign_in());
    let who = |text: &str| {
        let text = text.to_owned();
        world.read(move |tx, _| token::authenticate(tx, &text))
    };
    let keep = who(&kept).unwrap().token;
    world.write(move |tx, ann, _| set_password(tx, ann.account, "x", keep)).unwrap();
    assert!(who(&kept).is_ok());
    assert!(matches!(who(&other), Err(Error::Unauthorized)));
    world.write(|tx, ann, _| set_active(tx, ann.account, false, "gone")).unwrap();
    assert!(matches!(who(&kept), Err(Error::Unauthorized)));
}
