//! What the command line of `skydrive-cli` may say.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use hayloft_client::skydrive::API_BITS_DEFAULT_FRAG_BYTES;

/// Tool to manipulate SkyDrive contents.
#[derive(Debug, Parser)]
#[command(
    name = "skydrive-cli",
    version,
    infer_long_args = true,
    disable_help_subcommand = true,
    subcommand_required = true,
    max_term_width = 80
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What every command takes.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, Args)]
pub(super) struct Global {
    /// Writable configuration state-file (YAML). Should initially contain at least something like
    /// "{client: {id: xxx, secret: yyy}}"; authorization code and tokens are kept in it. Default:
    /// ~/.lcrc
    #[arg(short, long, global = true, value_name = "PATH")]
    pub(super) config: Option<PathBuf>,
    /// Interpret object arguments as human paths only.
    #[arg(short, long, global = true, conflicts_with = "id")]
    pub(super) path: bool,
    /// Interpret object arguments as ids only, and use them as they are.
    #[arg(short, long, global = true)]
    pub(super) id: bool,
    #[arg(
        short = 'k',
        long,
        global = true,
        value_name = "SPEC",
        allow_hyphen_values = true,
        help = "Print only this key of each object, or this template in the form of Python's \
            str.format with the object as argument 0, such as \"{0[name]}\" or \
            \"{0[from][id]!r:>20}\""
    )]
    pub(super) object_key: Option<OsString>,
    /// Encoding of arguments and output. Default: utf-8; "detect" guesses that of arguments.
    #[arg(short, long, global = true, value_name = "ENC")]
    pub(super) encoding: Option<String>,
    /// Print results as JSON.
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Base URL of the API, if it is not the original service. Login and uploads go to the same
    /// server unless they are given too. Also: endpoints.api in the state-file.
    #[arg(long, global = true, value_name = "URL", env = "SKYDRIVE_API", hide_env = true)]
    pub(super) api: Option<String>,
    /// Base URL of the login service.
    #[arg(long, global = true, value_name = "URL", env = "SKYDRIVE_LOGIN", hide_env = true)]
    pub(super) login: Option<String>,
    /// Base URL of resumable uploads; {user_id} stands for the account id.
    #[arg(long, global = true, value_name = "URL", env = "SKYDRIVE_BITS", hide_env = true)]
    pub(super) bits_url: Option<String>,
    /// Try again for so long when the service is away or busy. Default: 20
    #[arg(long, global = true, value_name = "SECONDS")]
    pub(super) retry_for: Option<u64>,
    /// Verbose operation mode: a log on standard error, without secrets.
    #[arg(long, global = true)]
    pub(super) debug: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Perform user authentication.
    Auth(Auth),
    /// Get a new access token now.
    #[command(name = "auth_refresh")]
    AuthRefresh,
    /// Print quota information.
    Quota,
    /// Print user data.
    User,
    /// List recently changed objects.
    Recent,
    /// Display object metadata.
    Info(Info),
    /// Manipulate object metadata.
    #[command(name = "info_set")]
    InfoSet(InfoSet),
    /// Get a link to an object.
    Link(Link),
    /// List folder contents.
    Ls(Ls),
    /// Create a folder.
    Mkdir(Mkdir),
    /// Download a file.
    Get(Get),
    /// Upload a file.
    Put(Put),
    /// Copy a file to a folder.
    Cp(CopyMove),
    /// Move an object to a folder.
    Mv(CopyMove),
    /// Remove objects.
    Rm(Rm),
    /// Show comments for an object.
    Comments(Comments),
    /// Add a comment for an object.
    #[command(name = "comment_add")]
    CommentAdd(CommentAdd),
    /// Delete a comment.
    #[command(name = "comment_delete")]
    CommentDelete(CommentDelete),
    /// Show contents of a folder as a tree of names and types.
    Tree(Tree),
    /// Find objects by words of their names, anywhere in the storage.
    Search(Search),
    /// Print a completion script for a shell.
    Completions(Completions),
}

#[derive(Debug, Args)]
pub(super) struct Auth {
    /// URL with the authorization code in it, after the last redirect. Without it the URL to
    /// visit is printed and this one is asked for.
    #[arg(value_name = "url")]
    pub(super) url: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Info {
    /// Object to get info on. Default: the root folder
    #[arg(value_name = "object")]
    pub(super) object: Option<OsString>,
}

#[derive(Debug, Args)]
pub(super) struct InfoSet {
    /// Object to manipulate metadata for.
    #[arg(value_name = "object")]
    pub(super) object: OsString,
    /// JSON mapping of values to set, such as {"name": "new_file_name.jpg"}.
    #[arg(value_name = "data")]
    pub(super) data: OsString,
}

#[derive(Debug, Args)]
pub(super) struct Link {
    /// Object to get a link for.
    #[arg(value_name = "object")]
    pub(super) object: OsString,
    /// Type of link to get. Default: shared_read_link
    #[arg(
        short = 't',
        long = "type",
        value_name = "TYPE",
        value_parser = ["shared_read_link", "shared_edit_link", "embed"],
        default_value = "shared_read_link",
        hide_default_value = true
    )]
    pub(super) kind: String,
}

