#!/usr/bin/env python3
"""Times the peers on what `cargo bench -p interdict-cli --bench scale -- --export DIR` wrote.

    python3 -m venv venv && venv/bin/pip install nomenklatura rapidfuzz
    venv/bin/python docs/benchmarks/peers.py DIR

For a sample of the same queries against the same names: rapidfuzz compares the query with every
name; nomenklatura's logic-v2 compares it with a sample of the names, from which the time of
all of them is reckoned, as nobody scans a list with it. One thread, in process, no server.
"""

import random
import statistics
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

QUERIES = 100
PAIRS_A_QUERY = 20
SEED = 20180105


def rows(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.rsplit("\t", 1) for line in lines if "\t" in line]


def rapidfuzz_scan(queries, names, scorer, cutoff):
    """Seconds a query for finding every name at or above the cutoff."""
    from rapidfuzz import process, utils

    prepared = [utils.default_process(name) for name, _ in names]
    times = []
    for text, _ in queries:
        start = time.process_time()
        query = utils.default_process(text)
        process.extract(query, prepared, scorer=scorer, score_cutoff=cutoff, limit=None)
        times.append(time.process_time() - start)
    return times


def logic_v2_pairs(queries, names):
    """Seconds a pair; entities are made beforehand, each name is analysed in the call, as there."""
    from followthemoney import model
    from nomenklatura.matching import get_algorithm

    algorithm = get_algorithm("logic-v2")
    config = algorithm.default_config()
    draw = random.Random(SEED)

    def entity(number, row):
        data = {"id": f"n{number}", "schema": row[1], "properties": {"name": [row[0]]}}
        return model.get_proxy(data)

    pairs = []
    for query in queries:
        like = [row for row in draw.sample(names, 4 * PAIRS_A_QUERY) if row[1] == query[1]][:PAIRS_A_QUERY]
        pairs += [(entity("q", query), entity("n", row)) for row in like]
    # its tables are loaded when the first name of a script comes by, which takes seconds
    for left, right in pairs:
        algorithm.compare(left, right, config)
    times = []
    for left, right in pairs:
        start = time.process_time()
        algorithm.compare(left, right, config)
        times.append(time.process_time() - start)
    return times


def said(package):
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package}: not installed"


def main():
    folder = Path(sys.argv[1])
    names = rows(folder / "names.tsv")
    rates = dict(rows(folder / "rates.tsv"))
    print(", ".join(said(p) for p in ("nomenklatura", "rigour", "rapidfuzz")), f"Python {sys.version.split()[0]}", sep=", ")
    print(f"{len(names)} names; {QUERIES} queries a kind; one thread")
    print(f"{'peer':<38}{'queries':<10}{'ms/query':>10}{'queries/s':>12}{'ours, q/s':>12}{'ratio':>10}")
    for kind in ("unlisted", "listed"):
        every = rows(folder / f"{kind}.tsv")
        queries = every[:: max(1, len(every) // QUERIES)][:QUERIES]
        ours = float(rates[kind])

        def line(peer, seconds):
            print(f"{peer:<38}{kind:<10}{seconds * 1e3:>10.2f}{1 / seconds:>12.2f}{ours:>12.0f}{ours * seconds:>9.0f}x")

        try:
            from rapidfuzz import fuzz

            for title, scorer in (("ratio", fuzz.ratio), ("token_sort_ratio", fuzz.token_sort_ratio), ("WRatio", fuzz.WRatio)):
                some = queries if title == "ratio" else queries[:30]
                line(f"rapidfuzz scan, {title} >= 70", statistics.mean(rapidfuzz_scan(some, names, scorer, 70)))
        except ImportError as error:
            print(f"rapidfuzz: {error}")
        try:
            pairs = logic_v2_pairs(queries, names)
            mean = statistics.mean(pairs)
            line("logic-v2, all names (reckoned)", mean * len(names))
            line("logic-v2, 50 candidates (reckoned)", mean * 50)
            print(f"logic-v2, a pair of one name each: mean {mean * 1e6:.0f} us, median {statistics.median(pairs) * 1e6:.0f} us, {len(pairs)} pairs")
        except ImportError as error:
            print(f"nomenklatura: {error}")


if __name__ == "__main__":
    main()
