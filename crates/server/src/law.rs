//! The law: pages, terms, coverage, differences, caps.
//!
//! Not here: deciding a case (`check`), the pages (`law/`).

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use axum::http::Uri;
use axum::response::Response;
use interdict_measures::law::{Effect, Page};
use interdict_measures::{Law, coverage, diff, term};
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::problem::{Fault, Problems};
use crate::question::short;
use crate::screen::{bytes, json};
use crate::shape;

/// The terms of an address.
pub(crate) fn query<T: DeserializeOwned>(uri: &Uri) -> Result<T, Fault> {
    let read = Query::<T>::try_from_uri(uri);
    read.map(|Query(terms)| terms)
        .map_err(|error| Fault::BadRequest(format!("the address: {}", short(&error.body_text()))))
}

fn day(name: &str, text: &str) -> Result<Date, Fault> {
    let bad = || Fault::BadRequest(format!("{name}: `{}` is no day\nhint: write it as 2018-01-05", short(text)));
    term::day(text).ok_or_else(bad)
}

/// Which pages.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PagesTerms {
    /// Those whose id begins with this, as `un/2397`.
    below: Option<String>,
    /// Those with a rule in force on this day.
    on: Option<String>,
}

/// A page in a list of pages.
#[derive(Serialize, ToSchema)]
struct PageRow<'a> {
    id: &'a str,
    heading: &'a str,
    citation: String,
    #[schema(value_type = Option<String>)]
    from: Option<Date>,
    #[schema(value_type = Option<String>)]
    until: Option<Date>,
    verified: bool,
}

fn row<'a>(law: &'a Law, page: &'a Page) -> PageRow<'a> {
    let ends = law.rules_of(&page.id).map(|rule| rule.days.until);
    PageRow {
        id: &page.id,
        heading: &page.heading,
        citation: page.citation(),
        from: law.rules_of(&page.id).filter_map(|rule| rule.days.from).min().or(page.adopted),
        until: ends.max_by_key(|until| until.unwrap_or(Date::MAX)).flatten(),
        verified: page.verified.is_some() && page.unverified.is_none(),
    }
}

/// The pages of the law
#[utoipa::path(get, path = "/v1/law/pages", tag = "law", params(PagesTerms),
    responses((status = 200, description = "pages in the order of their ids", body = Vec<PageRow>), Problems))]
pub(crate) async fn pages(State(app): State<Arc<App>>, uri: Uri) -> Result<Response, Fault> {
    let terms: PagesTerms = query(&uri)?;
    let on = terms.on.as_deref().map(|text| day("on", text)).transpose()?;
    let below = terms.below.as_deref().unwrap_or_default();
    let law = &app.book.law;
    let in_force = |page: &&Page| on.is_none_or(|on| law.rules_of(&page.id).any(|rule| rule.days.contain(on)));
    let rows: Vec<PageRow> = law
        .pages
        .iter()
        .filter(|page| page.id.starts_with(below))
        .filter(in_force)
        .map(|page| row(law, page))
        .collect();
    Ok(json(bytes(&rows)?))
}

/// A page, whole.
#[derive(Serialize, ToSchema)]
pub(crate) struct PageAnswer {
    /// Its id, as `un/2397/5`.
    id: String,
    heading: String,
    citation: String,
    /// Our paraphrase.
    prose: String,
    /// Addresses of the text itself.
    links: Vec<String>,
    #[schema(value_type = Option<String>)]
    adopted: Option<Date>,
    /// decides, calls-upon or recalls.
    force: &'static str,
    /// Where the text was checked.
    verified: Option<String>,
    /// What was not checked, and why.
    unverified: Option<String>,
    rules: Vec<RuleAnswer>,
    /// Hash of all files of the law.
    law: String,
}

/// A rule of a page.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleAnswer {
    id: String,
    /// prohibit, require, permit or oblige.
    effect: &'static str,
    /// When it applies.
    when: String,
    #[schema(value_type = Option<String>)]
    from: Option<Date>,
    #[schema(value_type = Option<String>)]
    until: Option<Date>,
    duties: Vec<String>,
    exceptions: Vec<ExceptionAnswer>,
}

/// An exception of a rule.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExceptionAnswer {
    name: String,
    when: String,
}

fn effect(effect: &Effect) -> &'static str {
    match effect {
        Effect::Prohibit => "prohibit",
        Effect::Require(_) => "require",
        Effect::Permit => "permit",
        Effect::Oblige => "oblige",
    }
}

