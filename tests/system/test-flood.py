#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Also tests: notify/aggregator.c, notify/duplicates.c
"""What one stranger who can print may cause: few mails, few files, and nobody's own mail is late."""

import collections
import http.client
import re
import signal
import socket
import struct
import time
import unittest

from spoctest import spoc
from spoctest.cups import Cups
from spoctest.mailbox import Catcher
from spoctest.process import Root, need_root, wait_for
from spoctest.site import Site

PRINT_JOB = 0x0002


def value(tag, name, content):
    content = content.encode() if isinstance(content, str) else content
    return struct.pack(">BH", tag, len(name)) + name.encode() + struct.pack(
        ">H", len(content)) + content


def print_with_subscriptions(cups, printer, user, recipients, title="flood",
                             events=("job-completed",)):
    """One Print-Job of a client that speaks IPP itself, with a subscription for each of
    recipients, which no lp can make."""
    uri = f"ipp://localhost/printers/{printer}"
    request = [struct.pack(">BBHI", 2, 0, PRINT_JOB, 1), b"\x01",
               value(0x47, "attributes-charset", "utf-8"),
               value(0x48, "attributes-natural-language", "en"),
               value(0x45, "printer-uri", uri),
               value(0x42, "requesting-user-name", user),
               value(0x42, "job-name", title)]
    for recipient in recipients:
        request += [b"\x06", value(0x45, "notify-recipient-uri", recipient)]
        for number, event in enumerate(events):
            request.append(value(0x44, "" if number else "notify-events", event))
    request.append(b"\x03One line of text.\n")
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(30)
    connection.sock.connect(str(cups.socket))
    connection.request("POST", f"/printers/{printer}", b"".join(request),
                       {"Content-Type": "application/ipp"})
    answer = connection.getresponse().read()
    connection.close()
    if answer[2:4] != b"\x00\x00":
        raise AssertionError(f"cupsd refuses the job: {answer!r}")


def names(first, count):
    return "spoc:" + ",".join(f"p{n}@example.com" for n in range(first, first + count))


class WithCups(unittest.TestCase):
    KEYS = {}

    @classmethod
    def setUpClass(cls):
        cls.root = Root()
        cls.catcher = Catcher(cls.root.folder("mails"))
        cls.addClassCleanup(cls.catcher.stop)
        cls.cups = Cups(Root(cls.root.folder("cups")))
        cls.addClassCleanup(cls.cups.stop)
        cls.cups.add_printer("q1", raw=True)
        cls.document = spoc.document(cls.root.path)

    def setUp(self):
        spoc.configure_server(self.cups, self.catcher.port, **self.KEYS)
        self.catcher.mails.clear()
        self.catcher.refuse = None
        self.addCleanup(self.explain_failure)

    def explain_failure(self):
        self.cups.run("spocctl", "unsubscribe", "--all", check=False)
        if not self._outcome.success:
            print("\n".join("# " + line for line in
                            spoc.daemon_log(self.cups).splitlines()[-40:]))

    def settle(self):
        self.cups.wait_idle()
        self.cups.run("spocctl", "unsubscribe", "--all", check=False)
        spoc.wait_empty(self.cups)
        return list(self.catcher.mails)


class Same(WithCups):
    def test_many_subscriptions_of_one_job(self):
        """Ten subscriptions that name the same people are one mail for each of them."""
        print_with_subscriptions(self.cups, "q1", "mallory", [names(0, 5)] * 10,
                                 events=("job-created", "job-completed"))
        mails = self.settle()
        count = collections.Counter((m.recipients[0], m.subject) for m in mails)
        self.assertEqual(set(count.values()), {1}, count)
        self.assertEqual(len(count), 10)

    def test_the_server_is_subscribed_again(self):
        """Somebody subscribes the server for the owners once more: each job is one mail."""
        self.cups.run("spocctl", "subscribe", "@owner")
        self.cups.run("spocctl", "subscribe", "@owner", "--printer", "q1", user="nobody")
        self.cups.print("q1", self.document, "notify-recipient-uri=spoc:%40owner",
                        "notify-events=job-completed", user="alice", title="once")
        self.assertEqual([m.recipients for m in self.settle()], [["alice@example.com"]])


class Bounds(WithCups):
    KEYS = {"notifyMaxToOthersPerHour": "10", "notifyMaxRecipients": "7", "notifyMaxPerHour": "60"}

    def test_a_flood(self):
        """Three thousand mails were made of this. Few go out, the log has one alarm, and the owner
        of another job is told at once."""
        print_with_subscriptions(self.cups, "q1", "mallory",
                                 [names(10 * n, 10) for n in range(10)],
                                 events=("job-created", "job-completed"))
        wait_for("the alarm", lambda: "notifyMaxToOthersPerHour" in spoc.daemon_log(self.cups), 30)
        self.cups.print("q1", self.document, "notify-recipient-uri=spoc:%40owner",
                        "notify-events=job-completed", user="alice", title="of alice")
        wait_for("alice's mail", lambda: self.catcher.for_recipient("alice@example.com"), 30)
        self.cups.wait_idle()
        wait_for("all to be read", lambda: all(m["state"] == "new" for m in spoc.queue(self.cups)))
        others = [m for m in self.catcher.mails if m.recipients != ["alice@example.com"]]
        self.assertEqual(len(others), 10)
        log = spoc.daemon_log(self.cups)
        self.assertEqual(log.count("Somebody may be misusing"), 1)
        self.assertEqual(log.count("names 10 recipients, and notifyMaxRecipients allows 7"), 10)
        named = {m.recipients[0] for m in others}
        self.assertTrue(all(int(name[1:].split("@")[0]) % 10 < 7 for name in named), named)


