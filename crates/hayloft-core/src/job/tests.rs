use std::time::Duration;

use hayloft_store::blob::BlobKey;
use insta::{allow_duplicates, assert_snapshot};
use tokio::sync::watch;

use super::{
    claim::{Claim, LEASE_MS, Share, claim, is_due},
    runner::run_next,
    *,
};
use crate::{
    Core, media_info, preview, retention,
    testing::{World, samples},
    trash,
    tree::{self, DeleteOptions},
    upload, version,
};

fn path(text: &str) -> NodePath {
    NodePath::parse(text).unwrap()
}

fn delete(world: &World, at: &str) {
    let at = path(at);
    world.write(move |tx, ann, _| tree::delete(tx, ann, &at, DeleteOptions::default())).unwrap();
}

fn queue(world: &World, work: Work) -> String {
    world.write(move |tx, ann, _| enqueue(tx, ann.account, &work)).unwrap()
}

fn how(world: &World, ticket: &str) -> Result<JobStatus> {
    let ticket = ticket.to_owned();
    world.read(move |tx, _| by_ticket(tx, &ticket)).map(|job| job.status)
}

/// Does all that is due, as a runner would.
fn run_due(world: &World) {
    let (_stop, stopped) = watch::channel(false);
    while world.wait(run_next(&world.core, Share::Any, &stopped)).unwrap() {}
}

/// Queues work, does it, and tells what came of it.
fn done(world: &World, work: Work) -> JobStatus {
    let ticket = queue(world, work);
    assert_eq!(how(world, &ticket).unwrap(), JobStatus::Queued);
    run_due(world);
    how(world, &ticket).unwrap()
}

/// The ends of several things, on one line.
fn items(status: JobStatus) -> String {
    let JobStatus::Done(Outcome::Items(items)) = status else { return format!("{status:?}") };
    let ends = items.items.iter().map(|item| match &item.failure {
        None => format!("{} done", item.name),
        Some(failure) => format!("{}: {}", item.name, Error::from(failure.clone())),
    });
    let ends: Vec<_> = ends.collect();
    format!("{}+{} {}", items.success, items.failed, ends.join(", "))
}

fn restore(names: &[&str], overwrite: bool) -> Work {
    Work::RestoreTrash { names: names.iter().map(|name| (*name).to_owned()).collect(), overwrite }
}

#[test]
fn each_item_of_a_restore_has_its_own_end() {
    for mut world in World::all(&["a.txt", "b/c.txt", "d.txt"]) {
        delete(&world, "/a.txt");
        delete(&world, "/b");
        world.file("a.txt", "new").unwrap();
        allow_duplicates! {
            let ends = items(done(&world, restore(&["a.txt", "b", "nothing"], false)));
            assert_snapshot!(ends, @"1+2 a.txt: the name `a.txt` is taken, b done, nothing: no such item in the trash");
            assert_snapshot!(world.draw(), @"a.txt b/ b/c.txt d.txt");
            let ends = items(done(&world, restore(&["a.txt"], true)));
            assert_snapshot!(ends, @"1+0 a.txt done");
        }
        assert_eq!(world.content("a.txt").unwrap(), "a.txt");
        world.assert_sound();
    }
}

#[test]
fn a_restore_that_broke_off_goes_on_after_the_last_item() {
    for world in World::all(&["a.txt", "b.txt", "c.txt"]) {
        for name in ["/a.txt", "/b.txt", "/c.txt"] {
            delete(&world, name);
        }
        let ticket = queue(&world, restore(&["a.txt", "b.txt", "c.txt"], false));
        // A runner does the first and dies.
        let dead = world.write(|tx, _, _| claim(tx, Share::Asked)).unwrap().unwrap();
        world
            .write(move |tx, ann, _| {
                let view = trash::restore_item(tx, ann, "a.txt", false)?;
                let mut items = Items::default();
                items.push("a.txt", Ok(Some(view.node.id)));
                dead.advance(tx, 33, Some(&Outcome::Items(items)))
            })
            .unwrap();
        assert_eq!(how(&world, &ticket).unwrap(), JobStatus::Running { progress: 33 });
        run_due(&world);
        assert_eq!(how(&world, &ticket).unwrap(), JobStatus::Running { progress: 33 });
        later(&world, LEASE_MS);
        run_due(&world);
        allow_duplicates! {
            assert_snapshot!(items(how(&world, &ticket).unwrap()), @"3+0 a.txt done, b.txt done, c.txt done");
            assert_snapshot!(world.draw(), @"a.txt b.txt c.txt");
        }
    }
}

