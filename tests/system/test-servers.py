#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The tests' own servers do what they claim: a plain client's mail arrives, and only with
TLS and the right login. A test of the harness, so that a failure elsewhere means something."""

import smtplib
import ssl
import unittest

from spoctest.certificates import Authority
from spoctest.mailbox import Catcher
from spoctest.mta import PASSWORD, USER, Exim, Postfix
from spoctest.process import LOOPBACK, Root, need_root

MAIL = (b"From: a@example.com\r\nTo: b@example.org\r\nSubject: hello\r\n"
        b"Message-ID: <1@example.com>\r\nDate: Mon, 01 Jan 2024 00:00:00 +0000\r\n\r\nbody\r\n")


class Servers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = Root()
        cls.authority = Authority(cls.root.folder("ca"))
        cls.tls = ssl.create_default_context(cafile=str(cls.authority.certificate))

    def send(self, port, smtps, password=PASSWORD, login=True):
        if smtps:
            client = smtplib.SMTP_SSL(LOOPBACK, port, context=self.tls, timeout=20)
        else:
            client = smtplib.SMTP(LOOPBACK, port, timeout=20)
            client.starttls(context=self.tls)
        with client:
            if login:
                client.login(USER, password)
            client.sendmail("a@example.com", ["b@example.org"], MAIL)

    def both_ways(self, starttls, smtps, maildir):
        self.send(starttls, False)
        self.send(smtps, True)
        mails = maildir.wait(2)
        self.assertEqual([m.subject for m in mails], ["hello", "hello"])
        with self.assertRaises(smtplib.SMTPAuthenticationError):
            self.send(starttls, False, password="wrong")
        with self.assertRaises(smtplib.SMTPException):
            self.send(smtps, True, login=False)
        with smtplib.SMTP(LOOPBACK, starttls, timeout=20) as client:
            client.ehlo()
            self.assertNotIn("auth", client.esmtp_features)

    def test_postfix(self):
        server = Postfix(Root(self.root.folder("postfix")), self.authority)
        self.addCleanup(server.stop)
        self.both_ways(server.starttls, server.smtps, server.maildir)

    def test_exim(self):
        server = Exim(Root(self.root.folder("exim")), self.authority)
        self.addCleanup(server.stop)
        self.both_ways(server.starttls, server.smtps, server.maildir)

    def test_catcher(self):
        certificate = self.authority.issue("localhost")
        for tls in ("starttls", "smtps"):
            with self.subTest(tls=tls):
                catcher = Catcher(self.root.folder(tls), certificate, tls, USER, PASSWORD)
                self.addCleanup(catcher.stop)
                self.send(catcher.port, tls == "smtps")
                mail, = catcher.wait(1)
                self.assertEqual((mail.sender, mail.recipients, mail.defects),
                                 ("a@example.com", ["b@example.org"], []))
                with self.assertRaises(smtplib.SMTPAuthenticationError):
                    self.send(catcher.port, tls == "smtps", password="wrong")


if __name__ == "__main__":
    need_root()
    unittest.main()
