#!/usr/bin/env python3
"""Accuracy on all sets in one table: what a change of any weight does.

    cargo build --release -p interdict-cli
    python3 docs/benchmarks/board.py target/release/interdict [--data DIR] [--before board.json] [--save board.json]

Runs `interdict evaluate` on every set of the data folder and computes the figures from the scores
that it writes. With `--before`, each figure is set beside an earlier one.
"""

import argparse
import csv
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

FLAGGED = (0.005, 0.003, 0.001)
DEFAULT = 0.7

# the two sets of lists that positives are looked for in
TWO = ["un/2026-02-27_un_consolidated.xml", "ofac/2021-07-07"]
FOUR = [
    "un/2026-02-27_un_consolidated.xml",
    "ofac/2025-09_sdn_main/sdn_main_5cols.csv",
    "ofac/2025-12-24_companions",
    "eu/2025-09_fsf_columns",
    "uk/2026-05_uksl",
]
POSITIVES = ["positives_un_untreated.csv", "positives_un_treated.csv"]
NEGATIVES = ["negatives_global.csv", "negatives_us.csv"]
LEGISLATORS = "positives_us_congress_untreated.csv"


class Board:
    def __init__(self, binary, data, work):
        self.binary, self.data, self.work = binary, data, work
        self.rows = []

    def run(self, *arguments):
        done = subprocess.run([self.binary, *map(str, arguments)], capture_output=True, text=True)
        # 1 says that something was found
        if done.returncode > 1:
            raise SystemExit(f"interdict {arguments[0]} {arguments[1]}: {done.stderr.strip()}")
        return done.stdout

    def add(self, name, value, percent=True, digits=2):
        if value is not None:
            self.rows.append((name, round(value * (100 if percent else 1), digits), "%" if percent else ""))

    def labelled(self, name):
        return self.data / "labelled" / name

    def home(self, title, lists):
        home = self.work / title
        files = []
        for each in (self.data / item for item in lists):
            files += sorted(each.iterdir()) if each.is_dir() else [each]
        self.run("--home", home, "lists", "import", *files)
        return home


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def threshold(negatives, share):
    """The least score that flags no more than this share of the negatives."""
    ordered = sorted(negatives, reverse=True)
    allowed = int(len(ordered) * share)
    return ordered[allowed] + 1e-9 if allowed < len(ordered) else 0.0


def share(scores, least):
    return sum(s >= least for s in scores) / len(scores) if scores else None


def pairs(board):
    out = board.work / "pairs.csv"
    started = time.time()
    board.run("evaluate", "pairs", board.labelled("name_pairs.csv"), "--scores", out)
    scored = [(float(r["score"]), r["is_match"].lower() == "true", r["quality"]) for r in rows(out)]

    def f1(least):
        found = sum(s >= least and truth for s, truth, _ in scored)
        flagged = sum(s >= least for s, _, _ in scored)
        matches = sum(truth for _, truth, _ in scored)
        p, r = found / max(1, flagged), found / max(1, matches)
        return p, r, 2 * p * r / max(1e-9, p + r)

    p, r, f = f1(DEFAULT)
    best = max({s for s, _, _ in scored}, key=lambda least: f1(least)[2])
    board.add("pairs: precision at 0.7", p, False, 3)
    board.add("pairs: recall at 0.7", r, False, 3)
    board.add("pairs: F1 at 0.7", f, False, 3)
    board.add("pairs: best F1", f1(best)[2], False, 3)
    board.add("pairs: threshold of the best F1", best, False, 3)
    for quality in ("STRONG", "MEDIUM", "WEAK"):
        of = [(s, truth) for s, truth, q in scored if q == quality]
        if of:
            board.add(f"pairs: {quality} right", sum((s >= DEFAULT) == truth for s, truth in of) / len(of))
    order = [(q, truth) for truth, qs in ((True, ("STRONG", "MEDIUM", "WEAK")), (False, ("WEAK", "MEDIUM", "STRONG"))) for q in qs]
    for quality, truth in order:
        of = [s for s, t, q in scored if (q, t) == (quality, truth)]
        if of:
            board.add(f"pairs: mean of {quality} {'matches' if truth else 'others'}", sum(of) / len(of), False, 3)
    return time.time() - started


