#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A real cupsd whose backend says what printers say: low toner is heard, once, however many jobs, and
whoever wants problems alone gets nothing else."""

import unittest

from spoctest import spoc
from spoctest.cups import Cups
from spoctest.mailbox import Catcher
from spoctest.process import Root, need_root, wait_for

# Says what stands in a file, as CUPS's own backends do by SNMP: what is set and what is gone.
BACKEND = """\
#!/bin/sh
[ $# -gt 0 ] || exit 0
cat {root}/printed/says >&2
exit $(cat {root}/printed/status)
"""
WATCHER = "watcher@example.com"


class Severity(unittest.TestCase):
    def setUp(self):
        root = Root()
        self.catcher = Catcher(root.folder("mails"))
        self.addCleanup(self.catcher.stop)
        self.cups = Cups(root)
        self.addCleanup(self.cups.stop)
        spoc.configure_server(self.cups, self.catcher.port, notifyGroupWait="1s",
                              notifyAllowedRecipients="*")
        backend = self.cups.root.path / "bin/backend/says"
        backend.write_text(BACKEND.format(root=self.cups.root.path))
        backend.chmod(0o755)
        self.cups.run("lpadmin", "-p", "q1", "-v", "says:/", "-m", "raw", "-E",
                      "-o", "printer-error-policy=abort-job")
        self.document = spoc.document(self.cups.root.path)

    def print(self, says="", status=0):
        folder = self.cups.root.path / "printed"
        (folder / "says").write_text(says)
        (folder / "status").write_text(f"{status}\n")
        self.cups.print("q1", self.document)
        self.cups.wait_idle()

    def subjects(self, address=WATCHER):
        return [mail.subject for mail in self.catcher.mails if mail.recipients == [address]]

    def wait_subject(self, text, address=WATCHER):
        wait_for(f"a mail that says {text}",
                 lambda: any(text in subject for subject in self.subjects(address)))

    def settle(self):
        """All that came of it is mailed or dropped, for a journal ends with its subscription."""
        self.cups.run("spocctl", "unsubscribe", "--all")
        spoc.wait_empty(self.cups)

    def test_low_toner(self):
        """CUPS calls it a report. Twelve jobs long it is one mail, and so is its end."""
        self.cups.run("spocctl", "subscribe", WATCHER, "--only", "problems",
                      "--events", "printer-state-changed,job-completed")
        self.print()
        for _ in range(12):
            self.print("STATE: +toner-low-report\nSTATE: +connecting-to-device\n"
                       "STATE: -connecting-to-device\n")
        self.wait_subject("toner is low")
        self.print("STATE: -toner-low-report\n")
        self.wait_subject("Resolved")
        self.print(status=1)  # a job that fails
        self.wait_subject("Not printed")
        self.settle()
        low, resolved, failed = self.subjects()
        self.assertIn("toner is low", low)
        self.assertIn("Resolved", resolved)
        self.assertIn("Not printed", failed)

    def test_faults(self):
        self.cups.run("spocctl", "subscribe", WATCHER, "--only", "faults",
                      "--events", "printer-state-changed")
        self.assertIn("only=faults", self.cups.run("spocctl", "subscriptions").stdout)
        self.print("STATE: +media-low-warning,waste-receptacle-almost-full-report\n")
        self.print("STATE: +waste-receptacle-full-warning\n")
        self.wait_subject("the waste container is full")
        self.print("STATE: -waste-receptacle-full-warning\n")
        self.wait_subject("Resolved")
        self.settle()
        self.assertEqual(len(self.subjects()), 2, self.subjects())
        wrong = self.cups.run("spocctl", "subscribe", WATCHER, "--only", "faulty", check=False)
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("problems, faults or all", wrong.stderr)

    def test_whoever_prints_silences_nobody(self):
        """A subscription for the watcher that wants little, and reasons that are no keywords."""
        self.cups.run("spocctl", "subscribe", WATCHER, "--events", "printer-state-changed,"
                      "job-completed", "--only", "all")
        self.cups.print("q1", self.document, "notify-recipient-uri=spoc:" + WATCHER
                        + "?only=faults", "notify-events=all", user="eve")
        self.print("STATE: +toner-low-report," + "x" * 200 + "-report,%s%n-warning\n")
        self.wait_subject("toner is low")
        self.wait_subject("Printed")
        self.settle()


if __name__ == "__main__":
    need_root()
    unittest.main()
