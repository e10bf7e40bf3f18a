//! A publication sent in: kept to one side while it comes, then imported as `interdict lists import` does.
//!
//! Promises: memory holds nothing before all of it is there; what is too large or too slow is not kept; a version
//! that is doubted changes nothing in use and is answered with the doubts.
//!
//! Not here: recognising and doubting (`lists`, `engine`), putting a doubted version in use (`versions`).

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use interdict_ledger::entry::Act;
use interdict_lists::Mapping;
use interdict_model::{Digest, ListId, PartialDate};
use interdict_store::{Import, Imported, Place, Report, Upload};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use tokio_stream::StreamExt as _;
use utoipa::IntoParams;

use super::terms;
use crate::access::Caller;
use crate::app::App;
use crate::once::{Written, once};
use crate::problem::{Fault, Problems};
use crate::question::short;
use crate::screen::bytes;
use crate::shape;

/// Files of one upload: OFAC's old set has four, a folder of somebody's archive a few more.
const MOST_FILES: usize = 32;

/// An upload whose next piece does not come within this is given up.
const PIECE_WITHIN: Duration = Duration::from_secs(60);

/// What to do where a file says nothing better.
const AS_PUBLISHED: &str = "send the file as its publisher made it; `interdict lists sources` names the official ones";

/// What is said of the files.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportTerms {
    /// Name of the file, if it is sent alone; in a form each has its own.
    name: Option<String>,
    /// Name of the list, for lists of your own.
    list: Option<String>,
    /// Columns that hold our fields, for lists of your own: `Kunde=name,Geb=born`.
    map: Option<String>,
    /// Date of the lists, for files that carry none.
    published: Option<String>,
    /// Keep the versions for looking back, and use none of them.
    #[serde(default)]
    keep: bool,
}

/// `COLUMN=FIELD,COLUMN=FIELD` as a mapping of fields to columns.
pub(crate) fn mapping(text: Option<&str>) -> Result<Mapping, Fault> {
    let mut mapping = Mapping::default();
    for pair in text.unwrap_or_default().split(',').filter(|pair| !pair.trim().is_empty()) {
        let (column, field) = pair.rsplit_once('=').ok_or_else(|| {
            let hint = "write it as COLUMN=FIELD, as in Kunde=name";
            Fault::BadRequest(format!("map: `{}` has no `=`\nhint: {hint}", short(pair)))
        })?;
        mapping.0.insert(field.trim().to_owned(), column.to_owned());
    }
    Ok(mapping)
}

impl ImportTerms {
    fn import(&self) -> Result<Import, Fault> {
        let day = |text: &String| {
            let day = PartialDate::parse(text).filter(PartialDate::is_day);
            let no_day = || format!("published: `{}` is no day\nhint: write it as 2021-07-07", short(text));
            day.ok_or_else(|| Fault::BadRequest(no_day()))
        };
        Ok(Import {
            list: self.list.clone().map(ListId),
            mapping: mapping(self.map.as_deref())?.0,
            published: self.published.as_ref().map(day).transpose()?,
            keep: self.keep,
            ..Import::default()
        })
    }
}

/// Waits for the next piece of something, within bounds.
async fn piece<T>(next: impl Future<Output = T>) -> Result<T, Fault> {
    let late = |_| Fault::TooSlow(format!("nothing came for {} s", PIECE_WITHIN.as_secs()));
    tokio::time::timeout(PIECE_WITHIN, next).await.map_err(late)
}

/// An upload that is written down as it comes.
struct Receiver<'a> {
    app: &'a App,
    upload: Upload,
    left: u64,
}

impl Receiver<'_> {
    fn begin(&mut self, name: &str) -> Result<(), Fault> {
        if self.upload.count() >= MOST_FILES {
            return Err(Fault::TooLarge(format!("more than {MOST_FILES} files\nhint: send them in several requests")));
        }
        // Some clients send the whole path of their own machine.
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
        let name = if name.is_empty() { "upload".to_owned() } else { name };
        Ok(tokio::task::block_in_place(|| self.upload.begin(&name))?)
    }

    fn append(&mut self, bytes: &Bytes) -> Result<(), Fault> {
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or_else(|| {
            let most = self.app.settings.upload_bytes;
            Fault::TooLarge(format!("more than {most} bytes\nhint: `interdict lists import` takes files of any size"))
        })?;
        Ok(tokio::task::block_in_place(|| self.upload.append(bytes))?)
    }
}

