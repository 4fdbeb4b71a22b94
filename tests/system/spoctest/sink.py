# SPDX-License-Identifier: Apache-2.0
"""A mail server for large documents: it keeps their digest alone, and stops reading where a
test wants it to. And a look at the processes that handle them."""

import base64
import hashlib
import os
import pathlib
import socket
import threading

from . import process

END = b"\r\n.\r\n"
DOCUMENT = b"Content-Transfer-Encoding: base64\r\n\r\n"


class Digester:
    """Takes a mail in pieces and digests the document in it."""

    def __init__(self):
        self._pending = b""
        self._inside = False
        self._done = False
        self._sha = hashlib.sha256()

    def feed(self, piece):
        if self._done:
            return
        self._pending += piece
        if not self._inside:
            # The text before it may be in base64 as well.
            mark = self._pending.find(b"Content-Disposition: attachment")
            start = self._pending.find(DOCUMENT, max(mark, 0))
            if mark < 0 or start < 0:
                return
            self._inside = True
            self._pending = self._pending[start + len(DOCUMENT):]
        end = self._pending.find(b"--")
        self._done = end >= 0
        stop = end if self._done else self._pending.rfind(b"\r\n") + 2
        lines, self._pending = self._pending[:stop], self._pending[stop:]
        self._sha.update(base64.b64decode(lines.replace(b"\r\n", b""), validate=True))

    def digest(self):
        return self._sha.hexdigest()


class SinkMail:
    def __init__(self, recipients, digest):
        self.recipients = recipients
        self.digest = digest


class Sink:
    """Takes every mail on loopback, without encryption."""

    def __init__(self):
        self.mails = []
        self._pause_after = None
        self._paused = threading.Event()
        self._go_on = threading.Event()
        self._socket = socket.create_server((process.LOOPBACK, 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def pause_after(self, size):
        """Within the next mail it stops reading behind so many bytes, until go_on()."""
        self._go_on.clear()
        self._paused.clear()
        self._pause_after = size

    def is_paused(self):
        return self._paused.is_set()

    def go_on(self):
        self._pause_after = None
        self._go_on.set()

    def wait(self, count, seconds=90.0):
        process.wait_for(f"{count} mails", lambda: len(self.mails) >= count, seconds)
        return list(self.mails)

    def stop(self):
        self._go_on.set()
        self._socket.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client:
            try:
                self._talk(client)
            except OSError:
                pass

    def _talk(self, client):
        recipients = []
        pending = b""
        client.sendall(b"220 sink\r\n")
        while True:
            while b"\r\n" not in pending:
                piece = client.recv(65536)
                if not piece:
                    return
                pending += piece
            line, _, pending = pending.partition(b"\r\n")
            verb = line[:4].upper()
            if verb == b"EHLO":
                client.sendall(b"250-sink\r\n250-PIPELINING\r\n250 SIZE 0\r\n")
            elif verb == b"DATA":
                client.sendall(b"354 go on\r\n")
                digest, pending = self._take(client, pending)
                if digest is None:
                    return
                self.mails.append(SinkMail(recipients, digest))
                recipients = []
                client.sendall(b"250 2.0.0 taken\r\n")
            else:
                if verb == b"RCPT":
                    recipients.append(line[9:-1].decode())
                client.sendall(b"250 2.0.0 fine\r\n")

    def _take(self, client, pending):
        digester = Digester()
        seen = b""
        taken = 0
        while True:
            # What may be the beginning of the end is kept back.
            seen += pending
            end = seen.find(END)
            if end >= 0:
                digester.feed(seen[:end + 2])
                return digester.digest(), seen[end + len(END):]
            digester.feed(seen[:-4])
            seen = seen[-4:]
            taken += len(pending)
            if self._pause_after is not None and taken >= self._pause_after:
                self._paused.set()
                self._go_on.wait(120)
            pending = client.recv(1 << 20)
            if not pending:
                return None, b""


def pids_of(root, program):
    """Pids of the processes of a private folder whose program's path ends so."""
    found = []
    for pid in process.processes_of(root):
        try:
            if os.readlink(f"/proc/{pid}/exe").split(" ")[0].endswith("/" + program):
                found.append(pid)
        except OSError:
            continue
    return found


def peak_kib(pid):
    """The most memory that a process had resident."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])
