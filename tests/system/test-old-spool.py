#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A spool that a version before has left: what is due is mailed, the rest is listed, and nothing is
lost. spools/make.py made the spools; each folder is called after the commit of its programs."""

import json
import os
import pathlib
import re
import shutil
import sys
import time
import unittest

from spoctest import fakecups, spoc
from spoctest.mailbox import Catcher
from spoctest.process import Root, need_root
from spoctest.site import Site

SPOOLS = pathlib.Path(__file__).resolve().parent / "spools"
FAKETIME = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
# It is ten minutes after make.py's clock: what was to be tried after five minutes is due, and what
# was to be tried after an hour is not.
NOW_UNIX_S = 1768471200 + 600
PDF = (SPOOLS / "document.pdf").read_bytes()

DUE = [("alice@example.com", "Resolved: q9 is ready again"),  # state/told says that it had stopped
       ("alice@example.com", "number 503"),  # a document that nobody had seen
       ("away@example.com", "number 10"), ("away@example.com", "number 8"),
       ("away@example.com", "number 9"),  # their server was away
       ("bob@example.com", "number 14"),  # state/jobs says whose it is
       ("marked@example.com", "number 12"), ("marked@example.com", "number 13"),  # not 6 and 7
       ("sending@example.com", "number 11"),
       ("unseen@example.com", "number 16"), ("unseen@example.com", "number 17")]
NOT_DUE = [("busy-carol@example.com", "number 501"), ("later@example.com", "number 3")]
STAYS = [("notification", "failed", "failed@example.com"),
         ("notification", "held", "held@example.com"), ("set-aside", "failed", "")]
WAITS = [("notification", "waiting", "later@example.com"),
         ("scan", "waiting", "busy-carol@example.com")]
AT_FIRST = STAYS + WAITS + [
    ("events", "new", "spoc:@owner"), ("events", "new", "spoc:alice@example.com"),
    ("events", "new", "spoc:marked@example.com"), ("events", "new", "spoc:unseen@example.com"),
    ("notification", "sending", "sending@example.com"), ("scan", "new", "alice"),
    *[("notification", "waiting", "away@example.com")] * 3]


class OldSpool:
    version = None

    def setUp(self):
        self.catcher = Catcher(Root().folder("mails"))
        self.addCleanup(self.catcher.stop)
        self.site = Site(self.catcher.port, scanAllowedRecipients="@owner, @example.com")
        self.addCleanup(self.site.stop)
        cups = fakecups.FakeCups()  # it has forgotten its jobs
        self.addCleanup(cups.stop)
        cups.answers = {fakecups.GET_SUBSCRIPTION: fakecups.subscription(1)}
        self.site.environment.update(
            CUPS_SERVER=cups.address, LD_PRELOAD=str(FAKETIME), NO_FAKE_STAT="1",
            FAKETIME=f"{NOW_UNIX_S - int(time.time()):+d}", FAKETIME_DONT_RESET="1")
        self.lay_out()

    def lay_out(self):
        source = SPOOLS / self.version
        for name, changed_s in json.loads((source / "times.json").read_text()).items():
            file = self.site.spool / name
            file.parent.mkdir(mode=0o700, exist_ok=True)
            shutil.chown(file.parent, "lp", "lp")
            shutil.copy(source / name, file)
            file.chmod(0o600)
            shutil.chown(file, "lp", "lp")
            os.utime(file, (changed_s, changed_s))

    def listed(self):
        """What `queue list` says: kind, state and the recipients that have nothing yet."""
        done = self.site.spocctl("queue", "list", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return sorted((entry["kind"], entry["state"], " ".join(
            r["address"] for r in entry["recipients"] if r["state"] != "delivered"))
            for entry in json.loads(done.stdout))

    def mailed(self):
        """Who got what since the last time"""
        mails, self.catcher.mails = self.catcher.mails, []
        for mail in mails:
            self.assertEqual(mail.defects, [])
            for part in mail.message.iter_attachments():
                self.assertEqual(part.get_content(), PDF)
        return sorted((" ".join(m.recipients),
                       (re.findall(r"number \d+", m.subject) or [m.subject])[0]) for m in mails)

    def order(self, *arguments):
        done = self.site.spocctl("queue", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_same_configuration(self):
        """What is due is mailed, and nothing else; then the rest, when somebody wants it."""
        (self.site.spool / "state/configuration").unlink()
        self.assertEqual(self.listed(), sorted(AT_FIRST))
        self.assertEqual(self.site.once(), 75)
        self.assertEqual(self.mailed(), DUE)
        self.assertEqual(self.listed(), sorted(STAYS + WAITS))
        held, = self.site.files("held")
        self.order("release", held.name)
        self.order("retry", "--all")
        self.assertEqual(self.site.once(), 0)
        self.assertEqual(self.mailed(), sorted([*NOT_DUE, ("held@example.com", "number 4")]))
        self.assertEqual(self.listed(), [STAYS[0], STAYS[2]])
        self.assertEqual(self.site.files("events"), [])

    def test_another_configuration(self):
        """It may be what was missing: what waits for its next attempt is tried at once."""
        self.assertEqual(self.site.once(), 0)
        self.assertEqual(self.mailed(), sorted(DUE + NOT_DUE))
        self.assertEqual(self.listed(), STAYS)


class Spool9ef3117(OldSpool, unittest.TestCase):
    version = "9ef3117"


class Spool72b0a75(OldSpool, unittest.TestCase):
    version = "72b0a75"

    def test_servers(self):
        """The server that did not answer is remembered while no spocd runs."""
        noted, = re.findall(r"localhost:(\d+)\t", (self.site.spool / "state/servers").read_text())
        self.site.configure(noted)
        self.assertIn(f"localhost:{noted}", self.site.spocctl("status").stdout)

    def test_duplicates(self):
        """What another subscription told before the update is not mailed once more."""
        again = spoc.event(6, job_id=6, title="number 6;", time=1768471206, subscription=2)
        self.site.notify(again, "spoc:marked@example.com")
        self.site.once()
        self.assertEqual(self.mailed(), sorted(DUE + NOT_DUE))


if __name__ == "__main__":
    need_root()
    if "SPOC_NO_FAKETIME" in os.environ:
        print("skipped: another clock does not go with the sanitizers")
        sys.exit(77)
    unittest.main()
