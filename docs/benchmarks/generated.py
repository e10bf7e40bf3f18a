#!/usr/bin/env python3
"""Throws generated requests at the service, as its own description says and as it does not (R15): no answer may be a fault
of the service, each must be declared, most of what the description allows must be taken, and the ledger must hold after.

Usage: generated.py [--examples N] [--phases LIST] [--seed N] [--taken SHARE]; --interdict names the binary, --python the
interpreter that has schemathesis (PyPI). Ends with 77 if that has none, with 1 if anything is wrong.

The home has a list with two versions, a third in quarantine, parties that are monitored, a ledger, a provider of identities
on loopback. The way out is shut (HTTPS_PROXY), so that /v1/updates asks no publisher.
"""

import argparse
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

import drop_ins

HERE = pathlib.Path(__file__).resolve().parent
ROLES = "viewer,analyst,reviewer,auditor,list_admin,policy_admin,machine"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,unsupported_method"
LIST = "id,name,type,born,country\n"
ROWS = [f"Q-{n},Orsolya Vanderploeg {n},person,1961-02-03,hu\n" for n in range(1, 41)]


class Provider(http.server.BaseHTTPRequestHandler):
    """Says what a provider of identities says of itself, and signs nobody in."""

    def do_GET(self):
        base = f"http://127.0.0.1:{self.server.server_port}"
        about = {"issuer": base, "authorization_endpoint": base + "/authorize", "token_endpoint": base + "/token",
                 "jwks_uri": base + "/keys"}
        key = {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
        body = json.dumps({"keys": [key]} if self.path == "/keys" else about).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


def ask(base, token, method, path, body=None, kind="application/json"):
    request = urllib.request.Request(base + path, data=body, method=method)
    request.add_header("Authorization", f"Bearer {token}")
    if body is not None:
        request.add_header("Content-Type", kind)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("--examples", default="250", help="the most cases for each operation and phase")
    args.add_argument("--phases", default="examples,coverage,fuzzing,stateful")
    args.add_argument("--seed", default="1")
    args.add_argument("--taken", type=float, default=0.5, help="share of allowed requests that must be taken")
    args.add_argument("--interdict", default=str(HERE / "../../target/release/interdict"))
    args.add_argument("--python", default=sys.executable)
    args.add_argument("--compat", choices=["yente", "watchman"], help="ask that interface, as `drop_ins.py` describes it")
    args.add_argument("--keep", help="folder for what schemathesis said and the counts")
    args = args.parse_args()
    if subprocess.run([args.python, "-c", "import schemathesis"], capture_output=True).returncode:
        print("skipped: no schemathesis here (pip install schemathesis)", file=sys.stderr)
        return 77
    with tempfile.TemporaryDirectory() as folder:
        return run(args, pathlib.Path(folder))


def run(args, folder):
    home = folder / "home"
    provider = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=provider.serve_forever, daemon=True).start()

    def interdict(*words):
        done = subprocess.run([args.interdict, "--home", str(home), *words], capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    for name, rows, more in [("1.csv", ROWS[:38], ()), ("2.csv", ROWS, ()), ("3.csv", ROWS[:2], ())]:
        (folder / name).write_text(LIST + "".join(rows))
        interdict("lists", "import", str(folder / name), "--as", "own", *more)
    code, _, said = interdict("ledger", "init")
    assert code == 0, said
    issuer = f"http://127.0.0.1:{provider.server_port}"
    (home / "serve.toml").write_text(
        f'[oidc]\nissuer = "{issuer}"\nclient_id = "interdict"\nroles_claim = "groups"\n[oidc.roles]\n"staff" = ["viewer"]\n')
    with open(folder / "log", "w") as log:
        compat = ["--compat", args.compat] if args.compat else []
        served = subprocess.Popen([args.interdict, "--home", str(home), "serve", "--listen", "127.0.0.1:0", "--log", "error", *compat],
                                  stderr=log, env={**os.environ, "HTTPS_PROXY": "http://127.0.0.1:9"})
    try:
        base = setup = None
        for _ in range(300):
            said = (folder / "log").read_text()
            for line in said.splitlines():
                if "listening on " in line:
                    base = line.split("listening on ")[1].split(";")[0].strip()
            if base and (home / "setup-token").exists():
                setup = (home / "setup-token").read_text()
                break
            time.sleep(0.1)
        assert base and setup, said
        code, out, said = interdict("keys", "new", "all", "--rate", "100000", "--role", ROLES)
        assert code == 0, said
        token = out.strip()
        status, me = ask(base, token, "GET", "/v1/me")
        assert status == 200, me
        parties = b'{"id": "C-1", "name": "Orsolya Vanderploeg 1", "born": "1961-02-03"}\n{"id": "C-2", "name": "Nobody Atall"}\n'
        assert ask(base, token, "POST", "/v1/monitor/parties", parties, "application/x-ndjson")[0] == 200
        assert ask(base, token, "POST", "/v1/monitor/runs", b"{}")[0] == 201
        doubted = ask(base, token, "GET", "/v1/quarantine")[1]["versions"]
        keep = pathlib.Path(args.keep) if args.keep else folder
        env = {**os.environ, "PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": "generated_hooks", "COUNTS": str(keep / "counts.json"),
               "OWN_KEY": me["id"], "SETUP": setup or "", "DOUBTED": json.dumps(doubted)}
        described = [base + "/openapi.json"]
        if args.compat:
            (folder / "drop_in.json").write_text(json.dumps(getattr(drop_ins, args.compat)()))
            described = [str(folder / "drop_in.json"), "--url", base]
        with open(keep / "said.txt", "w") as out:
            done = subprocess.run(
                [args.python, "-m", "schemathesis.cli", "run", *described, "-H", f"Authorization: Bearer {token}",
                 "--checks", CHECKS, "--max-examples", args.examples, "--phases", args.phases, "--workers", "2", "--seed", args.seed,
                 "--max-redirects", "0", "--request-timeout", "60", "--continue-on-failure", "--no-color", "--suppress-health-check", "all"],
                env=env, stdout=out, stderr=subprocess.STDOUT, cwd=folder)
        wrong = done.returncode
        if wrong:
            print((keep / "said.txt").read_text())
        if ask(base, token, "GET", "/v1/me")[0] != 200:
            print("error: the key opens nothing any more, so little was asked")
            wrong = 1
    finally:
        served.terminate()
        served.wait(30)
        provider.shutdown()
    wrong |= told(json.loads((keep / "counts.json").read_text()), args.taken)
    print("".join(line for line in (folder / "log").read_text().splitlines(True) if "rror" in line and "refused" not in line)[:4000])
    code, out, said = interdict("ledger", "verify")
    print(out or said)
    return 1 if code or wrong else 0


def told(rows, least):
    """Prints what came back, by operation; 1 if too little of what is allowed was taken."""
    table, cases = {}, 0
    for method, path, mode, _phase, status, count in rows:
        cases += count
        of = table.setdefault((path, method), {"allowed": {}, "other": {}})
        by = of["allowed" if mode in ("positive", "link") else "other"]
        by[status] = by.get(status, 0) + count
    taken = allowed = 0
    for (path, method), of in sorted(table.items()):
        if not of["allowed"]:
            continue
        n = sum(of["allowed"].values())
        ok = sum(count for status, count in of["allowed"].items() if status < 400)
        # Sign-in ends at the provider, a key is no session, and the setup token works once.
        if not path.startswith("/auth/") and path != "/v1/setup":
            taken, allowed = taken + ok, allowed + n
        words = lambda by: " ".join(f"{status}:{count}" for status, count in sorted(by.items()))
        print(f"{method:6} {path:36} taken {ok:5} of {n:5}  allowed {words(of['allowed'])}  other {words(of['other'])}")
    operations = sum(1 for of in table.values() if of["allowed"])
    share = taken / max(allowed, 1)
    print(f"{cases} cases on {operations} operations; {taken} of {allowed} that the description allows were taken ({share:.0%})")
    if share < least:
        print(f"error: less than {least:.0%} were taken")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
