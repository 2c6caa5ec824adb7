use std::time::Duration;

use super::*;
use crate::{account, testing::World};

const LIFE_MS: i64 = 60_000;

fn begun(world: &World) -> String {
    world.write(|tx, ann, _| start(tx, ann.account, "email:ann@example.com", LIFE_MS)).unwrap()
}

fn found(world: &World, secret: &str) -> Result<WebSession> {
    let secret = secret.to_owned();
    world.read(move |tx, _| find(tx, &secret))
}

#[test]
fn a_session_is_found_until_it_ends() {
    for world in World::all(&[]) {
        let (one, other) = (begun(&world), begun(&world));
        assert_eq!(one.len(), 48);
        let session = found(&world, &one).unwrap();
        assert_eq!(session.actor.account, world.ann.account);
        assert_eq!(session.login, "email:ann@example.com");
        assert_eq!(session.expires_ms - session.started_ms, LIFE_MS);
        assert_ne!(session.id, found(&world, &other).unwrap().id);
        for wrong in ["", "x", &"0".repeat(48)] {
            assert!(matches!(found(&world, wrong), Err(Error::Unauthorized)));
        }
        for _ in 0..2 {
            let secret = one.clone();
            world.write(move |tx, _, _| end(tx, &secret)).unwrap();
        }
        assert!(matches!(found(&world, &one), Err(Error::Unauthorized)));
        world.core.db.clock().advance(Duration::from_mins(1));
        assert!(matches!(found(&world, &other), Err(Error::TokenExpired)));
        world.core.db.clock().advance(Duration::from_hours(25));
        world.wait(crate::retention::run(&world.core)).unwrap();
        assert!(matches!(found(&world, &other), Err(Error::Unauthorized)));
    }
}

#[test]
fn a_new_password_a_new_role_and_a_block_end_sessions() {
    for world in World::all(&[]) {
        let one = begun(&world);
        world.write(|tx, ann, _| account::set_password(tx, ann.account, "x", None)).unwrap();
        assert!(matches!(found(&world, &one), Err(Error::Unauthorized)));
        let one = begun(&world);
        world.write(|tx, ann, _| account::set_role(tx, ann.account, crate::Role::User)).unwrap();
        assert!(matches!(found(&world, &one), Err(Error::Unauthorized)));
        let one = begun(&world);
        world.write(|tx, ann, _| account::set_active(tx, ann.account, false, "")).unwrap();
        assert!(matches!(found(&world, &one), Err(Error::Unauthorized)));
        let one = begun(&world);
        assert!(matches!(found(&world, &one), Err(Error::Disabled { .. })));
    }
}

#[test]
fn too_many_sessions_end_the_oldest() {
    let world = World::planted(&[]);
    let first = begun(&world);
    world
        .write(|tx, ann, _| {
            for _ in 0..SESSIONS_MAX {
                start(tx, ann.account, "email:ann@example.com", LIFE_MS)?;
            }
            Ok(())
        })
        .unwrap();
    assert!(matches!(found(&world, &first), Err(Error::Unauthorized)));
}
