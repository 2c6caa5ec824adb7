//! `hayloft zip`: an archive that the server makes.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use futures::TryStreamExt as _;

use super::cp::same_remote;
use crate::cli::Connection;
use crate::client::Content;
use crate::failure::{About as _, Failure};
use crate::location::{Location, RemotePath};
use crate::remotes::connect;

/// Get files and folders as one ZIP archive, which the server makes while it is fetched
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files and folders of one remote
    #[arg(value_name = "NAME:PATH", required = true)]
    paths: Vec<Location>,
    /// The archive; `-` for standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    connection: Connection,
}

impl Args {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let first = &self.paths[0];
        for other in &self.paths {
            same_remote(first, other)?;
        }
        let remote = connect(&first.remote, &self.connection)?;
        let paths: Vec<&RemotePath> = self.paths.iter().map(|at| &at.path).collect();
        let content = remote.archive(&paths, &self.name()).await.about(first)?;
        if self.output.as_os_str() == "-" {
            return copy(content, &mut io::stdout().lock(), &Failure::output).await;
        }
        let cannot = |err: &io::Error| Failure::io("write", &self.output, err);
        // It gets its name when it is whole: half an archive looks like one.
        let mut file = beside(&self.output).map_err(|err| cannot(&err))?;
        copy(content, &mut file, &cannot).await?;
        file.persist(&self.output).map(drop).map_err(|err| cannot(&err.error))
    }

    /// What the server is told to call it.
    fn name(&self) -> String {
        let name = self.output.file_name().map(|name| name.to_string_lossy().into_owned());
        name.filter(|name| name != "-").unwrap_or_else(|| "archive.zip".to_owned())
    }
}

/// A new file in the folder of another, with the rights that a new file there has.
fn beside(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    tempfile::Builder::new().make_in(folder, |path| File::create_new(path))
}

async fn copy(
    mut content: Content,
    out: &mut impl Write,
    cannot: &impl Fn(&io::Error) -> Failure,
) -> Result<(), Failure> {
    while let Some(chunk) = content.try_next().await? {
        out.write_all(&chunk).map_err(|err| cannot(&err))?;
    }
    out.flush().map_err(|err| cannot(&err))
}
