#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a real cupsd says of printers and jobs when it is asked."""

import unittest

from spoctest import spoc
from spoctest.cups import Cups, build_folder
from spoctest.process import Root, need_root, wait_for

# A printer that is out of paper, and says so in words of its own that want to be more.
BACKEND = """\
#!/bin/sh
[ $# -gt 0 ] || exit 0
echo "STATE: +media-empty-error,vendor.Cover_open-warning" >&2
echo "INFO: Tray 2 is empty: A4" >&2
echo "PAGE: total 3" >&2
touch {root}/printed/"$PRINTER-started"
while [ ! -e {root}/printed/"$PRINTER-go" ]; do sleep 0.1; done
exit {status}
"""


class Facts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cups = Cups(Root())
        cls.addClassCleanup(cls.cups.stop)
        for name, status in (("fails", 4), ("prints", 0)):
            backend = cls.cups.root.path / f"bin/backend/{name}"
            backend.write_text(BACKEND.format(root=cls.cups.root.path, status=status))
            backend.chmod(0o755)
        cls.document = spoc.document(cls.cups.root.path)

    def add_printer(self, name, scheme, *more):
        self.cups.run("lpadmin", "-p", name, "-v", f"{scheme}:/", "-m", "raw", "-E",
                      "-o", "printer-error-policy=stop-printer", *more)

    def ask(self, printer="", job=0):
        said = self.cups.run(build_folder() / "tests/system/state-client", job, printer).stdout
        self.assertNotEqual(said, "silent\n")
        return dict(line.split("=", 1) for line in said.splitlines())

    def start_job(self, printer):
        job = self.cups.print(printer, self.document)
        started = self.cups.root.path / f"printed/{printer}-started"
        wait_for("the backend to say what is wrong", started.exists)
        return job

    def finish(self, printer):
        (self.cups.root.path / f"printed/{printer}-go").touch()

    def test_a_printer(self):
        self.add_printer("q1", "prints", "-L", "Room 12, 2nd floor", "-D", "The big one")
        facts = self.ask("q1")
        self.assertEqual(facts["location"], "Room 12, 2nd floor")
        self.assertEqual(facts["info"], "The big one")
        self.assertEqual((facts["state"], facts["class"], facts["accepting"]), ("3", "0", "1"))
        self.assertEqual(facts["reasons"], "")
        self.assertEqual((facts["job-state"], facts["impressions"]), ("0", "-1"))
        self.cups.run("cupsreject", "q1")
        self.assertEqual(self.ask("q1")["accepting"], "0")

    def test_disabled_with_a_reason(self):
        self.add_printer("q2", "prints")
        self.cups.run("cupsdisable", "-r", "The fuser is at the workshop", "q2")
        facts = self.ask("q2")
        self.assertEqual(facts["message"], "The fuser is at the workshop")
        self.assertEqual((facts["state"], facts["reasons"]), ("5", "paused"))

    def test_its_own_words_while_it_prints(self):
        self.add_printer("q3", "prints")
        job = self.start_job("q3")
        facts = wait_for("the printer's words", lambda: (
            f := self.ask("q3", job))["message"] and "media" in f["reasons"] and f)
        self.assertEqual(facts["message"], "Tray 2 is empty: A4")
        self.assertLessEqual({"media-empty-error", "vendor.Cover_open-warning"},
                             set(facts["reasons"].split(",")))
        self.assertEqual((facts["state"], facts["job-state"]), ("4", "5"))
        self.assertEqual(facts["job-reasons"], "job-printing")
        self.finish("q3")
        self.cups.wait_idle()
        # Not job-state-reasons: cupsd 2.4.2 leaves "processing-to-stop-point" there.
        done = wait_for("the job to be done, and the printer idle", lambda: (
            f := self.ask("q3", job))["job-state"] == "9" and f["state"] == "3" and f)
        self.assertEqual(done["sheets"], "3")

    def test_stopped_by_a_failure(self):
        self.add_printer("q4", "fails")
        job = self.start_job("q4")
        self.finish("q4")
        # cupsd stops the printer first and gives the job back a moment later.
        facts = wait_for("the printer to stop", lambda: (
            f := self.ask("q4", job))["state"] == "5" and f["job-state"] in ("3", "6") and f)
        self.assertIn("paused", facts["reasons"])
        # cupsd has cleared the printer's words by then, not what they were about.
        self.assertEqual(facts["message"], "")
        self.assertIn("media-empty-error", facts["reasons"])
        self.cups.run("cancel", "-a")

    def test_a_class(self):
        self.add_printer("q5", "prints")
        self.cups.run("lpadmin", "-p", "q5", "-c", "both")
        self.cups.run("lpadmin", "-p", "both", "-D", "All of them", "-L", "The hall")
        self.cups.run("cupsenable", "both")
        facts = self.ask("both")
        self.assertEqual((facts["class"], facts["info"], facts["location"], facts["state"]),
                         ("1", "All of them", "The hall", "3"))

    def test_unknown(self):
        for printer, job in (("nowhere", 0), ("../q1", 0), ("nowhere", 4711)):
            facts = self.ask(printer, job)
            self.assertEqual((facts["state"], facts["job-state"], facts["info"]), ("0", "0", ""))


if __name__ == "__main__":
    need_root()
    unittest.main()
