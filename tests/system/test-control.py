#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Also tests: control/server.c, daemon/requests.c
"""The control socket: who may use it, and a client that means harm."""

import pathlib
import shutil
import socket
import subprocess
import time
import unittest

from spoctest import process, spoc
from spoctest.cups import Cups, build_folder
from spoctest.mailbox import Catcher
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
        # A mail is under way for a minute, so nothing is decided.
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
            except BlockingIOError:  # so many wait to be accepted
                return False
        process.wait_for("room for another client", connected)
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
        """A document under way whose client was killed, so that another may ask for it."""
        def left():
            return [f.stem for f in (self.site.spool / "scans").glob("*.left")]
        client = subprocess.Popen(
            [build_folder() / "plugin/ctl/spocctl", "send", "--to", "alice@example.com", "-"],
            env=self.site.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        client.stdin.write(b"text")
        client.stdin.close()
        process.wait_for("the document", lambda: list((self.site.spool / "scans").glob("*.job")))
        process.wait_for("it under way", lambda: self.status(b'"sending":2'))
        client.kill()
        client.wait()
        return process.wait_for("it to be left", left)[0]

    def test_one_request_waits_at_a_time(self):
        scan = b"scan " + self.offer().encode()
        for first, second in ((b"drain", b"drain"), (b"drain", scan), (scan, scan),
                              (scan, b"drain")):
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
        for requests in (b"drain\ndrain\n", b"drain\nscan a\ndrain\n"):
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


class Service(unittest.TestCase):
    """The socket that systemd makes as root, in a folder of root's, for a spocd that it starts."""

    def setUp(self):
        self.catcher = Catcher(process.Root().folder("mails"))
        self.addCleanup(self.catcher.stop)
        self.site = Site(self.catcher.port)
        self.addCleanup(self.site.stop)
        folder = self.site.root.folder("run/spoc")
        self.listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.listener.close)
        self.listener.bind(str(folder / "control"))
        shutil.chown(folder / "control", "lp", "lp")
        (folder / "control").chmod(0o600)
        self.listener.listen(64)

    def start_service(self):
        """As systemd does it: sd_listen_fds(3)."""
        with open(self.site.log_file, "ab") as log:
            spocd = subprocess.Popen(
                ["/bin/bash", "-c", f'LISTEN_PID=$$ exec "$@" 3<&{self.listener.fileno()}', "bash",
                 build_folder() / "plugin/daemon/spocd", "--foreground"],
                env={**self.site.environment, "LISTEN_FDS": "1"}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, pass_fds=[self.listener.fileno()],
                user="lp", group="lp", extra_groups=[])
        self.addCleanup(spocd.wait)
        self.addCleanup(spocd.terminate)
        return spocd

    def test_clients_find_it_and_others_make_way(self):
        by_hand = self.site.start()  # listens in the spool, and has the lock
        process.wait_for("spocd", self.site.answers)
        self.assertTrue((self.site.spool / "control").is_socket())
        # Its owner is lp, who made it: root did not touch it.
        self.assertEqual((self.site.spool / "control").owner(), "lp")
        service = self.start_service()
        try:
            self.assertEqual(by_hand.wait(30), 0)
        except subprocess.TimeoutExpired:
            self.fail(f"{service.poll()} {self.site.log()}")
        self.site.notify(spoc.event(1, job_id=1))
        self.catcher.wait(1)
        self.assertIsNone(service.poll())
        self.assertIn(f"process {service.pid},", self.site.spocctl("status").stdout)

    def test_mail_that_nobody_will_send_is_told(self):
        """Killed with mail waiting, no service: status and check say so, and end with 1."""
        self.listener.close()
        self.site.notify(spoc.event(1, job_id=1))
        for command in ("status", "check"):
            done = self.site.spocctl(command)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, "spocd does not run, no service listens for it, and 1 "
                             "entry of the queue waits for it; .*systemctl enable --now spocd.socket")
        self.site.start()
        process.wait_for("spocd", self.site.answers)
        self.catcher.wait(1)
        for command in ("status", "check"):
            self.assertNotIn("does not run", self.site.spocctl(command).stdout)

    def test_a_private_folder_of_lp_is_not_trusted(self):
        """Who runs as lp gets no client to talk to a socket in a folder of its own."""
        shutil.chown(self.site.root.path / "run/spoc", "lp", "lp")
        self.site.start()
        process.wait_for("spocd", self.site.answers)
        self.site.notify(spoc.event(1, job_id=1))
        self.catcher.wait(1)


