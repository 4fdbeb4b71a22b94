#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs plays (see play.py) with the driver and says in TAP what became of each.

    run.py --deliver PROGRAM PLAY-OR-FOLDER…

What a play may expect:

    result ADDRESS delivered|later|hold|return     of the first message
    all RESULT                                     of all messages and recipients
    count RESULT N                                 so many of all
    reason PATTERN, no-reason                      of the first message that has one
    reply ADDRESS PATTERN
    warning PATTERN, no-warning                    exactly one, none
    trace good|bad STAGE PATTERN                   some such line
    no-trace good|bad STAGE PATTERN                no such line
    duplicate yes|no, attempted N                  N: messages for which a server was asked
    drops N SERVER                                 so often lost behind the dot, by that server
    mails SERVER N, connections SERVER N, at-most SERVER N
    turned-away SERVER yes|no                      by "limited"
    within MS, not-before MS                       the whole run
    password-in-clear                              otherwise it must not be seen
"""

import argparse
import base64
import concurrent.futures
import json
import os
import pathlib
import ssl
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system")]

from play import Play  # noqa: E402
from server import Server, matches  # noqa: E402
from spoctest.certificates import Authority  # noqa: E402

AT_ONCE = 6


def make_contexts(folder):
    """The servers' TLS, by name: what is right or wrong with it."""
    ours = folder / "ours"
    strangers = folder / "strangers"
    ours.mkdir()
    strangers.mkdir()
    authority = Authority(ours)
    stranger = Authority(strangers)
    contexts = {}

    def add(name, pair, change=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        if change:
            change(context)
        contexts[name] = context

    def only_tls13(context):
        context.minimum_version = ssl.TLSVersion.TLSv1_3

    def odd_suites(context):
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("AES256-SHA256")

    def wants_certificate(context):
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.certificate)

    good = authority.issue("good")
    client = folder / "client.pem"
    client.write_bytes(b"".join(pathlib.Path(part).read_bytes()
                                for part in authority.issue("client")))
    contexts["client"] = client
    add("good", good)
    add("expired", authority.issue("expired", days=-1))
    add("wronghost", authority.issue("wronghost", alternative="DNS:other.example"))
    add("unknown", stranger.issue("unknown"))
    add("selfsigned", (stranger.certificate, stranger._key))
    add("only-tls13", good, only_tls13)
    add("odd-suites", good, odd_suites)
    add("client-certificate", good, wants_certificate)
    return contexts, authority.certificate


class Failed(Exception):
    pass


