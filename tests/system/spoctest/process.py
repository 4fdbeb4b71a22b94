# SPDX-License-Identifier: Apache-2.0
"""Folders, ports, processes and waiting."""

import atexit
import ctypes
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

LOOPBACK = "127.0.0.1"


def need_root():
    """Skips the whole test program, in meson's way, where the servers cannot be started."""
    if os.geteuid() != 0:
        print("skipped: cupsd and Postfix need root")
        raise SystemExit(77)


class Waited(AssertionError):
    """What was waited for did not come."""


def wait_for(what, probe, seconds=90.0, interval=0.02):
    """Calls probe() until it returns something true, and returns that. The deadline is for what never
    comes: it is long, so that a busy machine does not fail what only takes its time."""
    deadline = time.monotonic() + seconds
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > deadline:
            raise Waited(f"waited {seconds:g} s in vain for {what}")
        time.sleep(interval)


def free_port():
    """A port for a server that binds it a moment later. Not one of those that the kernel gives to
    connections (ip_local_port_range begins at 32768): another test could have it by then."""
    while True:
        port = random.randrange(10000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, port))
                return port
            except OSError:
                continue


def dead_port():
    """A port where nobody listens, kept from others by a socket that is only bound."""
    keeper = socket.socket()
    keeper.bind((LOOPBACK, 0))
    _keepers.append(keeper)
    return keeper.getsockname()[1]


_keepers = []


def answers(port):
    """Whether somebody listens at a loopback port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=5).close()
        return True
    except OSError:
        return False


class Root:
    """A temporary folder that users without rights can pass through, gone afterwards.

    SPOC_KEEP=1 in the environment keeps it for a look at it.
    """

    def __init__(self, path=None):
        if path is None:
            path = tempfile.mkdtemp(prefix="spoc-test-", dir="/tmp")
            atexit.register(self.remove)
        self.path = pathlib.Path(path)
        self.path.chmod(0o755)

    def folder(self, name, mode=0o755, user=None, group=None):
        made = self.path / name
        made.mkdir(parents=True, exist_ok=True)
        made.chmod(mode)
        if user is not None:
            shutil.chown(made, user, group or user)
        return made

    def remove(self):
        if os.environ.get("SPOC_KEEP"):
            print(f"# kept: {self.path}")
            return
        shutil.rmtree(self.path, ignore_errors=True)


_libc = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def _end_with_parent():
    """In the child: SIGTERM when this program is killed and cannot clean up any more."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _leave(_number, _frame):
    raise KeyboardInterrupt  # unittest goes on after any other exception


# A test run that is ended, by a time-out or a person, still ends what it started.
signal.signal(signal.SIGTERM, _leave)


class Process:
    """A server that this process started, and ends."""

    def __init__(self, arguments, log, **options):
        self.arguments = [str(a) for a in arguments]
        self.log = pathlib.Path(log)
        with open(self.log, "ab") as sink:
            self.popen = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL, stdout=sink,
                                          stderr=sink, preexec_fn=_end_with_parent, **options)
        atexit.register(self.stop)

    def ready(self, probe, seconds=90.0):
        def alive():
            if self.popen.poll() is not None:
                raise Waited(f"{self.arguments[0]} ended with {self.popen.returncode}:\n"
                             + self.log.read_text(errors="replace")[-4000:])
            return probe()
        wait_for(self.arguments[0], alive, seconds)
        return self

    def stop(self, seconds=60.0):
        if self.popen.poll() is not None:
            return self.popen.returncode
        self.popen.send_signal(signal.SIGCONT)
        self.popen.terminate()
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            return self.popen.wait()


def processes_of(root):
    """Pids of the processes whose program or environment lies under a private folder.

    Nobody else can have it: such a process was started by a server of this test.
    """
    mark = os.fsencode(str(root)) + b"/"
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if (os.fsencode(os.readlink(entry / "exe")).startswith(mark)
                    or b"CUPS_SERVERROOT=" + mark in (entry / "environ").read_bytes()):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def end_processes_of(root, seconds=10.0):
    """SIGTERM, then SIGKILL, to all processes of a private folder."""
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, seconds)):
        for pid in processes_of(root):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        try:
            wait_for("processes to end", lambda: not processes_of(root), patience)
            return
        except Waited:
            continue


def signal_processes_of(root, program, number):
    """Sends a signal to the processes of a private folder that run a program of this name."""
    hit = []
    for pid in processes_of(root):
        try:
            if os.path.basename(os.readlink(f"/proc/{pid}/exe")).split(" ")[0] == program:
                os.kill(pid, number)
                hit.append(pid)
        except OSError:
            continue
    return hit


class HangingServer:
    """Takes connections (the kernel does) and never says a word."""

    def __init__(self):
        self._socket = socket.socket()
        self._socket.bind((LOOPBACK, 0))
        self._socket.listen(512)
        self.port = self._socket.getsockname()[1]

    def stop(self):
        self._socket.close()