fn later(world: &World, ms: i64) {
    world.core.db.clock().advance(Duration::from_millis(ms.unsigned_abs()));
}

#[test]
fn only_the_newest_claim_of_a_job_may_write() {
    for world in World::all(&[]) {
        queue(&world, Work::Purge);
        let take = || world.write(|tx, _, _| claim(tx, Share::Asked)).unwrap();
        let slow = take().unwrap();
        assert!(take().is_none(), "it is leased");
        later(&world, LEASE_MS);
        let quick = take().unwrap();
        assert_eq!((quick.id, quick.attempt), (slow.id, 2));
        let extended = |claim: &Claim| {
            let claim = claim.clone();
            world.write(move |tx, _, _| claim.extend(tx)).unwrap()
        };
        assert!(extended(&quick) && !extended(&slow));
        let late = slow.clone();
        assert!(world.write(move |tx, _, _| late.advance(tx, 1, None)).is_err());
        world.write(move |tx, _, _| slow.settle(tx, &Ok(Outcome::Nothing))).unwrap();
        let job = world.read(|tx, ann| latest(tx, ann.account, Kind::Purge)).unwrap().unwrap();
        assert_eq!(job.status, JobStatus::Running { progress: 0 });
    }
}

#[test]
fn our_own_failures_are_tried_again_and_refusals_told() {
    for world in World::all(&[]) {
        let ticket = queue(&world, Work::FolderSizes { path: path("/gone") });
        run_due(&world);
        assert_eq!(
            how(&world, &ticket).unwrap(),
            JobStatus::Failed(Failure::NotFound(Subject::Folder))
        );
        let ticket = queue(&world, Work::Purge);
        let taken = world.write(|tx, _, _| claim(tx, Share::Any)).unwrap().unwrap();
        let broken = Err(Error::Internal("no luck".to_owned()));
        world.write(move |tx, _, _| taken.settle(tx, &broken)).unwrap();
        assert_eq!(how(&world, &ticket).unwrap(), JobStatus::Queued);
        let due = |world: &World| world.read(|tx, _| is_due(tx, Share::Any)).unwrap();
        assert!(!due(&world), "not at once");
        later(&world, 1000);
        assert!(due(&world));
        run_due(&world);
        assert_eq!(how(&world, &ticket).unwrap(), JobStatus::Done(Outcome::Nothing));
    }
}

#[test]
fn a_job_that_never_ends_is_given_up() {
    let world = World::planted(&[]);
    let ticket = queue(&world, Work::Purge);
    world
        .write(|tx, _, _| {
            Ok(tx.execute("UPDATE job SET attempts = 32, state = 1, run_after = 0", &[])?)
        })
        .unwrap();
    run_due(&world);
    assert_eq!(how(&world, &ticket).unwrap(), JobStatus::Failed(Failure::Internal));
    let ticket = queue(&world, Work::Purge);
    world
        .write(|tx, _, _| Ok(tx.execute("UPDATE job SET payload = 'x' WHERE state = 0", &[])?))
        .unwrap();
    run_due(&world);
    assert_eq!(how(&world, &ticket).unwrap(), JobStatus::Failed(Failure::Internal));
}

#[test]
fn a_ticket_is_needed_and_holds_for_a_day() {
    for world in World::all(&[]) {
        let ticket = queue(&world, Work::Purge);
        assert_eq!(ticket.len(), 128);
        run_due(&world);
        let missing =
            |ticket: &str| matches!(how(&world, ticket), Err(Error::NotFound(Subject::Task)));
        assert!(missing("") && missing(&"0".repeat(128)) && missing("1"));
        assert!(how(&world, &ticket).is_ok());
        later(&world, KEPT_MS);
        assert!(missing(&ticket));
        world.wait(retention::run(&world.core)).unwrap();
        assert!(world.read(|tx, ann| latest(tx, ann.account, Kind::Purge)).unwrap().is_none());
    }
}

