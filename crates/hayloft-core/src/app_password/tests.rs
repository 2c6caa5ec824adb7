use super::*;
use crate::{
    Subject,
    account::Login,
    testing::{HERE, World},
    token::{self, Device},
};

fn made(world: &World, name: &'static str) -> Result<String> {
    world.write(move |tx, ann, _| create(tx, ann.account, name))
}

/// Gives everybody a password of their own, so that a wrong one is compared with something.
fn with_passwords(world: &World) {
    let password = account::Password::parse("correct horse").unwrap();
    let hash = world.wait(account::hash_password(&password)).unwrap();
    let set =
        move |tx: &mut Tx<'_>| tx.execute("UPDATE account SET password_hash = ?1", params![&hash]);
    world.write(move |tx, _, _| Ok(set(tx)?)).unwrap();
}

fn signed(world: &World, password: &str) -> Result<token::Issued> {
    let (login, device) = (Login::parse("ann@example.com").unwrap(), Device::default());
    world.wait(token::sign_in(&world.core, &login, password, &device)).map(|(_, issued)| issued)
}

fn basic(world: &World, password: &str) -> Result<()> {
    let login = Login::parse("ann@example.com").unwrap();
    world.wait(token::check_basic(&world.core, &login, password, HERE)).map(drop)
}

#[test]
fn a_made_password_gets_in_however_it_is_copied() {
    for world in World::all(&[]) {
        with_passwords(&world);
        let password = made(&world, " rclone ").unwrap();
        let groups: Vec<_> = password.split(' ').collect();
        assert!(groups.len() == 4 && groups.iter().all(|group| group.len() == 4), "{password}");
        let bare = password.replace(' ', "");
        for copy in [&password, &bare, &bare.to_uppercase(), &groups.join("-")] {
            basic(&world, copy).unwrap();
        }
        let mut other = bare.clone();
        other.replace_range(..1, if bare.starts_with('a') { "b" } else { "a" });
        for wrong in ["", &other, &bare[1..], &format!("{bare}x")] {
            assert!(matches!(basic(&world, wrong), Err(Error::Unauthorized)), "{wrong}");
        }
        signed(&world, &bare).unwrap();
        let names: Vec<_> = world.read(|tx, ann| list(tx, ann.account)).unwrap();
        assert_eq!(names.into_iter().map(|made| made.name).collect::<Vec<_>>(), ["rclone"]);
    }
}

#[test]
fn it_belongs_to_one_account() {
    for world in World::all(&[]) {
        let password = made(&world, "x").unwrap();
        world.account("eve");
        with_passwords(&world);
        let eve = Login::parse("eve@example.com").unwrap();
        let foreign = world.wait(token::check_basic(&world.core, &eve, &password, HERE));
        assert!(matches!(foreign, Err(Error::Unauthorized)));
    }
}

#[test]
fn a_removed_one_lets_nobody_in_and_ends_what_was_begun() {
    for world in World::all(&[]) {
        with_passwords(&world);
        let password = made(&world, "x").unwrap();
        let issued = signed(&world, &password).unwrap();
        world.write(|tx, ann, _| remove(tx, ann.account, "x")).unwrap();
        assert!(matches!(basic(&world, &password), Err(Error::Unauthorized)));
        let session = world.read(move |tx, _| token::authenticate(tx, &issued.token));
        assert!(matches!(session, Err(Error::Unauthorized)));
        let again = world.write(|tx, ann, _| remove(tx, ann.account, "x"));
        assert!(matches!(again, Err(Error::Invalid(_))));
    }
}

#[test]
fn names_are_shown_once_and_bounded() {
    for world in World::all(&[]) {
        made(&world, "x").unwrap();
        for bad in ["x", "", " ", "a\nb"] {
            assert!(matches!(made(&world, bad), Err(Error::Invalid(_))), "{bad:?}");
        }
        let nobody = world.write(|tx, _, _| create(tx, AccountId(99), "x"));
        assert!(matches!(nobody, Err(Error::NotFound(Subject::Account))));
        let full = world.write(|tx, ann, _| {
            (0..=PASSWORDS_MAX).try_for_each(|n| create(tx, ann.account, &n.to_string()).map(drop))
        });
        assert!(matches!(full, Err(Error::TooMany(_))));
    }
}

#[test]
fn every_letter_is_drawn() {
    let drawn: String = (0..200).map(|_| letters()).collect();
    assert!(('a'..='z').all(|letter| drawn.contains(letter)));
    assert!(drawn.bytes().all(|byte| byte.is_ascii_lowercase()));
}
