"""What the interfaces of yente and Watchman take, as a description in OpenAPI 3.1 for generated requests.

Not here: the run (`generated.py`). The interfaces' own words are their projects'; tests of their form are in `crates/server/tests`.
"""

TEXT = {"type": "string"}
SHARE = {"type": "number", "minimum": 0, "maximum": 1}
COUNT = {"type": "integer", "minimum": 1, "maximum": 100}
STATUSES = ["200", "400", "401", "403", "404", "405", "413", "422", "503"]


def operation(query=(), path=(), body=None, statuses=STATUSES):
    of = {"responses": {status: {"description": status, "content": {"application/json": {}, "application/problem+json": {}, "text/plain": {}}}
                        for status in statuses},
          "parameters": [{"name": name, "in": "query", "required": name == "name", "schema": schema} for name, schema in query]
          + [{"name": name, "in": "path", "required": True, "schema": schema} for name, schema in path]}
    if body:
        of["requestBody"] = {"required": True, "content": body}
    return of


def described(paths):
    return {"openapi": "3.1.0", "info": {"title": "a drop-in", "version": "1"}, "paths": paths}


def yente():
    texts = {"type": "array", "items": TEXT, "maxItems": 5}
    schemas = ["Person", "Company", "Organization", "LegalEntity", "Vessel", "Airplane", "Thing", "Address"]
    properties = {"type": "object", "properties": {name: texts for name in ("name", "alias", "birthDate", "country", "passportNumber", "imoNumber")},
                  "additionalProperties": texts}
    query = {"type": "object", "required": ["schema", "properties"], "properties": {
        "id": TEXT, "schema": {"type": "string", "enum": schemas}, "properties": properties}}
    match = {"type": "object", "required": ["queries"], "properties": {
        "queries": {"type": "object", "minProperties": 1, "maxProperties": 5, "additionalProperties": query}}}
    dataset = [("dataset", {"type": "string", "enum": ["default", "own", "sanctions"]})]
    entity = [("id", {"type": "string", "enum": ["own-Q-1", "Q-1", "x"]})]
    terms = [("limit", COUNT), ("threshold", SHARE), ("cutoff", SHARE), ("algorithm", {"type": "string", "enum": ["best", "logic-v2", "interdict"]})]
    search = [("q", TEXT), ("schema", {"type": "string", "enum": schemas}), ("countries", TEXT), ("topics", TEXT), ("limit", COUNT), ("offset", {"type": "integer", "minimum": 0, "maximum": 9000}),
              ("fuzzy", {"type": "boolean"}), ("simple", {"type": "boolean"})]
    form = {"application/x-www-form-urlencoded": {"schema": {"type": "object", "required": ["queries"], "properties": {"queries": TEXT}}}}
    return described({
        "/match/{dataset}": {"post": operation(terms, dataset, {"application/json": {"schema": match}})},
        "/search/{dataset}": {"get": operation(search, dataset)},
        "/entities/{id}": {"get": operation([("nested", {"type": "boolean"})], entity)},
        "/entities/{id}/adjacent": {"get": operation([("limit", COUNT)], entity)},
        "/entities/{id}/adjacent/{property}": {"get": operation((), [*entity, ("property", TEXT)])},
        "/catalog": {"get": operation()},
        "/manifest": {"get": operation()},
        "/algorithms": {"get": operation()},
        "/updatez": {"post": operation([("token", TEXT)])},
        "/reconcile/{dataset}": {"get": operation([("queries", TEXT)], dataset), "post": operation((), dataset, form)},
        "/reconcile/{dataset}/suggest/{what}": {"get": operation([("prefix", TEXT)], [*dataset, ("what", {"type": "string", "enum": ["entity", "property", "type"]})])},
        "/reconcile/{dataset}/extend/property": {"get": operation([("type", TEXT), ("limit", COUNT)], dataset)},
    })


def watchman():
    # What is of one kind alone is refused with another, as there; so only what all kinds have.
    name = {"type": "string", "minLength": 1, "maxLength": 2_000, "pattern": "[A-Za-z]"}
    search = [("name", name), ("type", {"type": "string", "enum": ["person", "business", "organization", "aircraft", "vessel"]}), ("limit", COUNT), ("minMatch", SHARE),
              ("altNames", TEXT), ("debug", {"type": "string", "enum": ["yes", "no"]}), ("requestID", TEXT)]
    return described({
        "/v2/search": {"get": operation(search)},
        "/v2/listinfo": {"get": operation()},
        "/ping": {"get": operation()},
    })
