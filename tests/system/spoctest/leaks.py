# SPDX-License-Identifier: Apache-2.0
"""Looks for secrets where none may be: in logs, in what commands say, in command lines and
environments of processes, in the spool, in a core."""

import base64
import os
import pathlib
import resource
import signal
import threading
import time
import urllib.parse

PIECE = 32  # what is cut off, or in the middle of something, is found as well
LOOKS = 5
RUN = 12  # of what is shorter than that nothing is said


def forms_of(secret):
    """The secret as it stands, in base64 wherever it begins there, and as a URL has it."""
    raw = secret.encode()
    shifted = {base64.b64encode(b"x" * n + raw)[4:-4] for n in range(3)}
    escaped = urllib.parse.quote(secret, safe="").encode()
    return {raw, escaped, *(s for s in shifted if len(s) >= RUN)}


def pieces_of(secret):
    for form in forms_of(secret):
        if len(form) <= 2 * PIECE:
            yield form
        else:
            yield from (form[n:n + PIECE] for n in range(0, len(form) - PIECE + 1, PIECE))


class Leaks:
    """Watches a Site from its making on: `with` ends the watching, check() fails on what was found.

    secrets: a function that returns all that there are by now. may_hold: files of the site that are
    the right place for one.
    """

    def __init__(self, site, secrets, may_hold=()):
        self.site, self.secrets = site, secrets
        self.may_hold = [pathlib.Path(f) for f in may_hold]
        self._said = []
        self._seen = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def said(self, what, text):
        """Something that a command said."""
        self._said.append((what, text.encode() if isinstance(text, str) else text))

    def spocctl(self, *arguments):
        """Runs spocctl and remembers what it says."""
        done = self.site.spocctl(*arguments)
        self.said(" ".join(arguments), done.stdout + done.stderr)
        return done

    def stop(self):
        self._ended.set()
        self._thread.join(10)

    def _watch(self):
        own = str(self.site.root.path).encode()
        looked = {}
        while not self._ended.is_set():
            there = {n for n in os.listdir("/proc") if n.isdigit() and int(n) != os.getpid()}
            # A process becomes another program soon after its start; later it stays what it is.
            looked = {name: looked.get(name, 0) + 1 for name in there}
            for name in there:
                if looked[name] > LOOKS:
                    continue
                try:
                    environment = pathlib.Path(f"/proc/{name}/environ").read_bytes()
                    line = pathlib.Path(f"/proc/{name}/cmdline").read_bytes()
                except OSError:
                    continue
                # Ours, and what ours have started.
                if own in environment or own in line:
                    self._seen[line + b"\0" + environment] = name
            time.sleep(0.02)

    def _places(self):
        for place in (b for b in self.site.root.path.rglob("*") if b.is_file()):
            if not any(place == f or f in place.parents for f in self.may_hold):
                try:
                    yield str(place), place.read_bytes()
                except FileNotFoundError:
                    continue
        yield from self._said
        for line, pid in list(self._seen.items()):
            yield f"process {pid}", line

    def check(self, case):
        """Fails with the places where a secret lies, and the first of each."""
        secrets = [s for s in self.secrets() if s]
        case.assertTrue(secrets, "no secret is known")
        case.assertTrue(self._seen, "no process was seen")
        pieces = {p for secret in secrets for p in pieces_of(secret)}
        found = {}
        for name, content in self._places():
            for piece in pieces:
                at = content.find(piece)
                if at >= 0:
                    found[name] = content[max(0, at - 80):at + 60]
                    break
        case.assertEqual(found, {}, "secrets lie around")


def allow_core():
    """For a process that is about to be started: nothing but itself keeps it from leaving a core."""
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def dies_without_core(popen):
    """Ends a process as a crash would; whether the kernel wrote no core of it."""
    popen.send_signal(signal.SIGABRT)
    _pid, status, _usage = os.wait4(popen.pid, 0)
    popen.returncode = -signal.SIGABRT
    return os.WIFSIGNALED(status) and not os.WCOREDUMP(status)
