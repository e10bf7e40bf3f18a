"""Drives the operations of Watchman's public OpenAPI against the drop-in and checks answers by its schemas.

Arguments: the OpenAPI file (YAML), the address, the key. Prints one line a check and ends with 1 if any failed.
Needs PyYAML, jsonschema and rfc3339-validator. `null` counts as a member left out: Watchman's own answers have
it, as its structures are pointers in Go, and its OpenAPI does not say so. Beyond the schemas an answer may hold
only members that they name.
"""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request

import yaml
from jsonschema import Draft4Validator, FormatChecker

with open(sys.argv[1], encoding="utf-8") as file:
    DOC = yaml.safe_load(file)
ADDRESS, KEY = sys.argv[2], sys.argv[3]
FAILED = []

# What the drop-in does not do, and says so: docs/migrating.md.
NOT_SERVED = {"/v2/ingest/{fileType}", "/v2/export/{fileType}"}
NOT_WRITTEN = {"senzing", "senzing/json", "senzing/jsonl", "senzing/ndjson"}

# Parameters that are read with one type only, as their descriptions say.
TYPES = {
    "created": "business", "dissolved": "organization", "aircraftType": "aircraft", "icaoCode": "aircraft",
    "serialNumber": "aircraft", "model": "vessel", "built": "aircraft", "flag": "vessel", "imoNumber": "vessel",
    "vesselType": "vessel", "mmsi": "vessel", "callSign": "vessel", "owner": "vessel", "tonnage": "vessel",
    "grossRegisteredTonnage": "vessel", "gov_business-registration": "business",
    "gov_commercial-registry": "organization",
}
VALUES = {
    "source": "un_csl", "sourceID": "1", "gender": "male", "flag": "KP", "imoNumber": "9074729", "minMatch": "0.5",
    "birthDate": "1944-01", "deathDate": "2001", "created": "1999-12-31", "dissolved": "2001-02", "built": "1970",
    "email": "a@host.example", "website": "https://www.host.example/about", "limit": "100",
}


