"""Goes the way of OpenRefine through `/reconcile` of the drop-in for yente; prints one line a check.

Arguments: the address, the key, and a folder with the published JSON schemas of the Reconciliation API 0.2, if there is
one: `manifest.json`, `reconciliation-result-batch.json` and so on. Without it answers are checked by what the protocol
says of them in words. Needs jsonschema for the folder only.
"""

import html.parser
import json
import pathlib
import sys
import urllib.error
import urllib.parse
import urllib.request

ADDRESS, KEY = sys.argv[1], sys.argv[2]
SCHEMAS = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None
PAGE = "https://refine.example"


def fits(name, value):
    """Whether an answer has the published form, and no member that is null: none may be."""
    assert "null" not in json.dumps(value).replace('"null"', ""), f"{name}: a member is null: {value}"
    if SCHEMAS is None:
        return
    from jsonschema import Draft7Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT7

    def read(path):
        return json.loads((SCHEMAS / path.rsplit("/", 1)[-1]).read_text(encoding="utf-8"))

    schema = read(name + ".json")
    schema.pop("$schema", None)
    schema.get("properties", {}).pop("authentication", None)  # it refers to a schema of others, and is not given
    registry = Registry(retrieve=lambda uri: Resource.from_contents(read(uri), default_specification=DRAFT7))
    errors = [error.message for error in Draft7Validator(schema, registry=registry).iter_errors(value)]
    assert not errors, f"{name}: {errors[:3]}"


def ask(url, form=None, headers=()):
    body = urllib.parse.urlencode(form).encode() if form else None
    request = urllib.request.Request(url, data=body, headers={"Authorization": "ApiKey " + KEY, "Origin": PAGE})
    with urllib.request.urlopen(request, timeout=60) as answer:
        allowed = answer.headers.get("Access-Control-Allow-Origin")
        assert allowed in ("*", PAGE), f"{url}: a page may not read it: {allowed}"
        return answer.headers, answer.read()


def ask_json(url, form=None):
    headers, body = ask(url, form)
    assert headers.get_content_type() == "application/json", headers
    return json.loads(body)


endpoint = ADDRESS + "/reconcile/default"
manifest = ask_json(endpoint)
fits("manifest", manifest)
assert "0.2" in manifest["versions"] and manifest["name"] and manifest["identifierSpace"] and manifest["schemaSpace"]
types = [one["id"] for one in manifest["defaultTypes"]]
assert "Person" in types and len(set(types)) == len(types)
print("manifest")

queries = {
    "q0": {"query": "Yun Ho-jin", "type": "Person", "limit": 3, "type_strict": "should",
           "properties": [{"pid": "Person:birthDate", "v": "1944"}, {"pid": "Thing:alias", "v": ["Ho Jin", 7, True]}]},
    "q1": {"query": "Josefine Musterfrau", "type": ["Person", "Organization"]},
    "q2": {"properties": [{"pid": "Vessel:imoNumber", "v": {"id": "9074729", "name": "IMO 9074729"}}]},
}
posted = ask_json(endpoint, {"queries": json.dumps(queries)})
fits("reconciliation-result-batch", posted)
assert posted.keys() == queries.keys(), posted
best = posted["q0"]["result"][0]
assert best["name"] == "Yun Ho-jin" and best["match"] is True and best["type"][0]["id"] == "Person", best
scores = [one["score"] for one in posted["q0"]["result"]]
assert scores == sorted(scores, reverse=True) and len(scores) <= 3, scores
assert not any(one["match"] for one in posted["q1"]["result"]), posted["q1"]
assert posted["q2"]["result"][0]["name"] == "Quillfeather Dawn", posted["q2"]
got = ask_json(endpoint + "?" + urllib.parse.urlencode({"queries": json.dumps(queries)}))
assert got == posted, "one answer, in the address and in a form"
print("queries")

for what, schema, prefix, wanted in [
    ("entity", "suggest-entities-response", "yun ho", "Yun Ho-jin"), ("entity", "suggest-entities-response", best["id"], "Yun Ho-jin"),
    ("type", "suggest-types-response", "ves", "Vessels"), ("property", "suggest-properties-response", "birth", "Birth date"),
]:
    service = manifest["suggest"][what]
    found = ask_json(service["service_url"] + service["service_path"] + "?" + urllib.parse.urlencode({"prefix": prefix}))
    fits(schema, found)
    assert found["result"][0]["name"] == wanted, found
    rest = ask_json(service["service_url"] + service["service_path"] + "?" + urllib.parse.urlencode({"prefix": prefix, "cursor": 1}))
    assert rest["result"] == found["result"][1:] or rest["result"][: len(found["result"]) - 1] == found["result"][1:], rest
print("suggestions")


class Texts(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.texts, self.tags = [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.texts.append(data.strip())


headers, page = ask(manifest["preview"]["url"].replace("{{id}}", urllib.parse.quote(best["id"], safe="")))
assert headers.get_content_type() == "text/html", headers
texts = Texts()
texts.feed(page.decode())
assert "Yun Ho-jin" in texts.texts and not texts.tags & {"script", "img", "iframe", "link"}, texts.tags
print("preview")

propose = manifest["extend"]["propose_properties"]
proposed = ask_json(propose["service_url"] + propose["service_path"] + "?type=Person&limit=20")
assert {"id": "Person:nationality", "name": "Nationality"} in proposed["properties"], proposed
asked = [{"id": one["id"]} for one in proposed["properties"]]
asked.append({"id": "country", "settings": {"limit": 1, "render": "raw"}})
extended = ask_json(endpoint, {"extend": json.dumps({"ids": [best["id"], "nobody"], "properties": asked})})
fits("data-extension-response", extended)
assert extended["rows"].keys() == {best["id"], "nobody"} and extended["rows"]["nobody"] == {}, extended
assert [one["id"] for one in extended["meta"]][:1] == [asked[0]["id"]], extended["meta"]
assert extended["rows"][best["id"]]["Thing:name"] == [{"str": "Yun Ho-jin"}], extended
print("data extension")

for bad in [{"queries": "["}, {"queries": json.dumps({"q": {"query": "---"}})}, {"extend": "{"}, {"other": "1"}]:
    try:
        ask(endpoint, bad)
    except urllib.error.HTTPError as error:
        assert error.code == 400 and error.headers.get("Access-Control-Allow-Origin") == PAGE, (bad, error.code)
    else:
        raise AssertionError(f"{bad} was taken")
print("refusals")
