# SPDX-License-Identifier: Apache-2.0
"""A spool and a configuration in a folder of their own, with this build's programs and no CUPS."""

import atexit
import collections
import os
import pathlib
import re
import socket
import subprocess

from . import process, spoc
from .cups import build_folder, sanitizer_options

URI = "spoc:alice@example.com"


def stream(numbers):
    """Events whose mails say which of them they are."""
    return b"".join(spoc.event(n, job_id=n, title=f"number {n};") for n in numbers)


def numbers_in(mails):
    """How often each event's mail arrived."""
    return collections.Counter(int(re.search(r"number (\d+);", m.text)[1]) for m in mails)


class Site:
    """One spool. Only what is started here runs: startDaemon = never."""

    def __init__(self, port, **keys):
        self.root = process.Root()
        self.spool = self.root.folder("spool/spoc", 0o700, "lp")
        self.root.folder("cache", 0o700, "lp")
        for name in ("etc/spoc", "run", "share"):
            self.root.folder(name)
        self.root.folder("bin/daemon").joinpath("spocd").symlink_to(
            build_folder() / "plugin/daemon/spocd")
        names = {"SERVERROOT": "etc", "REQUESTROOT": "spool", "CACHEDIR": "cache",
                 "STATEDIR": "run", "DATADIR": "share", "SERVERBIN": "bin"}
        self._reports = self.root.folder("sanitizer", 0o777)
        asan, ubsan = sanitizer_options(self._reports)
        self.environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "ASAN_OPTIONS": asan,
                            "UBSAN_OPTIONS": ubsan,
                            **{f"CUPS_{k}": str(self.root.path / v) for k, v in names.items()}}
        self.log_file = self.root.path / "spocd.log"
        self._running = []
        atexit.register(self.stop)
        self.configure(port, **keys)

    def configure(self, port, **keys):
        values = {**spoc.TEST_CONFIG, "notifyUnverified": "send", "startDaemon": "never",
                  "mailSmtpEncryption": "NONE", "mailserver": f"localhost:{port}", **keys}
        temporary = self.root.path / "etc/spoc/new"
        temporary.write_text("".join(f"{k} = {v}\n" for k, v in values.items()))
        temporary.rename(self.root.path / "etc/spoc/spoc.conf")

    def start(self, *arguments, preexec=None, **environment):
        """Starts spocd; its log goes on in log_file."""
        with open(self.log_file, "ab") as log:
            started = subprocess.Popen(
                [build_folder() / "plugin/daemon/spocd", *(arguments or ("--foreground",))],
                env={**self.environment, **environment}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, preexec_fn=preexec)
        self._running.append(started)
        return started

    def answers(self):
        """Whether the spocd that was started serves by now."""
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(5)
                client.connect(str(self.spool / "control"))
                client.sendall(b"status\n")
                return client.recv(1) == b"{"
        except OSError:
            return False

    def once(self, **environment):
        """Runs spocd --once and returns its exit code."""
        return self.start("--once", **environment).wait(120)

    def start_notifier(self, uri=URI, **environment):
        with open(self.root.path / "notifier.log", "ab") as log:
            started = subprocess.Popen([build_folder() / "plugin/notifier/spoc", uri, ""],
                                       env={**self.environment, **environment},
                                       stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                       stderr=log)
        self._running.append(started)
        return started

    def notify(self, data, uri=URI):
        """Gives the notifier a whole stream of events and waits for its end."""
        started = self.start_notifier(uri)
        started.communicate(data, timeout=60)
        if started.returncode != 0:
            raise AssertionError(f"the notifier ended with {started.returncode}: "
                                 + (self.root.path / "notifier.log").read_text(errors="replace"))

    def spocctl(self, *arguments):
        return subprocess.run([build_folder() / "plugin/ctl/spocctl", *arguments],
                              env=self.environment, stdin=subprocess.DEVNULL, timeout=60,
                              capture_output=True, text=True, check=False)

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def files(self, *folders):
        present = [self.spool / folder for folder in folders if (self.spool / folder).is_dir()]
        return [f for folder in present for f in folder.iterdir()
                if not f.name.startswith(".tmp-")]

    def is_empty(self):
        # A body without an envelope, which a kill leaves in data/, is swept after an hour.
        return not self.files("events", "new", "waiting", "sending", "held")

    def wait_empty(self, seconds=120.0):
        def said():
            return ("the spool to be empty: "
                    + str([str(f) for f in self.files("events", "waiting", "sending",
                                                      "held")][:5]) + self.log()[-3000:])
        try:
            process.wait_for("it", self.is_empty, seconds)
        except process.Waited as waited:
            raise process.Waited(f"waited in vain for {said()}") from waited

    def stop(self):
        """Ends what was started here; sanitizer reports are failures."""
        for started in self._running:
            if started.poll() is None:
                started.terminate()
                try:
                    started.wait(20)
                except subprocess.TimeoutExpired:
                    started.kill()
                    started.wait()
        self._running = []
        reports = list(self._reports.iterdir()) if self._reports.exists() else []
        if reports:
            raise AssertionError("sanitizer reports:\n"
                                 + "\n".join(r.read_text(errors="replace") for r in reports))


def assert_all_arrived(case, mails, expected):
    """Each at least once, and never under two Message-IDs. Returns how often each came."""
    counts = numbers_in(mails)
    case.assertEqual(sorted(set(expected) - set(counts)), [], "lost")
    names = collections.defaultdict(set)
    for mail in mails:
        names[re.search(r"number (\d+);", mail.text)[1]].add(mail.message_id)
    case.assertEqual({n: ids for n, ids in names.items() if len(ids) != 1}, {})
    return counts


def peak_mib(pid):
    """The most memory that a process ever had."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024
