//! Debian's cmis-client, which has this cloud's names built in and trusts nobody but the system's
//! authorities: so it runs in a mount name space of its own, where ours stands in their place.

use std::{process::Output, time::Duration};

use hayloft_core::{
    Error, account,
    oauth::{NewApp, Scope, issue_code, register},
};
use tokio::process::Command;

use super::{Sky, USUAL};
use crate::{
    proxy::Front,
    server::{TestServer, on_each},
};

/// A wrong proxy makes the client hang rather than fail.
const PATIENCE: Duration = Duration::from_mins(1);
const DESKTOP: &str = "https://login.live.com/oauth20_desktop.srf";
/// What the client reads its authorities from.
const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The client, the app it runs as, and the account it signs in to.
struct Cmis<'a> {
    server: &'a TestServer,
    front: Front,
    sky: Sky,
    client: String,
    secret: String,
}

impl<'a> Cmis<'a> {
    async fn new(server: &'a TestServer, name: &str) -> Self {
        let new = NewApp {
            id: None,
            name: "cmis-client".to_owned(),
            redirect_uris: vec![DESKTOP.to_owned()],
            mobile: false,
        };
        let made = server.core.db.write(move |tx| register(tx, &new)).await;
        let (app, secret) = made.map_err(|err: Error| err.to_string()).expect("an app");
        let sky = Sky::new(server, name).await;
        Self { server, front: Front::of(server).await, sky, client: app.id, secret }
    }

    /// A code, as the page gives it; each run needs one.
    async fn code(&self) -> String {
        let (id, account) = (self.client.clone(), self.sky.account);
        let issued = self.server.core.db.write(move |tx| {
            let actor = account::actor(tx, account)?;
            let app = hayloft_core::oauth::app(tx, &id)?;
            issue_code(tx, &actor, &app, DESKTOP, &Scope::parse(USUAL))
        });
        issued.await.expect("a code")
    }

    async fn output(&self, args: &[&str]) -> Output {
        let authority = self.front.authority.display();
        let script = format!("mount --bind {authority} {BUNDLE} && exec cmis-client \"$@\"");
        let code = self.code().await;
        let command = Command::new("unshare")
            .args(["-m", "sh", "-c", &script, "sh"])
            .args(["--url", "https://apis.live.net/v5.0", "--repository", "OneDrive"])
            .args(["--username", "ann", "--password", "unused"])
            .args(["--oauth2-client-id", &self.client, "--oauth2-client-secret", &self.secret])
            .args(["--oauth2-auth-url", "https://login.live.com/oauth20_authorize.srf"])
            .args(["--oauth2-token-url", "https://login.live.com/oauth20_token.srf"])
            .args(["--oauth2-redirect-uri", DESKTOP, "--oauth2-scope", USUAL])
            .args(["--oauth2-auth-code", &code])
            .args(args)
            .env("HTTPS_PROXY", &self.front.proxy)
            .env("https_proxy", &self.front.proxy)
            .env_remove("NO_PROXY")
            .env_remove("no_proxy")
            .current_dir(self.front.folder())
            .stdin(std::process::Stdio::null())
            .kill_on_drop(true)
            .output();
        let done = tokio::time::timeout(PATIENCE, command).await.expect("an end in time");
        done.expect("unshare and cmis-client; `make test` installs them")
    }

    /// What a run prints.
    async fn run(&self, args: &[&str]) -> String {
        let done = self.output(args).await;
        let printed = String::from_utf8_lossy(&done.stdout).into_owned();
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "cmis-client {args:?}: {printed}{told}");
        printed
    }
}

// skydrive: oauth.token, object.get, files.list, files.put, object.change, object.move
// skydrive: content.put, y1p.get, drive.search, object.delete, object.create_folder
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cmis_client_works_as_with_the_original() {
    on_each(async |server| {
        let cmis = Cmis::new(&server, "ann").await;
        let folder = cmis.front.folder().to_owned();
        assert!(cmis.run(&["list-repos"]).await.contains("One Drive (OneDrive)"));
        let root = cmis.run(&["show-root"]).await;
        assert!(root.contains("Name: SkyDrive"), "{root}");
        let root_id = cmis.sky.id("").await;
        cmis.run(&["create-folder", &root_id, "docs"]).await;
        let docs = cmis.sky.id("docs").await;
        let local = folder.join("plan.txt");
        std::fs::write(&local, "0123456789").expect("a file");
        let local = local.to_str().expect("a path");
        let document = ["create-document", &docs, "plan.txt"];
        let input = ["--input-file", local, "--input-type", "text/plain"];
        cmis.run(&[&document[..], &input[..]].concat()).await;
        assert_eq!(cmis.sky.names(&docs).await, "plan.txt");
        let file = cmis.sky.id("docs/plan.txt").await;
        let shown = cmis.run(&["show-by-id", &file, &docs]).await;
        assert!(shown.contains("Name: plan.txt") && shown.contains("Name: docs"), "{shown}");
        let by_path = cmis.run(&["show-by-path", "/docs/plan.txt"]).await;
        assert!(by_path.contains(&file), "{by_path}");
        std::fs::write(local, "new").expect("a file");
        cmis.run(&[&["set-content", &file], &input[..]].concat()).await;
        assert_eq!(cmis.sky.content(&file, None).await.bytes, b"new");
        std::fs::remove_file(local).expect("removed");
        cmis.run(&["get-content", &file]).await;
        assert_eq!(std::fs::read(local).expect("downloaded"), b"new");
        let rename = ["update-object", &file, "--object-property", "cmis:name=plan 2.txt"];
        cmis.run(&rename).await;
        assert_eq!(cmis.sky.names(&docs).await, "plan 2.txt");
        cmis.run(&["move-object", &file, &docs, &root_id]).await;
        assert_eq!(cmis.sky.names("me/skydrive").await, "docs plan 2.txt");
        cmis.run(&["delete", &file, &docs]).await;
        assert_eq!(cmis.sky.names("me/skydrive").await, "");
        let gone = cmis.output(&["show-by-id", &file]).await;
        assert!(String::from_utf8_lossy(&gone.stderr).contains("Invalid URL"), "{gone:?}");
        cmis.front.stop().await;
    })
    .await;
}
