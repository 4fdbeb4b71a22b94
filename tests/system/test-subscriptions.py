#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Also tests: cups/subscription.c
"""Subscriptions that never lapse, and what threatens them, with the real cupsd."""

import http.client
import json
import re
import socket
import struct
import unittest

from spoctest import process, spoc
from spoctest.certificates import Authority
from spoctest.cups import Cups
from spoctest.mailbox import Catcher
from spoctest.process import Root, need_root


def attribute(tag, name, content):
    return (struct.pack(">BH", tag, len(name)) + name.encode()
            + struct.pack(">H", len(content)) + content)


class CupsConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


def subscribe_for(cups, recipient, lease_s, uri="ipp://localhost/"):
    """Create-Printer-Subscriptions as other programs do it, with a lease that ends."""
    request = b"".join([
        struct.pack(">BBHI", 2, 0, 0x16, 1), b"\x01",
        attribute(0x47, "attributes-charset", b"utf-8"),
        attribute(0x48, "attributes-natural-language", b"en"),
        attribute(0x45, "printer-uri", uri.encode()),
        attribute(0x42, "requesting-user-name", b"root"), b"\x06",
        attribute(0x45, "notify-recipient-uri", recipient.encode()),
        attribute(0x44, "notify-events", b"job-completed"),
        attribute(0x21, "notify-lease-duration", struct.pack(">i", lease_s)), b"\x03"])
    connection = CupsConnection(cups.socket)
    connection.request("POST", "/", request, {"Content-Type": "application/ipp"})
    answer = connection.getresponse().read()
    connection.close()
    if struct.unpack(">H", answer[2:4])[0] > 2:
        raise AssertionError(f"cupsd answers {answer!r}")


class Subscriptions(unittest.TestCase):
    MORE = ""

    @classmethod
    def setUpClass(cls):
        cls.root = Root()
        authority = Authority(cls.root.folder("ca"))
        cls.catcher = Catcher(cls.root.folder("mails"), authority.issue("localhost"), "starttls")
        cls.addClassCleanup(cls.catcher.stop)
        # The last line of a directive counts.
        cls.cups = Cups(Root(cls.root.folder("cups")), more=cls.MORE)
        cls.addClassCleanup(cls.cups.stop)
        spoc.configure_server(cls.cups, cls.catcher.port, authority, "STARTTLS_REQUIRED")
        for name in ("q1", "q2"):
            cls.cups.add_printer(name, raw=True)
        cls.cups.run("lpadmin", "-p", "q1", "-c", "pool")
        cls.cups.run("cupsenable", "pool")
        cls.cups.run("cupsaccept", "pool")
        cls.document = spoc.document(cls.root.path)

    def setUp(self):
        self.catcher.mails.clear()
        self.addCleanup(self.cups.run, "spocctl", "unsubscribe", "--all", check=False)

    def subscribe(self, *arguments):
        done = self.cups.run("spocctl", "subscribe", *arguments)
        return int(re.search(r"Subscription (\d+)", done.stdout)[1]), done.stdout + done.stderr

    def subscriptions(self):
        return {s["id"]: s for s in json.loads(
            self.cups.run("spocctl", "subscriptions", "--json").stdout)}

    def findings(self):
        return self.cups.run("spocctl", "check", check=False).stdout


class Forbidden(Subscriptions):
    """What spocctl(1) shows for cupsd.conf."""

    def test_only_administrators_subscribe(self):
        conf = self.cups.root.path / "etc/cupsd.conf"
        before = conf.read_text()
        conf.write_text(before.replace("<Policy default>", "<Policy default>\n"
                                       "  <Limit Create-Printer-Subscription>\n"
                                       "    AuthType Default\n"
                                       "    Require user @SYSTEM\n"
                                       "    Order deny,allow\n"
                                       "  </Limit>"))
        self.cups.halt()
        self.cups.start()
        self.assertEqual(self.cups.run("spocctl", "subscribe", "@owner").returncode, 0)
        refused = self.cups.run("spocctl", "subscribe", "eve@example.com", "--events",
                                "job-completed", user="nobody", check=False)
        self.assertNotEqual(refused.returncode, 0, refused.stdout)
        self.assertIn("as root", refused.stderr)
        self.cups.print("q1", self.document, "notify-recipient-uri=spoc:bob@example.com",
                        "notify-events=job-completed", user="alice")
        process.wait_for("both", lambda: self.catcher.for_recipient("bob@example.com") and
                         self.catcher.for_recipient("alice@example.com"), 30)


