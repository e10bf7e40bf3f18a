"""Runs the public client of yente (PyPI: yente-client) against the drop-in; prints one line a check.

Arguments: the address, the IMO number of a listed ship, and the key to send, if one is asked for.
"""

import asyncio
import sys

from yente_client import AsyncClient, BadRequestError, Client, Company, MatchError, NotFoundError, Person, Vessel

KEY = sys.argv[3] if len(sys.argv) > 3 else None

with Client(base_url=sys.argv[1], api_key=KEY) as client:
    assert client.healthz().status == "ok"
    assert client.readyz().status == "ok"
    print("health")

    catalog = client.datasets()
    again = client.datasets()
    assert catalog == again and catalog.current, catalog
    print("catalog, revalidated by its tag")

    algorithms = client.algorithms()
    assert algorithms.best in [one.name for one in algorithms.algorithms]
    print("algorithms")

    found = client.match(Person(name="Yun Ho-jin", birthDate="1944", nationality="kp"))
    assert found.top is not None and found.top.match and found.top.schema_ == "Person", found
    assert found.top.contributing_explanations, found.top
    assert found.top.caption == "Yun Ho-jin" and found.total.value >= 1
    none = client.match(Company(name="Musterfirma Holzspielzeug Aktiengesellschaft"))
    assert none.matches == [], none
    ship = client.match(Vessel(imoNumber="IMO" + sys.argv[2]))
    assert ship.top is not None and ship.top.score > 0.9, ship
    print("match")

    batch = list(client.match_iter({"a": Person(name="Yun Ho-jin"), "b": Person(name="Josefine Musterfrau")}.items()))
    answers = dict(batch)
    assert answers["a"].matches and not answers["b"].matches, answers
    print("match, streamed")

    entity = client.fetch(found.top.id)
    assert entity.properties["sanctions"][0].schema_ == "Sanction", entity
    adjacent = client.adjacent(found.top.id)
    assert adjacent.adjacent["sanctions"].total.value >= 1
    page = client.adjacent(found.top.id, prop="sanctions", limit=1)
    assert len(page.results) == 1
    try:
        client.fetch("nobody-at-all")
    except NotFoundError:
        pass
    else:
        raise AssertionError("an entity that is not there was found")
    print("entities and what hangs on them")

    search = client.search("tanchon bank", limit=2, facets=["countries"])
    assert search.results and "countries" in search.facets, search
    print("search")

    # Whom no filter passes is not found, and a name without a letter is no "no match".
    narrow = client.match(Person(name="Yun Ho-jin"), topics=["sanction"], exclude_entities=[found.top.id],
                          algorithm="name-matcher", threshold=0.8, cutoff=0.5, limit=3)
    assert not narrow.matches, narrow
    try:
        client.match(Person(name="---"))
    except BadRequestError as error:
        assert error.response.headers.get("interdict-entry"), error.response.headers
    else:
        raise AssertionError("a name without a letter was answered")
    mixed = [("a", Person(name="---")), ("b", Person(name="Yun Ho-jin"))]
    collected = dict(client.match_iter(mixed, on_error="collect", workers=2))
    assert isinstance(collected["a"], MatchError) and collected["b"].matches, collected
    try:
        client.statements(canonical_id=found.top.id)
    except NotFoundError:
        pass
    else:
        raise AssertionError("statements are nowhere but at OpenSanctions")
    print("filters and refusals")


async def without_waiting():
    async with AsyncClient(base_url=sys.argv[1], api_key=KEY) as client:
        assert (await client.healthz()).status == (await client.readyz()).status == "ok"
        assert (await client.datasets()) == (await client.datasets()) == catalog
        assert (await client.algorithms()) == algorithms
        assert (await client.match(Person(name="Yun Ho-jin", birthDate="1944", nationality="kp"))).top.id == found.top.id
        pairs = {"a": Person(name="Yun Ho-jin"), "b": Person(name="Josefine Musterfrau")}.items()
        answers = {key: answer async for key, answer in client.match_iter(pairs)}
        assert answers["a"].matches and not answers["b"].matches, answers
        assert (await client.fetch(found.top.id)) == entity
        assert (await client.adjacent(found.top.id)) == adjacent
        assert (await client.search("tanchon bank", limit=2, facets=["countries"])) == search


asyncio.run(without_waiting())
print("the same without waiting")
