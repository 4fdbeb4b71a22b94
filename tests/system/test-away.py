#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Also tests: notify/journal-set.c
"""CUPS that cannot be asked decides nothing: no event is lost, none goes to a stranger, and what
CUPS answered once is known after any kill."""

import json
import os
import signal
import struct
import time
import unittest

from spoctest import fakecups, process, spoc
from spoctest.cups import Cups
from spoctest.fakecups import (FORBIDDEN, GET_JOB, GET_SUBSCRIPTION, NOT_FOUND, FakeCups, ipp,
                               job, subscription)
from spoctest.mailbox import Catcher
from spoctest.process import HangingServer, Root, need_root, wait_for
from spoctest.site import Site, assert_all_arrived, stream

ALICE = "spoc:alice@example.com"


def event(number, job_id, **keys):
    return spoc.event(number, job_id=job_id, title=f"number {number};", **keys)


class Away(unittest.TestCase):
    """A server that answers as it should not, or not at all."""

    def setUp(self):
        self.catcher = Catcher(Root().folder("mails"))
        self.addCleanup(self.catcher.stop)
        self.fake = FakeCups()
        self.addCleanup(self.fake.stop)

    def site(self, **keys):
        site = Site(self.catcher.port, **{"notifyUnverified": "drop", **keys})
        site.environment["CUPS_SERVER"] = self.fake.address
        self.addCleanup(site.stop)
        return site

    def waits(self, site):
        """Nothing is mailed and nothing dropped."""
        self.assertEqual(site.once(), 75, site.log())
        self.assertEqual(self.catcher.mails, [])
        self.assertEqual(len([f for f in site.files("events") if "." not in f.name]), 1)

    def test_no_answer_about_a_subscription(self):
        site = self.site()
        site.notify(event(1, 5) + event(2, 6))
        for answer in (FORBIDDEN, ipp(0), ipp(0x0500), ipp(0x0506), subscription(99, job=6)):
            with self.subTest(answer=answer):
                self.fake.answers[GET_SUBSCRIPTION] = (
                    ipp(answer) if isinstance(answer, int) else answer)
                self.waits(site)
        for answer in (400, 401, 403, 404, 426, 500, 503, b"", b"garbage" * 50, ipp(0)[:20]):
            with self.subTest(answer=answer):
                self.fake.answers[GET_SUBSCRIPTION] = answer
                self.waits(site)
        self.fake.answers[GET_SUBSCRIPTION] = subscription(1, job=5)
        self.assertEqual(site.once(), 0, site.log())
        self.assertEqual([m.text.count("number 1;") > 0 for m in self.catcher.mails], [True])

    def reason(self, site):
        entry, = json.loads(site.spocctl("queue", "list", "--json").stdout)
        self.assertEqual((entry["kind"], entry["state"]), ("events", "new"))
        return entry["reason"], entry["next_attempt_unix_s"]

    def test_what_they_wait_for(self):
        """`spocctl queue list` names what keeps the events, with spocd and without."""
        self.fake.answers[GET_SUBSCRIPTION] = ipp(FORBIDDEN)
        site = self.site(notifyGroupWait="10m", mailserver="")
        site.notify(event(1, 5))
        self.assertIn("spocd does not run", self.reason(site)[0])
        self.assertEqual(site.once(), 78)
        self.assertRegex(self.reason(site)[0], "^the configuration: .*when spocd last ran")

        site.configure(self.catcher.port, notifyUnverified="drop", notifyGroupWait="10m")
        self.assertEqual(site.once(), 75)
        self.assertRegex(self.reason(site)[0], "^cupsd answers client-error-forbidden.*last ran")
        spocd = site.start()
        wait_for("spocd to serve", site.answers)
        wait_for("it to ask", lambda: "client-error-forbidden" in self.reason(site)[0])
        self.assertNotIn("last ran", self.reason(site)[0])
        spocd.kill()
        spocd.wait()
        self.assertIn("spocd does not run", self.reason(site)[0])

        self.fake.answers[GET_SUBSCRIPTION] = subscription(1, job=5)
        for number, (uri, word, wait_s) in enumerate((
                (ALICE + "?digest=daily", "notifyDigestTime", 86400),
                ("spoc:@owner", "whose a job is", 0)), 6):
            with self.subTest(uri=uri):
                self.fake.answers[GET_JOB] = ipp(FORBIDDEN)
                spoc.clear_spool(site)
                site.notify(event(number, 5), uri)
                self.assertEqual(site.once(), 75)
                reason, until = self.reason(site)
                self.assertIn(word, reason)
                self.assertTrue(0 < until - time.time() <= wait_s if wait_s else until == 0)

        # Company: a printer's state waits for more.
        spoc.clear_spool(site)
        self.fake.answers[GET_SUBSCRIPTION] = subscription(1)
        started = site.start()
        wait_for("spocd to serve", site.answers)
        site.notify(spoc.event(9, job_id=0, what="printer-state-changed", printer_state=5,
                               reason="media-jam-error", text="state", time=int(time.time())))
        wait_for("it to wait for company", lambda: "notifyGroupWait" in self.reason(site)[0])
        self.assertGreater(self.reason(site)[1], time.time() + 400)
        started.terminate()
        started.wait()
        self.assertIn("notifyGroupWait", self.reason(site)[0])

    def test_nobody_listens_and_nobody_answers(self):
        site = self.site()
        site.notify(event(1, 5) + event(2, 6))
        site.environment["CUPS_SERVER"] = f"127.0.0.1:{process.dead_port()}"
        self.waits(site)
        hanging = HangingServer()
        self.addCleanup(hanging.stop)
        site.environment["CUPS_SERVER"] = f"127.0.0.1:{hanging.port}"
        self.waits(site)
        # Not found: the last event of the stream says whose they are.
        site.environment["CUPS_SERVER"] = self.fake.address
        self.assertEqual(site.once(), 0, site.log())
        self.assertEqual([m.text.count("number 2;") > 0 for m in self.catcher.mails], [True])

    def test_no_answer_about_an_owner(self):
        site = self.site()
        self.fake.answers[GET_SUBSCRIPTION] = subscription(1, job=5)
        site.notify(event(1, 5), "spoc:@owner")
        for answer in (ipp(FORBIDDEN), ipp(0), 403, b"garbage"):
            with self.subTest(answer=answer):
                self.fake.answers[GET_JOB] = answer
                self.waits(site)
        self.assertIn("Get-Job-Attributes", site.log())
        self.fake.answers[GET_JOB] = job(5, "bob")
        self.assertEqual(site.once(), 0, site.log())
        self.assertEqual([m.recipients for m in self.catcher.mails], [["bob@example.com"]])

    def test_until_mail_max_age(self):
        site = self.site(mailMaxAge="2s")
        self.fake.answers[GET_SUBSCRIPTION] = ipp(FORBIDDEN)
        site.notify(event(1, 5) + event(2, 5))
        self.waits(site)
        time.sleep(3)
        self.assertEqual(site.once(), 0, site.log())
        self.assertEqual(self.catcher.mails, [])
        self.assertEqual(site.log().count("before mailMaxAge was over"), 1)
        self.fake.answers[GET_SUBSCRIPTION] = subscription(1, job=6)
        self.fake.answers[GET_JOB] = ipp(FORBIDDEN)
        site.notify(event(3, 6) + event(4, 7), "spoc:@owner,carol@example.com")
        self.waits(site)
        time.sleep(3)
        self.assertEqual(site.once(), 0, site.log())
        self.assertEqual([m.recipients for m in self.catcher.mails], [["carol@example.com"]])
        self.assertEqual(site.log().count("no mail to the owner of job 6"), 1)

    def test_an_answer_is_not_forgotten(self):
        """Killed between the answer and the mail; then CUPS knows nothing any more."""
        hanging = HangingServer()
        self.addCleanup(hanging.stop)
        site = self.site(mailSmtpTimeout="1h", mailSmtpConnectionTimeout="1h")
        site.configure(hanging.port, notifyUnverified="drop", mailSmtpTimeout="1h",
                       mailSmtpConnectionTimeout="1h")
        self.fake.answers[GET_SUBSCRIPTION] = subscription(1, job=5)
        self.fake.answers[GET_JOB] = lambda body: job(struct.unpack(
            ">i", body[body.index(b"jobs/") + 5:][:1].rjust(4, b"\0"))[0] - ord("0"), "bob")
        # The stream ends in a stranger's job.
        site.notify(event(1, 5, what="job-created", state=3) + event(2, 6), "spoc:@owner")
        started = site.start()
        wait_for("both answers to be kept", lambda: any(
            f.name.endswith(".notes") and f.read_text().count("\n") >= 2
            for f in site.files("events")))
        started.send_signal(signal.SIGKILL)
        started.wait()
        self.fake.answers.clear()
        (site.spool / "state/jobs").unlink(missing_ok=True)
        site.configure(self.catcher.port, notifyUnverified="drop")
        asked = len(self.fake.asked)
        self.assertEqual(site.once(), 0, site.log())
        self.assertEqual([m.recipients for m in self.catcher.mails], [["bob@example.com"]])
        self.assertIn("number 1;", self.catcher.mails[0].text)
        self.assertNotIn(GET_SUBSCRIPTION, self.fake.asked[asked:])
        self.assertEqual(site.files("events"), [])

    def test_spocd_waits_and_asks_again(self):
        """One that was started on demand does not leave, nor spin; a retry finds CUPS back."""
        self.fake.answers[GET_SUBSCRIPTION] = 403
        site = self.site()
        site.notify(event(1, 5))
        started = site.start("--foreground")
        wait_for("it to be asked", lambda: self.fake.asked.count(GET_SUBSCRIPTION) >= 2)
        used = sum(os.times()[2:4])
        cpu = os.sysconf("SC_CLK_TCK")
        ticks = sum(int(n) for n in open(f"/proc/{started.pid}/stat").read().split()[13:15])
        self.assertLess(ticks / cpu, 1 + used)
        self.assertLess(len(self.fake.asked), 12)
        self.fake.answers[GET_SUBSCRIPTION] = subscription(1, job=5)
        self.catcher.wait(1)
        site.wait_empty()
        self.assertEqual(len(self.catcher.mails), 1)


