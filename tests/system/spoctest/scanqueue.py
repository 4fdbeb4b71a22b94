# SPDX-License-Identifier: Apache-2.0
"""A private cupsd with a queue that mails what it gets, and what a scanner sends."""

import os
import pathlib
import re
import shutil
import subprocess
import unittest

from . import process, spoc
from .cups import Cups
from .mailbox import Catcher
from .process import Root, wait_for

PDF = pathlib.Path("/usr/share/cups/data/default-testpage.pdf")
FIELDS = {"from", "reply-to", "to", "cc", "date", "message-id", "mime-version", "subject",
          "x-auto-response-suppress", "content-type"}


def scanner_pages(folder):
    """What SANE's test device scans, in the formats that scanimage writes."""
    (folder / "dll.conf").write_text("test\n")
    environment = {"SANE_CONFIG_DIR": str(folder), "PATH": os.defpath, "HOME": str(folder)}
    pages = []
    for name in ("jpeg", "png", "tiff"):
        page = folder / f"page.{name}"
        with page.open("wb") as out:
            subprocess.run(["scanimage", "-d", "test", "--mode", "Color", "--test-picture",
                            "Color pattern", f"--format={name}"], stdin=subprocess.DEVNULL,
                           stdout=out, stderr=subprocess.DEVNULL, env=environment, check=True)
        page.chmod(0o644)
        pages.append(page)
    return pages


def attachment(mail):
    found, = mail.message.iter_attachments()
    return found


class WithQueue(unittest.TestCase):
    """One cupsd with the queue 'scan' for the owner; each test begins with an empty spool."""

    keys = {}
    directives = ""  # in cupsd.conf

    @classmethod
    def setUpClass(cls):
        cls.root = Root()
        cls.cups = Cups(Root(cls.root.folder("cups")), more=cls.directives)
        cls.addClassCleanup(cls.cups.stop)
        cls.add_queue("scan", "spoc:%40owner")
        cls.pdf = cls.root.path / "a page.pdf"
        shutil.copy(PDF, cls.pdf)
        cls.pdf.chmod(0o644)

    def setUp(self):
        # A spocd of the test before is in the middle of waiting, or remembers a server.
        process.end_processes_of(self.cups.root.path)
        spoc.clear_spool(self.cups)
        self.catcher = Catcher(self.root.folder(f"mails-{self.id()}"))
        self.addCleanup(self.catcher.stop)
        self.configure()
        self.addCleanup(self.explain_failure)

    def configure(self, port=None, **keys):
        spoc.configure_server(self.cups, port or self.catcher.port, **{**self.keys, **keys})

    def explain_failure(self):
        self.cups.run("cancel", "-a", check=False)
        if not self._outcome.success:
            print("\n".join("# " + line for line in
                            spoc.daemon_log(self.cups).splitlines()[-30:]))

    @classmethod
    def add_queue(cls, name, uri, *options):
        cls.cups.run("lpadmin", "-p", name, "-E", "-v", uri, "-P",
                     cls.cups.root.path / "share/model/spoc.ppd", *options)

    def job(self, number):
        """What lpstat says of a job: active, done or cancelled."""
        said = self.cups.run("lpstat", "-W", "all", "-l", "-o").stdout
        entries = re.split(r"^(?=\S)", said, flags=re.M)
        return next((e for e in entries if re.match(rf"\S+-{number}\s", e)), "")

    def job_log(self, number):
        return "\n".join(line for line in self.cups.error_log().splitlines()
                         if f"[Job {number}]" in line)

    def wait_job_log(self, number, text, seconds=30.0):
        wait_for(f"job {number} to log '{text}'", lambda: text in self.job_log(number), seconds)

    def assert_nothing_left(self):
        """Nothing but records, and those are swept when they are old."""
        spoc.wait_empty(self.cups)
        wait_for("no document to be left",
                 lambda: all(f.suffix == ".done" for f in spoc.spool_files(self.cups, "scans")))

    def assert_sound(self, mail):
        self.assertEqual(mail.defects, [])
        self.assertLessEqual({name.lower() for name in mail.message.keys()}, FIELDS)
        for once in ("From", "To", "Date", "Message-ID", "Subject", "MIME-Version"):
            self.assertEqual(len(mail.message.get_all(once, [])), 1, once)
        self.assertNotIn(b"\n", mail.content.replace(b"\r\n", b""))
        self.assertLessEqual(max(map(len, mail.content.split(b"\r\n"))), 998)
        self.assertEqual(len(list(mail.message.iter_attachments())), 1)
