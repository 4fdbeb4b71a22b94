#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Logging in with a password, a certificate or a ticket: the mechanism that fits, the next one only
when the server does not take it, and never without when one is wanted. With real servers, and
with one that checks each byte and refuses as it is told."""

import itertools
import os
import time
import unittest

from spoctest import dovecot, loginserver, mta
from spoctest.certificates import Authority
from spoctest.dovecot import Dovecot
from spoctest.kdc import CLIENT, REALM, Kdc
from spoctest.loginserver import LoginServer
from spoctest.loginsite import LoginSite
from spoctest.mailbox import Catcher
from spoctest.process import Root, need_root, wait_for

USER, PASSWORD = "printer@example.com", "a secret that is longer than 12"


class Logins(unittest.TestCase):
    root = authority = certificate = client = None
    folders = itertools.count()

    @classmethod
    def setUpClass(cls):
        if Logins.root is None:
            # Keys take their time: once for all classes.
            Logins.root = Root()
            Logins.authority = Authority(cls.root.folder("ca"))
            Logins.certificate = cls.authority.issue()
            Logins.client = cls.authority.issue(USER, usage="clientAuth", alternative=None)
            for file in cls.client:
                file.chmod(0o644)

    def folder(self, name):
        """One of its own for each server."""
        return Root(self.root.folder(f"{name}-{next(self.folders)}"))

    def server(self, *mechanisms, **options):
        made = LoginServer(self.certificate, mechanisms, user=USER, password=PASSWORD, **options)
        self.addCleanup(made.stop)
        return made

    def site(self, port, **keys):
        made = LoginSite(self.authority, port, lambda: [PASSWORD], **keys)
        self.addCleanup(made.stop)
        self.addCleanup(made.leaks.stop)
        return made

    def with_password(self, server, **keys):
        made = self.site(server.port, mailuser=USER, mailpassFile="password", **keys)
        made.secret_file("password", PASSWORD + "\n")
        return made

    def deliver(self, site, server, number=1):
        """One mail, and all is well."""
        site.mail(number)
        self.assertEqual(site.once(), 0, site.log())
        self.assertEqual(server.problems, [])
        self.assertEqual(server.mails[-1].recipients, ["alice@example.com"])
        site.leaks.check(self)

    def assert_held(self, site, *words, number=1):
        """Held, with one line that says so with these words."""
        site.mail(number)
        self.assertIn(site.once(), (75, 78), site.log())
        self.assertEqual(site.states(), {"held": 1})
        errors = site.errors()
        self.assertEqual(len(errors), 1, site.log())
        for word in words:
            self.assertIn(word, errors[0])
        site.leaks.check(self)


class Passwords(Logins):
    def test_each_mechanism(self):
        for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
            with self.subTest(mechanism=mechanism):
                server = self.server("XOAUTH2", mechanism, "NTLM")
                self.deliver(self.with_password(server), server)
                self.assertEqual([x[:4] for x in server.logins], [(mechanism, USER, True, True)])
                self.assertNotIn(b"AUTH", server.clear)

    def test_what_is_preferred(self):
        server = self.server("CRAM-MD5", "LOGIN", "PLAIN")
        site = self.with_password(server)
        self.deliver(site, server)
        site.change(mailAuthMechanisms="CRAM-MD5, LOGIN")
        self.deliver(site, server, 2)
        site.change(mailAuthMechanisms="login")
        self.deliver(site, server, 3)
        self.assertEqual([x.mechanism for x in server.logins], ["PLAIN", "CRAM-MD5", "LOGIN"])

    def test_the_next_one_when_the_server_does_not_take_it(self):
        for answer in (loginserver.UNKNOWN_MECHANISM, "504 5.5.4 Unrecognized",
                       "535 5.7.8 Error: authentication failed: Invalid authentication mechanism"):
            with self.subTest(answer=answer):
                server = self.server("PLAIN", "LOGIN")
                server.refuse_login = {"PLAIN": answer}.get
                self.deliver(self.with_password(server), server)
                self.assertEqual([x.mechanism for x in server.good()], ["LOGIN"])

    def test_a_wrong_password_is_tried_once(self):
        server = self.server("PLAIN", "LOGIN", "CRAM-MD5")
        site = self.with_password(server)
        site.secret_file("password", "wrong\n")
        self.assert_held(site, "535", "mailpass")
        self.assertEqual([x.mechanism for x in server.logins], ["PLAIN"])
        # A change of the settings is a reason to try again, and then at once.
        site.secret_file("password", PASSWORD + "\n")
        site.change()
        self.assertEqual(site.once(), 0, site.log())
        self.assertEqual(len(server.mails), 1)

    def test_later_is_no_refusal(self):
        server = self.server("PLAIN")
        answers = (loginserver.BUSY, loginserver.TOO_MANY)
        server.replies["PLAIN"].extend(answers)
        site = self.with_password(server)
        site.mail(1)
        for _answer in answers:
            self.assertEqual(site.once(), 75, site.log())
            self.assertEqual(site.states(), {"waiting": 1})
            site.leaks.spocctl("queue", "retry", "--all")
        self.assertEqual(site.once(), 0, site.log())
        self.assertEqual([x.good for x in server.logins], [False, False, True])
        self.assertEqual(site.errors(), [])

    def test_never_without(self):
        # Nothing that fits is offered; the server would take the mail without any login.
        for mechanisms in ((), ("XOAUTH2", "NTLM")):
            server = self.server(*mechanisms, needs_login=False)
            self.assert_held(self.with_password(server), "login")
            self.assertEqual((server.logins, server.mails), ([], []))
        server = self.server("PLAIN", needs_login=False)
        self.assert_held(self.site(server.port, mailAuthentication="password"), "mailuser")
        self.assertEqual(server.mails, [])

    def test_no_login_is_wanted(self):
        server = self.server("PLAIN", needs_login=False)
        self.deliver(self.with_password(server, mailAuthentication="none"), server)
        self.assertEqual(server.logins, [])

    def test_nothing_secret_without_tls(self):
        for encryption in ("STARTTLS", "STARTTLS_REQUIRED"):
            server = self.server("PLAIN", "CRAM-MD5", needs_login=False)
            server.mechanisms_in_clear = ["PLAIN", "LOGIN", "CRAM-MD5"]
            server.offers_starttls = False
            site = self.with_password(server, mailSmtpEncryption=encryption)
            site.mail(1)
            site.once()
            self.assertEqual(server.logins, [])
            self.assertNotIn(b"AUTH", server.clear)
            site.leaks.check(self)

    def test_senders(self):
        server = self.server("PLAIN")
        server.refuse_sender = lambda sender: (
            "550 5.7.60 SMTP; Client does not have permissions to send as this sender"
            if sender == "other@example.com" else None)
        site = self.with_password(server, mailfrom='"Printers, all" <printer@example.com>',
                                  mailFromFor="q1=Second floor <second@example.com>")
        self.deliver(site, server)
        self.assertEqual(server.mails[0].sender, "second@example.com")
        self.assertEqual(str(server.mails[0].message["From"]), "Second floor <second@example.com>")
        site.change(mailFromFor=None)
        self.deliver(site, server, 2)
        self.assertEqual(str(server.mails[1].message["From"]),
                         '"Printers, all" <printer@example.com>')
        site.change(mailFromFor="q1=other@example.com")
        self.assert_held(site, "5.7.60", "other@example.com", number=3)

    def test_a_days_limit(self):
        server = self.server("PLAIN")
        site = self.with_password(server, mailMaxMessagesPerDay="2")
        # Each time another spocd, which goes on counting where the last one ended.
        for number in (1, 2):
            self.deliver(site, server, number)
        site.mail(3)
        self.assertEqual(site.once(), 75, site.log())
        self.assertEqual(site.states(), {"waiting": 1})
        self.assertTrue(site.lines("mailMaxMessagesPerDay"), site.log())
        self.assertEqual(len(server.mails), 2)
        site.change(mailMaxMessagesPerDay="3")
        self.assertEqual(site.once(), 0, site.log())
        self.assertEqual(len(server.mails), 3)


class Certificates(Logins):
    def keys(self):
        chain, key = self.client
        return {"mailClientCertificate": chain, "mailClientKey": key}

    def test_postfix_knows_its_client(self):
        server = mta.Postfix(self.folder("postfix"), self.authority, client=self.client[0])
        self.addCleanup(server.stop)
        site = self.site(server.starttls, **self.keys())
        site.mail(1)
        self.assertEqual(site.once(), 0, site.log() + server.log())
        server.maildir.wait(1)
        # Without the certificate it knows nobody.
        site.change(mailClientCertificate=None, mailClientKey=None)
        site.mail(2)
        site.once()
        self.assertTrue(site.lines("ERROR", "554 5.7.1"), site.log())
        self.assertEqual(len(server.maildir.mails), 1)

    def test_external_at_dovecot(self):
        catcher = Catcher(self.folder("mails").path)
        self.addCleanup(catcher.stop)
        server = Dovecot(self.folder("dovecot"), self.authority, catcher, "external plain",
                         client_root=self.authority)
        self.addCleanup(server.stop)
        site = self.site(server.starttls, mailAuthentication="external", **self.keys())
        site.mail(1)
        self.assertEqual(site.once(), 0, site.log() + server.log())
        self.assertEqual(len(catcher.mails), 1)
        self.assertIn("method=EXTERNAL", server.log())

    def test_external_without_a_certificate(self):
        server = self.server("EXTERNAL", "PLAIN", client_root=self.authority.certificate,
                             needs_login=False)
        self.assert_held(self.site(server.port, mailAuthentication="external", mailuser=USER,
                                   mailpass=PASSWORD), "mailClientCertificate")
        self.assertEqual(server.mails, [])

    def test_external_that_is_refused(self):
        server = self.server("EXTERNAL", "PLAIN", client_root=self.authority.certificate)
        server.refuse_login = {"EXTERNAL": "535 5.7.8 who are you?"}.get
        site = self.site(server.port, mailAuthentication="external", mailuser=USER,
                         mailpass=PASSWORD, **self.keys())
        self.assert_held(site, "535", "who are you?")
        self.assertEqual([x.mechanism for x in server.logins], ["EXTERNAL"])
        server.refuse_login = lambda _mechanism: None
        site.leaks.spocctl("queue", "retry", "--all")
        self.assertEqual(site.once(), 0, site.log())
        self.assertEqual(server.problems, [])


class Tickets(Logins):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdc = Kdc(Root(cls.root.folder("kdc")))
        cls.addClassCleanup(cls.kdc.stop)

    def start(self, keytab=None, **keys):
        """A Postfix that wants a ticket, and a site that has the keytab."""
        server = mta.Postfix(self.folder("postfix"), self.authority, "GSSAPI", kdc=self.kdc)
        self.addCleanup(server.stop)
        site = self.site(server.starttls, mailAuthentication="gssapi",
                         mailKerberosKeytab="keytab", **keys)
        site.secret_file("keytab", (keytab or self.kdc.client_keytab).read_bytes())
        site.environment.update(self.kdc.environment)
        return server, site

    def test_a_ticket(self):
        for keys in ({}, {"mailuser": f"{CLIENT}@{REALM}"}):
            with self.subTest(keys=keys):
                server, site = self.start(**keys)
                site.mail(1)
                self.assertEqual(site.once(), 0, site.log() + server.log() + self.kdc.log())
                server.maildir.wait(1)
                self.assertIn("sasl_method=GSSAPI", server.log())
                self.assertEqual([f for f in os.listdir("/tmp") if f.startswith("krb5cc_")
                                  and os.stat(f"/tmp/{f}").st_mtime > time.time() - 5], [])

    def test_the_kdc_is_away(self):
        server, site = self.start()
        self.kdc.stop()
        spocd = site.start()
        site.mail(1)
        wait_for("a failure", lambda: site.lines("WARN") or site.errors(), 60)
        self.assertEqual(server.maildir.mails, [])
        self.assertIsNone(spocd.poll())
        self.kdc.start()
        site.leaks.spocctl("queue", "retry", "--all")
        server.maildir.wait(1)

    def test_an_old_key(self):
        old = self.kdc.root.path / "old.keytab"
        old.write_bytes(self.kdc.client_keytab.read_bytes())
        self.kdc.new_key()
        server, site = self.start(old)
        site.mail(1)
        self.assertIn(site.once(), (75, 78), site.log())
        self.assertEqual(server.maildir.mails, [])
        self.assertTrue(site.lines("keytab"), site.log())
        type(self).kdc.client_keytab = self.kdc.renew_keytab()


if __name__ == "__main__":
    need_root()
    unittest.main()