class Real(unittest.TestCase):
    """The real cupsd, stopped in several ways."""

    JOBS = 40

    def setUp(self):
        self.root = Root()
        self.catcher = Catcher(self.root.folder("mails"))
        self.addCleanup(self.catcher.stop)
        self.cups = Cups(Root(self.root.folder("cups")), more="PreserveJobHistory No")
        self.addCleanup(self.cups.stop)
        self.cups.add_printer("q1", raw=True)
        self.document = spoc.document(self.root.path)

    def kill_spocd(self):
        process.signal_processes_of(self.cups.root.path, "spocd", signal.SIGKILL)

    def journals(self):
        return [f for f in spoc.spool_files(self.cups, "events") if "." not in f.name]

    def test_a_silent_server_then_no_cups(self):
        hanging = HangingServer()
        self.addCleanup(hanging.stop)
        long = {"mailSmtpTimeout": "1h", "mailSmtpConnectionTimeout": "1h"}
        spoc.configure_server(self.cups, hanging.port, **long)
        for number in range(self.JOBS):
            self.cups.print("q1", self.document, f"notify-recipient-uri={ALICE}",
                            title=f"number {number};")
        self.cups.wait_idle()
        # A job is done before the notifier of its last event has begun.
        wait_for("a journal for each job", lambda: len(self.journals()) == self.JOBS)
        self.kill_spocd()
        self.cups.halt()
        spoc.configure_server(self.cups, self.catcher.port)
        self.assertEqual(len(self.journals()), self.JOBS)
        spocd = process.Process([self.cups.spocd, "--foreground"], self.root.path / "spocd.log",
                                env=self.cups.environment)
        self.addCleanup(spocd.stop)
        # Whatever was answered before goes out; of the rest nothing is lost.
        time.sleep(13)
        log = (self.root.path / "spocd.log").read_text()
        self.assertNotIn("are not mailed", log)
        self.assertEqual(len(self.journals()) + len(self.catcher.mails), self.JOBS, log)
        self.cups.start()
        spoc.wait_empty(self.cups, 60)
        counts = assert_all_arrived(self, self.catcher.mails, range(self.JOBS))
        self.assertEqual(set(counts.values()), {1})


if __name__ == "__main__":
    need_root()
    unittest.main()
