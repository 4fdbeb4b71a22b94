#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The measurements of tests/bench/run: ours and a yardstick in turn, the median of some rounds."""

import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/system"))

from spoctest import process, spoc  # noqa: E402
from spoctest.cups import Cups, build_folder  # noqa: E402

ROUNDS = 3
MAILTO = pathlib.Path("/usr/lib/cups/notifier/mailto")
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


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

    def wait(self, count, seconds=300):
        process.wait_for(f"{count} mails", lambda: self.count() >= count, seconds, 0.005)

    def stop(self):
        self._popen.stdin.close()
        self._popen.wait()


def peak_kib(pid):
    """The most memory that a process ever had, in KiB."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1])


def events(count):
    return b"".join(spoc.event(n, job_id=n, title=f"Report number {n}")
                    for n in range(1, count + 1))


class Bench:
    def __init__(self):
        self.root = process.Root()
        self.cups = Cups(process.Root(self.root.folder("cups")), start=False)
        self.rows = []
        self.memory = {"notifier": 0, "spocd": 0}

    def configure(self, port, **keys):
        spoc.configure_server(self.cups, port, **{"notifyUnverified": "send",
                                                  "startDaemon": "never", **keys})

    def compare(self, work, ours, theirs, wanted, unit="/s", yardstick=""):
        """Both in turn, so that what else the machine does hits both."""
        print(f"measuring: {work}", file=sys.stderr, flush=True)
        pairs = [(ours(), theirs()) for _ in range(ROUNDS)]
        mine, other = (statistics.median(values) for values in zip(*pairs))
        self.rows.append((work, f"{mine:,.0f}{unit}", f"{other:,.0f}{unit} ({yardstick})",
                          f"{mine / other:.2f}", wanted))

    def note(self, work, value, wanted):
        self.rows.append((work, value, "", "", wanted))

    # Events to a durable journal

    def notifier_rate(self, count):
        """Events a second from the first byte written to exit 0: all is on disk then."""
        stream = memoryview(events(count))
        self.configure(1)
        begun = time.perf_counter()
        started = spoc.start_notifier(self.cups, "spoc:alice@example.com")
        place = 0
        while place < len(stream):
            place += os.write(started.stdin.fileno(), stream[place:place + 65536])
        self.memory["notifier"] = max(self.memory["notifier"], peak_kib(started.pid))
        started.stdin.close()
        if started.wait() != 0:
            raise SystemExit("the notifier failed")
        took = time.perf_counter() - begun
        spoc.clear_spool(self.cups)
        return count / took

    def append_rate(self, count):
        """The ceiling: 100 events a write, each write followed by fdatasync."""
        batch = events(100)
        path = self.cups.root.path / "spool/ceiling"
        begun = time.perf_counter()
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for _ in range(count // 100):
            os.write(file, batch)
            os.fdatasync(file)
        os.close(file)
        took = time.perf_counter() - begun
        path.unlink()
        return count / took

    # Events to accepted mails

    def ours_to_mail(self, sink, count, **keys):
        self.configure(sink.port, **keys)
        daemon = process.Process([self.cups.spocd, "--foreground"],
                                 self.root.path / "spocd.log", env=self.cups.environment)
        daemon.ready(lambda: (self.cups.spool / "control").exists())
        before = sink.count()
        stream = events(count)
        begun = time.perf_counter()
        spoc.notify(self.cups, "spoc:alice@example.com", stream)
        sink.wait(before + count)
        took = time.perf_counter() - begun
        spoc.wait_empty(self.cups)
        self.memory["spocd"] = max(self.memory["spocd"], peak_kib(daemon.popen.pid))
        daemon.stop()
        spoc.clear_spool(self.cups)
        return count / took

    def mailto_to_mail(self, sink, count):
        """CUPS's own notifier, which keeps nothing on disk, into the same server."""
        etc = self.cups.root.path / "etc"
        (etc / "mailto.conf").write_text(f"SMTPServer 127.0.0.1:{sink.port}\n"
                                         "From print-server@example.com\n")
        before = sink.count()
        begun = time.perf_counter()
        done = subprocess.run([MAILTO, "mailto:alice@example.com", ""], input=events(count),
                              env=self.cups.environment, capture_output=True, check=False)
        sink.wait(before + count)
        took = time.perf_counter() - begun
        if sink.count() != before + count:
            raise SystemExit(f"mailto sent something else: {done.stderr[-500:]}")
        return count / took

    # Delivery alone

    def smtp_source_rate(self, sink, count, connections):
        begun = time.perf_counter()
        subprocess.run(["smtp-source", "-d", "-s", str(connections), "-m", str(count), "-l",
                        "2048", "-f", "a@example.com", "-t", "b@example.com",
                        f"inet:127.0.0.1:{sink.port}"], check=True, stdout=subprocess.DEVNULL)
        return count / (time.perf_counter() - begun)

    def delivery_rate(self, sink, count, connections):
        """The delivery layer alone, with the driver of the wire dialogues."""
        root = self.root.folder("deliver")
        (root / "spoc").mkdir(exist_ok=True)
        (root / "spoc/spoc.conf").write_text(
            f"mailserver = 127.0.0.1:{sink.port}\nmailSmtpEncryption = NONE\n"
            f"mailMaxConnections = {connections}\n")
        mail = root / "mail"
        mail.write_bytes(b"Subject: 2 KB\r\n\r\n" + (b"x" * 72 + b"\r\n") * 27)
        done = subprocess.run([build_folder() / "tests/flow/deliver", "--quiet", "--root", root,
                               "--from", "a@example.com", "--to", "b@example.com",
                               "--count", str(count), mail],
                              capture_output=True, text=True, check=True)
        return count / (json.loads(done.stdout.splitlines()[-1])["elapsed_ms"] / 1000)

    def run(self):
        near, far = Sink(), Sink(50)
        self.compare("events to a durable journal, a burst of 50,000",
                     lambda: self.notifier_rate(50000), lambda: self.append_rate(50000),
                     "≥ 20,000/s", yardstick="fdatasync per 100 events")
        self.compare("event to accepted mail, 10,000 events",
                     lambda: self.ours_to_mail(near, 10000),
                     lambda: self.mailto_to_mail(near, 10000), "≥ 4", yardstick="CUPS's mailto")
        self.compare("delivery alone, 2 KB messages, 4 connections",
                     lambda: self.delivery_rate(near, 40000, 4),
                     lambda: self.smtp_source_rate(near, 40000, 4), "≥ 1",
                     yardstick="Postfix's smtp-source")
        self.compare("event to accepted mail, 50 ms per reply, 3 connections",
                     lambda: self.ours_to_mail(far, 600, mailMaxConnections=3),
                     lambda: self.mailto_to_mail(far, 20), "≥ 10", yardstick="CUPS's mailto")
        near.stop()
        far.stop()
        self.note("memory of the notifier, burst of 50,000 events",
                  f"{self.memory['notifier'] / 1024:.1f} MiB", "≤ 4 MB")
        self.note("memory of spocd, 10,000 events at once",
                  f"{self.memory['spocd'] / 1024:.1f} MiB", "≤ 24 MB")
        self.cups.stop()


