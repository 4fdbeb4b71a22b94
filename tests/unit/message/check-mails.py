#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads the mails that write-mails makes with Python's email package, which knows nothing of
GMime: no defect, and the words and people that were meant."""

import email
import email.header
import email.policy
import email.utils
import pathlib
import re
import subprocess
import sys
import tempfile

THREAD = ["In-Reply-To", "References"]
HEADERS = [
    "From", "To", "Subject", "Date", "Message-ID", *THREAD, "MIME-Version", "Auto-Submitted",
    "X-Auto-Response-Suppress", "Content-Language", "Content-Type", "Content-Transfer-Encoding",
]
FORMATS = {0: ["text", "html"], 1: ["text"], 2: ["html"]}  # SpocFormat


def check_all(path, raw, mail, expect) -> None:
    """What holds for every mail."""
    subject = path.with_suffix(".subject").read_text(encoding="utf-8")
    for part in mail.walk():
        expect(not part.defects, f"defects {part.defects}")
        for name, value in part.items():
            expect(not value.defects, f"{name} has the defects {value.defects}")
    wanted = [name for name in HEADERS
              if not (name == "Content-Transfer-Encoding" and mail.is_multipart())
              and not (name in THREAD and name not in mail)]
    expect(mail.keys() == wanted, f"headers {mail.keys()}")
    expect(mail["Subject"] == subject, f"subject {mail['Subject']!r}, not {subject!r}")
    expect(mail["From"].addresses[0].addr_spec == "print-server@example.com", "from")
    expect(email.utils.parsedate_to_datetime(mail["Date"]).timestamp() == 1790000000, "date")
    expect(b"\n" not in raw.replace(b"\r\n", b""), "a bare line feed")
    expect(b"\r" not in raw.replace(b"\r\n", b""), "a bare carriage return")
    expect(all(len(line) <= 998 for line in raw.split(b"\r\n")), "a line is too long")
    expect(raw.isascii(), "more than ASCII")


def check_title(path, raw, mail, expect) -> None:
    title = path.with_suffix(".title").read_text(encoding="utf-8")
    people = mail["To"].addresses
    expect([one.addr_spec for one in people] == ["alice@example.com"], f"to {people}")
    # The new policy of Python 3.11 puts a blank between two encoded words of a phrase, against
    # RFC 2047 6.2; its older decoder does not.
    raw_name = email.message_from_bytes(raw)["To"].replace("\r\n", "").rpartition(" <")[0]
    name = str(email.header.make_header(email.header.decode_header(raw_name)))
    if name.startswith('"'):
        name = email.utils.unquote(name)
    expect(name == title, f"name {name!r}, not {title!r}")
    body = mail.get_content().replace("\r\n", "\n")
    expect(f"Title:     {title or 'untitled'}\n" in body, f"no title {title!r} in {body!r}")
    expect(body.endswith(("names this address.\n", "your own print jobs.\n")), "the end of the text is missing")


def check_event(path, raw, mail, expect) -> None:
    """The parts are what the templates made, in the order of the alternatives."""
    name, language, kind, form = re.fullmatch(r"event-([a-z-]+)-([a-z]+(?:-[A-Z]+)?)-(\d)-(\d)",
                                              path.stem).groups()
    parts = list(mail.iter_parts()) if mail.is_multipart() else [mail]
    suffixes = FORMATS[int(form)]
    expect(len(parts) == len(suffixes), f"{len(parts)} parts")
    expect(mail["Content-Language"] == language, f"language {mail['Content-Language']}")
    expect(("References" in mail) == (name.startswith("job-") and kind == "0"), "the thread")
    if mail.is_multipart():
        expect(mail.get_content_type() == "multipart/alternative", mail.get_content_type())
        expect(mail.preamble in (None, "") and mail.epilogue in (None, ""), "text between parts")
    for part, suffix in zip(parts, suffixes):
        kind_of_text = "plain" if suffix == "text" else suffix
        expect(part.get_content_type() == f"text/{kind_of_text}", part.get_content_type())
        expect(part.get_content_charset() == "utf-8", f"charset {part.get_content_charset()}")
        meant = path.with_suffix(f".{suffix}").read_text(encoding="utf-8")
        said = part.get_content().replace("\r\n", "\n")
        expect(said.rstrip("\n") == meant.rstrip("\n"), f"{suffix} is {said!r}, not {meant!r}")
        expect("{{" not in said and "{title}" not in said, f"a placeholder in {said!r}")
    if "html" in suffixes:
        said = parts[-1].get_content()
        expect(f'<html lang="{language}">' in said, "the language of the HTML")
        expect("<Q3>" not in said, "a title that is not escaped")


def check(path: pathlib.Path) -> list[str]:
    raw = path.read_bytes()
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    found = []

    def expect(condition, what):
        if not condition:
            found.append(f"{path.name}: {what}")

    check_all(path, raw, mail, expect)
    (check_title if path.name.startswith("title-") else check_event)(path, raw, mail, expect)
    return found


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], folder], check=True)
        mails = sorted(pathlib.Path(folder).glob("*.eml"))
        problems = [line for path in mails for line in check(path)]
    for line in problems:
        print(line)
    print(f"{len(mails)} mails, {len(problems)} problems")
    return 1 if problems or len(mails) < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
