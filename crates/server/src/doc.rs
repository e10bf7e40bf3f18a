//! All routes in one place, and the description of the API that is made from them.
//!
//! Not here: the routes themselves, who may use them (`access`).

use std::sync::{Arc, OnceLock};

use axum::response::Response;
use serde_json::Value;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::curate::{import, updates, versions};
use crate::monitor::{self, allowances, events, parties};
use crate::problem::{Fault, Problem, Problems};
use crate::proposals::{decide, shown};
use crate::screen::{bytes, json};
use crate::{agents, batch, check, describe, health, keys, law, listings, oidc, register, screen};

/// What stands above the routes.
fn head() -> OpenApi {
    let licence = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build();
    let info = InfoBuilder::new()
        .title("Interdict")
        .version(interdict_engine::VERSION)
        .description(Some(
            "Screens parties against sanctions lists, explains every answer, and decides what the law lets pass. \
             Whatever could not be done is a problem (RFC 9457) and never reads as clear.",
        ))
        .license(Some(licence))
        .contact(Some(ContactBuilder::new().name(Some("Interdict")).build()))
        .build();
    let mut components = Components::new();
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("a key's token; X-API-Key holds it as well. `interdict keys new` makes one"))
        .build();
    components.add_security_scheme("key", SecurityScheme::Http(scheme));
    let cookie = ApiKeyValue::with_description(
        "__Host-interdict_session",
        "a person's session; /auth/login begins one. Writes bring X-CSRF-Token and come from our own origin",
    );
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let none: [&str; 0] = [];
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .security(Some([SecurityRequirement::new("key", none), SecurityRequirement::new("session", none)]))
        .build()
}

/// Every route with its description.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(head())
        .routes(routes!(screen::screen))
        .routes(routes!(batch::batch))
        .routes(routes!(screen::explain))
        .routes(routes!(check::check))
        .routes(routes!(agents::call))
        .routes(routes!(law::pages))
        .routes(routes!(law::page))
        .routes(routes!(law::terms))
        .routes(routes!(law::cover))
        .routes(routes!(law::changes))
        .routes(routes!(law::caps))
        .routes(routes!(listings::lists))
        .routes(routes!(listings::listing))
        .routes(routes!(listings::policies))
        .routes(routes!(import::import))
        .routes(routes!(updates::begin))
        .routes(routes!(updates::one))
        .routes(routes!(versions::history))
        .routes(routes!(versions::diff))
        .routes(routes!(versions::quarantine))
        .routes(routes!(versions::rollback))
        .routes(routes!(versions::accept))
        .routes(routes!(monitor::status))
        .routes(routes!(parties::list, parties::keep))
        .routes(routes!(parties::leave))
        .routes(routes!(monitor::run))
        .routes(routes!(events::events))
        .routes(routes!(allowances::all, allowances::allow))
        .routes(routes!(allowances::withdraw))
        .routes(routes!(register::receipt))
        .routes(routes!(oidc::login::login))
        .routes(routes!(oidc::login::callback))
        .routes(routes!(oidc::session::logout))
        .routes(routes!(oidc::backchannel::logout))
        .routes(routes!(oidc::session::me))
        .routes(routes!(oidc::sessions::own))
        .routes(routes!(oidc::sessions::end_own))
        .routes(routes!(oidc::sessions::all, oidc::sessions::end_many))
        .routes(routes!(oidc::sessions::end_one))
        .routes(routes!(shown::all))
        .routes(routes!(shown::one))
        .routes(routes!(decide::approve))
        .routes(routes!(decide::refuse))
        .routes(routes!(keys::setup))
        .routes(routes!(keys::all, keys::add))
        .routes(routes!(keys::revoke))
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(health::status))
        .routes(routes!(health::metrics))
        .routes(routes!(description))
}

/// The description that the routes and their types give.
pub(crate) fn made() -> OpenApi {
    let (_, mut made) = routes().split_for_parts();
    // A handler's name is its module's own; of a description it must be the only one.
    for (path, item) in &mut made.paths.paths {
        let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let name = words.collect::<Vec<_>>().join("_");
        for (method, operation) in [("get", &mut item.get), ("post", &mut item.post), ("delete", &mut item.delete)] {
            if let Some(operation) = operation {
                operation.operation_id = Some(format!("{method}_{name}"));
            }
        }
    }
    // Our routes take the rest of an address with its slashes; OpenAPI has no word for that.
    let paths = std::mem::take(&mut made.paths.paths);
    made.paths.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    made
}

/// The description of the API.
pub fn openapi() -> &'static Value {
    static MADE: OnceLock<Value> = OnceLock::new();
    MADE.get_or_init(|| {
        // What has no JSON form would be no description at all, which the tests see.
        let (doc, missed) = describe::refined(serde_json::to_value(made()).unwrap_or_default());
        if !missed.is_empty() {
            tracing::error!(?missed, "the description lacks places that are spoken of");
        }
        doc
    })
}

/// This description
#[utoipa::path(get, path = "/openapi.json", tag = "service",
    responses((status = 200, description = "OpenAPI 3.1", body = Object), Problems), security(()))]
pub(crate) async fn description() -> Result<Response, Fault> {
    Ok(json(bytes(openapi())?))
}