#[derive(Debug, Args)]
pub(super) struct Ls {
    /// Folder to list contents of. Default: the root folder
    #[arg(value_name = "folder")]
    pub(super) folder: Option<OsString>,
    /// Dump full objects, not just names.
    #[arg(short, long)]
    pub(super) objects: bool,
    /// Part of the listing to get: LIMIT, or OFFSET-LIMIT, either of which may be left out.
    #[arg(short, long, value_name = "RANGE", allow_hyphen_values = true)]
    pub(super) range: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Mkdir {
    /// Name (or a path consisting of dirname + basename) of a folder to create.
    #[arg(value_name = "name")]
    pub(super) name: OsString,
    /// Parent folder. Default: the root folder
    #[arg(value_name = "folder")]
    pub(super) folder: Option<OsString>,
    /// JSON mapping of further metadata to set for the new folder.
    #[arg(short, long, value_name = "JSON")]
    pub(super) metadata: Option<OsString>,
}

#[derive(Debug, Args)]
pub(super) struct Get {
    /// File (object) to read.
    #[arg(value_name = "file")]
    pub(super) file: OsString,
    /// Path to save the file to; its directory is created. Default: standard output, with -R the
    /// current directory
    #[arg(value_name = "dest")]
    pub(super) dest: Option<PathBuf>,
    /// Part of the file to get, in the form of HTTP: "0-499" the first 500 bytes, "-500" the last
    /// 500, "9500-" all from there.
    #[arg(short, long, value_name = "RANGE", allow_hyphen_values = true, conflicts_with_all = ["recursive", "resume"])]
    pub(super) byte_range: Option<String>,
    /// Get a folder with all below it.
    #[arg(short = 'R', long)]
    pub(super) recursive: bool,
    #[command(flatten)]
    pub(super) transfer: Transfer,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, Args)]
pub(super) struct Put {
    /// Path to a local file to upload.
    #[arg(value_name = "file")]
    pub(super) local: PathBuf,
    /// Folder to put the file to. Default: the root folder
    #[arg(value_name = "folder")]
    pub(super) folder: Option<OsString>,
    /// Do not overwrite an existing file with the same name.
    #[arg(short, long)]
    pub(super) no_overwrite: bool,
    /// Disable automatic downsizing of photos.
    #[arg(short = 'd', long)]
    pub(super) no_downsize: bool,
    /// Upload piece by piece (BITS), whatever the size; needed from 95 MB on, and chosen there.
    #[arg(short, long)]
    pub(super) bits: bool,
    /// Size of a piece. Default: 10485760
    #[arg(long, value_name = "N", default_value_t = API_BITS_DEFAULT_FRAG_BYTES, hide_default_value = true,
        value_parser = clap::value_parser!(u64).range(1..=60 * 1024 * 1024))]
    pub(super) bits_frag_bytes: u64,
    /// Get a new access token before the last packet of each upload by pieces.
    #[arg(long)]
    pub(super) bits_do_auth_refresh_before_commit_hack: bool,
    /// Upload a directory with all below it.
    #[arg(short = 'R', long)]
    pub(super) recursive: bool,
    #[command(flatten)]
    pub(super) transfer: Transfer,
}

/// What both directions take.
#[derive(Debug, Clone, Args)]
pub(super) struct Transfer {
    /// Show progress on standard error, if that is a terminal.
    #[arg(long)]
    pub(super) progress: bool,
    /// Go on where an earlier run broke off; downloads, and uploads by pieces.
    #[arg(long)]
    pub(super) resume: bool,
    /// With -R: files to transfer at once. Default: 4
    #[arg(short, long, value_name = "N", default_value_t = 4, hide_default_value = true,
        value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(super) jobs: u16,
}

#[derive(Debug, Args)]
pub(super) struct CopyMove {
    /// File (object) to copy or move.
    #[arg(value_name = "file")]
    pub(super) file: OsString,
    /// Folder to copy or move it to. Default: the root folder
    #[arg(value_name = "folder")]
    pub(super) folder: Option<OsString>,
}

#[derive(Debug, Args)]
pub(super) struct Rm {
    /// Object(s) to remove.
    #[arg(value_name = "object", required = true)]
    pub(super) objects: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(super) struct Comments {
    /// Object to show comments for.
    #[arg(value_name = "object")]
    pub(super) object: OsString,
}

#[derive(Debug, Args)]
pub(super) struct CommentAdd {
    /// Object to add a comment for.
    #[arg(value_name = "object")]
    pub(super) object: OsString,
    /// Comment message to add.
    #[arg(value_name = "message")]
    pub(super) message: OsString,
}

#[derive(Debug, Args)]
pub(super) struct CommentDelete {
    /// ID of the comment to remove (use "comments" to get ids of comments).
    #[arg(value_name = "comment_id")]
    pub(super) comment_id: String,
}

#[derive(Debug, Args)]
pub(super) struct Tree {
    /// Folder to display contents of. Default: the root folder
    #[arg(value_name = "folder")]
    pub(super) folder: Option<OsString>,
    /// Dump full objects, not just types.
    #[arg(short, long)]
    pub(super) objects: bool,
    /// Folders to read at once. Default: 8
    #[arg(short, long, value_name = "N", default_value_t = 8, hide_default_value = true,
        value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(super) jobs: u16,
}

#[derive(Debug, Args)]
pub(super) struct Search {
    /// Words of the name.
    #[arg(value_name = "query")]
    pub(super) query: OsString,
    /// Dump full objects, not just names.
    #[arg(short, long)]
    pub(super) objects: bool,
    /// Part of the results to get: LIMIT, or OFFSET-LIMIT, either of which may be left out.
    #[arg(short, long, value_name = "RANGE", allow_hyphen_values = true)]
    pub(super) range: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// Shell to complete for.
    #[arg(value_name = "shell", value_enum)]
    pub(super) shell: clap_complete::Shell,
}
