# SPDX-License-Identifier: Apache-2.0
"""A mail server that plays its part line by line, and notes what it hears.

Verbs of a connection's lines:

    hello A, B          greeting, EHLO with these capabilities, TLS as the mode says
    S: TEXT             say a line            raw: 'BYTES'      say bytes
    C: PATTERN          hear a line; * is anything
    content             hear a mail up to the final dot
    mail                a whole transaction, all accepted
    serve               as many transactions as come, until QUIT or the end
    small-only N: TEXT  the same, but MAIL with a larger SIZE gets this line
    limited C R S       the same for at most C connections at once and R mails in any S seconds:
                        more get 432, or 421 with which the connection ends
    slowly MS: TEXT     say a line, each byte after so many milliseconds
    bytewise            from now on each byte goes out by itself
    endless: 'BYTES'    say this until the client leaves
    tls NAME            TLS handshake with certificate NAME, as a server; "tls-may-fail NAME"
    hang                say nothing until the client leaves
    unread              read nothing until the play is over
    half-close          say no more, but go on listening until the client leaves
    close, reset        end the connection    gone: the client must have left
    cut                 the client must leave in the middle of the content
"""

import ast
import fnmatch
import re
import socket
import ssl
import struct
import threading
import time

from play import read_bytes

PATIENCE_S = 30


class Departed(Exception):
    """The client has left."""


class Deviation(Exception):
    """What was heard is not what the play says."""


def matches(pattern, text):
    escaped = "".join("*" if c == "*" else f"[{c}]" if c in "?[" else c for c in pattern)
    return re.match(fnmatch.translate(escaped), text) is not None


