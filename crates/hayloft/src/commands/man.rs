//! `hayloft man`: the manual.

use std::path::PathBuf;

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::failure::Failure;

/// Write the man pages, one a command, into a folder
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder, made if it is missing
    dir: PathBuf,
}

impl Args {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let written = std::fs::create_dir_all(&self.dir)
            .and_then(|()| clap_mangen::generate_to(Cli::command(), &self.dir));
        written.map_err(|err| Failure::io("write man pages to", &self.dir, &err))
    }
}
