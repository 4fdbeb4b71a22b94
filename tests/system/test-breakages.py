#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What breaks on a print server, for real, against a private cupsd: `spocctl check`, `status` and
`test` name cause and remedy, in time, and end with 1."""

import concurrent.futures
import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import unittest

from spoctest import process, spoc
from spoctest.cups import Cups
from spoctest.mailbox import Catcher
from spoctest.process import Root, need_root, wait_for

URI = "spoc:alice@example.com"
TO = "alice@example.com"
ALL = (("check",), ("status",), ("test", TO))


class Breakages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = Root()
        cls.catcher = Catcher(cls.root.folder("mails"))
        cls.addClassCleanup(cls.catcher.stop)
        cls.cups = Cups(Root(cls.root.folder("cups")))
        cls.addClassCleanup(cls.cups.stop)
        cls.cups.add_printer("q1", raw=True)
        cls.document = spoc.document(cls.root.path)
        cls.etc = cls.cups.root.path / "etc/spoc"

    def setUp(self):
        self.catcher.mails.clear()
        spoc.clear_spool(self.cups)
        self.configure()

    def configure(self, port=None, **keys):
        spoc.configure_server(self.cups, port or self.catcher.port,
                              **{"notifyUnverified": "send", "startDaemon": "never", **keys})

    def ask(self, *commands):
        """Runs commands side by side, so that a silent cupsd costs its five seconds once."""
        def run(command):
            began = time.monotonic()
            done = self.cups.run("spocctl", *command, check=False)
            return done, time.monotonic() - began
        with concurrent.futures.ThreadPoolExecutor(len(commands)) as pool:
            return list(pool.map(run, commands))

    def assert_named(self, *words, commands=ALL, status=1):
        """Every command ends with 1 and says each of the words, and never that all is well."""
        for command, (done, seconds) in zip(commands, self.ask(*commands)):
            said = done.stdout + done.stderr
            with self.subTest(command=command):
                self.assertEqual(done.returncode, status, said)
                for word in words:
                    self.assertIn(word, said)
                self.assertNotIn("Success", said)
                self.assertNotIn("No problem found", said)
                self.assertLess(seconds, 20, said)

    def test_nothing_is_wrong(self):
        for done, _seconds in self.ask(*ALL):
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertNotIn("ERROR", done.stdout)
        self.catcher.wait(1)

    # --- CUPS ----------------------------------------------------------------------------

    @contextlib.contextmanager
    def spinning(self, break_notifier, mend_notifier):
        """cupsd with a subscription whose notifier it may not start."""
        self.cups.run("spocctl", "subscribe", TO, "--printer", "q1", "--events", "all")
        log = self.cups.root.path / "log/error_log"
        break_notifier()
        try:
            before = log.stat().st_size
            with subprocess.Popen([self.cups.commands.get("lp", "lp"), "-d", "q1",
                                   str(self.document)], env=self.cups.environment,
                                  stdout=subprocess.DEVNULL) as printing:
                wait_for("cupsd to spin", lambda: log.stat().st_size > before + 1000000)
                try:
                    yield
                finally:
                    mend_notifier()
                    # The remedy helps at once: cupsd answers again.
                    self.cups.run("lpstat", "-r")
                printing.wait(90)
        finally:
            mend_notifier()
            self.cups.run("spocctl", "unsubscribe", "--all")
            with open(log, "wb"):
                pass  # it is large
        self.cups.wait_idle()

    def test_notifier_missing(self):
        notifier = self.cups.notifier
        aside = notifier.with_name("aside")

        def mend():
            if aside.exists():
                aside.rename(notifier)

        with self.spinning(lambda: notifier.rename(aside), mend):
            # What this host shows comes before cupsd is waited for.
            with subprocess.Popen([self.cups.commands["spocctl"], "check"], text=True,
                                  env=self.cups.environment, stdout=subprocess.PIPE) as check:
                began = time.monotonic()
                first = check.stdout.readline()
                waited = time.monotonic() - began
                self.assertIn(str(notifier), first)
                check.stdout.read()
                self.assertGreater(time.monotonic() - began, waited + 2)
            self.assert_named(f"'{notifier}' is missing", "install cups-spoc again",
                              commands=(*ALL, ("unsubscribe", "--all"), ("subscriptions",)))

    def test_notifier_writable(self):
        notifier = self.cups.notifier
        with self.spinning(lambda: notifier.chmod(0o775), lambda: notifier.chmod(0o755)):
            self.assert_named(f"'{notifier}' (uid 0, mode 775)", f"chmod 0755 '{notifier}'",
                              commands=(*ALL, ("unsubscribe", "--all")))

    def test_cupsd_stopped(self):
        self.cups.halt()
        try:
            self.assert_named("cannot be reached", "systemctl start cups",
                              commands=(*ALL, ("subscriptions",)))
        finally:
            self.cups.start()

    def test_cupsd_silent(self):
        os.kill(self.cups.pid, signal.SIGSTOP)
        try:
            self.assert_named("does not answer within 5 s", "systemctl status cups",
                              commands=(*ALL, ("subscriptions",)))
        finally:
            os.kill(self.cups.pid, signal.SIGCONT)

    def test_cupsd_never_ends(self):
        """An answer that goes on for ever costs no more than silence, whoever asks."""
        path = self.root.path / "endless.sock"
        head = (b"HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n")
        first = (b"\x02\x00\x00\x00\x00\x00\x00\x01\x01G\x00\x12attributes-charset"
                 b"\x00\x05utf-8H\x00\x1battributes-natural-language\x00\x02en")
        more = b"\x06!\x00\x16notify-subscription-id\x00\x04\x00\x00\x00\x05"
        connections = []

        def trickle(connection):
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                connection.sendall(head)
                for part in itertools.chain([first], itertools.repeat(more)):
                    connection.sendall(b"%x\r\n" % len(part) + part + b"\r\n")
                    time.sleep(0.01)

        def serve(listener):
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    connections.append(threading.Thread(target=trickle, args=(connection,)))
                    connections[-1].start()

        commands = (("check",), ("subscriptions",), ("subscribe", "@owner"), ("unsubscribe", "7"))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            threading.Thread(target=serve, args=(listener,), daemon=True).start()
            normal = self.cups.environment
            self.cups.environment = {**normal, "CUPS_SERVER": str(path)}
            try:
                answers = self.ask(*commands)
            finally:
                self.cups.environment = normal
                listener.shutdown(socket.SHUT_RDWR)
        for command, (done, seconds) in zip(commands, answers):
            with self.subTest(command=command):
                self.assertEqual(done.returncode, 1)
                self.assertIn("does not answer within 5 s", done.stdout + done.stderr)
                self.assertLess(seconds, 12)
        self.assertEqual(len(connections), len(commands))
        for connection in connections:
            connection.join(30)
            self.assertFalse(connection.is_alive())

    # --- the spool -----------------------------------------------------------------------

    @contextlib.contextmanager
    def running_spocd(self):
        self.cups.run("spocctl", "queue", "list")  # makes the folders
        started = process.Process([self.cups.spocd, "--foreground"],
                                  self.cups.root.path / "log/spocd.log",
                                  env=self.cups.environment, user="lp", group="lp",
                                  extra_groups=[])
        try:
            started.ready(lambda: "spocd runs" in self.cups.run("spocctl", "status",
                                                                check=False).stdout)
            yield started.popen.pid
        finally:
            started.stop()

    def test_disk_full_and_mounted_over(self):
        spool = self.cups.spool
        with self.running_spocd() as pid:
            mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", spool],
                                   check=False)
            if mount.returncode != 0:
                self.skipTest("nothing can be mounted here")
            try:
                shutil.chown(spool, "lp", "lp")
                spool.chmod(0o700)
                self.assert_named(f"(process {pid}) does not use the spool", "unmount")
                (spool / "large").write_bytes(bytes(2500000))
                self.assert_named(f"the spool '{spool}' is full", f"make room (df '{spool}')")
            finally:
                subprocess.run(["umount", "--lazy", spool], check=True)

    def test_spool_moved(self):
        spool = self.cups.spool
        elsewhere = spool.with_name("elsewhere")
        with self.running_spocd() as pid:
            spool.rename(elsewhere)
            try:
                self.assert_named(f"(process {pid}) does not use the spool", str(elsewhere),
                                  f"install -d -m 0700 -o lp -g lp '{spool}'")
                self.assertFalse(spool.exists(), "a look makes no spool")
                spool.mkdir(mode=0o700)
                shutil.chown(spool, "lp", "lp")
                self.assert_named(f"(process {pid}) does not use the spool",
                                  f"in '{elsewhere}'", "move the spool back")
                log = self.cups.root.path / "log/spocd.log"
                wait_for("spocd to see it", lambda: f"no longer at '{spool}'" in log.read_text())
            finally:
                shutil.rmtree(spool, ignore_errors=True)
                elsewhere.rename(spool)

    def test_spool_moved_under_a_notifier(self):
        spool = self.cups.spool
        elsewhere = spool.with_name("elsewhere")
        notifier = spoc.start_notifier(self.cups, URI)
        try:
            notifier.stdin.write(spoc.event(1))
            notifier.stdin.flush()
            wait_for("the journal", lambda: list((spool / "events").glob("*")))
            spool.rename(elsewhere)
            self.assert_named(f"a notifier (process {notifier.pid}) does not use the spool",
                              str(elsewhere))
        finally:
            elsewhere.rename(spool)
            notifier.communicate(timeout=20)

    def test_folder_of_another(self):
        self.cups.run("spocctl", "queue", "list")  # makes the folders
        folder = self.cups.spool / "waiting"
        shutil.chown(folder, "root", "root")
        try:
            self.assert_named(f"'{folder}' in the spool belongs to uid 0",
                              f"chown -R --reference='{self.cups.spool}' '{folder}'")
            self.assert_named("'waiting'", f"chown -R --reference='{self.cups.spool}'",
                              commands=(("queue", "list"),))
        finally:
            shutil.chown(folder, "lp", "lp")
        folder.rmdir()
        folder.symlink_to("/tmp")
        self.addCleanup(folder.unlink)
        self.assert_named(f"'{folder}' in the spool is no folder", "move it away")

    def test_folder_of_the_lock(self):
        folder = self.cups.root.path / "cache/spoc"
        folder.mkdir(exist_ok=True)
        shutil.chown(folder, "root", "root")
        folder.chmod(0o700)
        try:
            self.assert_named(f"spocd cannot make its lock in '{folder}'",
                              f"chown -R lp:lp '{folder}'")
        finally:
            shutil.chown(folder, "lp", "lp")

    # --- settings ------------------------------------------------------------------------

    def test_settings_closed(self):
        shutil.chown(self.etc, "root", "root")
        self.etc.chmod(0o700)
        try:
            self.assert_named("'lp'", f"chgrp lp '{self.etc}' && chmod 0750 '{self.etc}'")
            done = self.cups.run("spocctl", "check", check=False)
            self.assertEqual(done.stdout.count("ERROR"), 1, done.stdout)
        finally:
            shutil.chown(self.etc, "root", "lp")
            self.etc.chmod(0o750)

    def test_aliases(self):
        file = self.etc / "aliases"
        self.configure(recipientAliasFile=file)
        self.assert_named(str(file), "No such file", "take 'recipientAliasFile' out")
        file.mkdir()
        self.assert_named(str(file), "lines such as 'alice: alice@example.com'")
        file.rmdir()
        file.write_text("alice: alice@example.org\n")
        file.chmod(0o600)
        self.assert_named(f"'{file}' cannot be read by 'lp'", f"chgrp lp '{file}'")
        shutil.chown(file, "root", "lp")
        file.chmod(0o640)
        self.assert_named(commands=(("status",),), status=0)

    def test_store_missing(self):
        store = self.etc / "no-such-store"
        self.configure(trustStore=store)
        self.assert_named(str(store), "No such file", "trustStore")

    def test_ordinary_user(self):
        for command in ALL:
            done = self.cups.run("spocctl", *command, check=False, user="nobody", group="nogroup",
                                 extra_groups=[])
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stdout, "")
            self.assertIn(f"run this as root (sudo spocctl {command[0]})", done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

    # --- mail servers --------------------------------------------------------------------

    def deliver(self, expect):
        spoc.notify(self.cups, URI, spoc.event(1, job_id=1))
        spoc.spocd_once(self.cups, expect)

    def test_server_refuses(self):
        port = process.dead_port()
        self.configure(port)
        self.deliver(75)
        self.assert_named(f"localhost:{port}", "refused", "mailserver",
                          commands=(("status",), ("test", TO)))
        self.assert_named(f"localhost:{port}", commands=(("queue", "list"),), status=0)
        self.configure()  # it is mended, and once asked it works
        spoc.spocd_once(self.cups, 0)
        self.assert_named(commands=(("status",),), status=0)

    def test_server_unknown(self):
        self.configure(mailserver="mail.no-such-host.invalid")
        self.deliver(75)
        self.assert_named("mail.no-such-host.invalid", "mailserver",
                          commands=(("status",), ("test", TO)))

    def test_backup_works(self):
        port = process.dead_port()
        self.configure(port, mailserverbackup=f"localhost:{self.catcher.port}")
        self.deliver(0)
        status = self.cups.run("spocctl", "status")
        said = status.stdout
        self.assertEqual(status.returncode, 0, said)
        self.assertRegex(said, f"WARNING: the mail server has failed .*localhost:{port}, connect")
        self.assertIn("mail goes to the other one", said)
        problem, = json.loads(self.cups.run("spocctl", "status", "--json").stdout)["problems"]
        self.assertEqual((problem["severity"], problem["where"]), ("warning", f"localhost:{port}"))

    def test_undeliverable(self):
        self.catcher.refuse = lambda envelope: "550 5.1.1 nobody of that name"
        self.addCleanup(setattr, self.catcher, "refuse", None)
        self.deliver(0)
        self.assert_named("1 message undeliverable", "nobody of that name", "spocctl queue retry",
                          commands=(("status",),))

    # --- output --------------------------------------------------------------------------

    def test_reader_leaves(self):
        for command in (("config",), ("queue", "list"), ("check",), ("status", "--json")):
            reading, writing = os.pipe()
            os.close(reading)
            done = subprocess.run([self.cups.commands["spocctl"], *command], stdout=writing,
                                  stderr=subprocess.PIPE, env=self.cups.environment, text=True,
                                  check=False)
            os.close(writing)
            self.assertEqual((done.returncode, done.stderr), (0, ""), command)


if __name__ == "__main__":
    need_root()
    unittest.main()
