//! `/reconcile/{dataset}/preview/{id}`: a listing as a small page, which OpenRefine shows in a frame.
//!
//! Promises: what lists say is text and never markup; the page loads nothing and runs nothing.
//!
//! Not here: entities as JSON (`entities`), the protocol (`reconcile`).

use axum::http::{HeaderMap, HeaderValue, header};
use interdict_model::ListId;
use serde_json::Value;

use super::entities::locate;
use super::entity::flat;
use super::error::Refused;
use super::reconcile::label_of;
use crate::compat::book::Book;
use crate::compat::scope::name_of;

/// Most values of a property that are shown.
const MOST_VALUES: usize = 8;

/// A listing of one of some lists as a page.
pub(super) fn page(book: &Book, lists: &[ListId], id: &str) -> Result<String, Refused> {
    let missing = || Refused::Missing("No such entity!".to_owned());
    let ordinal = match locate(book, id, "") {
        Err(Refused::Elsewhere(_)) => return Err(missing()),
        other => other?,
    };
    let listing = book.snapshot().listing(ordinal)?;
    let version = book.snapshot().version_of(ordinal).filter(|version| lists.contains(&version.list));
    let entity = flat(&listing, version.ok_or_else(missing)?);
    let text = |name: &str| entity.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut rows = String::new();
    for (property, values) in entity.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let values: Vec<&str> = values.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let more = values.len().saturating_sub(MOST_VALUES);
        let mut shown: Vec<String> = values.iter().take(MOST_VALUES).map(|value| escaped(value)).collect();
        if more > 0 {
            shown.push(format!("… and {more} more"));
        }
        let label = label_of(property).unwrap_or(property);
        rows.push_str(&format!("<dt>{}</dt><dd>{}</dd>\n", escaped(label), shown.join("<br>")));
    }
    let (name, schema) = (escaped(text("caption")), escaped(text("schema")));
    let (list, id) = (escaped(name_of(&listing.list.0)), escaped(text("id")));
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{name}</title><style>\
         body{{font:13px/1.4 sans-serif;margin:8px}}h1{{font-size:16px;margin:0}}p{{color:#555;margin:2px 0 8px}}\
         dt{{font-weight:bold}}dd{{margin:0 0 6px}}</style></head>\n\
         <body><h1>{name}</h1><p>{schema} on {list}, {id}</p><dl>\n{rows}</dl></body></html>\n"
    ))
}

/// The headers of a page that may be shown in a frame and do nothing.
pub(super) fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        // Pages of this computer may frame it, and no others; where this is said, X-Frame-Options does not count.
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors http://127.0.0.1:* http://localhost:*",
        ),
    );
    headers
}

/// Text as it stands in a page.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_list_says_is_text() {
        assert_eq!(escaped("<b onload='x'>&\"</b>"), "&lt;b onload=&#39;x&#39;&gt;&amp;&quot;&lt;/b&gt;");
    }
}
