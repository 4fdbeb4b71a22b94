#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Also tests: privilege.c
"""The commands of an administrator's first day."""

import json
import shutil
import subprocess
import unittest

from spoctest import process, spoc
from spoctest.certificates import Authority
from spoctest.cups import Cups
from spoctest.mailbox import Catcher
from spoctest.mta import PASSWORD, USER
from spoctest.process import Root, need_root

URI = "spoc:alice@example.com"


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = Root()
        cls.authority = Authority(cls.root.folder("ca"))
        cls.catcher = Catcher(cls.root.folder("mails"), cls.authority.issue("localhost"),
                              "starttls", USER, PASSWORD)
        cls.addClassCleanup(cls.catcher.stop)
        cls.cups = Cups(Root(cls.root.folder("cups")))
        cls.addClassCleanup(cls.cups.stop)
        cls.cups.add_printer("q1", raw=True)

    def setUp(self):
        # A spocd of the test before may not have seen yet that the settings have changed.
        process.end_processes_of(self.cups.root.path)
        spoc.clear_spool(self.cups)
        self.catcher.mails.clear()
        self.configure()

    def configure(self, port=None, **keys):
        values = {"mailuser": USER, "mailpass": PASSWORD, "notifyUnverified": "send", **keys}
        spoc.configure_server(self.cups, port or self.catcher.port, self.authority,
                              "STARTTLS_REQUIRED", **values)

    def test_check(self):
        self.assertEqual(self.cups.run("spocctl", "check").returncode, 0)
        self.configure(mailSmtpTimeout="soon", mailSmtpEncryption="PERHAPS")
        done = self.cups.run("spocctl", "check", check=False)
        self.assertEqual(done.returncode, 1)
        said = done.stdout + done.stderr
        for word in ("mailSmtpTimeout", "mailSmtpEncryption", "STARTTLS_REQUIRED", "spoc.conf"):
            self.assertIn(word, said)

    def test_check_looks_at_what_cupsd_starts(self):
        for kind in ("notifier", "backend"):
            program = self.cups.root.path / "bin" / kind / "spoc"
            aside = program.with_name("aside")
            for name, spoil, mend in (
                    ("missing", lambda p=program, a=aside: p.rename(a),
                     lambda p=program, a=aside: a.rename(p)),
                    ("mode 775", lambda p=program: p.chmod(0o775), lambda p=program: p.chmod(0o755)),
                    ("mode 757", lambda p=program: p.chmod(0o757), lambda p=program: p.chmod(0o755)),
                    ("mode 644", lambda p=program: p.chmod(0o644), lambda p=program: p.chmod(0o755)),
                    ("chown root:root", lambda p=program: shutil.chown(p, "lp"),
                     lambda p=program: shutil.chown(p, "root")),
                    (f"anything in '{program.parent}'", lambda p=program: p.parent.chmod(0o777),
                     lambda p=program: p.parent.chmod(0o755))):
                with self.subTest(kind=kind, problem=name):
                    spoil()
                    try:
                        done = self.cups.run("spocctl", "check", check=False)
                    finally:
                        mend()
                    self.assertEqual(done.returncode, 1, done.stdout)
                    line, = [x for x in done.stdout.splitlines() if x.startswith("ERROR: ")]
                    for word in (name, str(program.parent)):
                        self.assertIn(word, line)
        self.assertEqual(self.cups.run("spocctl", "check").returncode, 0)

    def test_without_a_locale(self):
        """As cron and systemd start programs: what goes in and comes out is UTF-8."""
        spocctl = str(self.cups.commands["spocctl"])
        store = self.root.path / "größe.p12"
        places = {k: v for k, v in self.cups.environment.items() if k.startswith(("CUPS_", "ASAN"))}
        for locale in ({}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX", "LANG": "de_DE"},
                       {"LC_ALL": "nonsense"}, {"G_FILENAME_ENCODING": "ISO-8859-1"}):
            with self.subTest(locale=locale):
                def run(*arguments, environment=None):
                    return subprocess.run([spocctl, *arguments], env={**places, **(environment or locale)},
                                          capture_output=True, timeout=60, check=False)
                store.unlink(missing_ok=True)
                done = run("truststore", "import", "--store", str(store), "--alias", "größe 日本",
                           "--yes", str(self.authority.certificate))
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("Imported into " + str(store), done.stdout.decode())
                listed = run("truststore", "list", "--store", str(store))
                self.assertIn("größe 日本", listed.stdout.decode())
                self.assertIn(f"1 certificate in {store}", listed.stdout.decode())
                bad = run("truststore", "show", "--store", str(store), "straße")
                self.assertEqual(bad.returncode, 1)
                self.assertIn("'straße'", bad.stderr.decode())
                self.assertIn("COMMAND [OPTION…]", run("--help").stdout.decode())
                self.assertIn("[OPTION…]", run("truststore", "--help").stdout.decode())
                sent = run("send", "--queue", "--to", "alice@example.com", "--subject", "Grüße €",
                           "--filename", "größe.pem", str(self.authority.certificate))
                self.assertEqual(sent.returncode, 0, sent.stderr)
                mail, = self.catcher.wait(1)
                self.assertEqual(mail.message["Subject"], "Grüße €")
                self.assertEqual(next(mail.message.iter_attachments()).get_filename(), "größe.pem")
                self.catcher.mails.clear()
                for word in ("größe", "\xff"):
                    raw = word.encode("latin-1" if word == "\xff" else "utf-8")
                    wrong = subprocess.run([spocctl.encode(), b"queue", b"show", raw], env={**places, **locale},
                                           capture_output=True, timeout=60, check=False)
                    self.assertIn(wrong.returncode, (1, 2))
                    wrong.stderr.decode()  # is UTF-8

    def test_usage(self):
        for arguments in ((), ("dance",), ("queue", "dance"), ("test",)):
            with self.subTest(arguments=arguments):
                done = self.cups.run("spocctl", *arguments, check=False)
                self.assertEqual(done.returncode, 2)
                self.assertTrue((done.stdout + done.stderr).strip())

    def test_config_masks_secrets(self):
        said = self.cups.run("spocctl", "config").stdout
        self.assertIn("mailserver", said)
        self.assertNotIn(PASSWORD, said)
        self.assertNotIn(PASSWORD, self.cups.run("spocctl", "config", "--json").stdout)

    def test_test_mail(self):
        said = self.cups.run("spocctl", "test", "alice@example.com").stdout
        self.assertIn("TLSv1.2", said)
        mail, = self.catcher.wait(1)
        self.assertEqual((mail.recipients, mail.defects), (["alice@example.com"], []))
        json.loads(self.cups.run("spocctl", "test", "alice@example.com", "--json").stdout)
        self.catcher.wait(2)

    def test_test_mail_fails_with_the_cure(self):
        for keys, word in (({"mailpass": "a wrong guess"}, "mailpass"),
                           ({"port": process.dead_port()}, "mailserver"),
                           ({"trustStore": None}, "trustStore")):
            with self.subTest(keys=keys):
                self.configure(**keys)
                done = self.cups.run("spocctl", "test", "alice@example.com", check=False)
                self.assertEqual(done.returncode, 1)
                said = done.stdout + done.stderr
                self.assertIn(word, said)
                self.assertNotIn("a wrong guess", said)
        self.assertEqual(self.catcher.mails, [])

    def test_queue(self):
        self.configure(process.dead_port(), mailRetrySchedule="1h")
        spoc.notify(self.cups, URI, b"".join(
            spoc.event(n, job_id=n, title=f"title {n}") for n in (1, 2, 3)))
        waiting = process.wait_for("three waiting messages", lambda: [
            m for m in spoc.queue(self.cups) if m["state"] == "waiting"
            and m["attempts"] == 1][2:] and spoc.queue(self.cups))
        first = waiting[0]
        self.assertEqual(first["kind"], "notification")
        self.assertEqual(first["recipients"][0]["address"], "alice@example.com")
        self.assertEqual({m["job_id"] for m in waiting}, {1, 2, 3})
        self.assertTrue(first["reason"])
        self.assertIn(first["id"], self.cups.run("spocctl", "queue", "list").stdout)
        self.assertIn("alice@example.com",
                      self.cups.run("spocctl", "queue", "show", first["id"]).stdout)
        self.cups.run("spocctl", "queue", "delete", first["id"])
        self.assertNotIn(first["id"], [m["id"] for m in spoc.queue(self.cups)])
        missing = self.cups.run("spocctl", "queue", "delete", first["id"], check=False)
        self.assertEqual(missing.returncode, 1)
        # The change is seen without a restart, and what waited because of it goes out.
        self.configure()
        self.cups.run("spocctl", "queue", "retry", *[m["id"] for m in waiting[1:]])
        self.catcher.wait(2)
        spoc.wait_empty(self.cups)
        self.assertEqual(spoc.queue(self.cups), [])

    def test_subscriptions(self):
        self.assertEqual(self.subscribed(), "")
        self.cups.run("spocctl", "subscribe", "spoc:a@example.com", "--printer", "q1")
        self.cups.run("spocctl", "subscribe", "spoc:@owner", "--server", "--events",
                      "job-completed,printer-stopped")
        listed = self.subscribed()
        self.assertIn("a@example.com", listed)
        self.assertIn("q1", listed)
        self.assertRegex(listed, "@owner|%40owner")
        stored = process.wait_for("cupsd to write its subscriptions", self.stored_subscriptions)
        self.assertEqual(stored.count("LeaseDuration 0"), 2)
        self.cups.run("spocctl", "unsubscribe", "--all")
        self.assertEqual(self.subscribed(), "")
        none = self.cups.run("spocctl", "unsubscribe", "4711", check=False)
        self.assertEqual(none.returncode, 1)
        bad = self.cups.run("spocctl", "subscribe", "spoc:a@example.com", "--printer", "nowhere",
                            check=False)
        self.assertEqual(bad.returncode, 1)

    def test_parameters_that_nobody_knows(self):
        """They cost no mail, and are said where they are made and where they are read."""
        done = self.cups.run("spocctl", "subscribe", "spoc:a@example.com?format=rtf&language=tlh")
        self.assertIn("WARNING: '?format=rtf' is passed over: text, html and both", done.stderr)
        self.assertIn("'?language=tlh' is passed over: mails are written in en, cs", done.stderr)
        self.cups.run("spocctl", "unsubscribe", "--all")
        spoc.notify(self.cups, "spoc:alice@example.com?digest=hourly", spoc.event(7, job_id=7))
        self.catcher.wait(1)
        said = spoc.daemon_log(self.cups)
        self.assertEqual(said.count("'?digest=hourly' is passed over: daily and none"), 1, said)

    def subscribed(self):
        """The lines of `spocctl subscriptions` that are about one."""
        said = self.cups.run("spocctl", "subscriptions").stdout
        return "\n".join(line for line in said.splitlines() if "spoc:" in line)

    def stored_subscriptions(self):
        """cupsd writes them some seconds after a change."""
        file = self.root.path / "cups/etc/subscriptions.conf"
        text = file.read_text() if file.exists() else ""
        return text if text.count("<Subscription") >= 2 else None


if __name__ == "__main__":
    need_root()
    unittest.main()
