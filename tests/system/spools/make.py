#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a spool as one version of the programs leaves it, for test-old-spool.py.

    SPOC_BUILD=BUILD-OF-THAT-VERSION make.py FOLDER

All that is stored is in it: journals with and without marks, messages in every state, documents,
records, what state/ keeps. By a clock of 2026-01-15, as libfaketime has it. FOLDER/times.json has
the files' modification times, which git does not keep: of a message it is the time of the next
attempt, or 0.
"""

import ctypes
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from spoctest import fakecups, process, spoc  # noqa: E402
from spoctest.cups import build_folder  # noqa: E402
from spoctest.mailbox import Catcher  # noqa: E402
from spoctest.process import Root, wait_for  # noqa: E402
from spoctest.site import Site  # noqa: E402

FAKETIME = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
CLONE_NEWUTS = 0x04000000  # a host name of our own
FAR_S = 100 * 24 * 3600
BEGIN_UNIX_S = 1768471200  # 2026-01-15 10:00:00 UTC
DOCUMENT = pathlib.Path(__file__).resolve().parent / "document.pdf"


class MoodyCatcher(Catcher):
    """Answers by the recipient's name."""

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if address.startswith("busy-"):
            return "451 4.2.1 the mailbox is busy"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 good"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        name = envelope.rcpt_tos[0].split("@")[0]
        if name in ("later", "held"):
            return "451 4.3.0 not now"
        if name == "failed":
            return "550 5.7.1 not wanted"
        return await super().handle_DATA(server, session, envelope)