class Connection:
    def __init__(self, server, sock, lines):
        self.server = server
        self.sock = sock
        self.lines = lines
        self.buffer = b""
        self.encrypted = False
        self.bytewise = False
        sock.settimeout(PATIENCE_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # Bytes

    def receive(self):
        try:
            data = self.sock.recv(65536)
        except (ConnectionError, ssl.SSLError) as error:
            raise Departed(str(error)) from error
        if not data:
            raise Departed("end of file")
        if not self.encrypted:
            self.server.clear += data
        self.buffer += data

    def hear_line(self):
        while b"\n" not in self.buffer:
            self.receive()
        line, self.buffer = self.buffer.split(b"\n", 1)
        if not line.endswith(b"\r"):
            raise Deviation(f"a line that ends in a bare LF: {line!r}")
        return line[:-1].decode("utf-8", "surrogateescape")

    def say(self, data):
        try:
            if self.bytewise:
                for i in range(len(data)):
                    self.sock.sendall(data[i:i + 1])
            else:
                self.sock.sendall(data)
        except (ConnectionError, ssl.SSLError, TimeoutError) as error:
            raise Departed(str(error)) from error

    def say_line(self, text):
        self.say(text.encode() + b"\r\n")

    # Verbs

    def hello(self, argument):
        mode = self.server.mode
        capabilities = [c.strip() for c in argument.split(",") if c.strip()]
        if mode == "SSL_TLS":
            self.tls("good")
        self.say_line("220 play ESMTP")
        self.expect("EHLO *")
        if mode in ("STARTTLS", "STARTTLS_REQUIRED"):
            self.say_capabilities(["STARTTLS"])
            self.expect("STARTTLS")
            self.say_line("220 go ahead")
            self.tls("good")
            self.expect("EHLO *")
        self.say_capabilities(capabilities)

    def say_capabilities(self, capabilities):
        lines = ["play"] + capabilities
        self.say(b"".join(f"250{'-' if i < len(lines) - 1 else ' '}{line}\r\n".encode()
                          for i, line in enumerate(lines)))

    def expect(self, pattern):
        line = self.hear_line()
        if not matches(pattern, line):
            raise Deviation(f"expected {pattern!r}, heard {line!r}")

    def tls(self, name):
        context = self.server.contexts[name]
        try:
            self.sock = context.wrap_socket(self.sock, server_side=True)
        except (ssl.SSLError, OSError) as error:
            raise Departed(f"TLS: {error}") from error
        self.encrypted = True

    def content(self):
        # Only what is new is searched, and nothing copied twice: a large mail takes a busy
        # machine too long else.
        heard, searched = bytearray(self.buffer), 0
        while not (heard.startswith(b".\r\n") or heard.find(b"\r\n.\r\n", searched) >= 0):
            searched = max(len(heard) - 4, 0)
            self.buffer = b""
            self.receive()
            heard += self.buffer
        self.buffer = bytes(heard)
        if self.buffer.startswith(b".\r\n"):
            body, self.buffer = b"", self.buffer[3:]
        else:
            body, self.buffer = self.buffer.split(b"\r\n.\r\n", 1)
            body += b"\r\n"
        unstuffed = re.sub(rb"(?m)^\.", b"", body)
        self.server.took(unstuffed)

    def mail(self, first=None):
        line = first if first is not None else self.hear_line()
        if not line.startswith("MAIL FROM:<"):
            raise Deviation(f"expected MAIL, heard {line!r}")
        self.say_line("250 2.1.0 sender ok")
        while True:
            line = self.hear_line()
            if line == "DATA":
                break
            if not line.startswith("RCPT TO:<"):
                raise Deviation(f"expected RCPT or DATA, heard {line!r}")
            self.say_line("250 2.1.5 recipient ok")
        self.say_line("354 go on")
        self.content()
        self.say_line(f"250 2.0.0 queued as Q{len(self.server.mails)}")

    def serve(self):
        while True:
            line = self.hear_line()
            if line == "QUIT":
                self.say_line("221 bye")
                return
            if line == "RSET":
                self.say_line("250 2.0.0 reset")
                continue
            self.mail(line)

    def small_only(self, most, refusal):
        while True:
            line = self.hear_line()
            size = re.search(r" SIZE=(\d+)", line)
            if line == "QUIT":
                self.say_line("221 bye")
                return
            if size and int(size[1]) > most:
                self.server.turned_away += 1
                self.say_line(refusal)
            elif line.startswith("MAIL "):
                self.mail(line)
            elif line == "RSET":
                self.say_line("250 2.0.0 reset")
            else:
                self.say_line("503 5.5.1 MAIL first")  # pipelined behind a refused one

    def limited(self, argument):
        most_open, most_mails, seconds = map(int, argument.split())
        while True:
            line = self.hear_line()
            if line == "QUIT":
                self.say_line("221 bye")
                return
            if line == "RSET":
                self.say_line("250 2.0.0 reset")
                continue
            if not line.startswith("MAIL "):
                self.say_line("503 5.5.1 MAIL first")  # pipelined behind a refused one
                continue
            if not self.server.admits(self, most_open):
                self.server.turned_away += 1
                self.say_line("432 4.3.2 Concurrent connections limit exceeded")
                continue
            if not self.server.may_take(most_mails, seconds):
                self.server.turned_away += 1
                self.say_line("421 4.3.2 The message rate limit was exceeded")
                return
            self.mail(line)

    def until_departed(self, action):
        try:
            while True:
                action()
        except Departed:
            return

    def perform(self, line):
        verb, colon, text = line.partition(": ")
        if colon and verb == "S":
            self.say_line(text)
        elif colon and verb == "C":
            self.expect(text)
        elif colon and verb == "raw":
            self.say(ast.literal_eval("b" + text))
        elif colon and verb == "endless":
            data = read_bytes(text)
            self.until_departed(lambda: self.say(data))
        elif colon and verb.startswith("small-only "):
            self.small_only(int(verb.split()[1]), text)
        elif colon and verb.startswith("slowly "):
            for byte in text.encode() + b"\r\n":
                if self.server.over.wait(float(verb.split()[1]) / 1000):
                    return
                self.say(bytes([byte]))
        else:
            self.perform_word(*line.partition(" ")[::2])

    def perform_word(self, verb, argument):
        if verb == "hello":
            self.hello(argument)
        elif verb == "tls":
            self.tls(argument)
        elif verb == "limited":
            self.limited(argument)
        elif verb in ("content", "mail", "serve"):
            getattr(self, verb)()
        elif verb == "bytewise":
            self.bytewise = True
        elif verb == "nagle":  # answers wait for the client's acknowledgements
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        elif verb == "hang":
            self.until_departed(self.receive)
        elif verb == "half-close":
            self.sock.shutdown(socket.SHUT_WR)
            self.until_departed(self.receive)
        elif verb == "unread":
            self.server.over.wait(PATIENCE_S)
        elif verb == "close":
            raise Departed("closed by the play")
        elif verb == "reset":
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise Departed("reset by the play")
        elif verb == "cut":
            try:
                while self.hear_line() != ".":
                    pass
            except Departed:
                return
            raise Deviation("the client sent the whole content")
        elif verb == "gone":
            try:
                line = self.hear_line()
            except Departed:
                return
            if line != "QUIT":
                raise Deviation(f"the client should have left, heard {line!r}")
        else:
            raise Deviation(f"the play has an unknown verb: {verb}")

    def run(self):
        try:
            for line in self.lines:
                self.perform(line)
        except Departed as departed:
            if not any(line.split()[0] in ("close", "reset", "tls", "serve", "hang", "hello", "endless:", "limited",
                                           "small-only",
                                           "half-close",
                                           "slowly", "gone", "cut") for line in self.lines):
                self.server.deviations.append(f"the client left early: {departed}")
        except TimeoutError:
            self.server.deviations.append("nothing came for a long time")
        except Deviation as deviation:
            self.server.deviations.append(str(deviation))
        except (SyntaxError, ValueError) as mistake:
            self.server.deviations.append(f"the play cannot be performed: {mistake}")
        finally:
            self.sock.close()
            self.server.left(self)


class Server:
    """Listens on a free port of loopback from the start."""

    def __init__(self, scripts, mode, contexts):
        self.scripts = scripts
        self.mode = mode
        self.contexts = contexts
        self.clear = bytearray()  # all that came unencrypted
        self.mails = []
        self.deviations = []
        self.connections = 0
        self.open = 0
        self.most_open = 0
        self.turned_away = 0
        self.admitted = set()  # connections, by "limited"
        self.times = []  # of mails that began, by "limited"
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.threads = []
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        if scripts is None:
            return  # bound but not listening: nobody else gets the port
        self.listener.listen(600)
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                lines = self.scripts[min(self.connections, len(self.scripts) - 1)]
                self.connections += 1
                self.open += 1
                self.most_open = max(self.most_open, self.open)
            thread = threading.Thread(target=Connection(self, sock, lines).run, daemon=True)
            thread.start()
            self.threads.append(thread)

    def may_take(self, most, seconds):
        with self.lock:
            now = time.monotonic()
            self.times = [t for t in self.times if t > now - seconds]
            if len(self.times) >= most:
                return False
            self.times.append(now)
            return True

    def admits(self, connection, most):
        with self.lock:
            if connection not in self.admitted and len(self.admitted) < most:
                self.admitted.add(connection)
            return connection in self.admitted

    def left(self, connection):
        with self.lock:
            self.open -= 1
            self.admitted.discard(connection)

    def took(self, body):
        with self.lock:
            self.mails.append(body)

    def stop(self):
        self.over.set()
        if self.scripts is not None:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.thread.join(10)  # after it nobody adds a thread
        self.listener.close()
        for thread in self.threads:
            thread.join(10)
