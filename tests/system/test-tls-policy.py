#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Also tests: delivery/connect.c, runtime/runtime.c
"""Which servers get a mail from spocd: those that the TLS policy and the trust store allow, and
of the others none learns a byte of it."""

import os
import shutil
import ssl
import unittest

from spoctest import process, spoc
from spoctest.certificates import Authority, pin_of, self_signed
from spoctest.cups import Cups
from spoctest.process import Root, need_root
from spoctest.tlsserver import TlsServer, context

URI = "spoc:alice@example.com"
PROTOCOLS = "cryptographicProtocolsForOutboundCommunication"
SUITES = "customCipherSuitesForOutboundCommunication"
ALLOW = "allowCustomCipherSuitesForOutboundCommunication"
VERSIONS = {"TLSv1": ssl.TLSVersion.TLSv1, "TLSv1.1": ssl.TLSVersion.TLSv1_1,
            "TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


class Policy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = Root()
        cls.authority = Authority(cls.root.folder("ca"))
        cls.stranger = Authority(cls.root.folder("stranger"), name="Another root")
        cls.middle = Authority(cls.root.folder("middle"), cls.authority, "An intermediate")
        cls.good = cls.authority.issue()
        cls.cups = Cups(Root(cls.root.folder("cups")), start=False)
        cls.addClassCleanup(cls.cups.stop)
        cls.number = 0

    def setUp(self):
        self.spocd = None
        self.addCleanup(self.stop)

    # Plumbing

    def stop(self):
        if self.spocd is not None:
            self.spocd.stop()
            self.spocd = None
        spoc.clear_spool(self.cups)

    def serve(self, certificate=None, starttls=False, **options):
        server = TlsServer(context(certificate or self.good, **options), starttls)
        self.addCleanup(server.stop)
        return server

    def configure(self, server, **keys):
        values = {"notifyUnverified": "send", "startDaemon": "never", "mailRetrySchedule": "1h",
                  "trustStore": self.authority.certificate, "trustSystemCertificates": "false",
                  "mailserver": f"localhost:{server.port}",
                  "mailSmtpEncryption": "STARTTLS_REQUIRED" if server.starttls else "SSL_TLS",
                  **keys}
        spoc.configure(self.cups, **values)

    def notify(self):
        type(self).number += 1
        spoc.notify(self.cups, URI, spoc.event(self.number, job_id=self.number))

    def reasons(self):
        return " ".join(str(m["reason"]) for m in spoc.queue(self.cups))

    def deliver(self, server, **keys):
        """One mail by `spocd --once`: (exit status, what it said and what the queue says)."""
        server.forget()
        self.configure(server, **keys)
        self.notify()
        status, said = spoc.spocd_once(self.cups)
        said += self.reasons()
        spoc.clear_spool(self.cups)
        return status, said

    def assert_taken(self, server, **keys):
        status, said = self.deliver(server, **keys)
        self.assertEqual((status, len(server.mails)), (0, 1), said)
        self.assertNotIn(b"MAIL FROM", server.clear)

    def assert_refused(self, server, word, status=75, **keys):
        got, said = self.deliver(server, **keys)
        self.assertEqual(got, status, said)
        self.assertFalse(server.heard_of_mail(), server.clear + server.secret)
        self.assertIn(word, said)
        if status == 78:
            self.assertEqual(server.connections, 0, "it was asked although nothing may go out")

    def start_spocd(self):
        self.log = self.root.path / "spocd.log"
        self.log.unlink(missing_ok=True)
        self.spocd = process.Process([self.cups.spocd, "--foreground"], self.log,
                                     env=self.cups.environment)
        self.spocd.ready((self.cups.spool / "control").exists)

    def changes(self):
        return self.log.read_text().count("the configuration has changed")

    # Versions and suites

    def test_versions(self):
        servers = {name: self.serve(version=version) for name, version in VERSIONS.items()}
        for chosen in ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", "TLSv1.3,TLSv1.2",
                       "TLSv1.2, TLSv1.1"):
            for name, server in servers.items():
                with self.subTest(server=name, chosen=chosen):
                    keys = {PROTOCOLS: chosen, ALLOW: "disabled"}
                    if name in chosen.replace(" ", "").split(","):
                        self.assert_taken(server, **keys)
                        self.assertEqual(server.used[0][0], name)
                    else:
                        self.assert_refused(server, PROTOCOLS, **keys)

    def test_the_default_is_tls_1_2(self):
        self.assert_taken(self.serve(version=VERSIONS["TLSv1.2"]))
        self.assert_taken(self.serve(version=VERSIONS["TLSv1.2"], starttls=True))
        self.assert_refused(self.serve(version=VERSIONS["TLSv1.3"]), PROTOCOLS)
        self.assert_refused(self.serve(version=VERSIONS["TLSv1.1"], starttls=True), PROTOCOLS)

    def test_suites(self):
        suites = {"ECDHE-RSA-AES128-GCM-SHA256": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                  "ECDHE-RSA-AES256-GCM-SHA384": "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
                  "ECDHE-RSA-CHACHA20-POLY1305": "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
                  "AES256-SHA": "TLS_RSA_WITH_AES_256_CBC_SHA"}
        servers = {name: self.serve(version=VERSIONS["TLSv1.2"], suites=name) for name in suites}
        for own, iana in suites.items():
            for name, server in servers.items():
                # Each name is tried where it fits, and in turn where it does not.
                for chosen in (own, iana) if name == own else ((own, iana)[len(name) % 2],):
                    with self.subTest(server=name, chosen=chosen):
                        if name == own:
                            self.assert_taken(server, **{SUITES: chosen})
                            self.assertEqual(server.used, [("TLSv1.2", name)])
                        else:
                            self.assert_refused(server, SUITES, **{SUITES: chosen})
        with self.subTest("the default has neither CBC nor plain RSA"):
            self.assert_refused(servers["AES256-SHA"], SUITES)
        with self.subTest("switched off, OpenSSL chooses"):
            self.assert_taken(servers["AES256-SHA"], **{ALLOW: "false", SUITES: "NONSENSE"})

    def test_suites_of_tls_1_3(self):
        server = self.serve(version=VERSIONS["TLSv1.3"])
        for suite in ("TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"):
            self.assert_taken(server, **{PROTOCOLS: "TLSv1.3", SUITES: suite})
            self.assertEqual(server.used, [("TLSv1.3", suite)])
        self.assert_taken(server, **{PROTOCOLS: "TLSv1.3,TLSv1.2", SUITES:
                                     "TLS_AES_256_GCM_SHA384,ECDHE-RSA-AES128-GCM-SHA256"})

    def test_a_policy_that_cannot_work_is_said_before_a_server_is_asked(self):
        server = self.serve()
        for keys, word in (
                ({PROTOCOLS: "TLSv1.3,TLSv1.1"}, "TLSv1.2"),
                ({PROTOCOLS: "TLSv1.3", SUITES: "TLS_RSA_WITH_AES_256_CBC_SHA"}, ALLOW),
                ({PROTOCOLS: "TLSv1.2", SUITES: "TLS_AES_256_GCM_SHA384"}, ALLOW),
                ({SUITES: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_NO_SUCH"}, "TLS_NO_SUCH"),
                ({PROTOCOLS: "SSLv3"}, "TLSv1.3 TLSv1.2 TLSv1.1 TLSv1"),
                ({"mailSmtpEncryption": "TLS"}, "STARTTLS_REQUIRED")):
            with self.subTest(**keys):
                self.assert_refused(server, word, 78, **keys)

    # Certificates

    def test_certificates(self):
        expired = self.authority.issue("expired", days=-1)
        other = self.authority.issue("other", alternative="DNS:mail.example.com")
        nameless = self.authority.issue(alternative=None)
        for starttls in (False, True):
            for name, certificate in (("expired", expired), ("wrong host", other),
                                      ("common name alone", nameless),
                                      ("self-signed", self_signed(self.root.path)),
                                      ("unknown root", self.stranger.issue())):
                with self.subTest(name, starttls=starttls):
                    self.assert_refused(self.serve(certificate, starttls), "certificate")
        with self.subTest("STARTTLS does not go on without encryption"):
            self.assert_refused(self.serve(expired, True), "certificate",
                                mailSmtpEncryption="STARTTLS")
        with self.subTest("a self-signed one that is in the store"):
            certificate = self_signed(self.root.path)
            self.assert_taken(self.serve(certificate), trustStore=certificate[0])

    def test_chains(self):
        chain, key = self.middle.issue()
        alone = self.root.path / "alone.pem"
        end = b"-----END CERTIFICATE-----\n"
        alone.write_bytes(chain.read_bytes().partition(end)[0] + end)
        complete, incomplete = self.serve((chain, key)), self.serve((alone, key))
        self.assert_taken(complete)
        self.assert_refused(incomplete, "certificate")
        for server in (complete, incomplete):
            self.assert_taken(server, trustStore=self.middle.certificate)
        self.assert_refused(self.serve(), "certificate", trustStore=self.middle.certificate)

    def test_revoked(self):
        revoked, fine = self.authority.issue("revoked"), self.authority.issue("fine")
        crl = self.authority.revocation_list(revoked[0])
        self.assert_taken(self.serve(revoked))
        self.assert_refused(self.serve(revoked), "revoked", trustRevocationList=crl)
        self.assert_taken(self.serve(fine), trustRevocationList=crl)
        with self.subTest("a list of somebody else says nothing, and nothing is not enough"):
            self.assert_refused(self.serve(fine), "trustRevocationList",
                                trustRevocationList=self.stranger.revocation_list())
        with self.subTest("an authority between the server and the root"):
            middle = Authority(self.root.folder("revoked-middle"), self.authority, "Revoked")
            server, lists = self.serve(middle.issue()), self.root.path / "lists.crl"
            lists.write_bytes(middle.revocation_list().read_bytes() + crl.read_bytes())
            self.assert_taken(server, trustRevocationList=lists)
            crl = self.authority.revocation_list(middle.certificate)
            lists.write_bytes(middle.revocation_list().read_bytes() + crl.read_bytes())
            self.assert_refused(server, "revoked", trustRevocationList=lists)
        with self.subTest("no list where one should be"):
            self.assert_refused(self.serve(fine), "trustRevocationList", 78,
                                trustRevocationList=self.authority.certificate)

    def test_pins(self):
        server, mine, other = self.serve(), pin_of(self.good[0]), pin_of(self.stranger.certificate)
        self.assert_taken(server, mailTlsPinnedPublicKey=mine)
        self.assert_taken(server, mailTlsPinnedPublicKey=f"{other}, {mine}")
        self.assert_refused(server, "mailTlsPinnedPublicKey", mailTlsPinnedPublicKey=other)
        with self.subTest("a pin is no trust"):
            stranger = self.stranger.issue("pinned")
            self.assert_refused(self.serve(stranger), "certificate",
                                mailTlsPinnedPublicKey=pin_of(stranger[0]))

    def test_client_certificate(self):
        chain, key = self.stranger.issue("client", usage="clientAuth")
        shutil.chown(key, "lp", "lp")
        both = self.root.path / "both.pem"
        both.write_bytes(chain.read_bytes() + key.read_bytes())
        shutil.chown(both, "lp", "lp")
        for version in ("TLSv1.2", "TLSv1.3"):
            server = self.serve(version=VERSIONS[version], client_root=self.stranger.certificate)
            keys = {PROTOCOLS: version}
            with self.subTest(version):
                self.assert_refused(server, "mailClientCertificate", **keys)
                self.assert_taken(server, mailClientCertificate=chain, mailClientKey=key, **keys)
                self.assert_taken(server, mailClientCertificate=both, **keys)
                self.assert_refused(server, "mailClientKey", 78, mailClientCertificate=chain,
                                    mailClientKey=self.good[1], **keys)

    # The store

    def test_a_damaged_store_stops_all_mail(self):
        server = self.serve()
        store = self.root.path / "cups/etc/spoc/store"
        self.configure(server, trustStore=store)
        self.cups.run("spocctl", "truststore", "import", "--alias", "root", "--yes",
                      self.authority.certificate)
        whole = store.read_bytes()
        self.assert_taken(server, trustStore=store)
        for name, content in (("truncated", whole[:-20]), ("empty", b""),
                              ("changed", whole[:200] + b"????" + whole[204:]),
                              ("rubbish", os.urandom(2000)), ("a page", b"<html></html>\n")):
            with self.subTest(name):
                store.write_bytes(content)
                # The system's roots would not do instead.
                for system in ("true", "false"):
                    self.assert_refused(server, str(store), 78, trustStore=store,
                                        trustSystemCertificates=system)
        store.write_bytes(whole)
        with self.subTest("wrong password"):
            self.assert_refused(server, "trustStorePassword", 78, trustStore=store,
                                trustStorePassword="guess")
        with self.subTest("missing"):
            self.assert_refused(server, "missing", 78, trustStore=store.with_name("missing"))
        with self.subTest("unreadable"):
            store.chmod(0)
            self.assert_refused(server, str(store), 78, trustStore=store)
        store.unlink()

    def test_mended_without_a_restart(self):
        server = self.serve()
        store = self.root.path / "cups/etc/spoc/mended"
        store.write_bytes(b"rubbish")
        self.configure(server, trustStore=store)
        self.start_spocd()
        self.notify()
        process.wait_for("the mail to wait", lambda: spoc.queue(self.cups))
        self.assertEqual(server.connections, 0)
        store.write_bytes(self.authority.certificate.read_bytes())
        process.wait_for("the mail", lambda: server.mails)
        spoc.wait_empty(self.cups)

    def test_trust_is_never_shared_in_one_process(self):
        first, second = self.serve(), self.serve(self.stranger.issue("second"))
        self.configure(first)
        self.start_spocd()
        self.notify()
        process.wait_for("the first mail", lambda: first.mails)
        # Now only the second is trusted. The connection to the first may still be open.
        self.configure(first, trustStore=self.stranger.certificate,
                       mailserverbackup=f"localhost:{second.port}")
        first.forget()
        process.wait_for("the change to be seen", lambda: self.changes() == 1)
        for count in (1, 2):
            self.notify()
            process.wait_for("the mail", lambda: len(second.mails) == count)
        self.assertFalse(first.heard_of_mail())
        # And back.
        second.forget()
        self.configure(second, mailserverbackup=f"localhost:{first.port}")
        process.wait_for("the change to be seen", lambda: self.changes() == 2)
        self.notify()
        process.wait_for("the mail", lambda: first.mails)
        self.assertFalse(second.heard_of_mail())


if __name__ == "__main__":
    need_root()
    unittest.main()