#[test]
fn one_of_a_kind_stands_for_the_next() {
    for world in World::all(&["a"]) {
        let once = || world.write(|tx, ann, _| enqueue_once(tx, ann.account, &Work::FullListing));
        let first = once().unwrap();
        assert_eq!(once().unwrap(), first);
        run_due(&world);
        let job =
            world.read(move |tx, ann| get(tx, ann.account, Kind::FullListing, first)).unwrap();
        assert_eq!(job.status, JobStatus::Done(Outcome::Nothing));
        assert!(job.finished_ms >= job.created_ms);
        assert_ne!(once().unwrap(), first);
        let eve = world.account("eve").account;
        let foreign = world.read(move |tx, _| get(tx, eve, Kind::FullListing, first));
        assert!(matches!(foreign, Err(Error::NotFound(Subject::Task))));
    }
}

#[test]
fn clearing_takes_what_is_named_or_all() {
    for world in World::all(&["a", "b", "c/d", "e"]) {
        for name in ["/a", "/b", "/c"] {
            delete(&world, name);
        }
        let some = Work::ClearTrash { names: Some(vec!["a".to_owned(), "x".to_owned()]) };
        allow_duplicates! {
            assert_snapshot!(items(done(&world, some)), @"1+0 a done");
            assert_snapshot!(items(done(&world, Work::ClearTrash { names: None })), @"2+0 b done, c done");
        }
        run_due(&world);
        assert_eq!(world.usage().storage_bytes, 1);
        assert_eq!(world.usage().trash_bytes, 0);
        world.assert_sound();
    }
}

#[test]
fn a_purge_leaves_only_what_is_current() {
    for mut world in World::all(&["a", "b/c"]) {
        world.file("a", "second").unwrap();
        world.file("a", "third one").unwrap();
        delete(&world, "/b");
        run_due(&world);
        assert_eq!(world.usage().overhead_bytes(), 1 + 6 + 3);
        assert_eq!(done(&world, Work::Purge), JobStatus::Done(Outcome::Nothing));
        run_due(&world);
        assert_eq!((world.usage().storage_bytes, world.usage().overhead_bytes()), (9, 0));
        let left = world.read(|tx, ann| version::list(tx, ann, &path("/a"), 0, 10)).unwrap();
        assert_eq!(left.len(), 1);
        world.assert_sound();
    }
}

#[test]
fn many_uploads_are_confirmed_each_with_its_own_end() {
    for world in World::all(&[]) {
        let mut uploads: Vec<_> =
            (0..40).map(|at| world.send(&format!("d/{at}"), "x").unwrap().1).collect();
        uploads[3].size = Some(7);
        uploads[5].id = upload::UploadId::new(0);
        let ends = items(done(&world, Work::ConfirmUploads { uploads }));
        assert!(
            ends.starts_with("38+2 /d/0 done, /d/1 done, /d/2 done, /d/3: size or checksum"),
            "{ends}"
        );
        assert!(ends.contains("/d/5: no such upload, /d/6 done"), "{ends}");
        world.assert_sound();
    }
}

#[test]
fn sizes_and_archives_come_of_their_jobs() {
    for world in World::all(&["a/b/c.txt", "a/d.txt"]) {
        assert_eq!(
            done(&world, Work::FolderSizes { path: path("/") }),
            JobStatus::Done(Outcome::Sizes { bytes: 16, files: 2, folders: 2 })
        );
        let work = Work::Archive {
            paths: vec![path("/a"), path("/x")],
            parent_folder: None,
            windows_names: false,
        };
        let JobStatus::Done(Outcome::Archive { hash, skipped }) = done(&world, work) else {
            panic!("an archive");
        };
        assert_eq!(skipped, [path("/x")]);
        assert!(world.wait(crate::archive::open(&world.core, &hash)).is_ok());
    }
}

