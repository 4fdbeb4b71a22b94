# SPDX-License-Identifier: Apache-2.0
"""Reads a play: what is configured, what each server says and must hear, and the outcome.

    title: what this is about
    modes: NONE STARTTLS …        one run for each value of mailSmtpEncryption
    config: mailuser = printer    a line of spoc.conf; as many as are needed
    run: --count 3                more arguments of the driver
    to: b@example.com             recipients
    message: 'Subject: x\\r\\n…'    a Python string

    server primary                (or backup); "server primary absent": nobody listens
    connection                    the first; then the second, …; the last one is repeated
      hello PIPELINING, SIZE 100  greeting, EHLO and, as the mode says, TLS
      C: MAIL FROM:<*             a line that must come; * stands for anything
      S: 250 ok                   a line that is said
      …                           see server.py for all verbs
    expect
      result b@example.com delivered
      …                           see run.py for all
"""

import ast
import pathlib

MESSAGE = (b"From: a@example.com\r\nTo: b@example.com\r\nSubject: play\r\n"
           b"Message-ID: <play@example.com>\r\n\r\n.dot\r\n..two\r\n.\r\nend\r\n")


def read_bytes(text):
    """Python strings, joined by +; 'text' * 3 is allowed for each, in brackets too."""
    return _value(ast.parse(text, mode="eval").body)


def _value(node):
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _value(node.left) + _value(node.right)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return _value(node.left) * ast.literal_eval(node.right)
    value = ast.literal_eval(node)
    return value if isinstance(value, bytes) else value.encode()


class Play:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.name = self.path.stem
        self.title = self.name
        self.modes = ["NONE"]
        self.config = []
        self.arguments = []
        self.recipients = ["b@example.com"]
        self.message = MESSAGE
        self.servers = {}  # name → list of connections, each a list of lines; None: absent
        self.expectations = []
        self._read()

    def _read(self):
        section = None
        server = None
        for number, raw in enumerate(self.path.read_text("utf-8").splitlines(), 1):
            line = raw.strip()
            if not line or line.startswith("#"):
                continue
            words = line.split()
            if not raw.startswith(" ") and words[0] == "server":
                server, section = words[1], None
                self.servers[server] = None if words[2:] == ["absent"] else []
            elif not raw.startswith(" ") and words[0] == "connection":
                section = []
                self.servers[server].append(section)
            elif not raw.startswith(" ") and words[0] == "expect":
                section = self.expectations
            elif not raw.startswith(" "):
                self._set(number, *line.partition(": ")[::2])
            else:
                section.append(line)

    def _set(self, number, key, value):
        if key == "title":
            self.title = value
        elif key == "modes":
            self.modes = value.split()
        elif key == "config":
            self.config.append(value)
        elif key == "run":
            self.arguments += value.split()
        elif key == "to":
            self.recipients = value.split()
        elif key == "message":
            self.message = read_bytes(value)
        else:
            raise ValueError(f"{self.path}:{number}: {key}?")