class Secrets(unittest.TestCase):
    def test_a_password_that_was_changed_is_nowhere(self):
        """In the memory of spocd, which nobody but root can look at."""
        site = Site(process.dead_port(), mailuser="u", mailpass="Tr0mb0neAndHarp")
        self.addCleanup(site.stop)
        spocd = site.start()
        process.wait_for("spocd", site.answers)
        self.assertEqual(pathlib.Path(f"/proc/{spocd.pid}/mem").owner(), "root")
        self.assertGreater(self.count(spocd.pid, b"Tr0mb0neAndHarp"), 0)
        site.configure(process.dead_port(), mailuser="u", mailpass="B4ssAndViola")
        process.wait_for("the new one", lambda: self.count(spocd.pid, b"B4ssAndViola"))
        process.wait_for("the old one to go", lambda: not self.count(spocd.pid, b"Tr0mb0neAnd"))

    @staticmethod
    def count(pid, word):
        found = 0
        with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, \
                open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                place, rights = line.split()[:2]
                if rights.startswith("rw") and "[v" not in line:
                    begin, end = (int(part, 16) for part in place.split("-"))
                    if end - begin > 1 << 28:
                        continue  # the sanitizers' own
                    memory.seek(begin)
                    found += memory.read(end - begin).count(word)
        return found


class Cupsd(unittest.TestCase):
    def test_it_keeps_the_folder(self):
        """The folder of the service's socket lies in cupsd's StateDir."""
        cups = Cups(process.Root(), start=False)
        self.addCleanup(cups.stop)
        folder = cups.root.folder("run/spoc")
        (folder / "control").touch()
        for _ in range(2):
            cups.start()
            cups.halt()
            info = folder.lstat()
            self.assertEqual((info.st_uid, info.st_gid, info.st_mode & 0o7777), (0, 0, 0o755))
            self.assertTrue((folder / "control").exists())
        # Nobody but root can replace it.
        info = folder.parent.lstat()
        self.assertEqual((info.st_uid, info.st_mode & 0o022), (0, 0))


class NoRoot(unittest.TestCase):
    """Whatever is missing: nothing of ours works as root, or makes a spool as root."""

    def setUp(self):
        self.site = Site(process.dead_port())
        self.addCleanup(self.site.stop)

    def refused(self, words, **environment):
        for arguments in (["--once"], ["--foreground"], []):
            self.site.log_file.unlink(missing_ok=True)
            self.assertEqual(self.site.start(*arguments, **environment).wait(30), 1)
            self.assertRegex(self.site.log(), words)
        for arguments in (["status"], ["queue", "list"], ["queue", "retry", "--all"], ["check"],
                          ["send", "--to", "a@example.com", "/dev/null"]):
            done = subprocess.run([build_folder() / "plugin/ctl/spocctl", *arguments],
                                  env={**self.site.environment, **environment}, text=True,
                                  stdin=subprocess.DEVNULL, capture_output=True, check=False)
            self.assertEqual(done.returncode, 1, arguments)
            self.assertRegex(done.stdout + done.stderr, words)

    def test_no_spool(self):
        self.site.spool.rmdir()
        self.refused("install -d (-o lp -g lp -m 0700|-m 0700 -o lp -g lp) .*spool/spoc")
        self.assertFalse(self.site.spool.exists())

    def test_a_link(self):
        """lp owns the folder above, and put a link where the spool was."""
        target = self.site.root.folder("target")
        self.site.spool.rmdir()
        self.site.spool.symlink_to(target)
        self.refused("is not a directory|not a folder")
        self.assertEqual(list(target.iterdir()), [])
        self.assertEqual(target.owner(), "root")


if __name__ == "__main__":
    need_root()
    unittest.main()
