#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What was accepted is mailed, whatever is killed, down, hanging or refusing; and what comes
twice carries the same Message-ID."""

import collections
import os
import random
import re
import signal
import subprocess
import time
import unittest

from spoctest import process, spoc
from spoctest.cups import Cups
from spoctest.mailbox import Catcher
from spoctest.process import Root, need_root

URI = "spoc:alice@example.com"


def stream(numbers):
    return b"".join(spoc.event(n, job_id=n, title=f"number {n};") for n in numbers)


def numbers_in(mails):
    """How often each event's mail arrived."""
    return collections.Counter(int(re.search(r"number (\d+);", m.text)[1]) for m in mails)


class Lossless(unittest.TestCase):
    def setUp(self):
        self.root = Root()
        self.catcher = Catcher(self.root.folder("mails"))
        self.addCleanup(self.catcher.stop)
        self.cups = Cups(Root(self.root.folder("cups")), start=False)
        self.addCleanup(self.cups.stop)
        self.configure()

    def configure(self, port=None, **keys):
        values = {"notifyUnverified": "send", "startDaemon": "never", **keys}
        spoc.configure_server(self.cups, port or self.catcher.port, **values)

    def assert_all_arrived(self, expected):
        """Each at least once, and never under two Message-IDs."""
        counts = numbers_in(self.catcher.mails)
        self.assertEqual(sorted(set(expected) - set(counts)), [], "lost")
        names = collections.defaultdict(set)
        for mail in self.catcher.mails:
            names[re.search(r"number (\d+);", mail.text)[1]].add(mail.message_id)
        self.assertEqual({n: ids for n, ids in names.items() if len(ids) != 1}, {})
        return counts

    def run_dry(self, deadline_s=60):
        """spocd --once until nothing waits any more."""
        process.wait_for("spocd --once to find nothing left",
                         lambda: spoc.spocd_once(self.cups)[0] == 0, deadline_s, 0.2)

    def test_server_down_then_up(self):
        self.configure(process.dead_port())
        spoc.notify(self.cups, URI, stream(range(1, 21)))
        code, said = spoc.spocd_once(self.cups, expect=75)
        self.assertIn("localhost", said)
        self.assertEqual(self.catcher.mails, [])
        self.configure()
        self.run_dry()
        counts = self.assert_all_arrived(range(1, 21))
        self.assertEqual(set(counts.values()), {1})
        self.assertTrue(spoc.spool_is_empty(self.cups))

    def test_no_server_configured(self):
        spoc.configure(self.cups, notifyUnverified="send", startDaemon="never")
        spoc.notify(self.cups, URI, stream([1]))
        spoc.spocd_once(self.cups, expect=78)
        self.configure()
        self.run_dry()
        self.assert_all_arrived([1])

    def failover(self, first_port, seconds, count=100):
        self.configure(first_port, mailserverbackup=f"localhost:{self.catcher.port}",
                       mailSmtpConnectionTimeout="1000", mailSmtpTimeout="1000")
        spoc.notify(self.cups, URI, stream(range(1, count + 1)))
        begun = time.monotonic()
        self.run_dry()
        took = time.monotonic() - begun
        counts = self.assert_all_arrived(range(1, count + 1))
        self.assertEqual(set(counts.values()), {1})
        # Far below a time-out for each: the server that failed is left alone for a while.
        self.assertLess(took, seconds)

    def test_backup_when_first_is_down(self):
        self.failover(process.dead_port(), 30)

    def test_backup_when_first_hangs(self):
        hanging = process.HangingServer()
        self.addCleanup(hanging.stop)
        self.failover(hanging.port, 30)

    def test_backup_when_first_refuses_for_now(self):
        first = Catcher(self.root.folder("first"))
        self.addCleanup(first.stop)
        first.refuse = lambda envelope: "451 4.3.0 not now"
        self.failover(first.port, 30)

    def test_a_4xx_is_tried_again(self):
        refused = []

        def refuse_each_once(envelope):
            number = re.search(rb"number (\d+);", envelope.original_content)[1]
            if number in refused:
                return None
            refused.append(number)
            return "451 4.3.0 not now"

        self.catcher.refuse = refuse_each_once
        spoc.notify(self.cups, URI, stream(range(1, 6)))
        self.run_dry()
        counts = self.assert_all_arrived(range(1, 6))
        self.assertEqual(set(counts.values()), {1})

    def test_spocd_killed_at_random_moments(self):
        seed = random.randrange(1 << 32)
        print(f"# seed {seed}")
        dice = random.Random(seed)
        accepted = []
        for part in range(15):
            numbers = range(part * 20 + 1, part * 20 + 21)
            spoc.notify(self.cups, URI, stream(numbers))
            accepted += numbers
            for _ in range(2):
                victim = subprocess.Popen([self.cups.spocd, "--once"], env=self.cups.environment,
                                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                          stderr=subprocess.DEVNULL)
                try:
                    victim.wait(dice.uniform(0.005, 0.15))
                except subprocess.TimeoutExpired:
                    victim.kill()
                    victim.wait()
        self.run_dry()
        self.assert_all_arrived(accepted)
        self.assertTrue(spoc.spool_is_empty(self.cups))

    def journal_bytes(self):
        """Of journals under their final names, which no spocd removes while none runs."""
        return sum(f.stat().st_size for f in (self.cups.spool / "events").glob("[!.]*"))

    def test_notifier_killed_at_random_moments(self):
        """What was in the journal before the kill is mailed; what came later may be."""
        seed = random.randrange(1 << 32)
        print(f"# seed {seed}")
        dice = random.Random(seed)
        accepted = []
        for part in range(10):
            first = part * 40 + 1
            before = self.journal_bytes()
            victim = spoc.start_notifier(self.cups, URI)
            safe = stream(range(first, first + 20))
            os.write(victim.stdin.fileno(), safe)
            process.wait_for("the journal to be written",
                             lambda: self.journal_bytes() - before >= len(safe), 10)
            accepted += range(first, first + 20)
            more = stream(range(first + 20, first + 40))
            os.write(victim.stdin.fileno(), more[:dice.randrange(len(more))])
            try:
                victim.wait(dice.uniform(0, 0.05))
            except subprocess.TimeoutExpired:
                pass
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            victim.stdin.close()
        self.run_dry()
        self.assert_all_arrived(accepted)
        self.assertTrue(spoc.spool_is_empty(self.cups))

    def test_many_notifiers_and_a_daemon_that_is_killed(self):
        """The doors start spocd themselves; it is killed again and again."""
        self.configure(startDaemon="auto")
        notifiers = []
        for part in range(8):
            notifiers.append(spoc.start_notifier(self.cups, URI))
            os.write(notifiers[-1].stdin.fileno(), stream(range(part * 10 + 1, part * 10 + 11)))
            process.signal_processes_of(self.cups.root.path, "spocd", signal.SIGKILL)
        for notifier in notifiers:
            notifier.stdin.close()
            self.assertEqual(notifier.wait(90), 0)
            process.signal_processes_of(self.cups.root.path, "spocd", signal.SIGKILL)
        spoc.notify(self.cups, URI, stream([81]))
        process.wait_for("the spool to be empty", lambda: spoc.spool_is_empty(self.cups), 90)
        self.assert_all_arrived(range(1, 82))


if __name__ == "__main__":
    need_root()
    unittest.main()
