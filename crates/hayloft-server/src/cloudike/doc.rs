//! The OpenAPI description, from the same table that the router is made of.

use hayloft_wire::cloudike::{Empty, ErrorBody};
use http::Method;
use utoipa::{
    ToSchema,
    openapi::{
        ComponentsBuilder, ContentBuilder, HttpMethod, InfoBuilder, ObjectBuilder, OpenApi,
        OpenApiBuilder, PathsBuilder, Ref, RefOr, Required, ResponseBuilder, ResponsesBuilder,
        Schema,
        extensions::Extensions,
        path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem},
        request_body::{RequestBody, RequestBodyBuilder},
        schema::{ArrayBuilder, KnownFormat, SchemaFormat, SchemaType, Type},
        security::{
            ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
        },
    },
};

use super::{
    params::{Kind, Param},
    routes::{ROUTES, Role, Route},
};

/// What the description says of a method beyond its route.
#[derive(Debug)]
pub(super) struct Doc {
    /// What it does, in one sentence.
    pub(super) summary: &'static str,
    /// Its parameters.
    pub(super) params: &'static [Param],
    /// Its reply of 200.
    pub(super) reply: ReplyDoc,
}

impl Doc {
    /// Says nothing.
    pub(super) const NONE: Self =
        Self { summary: "", params: &[], reply: ReplyDoc::Json(object::<Empty>) };
}

/// What a method replies.
#[derive(Debug, Clone, Copy)]
pub(super) enum ReplyDoc {
    /// A value.
    Json(fn(&mut Schemas) -> RefOr<Schema>),
    /// Bytes of a media type.
    Bytes(&'static str),
}

/// Schemas by name, as they are collected.
pub(super) type Schemas = Vec<(String, RefOr<Schema>)>;

/// The schema of a reply that is one `T`.
pub(super) fn object<T: ToSchema>(schemas: &mut Schemas) -> RefOr<Schema> {
    T::schemas(schemas);
    schemas.push((T::name().into_owned(), T::schema()));
    RefOr::Ref(Ref::from_schema_name(T::name()))
}

/// The schema of a reply that is an array of `T`.
pub(super) fn array<T: ToSchema>(schemas: &mut Schemas) -> RefOr<Schema> {
    let items = object::<T>(schemas);
    RefOr::T(Schema::Array(ArrayBuilder::new().items(items).build()))
}

/// The dialect's part of the description.
pub(crate) fn openapi() -> OpenApi {
    let mut schemas = Schemas::new();
    let mut paths = PathsBuilder::new();
    for route in ROUTES {
        for (at, verb) in route.verbs.iter().enumerate() {
            let operation = operation(route, verb, at, &mut schemas);
            let path = format!("/api/{}/{}", route.newest_version(), template(route.path));
            paths = paths.path(path, PathItem::new(http_method(verb), operation));
        }
    }
    object::<ErrorBody>(&mut schemas);
    let token = ApiKey::Header(ApiKeyValue::new("Mountbit-Auth"));
    let basic = HttpBuilder::new().scheme(HttpAuthScheme::Basic).build();
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme("token", SecurityScheme::ApiKey(token))
        .security_scheme("basic", SecurityScheme::Http(basic))
        .build();
    let info = InfoBuilder::new()
        .title("Hayloft")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Parameters may come in the query, as a form or as a JSON object; every path answers \
             under /api/0 and /api/1, with and without a final slash.",
        ))
        .build();
    OpenApiBuilder::new().info(info).paths(paths).components(Some(components)).build()
}

fn operation(route: &Route, verb: &Method, at: usize, schemas: &mut Schemas) -> Operation {
    // Two verbs of one method are two operations, and their ids must differ.
    let id = if at == 0 {
        route.name.to_owned()
    } else {
        format!("{}_{verb}", route.name).to_lowercase()
    };
    let mut extensions = Extensions::default();
    extensions.insert("x-cloudike-method".to_owned(), route.number.into());
    let mut operation = OperationBuilder::new()
        .operation_id(Some(id))
        .tag("cloudike")
        .summary(Some(route.doc.summary))
        .extensions(Some(extensions))
        .responses(
            ResponsesBuilder::new()
                .response("200", reply(route, schemas))
                .response("default", refusal())
                .build(),
        );
    let in_body = *verb == Method::POST;
    let (in_path, others): (Vec<_>, Vec<_>) = route
        .doc
        .params
        .iter()
        .partition(|param| route.path.contains(&format!("<{}>", param.name())));
    for param in in_path {
        operation = operation.parameter(parameter(param, ParameterIn::Path));
    }
    if in_body && !others.is_empty() {
        operation = operation.request_body(Some(body(&others)));
    } else {
        for param in others {
            operation = operation.parameter(parameter(param, ParameterIn::Query));
        }
    }
    if route.role != Role::Anonymous {
        let none: [&str; 0] = [];
        operation = operation
            .security(SecurityRequirement::new("token", none))
            .security(SecurityRequirement::new("basic", none));
    }
    operation.build()
}

fn reply(route: &Route, schemas: &mut Schemas) -> utoipa::openapi::Response {
    let (mime, schema) = match route.doc.reply {
        ReplyDoc::Json(schema) => ("application/json", schema(schemas)),
        ReplyDoc::Bytes(mime) => {
            let bytes = ObjectBuilder::new()
                .schema_type(Type::String)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
            (mime, RefOr::T(Schema::Object(bytes.build())))
        }
    };
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description("Done").content(mime, content).build()
}

fn refusal() -> utoipa::openapi::Response {
    let schema = RefOr::Ref(Ref::from_schema_name(ErrorBody::name()));
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description("Refused").content("application/json", content).build()
}

fn parameter(param: &Param, place: ParameterIn) -> Parameter {
    let required = param.required || place == ParameterIn::Path;
    ParameterBuilder::new()
        .name(param.name())
        .parameter_in(place)
        .required(if required { Required::True } else { Required::False })
        .description(Some(param.doc))
        .schema(Some(schema(param.kind)))
        .build()
}

fn body(params: &[&Param]) -> RequestBody {
    let mut object = ObjectBuilder::new();
    for param in params {
        object = object.property(param.name(), schema(param.kind));
        if param.required {
            object = object.required(param.name());
        }
    }
    let schema = RefOr::T(Schema::Object(object.build()));
    let content = || ContentBuilder::new().schema(Some(schema.clone())).build();
    RequestBodyBuilder::new()
        .content("application/json", content())
        .content("application/x-www-form-urlencoded", content())
        .build()
}

fn schema(kind: Kind) -> RefOr<Schema> {
    let of = |kind: Type| RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(kind).build()));
    match kind {
        Kind::Text | Kind::Path => of(Type::String),
        Kind::Int | Kind::Millis => of(Type::Integer),
        Kind::Bool => of(Type::Boolean),
        Kind::List | Kind::Paths => {
            RefOr::T(Schema::Array(ArrayBuilder::new().items(of(Type::String)).build()))
        }
        Kind::Json => {
            let any = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
            RefOr::T(Schema::Object(any.build()))
        }
    }
}

/// `metadata/<path>` as OpenAPI writes it: `metadata/{path}`.
fn template(path: &str) -> String {
    path.replace('<', "{").replace('>', "}")
}

fn http_method(verb: &Method) -> HttpMethod {
    if *verb == Method::POST { HttpMethod::Post } else { HttpMethod::Get }
}
