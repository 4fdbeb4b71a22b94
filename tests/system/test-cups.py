#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Also tests: refusal.c
"""The whole way: lp, the real cupsd, our notifier, spocd, a mail server with TLS and login."""

import email.utils
import unittest

from spoctest import spoc
from spoctest.certificates import Authority
from spoctest.cups import Cups
from spoctest.mailbox import Catcher
from spoctest.mta import PASSWORD, USER
from spoctest.process import Root, need_root, wait_for

TO_ALICE = "notify-recipient-uri=spoc:alice@example.com"
TO_OWNER = "notify-recipient-uri=spoc:%40owner"
ON_COMPLETED = "notify-events=job-completed"
# Header fields that a mail of ours may have; anything else was put there by somebody.
FIELDS = {"from", "to", "date", "message-id", "mime-version", "subject", "auto-submitted",
          "x-auto-response-suppress", "references", "in-reply-to", "content-type",
          "content-transfer-encoding", "content-language", "precedence"}


# A printer that has a job in its hands until the test lets it go.
GATE = """\
#!/bin/sh
[ $# -gt 0 ] || exit 0
touch {root}/printed/"started-$1"
while [ ! -e {root}/printed/"go-$1" ]; do sleep 0.05; done
"""


class WithCups(unittest.TestCase):
    """One cupsd and one mail catcher for a class; each test begins with both empty."""

    @classmethod
    def setUpClass(cls):
        cls.root = Root()
        authority = Authority(cls.root.folder("ca"))
        cls.catcher = Catcher(cls.root.folder("mails"), authority.issue("localhost"), "starttls",
                              USER, PASSWORD)
        cls.addClassCleanup(cls.catcher.stop)
        cls.cups = Cups(Root(cls.root.folder("cups")))
        cls.addClassCleanup(cls.cups.stop)
        spoc.configure_server(cls.cups, cls.catcher.port, authority, "STARTTLS_REQUIRED",
                              mailuser=USER, mailpass=PASSWORD)
        for printer, seconds in (("q1", 0), ("q2", 0), ("slow", 2)):
            cls.cups.add_printer(printer, seconds, raw=printer != "q1")
        cls.document = spoc.document(cls.root.path)

    def setUp(self):
        self.catcher.mails.clear()
        self.addCleanup(self.explain_failure)

    def explain_failure(self):
        """Leaves nothing to the next test; a failed one says what spocd said."""
        self.cups.run("cancel", "-a", check=False)
        self.cups.run("spocctl", "unsubscribe", "--all", check=False)
        if not self._outcome.success:
            print("\n".join("# " + line for line in
                            spoc.daemon_log(self.cups).splitlines()[-40:]))

    def settle(self):
        """Until everything is printed, and all that came of it is mailed or dropped.

        Ends the subscriptions, as a journal is kept as long as its subscription lives.
        """
        self.cups.wait_idle()
        self.cups.run("spocctl", "unsubscribe", "--all", check=False)
        spoc.wait_empty(self.cups)
        return list(self.catcher.mails)

    def assert_sound(self, mail):
        self.assertEqual(mail.defects, [])
        self.assertLessEqual({name.lower() for name in mail.message.keys()}, FIELDS)
        for once in ("From", "To", "Date", "Message-ID", "Subject", "MIME-Version"):
            self.assertEqual(len(mail.message.get_all(once, [])), 1, once)
        self.assertNotIn(b"\n", mail.content.replace(b"\r\n", b""), "a bare line feed")
        self.assertLessEqual(max(map(len, mail.content.split(b"\r\n"))), 998)


