use std::time::Duration;

use super::*;
use crate::{
    Subject,
    account::{Login, Password, hash_password},
    app_password,
    testing::{HERE, World},
    token::{Device, FirstFactor, LOCKED_MS, check_basic, first_factor, sign_in},
};

const PASSWORD: &str = "correct horse";

fn login() -> Login {
    Login::parse("ann@example.com").unwrap()
}

/// What ann's device shows `steps` from now on.
fn shown(world: &World, steps: i64) -> String {
    let now_ms = world.core.db.clock().now_ms() + steps * 30_000;
    world
        .read(move |tx, ann| {
            let factor = find(tx, ann.account)?.expect("begun");
            let secret = seal::open(&Keys::of(tx)?, ann.account, &factor.secret)?;
            Ok(totp(secret, "ann")?.generate(now_ms.unsigned_abs() / 1000).to_string())
        })
        .unwrap()
}

/// A code that no step near now has.
fn wrong(world: &World) -> String {
    let right: Vec<_> = (-2..=2).map(|steps| shown(world, steps)).collect();
    (0..10).map(|n| format!("{n:06}")).find(|code| !right.contains(code)).unwrap()
}

fn later(world: &World, ms: i64) {
    world.core.db.clock().advance(Duration::from_millis(ms.unsigned_abs()));
}

/// Ann has a password, and a second factor whose first code was used just now.
fn enrolled(world: &World) -> Enrolment {
    let hash = world.wait(hash_password(&Password::parse(PASSWORD).unwrap())).unwrap();
    world.write(move |tx, ann, _| account::set_password(tx, ann.account, &hash, None)).unwrap();
    let enrolment = world.write(|tx, ann, _| begin(tx, ann)).unwrap();
    let code = shown(world, 0);
    world.write(move |tx, ann, _| confirm(tx, ann, &code)).unwrap();
    enrolment
}

/// The password is shown; what the client is to hand back with the code.
fn asked(world: &World) -> String {
    match world.wait(first_factor(&world.core, &login(), PASSWORD, HERE)).unwrap() {
        FirstFactor::NeedsCode(pending) => pending.text(),
        FirstFactor::Complete { .. } => panic!("no code was asked for"),
    }
}

fn finish(world: &World, pending: &str, code: &str) -> Result<Actor> {
    world.wait(complete(&world.core, pending, code, HERE))
}

fn basic(world: &World, password: &str) -> Result<()> {
    world.wait(check_basic(&world.core, &login(), password, HERE)).map(drop)
}

fn token(world: &World, password: &str) -> Result<()> {
    world.wait(sign_in(&world.core, &login(), password, &Device::default())).map(drop)
}

#[test]
fn the_codes_are_those_of_rfc_6238() {
    let totp = totp(*b"12345678901234567890", "ann").unwrap();
    // Appendix B, its last six digits of eight.
    for (time, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
        assert_eq!(totp.generate(time).to_string(), code);
    }
}

#[test]
fn a_second_factor_is_on_once_a_code_was_shown() {
    for world in World::all(&[]) {
        let on = || world.read(|tx, ann| is_on(tx, ann.account)).unwrap();
        let confirmed = |code: String| world.write(move |tx, ann, _| confirm(tx, ann, &code));
        assert!(matches!(confirmed("000000".to_owned()), Err(Error::Invalid(_))));
        let first = world.write(|tx, ann, _| begin(tx, ann)).unwrap();
        let again = world.write(|tx, ann, _| begin(tx, ann)).unwrap();
        assert_ne!(first.secret_base32, again.secret_base32);
        let uri = format!(
            "otpauth://totp/Hayloft:ann%40example.com?secret={}&issuer=Hayloft",
            again.secret_base32
        );
        assert_eq!(again.uri.replace('@', "%40"), uri);
        assert!(!on());
        assert!(matches!(confirmed(wrong(&world)), Err(Error::Invalid(_))));
        confirmed(shown(&world, 0)).unwrap();
        assert!(on());
        assert!(matches!(world.write(|tx, ann, _| begin(tx, ann)), Err(Error::Invalid(_))));
        world.write(|tx, ann, _| disable(tx, ann.account)).unwrap();
        assert!(!on());
        let gone = world.write(|tx, ann, _| disable(tx, ann.account));
        assert!(matches!(gone, Err(Error::Invalid(_))));
    }
}

