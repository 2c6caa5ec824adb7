use super::*;
use insta::assert_snapshot;

struct Home {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

fn home(text: &str) -> Home {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(".lcrc");
    fs::write(&path, text).unwrap();
    Home { _dir: dir, path }
}

fn tokens() -> Tokens {
    Tokens {
        code: Some(Secret::new("c-0".to_owned())),
        refresh_token: Some(Secret::new("MC!Refresh*".to_owned())),
        access_token: Some(Secret::new("EwB4/+=".to_owned())),
        access_expires: expiry::read("2026-05-04 09:15:00.250000"),
    }
}

fn keep(conf: &Conf, tokens: &Tokens) -> Result<(), ConfError> {
    let keeper = ConfKeeper::new(conf);
    keeper.keep(&keeper.hold()?, tokens)
}

#[test]
fn tokens_are_saved_and_all_else_stays() {
    let home = home("client:\n  id: 000123 # mine\n  secret: s\nother: {a: [1, 007]}\n");
    let conf = Conf::load(&home.path).unwrap();
    assert_eq!(conf.text("client", "id"), Some("000123"));
    keep(&conf, &tokens()).unwrap();
    assert_snapshot!(fs::read_to_string(&home.path).unwrap(), @r"
    client:
      id: 000123 # mine
      secret: s
    other: {a: [1, 007]}
    auth:
      code: 'c-0'
      access_token: 'EwB4/+='
      refresh_token: 'MC!Refresh*'
      access_expires: '2026-05-04 09:15:00.250000'
    ");
    assert_eq!(fs::metadata(&home.path).unwrap().permissions().mode() & 0o777, 0o600);
    let read = Conf::load(&home.path).unwrap().tokens();
    assert_eq!(read, tokens());
}

#[test]
fn a_damaged_file_is_told_by_line_and_stays_as_it_is() {
    let text = "client:\n  id: a\n secret: [\n";
    let home = home(text);
    let told = Conf::load(&home.path).unwrap_err().to_string();
    assert!(told.contains(".lcrc, line 3: "), "{told}");
    assert_eq!(fs::read_to_string(&home.path).unwrap(), text);
}

#[test]
fn tokens_for_a_file_that_broke_meanwhile_are_rescued() {
    let home = home("client:\n  id: a\n");
    let conf = Conf::load(&home.path).unwrap();
    fs::write(&home.path, "client: [\n").unwrap();
    let err = keep(&conf, &tokens()).unwrap_err();
    let ConfError::Rescued { rescue, .. } = err else { panic!("{err}") };
    assert_eq!(Conf::load(&rescue).unwrap().tokens(), tokens());
    assert_eq!(fs::read_to_string(&home.path).unwrap(), "client: [\n");
}

#[test]
fn many_who_save_at_once_lose_nothing() {
    let home = home("client:\n  id: a\n");
    let conf = Conf::load(&home.path).unwrap();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let conf = &conf;
            scope.spawn(move || {
                let code = Some(Secret::new(format!("code-{number}")));
                keep(conf, &Tokens { code, ..tokens() }).unwrap();
            });
        }
    });
    let conf = Conf::load(&home.path).unwrap();
    assert_eq!(conf.text("client", "id"), Some("a"));
    assert!(conf.text("auth", "code").unwrap().starts_with("code-"));
}

#[test]
fn a_link_stays_a_link() {
    let home = home("client:\n  id: a\n");
    let link = home.path.with_file_name("link");
    std::os::unix::fs::symlink(&home.path, &link).unwrap();
    keep(&Conf::load(&link).unwrap(), &tokens()).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(Conf::load(&home.path).unwrap().tokens(), tokens());
}

#[test]
fn it_says_where_to_save() {
    for (line, expected) in [
        ("", Some(None)),
        ("conf_save: true", Some(None)),
        ("conf_save: false", None),
        ("conf_save: /other", Some(Some("/other"))),
    ] {
        let home = home(line);
        let path = Conf::load(&home.path).unwrap().save_path();
        let expected = expected.map(|path| path.map_or_else(|| home.path.clone(), PathBuf::from));
        assert_eq!(path, expected, "{line}");
    }
}

#[test]
fn connections_are_made_as_it_says() {
    let home = home(
        "request:\n  extra_keywords:\n    timeout: [5, 7.5]\n    proxies: {https: 'http://p:1'}\n    verify: no\n    cert: [/c, /k]\n  adapter_settings: {pool_maxsize: 3}\n  base_headers: {Accept-Encoding: identity}\n",
    );
    let conf = Conf::load(&home.path).unwrap();
    let settings = conf.http_settings().unwrap();
    let expected = HttpSettings {
        connect_timeout: Some(Duration::from_secs(5)),
        read_timeout: Some(Duration::from_millis(7500)),
        https_proxy: Some("http://p:1".to_owned()),
        accept_any_certificate: true,
        identity_files: vec!["/c".into(), "/k".into()],
        pool_max_idle: Some(3),
        ca_file: settings.ca_file.clone(),
        ..HttpSettings::default()
    };
    assert_eq!(settings, expected);
    assert_eq!(conf.base_headers().unwrap()["accept-encoding"], "identity");
}

#[test]
fn what_has_the_wrong_form_is_named() {
    let told = |text: &str| {
        let home = home(text);
        let conf = Conf::load(&home.path);
        let err = conf.and_then(|conf| conf.http_settings().map(|_| ())).unwrap_err();
        err.to_string().replace(home.path.to_str().unwrap(), "~/.lcrc")
    };
    assert_snapshot!(told("auth: text\n"), @"~/.lcrc: `code` in section `auth` should be a mapping, one indented line a key");
    assert_snapshot!(told("client:\nid: a\nsecret: b\n"), @"~/.lcrc: `id` in section `client` should be indented with spaces below it");
    assert_snapshot!(told("request: {extra_keywords: {timeout: soon}}\n"), @"~/.lcrc: `timeout` in section `request` should be seconds, or [connect, read] in seconds");
}
