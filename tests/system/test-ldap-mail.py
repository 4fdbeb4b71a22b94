#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Mail to people of a real OpenLDAP, through spocd: documents and notifications wait for the
directory while other mail goes on."""

import getpass
import shutil
import socket
import unittest

from spoctest import process
from spoctest.directory import BASE, BIND_DN
from spoctest.mailbox import Catcher
from spoctest.people import WithDirectory
from spoctest.process import wait_for
from spoctest.site import Site, stream


class Mail(WithDirectory):
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
