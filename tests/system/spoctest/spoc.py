# SPDX-License-Identifier: Apache-2.0
"""Our programs in a private CUPS: configuration, spocd, the spool."""

import json
import os
import shutil
import struct
import subprocess

from . import process

# Short, so that a test that makes a server fail needn't wait long.
TEST_CONFIG = {
    "mailfrom": "print-server@example.com",
    "recipientDomain": "example.com",
    "notifyAllowedRecipients": "@owner, @example.com, @example.org",
    "mailSmtpConnectionTimeout": "5000",
    "mailSmtpTimeout": "5000",
    "mailRetrySchedule": "1s",
    "notifyTitles": "*",
    # One person gets hundreds of mails in a test of something else.
    "notifyMaxPerHour": "0",
    "notifyMaxToOthersPerHour": "0",
}


def configure(cups, **keys):
    """Writes spoc.conf anew: TEST_CONFIG, and above it the keys given (None leaves one out)."""
    folder = cups.root.path / "etc/spoc"
    folder.mkdir(mode=0o750, exist_ok=True)
    shutil.chown(folder, "root", "lp")
    values = {**TEST_CONFIG, **keys}
    text = "".join(f"{k} = {v}\n" for k, v in values.items() if v is not None)
    temporary = folder / ".spoc.conf.new"
    temporary.write_text(text)
    temporary.chmod(0o640)
    shutil.chown(temporary, "root", "lp")
    temporary.rename(folder / "spoc.conf")


def configure_server(cups, server_port, authority=None, encryption="NONE", **keys):
    """configure() for a server on loopback, with the tests' root trusted where TLS is meant."""
    if authority is not None:
        trusted = cups.root.path / "etc/spoc-test-root.pem"
        shutil.copy(authority.certificate, trusted)
        keys.setdefault("trustStore", trusted)
        keys.setdefault("trustSystemCertificates", "false")
    configure(cups, **{"mailserver": f"localhost:{server_port}",
                       "mailSmtpEncryption": encryption, **keys})


def spocd_once(cups, expect=None, seconds=120.0):
    """Runs `spocd --once`; returns (exit code, what it said)."""
    done = subprocess.run([cups.spocd, "--once"], env=cups.environment, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=seconds, check=False)
    if expect is not None and done.returncode != expect:
        raise AssertionError(f"spocd --once ended with {done.returncode}, not {expect}:\n"
                             f"{done.stdout}{done.stderr}")
    return done.returncode, done.stderr


def queue(cups):
    """`spocctl queue list --json` as Python objects."""
    return json.loads(cups.run("spocctl", "queue", "list", "--json").stdout)


def spool_files(cups, *folders):
    return [f for folder in folders for f in (cups.spool / folder).glob("*") if f.is_file()]


def spool_is_empty(cups):
    """No journal and no message is left."""
    return not spool_files(cups, "events", "new", "waiting", "sending", "held", "data")


def clear_spool(cups):
    """Forgets everything, while no spocd runs."""
    for folder in cups.spool.iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)


def wait_empty(cups, seconds=120.0):
    process.wait_for("the spool to be empty", lambda: spool_is_empty(cups), seconds)


def daemon_log(cups):
    log = cups.spool / "spocd.log"
    return log.read_text(errors="replace") if log.exists() else ""


def event(sequence, job_id=1, printer="q1", what="job-completed", title="A title", state=9,
          subscription=1, time=1700000000, text="Job completed.", printer_state=3, reason="none"):
    """One event as cupsd writes it to a notifier's stdin (RFC 8010 encoding); job_id 0: a
    printer's."""
    def value(tag, name, content):
        return (struct.pack(">BH", tag, len(name)) + name.encode()
                + struct.pack(">H", len(content)) + content)

    def integer(tag, name, number):
        return value(tag, name, struct.pack(">i", number))

    uri = f"ipp://localhost/printers/{printer}".encode()
    job = [
        integer(0x21, "notify-job-id", job_id),
        integer(0x23, "job-state", state),
        value(0x42, "job-name", title if isinstance(title, bytes) else title.encode()),
        value(0x44, "job-state-reasons", b"job-completed-successfully"),
        integer(0x21, "job-impressions-completed", 1)]
    return b"".join([
        b"\x02\x00\x00\x00\x00\x00\x00\x00\x07",
        value(0x47, "notify-charset", b"utf-8"),
        value(0x48, "notify-natural-language", b"en-us"),
        integer(0x21, "notify-subscription-id", subscription),
        integer(0x21, "notify-sequence-number", sequence),
        value(0x44, "notify-subscribed-event", what.encode()),
        value(0x41, "notify-text", text.encode()),
        integer(0x21, "printer-up-time", time),
        value(0x45, "notify-printer-uri", uri),
        value(0x42, "printer-name", printer.encode()),
        integer(0x23, "printer-state", printer_state),
        value(0x44, "printer-state-reasons", reason.encode()),
        value(0x22, "printer-is-accepting-jobs", b"\x01"),
        *(job if job_id else []),
        b"\x03"])


def start_notifier(cups, uri, user_data=""):
    """The notifier with a pipe, as user lp as cupsd starts it; the test writes and closes."""
    log = open(cups.root.path / "log/notifier.log", "ab")
    with log:
        return subprocess.Popen([cups.notifier, uri, user_data], env=cups.environment,
                                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log,
                                user="lp", group="lp", extra_groups=[], umask=0o077)


def notify(cups, uri, stream):
    """Gives the notifier a whole stream of events and waits for its end."""
    started = start_notifier(cups, uri)
    started.communicate(stream, timeout=60)
    if started.returncode != 0:
        log = (cups.root.path / "log/notifier.log").read_text(errors="replace")
        raise AssertionError(f"the notifier ended with {started.returncode}: {log}")


def document(folder, name="document.txt", text="One line of text.\n"):
    """A file to print that every user can read."""
    path = folder / name
    path.write_text(text)
    os.chmod(path, 0o644)
    return path