class ForEver(Subscriptions):
    def test_they_survive_a_restart(self):
        ids = [self.subscribe("spoc:a@example.com", *where, "--events", "job-completed")[0]
               for where in (("--printer", "q1"), ("--class", "pool"), ("--server",))]
        before = self.subscriptions()
        self.assertEqual({before[i]["lease_s"] for i in ids}, {0})
        process.wait_for("cupsd to write its subscriptions", lambda: (
            self.cups.root.path / "etc/subscriptions.conf").exists() and (
                self.cups.root.path / "etc/subscriptions.conf").read_text().count(
                    "LeaseDuration 0") == 3)
        self.cups.halt()
        self.cups.start()
        self.assertEqual(self.subscriptions(), before)
        self.assertEqual(self.cups.run("spocctl", "subscriptions").stdout.count("for ever"), 3)
        self.assertNotIn("lease", self.findings())
        self.cups.print("q1", self.document, user="alice", title="after the restart")
        mail = self.catcher.wait(1)[0]  # one, whatever the number of subscriptions
        self.assertIn("after the restart", mail.subject)

    def test_a_class(self):
        """cupsd tells of a class's own state and of new jobs; its members' events, which come as
        well, and what becomes of a job are the members' subscriptions'."""
        _, said = self.subscribe("spoc:pool@example.com", "--class", "pool", "--events",
                                 "job-created,printer-stopped")
        self.assertNotIn("WARNING", said)
        _, said = self.subscribe("spoc:done@example.com", "--class", "pool", "--events",
                                 "job-completed")
        self.assertIn("subscribe to the printers of the class", said)
        self.subscribe("spoc:member@example.com", "--printer", "q1", "--events", "job-completed")
        self.cups.print("q1", self.document, title="to the member")
        self.cups.print("pool", self.document, title="to the class")
        self.catcher.wait(3)
        self.cups.wait_idle()
        for queue in ("q1", "pool"):
            self.cups.run("cupsdisable", queue)
            self.cups.run("cupsenable", queue)
        self.catcher.wait(4)
        self.cups.run("spocctl", "unsubscribe", "--all")
        spoc.wait_empty(self.cups)
        mails = [(m.recipients[0].split("@")[0], m.subject) for m in self.catcher.mails]
        self.assertEqual(sorted(to for to, _ in mails), ["member"] * 2 + ["pool"] * 2, mails)
        pools = "".join(subject for to, subject in mails if to == "pool")
        self.assertIn("to the class", pools)
        self.assertIn("pool", pools)
        self.assertNotIn("to the member", pools)

    def test_a_lease_that_ends(self):
        subscribe_for(self.cups, "spoc:%40owner", 86400)
        (identifier, listed), = self.subscriptions().items()
        self.assertEqual(listed["lease_s"], 86400)
        self.assertRegex(self.findings(), f"WARNING: subscription {identifier}, .*lease of 86400")
        again, said = self.subscribe("@owner")
        self.assertEqual(again, identifier, said)
        self.assertEqual(self.subscriptions()[identifier]["lease_s"], 0)
        self.assertNotIn("lease", self.findings())
        self.assertIn("nothing was changed", self.subscribe("@owner")[1])

    def test_what_is_not_there(self):
        done = self.cups.run("spocctl", "unsubscribe", "9999", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("CUPS has no such subscription", done.stderr)
        self.assertNotIn("lpstat", done.stderr)
        self.assertNotIn("spocctl subscriptions", done.stderr)


class Limits(Subscriptions):
    MORE = "MaxSubscriptions 10\nMaxSubscriptionsPerPrinter 4"

    def test_limits(self):
        for number in range(3):
            _, said = self.subscribe(f"spoc:u{number}@example.com", "--printer", "q1")
            self.assertNotIn("MaxSubscriptions", said)
        _, said = self.subscribe("spoc:u3@example.com", "--printer", "q1")
        self.assertIn("MaxSubscriptionsPerPrinter", said)
        self.assertIn("q1", said)
        refused = self.cups.run("spocctl", "subscribe", "spoc:u4@example.com", "--printer", "q1",
                                check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("MaxSubscriptionsPerPrinter", refused.stderr)

        for number in range(4, 8):
            _, said = self.subscribe(f"spoc:u{number}@example.com")
            self.assertNotIn("of at most 10", said)
        _, said = self.subscribe("spoc:u8@example.com")
        self.assertIn("CUPS has 9 of at most 10 subscriptions", said)
        self.assertIn("raise MaxSubscriptions", said)
        self.subscribe("spoc:u9@example.com")
        self.assertRegex(self.findings(), "WARNING: CUPS has 10 of at most 10 subscriptions")
        status = self.cups.run("spocctl", "status", check=False)
        self.assertIn("CUPS has 10 subscriptions of at most 10", status.stdout)
        self.assertIn("raise MaxSubscriptions", status.stdout)
        refused = self.cups.run("spocctl", "subscribe", "spoc:u10@example.com", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("MaxSubscriptions", refused.stderr)
        said = self.cups.run("spocctl", "unsubscribe", "--all").stdout
        self.assertEqual(said.count("is ended"), 10)
        self.assertEqual(self.subscriptions(), {})


class Leases(Subscriptions):
    MORE = "MaxLeaseDuration 3600"

    def test_cups_does_not_let_them_stay(self):
        identifier, said = self.subscribe("@owner")
        self.assertEqual(self.subscriptions()[identifier]["lease_s"], 3600)
        self.assertIn("MaxLeaseDuration", said)
        self.assertNotIn("for ever", said)
        self.assertRegex(self.findings(), "WARNING: subscription .*MaxLeaseDuration")


if __name__ == "__main__":
    need_root()
    unittest.main()
