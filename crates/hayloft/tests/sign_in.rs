//! What an administrator does on the data itself so that people and programs can sign in.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

use insta::assert_snapshot;
use tempfile::TempDir;
use totp_rs::{Builder, Secret};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hayloft");
const LOGIN: &str = "ann@example.com";

/// A data directory with ann's account.
fn data() -> TempDir {
    let data = tempfile::tempdir().unwrap();
    assert_snapshot!(run(&data, &["user", "add", LOGIN]), @"made account 1 for ann@example.com");
    data
}

fn command(data: &TempDir, args: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(args).arg("--data").arg(data.path());
    command.env("HAYLOFT_PASSWORD", "correct horse").stdin(Stdio::null());
    command
}

/// What the program says: its output if it did it, else its complaint.
fn run(data: &TempDir, args: &[&str]) -> String {
    let output = command(data, args).output().unwrap();
    let said = if output.status.success() { output.stdout } else { output.stderr };
    String::from_utf8(said).unwrap().trim_end().to_owned()
}

/// The value of a line `name:  value`.
fn fact(said: &str, name: &str) -> String {
    let line = said.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap().trim_start_matches(':').trim().to_owned()
}

#[test]
fn apps_come_and_go() {
    let data = data();
    let redirect = "https://a.example/back";
    let added = run(&data, &["app", "add", "My app", "--id", "my-app", "--redirect", redirect]);
    assert_eq!(fact(&added, "Id"), "my-app");
    assert_eq!(fact(&added, "Secret").len(), 48);
    let listed = run(&data, &["app", "list", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed[0]["redirect_uris"][0], redirect);
    assert!(!listed.to_string().contains(&fact(&added, "Secret")));
    assert_snapshot!(
        run(&data, &["app", "add", "My app", "--redirect", "/back"]),
        @"hayloft: redirect_uri: `/back` is no absolute address without fragment"
    );
    assert_snapshot!(run(&data, &["app", "remove", "my-app"]), @"");
    assert_snapshot!(run(&data, &["app", "remove", "my-app"]), @"hayloft: no such app");
}

#[test]
fn a_second_factor_goes_on_with_its_first_code() {
    let data = data();
    let on = ["user", "second-factor", LOGIN, "on"];
    assert!(run(&data, &on).ends_with("not turned on: no code was given"));

    let mut process =
        command(&data, &on).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
    let secret = fact(&said.next().unwrap(), "Secret");
    let totp = Builder::new().with_secret(Secret::try_from_base32(&secret).unwrap());
    let code = totp.build().unwrap().generate_current().to_string();
    writeln!(process.stdin.take().unwrap(), "{code}").unwrap();
    assert_eq!(said.last().unwrap(), "the second factor is on");
    assert!(process.wait().unwrap().success());

    assert_snapshot!(run(&data, &on), @"hayloft: second factor: it is on already");
    let off = ["user", "second-factor", LOGIN, "off"];
    assert_snapshot!(run(&data, &off), @"");
    assert_snapshot!(run(&data, &off), @"hayloft: second factor: it is not on");
}

#[test]
fn programs_get_passwords_that_can_be_taken_back() {
    let data = data();
    let password = run(&data, &["user", "app-password", "add", LOGIN, "rclone"]);
    assert_eq!(password.split(' ').map(str::len).collect::<Vec<_>>(), [4, 4, 4, 4]);
    let listed = run(&data, &["user", "app-password", "list", LOGIN, "--json"]);
    assert!(listed.contains("rclone") && !listed.contains(&password), "{listed}");
    let remove = ["user", "app-password", "remove", LOGIN, "rclone"];
    assert_snapshot!(run(&data, &remove), @"");
    assert_snapshot!(run(&data, &remove), @"hayloft: name: no app password has it");
    let stranger = run(&data, &["user", "app-password", "list", "eve@example.com"]);
    assert_snapshot!(stranger, @"hayloft: no such account");
}
