#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Also tests: management/management.c, config/management-state.c
"""A print server that a central office looks after: spocd fetches its values from a real nginx
over TLS and mails by them."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import unittest

from spoctest import process, spoc
from spoctest.certificates import Authority
from spoctest.cups import Cups
from spoctest.mailbox import Catcher
from spoctest.process import Root, need_root
from spoctest.web import Nginx

URI = "spoc:alice@example.com"
TOKEN = "t0ken-of-the-office"


class SilentServer:
    """Takes connections and never says a word; let_go() ends them."""

    def __init__(self):
        self._socket = socket.create_server((process.LOOPBACK, 0))
        self.port = self._socket.getsockname()[1]
        self.clients = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                self.clients.append(self._socket.accept()[0])
            except OSError:
                return

    def let_go(self):
        self._socket.close()
        for client in self.clients:
            client.close()


class Managed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = Root()
        cls.authority = Authority(cls.root.folder("ca"))
        cls.certificate = cls.authority.issue()
        cls.cups = Cups(Root(cls.root.folder("cups")), start=False)
        cls.addClassCleanup(cls.cups.stop)
        cls.cache = cls.root.path / "cups/cache/spoc"

    def setUp(self):
        self.catcher = Catcher(self.root.folder("mails"))
        self.addCleanup(self.catcher.stop)
        self.web = Nginx(Root(self.root.folder(f"web-{self.id().rsplit('.', 1)[1]}")),
                         self.certificate)
        self.addCleanup(self.web.stop)
        self.spocd = None
        self.addCleanup(self.tidy)
        self.log = self.root.path / "spocd.log"
        self.number = 0

    def tidy(self):
        if self.spocd is not None:
            self.spocd.stop()
        spoc.clear_spool(self.cups)
        for file in self.cache.glob("management-*"):
            file.unlink()

    def serve(self, **keys):
        text = "".join(f"{k} = {v}\n" for k, v in {
            "mailserver": f"localhost:{self.catcher.port}", "mailSmtpEncryption": "NONE",
            **keys}.items())
        new = self.web.files / ".new"
        new.write_text(text)
        new.rename(self.web.files / "print.conf")

    def configure(self, url=None, **keys):
        spoc.configure(self.cups, **{
            "managementUrl": url or self.web.url(f"print.conf?key={TOKEN}"), "mailfrom": None,
            "trustStore": self.authority.certificate, "trustSystemCertificates": "false",
            "notifyUnverified": "send", "startDaemon": "never", **keys})

    def notify(self):
        self.number += 1
        spoc.notify(self.cups, URI, spoc.event(self.number, job_id=self.number))

    def start(self):
        self.log.unlink(missing_ok=True)
        self.spocd = process.Process([self.cups.spocd, "--foreground"], self.log,
                                     env=self.cups.environment)
        self.spocd.ready((self.cups.spool / "control").exists)

    def row(self, key):
        return json.loads(self.cups.run("spocctl", "config", "--json", key).stdout)[0]

    def test_once_fetches_first(self):
        self.serve(mailfrom="office@example.com")
        self.configure()
        self.assertIn("not fetched yet", self.row("managementUrl")["note"])
        self.notify()
        status, said = spoc.spocd_once(self.cups)
        self.assertEqual(status, 0, said)
        mail, = self.catcher.mails
        self.assertEqual(mail.sender, "office@example.com")
        row = self.row("mailfrom")
        self.assertEqual((row["value"], row["layer"], row["file"], row["line"]),
                         ("office@example.com", "management",
                          str(self.cache / "management-values"), 3))
        note = self.row("managementUrl")["note"]
        self.assertRegex(note, r"^fetched \d+ seconds? ago from https://localhost:\d+/print.conf$")
        self.assertEqual((self.cache / "management-values").stat().st_mode & 0o777, 0o600)
        # Not due: nothing is asked for, and the values hold.
        self.notify()
        spoc.spocd_once(self.cups, 0)
        self.assertEqual(len(self.web.requests()), 1)
        self.assertEqual(len(self.catcher.mails), 2)
        # Nor are they needed when the server is away.
        self.web.stop()
        self.notify()
        spoc.spocd_once(self.cups, 0)
        self.assertEqual(self.catcher.mails[2].sender, "office@example.com")

    def test_once_fetches_what_is_due_before_it_mails(self):
        self.serve(mailfrom="first@example.com")
        self.configure(managementInterval="10s")
        self.notify()
        spoc.spocd_once(self.cups, 0)
        self.serve(mailfrom="second@example.com")
        time.sleep(11)
        self.notify()
        spoc.spocd_once(self.cups, 0)
        self.assertEqual([m.sender for m in self.catcher.mails],
                         ["first@example.com", "second@example.com"])
        # A server that is away then costs nothing but the try.
        self.web.stop()
        time.sleep(11)
        self.notify()
        spoc.spocd_once(self.cups, 0)
        self.assertEqual(self.catcher.mails[2].sender, "second@example.com")

    def test_local_values_win_and_some_keys_are_the_house_s(self):
        self.serve(mailfrom="office@example.com", mailuser="office", recipientDomain="[EMPTY]",
                   trustStore="/tmp/x", notifyAllowedRecipients="*", managementUrl="https://x/",
                   noSuchKey="1")
        self.configure(mailfrom="branch@example.com", mailuser="[EMPTY]")
        self.notify()
        status, said = spoc.spocd_once(self.cups)
        self.assertEqual(status, 0, said)
        self.assertEqual(self.catcher.mails[0].sender, "branch@example.com")
        for key in ("trustStore", "notifyAllowedRecipients", "managementUrl"):
            self.assertRegex(said, f"WARNING: .*management-values:[0-9]+: {key}: is ignored here")
        self.assertEqual(self.row("mailuser")["value"], "")
        self.assertEqual(self.row("trustStore")["value"], str(self.authority.certificate))

    def test_nothing_is_composed_before_the_first_values(self):
        silent = SilentServer()
        self.addCleanup(silent.let_go)
        self.serve(mailfrom="office@example.com")
        self.configure(f"https://localhost:{silent.port}/print.conf", mailfrom="early@example.com",
                       mailserver=f"localhost:{self.catcher.port}", mailSmtpEncryption="NONE")
        self.start()
        self.notify()
        process.wait_for("the fetch", lambda: silent.clients)
        time.sleep(1)  # long enough for a mail that should not go
        self.assertEqual(self.catcher.mails, [])
        self.assertEqual(spoc.spool_files(self.cups, "new", "waiting", "sending", "data"), [])
        # The fetch ends, in vain: now what is local holds.
        silent.let_go()
        mail, = self.catcher.wait(1)
        self.assertEqual(mail.sender, "early@example.com")
        self.assertIn("until then there are none", self.log.read_text())

    def test_no_document_is_sent_before_the_first_values(self):
        silent = SilentServer()
        self.addCleanup(silent.let_go)
        self.configure(f"https://localhost:{silent.port}/print.conf", mailfrom="early@example.com",
                       mailserver=f"localhost:{self.catcher.port}", mailSmtpEncryption="NONE")
        self.start()
        process.wait_for("the fetch", lambda: silent.clients)
        document = spoc.document(self.root.path)
        uri = "spoc:alice%40example.com"
        doors = [subprocess.Popen(
            [uri, str(n), "bob", "A scan", "1",
             f"job-uuid=urn:uuid:00000000-0000-4000-8000-00000000000{n}", document],
            executable=self.cups.root.path / "bin/backend/spoc",
            env={**self.cups.environment, "DEVICE_URI": uri, "CONTENT_TYPE": "text/plain"},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            user="lp", group="lp", extra_groups=[]) for n in (1, 2)]
        process.wait_for("both documents",
                         lambda: len(list((self.cups.spool / "scans").glob("*"))) >= 2)
        time.sleep(1)  # long enough for a mail that should not go
        self.assertEqual(self.catcher.mails, [])
        self.assertEqual([door.poll() for door in doors], [None, None])
        doors[1].terminate()  # its job is cancelled
        doors[1].wait(30)
        silent.let_go()
        self.assertEqual(doors[0].wait(60), 0)
        mail, = self.catcher.wait(1)
        self.assertEqual(mail.recipients, ["alice@example.com"])
        spoc.wait_empty(self.cups)
        self.assertEqual(len(self.catcher.mails), 1)

    def test_a_fetch_has_an_end(self):
        silent = process.HangingServer()
        self.addCleanup(silent.stop)
        self.configure(f"https://localhost:{silent.port}/a", mailfrom="a@example.com",
                       mailserver=f"localhost:{self.catcher.port}", mailSmtpEncryption="NONE")
        self.notify()
        begin = time.monotonic()
        spoc.spocd_once(self.cups, 0)
        self.assertLess(time.monotonic() - begin, 40)
        self.assertEqual(len(self.catcher.mails), 1)

    def test_new_values_are_taken_up_while_it_runs(self):
        self.serve(mailfrom="first@example.com")
        self.configure(managementInterval="10s")
        self.start()
        self.notify()
        self.catcher.wait(1)
        self.serve(mailfrom="second@example.com", mailuser="")
        process.wait_for("new values", lambda: "there are new management values" in
                         self.log.read_text().partition("there are new")[2])
        self.notify()
        self.catcher.wait(2)
        # Rubbish and absence leave them as they are.
        (self.web.files / "print.conf").write_text("<html>Welcome</html>\n")
        process.wait_for("the warning", lambda: "web page" in self.log.read_text())
        self.notify()
        self.catcher.wait(3)
        self.assertEqual([m.sender for m in self.catcher.mails],
                         ["first@example.com"] + 2 * ["second@example.com"])
        note = self.row("managementUrl")["note"]
        self.assertRegex(note, "^fetched .* ago from .*; the last attempt, .* ago, failed "
                               r"\(1 in a row\): .*web page")
        said = (self.log.read_text() + self.cups.run("spocctl", "config").stdout
                + self.cups.run("spocctl", "check", check=False).stdout
                + self.cups.run("spocctl", "status", check=False).stdout
                + (self.cache / "management-state").read_text())
        self.assertNotIn(TOKEN, said)

    def test_a_server_that_is_not_trusted_tells_nothing(self):
        stranger = Authority(self.root.folder("stranger"))
        self.serve(mailfrom="office@example.com")
        self.configure(trustStore=stranger.certificate, mailfrom="local@example.com",
                       mailserver=f"localhost:{self.catcher.port}", mailSmtpEncryption="NONE")
        self.notify()
        _, said = spoc.spocd_once(self.cups, 0)
        self.assertIn("certificate", said)
        self.assertEqual(self.catcher.mails[0].sender, "local@example.com")
        self.assertEqual(self.web.requests(), [])
        self.assertFalse((self.cache / "management-values").exists())

    def test_without_the_url_what_was_fetched_counts_no_more(self):
        self.serve(mailuser="office", mailfrom="office@example.com")
        self.configure()
        self.notify()
        spoc.spocd_once(self.cups)
        self.assertEqual(self.row("mailfrom")["value"], "office@example.com")
        self.configure(managementUrl="[EMPTY]")
        self.assertEqual(self.row("mailfrom")["layer"], "built-in")
        self.assertEqual(spoc.spocd_once(self.cups)[0], 78)  # and so there is no mail server


if __name__ == "__main__":
    need_root()
    if not os.path.exists("/usr/sbin/nginx"):
        sys.exit("nginx is not installed; tests/setup installs it")
    unittest.main()