class Jobs(WithCups):
    def test_a_job_becomes_a_mail(self):
        job = self.cups.print("q1", self.document, TO_ALICE, ON_COMPLETED, user="alice",
                              title="Quarterly figures")
        mail, = self.catcher.wait(1)
        self.assert_sound(mail)
        self.assertEqual(mail.recipients, ["alice@example.com"])
        self.assertEqual(mail.sender, "print-server@example.com")
        message = mail.message
        self.assertEqual(message["From"].addresses[0].addr_spec, "print-server@example.com")
        self.assertEqual(message["To"].addresses[0].addr_spec, "alice@example.com")
        self.assertEqual(message["Auto-Submitted"], "auto-generated")
        self.assertEqual(message["X-Auto-Response-Suppress"], "All")
        self.assertIsNotNone(email.utils.parsedate_to_datetime(message["Date"]).tzinfo)
        self.assertRegex(mail.message_id, r"^<[^<>@\s]+@[^<>@\s]+>$")
        self.assertIn("Quarterly figures", mail.subject)
        for word in ("Quarterly figures", str(job), "q1"):
            self.assertIn(word, mail.text)
        self.assertEqual(len(self.settle()), 1)

    def test_mails_about_one_job_thread_together(self):
        self.cups.print("slow", self.document, TO_ALICE, "notify-events=job-created,job-completed",
                        title="Two mails")
        self.catcher.wait(2)
        mails = self.settle()
        self.assertEqual(len({m.message_id for m in mails}), len(mails))
        threads = [set(str(m.message["References"]).split()) for m in mails]
        self.assertTrue(set.intersection(*threads), "no common reference")
        for mail in mails:
            self.assert_sound(mail)

    def test_owners_get_their_own(self):
        for user in ("alice", "bob"):
            self.cups.print("slow", self.document, TO_OWNER, ON_COMPLETED, user=user,
                            title=f"of {user}")
        self.catcher.wait(2)
        mails = self.settle()
        self.assertEqual(sorted((m.recipients[0], "of alice" in m.subject) for m in mails),
                         [("alice@example.com", True), ("bob@example.com", False)])

    def test_a_job_subscription_never_tells_of_other_jobs(self):
        self.cups.print("slow", self.document, user="bob", title="bob-secret before")
        job = self.cups.print("slow", self.document, TO_ALICE, "notify-events=all", user="alice",
                              title="alice-job")
        self.cups.print("slow", self.document, user="bob", title="bob-secret beside")
        self.cups.print("q1", self.document, user="bob", title="bob-secret elsewhere")
        self.catcher.wait(1)
        self.cups.wait_idle()
        self.cups.print("slow", self.document, user="bob", title="bob-secret after")
        mails = self.settle()
        self.assertTrue(any("alice-job" in m.text for m in mails))
        for mail in mails:
            self.assertEqual(mail.recipients, ["alice@example.com"])
            self.assertNotIn("bob-secret", mail.subject + mail.text)
            self.assertIn(str(job), mail.text)

    def test_default_events(self):
        self.cups.print("q1", self.document, TO_ALICE, title="defaults", user="alice")
        mails = self.settle()
        self.assertGreaterEqual(len(mails), 1)
        self.assertTrue(all(m.recipients == ["alice@example.com"] for m in mails))


