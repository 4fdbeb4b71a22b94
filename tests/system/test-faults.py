#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Calls of a running spocd that write to the spool fail for a while: nothing is lost, the log
says why and what to do, and all goes on when the fault ends. And what somebody puts into the
spool is set aside, never followed and never delivered."""

import concurrent.futures
import errno
import mmap
import os
import pathlib
import pwd
import struct
import subprocess
import unittest

from spoctest.cups import build_folder
from spoctest.mailbox import Catcher
from spoctest.process import Root, need_root, wait_for
from spoctest.site import Site, assert_all_arrived, stream

OPEN, WRITE, SYNC, RENAME, UNLINK, TIME = 1, 2, 4, 8, 16, 32
EVENTS = 12
# All but the last digit of a name that a notifier could have given to its journal
JOURNAL = "0006610100000000-00001000-0000000"


class Faults:
    """What both sides have mapped: see faults-shim.c."""

    def __init__(self, folder):
        self.path = folder / "faults"
        self.path.write_bytes(bytes(12))
        file = os.open(self.path, os.O_RDWR)
        self._map = mmap.mmap(file, 12)
        os.close(file)

    def set(self, calls, error_number):
        self._map[:12] = struct.pack("iii", calls, error_number, 0)

    def end(self):
        self._map[:8] = bytes(8)

    def hits(self):
        return struct.unpack("i", self._map[8:12])[0]

    def environment(self):
        # The sanitizers want to be the first; the shim is content with any place.
        return {"LD_PRELOAD": str(build_folder() / "tests/system/libfaults-shim.so"),
                "SPOC_FAULTS": str(self.path)}


def is_sanitized():
    program = build_folder() / "plugin/daemon/spocd"
    return b"__asan_init" in pathlib.Path(program).read_bytes()


class FaultyWrites(unittest.TestCase):
    def play(self, calls, error_number):
        """Returns what is wrong, or None."""
        folder = Root()
        catcher = Catcher(folder.folder("mails"))
        catcher.refuse = lambda envelope: "451 4.3.0 not now"  # so that all must be written
        site = Site(catcher.port)
        faults = Faults(folder.path)
        try:
            site.start("--foreground", **faults.environment())
            wait_for("spocd", site.answers)
            faults.set(calls, error_number)
            site.notify(stream(range(1, EVENTS + 1)))
            wait_for("the fault to strike", lambda: faults.hits() >= 3)
            if error_number:
                reason = os.strerror(error_number)
                wait_for(f"'{reason}' in the log", lambda: reason in site.log())
            catcher.refuse = None
            faults.end()
            site.wait_empty(40)
            assert_all_arrived(self, catcher.mails, range(1, EVENTS + 1))
            if list((site.spool / "corrupt").iterdir()):
                return "something was set aside"
            return None
        except AssertionError as error:
            return f"{error}\n{site.log()[-2000:]}"
        finally:
            site.stop()
            catcher.stop()

    def test_each_call(self):
        cases = [(OPEN, errno.EMFILE), (OPEN, errno.EROFS), (OPEN, errno.EDQUOT),
                 (WRITE, errno.ENOSPC), (WRITE, errno.EIO), (WRITE, 0), (SYNC, errno.EIO),
                 (SYNC, errno.ENOSPC), (RENAME, errno.ENOSPC), (RENAME, errno.EROFS),
                 (TIME, errno.EIO), (OPEN | WRITE | SYNC | RENAME | UNLINK, errno.EROFS)]
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            ended = list(pool.map(lambda case: self.play(*case), cases))
        for case, problem in zip(cases, ended):
            with self.subTest(calls=case[0], error=errno.errorcode.get(case[1], "short")):
                self.assertIsNone(problem)


class Planted(unittest.TestCase):
    def setUp(self):
        self.folder = Root()
        self.catcher = Catcher(self.folder.folder("mails"))
        self.addCleanup(self.catcher.stop)
        self.site = Site(self.catcher.port)
        self.addCleanup(self.site.stop)
        self.site.once()  # makes the folders

    def plant(self):
        """Whatever somebody who runs as lp could put there."""
        spool = self.site.spool
        secret = self.folder.path / "secret"
        secret.write_text("From: x@example.com\n\nthe secret\n")
        hard = self.folder.path / "hard"
        hard.write_text("From: x@example.com\n\nthe other secret\n")
        names = []
        lp = pwd.getpwnam("lp")

        def put(place, make):
            name = spool / place
            make(name)
            os.utime(name, (1, 1), follow_symlinks=False)
            os.lchown(name, lp.pw_uid, lp.pw_gid)
            names.append(name)

        put("sending/twice", lambda n: n.mkdir())
        put("waiting/twice", lambda n: n.mkdir())
        for state in ("waiting", "new", "sending"):
            put(f"{state}/{state}-link", lambda n: n.symlink_to(secret))
            put(f"{state}/{state}-hard", lambda n: n.hardlink_to(hard))
            put(f"{state}/{state}-foreign", lambda n: n.write_bytes(b"hello\0\xff"))
            put(f"{state}/{state}-empty", lambda n: n.touch())
            put(f"{state}/{state}-large", lambda n: n.write_bytes(b"x" * 300000))
            put(f"{state}/{state}-fifo", os.mkfifo)
            put(f"{state}/{state}-folder", lambda n: n.mkdir())
        put("data/link", lambda n: n.symlink_to(secret))
        put(f"events/{JOURNAL}1", lambda n: n.symlink_to(secret))
        put(f"events/{JOURNAL}2", lambda n: n.write_bytes(b"hello\0\xff" * 1000))
        put(f"events/{JOURNAL}3", os.mkfifo)
        put(f"events/{JOURNAL}4", lambda n: n.mkdir())
        return secret, names

    def test_planted(self):
        secret, _names = self.plant()
        before = secret.read_bytes()
        started = self.site.start()
        self.site.notify(stream([1]))
        self.catcher.wait(1)
        wait_for("all to be set aside", lambda: not self.site.files("waiting", "new", "sending",
                                                                     "events"))
        self.assertIsNone(started.poll())
        self.assertEqual([m.text.count("number 1;") > 0 for m in self.catcher.mails], [True])
        self.assertEqual(secret.read_bytes(), before)
        self.assertIn("set aside in", self.site.log())
        self.assertGreaterEqual(len(list((self.site.spool / "corrupt").iterdir())), 20)

    def test_truncated_and_exchanged(self):
        """Envelopes and bodies of our own, damaged: none is delivered as it is."""
        self.catcher.refuse = lambda envelope: "451 4.3.0 not now"
        self.site.notify(stream(range(1, 7)))
        self.assertEqual(self.site.once(), 75)
        waiting = sorted(self.site.spool.joinpath("waiting").iterdir())
        self.assertEqual(len(waiting), 6)
        text = waiting[0].read_bytes()
        waiting[0].write_bytes(text[:len(text) // 2])
        waiting[1].write_bytes(waiting[1].read_bytes().replace(b"alice", b"mallo"))
        waiting[2].write_bytes(text)  # another message's
        self.site.spool.joinpath("data", waiting[3].name).unlink()
        for file in waiting[:4]:
            os.utime(file, (1, 1))
        self.catcher.refuse = None
        wait_for("the rest to be sent", lambda: self.site.once() == 0, 30, 0.3)
        self.assertEqual(len(self.catcher.mails), 2)
        self.assertTrue(all(m.recipients == ["alice@example.com"] for m in self.catcher.mails))
        self.assertEqual(len(list((self.site.spool / "corrupt").iterdir())), 4)
        for file in waiting[:4]:
            self.assertIn(f"{file.name}: set aside in", self.site.log())

    def test_cache_removed(self):
        """Without the lock's folder there is still one spocd, and it takes the lock again."""
        first = self.site.start()
        wait_for("spocd", self.site.answers)
        subprocess.run(["rm", "-rf", self.site.root.path / "cache"], check=True)
        second = self.site.start()
        self.assertNotEqual(second.wait(90), None)
        self.assertIsNone(first.poll(), self.site.log())
        self.site.root.folder("cache", 0o700, "lp")
        self.site.notify(stream([1]))  # its wake-up lets the first look after its lock
        self.catcher.wait(1)
        locks = self.site.root.path / "cache/spoc"
        wait_for("the lock", lambda: locks.exists() and any(locks.iterdir()))
        third = self.site.start()
        self.assertEqual(third.wait(90), 0)
        self.assertIsNone(first.poll())
        self.assertEqual(len(self.catcher.mails), 1)


if __name__ == "__main__":
    need_root()
    if is_sanitized():
        print("# the sanitizers forbid a shim: only what needs none")
        del FaultyWrites
    unittest.main()
