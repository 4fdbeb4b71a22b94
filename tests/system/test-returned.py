#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What cannot be delivered: kept with the reason, reported once, removed after a while; and a
month of retries in seconds, by a clock that runs fast (libfaketime)."""

import os
import pathlib
import re
import unittest

from spoctest.mailbox import Catcher
from spoctest.process import Root, need_root, wait_for
from spoctest.site import Site, stream

FAKETIME = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


class Returned(unittest.TestCase):
    def setUp(self):
        self.catcher = Catcher(Root().folder("mails"))
        self.addCleanup(self.catcher.stop)

    def site(self, **keys):
        made = Site(self.catcher.port, **keys)
        self.addCleanup(made.stop)
        return made

    def refuse_alice(self, envelope):
        return "550 5.7.1 no mail for her" if "alice@example.com" in envelope.rcpt_tos else None

    def test_one_report(self):
        """One for all that is returned; its envelope sender is empty."""
        self.catcher.refuse = self.refuse_alice
        site = self.site(mailReportTo="admin@example.com")
        site.notify(stream(range(1, 6)))
        self.assertEqual(site.once(), 0)
        mails = self.catcher.mails
        self.assertEqual([m.recipients for m in mails], [["admin@example.com"]])
        report = mails[0]
        self.assertEqual(report.sender, "<>")
        self.assertEqual(report.message["Auto-Submitted"], "auto-generated")
        self.assertEqual(report.defects, [])
        self.assertEqual(report.text.count("550 5.7.1 no mail for her"), 5)
        self.assertEqual(len(site.files("failed")), 5)
        # Each is an error of its own, once.
        said = re.findall(r"^ERROR: (\S+): .*550 5.7.1 no mail for her", site.log(), re.M)
        self.assertEqual(sorted(said), sorted(file.name for file in site.files("failed")))
        for file in site.files("failed"):
            self.assertIn(file.name, report.text)
        self.assertEqual(site.once(), 0)
        self.assertEqual(len(self.catcher.mails), 1)

    def test_no_report_of_a_report(self):
        self.catcher.refuse = lambda envelope: "550 5.1.1 nobody"
        site = self.site(mailReportTo="admin@example.com")
        site.notify(stream([1]))
        self.assertEqual(site.once(), 0)
        self.assertEqual(len(site.files("failed")), 2)
        self.assertEqual(site.once(), 0)
        self.assertEqual(len(site.files("failed")), 2)
        self.assertEqual(self.catcher.mails, [])

    def test_report_after_a_kill(self):
        """A spocd that is killed before the report is due leaves it to the next one."""
        self.catcher.refuse = self.refuse_alice
        site = self.site(mailReportTo="admin@example.com")
        started = site.start()
        site.notify(stream([1]))
        wait_for("the message to fail", lambda: site.files("failed"))
        started.kill()
        started.wait()
        self.assertEqual(self.catcher.mails, [])
        self.assertEqual(site.once(), 0)
        self.assertEqual([m.recipients for m in self.catcher.mails], [["admin@example.com"]])

    def test_failed_is_kept_for_a_while(self):
        self.catcher.refuse = self.refuse_alice
        site = self.site(mailKeepFailed="1h")
        site.notify(stream([1]))
        self.assertEqual(site.once(), 0)
        self.assertEqual(len(site.files("failed", "data")), 1)
        self.assertEqual(site.once(), 0)
        self.assertEqual(len(site.files("failed", "data")), 1)
        site.configure(self.catcher.port, mailKeepFailed="1s")
        wait_for("it to be removed", lambda: site.once() == 0 and not site.files("failed", "data"),
                 20, 0.5)
        self.assertIn("mailKeepFailed", site.log())

    def test_a_month(self):
        """Thirty days in about 25 s: the waits grow as the schedule says, then it is returned
        and reported."""
        if "SPOC_NO_FAKETIME" in os.environ:
            self.skipTest("another clock does not go with the sanitizers")
        if not FAKETIME.exists():
            self.skipTest("libfaketime is not installed")
        self.catcher.refuse = lambda envelope: None if "admin@example.com" in envelope.rcpt_tos \
            else "451 4.3.0 not now"
        site = self.site(mailReportTo="admin@example.com", mailMaxAge="30d",
                         mailRetrySchedule="1h,6h,1d,3d", mailSmtpConnectionTimeout="1h",
                         # The kernel does not know that clock: files would look a month old.
                         mailKeepFailed="3650d",
                         mailSmtpTimeout="1h", mailSmtpFinalTimeout="1h")
        site.notify(stream([1]))
        clock = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": "+0 x100000",
                 "FAKETIME_DONT_RESET": "1"}
        site.start("--foreground", **clock)
        wait_for("the report", lambda: self.catcher.mails)
        self.assertIn("given up: older than mailMaxAge", self.catcher.mails[0].text)
        failed = site.files("failed")
        self.assertEqual(len(failed), 1)
        lines = failed[0].read_text()
        attempts = int(re.search(r"^Attempts: (\d+)", lines, re.M)[1])
        # 1 h, 6 h, 1 d, then 3 d each with up to a tenth more, and one at the end
        self.assertIn(attempts, range(11, 16))
        times = [int(t) for t in re.findall(r"^Attempt: (\d+) ", lines, re.M)]
        day = 86400
        waits = [b - a for a, b in zip(times, times[1:])]
        for wait in waits[:-1]:
            self.assertTrue(2.9 * day < wait < 3.8 * day, waits)


def is_sanitized():
    program = os.environ["SPOC_BUILD"] + "/plugin/daemon/spocd"
    return b"__asan_init" in pathlib.Path(program).read_bytes()


if __name__ == "__main__":
    need_root()
    if is_sanitized():
        del Returned.test_a_month  # the sanitizers forbid a library that is loaded before them
    unittest.main()