class Titles(WithCups):
    KEYS = {"notifyTitles": "@owner"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cups.add_printer("slow", seconds=3, raw=True)

    def said_to(self, address):
        mail, = self.catcher.for_recipient(address)
        return mail.content.decode() + mail.subject + mail.text

    def test_a_stranger(self):
        """Whoever subscribes the server reads of a document; its owner reads the title."""
        said = self.cups.run("spocctl", "subscribe", "spoc:eve@example.com", "--events",
                             "job-completed", user="nobody")
        self.assertNotIn("notifyTitles", said.stderr)  # nobody may not read spoc.conf
        said = self.cups.run("spocctl", "subscribe", "spoc:eve@example.com", "--events",
                             "job-created", "--printer", "q1")
        self.assertIn("notifyTitles", said.stderr)
        self.cups.run("spocctl", "unsubscribe", re.search(r"Subscription (\d+)", said.stdout)[1])
        self.cups.run("spocctl", "subscribe", "@owner")
        self.cups.print("q1", self.document, user="alice", title="Dismissals-of-May")
        self.settle()
        self.assertIn("Dismissals-of-May", self.said_to("alice@example.com"))
        eves = self.said_to("eve@example.com")
        self.assertIn("A document has been printed", eves)
        for secret in ("Dismissals", "alice"):
            self.assertNotIn(secret, eves)

    def test_whom_the_owner_names(self):
        self.cups.print("slow", self.document, "notify-recipient-uri=spoc:bob@example.com",
                        "notify-events=job-created,job-completed", user="alice", title="For-Bob")
        for mail in self.settle():
            self.assertEqual(mail.recipients, ["bob@example.com"])
            self.assertIn("For-Bob", mail.subject)
        self.assertEqual(len(self.catcher.mails), 2)


class Refusals(unittest.TestCase):
    def test_failed_is_bounded(self):
        """A server that refuses all leaves envelopes, and not too many of them."""
        catcher = Catcher(Root().folder("mails"))
        self.addCleanup(catcher.stop)
        catcher.refuse = lambda envelope: "550 5.7.1 no"
        site = Site(catcher.port)
        self.addCleanup(site.stop)
        site.notify(b"".join(spoc.event(n, job_id=n) for n in range(1, 1251)))
        self.assertEqual(site.once(), 0)
        self.assertLess(len(site.files("failed")), 1100)
        self.assertEqual(site.files("data"), [])
        self.assertIn("the oldest first", site.log())
        failed = site.files("failed")[0].name
        retried = site.spocctl("queue", "retry", failed)
        self.assertEqual(retried.returncode, 1)
        self.assertIn("only its envelope is kept", retried.stdout + retried.stderr)


class Restarts(unittest.TestCase):
    """The second subscription's event comes when another spocd serves."""

    def setUp(self):
        self.catcher = Catcher(Root().folder("mails"))
        self.addCleanup(self.catcher.stop)
        self.site = Site(self.catcher.port)
        self.addCleanup(self.site.stop)

    def bring(self, job_id=1):
        self.site.notify(spoc.event(1, job_id=job_id, time=int(time.time())))

    def test_after_a_restart(self):
        self.bring()
        self.assertEqual(self.site.once(), 0)
        self.bring()
        self.assertEqual(self.site.once(), 0)
        self.assertEqual(len(self.catcher.mails), 1)

    def test_after_a_kill(self):
        first = self.site.start()
        wait_for("spocd to serve", self.site.answers, 20)
        self.bring()
        self.catcher.wait(1)
        self.site.wait_empty()
        first.send_signal(signal.SIGKILL)
        first.wait()
        self.bring()
        self.assertEqual(self.site.once(), 0)
        self.assertEqual(len(self.catcher.mails), 1)

    def test_killed_before_it_was_mailed(self):
        """The mail that both stand for is not lost with the spocd that knew of it."""
        self.catcher.refuse = lambda envelope: "451 4.3.0 later"
        first = self.site.start()
        wait_for("spocd to serve", self.site.answers, 20)
        self.bring()
        self.bring()
        wait_for("spocd to try", lambda: "451" in self.site.log(), 20)
        first.send_signal(signal.SIGKILL)
        first.wait()
        self.catcher.refuse = None
        wait_for("all to be sent", lambda: self.site.once() == 0, 20)
        self.assertEqual(len(self.catcher.mails), 1)


if __name__ == "__main__":
    need_root()
    unittest.main()
