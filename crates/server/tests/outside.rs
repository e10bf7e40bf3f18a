//! The description as others read it: a published validator of OpenAPI 3.1 takes it, and every example is of its schema. Skips, loudly, where there is no Python or no
//! way to PyPI.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use std::io::Write;
use std::process::{Command, Stdio};

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

#[test]
fn a_published_validator_takes_the_description() {
    let folder = tempfile::tempdir().unwrap();
    let Some(python) = interdict_testkit::python(folder.path(), &[VALIDATOR]) else { return };
    let mut child = Command::new(&python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let doc = serde_json::to_vec(interdict_server::openapi()).unwrap();
    child.stdin.take().unwrap().write_all(&doc).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.trim(), "valid, and without its head refused");
}
