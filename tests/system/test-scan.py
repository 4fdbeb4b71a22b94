#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Documents through the real cupsd, our backend and spocd: what arrives, what is refused, and
what becomes of a document when something goes wrong on the way."""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import unittest

from spoctest import mta, process, spoc
from spoctest.certificates import Authority
from spoctest.cups import Cups
from spoctest.mailbox import Catcher
from spoctest.process import Root, need_root, wait_for
from spoctest.scanqueue import WithQueue, attachment, scanner_pages
from spoctest.sink import Sink, peak_kib, pids_of

class Documents(WithQueue):
    def test_the_printer_description_is_sound(self):
        said = self.cups.run("cupstestppd", self.cups.root.path / "share/model/spoc.ppd")
        self.assertIn("PASS", said.stdout)

    def test_every_format_arrives_as_it_was(self):
        types = {"jpeg": "image/jpeg", "png": "image/png", "tiff": "image/tiff",
                 "pdf": "application/pdf"}
        for page in [*scanner_pages(self.root.folder("scanner")), self.pdf]:
            with self.subTest(page=page.name):
                self.catcher.mails.clear()
                self.cups.print("scan", page, user="alice", title="Seite № 1 – 日本")
                mail, = self.catcher.wait(1)
                self.assert_sound(mail)
                part = attachment(mail)
                kind = page.suffix[1:]
                self.assertEqual(part.get_content_type(), types[kind])
                extension = {"jpeg": "jpg", "tiff": "tif"}.get(kind, kind)
                self.assertEqual(part.get_filename(), f"Seite № 1 – 日本.{extension}")
                self.assertEqual(part.get_content(), page.read_bytes())
                self.assertEqual(mail.subject, "Seite № 1 – 日本")
                self.assertEqual(mail.recipients, ["alice@example.com"])
                self.assertEqual(mail.sender, "print-server@example.com")
                self.assertEqual(mail.message["Reply-To"].addresses[0].addr_spec,
                                 "alice@example.com")
        self.cups.wait_idle()
        self.assert_nothing_left()

    def test_other_formats_become_a_pdf(self):
        text = spoc.document(self.root.path, "letter.txt")
        job = self.cups.print("scan", text, user="alice", title="letter.txt")
        mail, = self.catcher.wait(1)
        part = attachment(mail)
        self.assertEqual(part.get_filename(), "letter.pdf")
        self.assertTrue(part.get_content().startswith(b"%PDF-"))
        self.wait_job_log(job, "delivered: ")

    def test_each_document_of_a_job_is_a_mail(self):
        other = self.root.path / "other.pdf"
        other.write_bytes(self.pdf.read_bytes() + b"\n% another\n")
        other.chmod(0o644)
        texts = [spoc.document(self.root.path, f"{n}.txt", f"This is text {n}.\n") for n in "12"]
        for pair in ([self.pdf, other], texts):
            self.catcher.mails.clear()
            self.cups.run("lp", "-d", "scan", "-U", "alice", "-t", "two", "--", *pair)
            mails = self.catcher.wait(2)
            self.assertEqual(len({m.message_id for m in mails}), 2)
        self.cups.wait_idle()
        self.assertEqual(len(self.catcher.mails), 2)

    def test_a_raw_queue_works_too(self):
        self.cups.run("lpadmin", "-p", "raw", "-E", "-v", "spoc:alice%40example.com", "-m", "raw")
        self.cups.print("raw", self.pdf, "raw", title="raw")
        mail, = self.catcher.wait(1)
        self.assertEqual(attachment(mail).get_content(), self.pdf.read_bytes())
        self.assertEqual(attachment(mail).get_content_type(), "application/pdf")
        self.assertEqual(attachment(mail).get_filename(), "raw.pdf")

    def test_a_scanner_pipes_into_lp(self):
        page = scanner_pages(self.root.folder("pipe"))[1]
        with page.open("rb") as stdin:
            self.cups.run("lp", "-d", "scan", "-U", "bob", "-", stdin=stdin)
        mail, = self.catcher.wait(1)
        self.assertEqual(mail.recipients, ["bob@example.com"])
        self.assertEqual(attachment(mail).get_content(), page.read_bytes())

    def test_a_restarted_job_is_mailed_again(self):
        job = self.cups.print("scan", self.pdf, user="alice", title="again")
        self.catcher.wait(1)
        self.cups.wait_idle()
        self.cups.run("lp", "-i", job, "-H", "restart")
        self.catcher.wait(2)

    def test_banners_and_copies(self):
        job = self.cups.print("scan", self.pdf, "job-sheets=standard", "copies=3", user="alice")
        self.catcher.wait(1)
        self.cups.wait_idle()
        self.assertEqual(len(self.catcher.mails), 1)
        self.assertIn("a banner page is not mailed", self.job_log(job))
        self.assertIn("copies are not mailed", self.job_log(job))


class Options(WithQueue):
    keys = {"scanAllowedRecipients": "@owner, @example.com, archive@example.org"}

    def test_people_and_words(self):
        self.cups.print("scan", self.pdf, "mail-to=bob@example.com,carol",
                        "mail-cc=archive@example.org", "mail-subject='Für Bob'",
                        "mail-body='Hallo, Bob'", "mail-filename=für.bob", user="alice")
        mail, = self.catcher.wait(1)
        self.assert_sound(mail)
        self.assertEqual(sorted(mail.recipients),
                         ["archive@example.org", "bob@example.com", "carol@example.com"])
        self.assertEqual([a.addr_spec for a in mail.message["To"].addresses],
                         ["bob@example.com", "carol@example.com"])
        self.assertEqual(str(mail.message["Cc"]), "archive@example.org")
        self.assertEqual(mail.subject, "Für Bob")
        self.assertEqual(mail.text.strip(), "Hallo, Bob")
        self.assertEqual(attachment(mail).get_filename(), "für.bob.pdf")

    def test_words_of_a_job_are_templates_too(self):
        # As docs/SCANNING.md writes it for a shell: the outer quotes are the shell's, the inner
        # ones lp's.
        self.cups.print("scan", self.pdf, 'mail-subject="Hallo Welt, {user}"',
                        'mail-body="Guten Tag,{newline}{newline}{title} \\"{x}\\""',
                        'mail-filename=" {title} {user}"', user="alice", title="Brief")
        mail, = self.catcher.wait(1)
        self.assertEqual(mail.subject, "Hallo Welt, alice")
        self.assertEqual(mail.text.split("\r\n"), ["Guten Tag,", "", 'Brief "{x}"'])
        self.assertEqual(attachment(mail).get_filename(), "Brief alice.pdf")
        # An options bomb becomes no more than a body may be.
        self.catcher.mails.clear()
        self.cups.print("scan", self.pdf, 'mail-body="x' + "{title}" * 4000 + '"', user="alice",
                        title="t" * 200)
        mail, = self.catcher.wait(1)
        self.assertLess(len(mail.text), 70000)

    def test_a_program_keeps_no_extension_of_one(self):
        self.cups.run("lpadmin", "-p", "raw", "-E", "-v", "spoc:%40owner", "-m", "raw")
        program = self.root.path / "setup.exe"
        program.write_bytes(b"MZ\x90\x00" + bytes(200))
        program.chmod(0o644)
        self.cups.print("raw", program, "raw", user="alice", title="Rechnung\u202efdp.exe")
        mail, = self.catcher.wait(1)
        self.assertEqual(attachment(mail).get_filename(), "Rechnung fdp.exe.bin")
        self.assertEqual(attachment(mail).get_content_type(), "application/octet-stream")
        self.assertEqual(mail.subject, "Rechnung fdp.exe")

    def test_a_stranger_with_the_same_uuid(self):
        uuid = "job-uuid=urn:uuid:11111111-2222-3333-4444-555555555555"
        twice = f"{uuid} x='{uuid}' mail-subject='{uuid} time-at-creation=1' time-at-creation=1"
        self.configure(port=process.dead_port())
        alices = self.cups.print("scan", self.pdf, uuid, user="alice", title="hers")
        self.wait_job_log(alices, "queued: ")
        for option in (uuid, twice):
            job = self.cups.print("scan", self.pdf, option, user="mallory", title="not hers")
            self.wait_job_log(job, "queued: ")
            self.assertNotIn("already", self.job_log(job))
        self.assertEqual(sorted(q["subject"] for q in spoc.queue(self.cups))[0], "hers")
        self.configure()
        mails = self.catcher.wait(3)
        self.assertEqual(sorted(tuple(m.recipients) for m in mails),
                         [("alice@example.com",), ("mallory@example.com",),
                          ("mallory@example.com",)])
        self.assertEqual(len({m.message_id for m in mails}), 3)
        # One whose document is already delivered learns nothing of it either.
        job = self.cups.print("scan", self.pdf, uuid, user="mallory")
        self.wait_job_log(job, "delivered: ")
        self.catcher.wait(4)
        self.assert_nothing_left()

    def test_templates_and_the_user_as_sender(self):
        self.configure(scanFrom="user", scanSubject="{counter}: {user} at {printer}",
                       scanFilename="{title}-{counter}")
        for number in ("1", "2"):
            self.cups.print("scan", self.pdf, user="alice", title="t")
            mail = self.catcher.wait(int(number))[-1]
            self.assertEqual(mail.message["From"].addresses[0].addr_spec, "alice@example.com")
            self.assertEqual(mail.message["Sender"].address.addr_spec, "print-server@example.com")
            self.assertEqual(mail.subject, f"{number}: alice at scan")
            self.assertEqual(attachment(mail).get_filename(), f"t-{number}.pdf")

    def test_a_stranger_cannot_be_mailed(self):
        strangers = ["mail-to=x@evil.example", "mail-to=archive@example.org@evil.example",
                     "mail-to=x%evil.example@example.com", "mail-to=evil.example!x@example.com",
                     "mail-to=x@evil。example", "mail-to=x＠evil.example"]
        for option in strangers:
            with self.subTest(option=option):
                job = self.cups.print("scan", self.pdf, option, user="alice")
                self.cups.wait_idle()
                self.wait_job_log(job, "not delivered: ")
                self.assertEqual(self.catcher.mails, [])
        for owner in ("x@evil.example", "x@evil。example", "x@ｅｖｉｌ.example", "x＠evil.example",
                      "x%evil.example", "evil.example!x"):
            with self.subTest(owner=owner):
                job = self.cups.print("scan", self.pdf, user=owner)
                self.wait_job_log(job, "not delivered: ")
        self.add_queue("astray", "spoc:x%40evil.example")
        job = self.cups.print("astray", self.pdf, user="alice")
        self.wait_job_log(job, "scanAllowedRecipients does not allow x@evil.example")
        self.assertEqual(self.catcher.mails, [])
        self.cups.wait_idle()
        self.assert_nothing_left()

    def test_each_recipient_stands_for_itself(self):
        job = self.cups.print("scan", self.pdf,
                              "mail-to='bob@example.com,x@evil.example,no address'",
                              "mail-cc=y@evil.example,archive@example.org", user="alice")
        mail, = self.catcher.wait(1)
        self.assert_sound(mail)
        self.assertEqual(sorted(mail.recipients), ["archive@example.org", "bob@example.com"])
        self.wait_job_log(job, "delivered: ")
        for one in ("does not allow x@evil.example", "does not allow y@evil.example",
                    "is no recipient"):
            self.assertIn(one, self.job_log(job))
            self.assertRegex(spoc.daemon_log(self.cups), f"ERROR.*gets nothing.*{one}")
        self.assert_nothing_left()

    def test_a_name_is_no_address_of_the_sender(self):
        """Reply-To and From are the owner's by alias, directory or recipientDomain alone."""
        for keys in ({}, {"scanFrom": "user"}):
            for owner in ("x@evil.example", "x@evil。example", "x%evil.example"):
                with self.subTest(owner=owner, **keys):
                    self.configure(**keys)
                    self.catcher.mails.clear()
                    self.cups.print("scan", self.pdf, "mail-to=bob@example.com", user=owner)
                    mail, = self.catcher.wait(1)
                    self.assertEqual(mail.recipients, ["bob@example.com"])
                    self.assertNotIn("Reply-To", mail.message)
                    sender, = mail.message["From"].addresses
                    self.assertEqual(sender.addr_spec, "print-server@example.com")

    def test_tricks_add_nothing(self):
        breaks = "a\r\nBcc: x@evil.example\r\n\r\n.\r\nMAIL FROM:<x@evil.example>\r\n"
        tricks = [("mail-subject", breaks), ("mail-body", breaks + "--=_spoc_\r\n.\r\nQUIT\r\n"),
                  ("mail-filename", "../../etc/passwd\r\nX: y"), ("mail-filename", 'a"; x="b'),
                  ("mail-subject", "=?utf-8?q?Bcc:_x=40evil?="), ("mail-filename", "\u202egpj.exe")]
        for name, value in tricks:
            with self.subTest(name=name, value=value):
                self.catcher.mails.clear()
                quoted = value.replace("\\", "\\\\").replace('"', '\\"')
                self.cups.print("scan", self.pdf, f'{name}="{quoted}"', user="alice",
                                title="t\r\nSTATE: +offline\nATTR: x=y")
                mail, = self.catcher.wait(1)
                self.assert_sound(mail)
                self.assertEqual(mail.recipients, ["alice@example.com"])
                self.assertEqual(attachment(mail).get_content(), self.pdf.read_bytes())
                filename = attachment(mail).get_filename()
                self.assertNotRegex(filename, "[/\\\\\x00-\x1f\u202e]")
                self.assertFalse(filename.startswith("."))
        self.cups.wait_idle()
        self.assertEqual(len(self.catcher.mails), 1)
        self.assertNotIn("offline", self.cups.run("lpstat", "-l", "-p", "scan").stdout)

    def test_replies_steer_no_printer(self):
        self.catcher.refuse = lambda envelope: "554 5.7.1 no STATE: +offline"
        job = self.cups.print("scan", self.pdf, user="alice")
        self.wait_job_log(job, "554 5.7.1 no STATE: +offline")
        self.cups.wait_idle()
        self.assertNotIn("Alerts: offline", self.cups.run("lpstat", "-l", "-p", "scan").stdout)


