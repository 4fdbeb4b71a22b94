#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Also tests: daemon/control.c, daemon/requests.c
"""The control socket: who may use it, and a client that means harm."""

import pathlib
import socket
import subprocess
import time
import unittest

from spoctest import process, spoc
from spoctest.cups import build_folder
from spoctest.process import need_root
from spoctest.site import Site

# Connects as whoever runs it, and says what it heard.
STRANGER = """
import socket, sys
client = socket.socket(socket.AF_UNIX)
client.settimeout(10)
try:
    client.connect(sys.argv[1])
    client.sendall(b"status\\n")
    print(client.recv(100))
except OSError as error:
    print(type(error).__name__)
"""


class Control(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.silent = process.HangingServer()
        cls.addClassCleanup(cls.silent.stop)
        cls.site = Site(cls.silent.port, mailSmtpTimeout="60000")
        cls.addClassCleanup(cls.site.stop)
        cls.spocd = cls.site.start()
        process.wait_for("spocd", cls.site.answers)
        # A mail is under way for a minute, so nothing is settled.
        cls.site.notify(spoc.event(1, job_id=1))
        process.wait_for("a mail under way", lambda: cls.status(b'"sending":1'))

    @classmethod
    def connect(cls):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(20)
        def connected():
            try:
                client.connect(str(cls.site.spool / "control"))
                return True
            except BlockingIOError:  # so many at the door
                return False
        process.wait_for("room at the door", connected)
        return client

    @classmethod
    def status(cls, expected=b'"pid":'):
        with cls.connect() as client:
            client.sendall(b"status\n")
            return expected in client.recv(4096)

    def tearDown(self):
        self.assertTrue(self.status())
        self.assertIsNone(self.spocd.poll(), self.site.log()[-3000:])

    def offer(self):
        """A document under way whose door was killed, so that another may ask for it."""
        def left():
            return [f.stem for f in (self.site.spool / "scans").glob("*.left")]
        door = subprocess.Popen(
            [build_folder() / "plugin/ctl/spocctl", "send", "--to", "alice@example.com", "-"],
            env=self.site.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        door.stdin.write(b"text")
        door.stdin.close()
        process.wait_for("the document", lambda: list((self.site.spool / "scans").glob("*.job")))
        process.wait_for("it under way", lambda: self.status(b'"sending":2'))
        door.kill()
        door.wait()
        return process.wait_for("it to be left", left)[0]

    def test_one_request_waits_at_a_time(self):
        scan = b"scan " + self.offer().encode()
        for first, second in ((b"settle", b"settle"), (b"settle", scan), (scan, scan),
                              (scan, b"settle")):
            with self.subTest(first=first, second=second):
                for _ in range(20):
                    with self.connect() as client:
                        client.sendall(first + b"\n" + second + b"\n")
                        said = b""
                        while b"error" not in said:
                            more = client.recv(4096)
                            self.assertTrue(more, said)
                            said += more
                        self.assertIn(b"error this connection waits for an answer already", said)
                    self.status()

    def test_hanging_up_while_two_wait(self):
        """What it is answered does not matter: spocd must be there afterwards."""
        for requests in (b"settle\nsettle\n", b"settle\nscan a\nsettle\n"):
            crowd = [self.connect() for _ in range(20)]
            for client in crowd:
                client.sendall(requests)
            self.status()
            for client in crowd:
                client.close()
            self.status()

    def test_strangers_are_hung_up_on(self):
        """Others do not get into the folder; spocd does not rely on that."""
        for folder in (self.site.root.path / "spool", self.site.spool):
            folder.chmod(0o755)
        socket_file = self.site.spool / "control"
        socket_file.chmod(0o666)
        self.addCleanup(self.site.spool.chmod, 0o700)
        heard = {user: subprocess.run(["python3", "-c", STRANGER, socket_file], text=True,
                                      capture_output=True, check=True, user=user, group="nogroup",
                                      extra_groups=[]).stdout for user in ("nobody", "root")}
        self.assertIn(heard["nobody"].strip(), ("b''", "ConnectionResetError", "BrokenPipeError"))
        self.assertIn('"pid":', heard["root"])

    def test_a_flood_of_connections(self):
        begin = time.monotonic()
        crowd = [self.connect() for _ in range(300)]
        for client in crowd[:150]:
            try:
                client.sendall(b"half a li")
            except OSError:
                pass  # made room for others
        self.assertTrue(self.status())
        self.assertLess(time.monotonic() - begin, 20)
        for client in crowd:
            client.close()

    def test_a_huge_line_and_answers_that_are_not_read(self):
        with self.connect() as client, self.assertRaises(OSError):
            for _ in range(200):
                client.sendall(b"x" * 65536)
        with self.connect() as client, self.assertRaises(OSError):
            client.settimeout(1)
            for _ in range(2000):
                client.sendall(b"status\n" * 10000)
        self.assertLess(self.peak_mib(), 60)

    def peak_mib(self):
        status = pathlib.Path(f"/proc/{self.spocd.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


if __name__ == "__main__":
    need_root()
    unittest.main()
