//! `get`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use futures::StreamExt as _;
use hayloft_client::skydrive::{Api, GetOptions, Object};

use super::super::cli::{Get, Transfer};
use super::super::failure::Failure;
use super::super::session::Session;
use super::progress::Meter;

pub(super) async fn get(session: &Session, args: Get) -> Result<(), Failure> {
    let api = session.api()?;
    if args.recursive {
        let folder = session.object(&api, Some(&args.file)).await?;
        return recursive(&api, folder, args.dest.as_deref(), &args.transfer).await;
    }
    // The size is asked for only where somebody looks at it.
    let (id, size) = if args.transfer.progress {
        let object = session.object(&api, Some(&args.file)).await?;
        (object.id().to_owned(), object.size().unwrap_or_default())
    } else {
        (session.resolve(&api, Some(&args.file)).await?, 0)
    };
    let meter = Meter::new(args.transfer.progress, 1, size)?;
    let Some(dest) = args.dest else {
        if args.transfer.resume {
            return Err(Failure::value("--resume needs a path to save the file to"));
        }
        return to_stdout(&api, &id, args.byte_range.as_deref(), &meter).await;
    };
    let options = GetOptions {
        byte_range: args.byte_range,
        resume: args.transfer.resume,
        received: Some(meter.bytes()),
    };
    api.get_file(&id, &dest, &options).await?;
    meter.file_done();
    Ok(())
}

/// To standard output, as it arrives.
async fn to_stdout(api: &Api, id: &str, range: Option<&str>, meter: &Meter) -> Result<(), Failure> {
    let mut body = api.wrapper().get_stream(id, range).await?.body;
    let count = meter.bytes();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(hayloft_client::skydrive::Error::from)?;
        // Whoever reads may be slow; the other threads go on meanwhile.
        let written = tokio::task::block_in_place(|| std::io::stdout().lock().write_all(&chunk));
        written.map_err(|err| Failure::output(&err))?;
        count.fetch_add(chunk.len() as u64, Ordering::Relaxed);
    }
    std::io::stdout().flush().map_err(|err| Failure::output(&err))
}

/// A folder with all below it, into a directory of its name.
async fn recursive(
    api: &Api,
    folder: Object,
    dest: Option<&Path>,
    options: &Transfer,
) -> Result<(), Failure> {
    if !folder.is_folder() {
        return Err(Failure::value(format!("`{}` is no folder", folder.name())));
    }
    let target = dest.unwrap_or(Path::new(".")).join(local_name(folder.name())?);
    let at_once = usize::from(options.jobs);
    let tree = api.tree(folder, at_once.max(8)).await?;
    let (mut files, mut total) = (Vec::new(), 0);
    let make = |path: &Path| {
        std::fs::create_dir_all(path).map_err(|err| Failure::file("make", path, &err))
    };
    make(&target)?;
    for (way, object) in tree.paths() {
        let mut local = target.clone();
        for name in way {
            local.push(local_name(name)?);
        }
        if object.is_folder() {
            make(&local)?;
        } else {
            total += object.size().unwrap_or_default();
            files.push((object.id().to_owned(), local));
        }
    }
    let meter = Meter::new(options.progress, files.len() as u64, total)?;
    let failed = AtomicU64::new(0);
    let fetch = |(id, local): (String, PathBuf)| {
        let (meter, failed) = (&meter, &failed);
        let options = GetOptions {
            resume: options.resume,
            received: Some(meter.bytes()),
            ..GetOptions::default()
        };
        async move {
            if let Err(err) = api.get_file(&id, &local, &options).await {
                meter.say(&format!("error: {}: {}: {err}", err.class(), local.display()));
                failed.fetch_add(1, Ordering::Relaxed);
            }
            meter.file_done();
        }
    };
    futures::stream::iter(files).for_each_concurrent(at_once, fetch).await;
    all_or_error(failed.into_inner())
}

/// Names are the service's: one with a slash or of dots alone would lead elsewhere.
fn local_name(name: &str) -> Result<&str, Failure> {
    let strange = matches!(name, "" | "." | "..") || name.contains(['/', '\0']);
    if strange {
        Err(Failure::value(format!("`{}` cannot be a local name", name.escape_debug())))
    } else {
        Ok(name)
    }
}

/// What did not make it was told one by one.
pub(super) fn all_or_error(failed: u64) -> Result<(), Failure> {
    match failed {
        0 => Ok(()),
        1 => Err(Failure::Other("TransferError", "1 file was not transferred".to_owned())),
        many => Err(Failure::Other("TransferError", format!("{many} files were not transferred"))),
    }
}
