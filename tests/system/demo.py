#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What tests/demo shows, once everything is built: see there."""

import pathlib
import shutil
import subprocess
import sys
import tempfile

from spoctest import cups as cups_module
from spoctest import spoc
from spoctest.certificates import Authority
from spoctest.cups import Cups
from spoctest.mailbox import Catcher
from spoctest.process import Root

DEMO = cups_module.SOURCE / ".demo"
SCANS = DEMO / "scans"
DOCUMENT = pathlib.Path("/usr/share/cups/data/default-testpage.pdf")
USER, PASSWORD = "print-server", "demo password"
NEXT = """1. Read the mails as people do: open {mails}/*.eml with a mail program. What was
   scanned lies in {scans}.
2. See another mail, in another language, as a page for your browser:
     {spocctl} template preview printer-stopped --language de --html {demo}/stopped.html
3. Let it mail for the CUPS of this machine: 'Install' in README.md, then
     spocctl check && spocctl test you@example.com"""


def say(text):
    print(f"\n== {text}", flush=True)


def demo_root():
    """.demo/run, or a folder in /tmp where the user lp cannot reach that: under /root, say."""
    run = DEMO / "run"
    shutil.rmtree(run, ignore_errors=True)
    run.mkdir(parents=True)
    reachable = subprocess.run(["test", "-x", run], user="lp", group="lp", extra_groups=[],
                               check=False).returncode == 0
    if reachable and len(str(run)) < 60:  # a socket's path has room for 107 bytes
        return Root(run)
    root = Root(tempfile.mkdtemp(prefix="spoc-demo-", dir="/tmp"))
    print(f"(cupsd's user lp cannot use {run}: working in {root.path})")
    return root


def show_command(cups, *arguments):
    print("$", *arguments, flush=True)
    done = cups.run(*arguments)
    print(done.stdout + done.stderr, end="", flush=True)


def show_attachment(part):
    """Says what it is and keeps it, so that it can be opened."""
    content = part.get_content()
    SCANS.mkdir(exist_ok=True)
    file = SCANS / pathlib.Path(part.get_filename()).name
    file.write_bytes(content)
    same = "the very bytes that were scanned" if content == DOCUMENT.read_bytes() else "CHANGED"
    print(f"│ [attached: {part.get_filename()}, {part.get_content_type()}, {len(content)} bytes, "
          f"{same}; kept as {file}]")


def show_mail(mail, number):
    print(f"\n┌── mail {number}, taken for {', '.join(mail.recipients)} ".ljust(79, "─"))
    for name, value in mail.message.items():
        print(f"│ {name}: {value}")
    print("│")
    for line in mail.text.splitlines():
        print("│ " + line)
    attachments = list(mail.message.iter_attachments()) if mail.message.is_multipart() else []
    for part in attachments:
        show_attachment(part)
    print("└".ljust(79, "─"))


def main():
    root = demo_root()
    for folder in (DEMO / "mails", SCANS):
        shutil.rmtree(folder, ignore_errors=True)
    say("a mail server on loopback, with TLS, a certificate of its own and login")
    authority = Authority(root.folder("ca"))
    catcher = Catcher(DEMO / "mails", authority.issue("localhost"), "starttls", USER, PASSWORD)
    print(f"it listens at localhost:{catcher.port}")

    say("a CUPS of its own, with the printer 'office' and the queue 'scan'")
    cups = Cups(Root(root.folder("cups")))
    try:
        cups.add_printer("office", seconds=1)
        spoc.configure_server(cups, catcher.port, authority, "STARTTLS_REQUIRED",
                              mailuser=USER, mailpass=PASSWORD)
        print((root.path / "cups/etc/spoc/spoc.conf").read_text().replace(PASSWORD, "…"), end="")

        say("does the way to the mail server work?")
        show_command(cups, "spocctl", "test", "admin@example.com")

        say("carol scans a page: what is sent to the queue 'scan' is mailed to who sent it")
        show_command(cups, "lpadmin", "-p", "scan", "-E", "-v", "spoc:%40owner", "-P",
                     cups.root.path / "share/model/spoc.ppd")
        job = cups.print("scan", DOCUMENT, user="carol", title="Contract, signed")
        print(f"carol's job: scan-{job}")
        cups.wait_idle()

        say("every owner gets mail about their jobs: one command")
        show_command(cups, "spocctl", "subscribe", "--server", "spoc:@owner", "--events",
                     "job-completed")

        say("alice prints a page; bob too, and the office is to hear of his")
        job = cups.print("office", DOCUMENT, user="alice", title="Quarterly figures – draft")
        print(f"alice's job: office-{job}")
        job = cups.print("office", DOCUMENT, "notify-recipient-uri=spoc:office@example.com",
                         "notify-events=job-completed", user="bob", title="Grüße aus dem Büro")
        print(f"bob's job:   office-{job}")
        cups.wait_idle()
        mails = catcher.wait(5, seconds=60)
        printed = sum(f.stat().st_size for f in (cups.root.path / "printed").iterdir())
        print(f"printed: {printed} bytes of PostScript, made by CUPS's own filters")

        say("what arrived")
        for number, mail in enumerate(mails, 1):
            show_mail(mail, number)
    except BaseException:
        print("\nThe demo failed. What our programs said:", file=sys.stderr)
        print(spoc.daemon_log(cups), file=sys.stderr)
        raise
    finally:
        cups.stop()
        catcher.stop()
        if root.path.parent == pathlib.Path("/tmp"):
            shutil.rmtree(root.path, ignore_errors=True)
    say("done: nothing runs any more. Three things to try next:")
    print(NEXT.format(mails=DEMO / "mails", scans=SCANS, demo=DEMO,
                      spocctl=DEMO / "build/plugin/ctl/spocctl"))


if __name__ == "__main__":
    main()
