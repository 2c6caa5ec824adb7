//! What is measured, and against what.

mod big_file;
mod big_folder;
mod cloudmail;
mod digests;
mod folder_create;
mod listing;
mod skydrive;
mod small_files;

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tokio::runtime::Runtime;

use crate::report::{Row, Target, Unit};
use crate::{hayloft, load};

/// Size of the file that goes up and down.
const BIG_FILE_BYTES: u64 = 1 << 30;

/// One setup that gives one or more rows of the table.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) needs: &'static [&'static str],
    pub(crate) rows: &'static [Row],
    /// One round in a fresh folder: a sample for each row.
    pub(crate) round: fn(&Bench, &Path) -> Result<Vec<Sample>>,
}

/// One round's figure of Hayloft and of the peer, in the row's unit.
#[derive(Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) ours: f64,
    /// Absent where the target is a fixed figure.
    pub(crate) theirs: Option<f64>,
}

impl Sample {
    fn alone(ours: f64) -> Self {
        Self { ours, theirs: None }
    }

    fn beside(ours: f64, theirs: f64) -> Self {
        Self { ours, theirs: Some(theirs) }
    }
}

/// All scenarios, in the order of the table.
pub(crate) static SCENARIOS: [Scenario; 11] = [
    Scenario {
        name: "folder_create",
        needs: &[],
        rows: &[Row {
            name: "folders created, 64 connections, each durable",
            peer: "one fsynced SQLite transaction each",
            unit: Unit::PerSecond,
            target: Target::AtLeast(5.0),
        }],
        round: folder_create::round,
    },
    Scenario {
        name: "small_uploads",
        needs: &["rclone"],
        rows: &[Row {
            name: "4 KiB files uploaded (ticket, body, confirm), 64 connections, durable",
            peer: "PUT of rclone serve webdav, not durable",
            unit: Unit::PerSecond,
            target: Target::AtLeast(1.0),
        }],
        round: small_files::many_clients,
    },
    Scenario {
        name: "one_by_one",
        needs: &[],
        rows: &[Row {
            name: "one client, one 4 KiB file after the other, median",
            peer: "two fsyncs + 0.5 ms",
            unit: Unit::Milliseconds,
            target: Target::AtMost(1.0),
        }],
        round: small_files::one_client,
    },
    Scenario {
        name: "listing",
        needs: &["nginx"],
        rows: &[Row {
            name: "listings of a folder of 100, 64 connections, by token",
            peer: "PROPFIND of nginx",
            unit: Unit::PerSecond,
            target: Target::AtLeast(1.0),
        }],
        round: listing::full,
    },
    Scenario {
        name: "not_modified",
        needs: &[],
        rows: &[Row {
            name: "the same listing answered with 304",
            peer: "bare axum that returns 304",
            unit: Unit::PerSecond,
            target: Target::AtLeast(0.7),
        }],
        round: listing::not_modified,
    },
    Scenario {
        name: "big_file",
        needs: &["curl", "dd", "nginx"],
        rows: &[
            Row {
                name: "1 GiB up, durable",
                peer: "dd conv=fsync",
                unit: Unit::MibPerSecond,
                target: Target::AtLeast(0.8),
            },
            Row {
                name: "1 GiB down",
                peer: "nginx with sendfile",
                unit: Unit::MibPerSecond,
                target: Target::AtLeast(0.5),
            },
            Row { name: "memory, idle", peer: "", unit: Unit::Mib, target: Target::Limit(40.0) },
            Row {
                name: "memory, peak while 1 GiB goes up and down",
                peer: "",
                unit: Unit::Mib,
                target: Target::Limit(120.0),
            },
        ],
        round: big_file::round,
    },
    Scenario {
        name: "digests",
        needs: &[],
        rows: &[Row {
            name: "MD5, SHA-1, CRC-32 and BLAKE3 of 1 GiB in one pass",
            peer: "the slowest alone",
            unit: Unit::Seconds,
            target: Target::AtMost(1.3),
        }],
        round: digests::round,
    },
    Scenario {
        name: "big_folder",
        needs: &[],
        rows: &[
            Row {
                name: "rename of a folder with 100,000 files",
                peer: "of an empty folder",
                unit: Unit::Milliseconds,
                target: Target::Alike,
            },
            Row {
                name: "move of a folder with 100,000 files",
                peer: "of an empty folder",
                unit: Unit::Milliseconds,
                target: Target::Alike,
            },
            Row {
                name: "trash of a folder with 100,000 files",
                peer: "of an empty folder",
                unit: Unit::Milliseconds,
                target: Target::Alike,
            },
            Row {
                name: "first page (100) of a folder of 100,000",
                peer: "of a folder of 1,000",
                unit: Unit::Milliseconds,
                target: Target::AtMost(1.5),
            },
            Row {
                name: "middle page (100) of a folder of 100,000",
                peer: "of a folder of 1,000",
                unit: Unit::Milliseconds,
                target: Target::AtMost(1.5),
            },
            Row {
                name: "copy of a folder with 100,000 files",
                peer: "",
                unit: Unit::Seconds,
                target: Target::Limit(3.0),
            },
        ],
        round: big_folder::round,
    },
    Scenario {
        name: "cloudmail",
        needs: &["rclone"],
        rows: &[
            Row {
                name: "1 GiB up by cloud.mail.ru's API, our client",
                peer: "rclone",
                unit: Unit::Seconds,
                target: Target::AtMost(0.7),
            },
            Row {
                name: "1 GiB down by cloud.mail.ru's API, our client",
                peer: "rclone",
                unit: Unit::Seconds,
                target: Target::AtMost(0.7),
            },
            Row {
                name: "2,000 files of 4 KiB up by cloud.mail.ru's API, our client",
                peer: "rclone",
                unit: Unit::Seconds,
                target: Target::AtMost(0.7),
            },
            Row {
                name: "2,000 files of 4 KiB down by cloud.mail.ru's API, our client",
                peer: "rclone",
                unit: Unit::Seconds,
                target: Target::AtMost(0.7),
            },
        ],
        round: cloudmail::round,
    },
    Scenario {
        name: "skydrive_tree",
        needs: &["curl"],
        rows: &[Row {
            name: "skydrive-cli tree of 10,000 objects in 500 folders",
            peer: "curl --parallel, the same listings",
            unit: Unit::Seconds,
            target: Target::AtMost(1.5),
        }],
        round: skydrive::tree,
    },
    Scenario {
        name: "skydrive_file",
        needs: &["curl", "dd"],
        rows: &[
            Row {
                name: "1 GiB up by SkyDrive's PUT, durable",
                peer: "dd conv=fsync",
                unit: Unit::MibPerSecond,
                target: Target::AtLeast(0.8),
            },
            Row {
                name: "1 GiB up by skydrive-cli and BITS, durable",
                peer: "dd conv=fsync",
                unit: Unit::MibPerSecond,
                target: Target::AtLeast(0.8),
            },
            Row {
                name: "1 GiB down by skydrive-cli into a file",
                peer: "cp",
                unit: Unit::MibPerSecond,
                target: Target::AtLeast(0.5),
            },
        ],
        round: skydrive::big_file,
    },
];

