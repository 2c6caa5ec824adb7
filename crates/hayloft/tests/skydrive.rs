//! `skydrive-cli` as people use it: the example session of the original's manual, every command,
//! and what goes wrong, against our server.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

use insta::assert_snapshot;
use tempfile::TempDir;

const HAYLOFT: &str = env!("CARGO_BIN_EXE_hayloft");
const TOOL: &str = env!("CARGO_BIN_EXE_skydrive-cli");
const LOGIN: &str = "ada@example.com";
const PASSWORD: &str = "correct horse";
const APP: &str = "00000000620A3E4A";

/// A server with one account, and the home directory of whoever uses the tool.
struct Desk {
    home: TempDir,
    address: String,
    process: Child,
}

impl Drop for Desk {
    fn drop(&mut self) {
        // The test may be failing already; a server that has gone is no second failure.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Desk {
    /// With an application registered and named in `~/.lcrc`.
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut process = Command::new(HAYLOFT)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(home.path().join("data"))
            .env("HAYLOFT_ADMIN_LOGIN", LOGIN)
            .env("HAYLOFT_ADMIN_PASSWORD", PASSWORD)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut told = BufReader::new(process.stdout.take().unwrap());
        told.read_line(&mut line).unwrap();
        let address = line.trim().rsplit('/').next().unwrap().to_owned();
        // Whoever writes to a closed pipe fails, and the server has more to say.
        std::thread::spawn(move || std::io::copy(&mut told, &mut std::io::sink()));
        let desk = Self { home, address, process };
        let added = Command::new(HAYLOFT)
            .args(["app", "add", "--mobile", "--id", APP, "skydrive-cli", "--data"])
            .arg(desk.path("data"))
            .output()
            .unwrap();
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        let state = format!(
            "client:\n  id: {APP}\nendpoints:\n  api: http://{}\n# kept\nother: 0x10\n",
            desk.address
        );
        fs::write(desk.path(".lcrc"), state).unwrap();
        desk
    }

