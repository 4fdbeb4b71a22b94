#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""spoc-stub, by which packages are removed: ends subscriptions, stands in for the notifier; cupsd never spins.

Also tests: main.c of the room stub
"""

import os
import shutil
import time
import unittest

from spoctest import spoc
from spoctest.cups import Cups
from spoctest.process import Root, need_root, wait_for

IDLE_SECONDS = 2
IDLE_CPU = 0.3  # cupsd that spins uses all of it


class Stub(unittest.TestCase):
    def setUp(self):
        self.cups = Cups(Root())
        self.addCleanup(self.cups.stop)
        self.stub = self.cups.root.path / "bin/daemon/spoc-stub"
        self.cups.add_printer("q1", raw=True)
        self.document = spoc.document(self.cups.root.path)
        spoc.configure(self.cups)

    def subscriptions(self):
        said = self.cups.run("spocctl", "subscriptions").stdout
        return [line.split()[1] for line in said.splitlines() if line[0].isdigit()]

    def end_all(self, *scheme):
        return self.cups.run(self.stub, "--end-all", *scheme, check=False)

    def subscribe(self, events="job-completed"):
        self.cups.run("spocctl", "subscribe", "--server", "@owner", "--events", events)

    def print(self):
        self.cups.print("q1", self.document)

    def cpu_of_cupsd(self):
        def used():
            with open(f"/proc/{self.cups.pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        before = used()
        time.sleep(IDLE_SECONDS)  # what is measured is time
        return used() - before

    def put_stub(self):
        shutil.copy(self.stub, self.cups.notifier.with_suffix(".new"))
        self.cups.notifier.with_suffix(".new").rename(self.cups.notifier)

    def test_end_all(self):
        self.assertEqual(self.end_all().returncode, 0)
        self.subscribe()
        self.cups.run("spocctl", "subscribe", "--printer", "q1", "spoc:alice@example.com")
        self.cups.print("q1", self.document, "notify-recipient-uri=mailto:bob@example.com",
                        "notify-events=printer-added", "job-hold-until=indefinite")
        self.assertEqual(len(self.subscriptions()), 2)
        done = self.end_all()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.subscriptions(), [])
        # Those of others are left alone, unless they are named.
        wait_for("cupsd to write the one that is left",
                 lambda: "Recipient mailto:bob@" in self.saved() and "spoc:" not in self.saved(), 20)
        self.assertEqual(self.end_all("mailto").returncode, 0)
        wait_for("the other one to end", lambda: "mailto:bob@" not in self.saved(), 20)

    def saved(self):
        file = self.cups.root.path / "etc/subscriptions.conf"
        def written():
            return file.exists() and file.read_text()
        return wait_for("cupsd to write its subscriptions", written, 20)

    def test_no_cupsd(self):
        self.cups.halt()
        done = self.end_all()
        self.assertEqual(done.returncode, 3, done.stderr)

    def test_in_the_notifiers_place(self):
        self.subscribe("job-completed,job-created")
        self.put_stub()
        self.print()
        wait_for("the subscription to end", lambda: self.subscriptions() == [], 30)
        self.assertLess(self.cpu_of_cupsd(), IDLE_CPU)
        self.print()
        self.cups.wait_idle()
        self.assertLess(self.cpu_of_cupsd(), IDLE_CPU)
        self.assertIn("is not installed any more", self.cups.error_log())

    def test_junk(self):
        """It reads to the end, whatever comes, and says nothing that cupsd would take for an order."""
        junk = self.cups.root.path / "junk"
        junk.write_bytes(b"\x02\x00\x00\x00" + os.urandom(100000))
        with junk.open("rb") as file:
            done = self.cups.run(self.stub, "spoc:x", "", stdin=file)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(os.lseek(file.fileno(), 0, os.SEEK_CUR), junk.stat().st_size)

    def test_spin_ends_with_a_notifier(self):
        """What the packages rely on: cupsd that spins goes on as soon as there is one."""
        self.subscribe()
        self.cups.notifier.unlink()
        self.print()
        wait_for("cupsd to spin", lambda: self.cpu_of_cupsd() > IDLE_SECONDS / 4, 60)
        self.put_stub()
        wait_for("cupsd to answer", lambda: self.subscriptions() == [], 60)
        self.assertLess(self.cpu_of_cupsd(), IDLE_CPU)


if __name__ == "__main__":
    need_root()
    unittest.main()
