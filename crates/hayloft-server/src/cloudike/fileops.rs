//! Making, moving, renaming and deleting files and folders.

use hayloft_core::{
    Error, Name, trash,
    tree::{self, DeleteOptions, Precheck},
};
use hayloft_wire::cloudike::{self as wire, ErrorCode, Metadata};
use http::StatusCode;

use super::{
    call::Call,
    doc::{Doc, ReplyDoc, object},
    error::Failure,
    fields::{CREATE_DIRS, CREATED, FROM_PATH, MODIFIED, PATH, TO_PATH, client_data},
    params::{Kind, Param},
    render::{self, Reply},
};

const OVERWRITE: Param =
    Param::new(&["overwrite"], Kind::Bool, "Take the place of what has the name; true by default.");
const NEW_NAME: Param = Param::new(&["newname"], Kind::Text, "The new name.").required();
/// Only an empty folder.
pub(super) const ONLY_EMPTY: Param =
    Param::new(&["only_empty"], Kind::Bool, "Delete a folder only if nothing is in it.");
/// For good.
pub(super) const WITHOUT_TRASH: Param =
    Param::new(&["without_trash"], Kind::Bool, "Delete for good, not into the trash.");
const METADATA: ReplyDoc = ReplyDoc::Json(object::<Metadata<'static>>);

/// Describes method 72.
pub(super) const CREATE_FOLDER: Doc = Doc {
    summary: "Makes a folder.",
    params: &[PATH, CREATED, MODIFIED, CREATE_DIRS],
    reply: METADATA,
};

/// Method 72: `fileops/folder_create`.
pub(super) async fn create_folder(call: &Call) -> Reply {
    let path = call.params.required_path(&PATH)?;
    let make_parents = call.params.flag(&CREATE_DIRS)?.unwrap_or(true);
    let client = client_data(&call.params)?;
    let view = call
        .write(move |tx, actor| tree::create_folder(tx, actor, &path, &client, make_parents))
        .await?;
    render::one(&view)
}

/// Describes method 73.
pub(super) const GET_FOLDER_INFO: Doc = Doc {
    summary: "Sums up what is below a folder.",
    params: &[PATH],
    reply: ReplyDoc::Json(object::<wire::FolderInfo>),
};

/// Method 73: `fileops/folder_info/`.
pub(super) async fn get_folder_info(call: &Call) -> Reply {
    let path = call.params.required_path(&PATH)?;
    let asked = path.clone();
    let info = call.read_long(move |tx, actor| tree::folder_info(tx, actor, &asked)).await;
    let info = match info {
        Err(failure) if failure.body.code == ErrorCode::NotAFolder => {
            return Err(Failure::new(
                StatusCode::BAD_REQUEST,
                ErrorCode::InvalidParameters,
                "path: not a folder",
            ));
        }
        Err(failure) if failure.body.code == ErrorCode::FolderNotFound => {
            return Err(Error::NotFound(hayloft_core::Subject::Node).into());
        }
        other => other?,
    };
    render::json(&wire::FolderInfo {
        path: path.as_str().to_owned(),
        size: info.size,
        files_count: info.files,
        folders_count: info.folders,
        items_count: info.files + info.folders,
    })
}

const PLANNED_FROM: Param =
    Param::new(&["from_path"], Kind::Path, "What is to be moved or copied; else `name` is given.");
const PLANNED_NAME: Param = Param::new(&["name"], Kind::Text, "The name of the file to upload.");
const PLANNED_SIZE: Param = Param::new(&["size"], Kind::Int, "The size of the file to upload.");
const ACTION: Param =
    Param::new(&["action"], Kind::Text, "`move`, `copy` or `create`; `move` by default.");

/// Describes method 74.
pub(super) const PRECHECK: Doc = Doc {
    summary: "Says what a move, copy or upload would meet.",
    params: &[TO_PATH, PLANNED_FROM, PLANNED_NAME, PLANNED_SIZE, ACTION],
    reply: ReplyDoc::Json(object::<wire::Precheck>),
};

/// Method 74: `fileops/precheck/`.
pub(super) async fn precheck(call: &Call) -> Reply {
    let plan = plan(call)?;
    let settings = call.core().settings.clone();
    let answer = call.read(move |tx, actor| tree::precheck(tx, actor, &settings, &plan)).await?;
    render::json(&wire::Precheck {
        exists: answer.exists,
        over_writable: answer.overwritable,
        copyable: answer.copyable,
    })
}

fn plan(call: &Call) -> Result<Precheck, Failure> {
    let params = &call.params;
    let to = params.required_path(&TO_PATH)?;
    let from = params.path(&PLANNED_FROM)?;
    let name = params.text(&PLANNED_NAME)?;
    let size = params.count(&PLANNED_SIZE)?.unwrap_or(0);
    let action = params.word(&ACTION)?;
    match (action.as_deref(), from, name) {
        (Some("copy"), Some(from), _) => Ok(Precheck::Copy { from, to }),
        (Some("move") | None, Some(from), _) => Ok(Precheck::Move { from, to }),
        (Some("create") | None, None, Some(name)) | (Some("create"), Some(_), Some(name)) => {
            let name = Name::parse(&name).map_err(|err| Failure::invalid(err.to_string()))?;
            Ok(Precheck::Create { name, size, to })
        }
        (Some("copy" | "move") | None, None, _) => Err(Failure::invalid("from_path: is required")),
        (Some("create"), _, None) => Err(Failure::invalid("name: is required")),
        (Some(_), ..) => Err(Failure::invalid("action: neither move, copy nor create")),
    }
}

/// Describes method 75.
pub(super) const MOVE_NODE: Doc = Doc {
    summary: "Moves a file or folder into another folder.",
    params: &[FROM_PATH, TO_PATH, OVERWRITE],
    reply: METADATA,
};

/// Method 75: `fileops/move/`.
pub(super) async fn move_node(call: &Call) -> Reply {
    let from = call.params.required_path(&FROM_PATH)?;
    let to = call.params.required_path(&TO_PATH)?;
    let overwrite = call.params.flag(&OVERWRITE)?.unwrap_or(true);
    let settings = call.core().settings.clone();
    let view = call
        .write(move |tx, actor| tree::move_node(tx, actor, &settings, &from, &to, overwrite))
        .await?;
    render::one(&view)
}

/// Describes method 76.
pub(super) const COPY_NODE: Doc = Doc {
    summary: "Copies a file or folder into a folder, which may be its own.",
    params: &[FROM_PATH, TO_PATH, OVERWRITE],
    reply: METADATA,
};

/// Method 76: `fileops/copy/`.
pub(super) async fn copy_node(call: &Call) -> Reply {
    let from = call.params.required_path(&FROM_PATH)?;
    let to = call.params.required_path(&TO_PATH)?;
    let overwrite = call.params.flag(&OVERWRITE)?.unwrap_or(true);
    let settings = call.core().settings.clone();
    let view = call
        .write(move |tx, actor| tree::copy_node(tx, actor, &settings, &from, &to, overwrite))
        .await?;
    render::one(&view)
}

/// Describes method 98.
pub(super) const DELETE_NODE: Doc = Doc {
    summary: "Deletes a file or folder.",
    params: &[PATH, ONLY_EMPTY, WITHOUT_TRASH],
    reply: METADATA,
};

/// Method 98: `fileops/delete/`.
pub(super) async fn delete_node(call: &Call) -> Reply {
    let path = call.params.required_path(&PATH)?;
    let options = delete_options(call)?;
    let view = call.write(move |tx, actor| tree::delete(tx, actor, &path, options)).await?;
    render::one(&view)
}

/// How the caller wants things deleted.
pub(super) fn delete_options(call: &Call) -> Result<DeleteOptions, Failure> {
    Ok(DeleteOptions {
        only_empty: call.params.flag(&ONLY_EMPTY)?.unwrap_or(false),
        without_trash: call.params.flag(&WITHOUT_TRASH)?.unwrap_or(false),
    })
}

/// Describes method 100.
pub(super) const UNDELETE_NODE: Doc = Doc {
    summary: "Restores what was deleted from a place, at once.",
    params: &[PATH],
    reply: METADATA,
};

/// Method 100: `fileops/undelete/`.
pub(super) async fn undelete_node(call: &Call) -> Reply {
    let path = call.params.required_path(&PATH)?;
    let done = call.write_refusable(move |tx, actor| trash::undelete(tx, actor, &path)).await?;
    render::one(&done.map_err(undelete_failure)?)
}

/// A place that is taken is answered as for an upload.
pub(super) fn undelete_failure(err: Error) -> Failure {
    match err {
        Error::NameTaken(_) => {
            Failure::new(StatusCode::CONFLICT, ErrorCode::FileAlreadyExists, err.to_string())
        }
        other => other.into(),
    }
}

/// Describes method 102.
pub(super) const RENAME_NODE: Doc =
    Doc { summary: "Renames a file or folder.", params: &[PATH, NEW_NAME], reply: METADATA };

/// Method 102: `fileops/rename/`.
pub(super) async fn rename_node(call: &Call) -> Reply {
    let path = call.params.required_path(&PATH)?;
    let name = Name::parse(&call.params.required_text(&NEW_NAME)?)
        .map_err(|err| Failure { before_sign_in: true, ..rename_failure(err) })?;
    let done = call.write_refusable(move |tx, actor| tree::rename(tx, actor, &path, &name)).await?;
    render::one(&done.map_err(rename_failure)?)
}

/// All that is wrong with a new name is one answer.
fn rename_failure(err: Error) -> Failure {
    match err {
        Error::NameTaken(_)
        | Error::FolderExists(_)
        | Error::BadName(_)
        | Error::BadPath(_)
        | Error::RootIsFixed => {
            Failure::new(StatusCode::FORBIDDEN, ErrorCode::FileCantBeRenamed, err.to_string())
        }
        other => other.into(),
    }
}
