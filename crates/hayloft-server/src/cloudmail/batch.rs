//! `batch`: several calls in one, answered in their order.

use hayloft_wire::cloudmail::{BatchCall, ErrorName};
use http::StatusCode;

use super::{
    call::{Api, Call},
    error::Failure,
    params::Params,
    proof::Needs,
    reply::{Answer, Form, Reply, to_json},
    routes::{ROUTES, Route},
};

/// The most calls of one batch.
const CALLS_MAX: usize = 100;
/// The most bytes of their replies together: what would come behind is not done.
const BYTES_MAX: usize = 8 * 1024 * 1024;
/// Its own name, which no call in it has.
const OWN: &str = "batch";

/// `batch`: runs each call as if it had come alone, with what its caller has shown. What is refused
/// keeps none of the others from being done.
pub(super) async fn run_batch(call: &Call) -> Reply {
    let calls: Vec<BatchCall> = call.params.json(OWN)?;
    if calls.len() > CALLS_MAX {
        return Err(Failure::parameter(OWN, &calls.len().to_string(), ErrorName::Invalid));
    }
    let mut json = String::from("[");
    for (at, one) in calls.into_iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        let is_full = json.len() > BYTES_MAX;
        let too_large = || Failure::word(StatusCode::PAYLOAD_TOO_LARGE, "batch");
        let reply = if is_full { Err(too_large()) } else { run_one(call, one).await };
        json.push_str(&outcome(reply));
    }
    json.push(']');
    Ok(Answer { json, form: Form::Enveloped })
}

async fn run_one(call: &Call, one: BatchCall) -> Reply {
    let path = one.method.trim_matches('/');
    let missing = || {
        let failure = Failure::parameter("method", &one.method, ErrorName::NotExists);
        failure.with(StatusCode::NOT_FOUND)
    };
    let route = route(path).ok_or_else(missing)?;
    let params = Params::of_object(&one.params);
    let inner = Call {
        app: call.app.clone(),
        // Listings come in pages here, whatever form of the API is called.
        api: Api::Web,
        verb: call.verb.clone(),
        headers: call.headers.clone(),
        params,
        peer: call.peer,
        actor: call.actor.clone(),
        email: call.email.clone(),
        secret: call.secret.clone(),
    };
    (route.handler)(&inner).await
}

/// The method of a call. One that asks for the csrf token has shown it already.
fn route(path: &str) -> Option<&'static Route> {
    let is_known = |route: &&Route| !route.is_whole && route.path == path && path != OWN;
    ROUTES.iter().filter(|route| route.needs != Needs::Cookies).find(is_known)
}

fn outcome(reply: Reply) -> String {
    let (status, body) = match reply {
        Ok(Answer { json, .. }) => (StatusCode::OK, json),
        Err(failure) => (failure.status, failure.body.as_ref().map_or("null".into(), to_json)),
    };
    format!("{{\"status\":{},\"body\":{body}}}", status.as_u16())
}
