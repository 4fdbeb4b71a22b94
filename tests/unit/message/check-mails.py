#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads the mails that write-mails makes with Python's email package, which knows nothing of
GMime: no defect, and the words and people that were meant."""

import email
import email.header
import email.policy
import email.utils
import pathlib
import subprocess
import sys
import tempfile

HEADERS = [
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version",
    "Auto-Submitted", "X-Auto-Response-Suppress", "Content-Type", "Content-Transfer-Encoding",
]


def check(path: pathlib.Path) -> list[str]:
    raw = path.read_bytes()
    subject = path.with_suffix(".subject").read_text(encoding="utf-8")
    title = path.with_suffix(".title").read_text(encoding="utf-8")
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    found = []

    def expect(condition, what):
        if not condition:
            found.append(f"{path.name}: {what}")

    expect(not mail.defects, f"defects {mail.defects}")
    for name, value in mail.items():
        expect(not value.defects, f"{name} has the defects {value.defects}")
    expect(mail.keys() == HEADERS, f"headers {mail.keys()}")
    expect(mail["Subject"] == subject, f"subject {mail['Subject']!r}, not {subject!r}")
    people = mail["To"].addresses
    expect([one.addr_spec for one in people] == ["alice@example.com"], f"to {people}")
    # The new policy of Python 3.11 puts a blank between two encoded words of a phrase, against
    # RFC 2047 6.2; its older decoder does not.
    raw_name = email.message_from_bytes(raw)["To"].replace("\r\n", "").rpartition(" <")[0]
    name = str(email.header.make_header(email.header.decode_header(raw_name)))
    if name.startswith('"'):
        name = email.utils.unquote(name)
    expect(name == title, f"name {name!r}, not {title!r}")
    expect(mail["From"].addresses[0].addr_spec == "print-server@example.com", "from")
    expect(email.utils.parsedate_to_datetime(mail["Date"]).timestamp() == 1790000000, "date")
    body = mail.get_content().replace("\r\n", "\n")
    expect(f"Title:         {title or 'untitled'}\n" in body, f"no title {title!r} in {body!r}")
    expect(body.endswith("names this address.\n"), "the end of the text is missing")
    expect(b"\n" not in raw.replace(b"\r\n", b""), "a bare line feed")
    expect(b"\r" not in raw.replace(b"\r\n", b""), "a bare carriage return")
    expect(all(len(line) <= 998 for line in raw.split(b"\r\n")), "a line is too long")
    return found


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], folder], check=True)
        mails = sorted(pathlib.Path(folder).glob("*.eml"))
        problems = [line for path in mails for line in check(path)]
    for line in problems:
        print(line)
    print(f"{len(mails)} mails, {len(problems)} problems")
    return 1 if problems or len(mails) < 10 else 0


if __name__ == "__main__":
    sys.exit(main())
