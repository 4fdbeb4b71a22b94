#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The notifier alone: as fast as its writer, nothing lost, whatever happens to the disk or to it.

What it wrote is read here by a second implementation of the journal's format, so that the
two agree with what is written at the top of journal-format.c.
"""

import errno
import fcntl
import os
import pathlib
import random
import resource
import signal
import struct
import subprocess
import termios
import time
import unittest
import zlib

from spoctest.process import Root, wait_for
from spoctest.spoc import event

NOTIFIER = pathlib.Path(os.environ["SPOC_BUILD"]) / "plugin/notifier/spoc"
SANITIZED = b"__asan_init" in NOTIFIER.read_bytes()
BURST = 5000
PIPE_BYTES = 65536
FULL_AT_MOST_S = 1  # far below what a disk that stalls would take
MEMORY_MAX_KB = 4096


def read_journal(path):
    """(URI, user data, stream, whether it has its end mark); damage is an error, a torn end not."""
    data = path.read_bytes()
    assert data[:8] == b"spocjrnl", data[:8]
    version, head_size, salt = struct.unpack_from("<IIQ", data, 8)
    uri_size, user_size = struct.unpack_from("<II", data, 36)
    assert version == 1 and head_size == 64 + uri_size + user_size + 4
    assert struct.unpack_from("<I", data, head_size - 4)[0] == zlib.crc32(data[:head_size - 4])
    uri = data[64:64 + uri_size]
    user_data = data[64 + uri_size:64 + uri_size + user_size]
    stream, place, ended = b"", head_size, False
    while place + 32 <= len(data):
        own_salt, offset, kind, size, check, own = struct.unpack_from("<QQIIII", data, place)
        payload = data[place + 32:place + 32 + size]
        if own_salt != salt or own != zlib.crc32(data[place:place + 28]):
            break
        if len(payload) < size or zlib.crc32(payload) != check:
            break
        assert offset == len(stream), (offset, len(stream))
        stream += payload
        ended = kind == 2
        place += 32 + size
    return uri.decode(), user_data, stream, ended


class Notifier(unittest.TestCase):
    def setUp(self):
        self.root = Root().path / "notifier-root"
        self.spool = self.root / "spool/spoc"
        for name in ("etc", "spool", "cache", "run", "share", "bin"):
            (self.root / name).mkdir(parents=True)
        self.spool.mkdir(mode=0o700)
        self.environment = {
            "CUPS_SERVERROOT": str(self.root / "etc"), "CUPS_REQUESTROOT": str(self.root / "spool"),
            "CUPS_CACHEDIR": str(self.root / "cache"), "CUPS_STATEDIR": str(self.root / "run"),
            "CUPS_DATADIR": str(self.root / "share"), "CUPS_SERVERBIN": str(self.root / "bin"),
            "PATH": "/usr/bin:/bin"}

    def start(self, *arguments, **options):
        """The notifier, and the write end of its pipe as cupsd has it."""
        read_end, write_end = os.pipe()
        fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        os.set_blocking(write_end, False)
        self.log = self.root / "log"
        with open(self.log, "ab") as log:
            process = subprocess.Popen([NOTIFIER, *arguments], stdin=read_end, stderr=log,
                                       env=self.environment, **options)
        os.close(read_end)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, write_end

    def burst(self, pipe, stream):
        """Begins with a little, waits until that is read, for a program needs time to start,
        and gives the rest at once: the longest time for which the pipe was full, in s."""
        self.write(pipe, stream[:1000])
        wait_for("the notifier to read", lambda: fcntl.ioctl(
            pipe, termios.FIONREAD, struct.pack("i", -1)) == struct.pack("i", 0))
        return self.write(pipe, stream[1000:])

    def write(self, pipe, data):
        """Writes as fast as it goes; the longest time for which the pipe was full, in s."""
        longest, full_since = 0.0, None
        while data:
            try:
                data = data[os.write(pipe, data[:4096]):]
                full_since = None
            except BlockingIOError:
                full_since = full_since or time.monotonic()
                longest = max(longest, time.monotonic() - full_since)
        return longest

    def stored(self):
        journals = sorted(p for p in (self.spool / "events").glob("*-*-*") if p.name[0] != ".")
        return b"".join(read_journal(p)[2] for p in journals)

    def memory_kb(self, process):
        for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
        self.fail("no VmHWM")

    def test_burst(self):
        stream = b"".join(event(i, job_id=i) for i in range(BURST))
        process, pipe = self.start("spoc:alice%40example.com", "aGVsbG8=")
        begun = time.monotonic()
        full = self.burst(pipe, stream)
        wait_for("all to be stored",
                 lambda: (self.spool / "events").exists() and len(self.stored()) == len(stream))
        memory = self.memory_kb(process)
        os.close(pipe)
        self.assertEqual(process.wait(), 0)
        rate = BURST / (time.monotonic() - begun)
        print(f"# burst: {rate:.0f} events/s, pipe full for at most {full * 1000:.1f} ms, "
              f"{memory} kB")
        journal, = (self.spool / "events").iterdir()
        self.assertEqual(read_journal(journal),
                         ("spoc:alice%40example.com", b"hello", stream, True))
        if not SANITIZED:  # instrumented, it is neither fast nor small
            self.assertLess(full, FULL_AT_MOST_S)
            # What the disk has not taken yet is in memory; the rest is small.
            self.assertLess(memory, MEMORY_MAX_KB + len(stream) // 1024)

    def test_sigterm(self):
        """In the middle of a burst: all that comes up to a pause of 250 ms is stored."""
        stream = b"".join(event(i, job_id=i) for i in range(BURST))
        process, pipe = self.start("spoc:a")
        self.write(pipe, stream[:100000])
        process.send_signal(signal.SIGTERM)
        self.write(pipe, stream[100000:])
        self.assertEqual(process.wait(), 0)  # the pipe is still open
        os.close(pipe)
        self.assertEqual(self.stored(), stream)

    def test_kill(self):
        """What was seen synced survives SIGKILL at any moment."""
        rng = random.Random(1)
        for _ in range(20):
            process, pipe = self.start("spoc:a")
            before = self.stored() if (self.spool / "events").exists() else b""
            stream = b"".join(event(i, job_id=i) for i in range(300))
            self.write(pipe, stream)
            time.sleep(rng.random() * 0.02)
            seen = self.stored() if (self.spool / "events").exists() else b""
            process.kill()
            process.wait()
            os.close(pipe)
            after = self.stored() if (self.spool / "events").exists() else b""
            self.assertTrue(after.startswith(seen))
            self.assertTrue((before + stream).startswith(after))

    def test_missing_spool(self):
        self.spool.rmdir()
        (self.root / "spool").rename(self.root / "away")
        stream = b"".join(event(i, job_id=i) for i in range(BURST))
        process, pipe = self.start("spoc:a")
        full = self.burst(pipe, stream)
        wait_for("an ERROR line with the cure", lambda: b"install -d" in self.log.read_bytes())
        os.close(pipe)
        if not SANITIZED:
            self.assertLess(full, FULL_AT_MOST_S)
        (self.root / "away").rename(self.root / "spool")
        self.spool.mkdir(mode=0o700)
        self.assertEqual(process.wait(), 0)
        self.assertEqual(self.stored(), stream)
        log = self.log.read_text()
        self.assertEqual(log.count("ERROR:"), 1, log)
        self.assertEqual(log.count("INFO: events are written again"), 1, log)

    def test_full_disk(self):
        """No byte is lost while a file cannot grow, and all are there when it can again."""
        stream = b"".join(event(i, job_id=i) for i in range(400))
        process, pipe = self.start(
            "spoc:a", preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
        self.write(pipe, stream[:5000])
        wait_for("the first events",
                 lambda: (self.spool / "events").exists() and len(self.stored()) == 5000)
        limits = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (8000, limits[1]))
        self.write(pipe, stream[5000:])
        wait_for("an ERROR line", lambda: b"ERROR:" in self.log.read_bytes())
        self.assertIn(os.strerror(errno.EFBIG), self.log.read_text())
        self.assertEqual(self.stored(), stream[:5000])
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, limits)
        os.close(pipe)
        self.assertEqual(process.wait(), 0)
        self.assertEqual(self.stored(), stream)

    def test_arguments(self):
        """Without arguments, or with strange ones, the events are kept all the same."""
        cases = [((), "", b""), (("mailto:x?cc=y",), "mailto:x?cc=y", b""),
                 (("spoc:a", "not base64!"), "spoc:a", b"not base64!"), (("x" * 5000,), "", b"")]
        for number, (arguments, uri, user_data) in enumerate(cases):
            process, pipe = self.start(*arguments)
            self.write(pipe, event(number))
            os.close(pipe)
            self.assertEqual(process.wait(), 0)
            journal = sorted((self.spool / "events").iterdir())[-1]
            self.assertEqual(read_journal(journal), (uri, user_data, event(number), True))

    def test_terminal(self):
        primary, secondary = os.openpty()
        self.addCleanup(os.close, primary)
        done = subprocess.run([NOTIFIER], stdin=secondary, stderr=subprocess.PIPE, timeout=30,
                              env=self.environment)
        os.close(secondary)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"usage", done.stderr)


if __name__ == "__main__":
    unittest.main()