    /// The same, signed in, with the folders of the example session.
    fn furnished() -> Self {
        let desk = Self::new();
        desk.sign_in();
        for folder in ["Documents", "Pics"] {
            desk.done(&["mkdir", folder]);
        }
        fs::write(desk.path("README.txt"), "Read me.\n").unwrap();
        desk.done(&["put", "README.txt", "Documents"]);
        for name in ["image1.jpg", "image2.jpg"] {
            fs::write(desk.path(name), "no picture at all").unwrap();
            desk.done(&["put", name, "Pics"]);
            fs::remove_file(desk.path(name)).unwrap();
        }
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn state(&self) -> String {
        fs::read_to_string(self.path(".lcrc")).unwrap()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(TOOL);
        command.args(args).current_dir(self.home.path()).env("HOME", self.home.path());
        for name in ["XDG_STATE_HOME", "SKYDRIVE_API", "SKYDRIVE_LOGIN", "SKYDRIVE_BITS", "COLUMNS"]
        {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).stdin(Stdio::null()).output().unwrap()
    }

    /// What a command prints, which has to go well.
    fn done(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {complaints}");
        assert_eq!(complaints, "", "{args:?}");
        self.shown(&String::from_utf8(output.stdout).unwrap())
    }

    /// Exit code and complaint of a command that has to fail, without printing anything.
    fn fails(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{args:?}");
        let code = output.status.code().unwrap();
        self.shown(&format!("{code} {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// The lines of a terminal: each command and what it prints.
    fn session(&self, lines: &[&str]) -> String {
        let typed = |line: &&str| {
            let args: Vec<&str> = line.split(' ').collect();
            format!("% skydrive-cli {line}\n{}", self.done(&args))
        };
        lines.iter().map(typed).collect()
    }

    /// What differs from run to run is hidden.
    fn shown(&self, text: &str) -> String {
        let text = text.replace(&self.address, "[server]");
        let text = text.replace(&self.address.replace(':', "%3A"), "[server]");
        let text = text.replace(self.home.path().to_str().unwrap(), "~");
        let lines: Vec<String> = text.lines().map(redacted).collect();
        let end = if text.ends_with('\n') { "\n" } else { "" };
        lines.join("\n") + end
    }

    /// Signs in as a person would, but without a browser.
    fn sign_in(&self) -> String {
        let mut tool =
            self.command(&["auth"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut printed = Vec::new();
        let mut output = tool.stdout.take().unwrap();
        while !printed.ends_with(b"URL after last redirect: ") {
            let mut byte = [0];
            output.read_exact(&mut byte).unwrap();
            printed.push(byte[0]);
        }
        let instructions = String::from_utf8(printed).unwrap();
        let url =
            instructions.lines().find_map(|line| line.strip_prefix("URL to visit: ")).unwrap();
        let last = self.agree(url, "allow");
        writeln!(tool.stdin.take().unwrap(), "{last}").unwrap();
        let mut told = String::new();
        output.read_to_string(&mut told).unwrap();
        assert!(tool.wait().unwrap().success());
        format!("{instructions}\n{told}")
    }

    /// Fills in the page and gives the address to which it leads.
    fn agree(&self, url: &str, action: &str) -> String {
        let target = url.strip_prefix(&format!("http://{}", self.address)).unwrap();
        let page = self.http("GET", target, "", "");
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let cookie = page.lines().find_map(|line| line.strip_prefix("set-cookie: "));
        let cookie = cookie.and_then(|cookie| cookie.split(';').next()).unwrap_or_default();
        let login = LOGIN.replace('@', "%40");
        let form = format!("csrf={csrf}&login={login}&password=correct+horse&action={action}");
        let answer = self.http("POST", target, cookie, &form);
        answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap().trim().to_owned()
    }

    /// One exchange, as plain as can be.
    fn http(&self, method: &str, target: &str, cookie: &str, form: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let address = &self.address;
        let length = form.len();
        write!(
            stream,
            "{method} {target} HTTP/1.0\r\nHost: {address}\r\nCookie: {cookie}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

/// Hides times, account ids and whatever gives access by being known.
fn redacted(line: &str) -> String {
    let mut line = line.to_owned();
    for secret in ["/y1p/", "authkey=!", "code="] {
        if let Some(at) = line.find(secret) {
            let begin = at + secret.len();
            let ends = |c: char| matches!(c, '"' | '&' | ' ');
            let end = line[begin..].find(ends).map_or(line.len(), |length| begin + length);
            line.replace_range(begin..end, "…");
        }
    }
    let words = line.split_inclusive(|c: char| !c.is_ascii_alphanumeric()).map(|word| {
        let id = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let hidden = id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) && id != APP;
        let is_upper = id.bytes().any(|byte| byte.is_ascii_uppercase());
        if hidden {
            word.replace(id, if is_upper { "[CID]" } else { "[cid]" })
        } else {
            word.to_owned()
        }
    });
    let line: String = words.collect();
    match line.split_once("_time: 20") {
        Some((key, _)) => format!("{key}_time: [time]"),
        None => line,
    }
}

#[test]
fn the_example_session_runs_as_printed() {
    let desk = Desk::furnished();
    assert_snapshot!(desk.session(&["tree"]), @r"
    % skydrive-cli tree
    SkyDrive:
      Documents:
        README.txt: file
      Pics:
        image1.jpg: photo
        image2.jpg: photo
    ");
    let image = desk.run(&["get", "Pics/image1.jpg"]).stdout;
    fs::write(desk.path("downloaded_image1.jpg"), image).unwrap();
    assert_snapshot!(desk.session(&[
        "put downloaded_image1.jpg",
        "ls",
        "quota",
        "link -t embed downloaded_image1.jpg",
        "rm downloaded_image1.jpg",
        "ls",
        "rm -h",
    ]), @r#"
    % skydrive-cli put downloaded_image1.jpg
    % skydrive-cli ls
    - Documents
    - Pics
    - downloaded_image1.jpg
    % skydrive-cli quota
    free: 2.0G
    quota: 2.0G
    % skydrive-cli link -t embed downloaded_image1.jpg
    embed_html: <iframe src="http://[server]/embed?cid=[cid]&page=view&resid=[CID]!7&authkey=!…" width="98" height="120" frameborder="0" scrolling="no"></iframe>
    % skydrive-cli rm downloaded_image1.jpg
    % skydrive-cli ls
    - Documents
    - Pics
    % skydrive-cli rm -h
    usage: skydrive-cli rm [-h] object [object ...]

    positional arguments:
      object      Object(s) to remove.

    optional arguments:
      -h, --help  show this help message and exit
    "#);
}

#[test]
fn signing_in_is_told_step_by_step() {
    let desk = Desk::new();
    let told = desk.shown(&desk.sign_in());
    assert_snapshot!(told, @r#"
    Visit the following URL in any web browser, sign in there and agree to what is asked for.
    In the end it shows an empty page whose address begins with
    "http://[server]/oauth20_desktop.srf"; paste that address here.
    It can also be given later, with "skydrive-cli auth <URL>".

    URL to visit: http://[server]/oauth20_authorize.srf?client_id=00000000620A3E4A&scope=wl.skydrive+wl.skydrive_update+wl.offline_access&response_type=code&redirect_uri=http%3A%2F%2F[server]%2Foauth20_desktop.srf
    URL after last redirect: 
    API authorization was completed successfully.
    "#);
    let state = desk.state();
    assert!(state.starts_with(&format!("client:\n  id: {APP}\nendpoints:\n")), "{state}");
    assert!(state.contains("\n# kept\nother: 0x10\nauth:\n  code: '"), "{state}");
    // A token that is renewed is saved, and a second sign-in replaces the first.
    desk.done(&["auth_refresh"]);
    let renewed = desk.state();
    assert_ne!(state, renewed);
    desk.sign_in();
    assert_ne!(renewed, desk.state());
    desk.done(&["ls"]);
}

#[test]
fn refusals_of_the_page_are_told() {
    let desk = Desk::new();
    let told = desk.run(&["auth"]);
    assert_eq!(told.status.code(), Some(1));
    assert_snapshot!(String::from_utf8_lossy(&told.stderr), @"error: EOFError: no address was given");
    let page = String::from_utf8_lossy(&told.stdout).into_owned();
    let url = page.lines().find_map(|line| line.strip_prefix("URL to visit: ")).unwrap();
    let denied = desk.agree(url, "deny");
    assert!(desk.fails(&["auth", &denied]).starts_with("1 error: APIAuthError: access_denied :: "));
    assert_snapshot!(desk.fails(&["auth", "http://x.example/?code=nonsense"]), @"1 error: APIAuthError: invalid_grant :: the code or refresh token is unknown, has expired or was used");
    assert_snapshot!(desk.fails(&["ls"]), @"1 error: AuthMissingError: insufficient data to authenticate, missing: auth_code, auth_refresh_token");
    // Whoever was signed in stays so.
    desk.sign_in();
    let state = desk.state();
    desk.fails(&["auth", "http://x.example/?code=nonsense"]);
    assert_eq!(desk.state(), state);
    desk.done(&["ls"]);
}

#[test]
fn objects_are_printed_in_full() {
    let desk = Desk::furnished();
    desk.done(&["info_set", "Documents", r#"{"description": "Letters", "sort_by": "name"}"#]);
    assert_snapshot!(desk.session(&["user", "info", "info Documents/README.txt"]), @r"
    % skydrive-cli user
    first_name: Administrator
    gender: None
    id: [cid]
    last_name: 
    link: http://[server]/?cid=[cid]
    locale: en_US
    name: Administrator
    updated_time: [time]
    % skydrive-cli info
    client_updated_time: [time]
    comments_count: 0
    comments_enabled: False
    count: 2
    created_time: None
    description: 
    from:
      id: None
      name: None
    id: folder.[cid]
    is_embeddable: False
    link: http://[server]/?cid=[cid]
    name: SkyDrive
    parent_id: None
    shared_with:
      access: Just me
    size: 43
    type: folder
    updated_time: [time]
    upload_location: http://[server]/v5.0/folder.[cid]/files/
    % skydrive-cli info Documents/README.txt
    client_updated_time: [time]
    comments_count: 0
    comments_enabled: True
    created_time: [time]
    description: None
    from:
      id: [cid]
      name: Administrator
    id: file.[cid].[CID]!4
    is_embeddable: True
    link: http://[server]/redir.aspx?cid=[cid]&page=view&resid=[CID]!4&parid=[CID]!2
    name: README.txt
    parent_id: folder.[cid].[CID]!2
    shared_with:
      access: Just me
    size: 9
    source: http://[server]/y1p/…
    type: file
    updated_time: [time]
    upload_location: http://[server]/v5.0/file.[cid].[CID]!4/content/
    ");
    assert_snapshot!(desk.session(&["ls -o"]), @r"
    % skydrive-cli ls -o
    - client_updated_time: [time]
      comments_count: 0
      comments_enabled: True
      count: 1
      created_time: [time]
      description: Letters
      from:
        id: [cid]
        name: Administrator
      id: folder.[cid].[CID]!2
      is_embeddable: True
      link: http://[server]/redir.aspx?cid=[cid]&page=view&resid=[CID]!2&parid=[CID]!1
      name: Documents
      parent_id: folder.[cid]
      shared_with:
        access: Just me
      sort_by: name
      type: folder
      updated_time: [time]
      upload_location: http://[server]/v5.0/folder.[cid].[CID]!2/files/
    - client_updated_time: [time]
      comments_count: 0
      comments_enabled: True
      count: 2
      created_time: [time]
      description: None
      from:
        id: [cid]
        name: Administrator
      id: folder.[cid].[CID]!3
      is_embeddable: True
      link: http://[server]/redir.aspx?cid=[cid]&page=view&resid=[CID]!3&parid=[CID]!1
      name: Pics
      parent_id: folder.[cid]
      shared_with:
        access: Just me
      type: folder
      updated_time: [time]
      upload_location: http://[server]/v5.0/folder.[cid].[CID]!3/files/
    ");
}

#[test]
fn parts_of_objects_are_printed() {
    let desk = Desk::furnished();
    desk.done(&["info_set", "Documents", r#"{"description": "Letters"}"#]);
    assert_snapshot!(desk.done(&["tree", "-o", "Documents"]), @r"
    Documents:
      README.txt:
        - file
        - client_updated_time: [time]
          comments_count: 0
          comments_enabled: True
          created_time: [time]
          description: None
          from:
            id: [cid]
            name: Administrator
          id: file.[cid].[CID]!4
          is_embeddable: True
          link: http://[server]/redir.aspx?cid=[cid]&page=view&resid=[CID]!4&parid=[CID]!2
          name: README.txt
          parent_id: folder.[cid].[CID]!2
          shared_with:
            access: Just me
          size: 9
          source: http://[server]/y1p/…
          type: file
          updated_time: [time]
          upload_location: http://[server]/v5.0/file.[cid].[CID]!4/content/
    ");
    assert_snapshot!(desk.session(&["-k name recent", "search image", "-k description ls -o"]), @r"
    % skydrive-cli -k name recent
    - image2.jpg
    - image1.jpg
    - README.txt
    % skydrive-cli search image
    - image1.jpg
    - image2.jpg
    % skydrive-cli -k description ls -o
    - Letters
    - None
    ");
    assert_snapshot!(desk.done(&["-k", "{0[name]:>12} {0[type]!r} {0[from][name]}", "ls", "-o", "Pics"]), @r"
    -   image1.jpg 'photo' Administrator
    -   image2.jpg 'photo' Administrator
    ");
    assert_snapshot!(desk.session(&["--json ls", "--json quota"]), @r#"
    % skydrive-cli --json ls
    [
      "Documents",
      "Pics"
    ]
    % skydrive-cli --json quota
    {
      "free": 2147483605,
      "quota": 2147483648
    }
    "#);
}

#[test]
fn comments_and_links() {
    let desk = Desk::furnished();
    assert_snapshot!(desk.session(&[
        "comments Documents/README.txt",
        "comment_add Documents/README.txt Thanks",
        "comments Documents/README.txt",
        "link Documents/README.txt",
        "link -t shared_edit_link Documents",
    ]), @r"
    % skydrive-cli comments Documents/README.txt
    % skydrive-cli comment_add Documents/README.txt Thanks
    created_time: [time]
    from:
      id: [cid]
      name: Administrator
    id: comment.[cid].[cid]!4.[CID]!1
    message: Thanks
    % skydrive-cli comments Documents/README.txt
    - created_time: [time]
      from:
        id: [cid]
        name: Administrator
      id: comment.[cid].[cid]!4.[CID]!1
      message: Thanks
    % skydrive-cli link Documents/README.txt
    link: http://[server]/redir.aspx?cid=[cid]&page=view&resid=[CID]!4&authkey=!…
    % skydrive-cli link -t shared_edit_link Documents
    link: http://[server]/redir.aspx?cid=[cid]&page=view&resid=[CID]!2&authkey=!…
    ");
    let listed = desk.run(&["-k", "id", "comments", "Documents/README.txt"]).stdout;
    let id = String::from_utf8(listed).unwrap().trim().trim_start_matches("- ").to_owned();
    desk.done(&["comment_delete", &id]);
    assert_eq!(desk.done(&["comments", "Documents/README.txt"]), "");
}

#[test]
fn folders_are_made_and_objects_moved() {
    let desk = Desk::furnished();
    assert_snapshot!(desk.session(&[
        "mkdir Documents/new",
        "mkdir deep Documents/new",
        "cp Documents/README.txt Documents/new/deep",
        "mv Pics/image1.jpg Documents/new",
        "mv Pics/image2.jpg",
        "tree",
        "ls -r 2",
        "ls -r 1-2",
        "ls -r 2-",
        "ls -r -1",
        "rm Pics Documents/new/image1.jpg",
        "tree",
    ]), @r"
    % skydrive-cli mkdir Documents/new
    % skydrive-cli mkdir deep Documents/new
    % skydrive-cli cp Documents/README.txt Documents/new/deep
    % skydrive-cli mv Pics/image1.jpg Documents/new
    % skydrive-cli mv Pics/image2.jpg
    % skydrive-cli tree
    SkyDrive:
      Documents:
        README.txt: file
        new:
          deep:
            README.txt: file
          image1.jpg: photo
      Pics:
      image2.jpg: photo
    % skydrive-cli ls -r 2
    - Documents
    - Pics
    % skydrive-cli ls -r 1-2
    - Pics
    - image2.jpg
    % skydrive-cli ls -r 2-
    - image2.jpg
    % skydrive-cli ls -r -1
    - Documents
    % skydrive-cli rm Pics Documents/new/image1.jpg
    % skydrive-cli tree
    SkyDrive:
      Documents:
        README.txt: file
        new:
          deep:
            README.txt: file
      image2.jpg: photo
    ");
    desk.done(&["mkdir", "-m", r#"{"description": "by hand"}"#, "described"]);
    assert_eq!(desk.done(&["-k", "description", "info", "described"]), "by hand\n");
    let id = desk.run(&["-k", "id", "info", "Documents"]).stdout;
    let id = String::from_utf8(id).unwrap();
    assert_eq!(desk.done(&["ls", id.trim()]), "- README.txt\n- new\n");
    assert_eq!(desk.done(&["-i", "ls", "me/skydrive/my_documents"]), "- README.txt\n- new\n");
    assert_eq!(desk.done(&["-p", "ls", "/Documents\\new/"]), "- deep\n");
}

#[test]
fn content_travels_both_ways() {
    let desk = Desk::furnished();
    let content: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    fs::write(desk.path("big.bin"), &content).unwrap();
    fs::write(desk.path("empty"), "").unwrap();
    desk.done(&["put", "big.bin"]);
    desk.done(&["put", "--bits", "--bits-frag-bytes", "1000000", "big.bin", "Documents"]);
    desk.done(&["put", "-b", "--resume", "big.bin", "Pics"]);
    desk.done(&["put", "-b", "empty"]);
    for place in ["big.bin", "Documents/big.bin", "Pics/big.bin"] {
        assert!(desk.run(&["get", place]).stdout == content, "{place}");
        desk.done(&["get", "--resume", place, "new/folder/got.bin"]);
        assert!(fs::read(desk.path("new/folder/got.bin")).unwrap() == content, "{place}");
        assert_eq!(fs::read_dir(desk.path("new/folder")).unwrap().count(), 1);
    }
    assert_eq!(desk.run(&["get", "empty"]).stdout, b"");
    for (range, expected) in [("0-4", "Read "), ("-4", "me.\n"), ("5-", "me.\n")] {
        assert_eq!(desk.done(&["get", "-b", range, "Documents/README.txt"]), expected, "{range}");
    }
    assert_snapshot!(desk.fails(&["put", "-n", "README.txt", "Documents"]), @"1 error: ProtocolError: resource_already_exists: the name `README.txt` is taken");
    assert_snapshot!(desk.fails(&["put", "-n", "-b", "big.bin"]), @"1 error: NoAPISupportError: a resumable upload always overwrites");
}

#[test]
fn an_upload_goes_on_where_it_was_killed() {
    let desk = Desk::furnished();
    let content: Vec<u8> = (0..20_000_000_u32).map(|number| (number % 253) as u8).collect();
    fs::write(desk.path("big.bin"), &content).unwrap();
    let put = ["--debug", "put", "--bits", "--bits-frag-bytes", "65536", "--resume", "big.bin"];
    let journals = desk.path(".local/state/hayloft/skydrive");
    let written = || {
        let entry = fs::read_dir(&journals)
            .ok()?
            .flatten()
            .find(|entry| entry.path().extension().is_some_and(|extension| extension == "json"))?;
        let journal: serde_json::Value =
            serde_json::from_slice(&fs::read(entry.path()).ok()?).ok()?;
        journal["offset"].as_u64()
    };
    let mut first = desk.command(&put).stderr(Stdio::null()).spawn().unwrap();
    while written().is_none_or(|offset| offset < 1_000_000) {
        assert!(first.try_wait().unwrap().is_none(), "it was too quick to be killed");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let offset = written().unwrap();

    let second = desk.run(&put);
    assert!(second.status.success(), "{}", String::from_utf8_lossy(&second.stderr));
    assert!(desk.run(&["get", "big.bin"]).stdout == content);
    assert_eq!(written(), None, "what is whole needs no journal");
    let log = String::from_utf8(second.stderr).unwrap();
    let fragments = log.matches("payload=\"file\"").count() as u64;
    let missing = (content.len() as u64 - offset).div_ceil(65_536);
    assert!((1..=missing + 1).contains(&fragments), "{fragments} fragments for {missing}");
}

#[test]
fn whole_folders_travel_both_ways() {
    let desk = Desk::furnished();
    desk.done(&["get", "-R", "-j", "3", "Pics", "copy"]);
    assert_eq!(fs::read_to_string(desk.path("copy/Pics/image2.jpg")).unwrap(), "no picture at all");
    fs::create_dir_all(desk.path("copy/Pics/below/empty")).unwrap();
    fs::write(desk.path("copy/Pics/below/ü.txt"), "ü").unwrap();
    desk.done(&["put", "--recursive", "copy"]);
    desk.done(&["put", "--recursive", "copy"]);
    assert_snapshot!(desk.done(&["tree", "copy"]), @r"
    copy:
      Pics:
        below:
          empty:
          ü.txt: file
        image1.jpg: photo
        image2.jpg: photo
    ");
}

#[test]
fn what_goes_wrong_is_told_with_its_class() {
    let desk = Desk::furnished();
    assert_snapshot!(desk.fails(&["get", "Documents/nothing/here"]), @"1 error: DoesNotExists: `nothing/here` is not there (below folder.[cid].[CID]!2)");
    assert_snapshot!(desk.fails(&["get", "Documents/README.txt/x"]), @"1 error: DoesNotExists: `x` is not there (below file.[cid].[CID]!4)");
    assert_snapshot!(desk.fails(&["-i", "info", "file.5d2f8a91c4e07b36.5D2F8A91C4E07B36!1"]), @"1 error: ProtocolError: resource_not_found: the resource 'file.[cid].[CID]!1' does not exist");
    assert_snapshot!(desk.fails(&["rm", "nothing", "Documents"]), @"1 error: DoesNotExists: `nothing` is not there (below me/skydrive)");
    assert_snapshot!(desk.fails(&["info_set", "Documents", "{name"]), @"1 error: ValueError: the metadata is no JSON: key must be a string at line 1 column 2");
    assert_snapshot!(desk.fails(&["put", "nothing.bin"]), @"1 error: FileError: cannot read nothing.bin: No such file or directory (os error 2)");
    assert_snapshot!(desk.fails(&["-c", "nothing", "ls"]), @"1 error: ConfigError: cannot read nothing: No such file or directory (os error 2)");
    assert_snapshot!(desk.fails(&["rm"]), @r"
    2 usage: skydrive-cli rm [-h] object [object ...]
    skydrive-cli rm: error: the following arguments are required: object
    ");
    assert_snapshot!(desk.fails(&["-p", "-i", "tree"]), @r"
    2 usage: skydrive-cli tree [-h] [-o] [-j N] [folder]
    skydrive-cli tree: error: argument -i/--id: not allowed with argument -p/--path
    ");
}

#[test]
fn a_damaged_state_file_stays_as_it_is() {
    let desk = Desk::furnished();
    let damaged = desk.state() + "  : [\n";
    fs::write(desk.path(".lcrc"), &damaged).unwrap();
    let told = desk.fails(&["auth_refresh"]);
    assert!(told.starts_with("1 error: ConfigError: ~/.lcrc, line "), "{told}");
    assert_eq!(desk.state(), damaged);
}

#[test]
fn the_log_has_no_secrets() {
    let desk = Desk::furnished();
    let state = desk.state();
    let output = desk.run(&["--debug", "auth_refresh"]);
    let mut log = String::from_utf8(output.stderr).unwrap();
    let output = desk.run(&["--debug", "put", "README.txt"]);
    log.push_str(&String::from_utf8(output.stderr).unwrap());
    assert!(
        log.contains("scope_granted") && log.contains("/v5.0/me/skydrive/files/README.txt"),
        "{log}"
    );
    for line in (state + &desk.state()).lines() {
        let value = line.split_once(": '").map_or("", |(_, value)| value.trim_end_matches('\''));
        let is_secret = ["code", "access_token", "refresh_token"]
            .iter()
            .any(|key| line.trim().starts_with(key));
        assert!(!is_secret || !log.contains(value), "{line}");
    }
}

#[test]
fn the_same_files_are_there_by_other_means() {
    let desk = Desk::furnished();
    fs::write(desk.path("README.txt"), "Read me again.\n").unwrap();
    desk.done(&["put", "README.txt", "Documents"]);
    let hayloft = |args: &[&str]| {
        let run = Command::new(HAYLOFT)
            .args(args)
            .env("HOME", desk.home.path())
            .env("XDG_CONFIG_HOME", desk.home.path())
            .env("HAYLOFT_PASSWORD", PASSWORD)
            .output()
            .unwrap();
        assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8(run.stdout).unwrap()
    };
    hayloft(&[
        "remote",
        "add",
        "home",
        "--url",
        &format!("http://{}", desk.address),
        "--login",
        LOGIN,
    ]);
    assert_eq!(hayloft(&["cat", "home:Documents/README.txt"]), "Read me again.\n");
    assert_eq!(hayloft(&["versions", "home:Documents/README.txt"]).lines().count(), 2);
    fs::write(desk.path("other.txt"), "other").unwrap();
    hayloft(&["put", desk.path("other.txt").to_str().unwrap(), "home:Pics/other.txt"]);
    assert_eq!(desk.done(&["get", "Pics/other.txt"]), "other");
}

#[test]
fn the_tool_is_also_a_command() {
    let desk = Desk::furnished();
    let run = |args: &[&str]| {
        let output = Command::new(HAYLOFT)
            .arg("skydrive")
            .args(args)
            .env("HOME", desk.home.path())
            .output()
            .unwrap();
        let told = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(told).unwrap())
    };
    assert_eq!(run(&["ls"]), (0, "- Documents\n- Pics\n".to_owned()));
    let usage = "usage: hayloft skydrive rm [-h] object [object ...]\n";
    let (code, told) = run(&["rm"]);
    assert_eq!(code, 2);
    assert!(told.starts_with(usage), "{told}");
    let (code, told) = run(&["rm", "-h"]);
    assert_eq!(code, 0);
    assert!(told.starts_with(usage), "{told}");
}
