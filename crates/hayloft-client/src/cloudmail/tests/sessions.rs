//! Signing in, staying signed in, and being refused.

use insta::assert_snapshot;

use super::*;

const COOKIE: &str = "set-cookie";
const MPOP: &str = "Mpop=1760000000:ab:ann@example.org:; Path=/; HttpOnly";
const SDCS: &str = "sdcs=Q1w2E3r4T5y6U7i8; Path=/; HttpOnly";

/// The pages of a sign-in without a second factor.
fn say_sign_in(fake: &Fake) {
    fake.say(
        "POST /cgi-bin/auth",
        [redirect("/messages/inbox").with(COOKIE, MPOP).with(COOKIE, "act=x; Path=/")],
    )
    .say("GET /messages/inbox", [text(200, "inbox")])
    .say("GET /sdc", [redirect("/sdc2"), redirect("/home").with(COOKIE, SDCS)])
    .say("GET /sdc2", [redirect("/home").with(COOKIE, SDCS)])
    .say("GET /home", [text(200, "home")])
    .say("POST /api/v2/tokens/csrf", [ok(CSRF)]);
}

#[tokio::test]
async fn cookies_are_got_in_steps() {
    let fake = Fake::start_with(|builder| builder.password("s3cret&=")).await;
    say_sign_in(&fake);
    fake.client.auth().await.unwrap();
    assert!(fake.client.is_cookies_valid().await.unwrap());
    let log =
        fake.whole_log().replace(&fake.base.replace(':', "%3A").replace('/', "%2F"), "<base>");
    assert_snapshot!(log, @"
    POST /cgi-bin/auth
      content-type: application/x-www-form-urlencoded
      content-length: 72
      Login=ann%40example.org&Password=s3cret%26%3D&new_auth_form=1&saveauth=1
    GET /messages/inbox
      cookie: Mpop=1760000000:ab:ann@example.org:; act=x
    GET /sdc?from=<base>%2Fhome
      cookie: Mpop=1760000000:ab:ann@example.org:; act=x
    GET /sdc2
      cookie: Mpop=1760000000:ab:ann@example.org:; act=x
    GET /home
      cookie: Mpop=1760000000:ab:ann@example.org:; act=x; sdcs=Q1w2E3r4T5y6U7i8
    POST /api/v2/tokens/csrf
      cookie: Mpop=1760000000:ab:ann@example.org:; act=x; sdcs=Q1w2E3r4T5y6U7i8
      content-type: application/x-www-form-urlencoded
    POST /api/v2/tokens/csrf
      cookie: Mpop=1760000000:ab:ann@example.org:; act=x; sdcs=Q1w2E3r4T5y6U7i8
      content-type: application/x-www-form-urlencoded
    ");
}

#[tokio::test]
async fn a_wrong_password_is_told_by_where_it_leads() {
    let fake = Fake::start_with(|builder| builder.password("wrong")).await;
    fake.say("POST /cgi-bin/auth", [redirect("/login?fail=1&u=https://e.mail.ru/login")])
        .say("GET /login", [text(200, "again")]);
    let err = fake.client.auth().await.unwrap_err();
    assert_eq!(err.to_string(), "wrong login or password");
    assert!(matches!(&err, Error::Refused(why) if why.reason == Reason::WrongPassword));
}

#[tokio::test]
async fn a_second_factor_is_asked_for() {
    let ask = |wanted: CodeWanted| async move {
        assert_eq!(wanted.phone.as_deref(), Some("+7 *** **-12"));
        Some(" 012345\n".to_owned())
    };
    let fake = Fake::start_with(|builder| builder.password("s3cret").second_factor(ask)).await;
    say_sign_in(&fake);
    let page = r#"<script type="text/html" id="json">{"form_name":"secstep","secstep_phone":"+7 *** **-12","csrf":"0d9f","device":{}}</script>"#;
    fake.say("POST /cgi-bin/auth", [redirect("/cgi-bin/secstep")])
        .say("GET /cgi-bin/secstep", [Answer::new(200, "text/html", page)])
        .say("POST /cgi-bin/secstep", [redirect("/messages/inbox").with(COOKIE, MPOP)]);
    fake.client.auth().await.unwrap();
    let log = fake.whole_log();
    let posted = log.lines().filter(|line| line.contains("AuthCode")).collect::<String>();
    assert_snapshot!(posted.trim(), @"csrf=0d9f&Login=ann%40example.org&AuthCode=012345&Permanent=1");

    fake.say("POST /cgi-bin/secstep", [Answer::new(200, "text/html", page)]);
    let err = fake.client.auth().await.unwrap_err();
    assert_eq!(err.to_string(), "the code of the second factor is wrong");
    let nobody = Fake::start_with(|builder| builder.password("s3cret")).await;
    nobody
        .say("POST /cgi-bin/auth", [redirect("/cgi-bin/secstep")])
        .say("GET /cgi-bin/secstep", [Answer::new(200, "text/html", page)]);
    let err = nobody.client.auth().await.unwrap_err();
    assert_eq!(err.to_string(), "the account has a second factor: a code is wanted");
}

#[tokio::test]
async fn whatever_is_too_old_is_got_anew() {
    let fake = Fake::start().await;
    say_sign_in(&fake);
    let dead = |word: &str| told(403, &format!("\"{word}\""));
    fake.say("GET /api/v2/user/space", [dead("token"), dead("nosdc"), dead("user"), ok("{}")]).say(
        "POST /api/v2/tokens/csrf",
        [
            ok(CSRF),
            ok(r#"{"token":"second"}"#),
            dead("nosdc"),
            ok(r#"{"token":"third"}"#),
            dead("user"),
            ok(r#"{"token":"fourth"}"#),
        ],
    );
    fake.client.user_space().await.unwrap();
    let log = fake.whole_log();
    let lines: Vec<_> = log.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_snapshot!(lines.join("\n").replace(&fake.base.replace(':', "%3A").replace('/', "%2F"), "<base>"), @"
    POST /api/v2/tokens/csrf
    GET /api/v2/user/space?token=aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF
    POST /api/v2/tokens/csrf
    GET /api/v2/user/space?token=second
    POST /api/v2/tokens/csrf
    GET /sdc?from=<base>%2Fhome
    GET /sdc2
    GET /home
    POST /api/v2/tokens/csrf
    GET /api/v2/user/space?token=third
    POST /api/v2/tokens/csrf
    POST /cgi-bin/auth
    GET /messages/inbox
    GET /sdc?from=<base>%2Fhome
    GET /home
    POST /api/v2/tokens/csrf
    GET /api/v2/user/space?token=fourth
    ");
}

#[tokio::test]
async fn a_session_that_cannot_be_renewed_is_over() {
    let fake = Fake::start_with(|builder| builder).await;
    fake.say("POST /api/v2/tokens/csrf", [told(403, r#""user""#)]);
    let err = fake.client.user().await.unwrap_err();
    assert_eq!(err.to_string(), "the session is over");
    assert!(!fake.client.is_cookies_valid().await.unwrap());
}

#[tokio::test]
async fn cookies_of_an_earlier_run_serve_and_are_kept() {
    let fake = Fake::start_with(|builder| builder).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cookies.json");
    std::fs::write(&file, r#"{"Mpop": "1:ab:ann:", "sdcs": "old", "strange": null}"#).unwrap();
    fake.client.load_cookies_from_file(&file).await.unwrap();
    fake.say("POST /api/v2/tokens/csrf", [ok(CSRF).with(COOKIE, SDCS)]);
    assert!(fake.client.is_cookies_valid().await.unwrap());
    fake.client.save_cookies_to_file(&file).await.unwrap();
    assert_snapshot!(std::fs::read_to_string(&file).unwrap(), @r#"
    {
      "Mpop": "1:ab:ann:",
      "sdcs": "Q1w2E3r4T5y6U7i8"
    }
    "#);
    let err = fake.client.load_cookies_from_file(&folder.path().join("none")).await.unwrap_err();
    assert!(matches!(err, Error::File { doing: "read", .. }), "{err}");
}

#[tokio::test]
async fn tokens_are_got_by_password_and_by_refresh() {
    let kept: Arc<Mutex<Vec<Tokens>>> = Arc::default();
    let keep = Arc::clone(&kept);
    let fake = Fake::start_with(|builder| {
        builder
            .password("app password")
            .oauth(CloudMail::CLIENT_ID)
            .second_factor(|_| async { Some("12345".to_owned()) })
            .on_tokens(move |tokens| keep.lock().unwrap().push(tokens.clone()))
    })
    .await;
    let json = |text: &'static str| Answer::new(200, "application/json", text);
    fake.say(
        "POST /token",
        [
            Answer::new(
                403,
                "application/json",
                r#"{"error":"code","error_code":1,"tsa_token":"tsa","length":6,"timeout":60}"#,
            ),
            json(r#"{"access_token":"a1","refresh_token":"r1","expires_in":3600}"#),
            json(r#"{"access_token":"a2","expires_in":"3600"}"#),
        ],
    )
    .say(
        "GET /api/v2/user/space",
        [ok("{}"), Answer::new(403, "application/json", r#"{"error":"NOT/AUTHORIZED"}"#), ok("{}")],
    );
    fake.client.user_space().await.unwrap();
    fake.client.user_space().await.unwrap();
    assert_snapshot!(fake.log(), @"
    POST /token
      content-type: application/x-www-form-urlencoded
      content-length: 88
      client_id=cloud-win&grant_type=password&username=ann%40example.org&password=app+password
    POST /token
      content-type: application/x-www-form-urlencoded
      content-length: 96
      client_id=cloud-win&grant_type=password&username=ann%40example.org&tsa_token=tsa&auth_code=12345
    GET /api/v2/user/space?access_token=a1
    GET /api/v2/user/space?access_token=a1
    POST /token
      content-type: application/x-www-form-urlencoded
      content-length: 61
      client_id=cloud-win&grant_type=refresh_token&refresh_token=r1
    GET /api/v2/user/space?access_token=a2
    ");
    let kept = kept.lock().unwrap();
    let refreshed: Vec<_> = kept.iter().map(|tokens| &*tokens.refresh_token).collect();
    assert_eq!(refreshed, ["r1", "r1"], "one that is left out stays");
    assert_eq!(fake.client.tokens().unwrap().access_token, "a2");
}

#[tokio::test]
async fn a_refused_password_is_told_whatever_the_status() {
    for status in [200, 401] {
        let fake =
            Fake::start_with(|builder| builder.password("x").oauth(CloudMail::CLIENT_ID)).await;
        let refusal = r#"{"error":"invalid_grant","error_code":3,"error_description":"no"}"#;
        fake.say("POST /token", [Answer::new(status, "application/json", refusal)]);
        let err = fake.client.auth().await.unwrap_err();
        assert!(err.to_string().starts_with("no (invalid_grant"), "{err}");
    }
}

#[tokio::test]
async fn a_refusal_tells_parameter_and_name() {
    let fake = Fake::start().await;
    let refusals = [
        (404, r#"{"home":{"value":"/a/b","error":"not_exists"}}"#),
        (400, r#"{"home":{"error":"exists"}}"#),
        (507, r#""overquota""#),
        (400, r#"{"x":{"error":"brand.new"}}"#),
    ];
    for (status, body) in refusals {
        fake.say("GET /api/v2/file", [told(status, body)]);
        let err = fake.client.file("/a/b").await.unwrap_err();
        assert_eq!(err.status(), Some(status));
        fake.script.lock().unwrap().log.push(err.to_string());
    }
    fake.say("GET /api/v2/file", [told(404, refusals[0].1)]);
    let err = fake.client.file("/a/b").await.unwrap_err();
    assert!(err.is(&ErrorName::NotExists) && err.is_about("home") && err.is_not_found());
    let log = fake.log();
    let told: Vec<_> =
        log.lines().filter(|line| !line.starts_with(' ') && !line.starts_with("GET")).collect();
    assert_snapshot!(told.join("\n"), @"
    nothing is there (home `/a/b`: not_exists, 404)
    the name is taken (home: exists, 400)
    there is no space left (overquota, 507)
    brand.new (x: brand.new, 400)
    ");
    // Some servers put every refusal into a reply with status 200.
    let odd = r#"{"body":"token","status":403}"#;
    fake.say("POST /api/v2/clone", [Answer::new(200, "application/json", odd)]);
    let err = fake.client.clone_weblink("a/b", "/", Conflict::Rename).await.unwrap_err();
    assert!(err.is_word("token"), "{err}");
}

#[tokio::test]
async fn no_error_tells_a_token() {
    let never = Retry { total: Duration::ZERO, ..Retry::default() };
    let tokens = Tokens {
        access_token: "s3cret".into(),
        refresh_token: "s3cret".into(),
        expires_ms: u64::MAX,
    };
    let fake = Fake::start_with(|builder| {
        builder.oauth(CloudMail::CLIENT_ID).tokens(tokens.clone()).retry(never)
    })
    .await;
    let shard = |path: &str| text(200, &format!("{}/{path} 127.0.0.1 1\n", fake.base));
    let cut = |kind| Answer { cut: true, ..Answer::new(200, kind, "{") };
    fake.say("GET /d", [shard("get/")])
        .say("GET /u", [shard("upload/")])
        .say("GET /api/v2/file", [cut("application/json")])
        .say("GET /get/a", [cut("text/plain")])
        .say("PUT /upload/", [cut("text/plain")]);
    let away = CloudMail::builder("ann").hosts(Hosts::at("http://127.0.0.1:1").unwrap());
    let away = away.oauth(CloudMail::CLIENT_ID).tokens(tokens).retry(never).build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    std::fs::write(&source, vec![7; 3 << 20]).unwrap();
    let content = async {
        use futures::TryStreamExt as _;
        fake.client.content("/a").await?.try_collect::<Vec<_>>().await
    };
    let errors = [
        away.user().await.unwrap_err(),
        fake.client.file("/a").await.unwrap_err(),
        content.await.unwrap_err(),
        fake.client.file_upload(&source).await.unwrap_err(),
    ];
    for err in errors {
        let source = std::error::Error::source(&err).map(ToString::to_string);
        let told = format!("{err} {err:?} {source:?}");
        assert!(matches!(err, Error::Transport(_)) && !told.contains("s3cret"), "{told}");
    }
}

#[tokio::test]
async fn a_busy_server_is_asked_again_and_a_sign_in_is_not() {
    let fake = Fake::start().await;
    fake.say("GET /api/v2/user/space", [text(503, ""), text(429, ""), ok("{}")]);
    fake.client.user_space().await.unwrap();
    fake.say("POST /cgi-bin/auth", [text(429, "slow down").with("retry-after", "600")]);
    let err = fake.client.auth().await.unwrap_err();
    assert_eq!(err.status(), Some(429));
    assert_eq!(fake.log().matches("/cgi-bin/auth").count(), 1);
}

#[tokio::test]
async fn a_server_tells_where_its_parts_are() {
    let fake = Fake::start().await;
    let told = format!(
        r#"{{"api":"{0}/cloud/api/v2","oauth":"{0}/oauth/token/","dispatcher":"{0}"}}"#,
        fake.base
    );
    fake.say("GET /", [Answer::new(200, "application/json", told)]);
    let hosts = Hosts::discover(&fake.base).await.unwrap();
    let below = |url: &Url| url.as_str().replace(&fake.base, "<base>");
    assert_eq!(
        [&hosts.api, &hosts.oauth, &hosts.dispatcher, &hosts.auth].map(below),
        ["<base>/cloud/api/v2/", "<base>/oauth/token", "<base>/", "<base>/"]
    );
    fake.say("GET /", [text(200, "<html>")]);
    assert!(Hosts::discover(&fake.base).await.is_err());
}
