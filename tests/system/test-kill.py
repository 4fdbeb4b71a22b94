#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at random moments of notifier and spocd under load, round after round: every accepted
event is delivered, and what comes twice carries the same Message-ID.

    test-kill.py [ROUNDS [SEED]]       25; the seed that is printed repeats a run's choices
"""

import os
import random
import re
import sys
import unittest

from spoctest.mailbox import Catcher
from spoctest.process import Root, need_root, wait_for
from spoctest.site import Site, assert_all_arrived, stream

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 25
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
EVENTS = 10


class Killed(unittest.TestCase):
    def setUp(self):
        self.dice = random.Random(SEED)
        self.catcher = Catcher(Root().folder("mails"))
        self.addCleanup(self.catcher.stop)
        self.catcher.refuse = self.moody
        self.site = Site(self.catcher.port)
        self.addCleanup(self.site.stop)
        self.spocd = None

    def moody(self, _envelope):
        """Some mails are not taken at the first time, so that all paths are used."""
        return "451 4.3.0 not now" if self.dice.random() < 0.2 else None

    def kill(self, started):
        started.kill()
        started.wait()

    def round(self, number):
        """Returns the numbers of the events that were accepted."""
        first = number * 2 * EVENTS + 1
        if self.spocd is None or self.spocd.poll() is not None:
            self.spocd = self.site.start()
        if self.dice.random() < 0.5:
            self.site.notify(stream(range(first, first + EVENTS)))
        else:
            # Killed in the middle: what is in the journal counts, what is not may come or not.
            notifier = self.site.start_notifier()
            safe = stream(range(first, first + EVENTS))
            os.write(notifier.stdin.fileno(), safe)
            journal = wait_for("the notifier's journal", lambda: self.journal_of(notifier))
            title = f"number {first + EVENTS - 1};".encode()
            wait_for("it to be written", lambda: self.has_all(journal, safe, title))
            more = stream(range(first + EVENTS, first + 2 * EVENTS))
            os.write(notifier.stdin.fileno(), more[:self.dice.randrange(len(more))])
            self.kill(notifier)
            notifier.stdin.close()
        self.pause()
        if self.dice.random() < 0.8:
            self.kill(self.spocd)
        return range(first, first + EVENTS)

    def journal_of(self, notifier):
        mark = f"-{notifier.pid:08x}-"
        # Beside it lie the marks and notes that spocd has made meanwhile.
        return next((f for f in self.site.files("events") if mark in f.name and not f.suffix),
                    None)

    def has_all(self, journal, data, last_title):
        """Whether the last event is there up to its end; records only make it longer."""
        found = journal.read_bytes()
        # A block may begin in the middle of the title: its head is in between then.
        split = [re.escape(last_title[:n]) + b".{1,64}" + re.escape(last_title[n:])
                 for n in range(1, len(last_title))]
        place = re.search(b"|".join([re.escape(last_title), *split]), found, re.DOTALL)
        return (place is not None
                and len(found) - place.start() >= len(data) - data.find(last_title))

    def pause(self):
        try:
            self.spocd.wait(self.dice.uniform(0, 0.12))
        except Exception:  # noqa: BLE001  it goes on, as it should
            pass

    def test_rounds(self):
        print(f"# seed {SEED}, {ROUNDS} rounds", flush=True)
        accepted = []
        for number in range(ROUNDS):
            accepted += self.round(number)
        self.catcher.refuse = None
        if self.spocd.poll() is not None:
            self.spocd = self.site.start()
        self.site.wait_empty()
        counts = assert_all_arrived(self, self.catcher.mails, accepted)
        twice = sum(1 for count in counts.values() if count > 1)
        print(f"# {len(counts)} events, {twice} of them more than once", flush=True)
        self.assertEqual(list((self.site.spool / "corrupt").iterdir()), [])
        self.assertEqual(self.site.files("failed"), [])


if __name__ == "__main__":
    need_root()
    unittest.main(argv=sys.argv[:1])
