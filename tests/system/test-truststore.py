#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Also tests: trust/edit.c, trust/peek.c, ctl/certificate-print.c
"""`spocctl truststore` beside Java's keytool on the same stores, and what it takes from servers."""

import json
import os
import pty
import select
import shutil
import signal
import socket
import ssl
import subprocess
import unittest

from spoctest import process, spoc
from spoctest.certificates import Authority, fingerprint
from spoctest.cups import Cups
from spoctest.process import Root, need_root
from spoctest.tlsserver import TlsServer, context

PASSWORD = "changeit"
MANY = 140


class Truststore(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = Root()
        cls.authority = Authority(cls.root.folder("ca"))
        cls.middle = Authority(cls.root.folder("middle"), cls.authority, "An intermediate")
        cls.leaf = cls.authority.issue()
        cls.cups = Cups(Root(cls.root.folder("cups")), start=False)
        cls.addClassCleanup(cls.cups.stop)
        spoc.configure(cls.cups, mailserver="localhost")
        cls.store = cls.root.path / "cups/etc/spoc/ssl-truststore"

    def setUp(self):
        self.store.unlink(missing_ok=True)
        self.work = Root(self.root.folder(self.id().rsplit(".", 1)[1])).path

    # Plumbing

    def spocctl(self, *arguments, status=0, store=None):
        more = ["--store", store] if store is not None else []
        done = self.cups.run("spocctl", "truststore", *arguments, *more, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def take(self, alias, certificate, *more, **options):
        return self.spocctl("import", "--alias", alias, "--yes", *more, certificate, **options)

    def listed(self, store=None):
        """alias → SHA-256"""
        more = ["--store", store] if store is not None else []
        done = self.cups.run("spocctl", "truststore", "list", "--json", *more)
        return {e["alias"]: e["sha256"] for e in json.loads(done.stdout)}

    def keytool(self, *arguments, store=None, **options):
        # The file encoding is for aliases in arguments.
        done = subprocess.run(
            ["keytool", "-J-Dfile.encoding=UTF-8", "-J-Dsun.jnu.encoding=UTF-8", *map(
                str, arguments), "-keystore", str(store or self.store), "-storepass", PASSWORD],
            env={"PATH": os.defpath, "LANG": "C.UTF-8"}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120, check=False, **options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def keytool_listed(self, store=None):
        """alias → SHA-256 of the trusted certificates"""
        lines = self.keytool("-list", store=store).splitlines()
        return {a.partition(",")[0]: b.rpartition(" ")[2] for a, b in zip(lines, lines[1:])
                if "trustedCertEntry" in a}

    def on_terminal(self, answer, *arguments):
        """Runs it on a terminal and answers when it asks: (exit status, what it said)."""
        leader, follower = pty.openpty()
        with subprocess.Popen([self.cups.commands["spocctl"], "truststore", *map(str, arguments)],
                              env=self.cups.environment, stdin=follower, stdout=follower,
                              stderr=follower, start_new_session=True) as started:
            os.close(follower)
            said, answered = b"", False
            while select.select([leader], [], [], 30)[0]:
                try:
                    piece = os.read(leader, 4096)
                except OSError:  # the other end is closed
                    break
                if not piece:
                    break
                said += piece
                if not answered and said.rstrip().endswith(b"[y/N]"):
                    os.write(leader, answer)
                    answered = True
            os.close(leader)
            self.assertTrue(answered, said)
            return started.wait(90), said.decode()

    # With keytool

    def test_the_page_s_command_on_our_store(self):
        self.take("ours", self.authority.certificate)
        self.keytool("-import", "-noprompt", "-file", self.middle.certificate, "-alias", "theirs")
        both = {"ours": fingerprint(self.authority.certificate),
                "theirs": fingerprint(self.middle.certificate)}
        self.assertEqual(self.listed(), both)
        self.assertEqual(self.keytool_listed(), both)
        # And on, in turn.
        self.take("leaf", self.leaf[0], "--leaf")
        self.keytool("-delete", "-alias", "ours")
        self.spocctl("delete", "theirs")
        self.assertEqual(self.keytool_listed(), {"leaf": fingerprint(self.leaf[0])})
        self.assertEqual(self.listed(), self.keytool_listed())

    def test_a_store_that_is_not_there(self):
        for more in (("list",), ("list", "--json"), ("show", "root"), ("export", "root")):
            with self.subTest(more):
                said = self.spocctl(*more, store=self.work / "no/such", status=1)
                self.assertIn(str(self.work / "no/such"), said)

    def test_the_page_s_command_makes_the_store(self):
        self.keytool("-import", "-noprompt", "-file", self.authority.certificate, "-alias", "root")
        self.assertEqual(self.listed(), {"root": fingerprint(self.authority.certificate)})
        exported = self.cups.run("spocctl", "truststore", "export", "root").stdout
        self.assertEqual(ssl.PEM_cert_to_DER_cert(exported),
                         ssl.PEM_cert_to_DER_cert(self.authority.certificate.read_text()))
        self.assertIn("trusted", self.keytool("-list", "-v").lower())

    def test_ours_on_keytool_s_formats(self):
        for kind in ("JKS", "JCEKS", "PKCS12"):
            with self.subTest(kind):
                store = self.work / kind
                self.keytool("-import", "-noprompt", "-storetype", kind, "-file",
                             self.authority.certificate, "-alias", "Root A", store=store)
                self.assertEqual(list(self.listed(store).values()),
                                 [fingerprint(self.authority.certificate)])
                said = self.take("middle", self.middle.certificate, store=store)
                self.assertEqual("PKCS#12 now" in said, kind != "PKCS12", said)
                self.assertEqual(sorted(self.keytool_listed(store)), ["middle", "root a"])
                self.spocctl("delete", "ROOT A", store=store)
                self.assertEqual(list(self.listed(store)), ["middle"])

    def test_a_private_key_is_never_lost(self):
        store = self.work / "keys"
        for kind in ("PKCS12", "JKS"):
            store.unlink(missing_ok=True)
            self.keytool("-genkeypair", "-keyalg", "EC", "-storetype", kind, "-alias", "mine",
                         "-dname", "CN=mine", "-keypass", PASSWORD, store=store)
            before = store.read_bytes()
            said = self.take("root", self.authority.certificate, store=store, status=1)
            self.assertIn("keytool", said)
            self.assertEqual(store.read_bytes(), before)
            self.assertEqual(self.listed(store), {})

    def test_many_entries_and_aliases_of_the_world(self):
        names = [f"wurzel-ä-{n}-根-корень" for n in range(MANY)]
        made = self.work / "ours"
        key = self.work / "key"
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out",
                        key], check=True)
        for n, name in enumerate(names):
            certificate = self.work / "one.pem"
            subprocess.run(["openssl", "req", "-x509", "-key", key, "-days", "30", "-subj",
                            f"/CN=Root {n}", "-out", certificate], check=True)
            self.take(name, certificate, store=made)
        ours = self.listed(made)
        self.assertEqual(sorted(ours), sorted(names))
        self.assertEqual(self.keytool_listed(made), ours)
        for kind in ("JKS", "JCEKS", "PKCS12"):
            with self.subTest(kind):
                copy = self.work / kind
                subprocess.run(["keytool", "-importkeystore", "-srckeystore", made, "-destkeystore",
                                copy, "-deststoretype", kind, "-srcstorepass", PASSWORD,
                                "-deststorepass", PASSWORD, "-noprompt"], check=True,
                               capture_output=True, stdin=subprocess.DEVNULL,
                               env={"PATH": os.defpath, "LANG": "C.UTF-8"})
                self.assertEqual(self.listed(copy), ours)
        self.assertIn("CN=Root 7\n", self.spocctl("show", names[7], store=made))

    # Files

    def test_owner_and_mode_stay(self):
        self.take("root", self.authority.certificate)
        self.assertEqual(self.store.stat().st_mode & 0o777, 0o644)
        shutil.chown(self.store, "lp", "lp")
        self.store.chmod(0o640)
        before = self.store.stat()
        self.take("middle", self.middle.certificate)
        after = self.store.stat()
        self.assertEqual((after.st_uid, after.st_gid, after.st_mode),
                         (before.st_uid, before.st_gid, before.st_mode))
        self.assertNotEqual(after.st_ino, before.st_ino, "it was written over in place")
        # A link stays one.
        link = self.work / "link"
        link.symlink_to(self.store)
        self.spocctl("delete", "middle", store=link)
        self.assertTrue(link.is_symlink())
        self.assertEqual(list(self.listed()), ["root"])

    def test_killed_at_any_moment_the_store_is_whole(self):
        self.take("root", self.authority.certificate)
        known, killed = 1, 0
        for n in range(40):
            started = subprocess.Popen(
                [self.cups.commands["spocctl"], "truststore", "import", "--yes", "--alias",
                 f"a{n}", str(self.middle.certificate)], env=self.cups.environment,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                started.wait(0.002 * n)
            except subprocess.TimeoutExpired:
                started.kill()
            killed += started.wait() == -signal.SIGKILL
            entries = self.listed()
            self.assertIn(len(entries), (known, known + 1))
            known = len(entries)
        self.assertGreater(killed, 0)
        self.take("last", self.middle.certificate)
        self.assertEqual(self.keytool_listed(), self.listed())
        left = [f.name for f in self.store.parent.iterdir() if "truststore" in f.name]
        self.assertEqual(left, ["ssl-truststore"])

    def test_a_damaged_store_is_left_alone(self):
        self.take("root", self.authority.certificate)
        damaged = self.store.read_bytes()[:-10]
        self.store.write_bytes(damaged)
        for command in (("list",), ("show", "root"), ("export", "root"), ("delete", "root")):
            self.assertIn(str(self.store), self.spocctl(*command, status=1))
        self.take("middle", self.middle.certificate, status=1)
        self.assertEqual(self.store.read_bytes(), damaged)

    def test_entries(self):
        self.assertEqual(self.listed(), {})
        self.take("root", self.authority.certificate)
        entry, = json.loads(self.cups.run("spocctl", "truststore", "list", "--json").stdout)
        self.assertTrue(entry["authority"])
        self.assertIn("Root of this test run", entry["subject"])
        self.assertEqual(entry["subject"], entry["issuer"])
        self.assertLess(entry["not_before_unix_s"], entry["not_after_unix_s"])
        shown = self.spocctl("show", "root")
        for word in ("Subject:", "Issuer:", "Valid:", fingerprint(self.authority.certificate)):
            self.assertIn(word, shown)
        self.assertIn("already", self.take("root", self.authority.certificate))
        self.assertIn("already", self.take("root", self.middle.certificate, status=1))
        for command in ("show", "export", "delete"):
            self.assertIn("nobody", self.spocctl(command, "nobody", status=1))
        for wrong in ((), ("show",), ("import", "--yes", self.middle.certificate), ("frobnicate",)):
            self.spocctl(*wrong, status=2)
        self.assertIn("no-such", self.take("a", self.work / "no-such", status=1))

    # Asking

    def test_it_asks(self):
        command = ("import", "--alias", "root", self.authority.certificate)
        said = self.spocctl(*command, status=2)
        self.assertIn("--yes", said)
        self.assertFalse(self.store.exists())
        for answer in (b"\n", b"n\n", b"no\n", b"\x04"):
            status, said = self.on_terminal(answer, *command)
            self.assertEqual(status, 1, said)
            self.assertFalse(self.store.exists())
        for word in ("Subject:", "Issuer:", "Valid:", fingerprint(self.authority.certificate)):
            self.assertIn(word, said)
        status, said = self.on_terminal(b"y\n", *command)
        self.assertEqual(status, 0, said)
        self.assertEqual(list(self.listed()), ["root"])

    def test_a_leaf_only_when_told(self):
        self.assertIn("--leaf", self.take("leaf", self.leaf[0], status=1))
        self.assertFalse(self.store.exists())
        self.take("leaf", self.leaf[0], "--leaf")
        self.assertEqual(self.listed(), {"leaf": fingerprint(self.leaf[0])})

    # From a server

    def server(self, starttls, **options):
        """One whose chain is complete, its root included."""
        chain, key = self.middle.issue()
        full = self.work / "full.pem"
        full.write_bytes(chain.read_bytes() + self.authority.certificate.read_bytes())
        server = TlsServer(context((full, key), **options), starttls)
        self.addCleanup(server.stop)
        return server

    def test_from_a_server(self):
        root = fingerprint(self.authority.certificate)
        wrong = root[:-1] + ("0" if root[-1] != "0" else "1")
        for starttls in (True, False):
            with self.subTest(starttls=starttls):
                self.store.unlink(missing_ok=True)
                server = self.server(starttls)
                command = ("import", "--alias", "root", "--yes", "--from-server",
                           f"localhost:{server.port}")
                said = self.spocctl(*command, status=1)
                for word in (root, fingerprint(self.middle.certificate), "--fingerprint",
                             "openssl x509"):
                    self.assertIn(word, said)
                said = self.spocctl(*command, "--fingerprint", wrong, status=1)
                self.assertIn("nothing was imported", said)
                self.spocctl(*command, "--fingerprint", root[:-3], status=2)
                self.assertFalse(self.store.exists())
                self.spocctl(*command, "--fingerprint", root.replace(":", "").lower())
                self.assertEqual(self.listed(), {"root": root})
                self.spocctl("import", "--alias", "middle", "--yes", "--from-server",
                             f"localhost:{server.port}", "--fingerprint",
                             fingerprint(self.middle.certificate))
                self.assertEqual(sorted(self.listed()), ["middle", "root"])
                self.assertFalse(server.heard_of_mail())

    def test_from_a_server_it_asks_as_well(self):
        server = self.server(True)
        command = ("import", "--alias", "root", "--from-server", f"localhost:{server.port}",
                   "--fingerprint", fingerprint(self.authority.certificate))
        self.assertIn("--yes", self.spocctl(*command, status=2))
        self.assertEqual(self.on_terminal(b"n\n", *command)[0], 1)
        self.assertFalse(self.store.exists())
        self.assertEqual(self.on_terminal(b"yes\n", *command)[0], 0)
        self.assertEqual(list(self.listed()), ["root"])

    def test_servers_that_show_nothing(self):
        silent = socket.create_server((process.LOOPBACK, 0))
        self.addCleanup(silent.close)
        for port in (process.dead_port(), silent.getsockname()[1]):
            said = self.spocctl("import", "--alias", "a", "--yes", "--from-server",
                                f"localhost:{port}", status=1)
            self.assertIn(f"localhost:{port}", said)
        self.spocctl("import", "--alias", "a", "--from-server", "local host", status=2)


if __name__ == "__main__":
    need_root()
    unittest.main()