/// One page of the law with its rules
#[utoipa::path(get, path = "/v1/law/pages/{*page}", tag = "law",
    params(("page" = String, Path, description = "its id, as un/2397/5", example = "un/2397/5")),
    responses((status = 200, description = "the page", body = PageAnswer), Problems))]
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Fault> {
    let Path(id) = path.map_err(|_| Fault::BadRequest("the address is not UTF-8 text".to_owned()))?;
    let law = &app.book.law;
    let page = law
        .page(&id)
        .ok_or_else(|| Fault::NotFound(format!("no page `{}`\nhint: /v1/law/pages lists them", short(&id))))?;
    let rules = law.rules_of(&id).map(|rule| RuleAnswer {
        id: rule.id.clone(),
        effect: effect(&rule.effect),
        when: rule.when.to_string(),
        from: rule.days.from,
        until: rule.days.until,
        duties: rule.duties.iter().map(|duty| duty.text.clone()).collect(),
        exceptions: rule
            .exceptions
            .iter()
            .map(|one| ExceptionAnswer { name: one.name.clone(), when: one.when.to_string() })
            .collect(),
    });
    let answer = PageAnswer {
        id: page.id.clone(),
        heading: page.heading.clone(),
        citation: page.citation(),
        prose: page.prose.trim().to_owned(),
        links: page.links.clone(),
        adopted: page.adopted,
        force: page.force.as_str(),
        verified: page.verified.clone(),
        unverified: page.unverified.clone(),
        rules: rules.collect(),
        law: law.version.to_string(),
    };
    Ok(json(bytes(&answer)?))
}

/// A fact that rules ask for.
#[derive(Serialize, ToSchema)]
struct TermAnswer<'a> {
    name: &'a str,
    question: &'a str,
}

/// The facts that rules ask for
#[utoipa::path(get, path = "/v1/law/terms", tag = "law",
    responses((status = 200, description = "terms in the order of their names", body = Vec<TermAnswer>), Problems))]
pub(crate) async fn terms(State(app): State<Arc<App>>) -> Result<Response, Fault> {
    let terms = app.book.law.terms.iter().map(|term| TermAnswer { name: &term.name, question: &term.question });
    Ok(json(bytes(&terms.collect::<Vec<_>>())?))
}

/// Every paragraph of the acts, with its pages or why it has none
#[utoipa::path(get, path = "/v1/law/coverage", tag = "law",
    responses((status = 200, description = "a row for each paragraph", body = Vec<shape::CoverageRow>), Problems))]
pub(crate) async fn cover(State(app): State<Arc<App>>) -> Result<Response, Fault> {
    Ok(json(bytes(&coverage::table(&app.book.law).0)?))
}

/// Which days to compare.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DiffTerms {
    /// The earlier day, as 2017-08-04.
    from: String,
    /// The later day.
    to: String,
    /// Only pages whose id begins with this.
    below: Option<String>,
}

/// What changed in the law between two days
#[utoipa::path(get, path = "/v1/law/diff", tag = "law", params(DiffTerms),
    responses((status = 200, description = "changes in order", body = Vec<shape::LawChange>), Problems))]
pub(crate) async fn changes(State(app): State<Arc<App>>, uri: Uri) -> Result<Response, Fault> {
    let terms: DiffTerms = query(&uri)?;
    let (from, to) = (day("from", &terms.from)?, day("to", &terms.to)?);
    Ok(json(bytes(&diff::between(&app.book.law, from, to, terms.below.as_deref().unwrap_or_default()))?))
}

/// A cap.
#[derive(Serialize, ToSchema)]
struct CapAnswer<'a> {
    id: &'a str,
    /// What is counted.
    text: &'a str,
    /// The page it stands on.
    page: &'a str,
    /// When reports are due.
    report: &'a str,
    /// Shares, in percent, at which those who deliver are told.
    notices: &'a [u32],
    /// Share, in percent, at which deliveries must end.
    stop: Option<u32>,
    #[schema(value_type = Option<String>)]
    closed: Option<Date>,
}

/// The caps that the law sets
#[utoipa::path(get, path = "/v1/law/caps", tag = "law",
    responses((status = 200, description = "caps in the order of their ids", body = Vec<CapAnswer>), Problems))]
pub(crate) async fn caps(State(app): State<Arc<App>>) -> Result<Response, Fault> {
    let caps = app.book.law.caps.values().map(|cap| CapAnswer {
        id: &cap.id,
        text: &cap.text,
        page: &cap.page,
        report: &cap.report,
        notices: &cap.notices,
        stop: cap.stop,
        closed: cap.closed,
    });
    Ok(json(bytes(&caps.collect::<Vec<_>>())?))
}