#[test]
fn a_sign_in_takes_password_and_code() {
    for world in World::all(&[]) {
        enrolled(&world);
        let pending = asked(&world);
        assert!(pending.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_eq!(pending_login(&world.core, &pending).unwrap(), "email:ann@example.com");
        later(&world, 30_000);
        let actor = finish(&world, &pending, &shown(&world, 0)).unwrap();
        assert_eq!(actor.account, world.ann.account);
    }
}

#[test]
fn a_code_is_good_once_and_near_its_time() {
    for world in World::all(&[]) {
        enrolled(&world);
        let pending = asked(&world);
        let refused = |code: &str| {
            let refused = finish(&world, &pending, code);
            assert!(matches!(refused, Err(Error::Unauthorized)), "{refused:?}");
        };
        refused(&shown(&world, 0)); // Confirmed with.
        refused(&shown(&world, -1)); // Before one that was used.
        refused(&shown(&world, 2));
        let next = shown(&world, 1);
        finish(&world, &pending, &next).unwrap();
        refused(&next);
        later(&world, 60_000);
        let early = shown(&world, -1);
        refused(&shown(&world, -2));
        later(&world, 30_000);
        refused(&early);
        for nonsense in ["", "x", "1234567", "12345x", "１２３４５６"] {
            assert_eq!(six_digits(nonsense), None, "{nonsense}");
        }
        assert_eq!(six_digits(" 12 345 ").as_deref(), Some("012345"));
    }
}

#[test]
fn wrong_codes_count_like_wrong_passwords() {
    for world in World::all(&[]) {
        enrolled(&world);
        let guess = wrong(&world);
        for _ in 0..8 {
            // The right password in between makes no room for more guesses.
            assert!(matches!(finish(&world, &asked(&world), &guess), Err(Error::Unauthorized)));
        }
        let pending = asked(&world);
        assert!(matches!(finish(&world, &pending, &guess), Err(Error::LastAttempt)));
        assert!(matches!(finish(&world, &pending, &guess), Err(Error::Locked { .. })));
        later(&world, 30_000);
        let right = finish(&world, &pending, &shown(&world, 0));
        assert!(matches!(right, Err(Error::Locked { .. })), "the right one does not help now");
        assert!(matches!(token(&world, PASSWORD), Err(Error::Locked { .. })));
        later(&world, LOCKED_MS);
        finish(&world, &asked(&world), &shown(&world, 0)).unwrap();
    }
}

#[test]
fn a_sign_in_that_waits_ends_with_its_time_its_password_and_its_factor() {
    for world in World::all(&[]) {
        enrolled(&world);
        let over = |pending: &str, code: &str| {
            let over = finish(&world, pending, code);
            assert!(matches!(over, Err(Error::NotFound(Subject::Ticket))), "{over:?}");
        };
        let pending = asked(&world);
        later(&world, 10 * 60_000);
        over(&pending, &shown(&world, 0));
        over("forged", &shown(&world, 0));
        let pending = asked(&world);
        let hash = world.wait(hash_password(&Password::parse("another one").unwrap())).unwrap();
        world.write(move |tx, ann, _| account::set_password(tx, ann.account, &hash, None)).unwrap();
        over(&pending, &shown(&world, 0));
        enrolled_again(&world);
        let pending = asked(&world);
        world.write(|tx, ann, _| disable(tx, ann.account)).unwrap();
        over(&pending, "000000");
    }
}

fn enrolled_again(world: &World) {
    world.write(|tx, ann, _| disable(tx, ann.account)).unwrap();
    enrolled(world);
}

#[test]
fn programs_get_in_with_their_own_password_only() {
    for world in World::all(&[]) {
        enrolled(&world);
        let made = world.write(|tx, ann, _| app_password::create(tx, ann.account, "x")).unwrap();
        for _ in 0..2 {
            assert!(matches!(basic(&world, PASSWORD), Err(Error::SecondFactorNeeded)));
            assert!(matches!(token(&world, PASSWORD), Err(Error::SecondFactorNeeded)));
            assert!(matches!(basic(&world, "wrong"), Err(Error::Unauthorized)));
            basic(&world, &made).unwrap();
            token(&world, &made).unwrap();
        }
        let on_page = world.wait(first_factor(&world.core, &login(), &made, HERE));
        assert!(matches!(on_page, Err(Error::Unauthorized)), "it does not go round the code");
    }
}

#[test]
fn basic_hears_of_a_second_factor_at_once() {
    let world = World::planted(&[]);
    enrolled(&world);
    world.write(|tx, ann, _| disable(tx, ann.account)).unwrap();
    basic(&world, PASSWORD).unwrap();
    basic(&world, PASSWORD).unwrap(); // From memory.
    enrolled(&world);
    assert!(matches!(basic(&world, PASSWORD), Err(Error::SecondFactorNeeded)));
}

#[test]
fn a_secret_is_sealed_for_its_account() {
    for world in World::all(&[]) {
        let enrolment = enrolled(&world);
        let eve = world.account("eve").account;
        let (kept, opened, moved) = world
            .read(move |tx, ann| {
                let keys = Keys::of(tx)?;
                let kept = find(tx, ann.account)?.expect("on").secret;
                let opened = seal::open(&keys, ann.account, &kept)?;
                Ok((kept.clone(), opened, seal::open(&keys, eve, &kept)))
            })
            .unwrap();
        assert!(!kept.windows(opened.len()).any(|window| window == opened));
        assert_eq!(totp(opened, "ann").unwrap().secret().to_base32(), enrolment.secret_base32);
        assert!(matches!(moved, Err(Error::Internal(_))));
    }
}
