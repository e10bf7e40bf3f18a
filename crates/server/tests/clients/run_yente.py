"""Runs the public client of yente (PyPI: yente-client) against the drop-in; prints one line a check.

Arguments: the address, the IMO number of a listed ship, and the key to send, if one is asked for.
"""

import sys

from yente_client import Client, Company, NotFoundError, Person, Vessel

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
