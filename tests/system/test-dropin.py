#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""In mailto's place: lp -m and mailto.conf, through the real cupsd; copies to notifyCc."""

import json
import shutil
import unittest

from spoctest import spoc
from spoctest.certificates import Authority
from spoctest.cups import Cups
from spoctest.mailbox import Catcher
from spoctest.process import Root, need_root


def cc_of(mail):
    return [a.addr_spec for a in mail.message["Cc"].addresses] if mail.message["Cc"] else []


class Dropin(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = Root()
        cls.authority = Authority(cls.root.folder("ca"))
        cls.catcher = Catcher(cls.root.folder("mails"), cls.authority.issue("localhost"),
                              "starttls")
        cls.addClassCleanup(cls.catcher.stop)
        cls.cups = Cups(Root(cls.root.folder("cups")), start=False)
        cls.etc = cls.cups.root.path / "etc"
        notifiers = cls.cups.root.path / "bin/notifier"
        (notifiers / "mailto").unlink()
        (notifiers / "mailto").symlink_to("spoc")
        cls.addClassCleanup(cls.cups.stop)
        cls.cups.start()
        cls.cups.add_printer("q1", raw=True)
        cls.cups.add_printer("slow", 2, raw=True)
        cls.document = spoc.document(cls.root.path)

    def setUp(self):
        self.catcher.mails.clear()
        self.addCleanup(self.explain_failure)
        for file in (self.etc / "spoc/spoc.conf", self.etc / "mailto.conf"):
            file.unlink(missing_ok=True)
        spoc.configure(self.cups)
        # No spoc.conf; the mail server's root lies where it is looked for by default.
        (self.etc / "spoc/spoc.conf").unlink()
        shutil.copy(self.authority.certificate, self.etc / "spoc/ssl-truststore")

    def explain_failure(self):
        self.cups.run("cancel", "-a", check=False)
        self.cups.run("spocctl", "unsubscribe", "--all", check=False)
        if not self._outcome.success:
            print("\n".join("# " + line for line in
                            spoc.daemon_log(self.cups).splitlines()[-40:]))

    def write_mailto_conf(self, text):
        file = self.etc / "mailto.conf"
        file.write_text(text)
        file.chmod(0o640)
        shutil.chown(file, "root", "lp")
        self.reload()

    def reload(self):
        """A spocd that runs from a test before looks at the files again now."""
        self.cups.run("spocctl", "queue", "retry", "none", check=False)

    def print_with_m(self, user, title, printer="q1"):
        self.cups.run("lp", "-U", user, "-m", "-d", printer, "-t", title, "--", self.document)

    def settle(self):
        self.cups.wait_idle()
        self.cups.run("spocctl", "unsubscribe", "--all", check=False)
        spoc.wait_empty(self.cups)
        return list(self.catcher.mails)

    def test_lp_m_with_mailto_conf(self):
        self.write_mailto_conf(f"# as before\nsmtpserver localhost:{self.catcher.port}\n"
                               "From Print Server <print-server@example.com>\n"
                               "CC \"The Boss\" <boss@example.com>, audit@example.org\n"
                               "Subject [printing]\n")
        self.print_with_m("alice", "Quarterly figures")
        self.catcher.wait(1)
        mail, = self.settle()
        self.assertEqual(mail.defects, [])
        to = mail.recipients[0]
        self.assertTrue(to.startswith("alice@"), to)
        self.assertEqual(mail.recipients[1:], ["boss@example.com", "audit@example.org"])
        self.assertEqual(mail.sender, "print-server@example.com")
        sender, = mail.message["From"].addresses
        self.assertEqual((sender.display_name, sender.addr_spec),
                         ("Print Server", "print-server@example.com"))
        self.assertEqual(mail.message["To"].addresses[0].addr_spec, to)
        self.assertIn("Quarterly figures", mail.subject)
        self.assertEqual(cc_of(mail), ["boss@example.com", "audit@example.org"])
        self.assertTrue(mail.subject.startswith("[printing] "), mail.subject)

    def test_lp_m_tells_each_of_their_own_job(self):
        self.write_mailto_conf(f"SMTPServer localhost:{self.catcher.port}\n"
                               "From print-server@example.com\n")
        for user in ("alice", "bob", "carol"):
            self.print_with_m(user, f"of {user}", "slow" if user == "bob" else "q1")
        self.catcher.wait(3)
        mails = self.settle()
        self.assertEqual(sorted(m.recipients[0].split("@")[0] for m in mails),
                         ["alice", "bob", "carol"])
        for mail in mails:
            self.assertEqual(len(mail.recipients), 1)
            self.assertIn("of " + mail.recipients[0].split("@")[0], mail.subject + mail.text)

    def test_lp_m_goes_through_the_alias_file(self):
        """CUPS subscribes mailto:USER@THISHOST: that is the user."""
        aliases = self.etc / "spoc/aliases"
        aliases.write_text("alice: Alice.Smith@example.org\n")
        aliases.chmod(0o644)
        spoc.configure_server(self.cups, self.catcher.port, self.authority, "STARTTLS_REQUIRED",
                              recipientAliasFile=aliases)
        self.reload()
        self.print_with_m("alice", "hers")
        self.print_with_m("bob", "his")
        self.catcher.wait(2)
        self.assertEqual(sorted(m.recipients for m in self.settle()),
                         [["Alice.Smith@example.org"], ["bob@example.com"]])

    def test_a_link_that_leads_nowhere_is_found(self):
        link = self.cups.root.path / "bin/notifier/mailto"
        self.assertNotIn("leads nowhere", self.cups.run("spocctl", "check", check=False).stdout)
        link.unlink()
        link.symlink_to("gone")
        try:
            said = self.cups.run("spocctl", "check", check=False)
        finally:
            link.unlink()
            link.symlink_to("spoc")
        self.assertRegex(said.stdout, "ERROR: .*mailto' is a link that leads nowhere.*rm '")
        self.assertEqual(said.returncode, 1)

    def test_its_values_and_their_place_are_shown(self):
        self.write_mailto_conf(f"\nSMTPServer localhost:{self.catcher.port}\nFrom a@example.com\n"
                               "Sendmail /usr/sbin/sendmail -bs\nBcc x@example.com\n")
        shown = {row["key"]: row for row in json.loads(
            self.cups.run("spocctl", "config", "--json").stdout)}
        path = str(self.etc / "mailto.conf")
        self.assertEqual((shown["mailfrom"]["value"], shown["mailfrom"]["layer"],
                          shown["mailfrom"]["file"], shown["mailfrom"]["line"]),
                         ("a@example.com", "mailto.conf", path, 3))
        self.assertEqual((shown["mailserver"]["value"], shown["mailserver"]["line"]),
                         ("localhost", 4))
        said = self.cups.run("spocctl", "check", check=False).stdout
        self.assertRegex(said, f"WARNING: {path}:4: .*Sendmail.*localhost")
        self.assertRegex(said, f"WARNING: {path}:5: .*Bcc")
        self.assertRegex(said, "INFO: .*mailto.conf.* is in force")
        spoc.configure_server(self.cups, self.catcher.port, self.authority)
        self.assertNotIn("mailto.conf", self.cups.run("spocctl", "config").stdout)
        self.assertNotIn("mailto.conf", self.cups.run("spocctl", "check", check=False).stdout)

    def test_a_copy_is_not_a_second_mail(self):
        spoc.configure_server(self.cups, self.catcher.port, self.authority, "STARTTLS_REQUIRED",
                              notifyCc="boss@example.com, alice@EXAMPLE.com, boss@example.com")
        self.reload()
        self.cups.run("spocctl", "subscribe", "spoc:@owner", "--events", "job-completed")
        self.cups.print("q1", self.document, user="alice", title="hers")
        self.catcher.wait(1)
        self.cups.print("q1", self.document, user="bob", title="his")
        self.catcher.wait(2)
        hers, his = self.settle()
        self.assertEqual(hers.recipients, ["alice@example.com", "boss@example.com"])
        self.assertEqual(his.recipients,
                         ["bob@example.com", "boss@example.com", "alice@example.com"])
        self.assertEqual(cc_of(hers), ["boss@example.com"])
        self.assertEqual(cc_of(his), ["boss@example.com", "alice@example.com"])

    def test_removal_ends_mailto_subscriptions_too(self):
        spoc.configure_server(self.cups, self.catcher.port, self.authority)
        self.cups.run("spocctl", "subscribe", "spoc:@owner")
        self.cups.print("slow", self.document)
        self.print_with_m("alice", "waits", "slow")
        listed = self.cups.run("spocctl", "subscriptions").stdout
        self.assertIn("mailto:alice@", listed)
        said = self.cups.run("spocctl", "unsubscribe", "--all").stdout
        self.assertEqual(said.count("is ended"), 2, said)
        self.assertIn("No subscription", self.cups.run("spocctl", "subscriptions").stdout)
        again = self.cups.run("spocctl", "unsubscribe", "--all")
        self.assertIn("No subscription", again.stdout)


if __name__ == "__main__":
    need_root()
    unittest.main()
