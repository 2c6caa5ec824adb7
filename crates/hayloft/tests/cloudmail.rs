//! Every file command on a remote that speaks the API of cloud.mail.ru, against our server.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use insta::assert_snapshot;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_hayloft");
const LOGIN: &str = "ann@example.com";
const PASSWORD: &str = "correct horse";

/// A server with one account, and the home directory of whoever uses the program.
struct Desk {
    home: TempDir,
    url: String,
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
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut process = Command::new(PROGRAM)
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
        let url = line.trim().rsplit(' ').next().unwrap().to_owned();
        // Whoever writes to a closed pipe fails, and the server has more to say.
        std::thread::spawn(move || std::io::copy(&mut told, &mut std::io::sink()));
        Self { home, url, process }
    }

    /// With the remote `m`.
    fn with_remote() -> Self {
        let desk = Self::new();
        assert_eq!(
            desk.run("remote add m --type cloudmail --url <url> --login ann@example.com"),
            ""
        );
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(PROGRAM);
        let args = line.split_whitespace().map(|arg| arg.replace("<url>", &self.url));
        command
            .args(args)
            .current_dir(self.home.path())
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("HAYLOFT_PASSWORD", PASSWORD)
            .env_remove("HAYLOFT_CODE")
            .stdin(Stdio::null());
        command
    }

    /// What a command prints on both streams, and its exit code unless that is 0.
    fn run(&self, line: &str) -> String {
        let output = self.command(line).output().unwrap();
        let (out, err) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let code = match output.status.code() {
            Some(0) => String::new(),
            code => format!("[exit {}]\n", code.unwrap()),
        };
        self.shown(&format!("{out}{err}{code}"))
    }

    /// A session: each command with what it prints.
    fn session(&self, lines: &[&str]) -> String {
        let told = lines.iter().map(|line| format!("$ hayloft {line}\n{}", self.run(line)));
        told.collect()
    }

    /// Text without what differs from run to run: address, times, links, revisions of the trash.
    fn shown(&self, text: &str) -> String {
        let text = text.replace(&self.url, "<url>");
        let words = text.split_inclusive(char::is_whitespace).map(|word| {
            let bare = word.trim();
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            let is_date = bare.len() == 10 && digits(&bare.replace('-', "")) && bare.contains('-');
            let is_clock = bare.len() == 5 && bare.contains(':') && digits(&bare.replace(':', ""));
            let is_link = bare.starts_with("<url>/public/");
            let is_millis = bare.len() == 14 && digits(bare.trim_end_matches(','));
            let item = bare.split_once(':').filter(|(rev, _)| digits(rev) && !rev.is_empty());
            match item {
                _ if is_date => word.replace(bare, "<date>"),
                _ if is_clock => word.replace(bare, "<time>"),
                _ if is_millis => word.replace(bare, "<ms>,"),
                _ if is_link => word.replace(bare, "<url>/public/…"),
                Some((_, name)) => word.replace(bare, &format!("<rev>:{name}")),
                None => word.to_owned(),
            }
        });
        let text: String = words.collect();
        // How long a transfer takes.
        let lines = text.split_inclusive('\n').map(|line| match line.rsplit_once(", in ") {
            Some((told, took)) if took.ends_with(" s\n") => format!("{told}, in <time>\n"),
            _ => line.to_owned(),
        });
        lines.collect()
    }

    /// Plants a small tree.
    fn plant(&self) {
        fs::create_dir_all(self.path("trip/maps")).unwrap();
        fs::write(self.path("trip/list.txt"), "Pack the tent.\n").unwrap();
        fs::write(self.path("trip/maps/north.txt"), "n".repeat(100_000)).unwrap();
    }
}

