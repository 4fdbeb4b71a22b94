#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Also tests: notify/aggregator.c, notify/group.c, notify/journal-set.c
"""Few mails, and the right ones: related events in one, repeated states told less and less often,
faults that clear, what exceeds a rate, digests. All of it survives restarts."""

import email.utils
import os
import pathlib
import subprocess
import time
import unittest

from spoctest.mailbox import Catcher
from spoctest.process import Root, need_root, wait_for
from spoctest.site import Site
from spoctest.spoc import event

FAKETIME = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
IDLE, PRINTING, STOPPED = 3, 4, 5
ALICE = "spoc:alice@example.com"


def state(number, printer_state, reason="none", when=None, printer="q1"):
    return event(number, job_id=0, printer=printer, what="printer-state-changed",
                 printer_state=printer_state, reason=reason, text="state",
                 time=when or int(time.time()))


def job(number, job_id, what, job_state, **keys):
    return event(number, job_id=job_id, what=what, state=job_state, time=int(time.time()), **keys)


class Quiet(unittest.TestCase):
    def setUp(self):
        self.catcher = Catcher(Root().folder("mails"))
        self.addCleanup(self.catcher.stop)

    def site(self, **keys):
        made = Site(self.catcher.port, **keys)
        self.addCleanup(made.stop)
        return made

    def subjects(self):
        return [mail.subject for mail in self.catcher.mails]

    def serve(self, site):
        started = site.start()
        wait_for("spocd to serve", site.answers)
        return started

    def test_flapping(self):
        """A thousand changes: few mails, and the last one tells how it is."""
        site = self.site(notifyGroupWait="1s", notifyRepeatInterval="1h")
        self.serve(site)
        notifier = site.start_notifier()
        for number in range(1000):
            printer_state = STOPPED if number % 2 else IDLE
            notifier.stdin.write(state(number, printer_state, "paused" if number % 2 else "none"))
            notifier.stdin.flush()
            if number % 100 == 50:
                time.sleep(0.3)  # the stream takes three seconds
        notifier.stdin.close()
        site.wait_empty()
        self.assertLessEqual(len(self.catcher.mails), 5, self.subjects())
        self.assertIn("has stopped", self.subjects()[-1])

    def test_flapping_in_one_go(self):
        site = self.site()
        stream = b"".join(state(n, STOPPED if n % 2 else IDLE) for n in range(1000))
        site.notify(stream)
        self.assertEqual(site.once(), 0)
        self.assertEqual(len(self.catcher.mails), 1)
        self.assertIn("has stopped", self.subjects()[0])
        site.notify(state(1, STOPPED))  # told already
        self.assertEqual(site.once(), 0)
        self.assertEqual(len(self.catcher.mails), 1)

    def test_a_fault_clears(self):
        """The mail about the fault and that about its end are one thread."""
        site = self.site()
        site.notify(state(1, STOPPED, "media-jam-error"))
        self.assertEqual(site.once(), 0)
        site.notify(state(2, IDLE))
        self.assertEqual(site.once(), 0)
        fault, resolved = self.catcher.wait(2)
        self.assertIn("jammed", fault.subject)
        self.assertIn("Resolved", resolved.subject)
        self.assertTrue(fault.message["References"])
        self.assertEqual(fault.message["References"], resolved.message["References"])
        site.notify(state(3, IDLE))
        self.assertEqual(site.once(), 0)
        self.assertEqual(len(self.catcher.mails), 2)

    def test_a_fault_that_cleared_meanwhile(self):
        site = self.site(notifyGroupWait="2s")
        self.serve(site)
        site.notify(state(1, STOPPED, "media-jam-error") + state(2, IDLE))
        site.notify(job(1, 5, "job-completed", 9))
        site.wait_empty()
        self.assertEqual(self.subjects(), ["Printed: A title"])

    def test_a_lasting_warning(self):
        """One mail, however many jobs: printing and idle, and what comes with each job, are no news."""
        site = self.site()
        for number in range(20):
            site.notify(state(3 * number + 1, PRINTING, "toner-empty-warning")
                        + state(3 * number + 2, PRINTING, "toner-empty-warning")
                        + state(3 * number + 3, IDLE, "toner-empty-warning"))
            self.assertEqual(site.once(), 0)
        self.assertEqual(len(self.catcher.mails), 1, self.subjects())
        self.assertIn("toner is empty", self.subjects()[0])
        site.notify(state(70, PRINTING) + state(71, IDLE))
        self.assertEqual(site.once(), 0)
        self.assertIn("Resolved", self.subjects()[-1])
        self.assertEqual(len(self.catcher.mails), 2)

    def test_only_problems(self):
        site = self.site()
        problems = ALICE + "?only=problems"
        site.notify(job(1, 5, "job-created", 3) + job(2, 5, "job-completed", 9)
                    + job(3, 6, "job-completed", 8) + job(4, 7, "job-completed", 7)
                    + state(5, IDLE), problems)
        self.assertEqual(site.once(), 0)
        self.assertEqual(self.subjects(), ["Not printed: A title"])
        site.notify(state(6, PRINTING, "toner-low-report"), problems)
        self.assertEqual(site.once(), 0)
        site.notify(state(7, PRINTING), problems)
        self.assertEqual(site.once(), 0)
        site.notify(state(8, IDLE), problems)
        self.assertEqual(site.once(), 0)
        self.assertEqual(len(self.catcher.mails), 3, self.subjects())
        self.assertIn("toner is low", self.subjects()[1])
        self.assertIn("Resolved", self.subjects()[2])

    def test_only_faults(self):
        site = self.site(notifyOnly="faults")
        for number, what in enumerate((state(1, STOPPED, "paused"),
                                       state(2, IDLE, "media-low-report"),
                                       job(3, 5, "job-completed", 9),
                                       state(4, STOPPED, "media-jam-error"),
                                       state(5, IDLE, "media-low-report"),
                                       state(6, IDLE))):
            site.notify(what)
            self.assertEqual(site.once(), 0, number)
        self.assertEqual(len(self.catcher.mails), 2, self.subjects())
        self.assertIn("has stopped", self.subjects()[0])
        self.assertIn("Resolved", self.subjects()[1])
        site.notify(job(7, 6, "job-completed", 9), ALICE + "?only=all")
        self.assertEqual(site.once(), 0)
        self.assertIn("Printed", self.subjects()[2])

    def test_who_asks_for_less_is_in_nobodys_way(self):
        """Another subscription for the same person, which anybody may make, silences nothing."""
        site = self.site(notifyGroupWait="1s")
        self.serve(site)
        moment = int(time.time())
        for number, (printer_state, reason) in enumerate(
                ((IDLE, "toner-low-report"), (STOPPED, "media-jam-error"), (IDLE, "none"))):
            for uri in (ALICE + "?only=faults", ALICE + "?only=problems&language=de",
                        "mailto:alice@example.com?subject=x&only=faults", ALICE):
                site.notify(state(number, printer_state, reason, moment + number), uri)
            site.notify(job(number, 10 + number, "job-completed", 9), ALICE + "?only=faults")
            site.notify(job(number, 10 + number, "job-completed", 9))
            site.wait_empty()
        texts = [mail.subject for mail in self.catcher.mails]
        self.assertEqual(sum("Printed" in text for text in texts), 3, texts)
        # Three states, each told once, in whatever language was asked for first
        self.assertEqual(len(texts), 6, texts)

    def test_reasons(self):
        site = self.site(notifyReasons="*, -toner-low-report", notifyOnly="problems")
        for number, reason in enumerate(("toner-low-report", "toner-low-warning")):
            site.notify(state(number, IDLE, reason))
            self.assertEqual(site.once(), 0)
        self.assertEqual(len(self.catcher.mails), 1, self.subjects())
        self.assertIn("toner is low (warning)", self.subjects()[0])

    def test_a_digest_of_problems(self):
        site = self.site()
        site.notify(job(1, 1, "job-completed", 9, title="fine") + state(2, IDLE)
                    + job(3, 2, "job-completed", 8, title="broken")
                    + state(4, STOPPED, "media-jam-error") + state(5, IDLE),
                    ALICE + "?digest=daily&only=faults")
        self.assertEqual(site.once(**self.clock("+1d")), 0)
        digest, = self.catcher.mails
        self.assertIn("broken", digest.text)
        self.assertIn("jammed", digest.text)
        self.assertIn("is ready", digest.text)
        self.assertNotIn("fine", digest.text)

    def test_a_job_in_one_mail(self):
        site = self.site(notifyGroupWait="30s")
        self.serve(site)
        site.notify(job(1, 5, "job-created", 3) + job(2, 5, "job-state-changed", 5)
                    + job(3, 6, "job-created", 3) + job(4, 5, "job-completed", 9)
                    + job(5, 6, "job-completed", 7))
        mails = self.catcher.wait(2)
        self.assertEqual(sorted(m.subject for m in mails), ["Canceled: A title", "Printed: A title"])
        site.wait_empty()
        self.assertEqual(len(self.catcher.mails), 2)

    def test_jobs_do_not_wait_by_default(self):
        site = self.site()
        self.serve(site)
        site.notify(job(1, 5, "job-created", 3) + job(2, 5, "job-completed", 9))
        mails = self.catcher.wait(2)
        self.assertEqual(sorted(m.subject for m in mails), ["Printed: A title", "Queued: A title"])

    def test_two_subscriptions_of_one_person(self):
        """The same event reaches her once."""
        site = self.site(notifyGroupWait="1s")
        self.serve(site)
        moment = int(time.time())
        site.notify(state(1, STOPPED, "media-jam-error", moment))
        site.notify(state(7, STOPPED, "media-jam-error", moment))
        site.wait_empty()
        self.assertEqual(len(self.catcher.mails), 1)

    def test_events_that_are_not_wanted(self):
        site = self.site(notifyEvents="job-completed, printers")
        site.notify(job(1, 5, "job-created", 3) + job(2, 5, "job-completed", 9)
                    + state(3, STOPPED))
        self.assertEqual(site.once(), 0)
        self.assertEqual(sorted(self.subjects()), ["Printed: A title", "q1 has stopped"])

    def test_killed_while_they_wait(self):
        site = self.site(notifyGroupWait="2s")
        started = self.serve(site)
        site.notify(job(1, 5, "job-created", 3) + job(2, 5, "job-state-changed", 5))
        wait_for("the events to be read", lambda: '"kind":"events"' in
                 site.spocctl("queue", "list", "--json").stdout.replace(" ", ""))
        started.kill()
        started.wait()
        self.assertEqual(self.catcher.mails, [])
        self.serve(site)
        site.wait_empty()
        self.assertEqual(self.subjects(), ["Printing: A title"])

    def test_rate(self):
        """What exceeds it is collected into one mail, an hour after the first. An hour takes ten
        seconds here."""
        site = self.site(notifyMaxPerHour="3", mailSmtpConnectionTimeout="1h", mailSmtpTimeout="1h")
        site.start("--foreground", **self.clock("+0 x360"))
        wait_for("spocd to serve", site.answers)
        site.notify(b"".join(job(n, n, "job-completed", 9, title=f"number {n};")
                             for n in range(1, 11)))
        self.catcher.wait(3)
        site.notify(job(11, 11, "job-completed", 9, title="number 11;"), "spoc:bob@example.com")
        bobs = self.catcher.wait(4)[3]  # others are not concerned
        self.assertEqual(bobs.recipients, ["bob@example.com"])
        self.assertEqual(len(self.catcher.mails), 4)
        site.wait_empty()
        self.assertEqual(len(self.catcher.mails), 5)
        rest = self.catcher.mails[-1]
        self.assertEqual(rest.recipients, ["alice@example.com"])
        for number in range(4, 11):
            self.assertIn(f"number {number};", rest.text)

    def test_rate_with_runs_every_hour(self):
        """spocd --once: what exceeds the rate is one mail in the next hour's run."""
        site = self.site(notifyMaxPerHour="3")
        site.notify(b"".join(job(n, n, "job-completed", 9, title=f"number {n};")
                             for n in range(1, 11)))
        for clock in ("+0", "+1m", "+50m"):
            self.assertEqual(site.once(**self.clock(clock)), 75)
            self.assertEqual(len(self.catcher.mails), 3)
        site.notify(job(11, 11, "job-completed", 9, title="number 11;"))
        self.assertEqual(site.once(**self.clock("+59m")), 0, site.log())
        self.assertEqual(len(self.catcher.mails), 4)
        rest = self.catcher.mails[-1]
        for number in range(4, 12):
            self.assertIn(f"number {number};", rest.text)
        # And then single mails go again.
        site.notify(job(12, 12, "job-completed", 9, title="number 12;"))
        self.assertEqual(site.once(**self.clock("+61m")), 0, site.log())
        self.assertIn("number 12;", self.catcher.mails[4].text)

    def test_digest(self):
        site = self.site()
        site.notify(b"".join(job(n, n, "job-completed", 9, title=f"number {n};")
                             for n in range(1, 6)), ALICE + "?digest=daily")
        self.assertEqual(site.once(), 75)
        self.assertEqual(self.catcher.mails, [])
        self.assertEqual(site.once(**self.clock("+1d")), 0)
        digest, = self.catcher.mails
        for number in range(1, 6):
            self.assertIn(f"number {number};", digest.text)
        self.assertTrue(site.is_empty())

    def many_for_a_digest(self, site):
        for first in range(1, 301, 30):
            site.notify(b"".join(job(n, n, "job-completed", 9, title=f"number {n};")
                                 for n in range(first, first + 30)), ALICE + "?digest=daily")

    def assert_one_digest(self, sent_s):
        # One that was killed behind the server's answer sends the same mail again.
        self.assertEqual(len({mail.message_id for mail in self.catcher.mails}), 1)
        digest = self.catcher.mails[0]
        self.assertIn("number 300;", digest.text)
        self.assertIn("100", digest.text)  # are left out, for a mail tells 200
        date = email.utils.parsedate_to_datetime(digest.message["Date"]).timestamp()
        self.assertLess(abs(date - sent_s), 120)  # of composing, not of the last event

    def test_digest_when_spocd_was_not_there_at_its_time(self):
        site = self.site()
        self.many_for_a_digest(site)
        self.assertEqual(site.once(**self.clock("+1d")), 0)
        self.assert_one_digest(time.time() + 86400)
        self.assertTrue(site.is_empty())

    def test_digest_when_a_service_was_not_there_at_its_time(self):
        site = self.site()
        self.many_for_a_digest(site)
        site.start("--foreground", **self.clock("+1d"))
        site.wait_empty()
        self.assert_one_digest(time.time() + 86400)

    def test_digest_and_kills(self):
        """Killed at any moment while it is read and composed: it is one mail still."""
        site = self.site()
        self.many_for_a_digest(site)
        for step in range(30):
            started = site.start("--foreground", **self.clock("+1d"))
            try:
                started.wait(0.02 + step * 0.006)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()
        site.start("--foreground", **self.clock("+1d"))
        site.wait_empty()
        self.assert_one_digest(time.time() + 86400)

    def test_full_disk(self):
        """What waited cannot be written: one run says so and ends, the next one mails it."""
        site = self.site()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k,mode=700,uid=7,gid=7",
                        "tmpfs", site.spool], check=True)
        self.addCleanup(subprocess.run, ["umount", site.spool], check=True)
        site.notify(state(1, STOPPED))
        filler = site.spool / "filler"
        with open(filler, "wb", buffering=0) as file, self.assertRaises(OSError):
            while True:
                file.write(bytes(4096))
        self.assertEqual(site.once(), 75)
        self.assertIn("Free space in", site.log())
        self.assertEqual(self.catcher.mails, [])
        filler.unlink()
        self.assertEqual(site.once(), 0)
        self.assertEqual(self.subjects(), ["q1 has stopped"])

    def clock(self, what):
        if "SPOC_NO_FAKETIME" in os.environ:
            self.skipTest("another clock does not go with the sanitizers")
        if not FAKETIME.exists():
            self.fail("libfaketime is not installed: run tests/setup")
        return {"LD_PRELOAD": str(FAKETIME), "FAKETIME": what, "FAKETIME_DONT_RESET": "1"}


def is_sanitized():
    program = os.environ["SPOC_BUILD"] + "/plugin/daemon/spocd"
    return b"__asan_init" in pathlib.Path(program).read_bytes()


if __name__ == "__main__":
    need_root()
    if is_sanitized():  # the sanitizers forbid a library that is loaded before them
        del Quiet.test_rate, Quiet.test_digest
    unittest.main()
