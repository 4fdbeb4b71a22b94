#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""People from a real OpenLDAP: found and not found, TLS right and wrong, away and back.

Also tests: directory-link.c directory-search.c directory-socket.c
"""

import contextlib
import shutil
import socket
import threading
import unittest

from spoctest import process
from spoctest.certificates import Authority, self_signed
from spoctest.directory import BASE, BIND_DN, PASSWORD, READER
from spoctest.people import WithDirectory, HOSTILE, INVALID, NOT_FOUND, DENIED, UNAVAILABLE
from spoctest.process import wait_for


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

    def test_common_name_alone(self):
        self.directory.start(self.authority.issue(alternative=None))
        for uri in self.both():
            self.assert_refused(uri, "subjectAltName")

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
            self.assertNotIn("refuses", self.client.said())
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
        self.directory.halt()
        self.client.pause_ms()
        self.assert_error(self.client.answer("user", "bob"), UNAVAILABLE)
        self.assertLess(self.client.pause_ms(), 1500)  # half of what it would wait
        # What is remembered still counts.
        self.assertIn("found", self.client.answer("user", "alice"))
        self.directory.go_on()
        wait_for("bob", lambda: self.client.answer("user", "bob").startswith("found bob@"))

    def test_fallback(self):
        self.configure(recipientLdapWhenAway="recipientDomain")
        self.client.start()
        self.assertEqual(self.client.answer("user", "alice"), "found alice@example.com|||")
        self.directory.start(self.certificate)
        wait_for("alice's own address",
                 lambda: self.client.answer("user", "alice").startswith("found Alice.Smith@"))
        self.assert_error(self.client.answer("user", "dave"), NOT_FOUND)


if __name__ == "__main__":
    if not shutil.which("slapd", path="/usr/sbin"):
        print("skipped: slapd is not installed (tests/setup)")
        raise SystemExit(77)
    unittest.main(verbosity=2)
