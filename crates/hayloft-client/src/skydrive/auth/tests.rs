use super::*;
use insta::assert_snapshot;

fn auth(settings: AuthSettings) -> Auth {
    let http = HttpClient::new(&super::super::HttpSettings::default()).unwrap();
    Auth::new(http, settings, Tokens::default())
}

fn app() -> AuthSettings {
    AuthSettings { client_id: Some("00000000AB12CD34".to_owned()), ..AuthSettings::default() }
}

#[test]
fn the_page_is_asked_for_what_the_settings_say() {
    let url = auth(app()).auth_user_get_url(None).unwrap();
    assert_snapshot!(url, @"https://login.live.com/oauth20_authorize.srf?client_id=00000000AB12CD34&scope=wl.skydrive+wl.skydrive_update+wl.offline_access&response_type=code&redirect_uri=https%3A%2F%2Flogin.live.com%2Foauth20_desktop.srf");
    let url = auth(app()).auth_user_get_url(Some(&["wl.basic"])).unwrap();
    assert!(url.as_str().contains("scope=wl.basic&"));
    let err = auth(AuthSettings::default()).auth_user_get_url(None).unwrap_err();
    assert_snapshot!(err, @"insufficient data to authenticate, missing: client_id");
}

#[test]
fn the_code_is_found_in_query_and_fragment() {
    let auth = auth(app());
    for url in [
        "https://login.live.com/oauth20_desktop.srf?code=c-1&lc=1033",
        "  https://login.live.com/oauth20_desktop.srf?lc=1033#code=c-1\n",
    ] {
        assert_eq!(auth.auth_user_process_url(url).unwrap(), "c-1");
    }
    let told = |url: &str| auth.auth_user_process_url(url).unwrap_err().to_string();
    assert_snapshot!(told("https://x.example/?error=access_denied&error_description=he+said+no"), @"access_denied :: he said no");
    assert_snapshot!(told("https://x.example/#error=server_error"), @"server_error :: ");
    assert_snapshot!(told("https://x.example/?code="), @"there is no code in this address");
    assert_snapshot!(told("c-1"), @"this is no address: relative URL without a base");
}

#[test]
fn a_new_code_forgets_whoever_was_there() {
    let auth = auth(app());
    *auth.lock() = Tokens {
        refresh_token: Some(Secret::new("old".into())),
        access_token: Some(Secret::new("old".into())),
        ..Tokens::default()
    };
    auth.auth_user_process_url("https://x.example/?code=new").unwrap();
    let expected = Tokens { code: Some(Secret::new("new".into())), ..Tokens::default() };
    assert_eq!(auth.tokens(), expected);
}

fn form_of(auth: &Auth) -> String {
    let Payload::Form(form) = auth.token_call().unwrap().payload else { panic!("no form") };
    form.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_mobile_application_refreshes_without_its_secret() {
    let mut auth = auth(AuthSettings { client_secret: Some(Secret::new("s".into())), ..app() });
    auth.lock().code = Some(Secret::new("c".into()));
    assert_snapshot!(form_of(&auth), @"client_id=00000000AB12CD34 code=c redirect_uri=https://login.live.com/oauth20_desktop.srf grant_type=authorization_code client_secret=s");
    auth.lock().refresh_token = Some(Secret::new("r".into()));
    assert_snapshot!(form_of(&auth), @"client_id=00000000AB12CD34 refresh_token=r redirect_uri=https://login.live.com/oauth20_desktop.srf grant_type=refresh_token");
    auth.settings.auth_redirect_uri = "https://app.example/".into();
    assert_snapshot!(form_of(&auth), @"client_id=00000000AB12CD34 refresh_token=r redirect_uri=https://app.example/ grant_type=refresh_token client_secret=s");
    auth.settings.client_secret = None;
    let err = auth.token_call().unwrap_err();
    assert_snapshot!(err, @"insufficient data to authenticate, missing: client_secret");
}

#[test]
fn no_debug_output_has_a_secret() {
    let auth = auth(AuthSettings { client_secret: Some(Secret::new("hush".into())), ..app() });
    auth.lock().code = Some(Secret::new("hush".into()));
    assert!(!format!("{auth:?}").contains("hush"));
}
