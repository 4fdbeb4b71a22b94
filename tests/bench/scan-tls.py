#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How fast a large document goes from the spool to "accepted" over TLS, against the same bytes
encoded beforehand and written through the same TLS to the same server.

    SPOC_BUILD=build tests/bench/scan-tls.py [MEGABYTES]

The server measures both: from its 354 to the final dot.
"""

import base64
import multiprocessing
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))

from spoctest import process, spoc  # noqa: E402
from spoctest.certificates import Authority  # noqa: E402
from spoctest.cups import Cups  # noqa: E402
from spoctest.process import Root, need_root  # noqa: E402

ROUNDS = 3
WRITE_BYTES = 1 << 18
READ_BYTES = 1 << 20
END = b"\r\n.\r\n"


def take_mail(line):
    """One mail of one connection; the seconds that its content took, None at the end."""
    file = line.makefile("rb", buffering=0)
    while True:
        command = file.readline()
        if command == b"":
            return None
        verb = command[:4].upper()
        if verb == b"DATA":
            break
        if verb == b"EHLO":
            line.sendall(b"250-localhost\r\n250 8BITMIME\r\n")
        else:
            line.sendall(b"221 bye\r\n" if verb == b"QUIT" else b"250 yes\r\n")
    line.sendall(b"354 go on\r\n")
    begun = time.monotonic()
    buffer = bytearray(READ_BYTES)
    view, tail = memoryview(buffer), b""
    while tail != END:
        count = line.recv_into(buffer)
        if count == 0:
            return None
        tail = (tail + bytes(view[max(0, count - len(END)):count]))[-len(END):]
    took = time.monotonic() - begun
    line.sendall(b"250 2.0.0 taken\r\n")
    return took


def serve(listener, certificate, key, times):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    while True:
        raw, _ = listener.accept()
        with context.wrap_socket(raw, server_side=True) as line:
            line.sendall(b"220 localhost\r\n")
            while (took := take_mail(line)) is not None:
                times.put(took)


def encoded(port, authority, body):
    """The ceiling: nothing is left to be done but to write."""
    context = ssl.create_default_context(cafile=authority.certificate)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # as spoc.conf's default
    context.set_ciphers("ECDHE-RSA-AES256-GCM-SHA384")
    with socket.create_connection((process.LOOPBACK, port)) as raw, \
            context.wrap_socket(raw, server_hostname="localhost") as line:
        reader = line.makefile("rb")
        reader.readline()
        for command in (b"MAIL FROM:<a@b>", b"RCPT TO:<c@d>", b"DATA"):
            line.sendall(command + b"\r\n")
            reader.readline()
        view = memoryview(body)
        for place in range(0, len(body), WRITE_BYTES):
            line.sendall(view[place:place + WRITE_BYTES])
        line.sendall(END)
        reader.readline()


def from_spool(cups, document, number):
    environment = {**cups.environment, "DEVICE_URI": "spoc:alice%40example.com",
                   "CONTENT_TYPE": "application/pdf", "PRINTER": "scan"}
    done = subprocess.run(
        [cups.root.path / "bin/backend/spoc", str(number), "alice", "title", "1", "", document],
        env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, user="lp",
        group="lp", extra_groups=[], check=False)
    if done.returncode != 0 or "INFO: delivered" not in done.stderr:
        raise SystemExit(done.stderr)


def main():
    need_root()
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    root = Root()
    cups = Cups(Root(root.folder("cups")), start=False)
    authority = Authority(root.folder("authority"))
    certificate, key = authority.issue()
    listener = socket.create_server((process.LOOPBACK, 0))
    port = listener.getsockname()[1]
    times = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(listener, certificate, key, times),
                                     daemon=True)
    server.start()
    content = os.urandom(size << 20)
    document = root.path / "document"
    document.write_bytes(content)
    shutil.chown(document, "lp")
    body = base64.encodebytes(content).replace(b"\n", b"\r\n")
    del content
    try:
        spoc.configure_server(cups, port, authority, "SSL_TLS")
        ours, theirs = [], []
        for number in range(ROUNDS):
            encoded(port, authority, body)
            theirs.append(times.get())
            from_spool(cups, document, number + 1)
            ours.append(times.get())
        print(f"{size} MB over TLS, best of {ROUNDS}: spool to accepted "
              f"{size / min(ours):.0f} MB/s, the same bytes encoded beforehand "
              f"{size / min(theirs):.0f} MB/s, ratio {min(theirs) / min(ours):.2f}")
    finally:
        cups.stop()
        server.terminate()
        server.join(10)


if __name__ == "__main__":
    main()