class Run:
    """One play in one mode."""

    def __init__(self, play, mode, arguments, contexts, root_certificate):
        self.play = play
        self.mode = mode
        self.deliver = arguments.deliver
        self.contexts = contexts
        self.root_certificate = root_certificate
        self.name = f"{play.name} {mode}: {play.title}"
        self.servers = {}
        self.output = ""

    def write_config(self, folder):
        lines = [f"mailSmtpEncryption = {self.mode}", "mailfrom = a@example.com",
                 f"trustStore = {self.root_certificate}", "trustSystemCertificates = false",
                 "mailSmtpConnectionTimeout = 5000", "mailSmtpTimeout = 5000",
                 "mailSmtpFinalTimeout = 8000"]
        for name, key in (("primary", "mailserver"), ("backup", "mailserverbackup")):
            if name in self.servers:
                lines.append(f"{key} = 127.0.0.1:{self.servers[name].port}")
        lines += [line.replace("{client-certificate}", str(self.contexts["client"]))
                  for line in self.play.config]
        (folder / "spoc").mkdir()
        (folder / "spoc/spoc.conf").write_text("\n".join(lines) + "\n", "utf-8")
        (folder / "message.eml").write_bytes(self.play.message)

    def run(self):
        with tempfile.TemporaryDirectory(prefix="spoc-flow-") as name:
            folder = pathlib.Path(name)
            for server, scripts in self.play.servers.items():
                self.servers[server] = Server(scripts, self.mode, self.contexts)
            try:
                self.write_config(folder)
                self.perform(folder)
            finally:
                for server in self.servers.values():
                    server.stop()
        self.judge()

    def perform(self, folder):
        command = [self.deliver, "--root", folder, "--from", "a@example.com"]
        for recipient in self.play.recipients:
            command += ["--to", recipient]
        command += self.play.arguments + [folder / "message.eml"]
        done = subprocess.run(list(map(str, command)), capture_output=True, encoding="utf-8", timeout=150,
                              env={"PATH": os.defpath, "LANG": "C.UTF-8"}, check=False,
                              stdin=subprocess.DEVNULL)
        self.output = done.stdout + done.stderr
        if done.returncode != 0:
            raise Failed(f"the driver ended with {done.returncode}")
        self.lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.outcomes = [line for line in self.lines if "outcome" in line]
        self.end = self.lines[-1]

    # What is always so

    def judge(self):
        for name, server in self.servers.items():
            if server.deviations:
                raise Failed(f"{name}: {server.deviations[0]}")
            for body in server.mails:
                if body not in (self.play.message, b""):
                    raise Failed(f"{name} got other bytes: {body!r}")
        if self.end["descriptors_before"] != self.end["descriptors_after"]:
            raise Failed(f"descriptors are left open: {self.end}")
        self.judge_password()
        for line in self.play.expectations:
            words = line.split(None, 1)
            method = getattr(self, "expect_" + words[0].replace("-", "_"))
            method(*words[1:])

    def judge_password(self):
        configured = dict(map(str.strip, line.split("=", 1)) for line in self.play.config)
        password = configured.get("mailpass")
        arguments = self.play.arguments
        tokens = [text for flag, text in zip(arguments, arguments[1:]) if flag == "--token"]
        self.judge_tokens(tokens, configured.get("mailuser", ""))
        if password is None:
            return
        user = configured.get("mailuser", "")
        secrets = [password.encode(), base64.b64encode(password.encode()),
                   base64.b64encode(f"\0{user}\0{password}".encode())]
        if any(secret.decode() in self.output for secret in secrets):
            raise Failed("the password is in the output")
        seen = any(s in server.clear for s in secrets for server in self.servers.values())
        allowed = any(line.startswith("password-in-clear") for line in self.play.expectations)
        if seen != (allowed and self.mode in ("NONE", "STARTTLS")):
            raise Failed(f"the password went over the line in clear: {seen}")

    def judge_tokens(self, tokens, user):
        for token in tokens:
            message = base64.b64encode(f"user={user}\1auth=Bearer {token}\1\1".encode())
            if token in self.output or message.decode() in self.output:
                raise Failed("a token is in the output")
            if any(s in server.clear for s in (token.encode(), message)
                   for server in self.servers.values()):
                raise Failed("a token went over the line in clear")

    # What the play says

    def recipients(self):
        return [r for outcome in self.outcomes for r in outcome["recipients"]]

    def check(self, condition, what):
        if not condition:
            raise Failed(what)

    def expect_result(self, argument):
        address, result = argument.split()
        found = [r["result"] for r in self.outcomes[0]["recipients"] if r["address"] == address]
        self.check(found == [result], f"{address}: {found}, not {result}")

    def expect_all(self, result):
        found = {r["result"] for r in self.recipients()}
        self.check(found == {result}, f"results {found}, not {result}")

    def expect_count(self, argument):
        result, number = argument.split()
        found = sum(r["result"] == result for r in self.recipients())
        self.check(found == int(number), f"{found} times {result}, not {number}")

    def expect_reason(self, pattern):
        reasons = [o["reason"] for o in self.outcomes if o["reason"]]
        self.check(reasons and matches(pattern, reasons[0]), f"reason {reasons[:1]}")

    def expect_no_reason(self):
        reasons = [o["reason"] for o in self.outcomes if o["reason"]]
        self.check(not reasons, f"reason {reasons[:1]}")

    def expect_reply(self, argument):
        address, pattern = argument.split(None, 1)
        found = [r["reply"] for r in self.outcomes[0]["recipients"] if r["address"] == address]
        self.check(found and matches(pattern, found[0]), f"reply {found}")

    def expect_warning(self, pattern):
        found = [line["warning"] for line in self.lines if "warning" in line]
        self.check(len(found) == 1 and matches(pattern, found[0]), f"warnings {found}")

    def expect_no_warning(self):
        found = [line["warning"] for line in self.lines if "warning" in line]
        self.check(not found, f"warnings {found}")

    def expect_trace(self, argument):
        good, stage, pattern = argument.split(" | ")
        found = [line["trace"] for line in self.lines if "trace" in line
                 and line["good"] == (good == "good") and line["stage"] == stage]
        self.check(any(matches(pattern, text) for text in found), f"trace {stage} {found}")

    def expect_no_trace(self, argument):
        good, stage, pattern = argument.split(" | ")
        found = [line["trace"] for line in self.lines if "trace" in line
                 and line["good"] == (good == "good") and line["stage"] == stage]
        self.check(not any(matches(pattern, text) for text in found), f"trace {stage} {found}")

    def expect_duplicate(self, yes):
        found = self.outcomes[0]["possible_duplicate"]
        self.check(found == (yes == "yes"), f"possible duplicate: {found}")

    def expect_drops(self, argument):
        number, name = argument.split()
        found = [self.outcomes[0][key] for key in ("drops", "dropped_by")]
        wanted = [int(number), f"127.0.0.1:{self.servers[name].port}"]
        self.check(found == wanted, f"dropped {found}, not {wanted}")

    def expect_attempted(self, number):
        found = sum(outcome["attempted"] for outcome in self.outcomes)
        self.check(found == int(number), f"{found} were attempted, not {number}")

    def expect_mails(self, argument):
        name, number = argument.split()
        found = sum(body != b"" for body in self.servers[name].mails)
        self.check(found == int(number), f"{name} has {found} mails, not {number}")

    def expect_connections(self, argument):
        name, number = argument.split()
        found = self.servers[name].connections
        self.check(found == int(number), f"{name} had {found} connections, not {number}")

    def expect_at_most(self, argument):
        name, number = argument.split()
        found = self.servers[name].most_open
        self.check(0 < found <= int(number), f"{name} had {found} connections at once")

    def expect_turned_away(self, argument):
        name, yes = argument.split()
        found = self.servers[name].turned_away
        self.check((found > 0) == (yes == "yes"), f"{name} turned {found} away")

    def expect_within(self, limit):
        self.check(self.end["elapsed_ms"] <= int(limit), f"it took {self.end['elapsed_ms']} ms")

    def expect_not_before(self, limit):
        self.check(self.end["elapsed_ms"] >= int(limit), f"it took {self.end['elapsed_ms']} ms")

    def expect_password_in_clear(self):
        pass  # see judge_password()


def collect(paths):
    for path in map(pathlib.Path, paths):
        yield from sorted(path.glob("*.play")) if path.is_dir() else [path]


def attempt(run):
    try:
        run.run()
        return None
    except (Failed, OSError, ValueError, KeyError, IndexError, subprocess.TimeoutExpired) as error:
        return f"{type(error).__name__}: {error}\n{run.output}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--deliver", required=True)
    parser.add_argument("plays", nargs="+")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="spoc-flow-") as name:
        contexts, root_certificate = make_contexts(pathlib.Path(name))
        runs = [Run(play, mode, arguments, contexts, root_certificate)
                for play in map(Play, collect(arguments.plays)) for mode in play.modes]
        print(f"1..{len(runs)}", flush=True)
        failures = 0
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for number, (run, problem) in enumerate(zip(runs, pool.map(attempt, runs)), 1):
                print(f"{'not ok' if problem else 'ok'} {number} - {run.name}", flush=True)
                if problem:
                    failures += 1
                    print("".join(f"# {line}\n" for line in problem.splitlines()), flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