def whole(schema):
    """A schema with its references put in, closed for members that it does not name."""
    if "$ref" in schema:
        return whole(DOC["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    if "allOf" in schema:
        parts = [whole(part) for part in schema["allOf"]]
        named = {name: value for part in parts for name, value in part.get("properties", {}).items()}
        return {"type": "object", "properties": named, "additionalProperties": False}
    out = dict(schema)
    if "properties" in schema:
        out["properties"] = {name: whole(value) for name, value in schema["properties"].items()}
        out["additionalProperties"] = False
    if "items" in schema:
        out["items"] = whole(schema["items"])
    return out


def filled(value):
    """Without members that are null."""
    if isinstance(value, dict):
        return {name: filled(member) for name, member in value.items() if member is not None}
    return [filled(member) for member in value] if isinstance(value, list) else value


def ask(method, path, body=None):
    request = urllib.request.Request(ADDRESS + path, data=body, method=method)
    request.add_header("Authorization", "ApiKey " + KEY)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers.get_content_type(), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get_content_type(), error.read()


def check(operation, label, method, path, body=None, wanted=("200",)):
    """The answer, if its status is wanted and its body is what the operation says of that status."""
    status, kind, raw = ask(method, path, body)
    answers, problems, value = operation["responses"], [], None
    if str(status) not in wanted:
        problems.append(f"status {status}, wanted {' or '.join(wanted)}: {raw[:200]!r}")
    described = answers.get(str(status), answers.get("default"))
    if kind not in described["content"]:
        problems.append(f"Content-Type {kind}, described are {', '.join(described['content'])}")
    else:
        value = json.loads(raw)
        validator = Draft4Validator(whole(described["content"][kind]["schema"]), format_checker=FormatChecker())
        for error in validator.iter_errors(filled(value)):
            problems.append(f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
        if status >= 400 and not (isinstance(value, dict) and value.get("error")):
            problems.append(f"no `error`: {raw[:200]!r}")
    print(("ok   " if not problems else "FAIL ") + label)
    for problem in problems[:5]:
        print("     " + problem)
    if problems:
        FAILED.append(label)
    return value


def search(label, pairs, wanted=("200",)):
    query = urllib.parse.urlencode(pairs)
    return check(DOC["paths"]["/v2/search"]["get"], label, "GET", "/v2/search?" + query, wanted=wanted)


def value_of(parameter):
    name, schema = parameter["name"], parameter["schema"]
    if name in VALUES:
        return VALUES[name]
    if name.startswith("gov_"):
        return "KP:A-12345"
    if name.startswith("crypto"):
        return "XBT:x123456"
    kinds = {"integer": "7", "number": "0.5", "boolean": "true"}
    kind = schema.get("type") or schema["oneOf"][0]["type"]
    return kinds.get(kind, "something")


for path, operations in DOC["paths"].items():
    for method, operation in operations.items():
        if path == "/v2/search":
            continue
        if path in NOT_SERVED:
            at = path.replace("{fileType}", "people")
            body = b"first,last\na,b\n" if method == "post" else None
            check(operation, f"{method} {path} is refused", method.upper(), at, body, wanted=("403", "404", "405"))
        elif path == "/v2/data/refresh":
            wanted = ("202", "409") if method == "post" else ("200",)
            found = check(operation, f"{method} {path}", method.upper(), path, wanted=wanted)
            if not found or found.get("state") not in ("running", "succeeded"):
                FAILED.append(f"{method} {path}: {found}")
        else:
            found = check(operation, f"{method} {path}", method.upper(), path)
            if not found or not found.get("lists") or found["lists"].keys() != found["listHashes"].keys():
                FAILED.append("lists and their hashes")

tried = 0
for parameter in DOC["paths"]["/v2/search"]["get"]["parameters"]:
    name = parameter["name"]
    values = parameter["schema"].get("enum") or [value_of(parameter)]
    for value in values:
        kind = "person" if name != "type" else value
        pairs = [("name", "Yun Ho-jin"), ("type", TYPES.get(name, kind))]
        if name not in ("name", "type"):
            pairs.append((name, value))
            if parameter["schema"].get("type") == "array":
                pairs.append((name, value))
        not_written = name == "format" and value in NOT_WRITTEN
        label = f"search {name}={value}" + (" is refused" if not_written else "")
        search(label, pairs, wanted=("400",) if not_written else ("200",))
        tried += 1

hits = 0
for kind, name in [("person", "Yun Ho-jin"), ("business", "Tanchon Commercial Bank"),
                   ("organization", "Tanchon Commercial Bank"), ("vessel", "Quillfeather Dawn"),
                   (None, "Quillfeather Dawn")]:
    pairs = [("name", name), ("minMatch", "0.9"), ("debug", "true")]
    found = search(f"hit {kind}", pairs + ([("type", kind)] if kind else []))
    if not found or not found["entities"] or "debug" not in found["entities"][0]:
        FAILED.append(f"no hit for {name}")
        print(f"FAIL no hit for {name} as {kind}")
        continue
    first = found["entities"][0]
    held = [one for one in ("person", "business", "organization", "aircraft", "vessel") if first.get(one)]
    if held != [first["entityType"]] or first["match"] < 0.9:
        FAILED.append(f"{name}: details of {held}, type {first['entityType']}")
        print("FAIL " + FAILED[-1])
    hits += 1

for pairs in [[("name", "a"), ("colour", "red")], [("name", "a"), ("type", "ghost")], [("name", "a"), ("limit", "x")],
              [("name", "a"), ("minMatch", "2")], []]:
    search(f"bad request {pairs}", pairs, wanted=("400",))

print(f"{tried} parameters and values, {hits} hits, {len(FAILED)} failed")
sys.exit(1 if FAILED else 0)
