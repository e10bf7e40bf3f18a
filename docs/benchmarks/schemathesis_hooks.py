"""What schemathesis cannot know: parties have names, days are days, and some listings, receipts and keys are there.

About half of the generated requests are made to mean something, so that the inside is reached; the rest stay as generated.
"""

import json
import zlib

import schemathesis


def some(value, of=2):
    """True for one in so many, and always for the same."""
    return zlib.crc32(repr(value).encode("utf-8", "replace")) % of == 0


@schemathesis.serializer("application/x-ndjson")
def ndjson(_context, value):
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        if some(value):
            return "".join(json.dumps({"name": part}) + "\n" for part in value.split()).encode("utf-8", "replace")
        return value.encode("utf-8", "surrogatepass")
    return json.dumps(value).encode()


@schemathesis.hook
def map_body(_context, body):
    if isinstance(body, dict) and some(body):
        body = dict(body)
        if isinstance(body.get("party"), dict):
            body["party"] = {**body["party"], "name": f"Orsolya {len(repr(body))}"}
            if "list" in body:
                body["list"], body["reference"] = "own", "Q-1"
            if some(body, 3):
                body = {key: body[key] for key in body if key in ("party", "list", "reference")}
        if "roles" in body:
            body.update(name="generated", roles=["viewer"])
    return body


@schemathesis.hook
def map_path_parameters(_context, path):
    if path and some(path):
        path = dict(path)
        if "entry" in path:
            path["entry"] = zlib.crc32(repr(path).encode("utf-8", "replace")) % 20
        if "reference" in path:
            path["list"], path["reference"] = "own", "Q-1"
        if "page" in path:
            path["page"] = "un/2397/5"
    return path


@schemathesis.hook
def map_query(_context, query):
    if query and "from" in query and some(query):
        query = {**query, "from": "2017-08-04", "to": "2018-01-05"}
    return query
