#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Orders about many messages beside a running spocd, and what the queue remembers of a server
across restarts."""

import os
import re
import shutil
import socket
import subprocess
import threading
import time
import unittest

from spoctest import process
from spoctest.cups import build_folder
from spoctest.mailbox import Catcher
from spoctest.process import Root, need_root
from spoctest.site import Site, stream

MANY = int(os.environ.get("SPOC_TEST_MANY", "300"))


class Broken:
    """A mail server that says nothing, or takes a mail and never says that it did."""

    def __init__(self, takes_mail=False):
        self.connections = 0
        self.message_ids = []
        self.takes_mail = takes_mail
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.takes_mail:
                threading.Thread(target=self._hear, args=(client,), daemon=True).start()
            else:
                client.close()

    def _hear(self, client):
        with client, client.makefile("rwb", buffering=0) as file:
            file.write(b"220 broken\r\n")
            for line in file:
                verb = line[:4].upper()
                file.write(b"354 go on\r\n" if verb == b"DATA" else b"250 broken\r\n")
                if verb == b"DATA":
                    break
            for line in file:
                if line.lower().startswith(b"message-id:"):
                    self.message_ids.append(line.split(b"<")[1].split(b">")[0].decode())
                if line == b".\r\n":
                    break
            file.read(1)  # and now silence, until the client leaves

    def stop(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)  # who waits in accept() holds the port
        except OSError:
            pass  # stopped already
        self.listener.close()


class QueueOrders(unittest.TestCase):
    def site(self, port, **keys):
        made = Site(port, **keys)
        self.addCleanup(made.stop)
        return made

    def fill(self, site, count):
        done = subprocess.run([build_folder() / "tests/bench/bench-fill", str(count), "3600"],
                              env=site.environment, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def order(self, site, *arguments):
        """How many it was carried out for, and the seconds that took."""
        begun = time.monotonic()
        done = site.spocctl("queue", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        took = time.monotonic() - begun
        print(f"# {' '.join(arguments)}: {took:.1f} s", flush=True)
        return len(done.stdout.splitlines())

    def test_many(self):
        """One order, one attempt, one line in the log; not one for each message."""
        server = Broken()
        self.addCleanup(server.stop)
        site = self.site(server.port)
        self.fill(site, MANY)
        site.start()
        process.wait_for("spocd", site.answers)
        self.assertEqual(self.order(site, "retry", "--all"), MANY)
        process.wait_for("an attempt", lambda: server.connections > 0)
        self.assertEqual(self.order(site, "hold", "--all"), MANY)
        process.wait_for("all to be held", lambda: len(site.files("held")) == MANY)
        self.assertEqual(self.order(site, "release", "--all"), MANY)
        process.wait_for("all to wait", lambda: len(site.files("waiting", "sending")) == MANY)
        # The schedule's own attempts come in between; there are far fewer of all than messages.
        self.assertLess(server.connections, 20)
        named = re.findall(r"1790000000-00000001-\d+-\d+-0123456789abcdef: ", site.log())
        self.assertLess(len(named), 100)
        self.assertEqual(self.order(site, "delete", "--all"), MANY)
        self.assertEqual(site.files("waiting", "held", "data"), [])

    def test_a_server_that_is_back_is_asked_at_once(self):
        """Retry does not wait until the pause is over that the server's failures earned."""
        server = Broken()
        self.addCleanup(server.stop)
        site = self.site(server.port, mailRetrySchedule="1s,1h")
        self.fill(site, 3)
        site.start()
        process.wait_for("spocd", site.answers)
        for _ in range(3):
            before = server.connections
            self.order(site, "retry", "--all")
            process.wait_for("an attempt", lambda n=before: server.connections > n)
        process.wait_for("the failure", lambda: len(site.files("waiting")) == 3)
        server.stop()
        catcher = Catcher(Root().folder("mails"), port=server.port)
        self.addCleanup(catcher.stop)
        self.order(site, "retry", "--all")
        begun = time.monotonic()
        process.wait_for("the mails", lambda: len(catcher.mails) == 3)
        self.assertLess(time.monotonic() - begun, 15)  # the pause is 30 s and more

    def test_one_is_refused_and_the_rest_done(self):
        server = Broken()
        self.addCleanup(server.stop)
        site = self.site(server.port)
        self.fill(site, 5)
        site.start()
        process.wait_for("spocd", site.answers)
        ids = sorted(file.name for file in site.files("waiting"))
        done = site.spocctl("queue", "hold", ids[0], "none", ids[1], ids[0])
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, f"{ids[0]}: held\n{ids[1]}: held\n")
        self.assertIn("there is no message 'none'", done.stderr)
        self.assertEqual(sorted(file.name for file in site.files("held")), ids[:2])

    def test_changed_settings_do_not_put_the_next_attempt_off(self):
        """Each is tried at once, and what was planned stays, however often that fails."""
        server = Broken()
        self.addCleanup(server.stop)
        site = self.site(server.port, mailRetrySchedule="2h")
        self.fill(site, 1)
        waiting = site.files("waiting")[0]
        planned = waiting.stat().st_mtime
        attempts = re.search(r"^Attempts: \d+$", waiting.read_text(), re.M)[0]
        site.start()
        process.wait_for("spocd", site.answers)
        for number in range(1, 4):
            site.configure(server.port, mailRetrySchedule="2h", mailMaxConnections=number)

            def noted(so_many=number):
                return waiting.exists() and waiting.read_text().count("\nAttempt: ") == so_many
            process.wait_for("the attempt", noted)
        self.assertEqual(waiting.stat().st_mtime, planned)
        self.assertIn(f"\n{attempts}\n", waiting.read_text())

    def test_a_mail_of_a_killed_spocd_is_deleted_with_its_events(self):
        """Killed between storing it and marking them: they are not mailed again afterwards."""
        catcher = Catcher(Root().folder("mails"))
        self.addCleanup(catcher.stop)
        site = self.site(catcher.port)
        site.notify(stream([1]))
        self.fill(site, 1)
        waiting, journal = site.files("waiting")[0].name, site.files("events")[0].name
        marks = site.spool / "state/pending-marks"
        marks.write_text(f"{waiting}\n{journal} 0 65535\n")
        shutil.chown(marks, "lp")
        self.assertEqual(self.order(site, "delete", waiting), 1)
        self.assertFalse(marks.exists())
        self.assertEqual(site.once(), 0)
        self.assertEqual(catcher.mails, [])

    def test_silent_behind_the_dot(self):
        """Twice, with a restart between: then the backup may have it, with the same Message-ID."""
        server = Broken(takes_mail=True)
        self.addCleanup(server.stop)
        catcher = Catcher(Root().folder("mails"))
        self.addCleanup(catcher.stop)
        site = self.site(server.port, mailserverbackup=f"localhost:{catcher.port}",
                         mailSmtpFinalTimeout="500", mailRetrySchedule="1s")
        site.notify(stream([1]))
        self.assertEqual(site.once(), 75)
        self.assertEqual(catcher.mails, [])
        waiting = site.files("waiting")[0]
        self.assertIn(f"\nDropped: 1 localhost:{server.port}\n", waiting.read_text())

        def again():
            return site.once() == 0
        process.wait_for("the backup to get it", again)
        self.assertEqual(len(server.message_ids), 2)
        self.assertEqual([m.message_id.strip("<>") for m in catcher.mails],
                         server.message_ids[:1])
        self.assertEqual(len(set(server.message_ids)), 1)
        self.assertIn("this message may arrive twice, with the same Message-ID", site.log())


if __name__ == "__main__":
    need_root()
    unittest.main()