#[test]
fn what_is_destroyed_leaves_no_row_and_no_blob() {
    for mut world in World::all(&["a/b/c.txt", "kept.txt"]) {
        world.file("a/big", &"x".repeat(300_000)).unwrap();
        world.file("kept.txt", "kept").unwrap();
        let without_trash = DeleteOptions { without_trash: true, ..DeleteOptions::default() };
        world.write(move |tx, ann, _| tree::delete(tx, ann, &path("/a"), without_trash)).unwrap();
        run_due(&world);
        assert_eq!(world.draw(), "kept.txt");
        // The uploads still name the contents, until they cannot be confirmed again.
        later(&world, upload::KEPT_MS + 1);
        world.wait(retention::run(&world.core)).unwrap();
        world.wait(super::sweep::sweep_suspects(&world.core)).unwrap();
        let rows = |world: &World| {
            let count = |tx: &mut Tx<'_>, table: &str| {
                tx.query_one(&format!("SELECT count(*) FROM {table}"), &[], |row| row.get::<i64>(0))
            };
            world
                .read(move |tx, _| {
                    Ok((count(tx, "blob")?, count(tx, "segment")?, count(tx, "doomed_key")?))
                })
                .unwrap()
        };
        assert_eq!(rows(&world), (2, 0, 1), "two versions of one file are left");
        later(&world, 59 * 60 * 1000);
        world.wait(super::sweep::delete_doomed(&world.core)).unwrap();
        assert_eq!(rows(&world), (2, 0, 1), "a download may still read it");
        later(&world, 60 * 1000);
        world.wait(super::sweep::delete_doomed(&world.core)).unwrap();
        assert_eq!(rows(&world), (2, 0, 0));
        assert_eq!(keys(&world.core, &world), 0);
        world.assert_sound();
    }
}

fn keys(core: &Core, world: &World) -> usize {
    use futures::StreamExt;
    world.wait(async {
        let later = std::time::SystemTime::now() + Duration::from_hours(24 * 365);
        core.blobs.list(later).await.unwrap().count().await
    })
}

#[test]
fn a_blob_that_a_crash_left_behind_goes_and_others_stay() {
    for mut world in World::all(&[]) {
        world.file("big", &"x".repeat(300_000)).unwrap();
        let orphan = BlobKey::random();
        world.wait(world.core.blobs.put(&orphan, crate::testing::body(b"lost"))).unwrap();
        let sweep = |world: &World| {
            world.wait(super::sweep::doom_orphans(&world.core)).unwrap();
            later(world, 60 * 60 * 1000);
            world.wait(super::sweep::delete_doomed(&world.core)).unwrap();
            keys(&world.core, world)
        };
        assert_eq!(sweep(&world), 2, "an upload may still be about to name it");
        later(&world, 3 * 24 * 60 * 60 * 1000);
        assert_eq!(sweep(&world), 1);
        assert_eq!(world.content("big").unwrap().len(), 300_000);
    }
}

