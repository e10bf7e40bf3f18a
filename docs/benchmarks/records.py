#!/usr/bin/env python3
"""Full records: the same entity on two lists, or two entities that look alike.

    cargo build --release -p interdict-cli
    python3 docs/benchmarks/records.py target/release/interdict HOME [--keep pairs.jsonl]

HOME has the UN and the UK list in use. The UK quotes the UN's reference for what it lists after the UN: these
pairs are the same. For each of them, the UN listings that resemble it most by name alone (score 0.5 or more)
and carry another reference are the others. The pair is then compared with all that both records say.
"""

import argparse
import csv
import json
import subprocess
import tempfile
from pathlib import Path

SCHEMA = {"person": "Person", "organization": "Organization", "vessel": "Vessel", "aircraft": "Airplane"}
NAMES = {"primary": "name", "strong": "alias", "weak": "weakAlias", "former": "previousName"}
IDENTIFIERS = {"passport": "passportNumber", "national_id": "idNumber", "imo": "imoNumber", "inn": "innCode",
               "ogrn": "ogrnCode", "tax_number": "taxNumber", "registration": "registrationNumber", "bic": "swiftBic",
               "lei": "leiCode", "driving_licence": "idNumber", "other_document": "idNumber"}
LOOK_ALIKE = 0.5
THRESHOLD = 0.7


def followthemoney(listing):
    """The listing as a FollowTheMoney entity."""
    entity, properties = listing["entity"], {}

    def add(name, value):
        if value:
            properties.setdefault(name, []).append(value)

    values = lambda field: [item["value"] for item in entity.get(field, [])]
    kind = entity["kind"]
    for name in values("names"):
        add(NAMES[name["quality"]], name["full"])
    for day in values("births"):
        add("buildDate" if kind == "vessel" else "birthDate" if kind == "person" else "incorporationDate", day)
    for country in values("nationalities"):
        add("nationality" if kind == "person" else "country", country)
    for country in values("countries"):
        add("country", country)
    for gender in values("genders"):
        add("gender", gender)
    for place in values("birth_places"):
        add("birthPlace", place.get("text"))
    for address in values("addresses"):
        add("address", address.get("full"))
    for identifier in values("identifiers"):
        add(IDENTIFIERS.get(identifier["kind"], "idNumber"), identifier["value"])
    return {"id": listing["record"], "schema": SCHEMA.get(kind, "LegalEntity"), "properties": properties}


def listings(home, name):
    current = json.loads((home / "current.json").read_text())
    content = next(each["content"] for each in current["lists"] if each["list"] == name)
    with open(home / "lists" / name / content / "listings.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def look_alikes(binary, home, parties, work):
    """For each party, the UN references that its name resembles."""
    path = work / "names.jsonl"
    with open(path, "w", encoding="utf-8") as file:
        for party in parties:
            row = {"name": party["entity"]["names"][0]["value"]["full"], "kind": party["entity"]["kind"]}
            print(json.dumps(row, ensure_ascii=False), file=file)
    policy = work / "policy.toml"
    policy.write_text(f'name = "look-alikes"\nthreshold = {LOOK_ALIKE}\n')
    command = [binary, "--home", home, "screen", path, "--list", "un-sc", "--policy", policy, "--format", "jsonl"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode > 1:
        raise SystemExit(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("home", type=Path)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp())
    un = {listing["reference"]: listing for listing in listings(options.home, "un-sc")}
    uk = []
    for listing in listings(options.home, "uk-sl"):
        said = dict(item["value"] for item in listing["entity"].get("properties", []))
        if said.get("un_reference_number") in un:
            uk.append((listing, said["un_reference_number"]))
    answers = look_alikes(options.binary, options.home, [listing for listing, _ in uk], work)
    path = options.keep or work / "pairs.jsonl"
    same = other = 0
    with open(path, "w", encoding="utf-8") as file:
        for (listing, own), answer in zip(uk, answers):
            found = [hit["reference"] for hit in answer["screening"]["hits"]]
            for reference, judgement in [(own, "positive")] + [(r, "negative") for r in found if r != own]:
                pair = {"left": followthemoney(listing), "right": followthemoney(un[reference]), "judgement": judgement}
                print(json.dumps(pair, ensure_ascii=False), file=file)
                same, other = same + (judgement == "positive"), other + (judgement == "negative")
    scores = work / "scores.csv"
    done = subprocess.run([options.binary, "evaluate", "pairs", str(path), "--scores", str(scores)], capture_output=True,
                          text=True)
    rows = list(csv.DictReader(open(scores, encoding="utf-8")))
    truth = [json.loads(line)["judgement"] == "positive" for line in open(path, encoding="utf-8")]
    hits = [float(row["score"] or 1) >= THRESHOLD for row in rows]
    right = sum(h and t for h, t in zip(hits, truth))
    flagged = sum(h and not t for h, t in zip(hits, truth))
    missed = same - right
    print(f"pairs        {same} same, {other} other")
    print(f"missed       {missed}")
    print(f"flagged      {flagged} of {other}")
    print(f"precision    {right / (right + flagged):.4f}")
    print(f"recall       {right / same:.4f}")
    print(f"F1           {2 * right / (2 * right + flagged + missed):.4f}")
    print(*[line.strip() for line in done.stdout.splitlines() if "pair" in line], sep="\n")
    if options.keep:
        for row, pair, hit, t in zip(rows, open(path, encoding="utf-8"), hits, truth):
            if hit != t:
                pair = json.loads(pair)
                names = [pair[side]["properties"].get("name", ["?"])[0] for side in ("left", "right")]
                print("missed " if t else "flagged", row["score"], pair["left"]["id"], pair["right"]["id"], *names, sep=" | ")


if __name__ == "__main__":
    main()
