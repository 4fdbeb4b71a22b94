#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""People from a real OpenLDAP: found and not found, TLS right and wrong, away and back.

Also tests: directory-link.c directory-search.c directory-socket.c
"""

import contextlib
import getpass
import os
import selectors
import shutil
import signal
import socket
import subprocess
import threading
import unittest

from spoctest import process, spoc
from spoctest.certificates import Authority, self_signed
from spoctest.cups import build_folder, sanitizer_options
from spoctest.directory import BASE, BIND_DN, PASSWORD, READER, Directory, entry
from spoctest.mailbox import Catcher
from spoctest.process import Root, wait_for
from spoctest.site import Site, stream

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

    def line(self, seconds=30.0):
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


class Lookup(WithDirectory):
    def test_people(self):
        self.begin()
        cases = [
            (["user", "alice"], "found Alice.Smith@example.com|Alice Smith|de|"),
            # The first value that is an address; a language as people write it
            (["user", "bob"], "found bob@example.com|Bob Müller|pt-BR|"),
            (["user", "carol"], "found carol@example.com|Carol King||"),
            (["owner", "alice"], "found Alice.Smith@example.com|Alice Smith|de|owner"),
            # The owner's address from the directory is the owner's, also where it is written out.
            (["address", "far@elsewhere.example", "elsewhere"],
             "found far@elsewhere.example|Far Away||owner"),
            # Aliases come first, and lead on to the directory.
            (["user", "root"], "found Alice.Smith@example.com|Alice Smith|de|"),
            (["user", "hidden"], "found hidden@example.com|||"),
            (["owner", "boss"], "found carol@example.com|Carol King||owner"),
        ]
        for words, expected in cases:
            with self.subTest(words):
                self.assertEqual(self.client.answer(*words), expected)
        self.client.command("user", "printing")
        self.assertEqual(self.client.line(), "found bob@example.com|Bob Müller|fr|")
        self.assertEqual(self.client.line(), "found ops@example.com||cs|")

    def test_refusals(self):
        self.begin()
        cases = [
            ("dave", NOT_FOUND, ["'dave'", BASE, "(uid=%u)"]),
            ("twin", INVALID, ["more than one entry", "'twin'"]),
            ("many", INVALID, ["more than one entry"]),
            ("silent", INVALID, ["no address", "mail", "cn=No Mail"]),
            ("broken", INVALID, ["no address"]),
            # Not a filter of its own, but a name that nobody has
            (HOSTILE, NOT_FOUND, []),
            ("*", NOT_FOUND, []),
            ("a\\2a", NOT_FOUND, []),
            ("x" * 256, INVALID, ["no name of a user"]),
            ("elsewhere", DENIED, ["notifyAllowedRecipients"]),
        ]
        for name, code, words in cases:
            with self.subTest(name):
                self.assert_error(self.client.answer("user", name), code, *words)
        self.assertEqual(self.client.answer("user", HOSTILE.replace("*", "x")),
                         "found else@example.com|Somebody Else||")
        self.assertNotIn("(uid=*)", self.directory.log.read_text())
        self.assertEqual(self.client.lines("ERROR"), [])

    def test_memory(self):
        self.begin()
        for name in ("alice", "dave"):
            self.assertEqual(self.client.ask("user", name)[0], "pending")
            self.assertNotEqual(self.client.ask("user", name)[0], "pending")
        self.assertEqual(self.directory.searches(), ["(uid=alice)", "(uid=dave)"])
        # Questions at the same time are one.
        for _ in range(5):
            self.client.command("owner", "bob")
        answers = []
        while len(answers) < 5:  # a late one finds the answer of an early one
            line = self.client.line()
            if line != "pending":
                answers.append(line)
        self.assertEqual(len(set(answers)), 1)
        self.assertEqual(self.directory.searches().count("(uid=bob)"), 1)

    def test_reload_with_an_open_question(self):
        silent = process.HangingServer()
        self.addCleanup(silent.stop)
        self.directory.start(self.certificate)
        self.configure(recipientLdapUri=f"ldaps://localhost:{silent.port}",
                       recipientLdapTimeout="60s")
        self.client.start()
        self.client.command("user", "alice")
        self.assertEqual(self.client.line(), "pending")
        self.configure()
        self.client.command("reload")
        self.assertEqual(self.client.line(), "pending")
        self.assertEqual(self.client.line(), "found Alice.Smith@example.com|Alice Smith|de|")

    def test_end_with_an_open_question(self):
        silent = process.HangingServer()
        self.addCleanup(silent.stop)
        self.configure(recipientLdapUri=f"ldap://localhost:{silent.port}",
                       recipientLdapTimeout="60s")
        self.client.start()
        self.client.command("user", "alice")
        self.assertEqual(self.client.line(), "pending")
        self.client.stop()


class Ways(WithDirectory):
    """Encryption and login that work."""

    def assert_found(self, **keys):
        self.configure(**keys)
        self.client.start()
        self.assertEqual(self.client.answer("user", "alice"),
                         "found Alice.Smith@example.com|Alice Smith|de|", self.client.said())
        self.client.stop()

    def test_encryption(self):
        self.directory.start(self.certificate, more="security ssf=0")
        self.assert_found(recipientLdapUri=self.directory.tls_uri)
        self.assert_found(recipientLdapUri=self.directory.uri)
        self.assertEqual(self.directory.log.read_text().count("TLS established"), 2)
        self.assert_found(recipientLdapUri=self.directory.local_uri)
        self.assert_found(recipientLdapUri=self.directory.uri, recipientLdapEncryption="NONE")
        self.assertEqual(self.directory.log.read_text().count("TLS established"), 2)

    def test_login(self):
        secret = self.root.path / "secret"
        secret.write_text(PASSWORD + "\n")
        login = {"recipientLdapBindDn": BIND_DN, "recipientLdapPasswordFile": secret}
        self.directory.start(self.certificate, access=READER)
        self.assert_found(recipientLdapUri=self.directory.tls_uri, **login)
        self.assert_found(**login)
        self.assert_found(recipientLdapUri=self.directory.local_uri, **login)
        # On this host nobody else can listen.
        self.assert_found(recipientLdapEncryption="NONE", **login)
        self.assert_found(recipientLdapUri=self.directory.local_uri,
                          recipientLdapSaslMechanism="EXTERNAL")

    def test_client_certificate(self):
        certificate, key = self.authority.issue("spocd", usage="clientAuth", alternative="DNS:spocd")
        self.directory.start(self.certificate, access=READER, more=(
            f"TLSCACertificateFile {self.authority.certificate}\nTLSVerifyClient demand"))
        own = {"mailClientCertificate": certificate, "mailClientKey": key,
               "recipientLdapSaslMechanism": "EXTERNAL"}
        self.assert_found(**own)
        self.assert_found(recipientLdapUri=self.directory.tls_uri, **own)

    def test_settings_of_others_do_not_count(self):
        """What ldap.conf(5) and .ldaprc say cannot turn verification off, nor lead elsewhere."""
        (self.root.path / "client/.ldaprc").write_text("TLS_REQCERT never\nURI ldap://127.0.0.1:1\n")
        (self.root.path / "client/ldaprc").write_text("TLS_REQCERT never\nSIZELIMIT 1\n")
        self.directory.start(self_signed(self.keys.path))
        self.configure(recipientLdapUri=self.directory.tls_uri)
        self.client.start()
        self.assert_away("not trusted")

    def test_next_server(self):
        dead = process.dead_port()
        self.directory.start(self.certificate)
        self.assert_found(recipientLdapUri=f"ldaps://localhost:{dead}, {self.directory.tls_uri}")
        self.assertEqual(self.client.lines("ERROR"), [])

    def test_connection_that_was_closed_meanwhile(self):
        self.directory.start(self.certificate, more="idletimeout 1")
        self.configure()
        self.client.start()
        self.assertIn("found", self.client.answer("user", "alice"))
        wait_for("slapd to hang up",
                 lambda: "closed (idletimeout)" in self.directory.log.read_text())
        self.assertEqual(self.client.answer("user", "bob"), "found bob@example.com|Bob Müller|pt-BR|")
        self.assertEqual(self.client.lines("ERROR"), [])


class Refused(WithDirectory):
    """What must not work, over StartTLS and with TLS from the first byte."""

    def both(self):
        return self.directory.uri, self.directory.tls_uri

    def assert_refused(self, uri, *words, **keys):
        with self.subTest(uri):
            self.client.log.unlink(missing_ok=True)
            self.configure(recipientLdapUri=uri, **keys)
            self.client.start()
            self.assert_away(*words)
            self.client.stop()
            self.assertEqual(self.directory.searches(), [])

    def test_wrong_root(self):
        other = Authority(self.root.folder("other"))
        self.directory.start(other.issue())
        for uri in self.both():
            self.assert_refused(uri, "not trusted", "spocctl truststore import")

    def test_wrong_host_name(self):
        self.directory.start(self.authority.issue("ldap.example.com",
                                                  alternative="DNS:ldap.example.com"))
        for uri in self.both():
            self.assert_refused(uri, "not one of localhost")
        for uri in self.both():
            self.assert_refused(uri.replace("localhost", "127.0.0.1"), "not one of 127.0.0.1")

    def test_expired(self):
        self.directory.start(self.authority.issue("old", days=-1))
        for uri in self.both():
            self.assert_refused(uri, "expired")

    def test_revoked(self):
        certificate = self.authority.issue("revoked")
        self.directory.start(certificate)
        revoked = self.authority.revocation_list(certificate[0])
        for uri in self.both():
            self.assert_refused(uri, "revoked", trustRevocationList=revoked)

    def test_old_protocol(self):
        self.directory.start(self.certificate,
                             more="TLSCipherSuite NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT")
        for uri in self.both():
            self.assert_refused(uri, "no TLS")
        # It does speak TLS: who allows that version gets through.
        self.configure(recipientLdapUri=self.directory.tls_uri,
                       cryptographicProtocolsForOutboundCommunication="TLSv1.1")
        self.client.start()
        self.assertIn("found", self.client.answer("user", "alice"), self.client.said())

    def test_starttls_refused(self):
        self.directory.start()
        self.assert_refused(self.directory.uri, "refuses StartTLS", "recipientLdapEncryption")

    def test_answer_with_something_behind_it(self):
        """Bytes behind the answer to StartTLS were said by nobody who is known."""
        success = bytes.fromhex("300c02010178070a010004000400")
        found = bytes.fromhex("300c02010265070a010004000400")
        server = socket.create_server((process.LOOPBACK, 0))
        self.addCleanup(server.close)

        def serve():
            client, _ = server.accept()
            with client, contextlib.suppress(ConnectionError):
                client.recv(1000)
                client.sendall(success + found)
                while client.recv(1000):
                    pass
        threading.Thread(target=serve, daemon=True).start()
        self.assert_refused(f"ldap://localhost:{server.getsockname()[1]}", "no TLS")

    def test_login(self):
        secret = self.root.path / "secret"
        secret.write_text("wrong\n")
        self.directory.start(self.certificate, access=READER)
        self.assert_refused(self.directory.tls_uri, "login failed", "Invalid credentials",
                            recipientLdapBindDn=BIND_DN, recipientLdapPasswordFile=secret)
        self.assertNotIn("wrong", self.client.said())

    def test_base_that_does_not_exist(self):
        self.directory.start(self.certificate)
        self.configure(recipientLdapBase="ou=nowhere,dc=example,dc=com")
        self.client.start()
        self.assert_away("No such object", "recipientLdapBase")

    def test_no_password_in_the_clear(self):
        """A host that is not this one, as far as its address tells."""
        self.configure(recipientLdapUri="ldap://ldap.example.com", recipientLdapBindDn=BIND_DN,
                       recipientLdapPassword="not to be seen", recipientLdapEncryption="NONE")
        self.client.start()
        self.client.answer("address", "x@example.com")
        error, = [e for e in self.client.lines("ERROR") if "recipientLdapEncryption" in e]
        self.assertIn("never sent to ldap.example.com", error)
        self.assertNotIn("not to be seen", self.client.said())


class Away(WithDirectory):
    def test_never_holds_up_the_main_loop(self):
        """A server that takes connections and says nothing, and one that stops in the middle."""
        silent = process.HangingServer()
        self.addCleanup(silent.stop)
        for uri in (f"ldap://localhost:{silent.port}", f"ldaps://localhost:{silent.port}"):
            self.client.log.unlink(missing_ok=True)
            self.configure(recipientLdapUri=uri, recipientLdapTimeout="3s")
            self.client.start()
            self.client.pause_ms()
            self.assert_away("recipientLdapTimeout")
            self.assertLess(self.client.pause_ms(), 1500)  # half of what it would wait
            self.client.stop()

    def test_away_and_back(self):
        self.configure()
        self.client.start()
        self.assert_away("onnection refused")
        # Not asked again for everybody
        for name in ("bob", "carol", "dave"):
            self.assertEqual(len(self.client.ask("user", name)), 1)
        # Who needs no directory gets mail.
        self.assertEqual(self.client.answer("user", "hidden"), "found hidden@example.com|||")
        self.assertEqual(self.client.answer("address", "x@example.com", "alice"),
                         "found x@example.com|||")
        self.directory.start(self.certificate)
        wait_for("it to be asked again",
                 lambda: self.client.answer("user", "alice").startswith("found Alice.Smith@"))
        self.assertEqual(len(self.client.lines("ERROR")), 1, self.client.said())
        self.assertIn("INFO: the directory of recipientLdapUri answers again", self.client.said())

    def test_stops_in_the_middle(self):
        self.begin(recipientLdapTimeout="3s")
        self.assertIn("found", self.client.answer("user", "alice"))
        self.directory.signal(signal.SIGSTOP)
        self.client.pause_ms()
        self.assert_error(self.client.answer("user", "bob"), UNAVAILABLE)
        self.assertLess(self.client.pause_ms(), 1500)  # half of what it would wait
        # What is remembered still counts.
        self.assertIn("found", self.client.answer("user", "alice"))
        self.directory.signal(signal.SIGCONT)
        wait_for("bob", lambda: self.client.answer("user", "bob").startswith("found bob@"))

    def test_fallback(self):
        self.configure(recipientLdapWhenAway="recipientDomain")
        self.client.start()
        self.assertEqual(self.client.answer("user", "alice"), "found alice@example.com|||")
        self.directory.start(self.certificate)
        wait_for("alice's own address",
                 lambda: self.client.answer("user", "alice").startswith("found Alice.Smith@"))
        self.assert_error(self.client.answer("user", "dave"), NOT_FOUND)


class Documents(WithDirectory):
    """Through spocd: documents wait for the directory, other mail goes on."""

    def setUp(self):
        super().setUp()
        self.catcher = Catcher(self.root.folder("mails"))
        self.addCleanup(self.catcher.stop)
        self.document = self.root.path / "a page.txt"
        self.document.write_text("One line.\n")
        self.site = None

    def serve(self, **keys):
        self.site = Site(self.catcher.port, **{
            "trustStore": self.authority.certificate, "trustSystemCertificates": "false",
            "recipientLdapUri": self.directory.uri, "recipientLdapBase": BASE,
            "recipientLdapTimeout": "1s", **keys})
        self.addCleanup(self.site.stop)
        self.site.start()
        wait_for("spocd", self.site.answers)

    def wake(self):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self.site.spool / "control"))
            client.sendall(b"wake\n")
        return True

    def send(self, to):
        return self.site.spocctl("send", "--to", to, str(self.document))

    def test_found(self):
        self.directory.start(self.certificate)
        self.serve()
        sent = self.send("alice")
        self.assertEqual(sent.returncode, 0, sent.stderr + self.site.log())
        mail, = self.catcher.wait(1)
        self.assertEqual(mail.recipients, ["Alice.Smith@example.com"])
        self.assertEqual(mail.message["To"], "Alice Smith <Alice.Smith@example.com>")
        for name, words in (("dave", "no entry"), ("twin", "more than one entry")):
            sent = self.send(name)
            self.assertNotEqual(sent.returncode, 0)
            self.assertIn(words, sent.stdout + sent.stderr)

    def test_subscribe(self):
        """Who would get nothing is said at once."""
        self.directory.start(self.certificate)
        self.serve()
        self.site.environment["CUPS_SERVER"] = f"localhost:{process.dead_port()}"
        for name, words in (("dave", "mail to dave will not go out"), ("alice", None),
                            ("elsewhere", "notifyAllowedRecipients does not allow far@"),
                            ("@owner", None)):
            done = self.site.spocctl("subscribe", name)
            self.assertEqual(done.returncode, 1)  # there is no CUPS
            if words is None:
                self.assertNotIn("will not go out", done.stderr)
            else:
                self.assertIn(words, done.stderr)

    def test_away(self):
        self.serve()
        sent = self.send("alice")
        self.assertEqual(sent.returncode, 0, sent.stderr + self.site.log())
        self.assertEqual(self.catcher.mails, [])
        # It doesn't hold up who needs no directory.
        self.assertEqual(self.send("bob@example.com").returncode, 0)
        self.catcher.wait(1)
        self.directory.start(self.certificate)
        # A minute later it would be tried without being asked.
        wait_for("alice's document", lambda: self.wake() and len(self.catcher.mails) == 2)
        self.assertEqual(self.catcher.mails[1].recipients, ["Alice.Smith@example.com"])
        self.site.wait_empty()

    def test_notifications(self):
        """Found with name and language; who is not there gets none, which is said once."""
        self.directory.start(self.certificate)
        self.serve()
        self.site.notify(stream([1]), "spoc:alice,dave,twin")
        mail, = self.catcher.wait(1)
        self.site.wait_empty()
        self.assertEqual([m.recipients for m in self.catcher.mails],
                         [["Alice.Smith@example.com"]])
        self.assertEqual(mail.message["To"], "Alice Smith <Alice.Smith@example.com>")
        self.assertIn("Gedruckt", mail.subject)
        for words in ("no mail to 'dave'", "no mail to 'twin'"):
            self.assertEqual(self.site.log().count(words), 1, self.site.log())

    def test_notifications_while_it_is_away(self):
        """Hers wait; others' go on being delivered; she gets hers when it is back."""
        self.serve()
        self.site.notify(stream(range(1, 4)), "spoc:alice")
        wait_for("the directory to be found away", lambda: "cannot be asked" in self.site.log())
        for number in range(10, 30):
            self.site.notify(stream([number]), "spoc:bob@example.com")
        self.catcher.wait(20)
        self.assertEqual({m.recipients[0] for m in self.catcher.mails}, {"bob@example.com"})
        self.directory.start(self.certificate)
        self.site.wait_empty()
        hers = [m for m in self.catcher.mails if m.recipients != ["bob@example.com"]]
        self.assertEqual([m.recipients for m in hers], [["Alice.Smith@example.com"]] * 3)

    def test_one_run_while_it_is_away(self):
        """spocd --once does not wait for it: something waits for a later try."""
        self.serve()
        self.site.stop()
        self.site.notify(stream([1]), "spoc:alice")
        self.assertEqual(self.site.once(), 75)
        self.assertEqual(self.catcher.mails, [])
        self.directory.start(self.certificate)
        self.assertEqual(self.site.once(), 0)
        self.assertEqual(self.catcher.mails[0].recipients, ["Alice.Smith@example.com"])

    def test_owner_of_a_failed_document(self):
        """spocctl's user, root, is known by an alias; by then the directory is away."""
        self.directory.start(self.certificate)
        self.catcher.refuse = lambda envelope: "451 4.3.0 later"
        aliases = self.root.path / "aliases"
        aliases.write_text(f"{getpass.getuser()}: carol\n")
        keys = {"recipientAliasFile": aliases, "mailRetrySchedule": "1s", "mailMaxAge": "1d"}
        self.serve(**keys)
        self.assertEqual(self.send("alice").returncode, 0)
        self.directory.stop()
        # A spocd that remembers nobody
        self.site.stop()
        self.catcher.refuse = lambda envelope: (
            None if "carol@example.com" in envelope.rcpt_tos else "550 5.1.1 never")
        self.site.start()
        mail, = self.catcher.wait(1)
        self.assertEqual(mail.recipients, ["carol@example.com"])

    def test_check(self):
        cases = [
            ({"recipientLdapFilter": "(uid=%u"}, "is no filter"),
            ({"recipientLdapFilter": "(uid=x)"}, "does not name the user"),
            ({"recipientLdapBase": "[EMPTY]"}, "recipientLdapBase"),
            ({"recipientLdapSaslMechanism": "PLAIN"}, "EXTERNAL or GSSAPI"),
            ({"recipientLdapBindDn": BIND_DN}, "without a password"),
            ({"recipientLdapUri": "ldap://ldap.example.com", "recipientLdapEncryption": "NONE",
              "recipientLdapBindDn": BIND_DN, "recipientLdapPassword": "seen by nobody"},
             "never sent to ldap.example.com"),
            ({"recipientLdapUri": "http://ldap.example.com"}, "ldaps or ldap or ldapi"),
            ({"recipientLdapAddressAttribute": "mail)(x"}, "no attribute"),
        ]
        self.serve()
        for keys, words in cases:
            with self.subTest(words):
                self.site.configure(self.catcher.port, **{
                    "recipientLdapUri": self.directory.uri, "recipientLdapBase": BASE, **keys})
                done = self.site.spocctl("check")
                self.assertEqual(done.returncode, 1)
                self.assertIn(words, done.stdout)
                shown = self.site.spocctl("config").stdout + done.stdout + done.stderr
                self.assertNotIn("seen by nobody", shown + self.site.log())


if __name__ == "__main__":
    if not shutil.which("slapd", path="/usr/sbin"):
        print("skipped: slapd is not installed (tests/setup)")
        raise SystemExit(77)
    unittest.main(verbosity=2)
