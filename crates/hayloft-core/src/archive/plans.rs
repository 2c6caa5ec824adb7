//! Plans kept for the requests to come. A client that fetches an archive in ranges, or asks for its
//! length first, needs the same plan again and again, and making one walks a tree.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use tokio::sync::{Mutex as Turn, Semaphore};

use super::{Archive, Plan, find};
use crate::{AccountId, Core, Error, Result, usage};

/// How many plans are made at once. A link needs no sign-in, so strangers may ask for many; they
/// must not take the long reads that searches and jobs wait for, of which there are few.
const AT_ONCE: usize = 1;
/// The most entries, of all plans together, that are kept though nobody reads them: some 15 MB.
const ENTRIES_MAX: usize = 100_000;
/// The most plans known, large or small.
const PLANS_MAX: usize = 1000;

/// The plans that were made lately. Clones share them.
#[derive(Clone, Debug)]
pub struct Plans(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    known: Mutex<Known>,
    places: Semaphore,
    /// One plan of an account after the other, so that one account alone cannot fill the queue.
    turns: Mutex<HashMap<AccountId, Weak<Turn<()>>>>,
}

impl Default for Plans {
    fn default() -> Self {
        Self(Arc::new(Shared {
            known: Mutex::default(),
            places: Semaphore::new(AT_ONCE),
            turns: Mutex::default(),
        }))
    }
}

impl Plans {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self, account: AccountId) -> Arc<Turn<()>> {
        let mut turns = self.0.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(&account).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(account, Arc::downgrade(&turn));
        turn
    }
}

/// Finds the archive of a link, and its plan as the tree stands now.
pub async fn open(core: &Core, hash: &str) -> Result<(Archive, Arc<Plan>)> {
    let plans = &core.archives;
    let (archive, change) = look_up(core, hash).await?;
    if let Some(plan) = plans.known().get(hash, change) {
        return Ok((archive, plan));
    }
    let turn = plans.turn(archive.account);
    let _turn = turn.lock().await;
    // Whoever had the turn before may have made it.
    let (archive, change) = look_up(core, hash).await?;
    if let Some(plan) = plans.known().get(hash, change) {
        return Ok((archive, plan));
    }
    let closed = |_| Error::Internal("no archive is planned any more".to_owned());
    let _place = plans.0.places.acquire().await.map_err(closed)?;
    let wanted = hash.to_owned();
    let (archive, change, plan) = core
        .db
        .read_long(move |tx| {
            let (archive, actor) = find(tx, &wanted)?;
            let change = usage::get(tx, archive.account)?.change_number;
            let plan = Plan::new(tx, &actor, &archive)?;
            Ok::<_, Error>((archive, change, Arc::new(plan)))
        })
        .await?;
    plans.known().keep(hash, change, &plan);
    Ok((archive, plan))
}

/// The archive of a link, and the change number that a plan of it must have been made at.
async fn look_up(core: &Core, hash: &str) -> Result<(Archive, i64)> {
    let hash = hash.to_owned();
    core.db
        .read(move |tx| {
            let (archive, _) = find(tx, &hash)?;
            let change = usage::get(tx, archive.account)?.change_number;
            Ok((archive, change))
        })
        .await
}

/// Plans by link, the longest unused first.
#[derive(Debug, Default)]
struct Known {
    plans: VecDeque<Entry>,
}

#[derive(Debug)]
struct Entry {
    hash: String,
    change: i64,
    /// Found as long as a stream reads it, however large it is.
    plan: Weak<Plan>,
    kept: Option<Arc<Plan>>,
}

impl Known {
    /// The plan of a link, if nothing of the account's tree has changed since it was made.
    fn get(&mut self, hash: &str, change: i64) -> Option<Arc<Plan>> {
        let at = self.plans.iter().position(|entry| entry.hash == hash)?;
        let entry = self.plans.remove(at)?;
        let plan = entry.plan.upgrade().filter(|_| entry.change == change)?;
        self.plans.push_back(entry);
        Some(plan)
    }

    fn keep(&mut self, hash: &str, change: i64, plan: &Arc<Plan>) {
        self.plans.retain(|entry| entry.hash != hash && entry.plan.strong_count() > 0);
        self.plans.push_back(Entry {
            hash: hash.to_owned(),
            change,
            plan: Arc::downgrade(plan),
            kept: Some(Arc::clone(plan)),
        });
        let mut entries = 0;
        for entry in self.plans.iter_mut().rev() {
            entries += entry.kept.as_ref().map_or(0, |plan| plan.entry_count());
            if entries > ENTRIES_MAX {
                entry.kept = None;
            }
        }
        let surplus = self.plans.len().saturating_sub(PLANS_MAX);
        self.plans.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{archive, archive::zip, testing::World};

    fn plan_of(entries: usize) -> Arc<Plan> {
        let entry = |at: usize| zip::Entry {
            name: at.to_string().into(),
            cp866: None,
            modified_s: 0,
            size: 0,
            crc32: 0,
            blob: None,
            offset: 0,
        };
        Arc::new(Plan::of((0..entries).map(entry).collect()))
    }

    #[test]
    fn a_plan_is_made_once_until_the_tree_changes() {
        for mut world in World::all(&["docs/a"]) {
            let hash = world
                .write(|tx, ann, _| {
                    let chosen = archive::choose(tx, ann, &[crate::NodePath::root()])?;
                    Ok(archive::create(tx, ann, &chosen, None, false)?.archive.hash)
                })
                .unwrap();
            let opened = |world: &World| world.wait(open(&world.core, &hash)).unwrap().1;
            let first = opened(&world);
            assert!(Arc::ptr_eq(&first, &opened(&world)));
            world.file("docs/b", "new").unwrap();
            let second = opened(&world);
            assert_eq!(second.entry_count(), first.entry_count() + 1);
            let core = world.core.clone();
            let all = world.wait(futures::future::join_all((0..16).map(|_| open(&core, &hash))));
            assert!(all.iter().all(|one| Arc::ptr_eq(&one.as_ref().unwrap().1, &second)));
        }
    }

    #[test]
    fn large_plans_are_kept_only_while_they_are_read() {
        let mut known = Known::default();
        let large = plan_of(ENTRIES_MAX + 1);
        known.keep("large", 1, &large);
        assert!(known.get("large", 1).is_some(), "somebody reads it");
        drop(large);
        assert!(known.get("large", 1).is_none());
        for hash in ["one", "two", "three"] {
            known.keep(hash, 1, &plan_of(ENTRIES_MAX / 2));
        }
        assert!(known.get("one", 1).is_none(), "the longest unused goes");
        assert!(known.get("two", 1).is_some());
        assert!(known.get("three", 2).is_none(), "the tree has changed");
    }
}
