//! The description and the counters as others read them: a published validator of OpenAPI 3.1 takes the one, and every example is of its
//! schema; the parser of OpenMetrics of Prometheus' own client takes the others. Skips, loudly, where there is no Python or no way to PyPI.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

mod service;

use std::io::Write;
use std::process::{Command, Stdio};

use service::Service;

/// The validator of the python-openapi project.
const VALIDATOR: &str = "openapi-spec-validator";

/// Validates what stands on its input, and then something broken, which it must refuse.
const SCRIPT: &str = "import json, sys
from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
doc = json.load(sys.stdin)
assert doc['openapi'].startswith('3.1'), doc['openapi']
validate(doc)
from jsonschema import Draft202012Validator
def wrong(schema, example):
    whole = {**schema, 'components': doc['components']}
    return [error.message[:300] for error in Draft202012Validator(whole).iter_errors(example)]
looked_at, all_wrong = 0, []
for path, item in doc['paths'].items():
    for method, operation in item.items():
        contents = [operation.get('requestBody', {})] + list(operation['responses'].values())
        for content in (kind for one in contents for kind in one.get('content', {}).values() if 'example' in kind):
            looked_at += 1
            all_wrong += [(method, path, text) for text in wrong(content['schema'], content['example'])]
assert not all_wrong, all_wrong
assert looked_at > 45, looked_at
assert wrong(doc['components']['schemas']['ScreenQuestion'], {'party': {}}), 'a party that is nobody'
del doc['info']
try:
    validate(doc)
except OpenAPIValidationError:
    print('valid, and without its head refused')
";

/// Parses what stands on its input, and then the same without what it means and without its end.
const PARSER: &str = "import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
text = sys.stdin.read()
families = {family.name: family for family in parse(text)}
assert all(family.documentation for family in families.values()), families
assert families['interdict_request_seconds'].unit == 'seconds'
assert {sample.labels['outcome'] for sample in families['interdict_screened'].samples} == {'hit', 'clear', 'not_done'}
try:
    list(parse(text.replace('# EOF', '')))
except ValueError:
    print(len(families), 'families, and without its end refused')
";

/// What a script for the Python of these packages says of an input; none without a way to them.
fn said(package: &str, script: &str, input: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let python = interdict_testkit::python(folder.path(), &[package])?;
    let mut child = Command::new(&python)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[test]
fn a_published_validator_takes_the_description() {
    let doc = serde_json::to_vec(interdict_server::openapi()).unwrap();
    let Some(said) = said(VALIDATOR, SCRIPT, &doc) else { return };
    assert_eq!(said, "valid, and without its head refused");
}

#[test]
fn the_parser_of_prometheus_takes_the_counters() {
    let service = Service::open();
    service.post("/v1/screen", r#"{"party": {"name": "Orsolya Vanderploeg"}}"#);
    let metrics = service.get("/metrics");
    let Some(said) = said("prometheus_client", PARSER, &metrics.body) else { return };
    assert_eq!(said, "14 families, and without its end refused");
}