#[test]
fn files_travel_both_ways_and_only_once() {
    let desk = Desk::with_remote();
    desk.plant();
    assert_snapshot!(desk.session(&[
        "put trip m:trip",
        "put trip m:trip",
        "put --dedupe trip m:other",
        "tree m:trip",
        "ls m:trip",
        "cat m:trip/list.txt",
        "get m:trip copy",
        "get m:trip copy",
        "get m:none copy",
    ]), @"
    $ hayloft put trip m:trip
    Sent 2 files (97.67 KiB), made 2 folders, in <time>
    $ hayloft put trip m:trip
    Sent 0 files (0 B), 2 the same, in <time>
    $ hayloft put --dedupe trip m:other
    Sent 1 file (15 B), made 2 folders, 1 known to the server, in <time>
    $ hayloft tree m:trip
    m:/trip
    ├── maps/
    │   └── north.txt
    └── list.txt
    1 folder, 2 files, 97.67 KiB
    $ hayloft ls m:trip
       -  -                 maps/
    15 B  <date> <time>  list.txt
    $ hayloft cat m:trip/list.txt
    Pack the tent.
    $ hayloft get m:trip copy
    Got 2 files (97.67 KiB), made 2 folders, in <time>
    $ hayloft get m:trip copy
    Got 0 files (0 B), 2 the same, in <time>
    $ hayloft get m:none copy
    hayloft: m:/none: there is no such file or folder
    [exit 1]
    ");
    for name in ["list.txt", "maps/north.txt"] {
        let read = |tree: &str| fs::read(desk.path(tree).join(name)).unwrap();
        assert_eq!(read("trip"), read("copy"), "{name}");
    }
}

#[test]
fn versions_and_the_trash_give_back_what_was() {
    let desk = Desk::with_remote();
    desk.plant();
    desk.run("put trip m:trip");
    fs::write(desk.path("trip/list.txt"), "Pack the tent and the stove.\n").unwrap();
    desk.run("put trip m:trip");
    let history = desk.run("history m:trip/list.txt");
    let oldest = history.lines().last().unwrap().split_whitespace().next().unwrap().to_owned();
    assert_eq!(history.lines().count(), 2, "{history}");
    desk.run(&format!("restore m:trip/list.txt --version {oldest}"));
    assert_snapshot!(desk.session(&[
        "cat m:trip/list.txt",
        "restore m:trip/list.txt --version 999999",
        "cat m:trip/list.txt --version 1",
        "rm m:trip/maps",
        "rm -r m:trip/maps m:none",
        "trash list m:",
        "restore m:trip/maps",
        "restore m:trip/maps",
        "ls m:trip/maps",
        "rm m:trip/list.txt",
        "trash empty m:",
        "trash ls m:",
        "rm --forever m:trip",
    ]), @"
    $ hayloft cat m:trip/list.txt
    Pack the tent.
    $ hayloft restore m:trip/list.txt --version 999999
    hayloft: m:/trip/list.txt: there is no version 999999
    [exit 1]
    $ hayloft cat m:trip/list.txt --version 1
    hayloft: m:/trip/list.txt: this remote gives the content of old versions only after `hayloft restore`
    [exit 1]
    $ hayloft rm m:trip/maps
    hayloft: m:/trip/maps: the folder is not empty; -r removes it
    hayloft: 1 of 1 not removed
    [exit 1]
    $ hayloft rm -r m:trip/maps m:none
    hayloft: m:/none: there is no such file or folder
    hayloft: 1 of 2 not removed
    [exit 1]
    $ hayloft trash list m:
    -  <date> <time>  <rev>:maps/
    $ hayloft restore m:trip/maps
    $ hayloft restore m:trip/maps
    hayloft: m:/trip/maps: nothing in the trash was here
    [exit 1]
    $ hayloft ls m:trip/maps
    97.66 KiB  <date> <time>  north.txt
    $ hayloft rm m:trip/list.txt
    $ hayloft trash empty m:
    $ hayloft trash ls m:
    $ hayloft rm --forever m:trip
    hayloft: this remote removes nothing past its trash; `hayloft trash empty` empties it
    [exit 1]
    ");
}

#[test]
fn names_and_places_change() {
    let desk = Desk::with_remote();
    desk.plant();
    desk.run("put trip m:trip");
    assert_snapshot!(desk.session(&[
        "mkdir m:x/y",
        "mkdir -p m:x/y",
        "mkdir m:x",
        "cp m:trip/list.txt m:x/",
        "cp m:trip/list.txt m:x/",
        "cp m:trip/list.txt m:x/copy.txt",
        "mv m:x/copy.txt m:x/COPY.txt",
        "mv m:x/COPY.txt m:x/y/moved.txt",
        "mv m:trip/list.txt m:x/",
        "mv -f m:trip/list.txt m:x/",
        "tree m:",
        "find m: TXT",
        "find m: north txt --type file",
        "find m: x --type image",
        "info m:x",
        "info m:x/list.txt",
        "quota m:",
    ]), @"
    $ hayloft mkdir m:x/y
    hayloft: m:/x/y: there is no folder /x; -p makes it
    [exit 1]
    $ hayloft mkdir -p m:x/y
    $ hayloft mkdir m:x
    hayloft: m:/x: the name is taken (home `/x`: exists, 400)
    [exit 1]
    $ hayloft cp m:trip/list.txt m:x/
    $ hayloft cp m:trip/list.txt m:x/
    hayloft: m:/trip/list.txt: the name is taken (home `/x/list.txt`: exists, 400)
    [exit 1]
    $ hayloft cp m:trip/list.txt m:x/copy.txt
    $ hayloft mv m:x/copy.txt m:x/COPY.txt
    $ hayloft mv m:x/COPY.txt m:x/y/moved.txt
    $ hayloft mv m:trip/list.txt m:x/
    hayloft: m:/trip/list.txt: the name is taken (home `/x/list.txt`: exists, 400)
    [exit 1]
    $ hayloft mv -f m:trip/list.txt m:x/
    $ hayloft tree m:
    m:/
    ├── trip/
    │   └── maps/
    │       └── north.txt
    └── x/
        ├── y/
        │   └── moved.txt
        └── list.txt
    4 folders, 3 files, 97.69 KiB
    $ hayloft find m: TXT
    m:/trip/maps/north.txt
    m:/x/list.txt
    m:/x/y/moved.txt
    $ hayloft find m: north txt --type file
    m:/trip/maps/north.txt
    $ hayloft find m: x --type image
    hayloft: m:/: this remote tells `file` and `folder` apart, not `image`
    [exit 1]
    $ hayloft info m:x
    Path:     /x
    Type:     folder
    Content:  2 files, 1 folder, 30 B
    $ hayloft info m:x/list.txt
    Path:      /x/list.txt
    Type:      file
    Size:      15 B (15 bytes)
    Modified:  <date> <time>
    Hash:      5061636B207468652074656E742E0A0000000000
    $ hayloft quota m:
    Used:        97.70 KiB
    Soft limit:  2.00 GiB
    Hard limit:  2.00 GiB
    ");
}

#[test]
fn links_archives_and_calls_by_hand() {
    let desk = Desk::with_remote();
    desk.plant();
    desk.run("put trip m:trip");
    assert_snapshot!(desk.session(&[
        "link m:trip",
        "link m:trip/none",
        "info m:trip",
        "unlink m:trip",
        "unlink m:trip",
        "zip m:trip -o trip.zip",
        "api m GET user/space",
        "api m POST file/rename home=/trip/list.txt name=a/b",
        "api m PATCH",
        "api m GET file home",
    ]), @r#"
    $ hayloft link m:trip
    <url>/public/…
    $ hayloft link m:trip/none
    hayloft: m:/trip/none: nothing is there (home `/trip/none`: not_exists, 404)
    [exit 1]
    $ hayloft info m:trip
    Path:     /trip
    Type:     folder
    Content:  2 files, 1 folder, 97.67 KiB
    Link:     <url>/public/…
    $ hayloft unlink m:trip
    $ hayloft unlink m:trip
    hayloft: m:/trip: it has no public link
    [exit 1]
    $ hayloft zip m:trip -o trip.zip
    $ hayloft api m GET user/space
    {
      "email": "ann@example.com",
      "body": {
        "overquota": false,
        "bytes_used": 100015,
        "bytes_total": 2147483648
      },
      "time": <ms>,
      "status": 200
    }
    $ hayloft api m POST file/rename home=/trip/list.txt name=a/b
    {
      "email": "ann@example.com",
      "body": {
        "name": {
          "value": "a/b",
          "error": "invalid"
        }
      },
      "time": <ms>,
      "status": 400
    }
    hayloft: the value is not valid (name `a/b`: invalid, 400)
    [exit 1]
    $ hayloft api m PATCH
    error: the following required arguments were not provided:
      <PATH>

    Usage: hayloft api <NAME> <VERB> <PATH> [KEY=VALUE]...

    For more information, try '--help'.
    [exit 1]
    $ hayloft api m GET file home
    error: invalid value 'home' for '[KEY=VALUE]...': a parameter is written KEY=VALUE

    For more information, try '--help'.
    [exit 1]
    "#);
    assert!(fs::read(desk.path("trip.zip")).unwrap().starts_with(b"PK"));
}

#[test]
fn signing_in_stores_no_password_and_a_wrong_one_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::with_remote();
    assert_snapshot!(desk.session(&[
        "remote add m --type cloudmail --url <url> --login ann@example.com",
        "remote add c --type cloudmail --cookies --url <url> --login ann@example.com",
        "remote add x --type cloudike --cookies --url <url> --login ann@example.com",
        "remote add x --type cloudmail --url <url> --login nobody@example.com",
        "remote add x --type cloudmail --cookies --url <url> --login nobody@example.com",
        "remote list",
        "mkdir c:made",
        "ls m:",
        "login m",
        "login c",
        "ls c:",
    ]), @"
    $ hayloft remote add m --type cloudmail --url <url> --login ann@example.com
    hayloft: there is a remote `m` already; --replace replaces it
    [exit 1]
    $ hayloft remote add c --type cloudmail --cookies --url <url> --login ann@example.com
    $ hayloft remote add x --type cloudike --cookies --url <url> --login ann@example.com
    hayloft: a remote of type `cloudike` has no cookies
    [exit 1]
    $ hayloft remote add x --type cloudmail --url <url> --login nobody@example.com
    hayloft: wrong login or password, or not signed in (invalid_grant, 400)
    [exit 1]
    $ hayloft remote add x --type cloudmail --cookies --url <url> --login nobody@example.com
    hayloft: wrong login or password
    [exit 1]
    $ hayloft remote list
    c  <url>  ann@example.com
    m  <url>  ann@example.com
    $ hayloft mkdir c:made
    $ hayloft ls m:
    -  -  made/
    $ hayloft login m
    $ hayloft login c
    $ hayloft ls c:
    -  -  made/
    ");
    let file = desk.path("config/hayloft/remotes.toml");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&file).unwrap();
    assert!(!text.contains(PASSWORD) && text.contains("refresh_token") && text.contains("Mpop"));
    // Tokens the server does not take any more.
    let spoilt = text.lines().map(|line| match line.split_once(" = ") {
        Some((name, _)) if name.ends_with("_token") || name == "Mpop" => {
            format!("{name} = \"spoilt\"")
        }
        _ => line.to_owned(),
    });
    fs::write(&file, spoilt.collect::<Vec<_>>().join("\n")).unwrap();
    assert_snapshot!(desk.session(&["ls m:", "ls c:", "remote remove m", "remote remove c", "remote list"]), @"
    $ hayloft ls m:
    hayloft: m:/: the code or refresh token is unknown, has expired or was used (invalid_grant, 400); `hayloft login NAME` signs in again
    [exit 1]
    $ hayloft ls c:
    hayloft: c:/: the session is over; `hayloft login NAME` signs in again
    [exit 1]
    $ hayloft remote remove m
    $ hayloft remote remove c
    $ hayloft remote list
    ");
}

#[test]
fn nothing_is_replaced_by_accident() {
    let desk = Desk::with_remote();
    desk.plant();
    for (name, text) in [("README", "one"), ("readme", "two")] {
        fs::write(desk.path(name), text).unwrap();
    }
    desk.run("put trip m:trip");
    desk.run("mkdir -p m:a/a");
    assert_snapshot!(desk.session(&[
        "mv -f m:typo.txt m:trip/list.txt",
        "mv -f m:nothere/list.txt m:trip/",
        "mv -f m:a/a m:",
        "mv -f m:a m:a/a",
        "mv -f m:trip m:TRIP/maps",
        "put README m:one/",
        "put readme m:one/",
        "put readme m:one/readme",
        "put readme README m:two/",
        "tree m:",
        "cat m:one/README",
        "trash ls m:",
    ]), @"
    $ hayloft mv -f m:typo.txt m:trip/list.txt
    hayloft: m:/typo.txt: there is no such file or folder
    [exit 1]
    $ hayloft mv -f m:nothere/list.txt m:trip/
    hayloft: m:/nothere/list.txt: there is no such file or folder
    [exit 1]
    $ hayloft mv -f m:a/a m:
    hayloft: /a/a lies in /a
    [exit 1]
    $ hayloft mv -f m:a m:a/a
    hayloft: /a cannot be moved into itself
    [exit 1]
    $ hayloft mv -f m:trip m:TRIP/maps
    hayloft: /trip cannot be moved into itself
    [exit 1]
    $ hayloft put README m:one/
    Sent 1 file (3 B), made 1 folder, in <time>
    $ hayloft put readme m:one/
    Sent 0 files (0 B), 1 failed, in <time>
    hayloft: /one/readme: `README` is there, which differs by case only
    hayloft: 1 file or folder was not done
    [exit 2]
    $ hayloft put readme m:one/readme
    Sent 0 files (0 B), 1 failed, in <time>
    hayloft: /one/readme: `README` is there, which differs by case only
    hayloft: 1 file or folder was not done
    [exit 2]
    $ hayloft put readme README m:two/
    Sent 1 file (3 B), made 1 folder, 1 failed, in <time>
    hayloft: /two/README: it differs from /two/readme by case only
    hayloft: 1 file or folder was not done
    [exit 2]
    $ hayloft tree m:
    m:/
    ├── a/
    │   └── a/
    ├── one/
    │   └── README
    ├── trip/
    │   ├── maps/
    │   │   └── north.txt
    │   └── list.txt
    └── two/
        └── readme
    6 folders, 4 files, 97.68 KiB
    $ hayloft cat m:one/README
    one$ hayloft trash ls m:
    ");
}
