use clap::CommandFactory as _;
use insta::assert_snapshot;

use super::super::cli::Cli;
use super::*;

fn help_of(name: &str) -> String {
    let command = Cli::command();
    match name {
        "" => help(&command, "skydrive-cli"),
        name => help(command.find_subcommand(name).unwrap(), &format!("skydrive-cli {name}")),
    }
}

fn complaint_about(args: &[&str]) -> String {
    let args: Vec<OsString> = args.iter().map(OsString::from).collect();
    let command = dressed(Cli::command(), "skydrive-cli");
    let words = std::iter::once(OsString::from("skydrive-cli")).chain(args.iter().cloned());
    let err = command.clone().try_get_matches_from(words).unwrap_err();
    complaint(&command, "skydrive-cli", &args, &err)
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn the_help_has_the_form_of_argparse() {
    assert_snapshot!(help_of("rm"), @r"
    usage: skydrive-cli rm [-h] object [object ...]

    positional arguments:
      object      Object(s) to remove.

    optional arguments:
      -h, --help  show this help message and exit
    ");
    assert_snapshot!(help_of("ls"), @r"
    usage: skydrive-cli ls [-h] [-o] [-r RANGE] [folder]

    positional arguments:
      folder                Folder to list contents of. Default: the root folder.

    optional arguments:
      -h, --help            show this help message and exit
      -o, --objects         Dump full objects, not just names.
      -r RANGE, --range RANGE
                            Part of the listing to get: LIMIT, or OFFSET-LIMIT,
                            either of which may be left out.
    ");
    assert_snapshot!(help_of("link"), @r"
    usage: skydrive-cli link [-h] [-t {shared_read_link,shared_edit_link,embed}]
                             object

    positional arguments:
      object                Object to get a link for.

    optional arguments:
      -h, --help            show this help message and exit
      -t {shared_read_link,shared_edit_link,embed}, --type {shared_read_link,shared_edit_link,embed}
                            Type of link to get. Default: shared_read_link.
    ");
    assert_snapshot!(help_of("put"), @r"
    usage: skydrive-cli put [-h] [-n] [-d] [-b] [--bits-frag-bytes N]
                            [--bits-do-auth-refresh-before-commit-hack] [-R]
                            [--progress] [--resume] [-j N]
                            file [folder]

    positional arguments:
      file                  Path to a local file to upload.
      folder                Folder to put the file to. Default: the root folder.

    optional arguments:
      -h, --help            show this help message and exit
      -n, --no-overwrite    Do not overwrite an existing file with the same name.
      -d, --no-downsize     Disable automatic downsizing of photos.
      -b, --bits            Upload piece by piece (BITS), whatever the size;
                            needed from 95 MB on, and chosen there.
      --bits-frag-bytes N   Size of a piece. Default: 10485760.
      --bits-do-auth-refresh-before-commit-hack
                            Get a new access token before the last packet of each
                            upload by pieces.
      -R, --recursive       Upload a directory with all below it.
      --progress            Show progress on standard error, if that is a
                            terminal.
      --resume              Go on where an earlier run broke off; downloads, and
                            uploads by pieces.
      -j N, --jobs N        With -R: files to transfer at once. Default: 4.
    ");
}

#[test]
fn the_help_of_the_tool_lists_its_commands() {
    assert_snapshot!(help_of(""), @r#"
    usage: skydrive-cli [-h] [-c PATH] [-p | -i] [-k SPEC] [-e ENC] [--json]
                        [--api URL] [--login URL] [--bits-url URL]
                        [--retry-for SECONDS] [--debug] [-V]
                        {auth,auth_refresh,quota,user,recent,info,info_set,link,ls,mkdir,get,put,cp,mv,rm,comments,comment_add,comment_delete,tree,search,completions}
                        ...

    Tool to manipulate SkyDrive contents.

    optional arguments:
      -h, --help            show this help message and exit
      -c PATH, --config PATH
                            Writable configuration state-file (YAML). Should
                            initially contain at least something like "{client:
                            {id: xxx, secret: yyy}}"; authorization code and
                            tokens are kept in it. Default: ~/.lcrc.
      -p, --path            Interpret object arguments as human paths only.
      -i, --id              Interpret object arguments as ids only, and use them
                            as they are.
      -k SPEC, --object-key SPEC
                            Print only this key of each object, or this template
                            in the form of Python's str.format with the object as
                            argument 0, such as "{0[name]}" or
                            "{0[from][id]!r:>20}".
      -e ENC, --encoding ENC
                            Encoding of arguments and output. Default: utf-8;
                            "detect" guesses that of arguments.
      --json                Print results as JSON.
      --api URL             Base URL of the API, if it is not the original
                            service. Login and uploads go to the same server
                            unless they are given too. Also: endpoints.api in the
                            state-file.
      --login URL           Base URL of the login service.
      --bits-url URL        Base URL of resumable uploads; {user_id} stands for
                            the account id.
      --retry-for SECONDS   Try again for so long when the service is away or
                            busy. Default: 20.
      --debug               Verbose operation mode: a log on standard error,
                            without secrets.
      -V, --version         show program's version number and exit

    Supported operations:
      {auth,auth_refresh,quota,user,recent,info,info_set,link,ls,mkdir,get,put,cp,mv,rm,comments,comment_add,comment_delete,tree,search,completions}
        auth                Perform user authentication.
        auth_refresh        Get a new access token now.
        quota               Print quota information.
        user                Print user data.
        recent              List recently changed objects.
        info                Display object metadata.
        info_set            Manipulate object metadata.
        link                Get a link to an object.
        ls                  List folder contents.
        mkdir               Create a folder.
        get                 Download a file.
        put                 Upload a file.
        cp                  Copy a file to a folder.
        mv                  Move an object to a folder.
        rm                  Remove objects.
        comments            Show comments for an object.
        comment_add         Add a comment for an object.
        comment_delete      Delete a comment.
        tree                Show contents of a folder as a tree of names and
                            types.
        search              Find objects by words of their names, anywhere in the
                            storage.
        completions         Print a completion script for a shell.
    "#);
}

#[test]
fn so_have_complaints() {
    assert_snapshot!(complaint_about(&[]), @r"
    usage: skydrive-cli [-h] [-c PATH] [-p | -i] [-k SPEC] [-e ENC] [--json]
                        [--api URL] [--login URL] [--bits-url URL]
                        [--retry-for SECONDS] [--debug] [-V]
                        {auth,auth_refresh,quota,user,recent,info,info_set,link,ls,mkdir,get,put,cp,mv,rm,comments,comment_add,comment_delete,tree,search,completions}
                        ...
    skydrive-cli: error: the following arguments are required: command
    ");
    assert_snapshot!(complaint_about(&["rm"]), @r"
    usage: skydrive-cli rm [-h] object [object ...]
    skydrive-cli rm: error: the following arguments are required: object
    ");
    assert_snapshot!(complaint_about(&["-c", "rm", "fly"]), @r"
    usage: skydrive-cli [-h] [-c PATH] [-p | -i] [-k SPEC] [-e ENC] [--json]
                        [--api URL] [--login URL] [--bits-url URL]
                        [--retry-for SECONDS] [--debug] [-V]
                        {auth,auth_refresh,quota,user,recent,info,info_set,link,ls,mkdir,get,put,cp,mv,rm,comments,comment_add,comment_delete,tree,search,completions}
                        ...
    skydrive-cli: error: argument command: invalid choice: 'fly' (choose from 'auth', 'auth_refresh', 'quota', 'user', 'recent', 'info', 'info_set', 'link', 'ls', 'mkdir', 'get', 'put', 'cp', 'mv', 'rm', 'comments', 'comment_add', 'comment_delete', 'tree', 'search', 'completions')
    ");
    assert_snapshot!(complaint_about(&["ls", "--wings"]), @r"
    usage: skydrive-cli ls [-h] [-o] [-r RANGE] [folder]
    skydrive-cli ls: error: unrecognized arguments: --wings
    ");
    assert_snapshot!(complaint_about(&["-p", "-i", "ls"]), @r"
    usage: skydrive-cli ls [-h] [-o] [-r RANGE] [folder]
    skydrive-cli ls: error: argument -i/--id: not allowed with argument -p/--path
    ");
    assert_snapshot!(complaint_about(&["link", "-t", "magic", "x"]), @r"
    usage: skydrive-cli link [-h] [-t {shared_read_link,shared_edit_link,embed}]
                             object
    skydrive-cli link: error: argument -t/--type: invalid choice: 'magic' (choose from 'shared_read_link', 'shared_edit_link', 'embed')
    ");
    assert_snapshot!(complaint_about(&["put", "x", "--bits-frag-bytes", "many"]), @r"
    usage: skydrive-cli put [-h] [-n] [-d] [-b] [--bits-frag-bytes N]
                            [--bits-do-auth-refresh-before-commit-hack] [-R]
                            [--progress] [--resume] [-j N]
                            file [folder]
    skydrive-cli put: error: argument --bits-frag-bytes: invalid value: 'many'
    ");
    assert_snapshot!(complaint_about(&["get", "x", "-b"]), @r"
    usage: skydrive-cli get [-h] [-b RANGE] [-R] [--progress] [--resume] [-j N]
                            file [dest]
    skydrive-cli get: error: argument -b/--byte-range: expected one argument
    ");
}