def lists(board, title, home):
    words = lambda text: sorted(re.findall(r"\w+", text.lower()))  # order and commas change nothing
    changed = [a != b for a, b in zip(*([words(r["full_name"]) for r in rows(board.labelled(f))] for f in POSITIVES))]
    for fields in ("name", "all"):
        out = board.work / f"{title}-{fields}.csv"
        negatives = [board.labelled(f) for f in (*NEGATIVES, LEGISLATORS)]
        positives = [board.labelled(f) for f in POSITIVES]
        board.run(
            "--home", home, "evaluate", "lists", "--positives", *positives, "--negatives", *negatives,
            "--fields", fields, "--scores", out,
        )
        by_file = {}
        for row in rows(out):
            by_file.setdefault(row["file"], []).append(float(row["score"] or 0))
        clean = [s for f in NEGATIVES for s in by_file[f]]
        untreated, treated = (by_file[f] for f in POSITIVES)
        place = f"{title}, {'name' if fields == 'name' else 'name, date, country'}"
        board.add(f"{place}: negatives flagged at 0.7", share(clean, DEFAULT), digits=3)
        board.add(f"{place}: legislators flagged at 0.7", share(by_file[LEGISLATORS], DEFAULT))
        for flagged in FLAGGED[:1] if fields == "name" else FLAGGED[2:]:
            least = threshold(clean, flagged)
            what = f"at {flagged:.1%} flagged"
            board.add(f"{place}: UN untreated {what}", share(untreated, least))
            board.add(f"{place}: UN treated {what}", share(treated, least))
            if len(changed) == len(treated):
                really = [s for s, c in zip(treated, changed) if c]
                board.add(f"{place}: UN treated, name changed, {what}", share(really, least))


def aliases(board, title, home, lists_scores):
    for fields, flagged in (("name", 0.005), ("all", 0.001)):
        out = board.work / f"{title}-aliases-{fields}.csv"
        negatives = [board.labelled(f) for f in NEGATIVES]
        board.run(
            "--home", home, "evaluate", "aliases", "--negatives", *negatives, "--fields", fields, "--scores", out
        )
        clean = [float(r["score"] or 0) for r in rows(lists_scores[fields]) if r["file"] in NEGATIVES]
        least = threshold(clean, flagged)
        scored = rows(out)
        for kind in ("person", "organization"):
            of = [float(r["score"] or 0) for r in scored if r["kind"] == kind]
            what = "name" if fields == "name" else "name, date, country"
            board.add(f"aliases left out, {kind}, {what}: found at {flagged:.1%} flagged", share(of, least))
            board.add(f"aliases left out, {kind}, {what}: found at 0.7", share(of, DEFAULT))


def translit(board):
    cargo = ["cargo", "run", "-q", "--release", "-p", "interdict-names", "--example", "rank_translit", "--"]
    done = subprocess.run([*cargo, str(board.data / "labelled/transliteration_wikidata")], capture_output=True, text=True)
    for line in done.stdout.splitlines()[1:]:
        fields = line.replace("%", "").split()
        board.add(f"cross-script, {fields[0]}: ranked first", float(fields[2]) / 100, digits=1)
        board.add(f"cross-script, {fields[0]}: ranked first, plausible pairs", float(fields[3]) / 100, digits=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    beside = Path(__file__).resolve().parents[2].parent / "shared/data"
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("INTERDICT_DATA", beside)))
    parser.add_argument("--before", type=Path)
    parser.add_argument("--save", type=Path)
    parser.add_argument("--no-translit", action="store_true")
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        raise SystemExit(f"skipped: no data folder (set INTERDICT_DATA): {arguments.data.name}")
    work = Path(tempfile.mkdtemp())
    try:
        board = Board(arguments.binary, arguments.data, work)
        pairs(board)
        two = board.home("two", TWO)
        lists(board, "OFAC+UN", two)
        lists(board, "four lists", board.home("four", FOUR))
        aliases(board, "OFAC+UN", two, {f: work / f"OFAC+UN-{f}.csv" for f in ("name", "all")})
        if not arguments.no_translit:
            translit(board)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    before = json.loads(arguments.before.read_text()) if arguments.before else {}
    for name, value, unit in board.rows:
        old = before.get(name)
        moved = "" if old is None else f"  {old:>9}{unit}" + ("" if old == value else f"  {value - old:+.3f}")
        print(f"{name:<82}{value:>9}{unit:<1}{moved}")
    if arguments.save:
        arguments.save.write_text(json.dumps({name: value for name, value, _ in board.rows}, indent=1))


if __name__ == "__main__":
    main()