class Failures(WithQueue):
    def test_a_server_that_is_down(self):
        self.configure(port=process.dead_port())
        job = self.cups.print("scan", self.pdf, user="alice", title="patience")
        self.wait_job_log(job, "queued: ")
        self.cups.wait_idle()
        self.assertIn("exited with no errors", self.job_log(job))
        entry, = spoc.queue(self.cups)
        self.assertEqual((entry["kind"], entry["job_id"], entry["subject"]),
                         ("scan", job, "patience"))
        self.configure()
        mail, = self.catcher.wait(1)
        self.assertEqual(attachment(mail).get_content(), self.pdf.read_bytes())
        self.assert_nothing_left()

    def test_a_temporary_refusal(self):
        refusals = iter(["451 4.3.0 not now"])
        self.catcher.refuse = lambda envelope: next(refusals, None)
        job = self.cups.print("scan", self.pdf, user="alice")
        self.wait_job_log(job, "queued: ")
        mail, = self.catcher.wait(1)
        self.assertEqual(attachment(mail).get_content(), self.pdf.read_bytes())
        self.cups.wait_idle()
        self.assert_nothing_left()

    def test_a_permanent_refusal_cancels_the_job(self):
        self.catcher.refuse = lambda envelope: "554 5.7.1 we do not want this"
        job = self.cups.print("scan", self.pdf, user="alice")
        self.wait_job_log(job, "we do not want this")
        self.cups.wait_idle()
        self.assertIn("we do not want this", self.job(job))
        self.assertIn("idle", self.cups.run("lpstat", "-p", "scan").stdout)
        self.assert_nothing_left()
        self.configure(scanWhenRefused="hold")
        job = self.cups.print("scan", self.pdf, user="alice")
        wait_for("the job to be held", lambda: "job-hold" in self.job(job))
        self.assert_nothing_left()

    def test_the_job_may_stay_with_cups(self):
        self.configure(port=process.dead_port(), scanWhenUnreachable="hold")
        job = self.cups.print("scan", self.pdf, user="alice")
        wait_for("the job to be held", lambda: "job-hold" in self.job(job))
        self.assert_nothing_left()
        self.configure(scanWhenUnreachable="hold")
        self.cups.run("lp", "-i", job, "-H", "resume")
        self.catcher.wait(1)
        self.cups.wait_idle()
        self.assertEqual(len(self.catcher.mails), 1)

    def test_a_resumed_job_is_worth_an_attempt(self):
        self.configure(scanWhenUnreachable="hold")
        self.catcher.stop()
        job = self.cups.print("scan", self.pdf, user="alice")
        wait_for("the job to be held", lambda: "job-hold" in self.job(job))
        # The server is back, which spocd has not been told; nothing else may make it look.
        back = Catcher(self.root.folder("back"), port=self.catcher.port)
        self.addCleanup(back.stop)
        self.cups.run("lp", "-i", job, "-H", "resume")
        back.wait(1, 15)
        self.cups.wait_idle()
        self.assert_nothing_left()

    def test_one_that_was_queued_and_fails_later(self):
        self.configure(port=process.dead_port())
        job = self.cups.print("scan", self.pdf, user="alice", title="in vain")
        self.wait_job_log(job, "queued: ")
        self.catcher.refuse = lambda envelope: (
            "554 5.7.1 never" if b"application/pdf" in envelope.original_content else None)
        self.configure()
        notice, = self.catcher.wait(1)
        self.assertEqual((notice.sender, notice.recipients), ("<>", ["alice@example.com"]))
        self.assertIn("in vain", notice.subject)
        for words in ("554 5.7.1 never", "alice@example.com", str(self.pdf.stat().st_size)):
            self.assertIn(words, notice.text)
        wait_for("the document to be kept", lambda: [q["state"] for q in spoc.queue(self.cups)]
                 == ["failed"])
        entry, = spoc.queue(self.cups)
        self.catcher.refuse = None
        self.cups.run("spocctl", "queue", "retry", entry["id"])
        mail = self.catcher.wait(2)[1]
        self.assertEqual(attachment(mail).get_content(), self.pdf.read_bytes())
        self.assert_nothing_left()

    def test_too_large(self):
        self.configure(scanMaxSize="50k")
        job = self.cups.print("scan", self.pdf, user="alice")
        self.wait_job_log(job, "not delivered: ")
        self.assertIn(f"{self.pdf.stat().st_size} bytes", self.job_log(job))
        self.assertIn("51200", self.job_log(job))
        self.configure()
        large = self.root.path / "large.pdf"
        large.write_bytes(self.pdf.read_bytes() + bytes(50 << 20))
        large.chmod(0o644)
        job = self.cups.print("scan", large, user="alice")
        self.wait_job_log(job, "not delivered: ")
        self.assertIn(str(64 << 20), self.job_log(job))
        self.assertEqual(self.catcher.mails, [])
        self.cups.wait_idle()
        self.assert_nothing_left()

    def test_an_endless_document_stops_at_the_limit(self):
        self.configure(scanMaxSize="3M")
        self.cups.run("lpadmin", "-p", "raw", "-E", "-v", "spoc:%40owner", "-m", "raw")
        backend = self.cups.root.path / "bin/backend/spoc"
        arguments = ["77", "alice", "endless", "1", "time-at-creation=1700000000"]
        with open("/dev/zero", "rb") as endless:
            done = subprocess.run([backend, *arguments], stdin=endless, capture_output=True,
                                  env={**self.cups.environment, "DEVICE_URI": "spoc:%40owner",
                                       "PRINTER": "scan"}, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn("more than 3145728 bytes, and scanMaxSize is 3145728", done.stderr)
        self.assert_nothing_left()
        self.configure(scanMaxSize="50k", scanWhenRefused="hold")
        job = self.cups.print("scan", self.pdf, user="alice")
        wait_for("the job to be held", lambda: "job-hold" in self.job(job))
        self.assert_nothing_left()

    def test_without_a_spocd(self):
        self.configure(startDaemon="never")
        job = self.cups.print("scan", self.pdf, user="alice")
        self.wait_job_log(job, "queued: ", 60)
        self.cups.wait_idle()
        spoc.spocd_once(self.cups, expect=0)
        self.catcher.wait(1)
        self.assert_nothing_left()

    def test_without_a_configuration(self):
        self.configure(mailserver=None)
        job = self.cups.print("scan", self.pdf, "mail-cc=bob", user="alice", title="Ich warte")
        self.wait_job_log(job, "queued: ")
        self.cups.wait_idle()
        entry, = self.wait_listed(1)
        self.assertEqual((entry["kind"], entry["state"], entry["job_id"], entry["subject"],
                          entry["size_bytes"], [r["address"] for r in entry["recipients"]]),
                         ("scan", "new", job, "Ich warte", self.pdf.stat().st_size,
                          ["alice", "bob"]))
        self.assertIn("mailserver", entry["reason"])
        self.assertIn("mailserver", self.cups.run("spocctl", "queue", "show", entry["id"]).stdout)
        status = json.loads(self.cups.run("spocctl", "status", "--json", check=False).stdout)
        self.assertEqual((status["new"], status["waiting"]), (1, 0))
        held = self.cups.run("spocctl", "queue", "hold", entry["id"], check=False)
        self.assertIn("no message yet", held.stderr)
        # A server that can be used releases it at once.
        self.configure()
        self.catcher.wait(1)
        self.assert_nothing_left()
        self.wait_listed(0)

    def wait_listed(self, count):
        """What `queue list` says, once it lists so many."""
        wait_for(f"{count} to be listed", lambda: len(spoc.queue(self.cups)) == count)
        return spoc.queue(self.cups)

    def backend(self, job, **options):
        return subprocess.Popen(
            [self.cups.root.path / "bin/backend/spoc", str(job), "alice", "half", "1",
             f"time-at-creation={1700000000 + job}"],
            env={**self.cups.environment, "DEVICE_URI": "spoc:%40owner", "PRINTER": "scan"},
            stdin=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def test_nothing_in_the_spool_is_invisible(self):
        self.configure(startDaemon="never")
        # Half copied, by a backend that lives, and by one that was killed
        living = self.backend(1)
        living.stdin.write(b"%PDF-1.4\n")
        living.stdin.flush()
        entry, = self.wait_listed(1)
        self.assertEqual((entry["state"], entry["job_id"], entry["recipients"][0]["address"]),
                         ("new", 1, "alice"))
        self.assertIn("is being copied", entry["reason"])
        refused = self.cups.run("spocctl", "queue", "delete", entry["id"], check=False)
        self.assertIn("cancel the job", refused.stderr)
        living.kill()
        living.communicate()
        entry, = self.wait_listed(1)
        self.assertIn("ended in the middle", entry["reason"])
        self.cups.run("spocctl", "queue", "delete", entry["id"])
        self.assertEqual(spoc.queue(self.cups), [])
        # Whole, and its backend killed before there was a spocd
        waiting = self.backend(2)
        waiting.stdin.write(b"%PDF-1.4\n")
        waiting.stdin.close()
        wait_for("the backend to wait", lambda: any("waits for spocd" in q["reason"]
                                                    for q in spoc.queue(self.cups)))
        waiting.kill()
        waiting.wait()
        waiting.stderr.close()
        entry, = spoc.queue(self.cups)
        self.assertIn("without leaving it", entry["reason"])
        self.cups.run("spocctl", "queue", "delete", "--all")
        # Left, and no spocd to take it
        self.cups.run("spocctl", "send", "--to", "bob@example.com", "--queue", self.pdf)
        entry, = spoc.queue(self.cups)
        self.assertEqual(entry["recipients"][0]["address"], "bob@example.com")
        self.assertIn("no spocd runs", entry["reason"])
        # What somebody who runs as lp puts there
        for name in ("planted.left", "planted.doc", "x\u202efdp.exe", "y.left"):
            (self.cups.spool / "scans" / name).write_bytes(b"x")
            shutil.chown(self.cups.spool / "scans" / name, "lp", "lp")
        self.assertEqual(len(spoc.queue(self.cups)), 4)
        raw = self.cups.run("spocctl", "queue", "list", "--json").stdout
        self.assertNotIn("\u202e", raw + self.cups.run("spocctl", "queue", "list").stdout)
        spoc.spocd_once(self.cups)
        self.catcher.wait(1)
        listed = spoc.queue(self.cups)
        self.assertEqual(sorted(q["id"] for q in listed if q["kind"] == "set-aside"),
                         ["scans.planted.doc", "scans.planted.left", "scans.y.left"])
        self.assertEqual([q["kind"] for q in listed].count("scan"), 1)
        for entry in listed:
            self.cups.run("spocctl", "queue", "delete", entry["id"], check=entry["kind"] != "scan")
        (self.cups.spool / "scans" / "x\u202efdp.exe").unlink()
        self.assertEqual(spoc.queue(self.cups), [])
        self.assert_nothing_left()


class Notifications(WithQueue):
    """A scan's mail is its own news: whoever subscribes to the server for the owners of jobs hears
    of printers alone."""

    keys = {"notifyAllowedRecipients": "@owner, @example.com"}

    def setUp(self):
        super().setUp()
        if "paper" not in self.cups.run("lpstat", "-e", check=False).stdout.split():
            self.cups.add_printer("paper", raw=True)
            self.cups.run("spocctl", "subscribe", "spoc:@owner", "--server")

    def assert_told(self, *subjects):
        self.cups.wait_idle()
        self.cups.run("lp", "-d", "paper", "-U", "alice", "-t", "last", "--", self.pdf)
        wait_for("the last job to be told",
                 lambda: any("last" in m.subject for m in list(self.catcher.mails)))
        self.catcher.wait(len(subjects) + 1)
        self.assertEqual(sorted(m.subject for m in self.catcher.mails),
                         sorted([*subjects, "Printed: last"]))

    def test_a_scan_is_not_printed(self):
        self.cups.print("scan", self.pdf, user="alice", title="a scan")
        self.assert_told("a scan")

    def test_one_that_is_refused_is_not_cancelled_by_its_owner(self):
        job = self.cups.print("scan", self.pdf, "mail-to=x@evil.example", user="alice")
        self.wait_job_log(job, "not delivered: ")
        self.assert_told()

    def test_one_that_waits_is_not_printed(self):
        self.configure(port=process.dead_port())
        job = self.cups.print("scan", self.pdf, user="alice", title="later")
        self.wait_job_log(job, "queued: ")
        self.cups.wait_idle()
        self.configure()
        self.assert_told("later")

    def test_cups_that_cannot_be_asked_is_no_answer(self):
        self.configure(startDaemon="never")
        # One that an earlier test has started would do the work before CUPS is away.
        wait_for("no spocd to run", lambda: not process.signal_processes_of(
            self.cups.root.path, "spocd", signal.SIGTERM))
        self.cups.print("scan", self.pdf, "notify-recipient-uri=spoc:alice", user="alice",
                        title="asked for")
        wait_for("the job to be left", lambda: any(q["kind"] == "scan"
                                                   for q in spoc.queue(self.cups)), 60)
        self.cups.wait_idle()
        self.cups.halt()
        # The subscription may be unknown by now, which is the journal's own reason to wait; what
        # counts is that nothing is told while CUPS is away.
        spoc.spocd_once(self.cups, expect=75)
        self.assertEqual([m.subject for m in self.catcher.mails], ["asked for"])
        self.cups.start()
        spoc.spocd_once(self.cups)
        self.assertEqual([m.subject for m in self.catcher.mails], ["asked for"])


class Interruptions(WithQueue):
    """A document that is large enough to be half-way, and a server that stops reading there."""

    directives = "DirtyCleanInterval 3600"  # what cupsd knows is written at its end alone

    def setUp(self):
        super().setUp()
        self.large = self.root.path / "large.pdf"
        if not self.large.exists():
            self.large.write_bytes(self.pdf.read_bytes() + random.Random(1).randbytes(20 << 20))
            self.large.chmod(0o644)
        self.digest = hashlib.sha256(self.large.read_bytes()).hexdigest()
        self.sink = Sink()
        self.addCleanup(self.sink.stop)
        self.configure(port=self.sink.port, mailSmtpTimeout="60000")

    def begin(self):
        self.sink.pause_after(4 << 20)
        job = self.cups.print("scan", self.large, user="alice", title="half-way")
        wait_for("the document to be half-way", self.sink.is_paused)
        return job

    def assert_mailed_once(self):
        mail, = self.sink.wait(1)
        self.assertEqual(mail.digest, self.digest)
        self.cups.wait_idle()
        self.assert_nothing_left()
        self.assertEqual(len(self.sink.mails), 1)

    def test_cancel(self):
        job = self.begin()
        self.cups.run("cancel", job)
        self.sink.go_on()
        self.cups.wait_idle()
        self.assert_nothing_left()
        self.assertEqual(self.sink.mails, [])

    def test_spocd_is_killed(self):
        job = self.begin()
        pid, = pids_of(self.cups.root.path, "spocd")
        os.kill(pid, signal.SIGKILL)
        self.sink.go_on()
        self.assert_mailed_once()
        self.wait_job_log(job, "delivered: ")

    def test_the_backend_is_killed(self):
        self.cups.run("lpadmin", "-p", "scan", "-o", "printer-error-policy=retry-current-job")
        self.begin()
        pid, = pids_of(self.cups.root.path, "backend/spoc")
        os.kill(pid, signal.SIGKILL)
        self.sink.go_on()
        self.assert_mailed_once()

    def test_cupsd_restarts(self):
        self.begin()
        self.cups.halt()
        self.sink.go_on()
        self.cups.start()
        self.assert_mailed_once()

    def test_cupsd_is_killed_when_it_was_just_delivered(self):
        # CUPS writes queues, jobs and what has become of them at its end: what it knows of this job
        # after the kill is that it waits.
        self.cups.run("cupsdisable", "scan")
        job = self.cups.print("scan", self.pdf, user="alice")
        self.cups.halt()
        self.cups.start()
        self.cups.run("cupsenable", "scan")
        self.sink.wait(1)
        self.wait_job_log(job, "delivered: ")
        self.cups.wait_idle()
        os.kill(self.cups.pid, signal.SIGKILL)
        self.cups.halt()
        self.cups.start()
        self.cups.run("cupsenable", "scan")
        self.wait_job_log(job, "delivered already")
        self.cups.wait_idle()
        self.assertEqual(len(self.sink.mails), 1)

    def test_a_full_disk(self):
        process.end_processes_of(self.cups.root.path)
        mount = ["mount", "-t", "tmpfs", "-o", "size=8m,mode=700,uid=7,gid=7", "tmpfs",
                 self.cups.spool]
        if subprocess.run(mount, stderr=subprocess.DEVNULL, check=False).returncode != 0:
            self.skipTest("no file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", self.cups.spool], check=False)
        job = self.cups.print("scan", self.large, user="alice", title="a full disk")
        self.wait_job_log(job, "is full")
        subprocess.run(["mount", "-o", "remount,size=64m", self.cups.spool], check=True)
        self.assert_mailed_once()
        process.end_processes_of(self.cups.root.path)


class Size(WithQueue):
    def test_memory_does_not_grow_with_the_document(self):
        sink = Sink()
        self.addCleanup(sink.stop)
        self.configure(port=sink.port, mailSmtpTimeout="60000")
        huge = self.root.path / "huge.pdf"
        block = random.Random(2).randbytes(1 << 20)
        digest = hashlib.sha256()
        with huge.open("wb") as out:
            for piece in [self.pdf.read_bytes(), *([block] * 300)]:
                out.write(piece)
                digest.update(piece)
        huge.chmod(0o644)
        self.addCleanup(huge.unlink)
        sink.pause_after(350 << 20)
        self.cups.print("scan", huge, user="alice")
        wait_for("nearly all to be sent", sink.is_paused, 120)
        peaks = {name: peak_kib(pids_of(self.cups.root.path, name)[0])
                 for name in ("spocd", "backend/spoc")}
        sink.go_on()
        mail, = sink.wait(1, 120)
        self.assertEqual(mail.digest, digest.hexdigest())
        if b"__asan_init" not in self.cups.spocd.read_bytes():
            self.assertLess(peaks["spocd"], 24 << 10)
            self.assertLess(peaks["backend/spoc"], 4 << 10)


class Postfix(unittest.TestCase):
    def test_postfix_gets_it_over_tls(self):
        root = Root()
        authority = Authority(root.folder("ca"))
        server = mta.Postfix(Root(root.folder("mta")), authority)
        self.addCleanup(server.stop)
        cups = Cups(Root(root.folder("cups")))
        self.addCleanup(cups.stop)
        spoc.configure_server(cups, server.starttls, authority, "STARTTLS_REQUIRED",
                              mailuser=mta.USER, mailpass=mta.PASSWORD,
                              scanAllowedRecipients="@example.com, @example.org")
        cups.run("lpadmin", "-p", "scan", "-E", "-v", "spoc:%40owner,bob%40example.org", "-P",
                 cups.root.path / "share/model/spoc.ppd")
        pages = scanner_pages(root.folder("scanner"))
        for page in pages:
            cups.print("scan", page, user="alice", title=page.name)
        mails = server.maildir.wait(2 * len(pages), 60)
        for page in pages:
            same = [m for m in mails if attachment(m).get_content() == page.read_bytes()]
            self.assertEqual(len(same), 2, page.name)
            self.assertEqual([m.defects for m in same], [[], []])


class Command(WithQueue):
    def send(self, *arguments, stdin=subprocess.DEVNULL, **options):
        return self.cups.run("spocctl", "send", *arguments, stdin=stdin, check=False, **options)

    def test_a_file_and_stdin(self):
        done = self.send("--to", "alice@example.com", "--subject", "Vom Befehl", self.pdf)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("delivered", done.stdout)
        mail, = self.catcher.wait(1)
        self.assert_sound(mail)
        self.assertEqual((mail.subject, attachment(mail).get_filename()),
                         ("Vom Befehl", "a page.pdf"))
        with self.pdf.open("rb") as stdin:
            self.send("--to", "bob", "--to", "carol@example.net", "-", stdin=stdin)
        mail = self.catcher.wait(2)[1]
        self.assertEqual(mail.recipients, ["bob@example.com", "carol@example.net"])
        self.assertEqual(attachment(mail).get_content(), self.pdf.read_bytes())
        self.assertEqual(attachment(mail).get_content_type(), "application/pdf")
        self.assert_nothing_left()

    def test_queue(self):
        self.configure(startDaemon="never")
        done = self.send("--to", "alice@example.com", "--queue", self.pdf, self.pdf)
        self.assertEqual(done.returncode, 0, done.stderr)
        spoc.spocd_once(self.cups, expect=0)
        self.catcher.wait(2)
        self.assert_nothing_left()

    def test_refusals(self):
        self.catcher.refuse = lambda envelope: "554 5.7.1 no"
        done = self.send("--to", "alice@example.com", self.pdf)
        self.assertEqual(done.returncode, 1)
        self.assertIn("554 5.7.1 no", done.stderr)
        self.assertEqual(self.send(self.pdf).returncode, 2)
        self.assertEqual(self.send("--to", "not an address", self.pdf).returncode, 1)
        missing = self.send("--to", "alice@example.com", "/nonexistent")
        self.assertEqual(missing.returncode, 1)
        stranger = self.send("--to", "alice@example.com", self.pdf, user="nobody")
        self.assertEqual(stranger.returncode, 1)
        self.assertIn("root", stranger.stderr)
        self.assert_nothing_left()


if __name__ == "__main__":
    need_root()
    unittest.main()
