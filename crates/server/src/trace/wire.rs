//! Spans as protobuf: `ExportTraceServiceRequest` of OTLP 1, the messages and fields that are used here.
//!
//! Promises: numbers of fields are those of opentelemetry-proto (trace/v1, common/v1, resource/v1), which are stable; a test has
//! its published Python package read what is written here.
//!
//! Not here: sending it (`post`).

use super::{Is, Span};

/// Writes a number, seven bits a byte.
fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A field that holds a number.
fn number(out: &mut Vec<u8>, field: u64, value: u64) {
    varint(out, field << 3);
    varint(out, value);
}

/// A field of eight bytes.
fn fixed(out: &mut Vec<u8>, field: u64, value: u64) {
    varint(out, field << 3 | 1);
    out.extend_from_slice(&value.to_le_bytes());
}

/// A field that holds bytes, text or a message.
fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

fn message(out: &mut Vec<u8>, field: u64, write: impl FnOnce(&mut Vec<u8>)) {
    let mut inner = Vec::new();
    write(&mut inner);
    bytes(out, field, &inner);
}

fn attribute(out: &mut Vec<u8>, field: u64, name: &str, value: &Is) {
    message(out, field, |out| {
        bytes(out, 1, name.as_bytes());
        message(out, 2, |out| match value {
            Is::Text(text) => bytes(out, 1, text.as_bytes()),
            // A negative number is written as its 64 bits.
            Is::Number(value) => number(out, 3, value.cast_unsigned()),
        });
    });
}

fn span(out: &mut Vec<u8>, span: &Span) {
    bytes(out, 1, &span.trace);
    bytes(out, 2, &span.id);
    if let Some(parent) = &span.parent {
        bytes(out, 4, parent);
    }
    bytes(out, 5, span.name.as_bytes());
    // SPAN_KIND_SERVER, SPAN_KIND_INTERNAL
    number(out, 6, if span.is_request { 2 } else { 1 });
    fixed(out, 7, span.begun);
    fixed(out, 8, span.ended);
    for (name, value) in &span.attributes {
        attribute(out, 9, name, value);
    }
    if span.has_failed {
        // STATUS_CODE_ERROR
        message(out, 15, |out| number(out, 3, 2));
    }
}

/// A request to the collector.
pub(super) fn request(resource: &[(String, String)], spans: &[Span]) -> Vec<u8> {
    let mut out = Vec::with_capacity(spans.len().saturating_mul(256));
    message(&mut out, 1, |out| {
        message(out, 1, |out| {
            for (name, value) in resource {
                attribute(out, 1, name, &Is::Text(value.clone()));
            }
        });
        message(out, 2, |out| {
            message(out, 1, |out| {
                bytes(out, 1, b"interdict");
                bytes(out, 2, interdict_engine::VERSION.as_bytes());
            });
            for one in spans {
                message(out, 2, |out| span(out, one));
            }
        });
    });
    out
}
