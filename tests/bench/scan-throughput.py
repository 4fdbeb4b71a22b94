#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How fast a large document goes from the job's file to "accepted", without TLS, against
`base64 -w76` piped into a socket of the same mail server; and how much memory it takes.

    SPOC_BUILD=build tests/bench/scan-throughput.py [MEGABYTES]
"""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))

from spoctest import cups as cups_module  # noqa: E402
from spoctest import process, spoc  # noqa: E402
from spoctest.cups import Cups  # noqa: E402
from spoctest.process import Root, need_root  # noqa: E402
from spoctest.sink import peak_kib, pids_of  # noqa: E402

ROUNDS = 3


def start_sink():
    program = cups_module.build_folder() / "tests/bench/bench-sink"
    sink = subprocess.Popen([program, "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            text=True)
    return sink, int(sink.stdout.readline())


def plain(port, document):
    """The least that can be done: base64 writes straight into the socket."""
    with socket.create_connection((process.LOOPBACK, port)) as server:
        reader = server.makefile("rb")
        reader.readline()
        for command in (b"MAIL FROM:<a@b>", b"RCPT TO:<c@d>", b"DATA"):
            server.sendall(command + b"\r\n")
            reader.readline()
        begun = time.monotonic()
        server.sendall(b"Subject: x\r\n\r\n")
        subprocess.run(["base64", "-w76", document], stdout=server, check=True)
        server.sendall(b"\r\n.\r\n")
        reader.readline()
        return time.monotonic() - begun


def backend(cups, document, number):
    """From the job's file to the backend's end, as cupsd runs it."""
    environment = {**cups.environment, "DEVICE_URI": "spoc:alice%40example.com",
                   "CONTENT_TYPE": "application/pdf", "PRINTER": "scan"}
    begun = time.monotonic()
    done = subprocess.run(
        [cups.root.path / "bin/backend/spoc", str(number), "alice", "title", "1", "", document],
        env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, user="lp",
        group="lp", extra_groups=[], check=False)
    took = time.monotonic() - begun
    if done.returncode != 0 or "INFO: delivered" not in done.stderr:
        raise SystemExit(done.stderr)
    return took


def main():
    need_root()
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    root = Root()
    cups = Cups(Root(root.folder("cups")), start=False)
    sink, port = start_sink()
    document = root.path / "document"
    with document.open("wb") as out:
        for _ in range(size):
            out.write(os.urandom(1 << 20))
    shutil.chown(document, "lp")
    try:
        spoc.configure_server(cups, port)
        backend(cups, document, 1)  # starts spocd
        ours, theirs = [], []
        for number in range(ROUNDS):
            theirs.append(plain(port, document))
            ours.append(backend(cups, document, number + 2))
        spocd, = pids_of(cups.root.path, "spocd")
        print(f"{size} MB, best of {ROUNDS}: "
              f"job file to accepted {size / min(ours):.0f} MB/s, "
              f"base64 -w76 into a socket {size / min(theirs):.0f} MB/s, "
              f"ratio {min(theirs) / min(ours):.2f}; spocd at most {peak_kib(spocd) / 1024:.1f} MB")
    finally:
        cups.stop()
        sink.stdin.close()
        sink.wait(10)


if __name__ == "__main__":
    main()