#[test]
fn a_runner_does_what_comes_and_stops_when_told() {
    for world in World::all(&["a/b"]) {
        let runner = world.wait(async { Runner::start(&world.core) });
        let ticket = queue(&world, Work::FolderSizes { path: path("/") });
        let ended = || matches!(how(&world, &ticket), Ok(JobStatus::Done(_)));
        for _ in 0..2000 {
            if ended() {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(ended(), "{:?}", how(&world, &ticket));
        let indexed = || world.read(|tx, _| crate::search::backlog(tx)).unwrap().is_none();
        for _ in 0..2000 {
            if indexed() {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(indexed(), "names wait for the index");
        world.wait(runner.stop());
        let ticket = queue(&world, Work::Purge);
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(how(&world, &ticket).unwrap(), JobStatus::Queued);
    }
}

#[test]
fn two_runners_do_each_job_once() {
    for mut world in World::all(&[]) {
        let names: Vec<String> = (0..20).map(|at| format!("f{at}")).collect();
        for name in &names {
            world.file(name, name).unwrap();
            delete(&world, &format!("/{name}"));
        }
        let tickets: Vec<_> =
            names.iter().map(|name| queue(&world, restore(&[name], false))).collect();
        let runners =
            world.wait(async { [Runner::start(&world.core), Runner::start(&world.core)] });
        for ticket in &tickets {
            for _ in 0..2000 {
                if matches!(how(&world, ticket), Ok(JobStatus::Done(_))) {
                    break;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            let ends = items(how(&world, ticket).unwrap());
            assert!(ends.starts_with("1+0 "), "{ends}");
        }
        for runner in runners {
            world.wait(runner.stop());
        }
        world.assert_sound();
    }
}

/// Fails each statement of a job in turn: the next runner brings it to its end, and the tree is
/// then as `expected`.
fn survives_a_failure_at_any_statement(work: &Work, expected: &str) {
    const STATEMENTS_MAX: u64 = 500;
    for at in 0..STATEMENTS_MAX {
        let mut world = World::planted(&["a/b.txt", "c.txt", "d.txt"]);
        world.file("d.txt", "second").unwrap();
        delete(&world, "/a");
        delete(&world, "/c.txt");
        let ticket = queue(&world, work.clone());
        world.core.db.faults().fail_nth_of(hayloft_store::Call::Statement, at);
        let (_stop, stopped) = watch::channel(false);
        while let Ok(true) = world.wait(run_next(&world.core, Share::Any, &stopped)) {}
        let fired = world.core.db.faults().heal();
        for _ in 0..2 {
            later(&world, LEASE_MS);
            run_due(&world);
        }
        let end = how(&world, &ticket).unwrap();
        assert!(matches!(end, JobStatus::Done(_)), "statement {at}: {end:?}");
        assert_eq!(world.draw(), expected, "statement {at}");
        world.assert_sound();
        if !fired {
            return;
        }
    }
    panic!("the job makes more than {STATEMENTS_MAX} statements");
}

#[test]
fn a_restore_survives_a_failure_at_any_statement() {
    survives_a_failure_at_any_statement(&restore(&["c.txt", "a"], false), "a/ a/b.txt c.txt d.txt");
}

#[test]
fn a_purge_survives_a_failure_at_any_statement() {
    survives_a_failure_at_any_statement(&Work::Purge, "d.txt");
}

#[test]
fn every_failure_that_can_be_written_down_is_the_error_it_was() {
    let errors = [
        Error::NotFound(Subject::TrashItem),
        Error::NameTaken("x".to_owned()),
        Error::FolderExists("y".to_owned()),
        Error::SameFolder,
        Error::IntoDescendant,
        Error::NotAFolder,
        Error::NotAFile,
        Error::RootIsFixed,
        Error::FolderDeleted,
        Error::VersionMismatch { current: 7 },
        Error::BadVersion,
        Error::OverQuota,
        Error::CannotUndelete,
        Error::ReadOnly,
        Error::UploadIncomplete,
        Error::ChecksumMismatch,
        Error::Forbidden,
        Error::Invalid("because".to_owned()),
    ];
    for error in errors {
        let failure = Failure::from(&error);
        let written = serde_json::to_string(&failure).unwrap();
        let read: Failure = serde_json::from_str(&written).unwrap();
        assert_eq!(Error::from(read).to_string(), error.to_string());
    }
}

#[test]
fn summing_up_the_root_corrects_wrong_figures() {
    for mut world in World::all(&["a.png", "b/c.mp3", "gone.txt"]) {
        world.file("a.png", "a second version").unwrap();
        world
            .write(|tx, ann, _| {
                tree::delete(tx, ann, &path("/gone.txt"), DeleteOptions::default()).map(drop)
            })
            .unwrap();
        world.send("never", "confirmed").unwrap();
        let right = world.usage();
        world
            .write(|tx, ann, _| {
                let sql = "UPDATE usage SET storage_bytes = 1, old_bytes = 2, trash_bytes = 3,
                    image_bytes = 4, video_bytes = 5, audio_bytes = 6, open_bytes = 7
                    WHERE account_id = ?1";
                Ok(tx.execute(sql, params![ann.account])?)
            })
            .unwrap();
        assert_ne!(world.usage(), right);
        done(&world, Work::FolderSizes { path: path("/") });
        assert_eq!(world.usage(), right);
        world.assert_sound();
    }
}

#[test]
fn what_was_made_of_a_content_goes_with_it() {
    for mut world in World::all(&[]) {
        world.bytes("photo.jpg", samples::PHOTO).unwrap();
        let view = world.read(|tx, ann| tree::resolve(tx, ann, &path("/photo.jpg"))).unwrap();
        world.wait(preview::make(&world.core, &view, preview::Fit::LARGEST)).unwrap();
        world.wait(media_info::get_now(&world.core, &view)).unwrap();
        let rows = |world: &World| {
            let sql = "SELECT (SELECT count(*) FROM preview) + (SELECT count(*) FROM media_info)";
            world.read(move |tx, _| Ok(tx.query_one(sql, &[], |row| row.get::<i64>(0))?)).unwrap()
        };
        assert_eq!(rows(&world), 2);
        let forever = DeleteOptions { without_trash: true, ..DeleteOptions::default() };
        world.write(move |tx, ann, _| tree::delete(tx, ann, &path("/photo.jpg"), forever)).unwrap();
        run_due(&world);
        later(&world, upload::KEPT_MS + 1);
        world.wait(retention::run(&world.core)).unwrap();
        world.wait(super::sweep::sweep_suspects(&world.core)).unwrap();
        assert_eq!(rows(&world), 0);
        world.assert_sound();
    }
}
