//! `/token`: access tokens for programs, by password, second factor or refresh token.

use axum::{body::Body, response::Response};
use hayloft_core::{
    Core, Error,
    account::Login,
    oauth::{self, Issued, Refusal, Scope},
    second_factor,
    token::FirstFactor,
};
use hayloft_wire::cloudmail::TokenReply;
use http::StatusCode;

use super::{
    dispatch::Visit,
    error::{Failure, chain},
    params::Params,
    proof, reply,
};

/// How many digits a code of the second factor has, and how long one holds.
const CODE_DIGITS: u64 = 6;
const CODE_TIMEOUT_S: u64 = 60;

/// `/token`.
pub(super) async fn grant(visit: Visit, body: Body) -> Response {
    let params = Params::read(visit.parts.uri.query(), visit.headers(), body).await;
    let answer = match params {
        Ok(params) => answer(&visit, &params).await,
        Err(_) => Err(Refused(Refusal::InvalidRequest.into())),
    };
    let (status, told) = match answer {
        Ok(told) => (StatusCode::OK, told),
        Err(refused) => refused.tell(),
    };
    reply::json_response(status, reply::to_json(&told))
}

/// Why no token is given.
struct Refused(Error);

impl From<Error> for Refused {
    fn from(err: Error) -> Self {
        Self(err)
    }
}

impl From<Failure> for Refused {
    fn from(_: Failure) -> Self {
        Self(Refusal::InvalidRequest.into())
    }
}

impl Refused {
    /// Name and number of the error. The plug-in reads them from a reply of success; rclone wants
    /// a status.
    fn tell(self) -> (StatusCode, TokenReply) {
        let Self(err) = self;
        let (status, name, number) = match &err {
            Error::OAuth(Refusal::InvalidRequest) | Error::BadLogin(_) => {
                (StatusCode::BAD_REQUEST, "invalid_request", 1)
            }
            Error::OAuth(Refusal::InvalidClient) => (StatusCode::BAD_REQUEST, "invalid_client", 2),
            Error::OAuth(Refusal::UnauthorizedClient) => {
                (StatusCode::BAD_REQUEST, "unauthorized_client", 4)
            }
            Error::OAuth(Refusal::InvalidScope) => (StatusCode::BAD_REQUEST, "invalid_scope", 5),
            Error::Busy => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", 7),
            err if err.is_internal() => {
                tracing::error!(error = chain(err), "request failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "server_error", 8)
            }
            _ => (StatusCode::BAD_REQUEST, "invalid_grant", 3),
        };
        let description = match &err {
            err if err.is_internal() => "internal error".to_owned(),
            err => err.to_string(),
        };
        let told = TokenReply {
            error: Some(name.to_owned()),
            error_code: Some(number),
            error_description: Some(description),
            ..TokenReply::default()
        };
        (status, told)
    }
}

async fn answer(visit: &Visit, params: &Params) -> Result<TokenReply, Refused> {
    let core = &visit.app.core;
    let client = params.required("client_id")?.to_owned();
    match params.required("grant_type")? {
        "refresh_token" => {
            let token = params.required("refresh_token")?.to_owned();
            let secret = params.get("client_secret").filter(|secret| !secret.is_empty());
            let issued = oauth::refresh(core, &client, secret, &token, None).await?;
            Ok(told(issued))
        }
        "password" if params.get("tsa_token").is_some() => {
            let pending = params.required("tsa_token")?;
            let shown = params.required("auth_code")?;
            let actor = second_factor::complete(core, pending, shown, visit.peer.ip).await?;
            issue(core, actor.account, client).await
        }
        "password" => {
            let login = Login::parse(params.required("username")?)?;
            let password = params.required("password")?;
            let ip = visit.peer.ip;
            match oauth::password_grant(core, &client, &login, password, ip).await? {
                FirstFactor::Complete { actor, .. } => issue(core, actor.account, client).await,
                FirstFactor::NeedsCode(pending) => Ok(TokenReply {
                    error: Some("tsa_required".to_owned()),
                    error_code: Some(6),
                    error_description: Some("the second factor is needed".to_owned()),
                    tsa_token: Some(pending.text()),
                    length: Some(CODE_DIGITS),
                    timeout: Some(CODE_TIMEOUT_S),
                    ..TokenReply::default()
                }),
            }
        }
        _ => Err(Refused(Refusal::InvalidRequest.into())),
    }
}

async fn issue(
    core: &Core,
    account: hayloft_core::AccountId,
    client: String,
) -> Result<TokenReply, Refused> {
    let scope = Scope::parse(proof::SCOPE);
    let issued = core.db.write(move |tx| oauth::issue(tx, account, &client, &scope, true)).await?;
    Ok(told(issued))
}

fn told(issued: Issued) -> TokenReply {
    TokenReply {
        access_token: Some(issued.access_token),
        refresh_token: issued.refresh_token,
        expires_in: Some(issued.expires_s.into()),
        token_type: Some("bearer".to_owned()),
        ..TokenReply::default()
    }
}
