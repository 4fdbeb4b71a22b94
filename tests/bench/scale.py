#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A long queue against a short one: spocd's peak memory, the time from its start to the first
mail, how fast the queue is sent, how long a new notification takes beside it, and how fast
events become waiting messages while every server is down.

    SPOC_BUILD=build-bench scale.py [SHORT LONG [EVENTS]]     (100 100000 5000)
"""

import os
import pathlib
import re
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/system"))

from spoctest import process, spoc  # noqa: E402
from spoctest.cups import build_folder  # noqa: E402
from spoctest.process import wait_for  # noqa: E402


class Sink:
    """tests/bench/sink.c: a mail server that counts."""

    def __init__(self, delay_ms=0):
        self._popen = subprocess.Popen([build_folder() / "tests/bench/bench-sink", str(delay_ms)],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self._popen.stdout.readline())

    def count(self):
        self._popen.stdin.write(b"\n")
        self._popen.stdin.flush()
        return int(self._popen.stdout.readline())

    def stop(self):
        self._popen.stdin.close()
        self._popen.wait()


class Site:
    """A spool and a configuration in a temporary folder, and the build's own programs."""

    def __init__(self, port):
        self.root = process.Root()
        for name in ("spool/spoc", "cache"):
            self.root.folder(name, 0o700, "lp")
        for name in ("etc/spoc", "run", "share"):
            self.root.folder(name)
        names = {"SERVERROOT": "etc", "REQUESTROOT": "spool", "CACHEDIR": "cache",
                 "STATEDIR": "run", "DATADIR": "share", "SERVERBIN": "bin"}
        self.environment = {"PATH": os.defpath, "LANG": "C.UTF-8",
                            **{f"CUPS_{k}": str(self.root.path / v) for k, v in names.items()}}
        self.spool = self.root.path / "spool/spoc"
        self.configure(port)
        self._spocd = None

    def configure(self, port):
        (self.root.path / "etc/spoc/spoc.conf").write_text(
            f"mailserver = localhost:{port}\nmailSmtpEncryption = NONE\nstartDaemon = never\n"
            "mailfrom = print-server@example.com\nnotifyUnverified = send\n"
            "notifyAllowedRecipients = *\nmailMaxConnections = 4\n"
            "notifyMaxPerHour = 0\nnotifyMaxToOthersPerHour = 0\n")

    def fill(self, count, due_in_s=0):
        done = subprocess.run([build_folder() / "tests/bench/bench-fill", str(count),
                               str(due_in_s)], env=self.environment, check=True,
                              capture_output=True, text=True)
        return float(done.stdout)

    def start(self):
        log = open(self.root.path / "spocd.log", "ab")
        self._spocd = subprocess.Popen([build_folder() / "plugin/daemon/spocd", "--foreground"],
                                       env=self.environment, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=log)

    def peak_mib(self):
        status = pathlib.Path(f"/proc/{self._spocd.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def notify(self, stream):
        subprocess.run([build_folder() / "plugin/notifier/spoc", "spoc:alice@example.com", ""],
                       env=self.environment, input=stream, check=True)

    def waiting(self):
        return sum(1 for _ in os.scandir(self.spool / "waiting"))

    def stop(self):
        self._spocd.terminate()
        self._spocd.wait()


def measure_queue(count):
    sink = Sink()
    site = Site(sink.port)
    rate = site.fill(count)
    begun = time.monotonic()
    site.start()
    wait_for("the first mail", lambda: sink.count() > 0, 120, 0.001)
    first = time.monotonic() - begun
    wait_for("all mails", lambda: sink.count() >= count, 600, 0.05)
    took = time.monotonic() - begun
    print(f"{count:>7} waiting: first mail after {first * 1000:.0f} ms, all after {took:.1f} s "
          f"({count / took:.0f}/s), peak memory {site.peak_mib():.1f} MiB "
          f"(written before at {rate:.0f}/s)", flush=True)
    site.stop()
    sink.stop()


def measure_new(count):
    """A new event while a long queue is due: 20 ms a reply, so that the queue takes a while."""
    sink = Sink(20)
    site = Site(sink.port)
    site.fill(count)
    site.start()
    wait_for("the first mails", lambda: sink.count() > 10, 120, 0.01)
    begun = time.monotonic()
    site.notify(spoc.event(1, job_id=1))
    events = site.spool / "events"
    wait_for("the new mail", lambda: not any(events.iterdir()), 120, 0.005)
    print(f"{count:>7} waiting and due: a new event is mailed after "
          f"{(time.monotonic() - begun) * 1000:.0f} ms", flush=True)
    site.stop()
    sink.stop()


def measure_storing(count):
    site = Site(process.dead_port())
    site.notify(b"".join(spoc.event(n, job_id=n, title=f"Report number {n}")
                         for n in range(1, count + 1)))
    begun = time.monotonic()
    site.start()
    wait_for("all to be kept", lambda: site.waiting() >= count, 600, 0.01)
    took = time.monotonic() - begun
    print(f"{count:>7} events while the server is down: waiting messages after {took:.1f} s "
          f"({count / took:.0f}/s), peak memory {site.peak_mib():.1f} MiB", flush=True)
    site.stop()


def main():
    short, long, events = [int(a) for a in sys.argv[1:]] + [100, 100000, 5000][len(sys.argv) - 1:]
    measure_queue(short)
    measure_queue(long)
    measure_new(long // 10)
    measure_storing(events)


if __name__ == "__main__":
    main()
