//! The OpenAPI description of everything this server answers.

use crate::cloudike;

/// The description of all routes, made from the tables that the router is made of.
pub fn openapi() -> utoipa::openapi::OpenApi {
    cloudike::openapi()
}