/// What all rounds share.
pub(crate) struct Bench {
    pub(crate) program: PathBuf,
    pub(crate) runtime: Runtime,
    folder: PathBuf,
}

impl Bench {
    pub(crate) fn prepare(program: Option<PathBuf>, folder: &Path) -> Result<Self> {
        let program = program.map_or_else(hayloft::build, Ok)?;
        std::fs::create_dir_all(folder)?;
        // A run of its own, so that what an interrupted one left behind is not in the way.
        let run = folder.canonicalize()?.join(format!("run-{}", std::process::id()));
        std::fs::create_dir(&run)?;
        Ok(Self { program, runtime: load::runtime()?, folder: run })
    }

    pub(crate) fn fresh_folder(&self, scenario: &str, round: u32) -> Result<PathBuf> {
        let folder = self.folder.join(format!("{scenario}-{round}"));
        std::fs::create_dir_all(folder.join("data"))?;
        Ok(folder)
    }

    /// A file of [`BIG_FILE_BYTES`] that nothing can compress or know; made once a run.
    pub(crate) fn big_file(&self) -> Result<PathBuf> {
        let folder = self.folder.join("source");
        let path = folder.join("big");
        if !path.exists() {
            std::fs::create_dir_all(&folder)?;
            let mut noise = std::fs::File::open("/dev/urandom")?.take(BIG_FILE_BYTES);
            std::io::copy(&mut noise, &mut std::fs::File::create(&path)?)?;
        }
        Ok(path)
    }

    /// Removes what the rounds left. Another run should wait a minute: see the trap of ext4.
    pub(crate) fn clean_up(&self) -> Result<()> {
        std::fs::remove_dir_all(&self.folder).context("cleaning up")
    }
}