def machine():
    cpu = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    mount = subprocess.run(["df", "--output=source,fstype", "/tmp"], capture_output=True, text=True,
                           check=False).stdout.splitlines()[-1].split()
    return (f"{os.cpu_count()} cores ({cpu[1].strip() if cpu else platform.machine()}), "
            f"Linux {platform.release()}, spool on {' '.join(mount)}; median of {ROUNDS} rounds, "
            "ours and the yardstick in turn.")


def table(rows):
    lines = ["| work | cups-spoc | yardstick | ratio | wanted |", "|---|---|---|---|---|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n\n" + machine() + "\n"


def update_readme(text):
    readme = SOURCE / "README.md"
    old = readme.read_text()
    if BEGIN not in old or END not in old:
        raise SystemExit(f"README.md has no markers {BEGIN} and {END}")
    head, tail = old.split(BEGIN)[0], old.split(END)[1]
    readme.write_text(f"{head}{BEGIN}\n{text}{END}{tail}")


def main():
    if sys.argv[1:] not in ([], ["--update-readme"]):
        raise SystemExit("usage: tests/bench/run [--update-readme]")
    bench = Bench()
    bench.run()
    text = table(bench.rows)
    print(text)
    if sys.argv[1:]:
        update_readme(text)


if __name__ == "__main__":
    main()