/// Takes the files of a request to one side: the body as it is, or the files of a form.
pub(crate) async fn receive(
    app: &Arc<App>,
    name: Option<&str>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Upload, Fault> {
    let _slot = app.curator.uploads.try_acquire().map_err(|_| Fault::Overloaded)?;
    let upload = tokio::task::block_in_place(|| app.settings.home.upload())?;
    let mut receiver = Receiver { app, upload, left: app.settings.upload_bytes };
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let mut pieces = body.into_data_stream();
    let broke_off = || Fault::BadRequest("the body broke off".to_owned());
    if !kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data") {
        receiver.begin(name.unwrap_or_default())?;
        while let Some(next) = piece(pieces.next()).await? {
            receiver.append(&next.map_err(|_| broke_off())?)?;
        }
        return Ok(receiver.upload);
    }
    let hint = "send each file as a part with a filename, as `curl -F file=@sdn.csv` does";
    let unread = |reason: &str| Fault::BadRequest(format!("the form cannot be read: {}\nhint: {hint}", short(reason)));
    let boundary = multer::parse_boundary(kind).map_err(|error| unread(&error.to_string()))?;
    let mut form = multer::Multipart::new(pieces, boundary);
    while let Some(mut part) = piece(form.next_field()).await?.map_err(|error| unread(&error.to_string()))? {
        let Some(name) = part.file_name().map(str::to_owned) else {
            return Err(unread("a part is no file; what is said of the files stands in the address"));
        };
        receiver.begin(&name)?;
        while let Some(bytes) = piece(part.chunk()).await?.map_err(|error| unread(&error.to_string()))? {
            receiver.append(&bytes)?;
        }
    }
    if receiver.upload.count() == 0 {
        return Err(unread("it holds no file"));
    }
    Ok(receiver.upload)
}

/// What became of an import, in words, if anything of it is not as it was meant.
fn answer(report: &Report) -> Result<Value, Fault> {
    let json = report.to_json().map_err(|error| Fault::Internal(format!("report: {error}")))?;
    if report.is_whole() {
        return Ok(json);
    }
    if report.has_doubted() {
        let hint = "`report` has the doubts; POST /v1/lists/{list}/accept uses a version after all";
        let text = format!("a version is doubted and stands in quarantine; the one in use stays\nhint: {hint}");
        return Err(Fault::Doubted(text, Box::new(json)));
    }
    let first = report.refused.first().map(ToString::to_string).unwrap_or_default();
    let (text, hint) = first.split_once("\nhint: ").unwrap_or((&first, AS_PUBLISHED));
    Err(Fault::Refused(format!("{text}\nhint: {hint}"), Box::new(json)))
}

/// What came of it, for the record: lists, contents and places, none of the sender's words.
fn on(report: &Report) -> String {
    let one = |imported: &Imported| {
        let place = match &imported.place {
            Place::Current { .. } => "in use",
            Place::Kept { .. } => "kept",
            Place::Quarantined { .. } => "quarantined",
        };
        format!("{} {} {place}", imported.manifest.version.list, imported.manifest.content)
    };
    report.imported.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Send a publication in
///
/// The body is one file, or a form with the files that belong together (OFAC's sdn, alt, add and comments). What it is
/// is told by its content. It is checked as `interdict lists import` does: a version that is doubted (`409 doubted`)
/// stands in quarantine and the one in use stays; of a file that is refused (`422 refused`) nothing is loaded; `report`
/// says what became of each. With 201 the service answers from the new lists already.
#[utoipa::path(post, path = "/v1/imports", tag = "lists", params(ImportTerms,
        ("Idempotency-Key" = Option<String>, Header, description = "the same key gives the first answer again")),
    request_body(content = String, content_type = "application/octet-stream", description = "a file as its publisher made it, or multipart/form-data with several"),
    responses((status = 201, description = "what became of it", body = shape::ImportAnswer), Problems))]
pub(crate) async fn import(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Fault> {
    let terms: ImportTerms = terms(request.uri())?;
    let said = request.uri().query().unwrap_or_default().to_owned();
    let mut import = terms.import()?;
    let (parts, body) = request.into_parts();
    let upload = receive(&app, terms.name.as_deref(), &parts.headers, body).await?;
    import.files = tokio::task::spawn_blocking(move || upload.take())
        .await
        .map_err(|error| Fault::Internal(format!("upload: {error}")))??;
    if import.files.iter().all(|(_, bytes)| bytes.is_empty()) {
        return Err(Fault::BadRequest(
            "the body is empty\nhint: send a file, as `curl --data-binary @list.xml`".to_owned(),
        ));
    }
    import.received = Some(Timestamp::now());
    let digests: Vec<Digest> = import.files.iter().map(|(_, bytes)| Digest::of(bytes)).collect();
    let mut what: Vec<&[u8]> = vec![b"POST /v1/imports", said.as_bytes()];
    what.extend(digests.iter().map(|digest| digest.0.as_slice()));
    let write = || async {
        let report = app.curate(move |home| Ok(home.import(&import)?)).await?;
        app.act(Act::ListsImported, &caller.id, on(&report), format!("{} refused", report.refused.len())).await?;
        Ok(Written::json(StatusCode::CREATED, bytes(&answer(&report)?)?))
    };
    once(&app, &caller.id, &parts.headers, &what, write).await
}