class Maker:
    def __init__(self):
        self.catcher = MoodyCatcher(Root().folder("mails"))
        self.cups = fakecups.FakeCups()
        self.cups.answers = {fakecups.GET_JOB: fakecups.job(77, "bob"),
                             fakecups.GET_SUBSCRIPTION: fakecups.subscription(1)}
        self.site = Site(self.catcher.port, mailRetrySchedule="5m,1h",
                         scanAllowedRecipients="@owner, @example.com")
        self.ahead_s = BEGIN_UNIX_S - int(time.time())
        self.site.environment.update(CUPS_SERVER=self.cups.address, LD_PRELOAD=str(FAKETIME),
                                     FAKETIME=f"{self.ahead_s:+d}", NO_FAKE_STAT="1",
                                     FAKETIME_DONT_RESET="1")
        self.number = 0

    def events(self, count=1, job=None, **values):
        made = b""
        for _ in range(count):
            self.number += 1
            of_job = self.number if job is None else job
            made += spoc.event(self.number, job_id=of_job, title=f"number {self.number};",
                               time=BEGIN_UNIX_S + self.number, **values)
        return made

    def tell(self, name, count=1, **values):
        self.site.notify(self.events(count, **values), f"spoc:{name}")

    def start(self):
        started = self.site.start()
        wait_for("spocd", self.site.answers)
        return started

    def stop(self, started):
        started.kill()
        started.wait()

    def backend(self, job, options=""):
        environment = {**self.site.environment, "DEVICE_URI": "spoc:%40owner", "PRINTER": "scan",
                       "PRINTER_INFO": "Scan to mail", "FINAL_CONTENT_TYPE": "application/pdf"}
        of_job = f"time-at-creation={BEGIN_UNIX_S + job} job-uuid=urn:uuid:{uuid.UUID(int=job)}"
        with DOCUMENT.open("rb") as file:
            subprocess.run([build_folder() / "backend/spoc", str(job), "alice", f"number {job};",
                            "1", f"{of_job} {options}"], env=environment, stdin=file,
                           stderr=subprocess.DEVNULL, timeout=120, check=True)

    def states(self, folder):
        return [f.read_text() for f in self.site.files(folder)]

    def find(self, folder, name):
        return next((f.name for f in self.site.files(folder) if name + "@" in f.read_text()), None)

    def wait_in(self, folder, name):
        return wait_for(f"{name} in {folder}", lambda: self.find(folder, name))

    def order(self, *arguments):
        done = self.site.spocctl("queue", *arguments)
        if done.returncode != 0:
            raise AssertionError(done.stderr)

    def fill(self):
        spocd = self.start()
        self.tell("alice@example.com", what="printer-stopped", job=0, printer="q9",
                  printer_state=5, reason="media-jam-error", text="Jam.")
        self.tell("@owner", job=77, what="job-stopped", state=6, text="Stopped.")
        self.catcher.wait(2)
        for name in ("later", "held"):
            self.tell(f"{name}@example.com")
            self.wait_in("waiting", name)
        self.tell("failed@example.com")
        self.wait_in("failed", "failed")
        self.order("hold", self.wait_in("waiting", "held"))
        later = self.wait_in("waiting", "later")
        self.order("retry", later)
        wait_for("the second attempt",
                 lambda: any("Attempts: 2" in t for t in self.states("waiting")))
        # One of its two recipients has it.
        self.backend(501, "mail-cc=busy-carol@example.com")
        self.wait_in("waiting", "busy-carol")
        wait_for("its record", lambda: any(f.suffix == ".done" for f in self.site.files("scans")))
        notifier = self.site.start_notifier("spoc:marked@example.com")
        notifier.stdin.write(self.events(2))
        notifier.stdin.flush()
        wait_for("two mails", lambda: len(self.catcher.for_recipient("marked@example.com")) == 2)
        wait_for("marks", lambda: any(f.suffix == ".marks" for f in self.site.files("events")))
        wait_for("state to be kept", lambda: all(
            (self.site.spool / "state" / name).exists() for name in ("told", "jobs")))
        time.sleep(1)
        self.stop(spocd)
        # A server that does not answer; spocd is killed while it waits for it.
        damaged = self.site.spool / "waiting/0000000000000001-00000001-00000001-damaged"
        damaged.write_text("this is no envelope\n")
        shutil.chown(damaged, "lp", "lp")
        hanging = process.HangingServer()
        self.site.configure(hanging.port, mailRetrySchedule="5m,1h", mailSmtpTimeout="3000")
        spocd = self.start()
        self.tell("away@example.com", 3)
        self.wait_in("waiting", "away")
        wait_for("what is damaged to be set aside", lambda: self.site.files("corrupt"))
        time.sleep(2)
        self.tell("sending@example.com")
        time.sleep(2)
        sent = next(name for folder in ("new", "waiting", "sending")
                    for name in [self.find(folder, "sending")] if name)
        if self.find("sending", "sending") is None:
            self.order("retry", sent)
        wait_for("it to be sent", lambda: self.find("sending", "sending"))
        self.stop(spocd)
        notifier.stdin.write(self.events(2))
        notifier.stdin.flush()
        time.sleep(1)
        self.stop(notifier)
        # And nobody sees what comes now.
        self.tell("@owner", job=77)
        self.tell("alice@example.com", what="printer-state-changed", job=0, printer="q9",
                  printer_state=3, text="Idle.")
        self.tell("unseen@example.com", 2)
        self.backend(503)

    def write(self, target):
        times = {}
        for file in sorted(self.site.spool.rglob("*")):
            name = file.relative_to(self.site.spool)
            if not file.is_file() or len(name.parts) != 2:
                continue
            # By make.py's clock: the kernel's files have the time that a program sets, or its own.
            changed_s = int(file.stat().st_mtime)
            times[str(name)] = changed_s + self.ahead_s * (changed_s > BEGIN_UNIX_S + FAR_S)
            (target / name.parent).mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target / name)
            (target / name).chmod(0o644)
        (target / "times.json").write_text(json.dumps(times, indent=1) + "\n")


def main():
    if "SPOC_BUILD" not in os.environ or len(sys.argv) != 2:
        raise SystemExit(__doc__)
    if ctypes.CDLL(None).unshare(CLONE_NEWUTS) != 0:
        raise SystemExit("this needs root")
    socket.sethostname("print-server")
    maker = Maker()
    maker.fill()
    maker.write(pathlib.Path(sys.argv[1]))
    maker.catcher.stop()
    maker.cups.stop()
    maker.site.stop()


main()