class Beside(WithCups):
    """Jobs that are printed at the same time, each as long as the test wants."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        backend = cls.cups.root.path / "bin/backend/gate"
        backend.write_text(GATE.format(root=cls.cups.root.path))
        backend.chmod(0o755)
        for printer in ("gate1", "gate2"):
            cls.cups.run("lpadmin", "-p", printer, "-v", "gate:/", "-m", "raw", "-E")

    def start(self, printer, title, *options, user="bob"):
        return self.cups.print(printer, self.document, *options, user=user, title=title)

    def wait_started(self, *jobs):
        for job in jobs:
            wait_for(f"job {job} to be printing",
                     (self.cups.root.path / f"printed/started-{job}").exists)

    def finish(self, *jobs):
        for job in jobs:
            (self.cups.root.path / f"printed/go-{job}").touch()
            wait_for(f"job {job} to be done", lambda job=job: f"-{job} " not in
                     self.cups.run("lpstat", "-o").stdout)

    def test_a_job_subscription_with_others_before_beside_and_after(self):
        before = self.start("gate1", "bob-secret before")
        beside = self.start("gate2", "bob-secret beside")
        self.wait_started(before, beside)
        hers = self.start("gate1", "alice-job", TO_ALICE, "notify-events=all", user="alice")
        behind = self.start("gate1", "bob-secret behind")
        self.finish(before)
        self.wait_started(hers)
        self.finish(beside)
        another = self.start("gate2", "bob-secret another")
        self.wait_started(another)
        self.finish(hers)
        self.wait_started(behind)
        self.finish(behind, another)
        after = self.start("gate1", "bob-secret after")
        self.finish(after)
        mails = self.settle()
        self.assertTrue(any("alice-job" in m.text for m in mails))
        for mail in mails:
            self.assertEqual(mail.recipients, ["alice@example.com"])
            self.assertNotIn("bob-secret", mail.subject + mail.text)
            self.assertIn(str(hers), mail.text)

    def test_two_job_subscriptions_at_once(self):
        jobs = {user: self.start(printer, f"of {user}", TO_OWNER, "notify-events=all", user=user)
                for user, printer in (("alice", "gate1"), ("bob", "gate2"), ("carol", "gate1"))}
        self.wait_started(jobs["alice"], jobs["bob"])
        self.finish(jobs["alice"], jobs["bob"], jobs["carol"])
        mails = self.settle()
        self.assertEqual({m.recipients[0] for m in mails},
                         {f"{user}@example.com" for user in jobs})
        for mail in mails:
            user = mail.recipients[0].split("@")[0]
            self.assertIn(f"of {user}", mail.subject + mail.text)
            for other in jobs.keys() - {user}:
                self.assertNotIn(f"of {other}", mail.subject + mail.text)

    def test_a_printer_subscription_with_another_printer_beside(self):
        self.cups.run("spocctl", "subscribe", "spoc:watcher@example.com", "--printer", "gate1",
                      "--events", "all")
        other = self.start("gate2", "gate2-secret first")
        its = self.start("gate1", "on-gate1")
        self.wait_started(other, its)
        self.finish(other)
        other = self.start("gate2", "gate2-secret second")
        self.wait_started(other)
        self.finish(its, other)
        self.cups.run("cupsdisable", "-r", "gate2-secret reason", "gate2")
        self.cups.run("cupsenable", "gate2")
        mails = self.settle()
        self.assertTrue(any("on-gate1" in m.text for m in mails))
        for mail in mails:
            self.assertEqual(mail.recipients, ["watcher@example.com"])
            self.assertNotIn("gate2", mail.subject + mail.text)

    def test_one_server_subscription_mails_each_owner(self):
        self.cups.run("spocctl", "subscribe", "--server", "spoc:%40owner", "--events",
                      "job-created,job-completed")
        jobs = {user: self.start(printer, f"of {user}", user=user)
                for user, printer in (("alice", "gate1"), ("bob", "gate2"), ("carol", "gate1"))}
        self.wait_started(jobs["alice"], jobs["bob"])
        self.finish(*jobs.values())
        mails = self.settle()
        self.assertEqual({m.recipients[0] for m in mails},
                         {f"{user}@example.com" for user in jobs})
        for mail in mails:
            self.assertEqual(len(mail.recipients), 1)
            self.assertIn("of " + mail.recipients[0].split("@")[0], mail.subject + mail.text)


class Subscriptions(WithCups):
    def test_a_printer_subscription_never_tells_of_other_printers(self):
        self.cups.run("spocctl", "subscribe", "spoc:watcher@example.com", "--printer", "q1",
                      "--events", "job-completed")
        for number in range(3):
            self.cups.print("q2", self.document, title=f"q2-secret {number}")
            self.cups.print("q1", self.document, title=f"on-q1 {number}")
        self.catcher.wait(3)
        mails = self.settle()
        self.assertEqual(sorted(m.subject.partition("on-q1 ")[2][:1] for m in mails),
                         ["0", "1", "2"])
        for mail in mails:
            self.assertEqual(mail.recipients, ["watcher@example.com"])
            self.assertNotIn("q2-secret", mail.subject + mail.text)

    def test_every_owner_with_one_command(self):
        self.cups.run("spocctl", "subscribe", "--server", "spoc:@owner", "--events",
                      "job-completed")
        for user in ("alice", "bob", "carol"):
            self.cups.print("q1" if user == "bob" else "q2", self.document, user=user,
                            title=f"of {user}")
        self.catcher.wait(3)
        mails = self.settle()
        self.assertEqual(sorted(m.recipients for m in mails),
                         [["alice@example.com"], ["bob@example.com"], ["carol@example.com"]])
        for mail in mails:
            self.assertIn("of " + mail.recipients[0].split("@")[0], mail.subject)

    def test_cupsd_may_restart(self):
        self.cups.run("spocctl", "subscribe", "--server", "spoc:@owner", "--events",
                      "job-completed")
        self.cups.print("q2", self.document, user="alice", title="before the restart")
        self.cups.wait_idle()
        # Before main() nothing holds back the SIGTERM with which cupsd ends its notifiers, and
        # an instrumented program takes long to get there.
        wait_for("the event to be stored", lambda: self.catcher.mails or
                 spoc.spool_files(self.cups, "events"))
        self.cups.halt()
        self.cups.start()
        self.cups.print("q2", self.document, user="alice", title="after the restart")
        self.catcher.wait(2)
        self.assertEqual(len(self.catcher.mails), 2)


class Hostile(WithCups):
    def test_titles(self):
        titles = ["A\r\nBcc: x@evil.example", "A\nTo: x@evil.example\n\nbody", "\r\n.\r\nQUIT\r\n",
                  ".", "..", "Grüße – 日本語 🖨", "=?utf-8?q?Bcc:_x=40evil?=",
                  "\x1b[31mred\x07", "a" * 255, "ü" * 127, "<script>alert(1)</script>",
                  "%s%n %0d%0a", "\u202eevil\u2066", "tab\there", " "]
        for title in titles:
            with self.subTest(title=title):
                self.catcher.mails.clear()
                self.cups.print("q2", self.document, TO_ALICE, ON_COMPLETED, title=title)
                self.catcher.wait(1)
                mail, = self.settle()
                self.assert_sound(mail)
                self.assertEqual(mail.recipients, ["alice@example.com"])
                self.assertEqual(str(mail.message["To"]), "alice@example.com")
                self.assertNotRegex(mail.subject, r"[\x00-\x1f\x7f]")
                self.assertTrue(mail.text.strip())
                if title.isprintable() and title.strip() and len(title) < 100:
                    self.assertIn(title, mail.text)

    def test_recipient_uris(self):
        harmless = {"alice@example.com", "alice@example.org"}
        uris = ["spoc:alice@example.com?cc=x@evil.example&bcc=x@evil.example",
                "spoc:alice@example.com?to=x@evil.example&subject=a%0d%0aBcc:x@evil.example",
                "spoc:alice@example.com%3E%20ORCPT=rfc822;x@evil.example",
                "spoc:alice@example.com%0d%0aRCPT%20TO:%3Cx@evil.example%3E",
                "spoc:x@evil.example", "spoc:x%40evil.example,alice@example.com",
                "spoc:-X/tmp/log@example.com%00@evil.example", "spoc:%22a@evil.example%22@b",
                "spoc:@evil.example", "spoc:", "spoc:,,,", "spoc:%", "spoc:alice@[127.0.0.1]",
                "spoc:x@evil.example%2calice@example.org", "spoc:|/bin/sh@example.com ",
                "spoc:" + "a" * 900 + "@example.com"]
        for uri in uris:
            with self.subTest(uri=uri[:60]):
                self.catcher.mails.clear()
                printed = self.cups.run("lp", "-d", "q2", "-o", "notify-recipient-uri=" + uri,
                                        "-o", ON_COMPLETED, "--", self.document, check=False)
                if printed.returncode != 0:
                    # cupsd refused the subscription, and keeps a job without a document.
                    self.cups.run("cancel", "-a")
                for mail in self.settle():
                    self.assert_sound(mail)
                    self.assertNotIn("evil.example", " ".join(mail.recipients))
                    self.assertNotIn(b"evil.example", mail.content.partition(b"\r\n\r\n")[0])
                    if mail.recipients[0] not in harmless:
                        self.assertRegex(mail.recipients[0], r"^[\w|/.-]+@example\.(com|org)$")
        # After all that, an honest one still gets through.
        self.catcher.mails.clear()
        self.cups.print("q2", self.document, TO_ALICE, ON_COMPLETED, title="honest")
        self.catcher.wait(1)

    def test_cupsd_never_spins_on_our_notifier(self):
        self.cups.print("q2", self.document, TO_ALICE, ON_COMPLETED)
        self.catcher.wait(1)
        wait_for("the notifier to be started",
                 lambda: "Notifier spoc started" in self.cups.error_log())
        self.assertNotIn("Unable to start notifier", self.cups.error_log())
        self.assertNotIn("insecure permissions", self.cups.error_log())


if __name__ == "__main__":
    need_root()
    unittest.main()
