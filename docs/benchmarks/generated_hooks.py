"""What schemathesis cannot know: which lists, listings, parties, versions and keys there are, and what belongs into files.

Half of the requests are given such values, so that the inside is reached; the rest stay as generated. Counts what came back,
by operation and by how the case was made, into the file that COUNTS names.

Not here: the service and what must hold (`generated.py`).
"""

import atexit
import collections
import json
import os
import threading
import urllib.parse
import zlib

import schemathesis

COUNTS = collections.Counter()
SAMPLES = []
LOCK = threading.Lock()
LINES = "".join(json.dumps({"id": f"C-{n}", "name": f"Orsolya Vanderploeg {n}"}) + "\n" for n in range(1, 9))
TABLE = "id,name,type,born,country\n" + "".join(f"Q-{n},Orsolya Vanderploeg {n},person,1961-02-03,hu\n" for n in range(1, 41))


def some(value, of=2):
    """True for one in so many, and always for the same."""
    return zlib.crc32(repr(value).encode("utf-8", "replace")) % of == 0


def number(value, most):
    return zlib.crc32(repr(value).encode("utf-8", "replace")) % most


def doubted():
    versions = json.loads(os.environ.get("DOUBTED", "[]"))
    return versions[0]["content"][:12] if versions and "content" in versions[0] else "previous"


@schemathesis.serializer("application/x-ndjson", "text/csv", "application/octet-stream")
def plain(_context, value):
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    # A file that schemathesis made.
    return getattr(value, "data", None) or json.dumps(value).encode()


@schemathesis.hook
def map_body(context, body):
    path = context.operation.path
    if isinstance(body, (str, bytes)) and some(body):
        if path == "/v1/imports":
            return (TABLE + f"Q-99,Somebody {number(body, 9)},person,,\n").encode()
        return LINES.encode() if path in ("/v1/screen/batch", "/v1/monitor/parties") else body
    if not isinstance(body, dict):
        return body
    body = dict(body)
    if isinstance(body.get("lists"), list) and some(body, 4) is False:
        body["lists"] = ["own"] if path == "/v1/screen" else ["un-sc"]
    if path == "/v1/explain" and some(body, 4) is False and "party" in body:
        body["list"], body["reference"] = "own", f"Q-{1 + number(body, 40)}"
    if path.startswith("/v1/monitor/allowances") and "party" in body and some(body, 4) is False:
        body.update(party="C-1", listing="own:Q-1")
        if "until" in body:
            body["until"] = "2999-12-31"
    if path == "/v1/monitor/runs" and some(body, 4) is False:
        body.pop("policy", None)
    if path.endswith("/accept") and some(body) and "version" in body:
        body["version"] = doubted()
    if path.endswith("/rollback") and some(body, 4) is False:
        body.pop("version", None)
    if path == "/mcp" and isinstance(body.get("params"), dict) and body["params"].get("name") == "explain" and some(body):
        body["params"]["arguments"] = {"party": {"name": "Orsolya Vanderploeg"}, "list": "own", "reference": "Q-1"}
    return body


@schemathesis.hook
def map_path_parameters(context, path):
    if path and some(path, 4) is False:
        path = dict(path)
        if "entry" in path:
            path["entry"] = number(path, 60)
        if "list" in path:
            path["list"] = "own"
        if "reference" in path:
            path["reference"] = f"Q-{1 + number(path, 40)}"
        if "page" in path:
            path["page"] = "un/2397/5"
    return path


@schemathesis.hook
def map_query(context, query):
    if not query:
        return query
    query, path = dict(query), context.operation.path
    if "lists" in query and some(query):
        query["lists"] = "own"
    if path == "/v1/lists/{list}/diff" and some(query, 4) is False:
        query.pop("before", None)
        query.pop("after", None)
    if path in ("/v1/imports", "/v1/monitor/parties") and some(query):
        query.pop("map", None)
        if "list" in query:
            query["list"] = "own"
    # Those who stay away from `whole` would be kept no longer.
    if path == "/v1/monitor/parties" and some(query, 8) is False:
        query.pop("whole", None)
    if path == "/v1/sessions" and "who" in query and some(query):
        query["who"] = "oidc-00000000"
    if path == "/v1/monitor/events" and some(query):
        query.pop("run", None)
    return query


@schemathesis.hook
def before_call(_context, case, kwargs):
    headers = case.headers
    if case.path == "/mcp" and headers is not None and some(case.body, 8) is False:
        headers["Accept"] = "application/json, text/event-stream"
    if case.path == "/v1/setup" and os.environ.get("SETUP") and headers is not None and some(case.body):
        headers["Authorization"] = f"Bearer {os.environ['SETUP']}"
    # The same key for another request is a conflict, which tells little; some stay as they are.
    if headers is not None and headers.get("Idempotency-Key") and some(case.body, 8) is False:
        with LOCK:
            COUNTS["once"] += 1
            headers["Idempotency-Key"] = f"{COUNTS['once']}-{os.getpid()}"
    # Ids are learned from answers: the key that asks would be revoked, and every later answer be 401.
    own = os.environ.get("OWN_KEY")
    if case.method.upper() == "DELETE" and own and own in urllib.parse.unquote(str((case.path_parameters or {}).get("id"))):
        case.path_parameters["id"] = "nobody"


@schemathesis.hook
def after_call(_context, case, response):
    meta = getattr(case, "meta", None)
    mode = meta.generation.mode.value if meta is not None else "link"
    phase = meta.phase.name.value if meta is not None else "-"
    with LOCK:
        key = (case.method.upper(), case.path, mode, phase, response.status_code)
        COUNTS[key] += 1
        if mode != "negative" and response.status_code in (400, 422) and COUNTS[key] < 6:
            SAMPLES.append([*key[:2], repr(case.query), repr(case.body)[:400], response.text[:400]])


@atexit.register
def write():
    path = os.environ.get("COUNTS")
    if path and COUNTS:
        with open(path, "w", encoding="utf-8") as file:
            COUNTS.pop("once", None)
            json.dump([[*key, count] for key, count in sorted(COUNTS.items())], file)
        # What the description allows and the service does not take.
        with open(path + ".refused", "w", encoding="utf-8") as file:
            file.writelines(json.dumps(sample) + "\n" for sample in SAMPLES)
