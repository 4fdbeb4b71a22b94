#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Events on the notifier's stdin become mails in a real mail server's mailbox, over TLS and
with login. The argument says which server: Postfix or Exim."""

import re
import unittest

from spoctest import mta, spoc
from spoctest.certificates import Authority
from spoctest.cups import Cups
from spoctest.process import Root, need_root


class Server:
    """The tests, for a class that names its mail server."""

    kind = None

    @classmethod
    def setUpClass(cls):
        root = Root()
        cls.authority = Authority(root.folder("ca"))
        cls.server = cls.kind(Root(root.folder("mta")), cls.authority)
        cls.addClassCleanup(cls.server.stop)
        cls.cups = Cups(Root(root.folder("cups")), start=False)
        cls.addClassCleanup(cls.cups.stop)

    def setUp(self):
        self.server.maildir.clear()
        spoc.clear_spool(self.cups)

    def configure(self, port, encryption, **keys):
        # Nobody can be asked whose the events are: there is no cupsd in these tests.
        values = {"mailuser": mta.USER, "mailpass": mta.PASSWORD, "notifyUnverified": "send",
                  "startDaemon": "never", **keys}
        spoc.configure_server(self.cups, port, self.authority, encryption, **values)

    def notify(self, first, count):
        stream = b"".join(spoc.event(n, job_id=n, title=f"Bericht № {n}")
                          for n in range(first, first + count))
        spoc.notify(self.cups, "spoc:alice@example.com,bob@example.org", stream)

    def deliver(self, first, count):
        """Both recipients of each event: the mails that are in the mailbox then."""
        self.notify(first, count)
        spoc.spocd_once(self.cups, expect=0)
        mails = self.server.maildir.wait(2 * count)
        self.assertTrue(spoc.spool_is_empty(self.cups))
        return mails

    def test_starttls_and_smtps(self):
        self.configure(self.server.starttls, "STARTTLS_REQUIRED")
        mails = self.deliver(1, 10)
        self.assertEqual(len(mails), 20)
        for mail in mails:
            self.assertEqual(mail.defects, [])
            self.assertIn("Bericht № ", mail.text)
        numbers = [int(re.search(r"Bericht № (\d+)", m.subject)[1]) for m in mails]
        self.assertEqual(sorted(numbers), sorted(2 * list(range(1, 11))))
        self.configure(self.server.smtps, "SSL_TLS")
        self.deliver(11, 10)
        self.assertEqual(len(self.server.maildir.wait(40)), 40)

    def test_opportunistic_starttls_sends_the_password_only_encrypted(self):
        self.configure(self.server.starttls, "STARTTLS")
        self.assertEqual(len(self.deliver(1, 1)), 2)

    def test_wrong_password_holds_the_mail_until_it_is_right(self):
        self.configure(self.server.starttls, "STARTTLS_REQUIRED", mailpass="a wrong guess")
        self.notify(1, 3)
        code, said = spoc.spocd_once(self.cups)
        self.assertIn(code, (75, 78), said)
        self.assertIn("535", said)
        self.assertNotIn("a wrong guess", said)
        self.assertEqual(self.server.maildir.mails, [])
        self.configure(self.server.starttls, "STARTTLS_REQUIRED")
        spoc.spocd_once(self.cups, expect=0)
        self.server.maildir.wait(6)

    def test_an_untrusted_certificate_is_never_accepted(self):
        for encryption, port in (("STARTTLS", self.server.starttls),
                                 ("STARTTLS_REQUIRED", self.server.starttls),
                                 ("SSL_TLS", self.server.smtps)):
            with self.subTest(encryption=encryption):
                # The system's roots do not know the tests' own.
                self.configure(port, encryption, trustStore=None, trustSystemCertificates="true")
                self.notify(1, 1)
                code, said = spoc.spocd_once(self.cups)
                self.assertIn(code, (75, 78), said)
                self.assertIn("trust", said.lower())
                self.assertEqual(self.server.maildir.mails, [])
                self.assertFalse(spoc.spool_is_empty(self.cups))

    def test_spocctl_test_goes_all_the_way(self):
        self.configure(self.server.starttls, "STARTTLS_REQUIRED")
        said = self.cups.run("spocctl", "test", "alice@example.com").stdout
        self.assertIn("TLSv1.", said)
        mail, = self.server.maildir.wait(1)
        self.assertEqual(mail.defects, [])


class Postfix(Server, unittest.TestCase):
    kind = mta.Postfix


class Exim(Server, unittest.TestCase):
    kind = mta.Exim


if __name__ == "__main__":
    need_root()
    unittest.main()
