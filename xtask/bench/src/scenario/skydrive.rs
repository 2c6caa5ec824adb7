//! SkyDrive's API through `skydrive-cli`: a tree of many folders beside curl, and a big file.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Bench, Sample, big_file::mib_per_second};
use crate::hayloft::{Hayloft, LOGIN, PASSWORD};
use crate::load;
use crate::process::{settle, timed};

const FOLDERS: usize = 500;
/// With the folders themselves, 10,000 objects.
const FILES_EACH: usize = 19;
/// As many as `skydrive-cli tree` asks for at once.
const AT_ONCE: &str = "8";
const CLIENT_ID: &str = "00000000620A3E4A";
const SETTINGS: &str = "\
[rules]
default_quota_bytes = -1
[skydrive]
upload_bytes_max = 2147483648
";

pub(crate) fn tree(bench: &Bench, folder: &Path) -> Result<Vec<Sample>> {
    let session = Session::start(bench, folder)?;
    let api = session.hayloft.api.clone();
    bench.runtime.block_on(async {
        load::each(api.address, FOLDERS, {
            let api = api.clone();
            async move |connection, number| {
                api.create_folder(connection, &format!("/folder-{number:03}")).await
            }
        })
        .await?;
        load::each(api.address, FOLDERS * FILES_EACH, async move |connection, number| {
            let path = format!("/folder-{:03}/file-{number:05}.txt", number % FOLDERS);
            api.create_empty(connection, &path).await
        })
        .await
    })?;
    let list = session.curl_configuration()?;
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail", "--parallel", "--parallel-max", AT_ONCE]);
    let theirs = timed(curl.arg("--config").arg(list))?;
    let mut tree = session.cli(&["tree"]);
    let printed = session.folder.join("tree.txt");
    tree.stdout(std::fs::File::create(&printed)?);
    let start = std::time::Instant::now();
    ensure!(tree.status()?.success(), "tree failed");
    let ours = start.elapsed().as_secs_f64();
    let lines = std::fs::read_to_string(&printed)?.lines().count();
    ensure!(lines == 1 + FOLDERS * (FILES_EACH + 1), "the tree has {lines} lines");
    Ok(vec![Sample::beside(ours, theirs)])
}

pub(crate) fn big_file(bench: &Bench, folder: &Path) -> Result<Vec<Sample>> {
    let source = bench.big_file()?;
    settle()?;
    let mut dd = Command::new("dd");
    dd.arg(format!("if={}", source.display()));
    dd.arg(format!("of={}", folder.join("dd").display())).args(["bs=1M", "conv=fsync"]);
    let dd_seconds = timed(&mut dd)?;
    let session = Session::start(bench, folder)?;
    settle()?;
    let mut put = Command::new("curl");
    put.args(["--silent", "--show-error", "--fail", "--output", "/dev/null"]);
    put.arg("--upload-file").arg(&source);
    put.arg(session.url("me/skydrive/files/put.bin")?);
    let put_seconds = timed(&mut put)?;
    settle()?;
    let mut bits = session.cli(&["put", "--bits"]);
    let bits_seconds = timed(bits.arg(&source))?;
    let back = folder.join("back");
    let mut get = session.cli(&["get", "big"]);
    let get_seconds = timed(get.arg(&back))?;
    let same = Command::new("cmp").arg(&source).arg(&back).status()?;
    ensure!(same.success(), "another file came back");
    let copy = folder.join("copy");
    let copy_seconds = timed(Command::new("cp").arg(&source).arg(copy))?;
    Ok(vec![
        Sample::beside(mib_per_second(put_seconds), mib_per_second(dd_seconds)),
        Sample::beside(mib_per_second(bits_seconds), mib_per_second(dd_seconds)),
        Sample::beside(mib_per_second(get_seconds), mib_per_second(copy_seconds)),
    ])
}

/// A server, and a `skydrive-cli` that its administrator has let in.
struct Session {
    hayloft: Hayloft,
    program: PathBuf,
    state: PathBuf,
    folder: PathBuf,
    base: String,
}

impl Session {
    fn start(bench: &Bench, folder: &Path) -> Result<Self> {
        let settings = folder.join("settings.toml");
        std::fs::write(&settings, SETTINGS)?;
        let data = folder.join("data");
        let arguments = ["--config".as_ref(), settings.as_os_str()];
        let hayloft =
            bench.runtime.block_on(Hayloft::start_with(&bench.program, &data, &arguments))?;
        let base = format!("http://{}", hayloft.api.address);
        let mut add = Command::new(&bench.program);
        add.args(["app", "add", "bench", "--mobile", "--id", CLIENT_ID, "--data"]).arg(&data);
        timed(&mut add)?;
        let session = Self {
            hayloft,
            program: bench.program.clone(),
            state: folder.join("lcrc"),
            folder: folder.to_owned(),
            base,
        };
        std::fs::write(
            &session.state,
            format!(
                "client:\n  id: '{CLIENT_ID}'\n  secret: ''\nendpoints:\n  api: {}/v5.0\n",
                session.base
            ),
        )?;
        session.authorize()?;
        Ok(session)
    }

    fn cli(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["skydrive", "--config"]).arg(&self.state).args(arguments);
        command.stdin(Stdio::null());
        command
    }

    /// What a person does in the browser: signs in, allows, and hands the last address over.
    fn authorize(&self) -> Result<()> {
        let asked = self.cli(&["auth"]).output()?;
        let asked = String::from_utf8(asked.stdout)?;
        let url = asked.split_whitespace().find(|word| word.starts_with("http"));
        let url = url.context("auth prints no address")?;
        let jar = self.folder.join("jar");
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--cookie-jar"]).arg(&jar).arg("--cookie").arg(&jar);
        let page = String::from_utf8(curl.arg(url).output()?.stdout)?;
        let csrf =
            page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let csrf = csrf.context("the page has no csrf")?;
        curl.args(["--output", "/dev/null", "--write-out", "%{redirect_url}"]);
        for (name, value) in
            [("csrf", csrf), ("login", LOGIN), ("password", PASSWORD), ("action", "allow")]
        {
            curl.arg("--data-urlencode").arg(format!("{name}={value}"));
        }
        let redirect = String::from_utf8(curl.output()?.stdout)?;
        timed(self.cli(&["auth"]).arg(redirect)).map(|_| ())
    }

    /// An address of the API with the token that the command line got.
    fn url(&self, path: &str) -> Result<String> {
        let state = std::fs::read_to_string(&self.state)?;
        let token =
            state.split("access_token:").nth(1).and_then(|rest| rest.split_whitespace().next());
        let token = token.context("no token was saved")?.trim_matches(['\'', '"']);
        Ok(format!("{}/v5.0/{path}?access_token={token}", self.base))
    }

    /// The requests of a tree, for curl: the root's listing and that of every folder in it.
    fn curl_configuration(&self) -> Result<PathBuf> {
        let root = self.url("me/skydrive/files")?;
        let listing = Command::new("curl").args(["--silent", "--fail", &root]).output()?;
        let listing: Value = serde_json::from_slice(&listing.stdout)?;
        let children = listing["data"].as_array().context("no listing")?;
        ensure!(children.len() == FOLDERS, "{} folders", children.len());
        let mut text = format!("url = \"{root}\"\noutput = \"/dev/null\"\n");
        for child in children {
            let id = child["id"].as_str().context("no id")?;
            let url = self.url(&format!("{id}/files"))?;
            writeln!(text, "url = \"{url}\"\noutput = \"/dev/null\"")?;
        }
        let file = self.folder.join("curl.txt");
        std::fs::write(&file, text)?;
        Ok(file)
    }
}
