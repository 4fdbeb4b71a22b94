# SPDX-License-Identifier: Apache-2.0
"""People in a private directory, and a client that asks for them as spocd does."""

import os
import selectors
import subprocess
import unittest

from . import process, spoc
from .certificates import Authority
from .cups import build_folder, sanitizer_options
from .directory import BASE, Directory, entry
from .process import Root

# SpocErrorCode
INVALID, NOT_FOUND, DENIED, UNAVAILABLE = 1, 2, 5, 6
HOSTILE = "*)(uid=*"

PEOPLE = [
    entry("alice", "Alice Smith", "Alice.Smith@EXAMPLE.com", language="de, en;q=0.5"),
    entry("bob", "Bob Müller", "no address", "bob@example.com", "second@example.com",
          language="pt_BR.UTF-8"),
    entry("carol", "Carol King", "carol@example.com", language="!!"),
    entry("elsewhere", "Far Away", "far@elsewhere.example"),
    entry("twin", "First Twin", "first@example.com"),
    entry("twin", "Second Twin", "second@example.com", below=f"ou=staff,{BASE}"),
    *[entry("many", f"One of many {n}", f"many{n}@example.com") for n in range(5)],
    entry("silent", "No Mail"),
    entry("broken", "Broken Mail", "a@b@c", "<x@example.com>"),
    entry(HOSTILE.replace("*", "x"), "Somebody Else", "else@example.com"),
]
ALIASES = """\
root: alice
printing: bob?language=fr, ops@example.com?language=cs
boss: carol
hidden: hidden@example.com
"""


class Client:
    """The people of a configuration, as spocd has them."""

    def __init__(self, root):
        self.root = root
        self.config = root.folder("etc/spoc") / "spoc.conf"
        self.log = root.path / "client.log"
        self.reports = root.folder("sanitizer")
        asan, ubsan = sanitizer_options(self.reports)
        self.environment = {
            "PATH": os.defpath, "LANG": "C.UTF-8", "ASAN_OPTIONS": asan, "UBSAN_OPTIONS": ubsan,
            "HOME": str(root.path), "CUPS_SERVERROOT": str(root.path / "etc"),
            "CUPS_REQUESTROOT": str(root.path / "spool"), "CUPS_CACHEDIR": str(root.path / "cache"),
            "CUPS_DATADIR": str(root.path / "share")}
        self._process = None

    def configure(self, **keys):
        values = {**spoc.TEST_CONFIG, "mailserver": "localhost", "recipientLdapBase": BASE,
                  "recipientLdapTimeout": "2s", **keys}
        self.config.write_text("".join(f"{k} = {v}\n" for k, v in values.items()))

    def start(self):
        self.stop()
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen([build_folder() / "tests/system/people-client"],
                                             env=self.environment, stderr=log, cwd=self.root.path,
                                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def command(self, *words):
        self._process.stdin.write("\t".join(words).encode() + b"\n")
        self._process.stdin.flush()

    def line(self, seconds=90.0):
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(seconds):
                raise process.Waited(f"waited {seconds:g} s in vain for an answer: {self.said()}")
        # One byte at a time: what is behind the line end must stay visible to select().
        line = b""
        while not line.endswith(b"\n"):
            byte = os.read(self._process.stdout.fileno(), 1)
            assert byte, f"the client has ended: {self.said()}"
            line += byte
        return line.decode().rstrip("\n")

    def ask(self, *words):
        """The lines of the answer, of which the first may be 'pending'."""
        self.command(*words)
        first = self.line()
        return [first, self.line()] if first == "pending" else [first]

    def answer(self, *words):
        return self.ask(*words)[-1]

    def pause_ms(self):
        self.command("pause")
        return int(self.line().split()[1])

    def stop(self):
        if self._process is None:
            return
        self._process.stdin.close()
        status = self._process.wait(60)
        self._process.stdout.close()
        self._process = None
        found = [r.read_text(errors="replace") for r in self.reports.iterdir()]
        assert status == 0 and not found, f"ended with {status}: {found} {self.said()}"

    def said(self):
        return self.log.read_text(errors="replace")

    def lines(self, level):
        return [line for line in self.said().splitlines() if line.startswith(f"{level}: ")]


class WithDirectory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keys = Root()
        cls.authority = Authority(cls.keys.folder("ca"))
        cls.certificate = cls.authority.issue()

    def setUp(self):
        self.root = Root()
        self.directory = Directory(Root(self.root.folder("ldap")), *PEOPLE)
        self.addCleanup(self.directory.stop)
        self.client = Client(Root(self.root.folder("client")))
        self.addCleanup(self.client.stop)

    def configure(self, **keys):
        aliases = self.root.path / "aliases"
        aliases.write_text(ALIASES)
        self.client.configure(**{
            "trustStore": self.authority.certificate, "trustSystemCertificates": "false",
            "recipientLdapUri": self.directory.uri, "recipientAliasFile": aliases, **keys})

    def begin(self, **keys):
        """The directory as most tests want it, and a client of it."""
        self.directory.start(self.certificate)
        self.configure(**keys)
        return self.client.start()

    def assert_error(self, answer, code, *words):
        self.assertRegex(answer, f"^error {code} ")
        for word in words:
            self.assertIn(word, answer)

    def assert_away(self, *words):
        """Nobody is found, and the log says why, once."""
        self.assert_error(self.client.answer("user", "alice"), UNAVAILABLE, *words)
        errors = [e for e in self.client.lines("ERROR") if "cannot be asked" in e]
        self.assertEqual(len(errors), 1, self.client.said())
        for word in words:
            self.assertIn(word, errors[0])
