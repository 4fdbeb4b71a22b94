# SPDX-License-Identifier: Apache-2.0
"""A mail server that checks to the byte how somebody logs in, and refuses as a test wants it."""

import base64
import collections
import hmac
import json
import re
import secrets
import socket
import ssl
import threading
import time

from . import process
from .mailbox import Mail

# The answers of servers that there are.
NO_TOKEN = "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect."
NO_PASSWORD = "535 5.7.8 Error: authentication failed"
UNKNOWN_MECHANISM = "504 5.7.4 Unrecognized authentication type"
BUSY = "454 4.7.0 Temporary authentication failure"
TOO_MANY = "432 4.3.2 Concurrent connections limit exceeded"

Login = collections.namedtuple("Login", "mechanism user good under_tls secret")

# RFC 7628, section 3.1: a gs2 header without channel binding, then the pairs.
OAUTHBEARER = re.compile(rb"n,a=([^,\x00-\x20]+),\x01((?:[A-Za-z]+=[^\x00\x01]*\x01)+)\x01")
# Google's and Microsoft's.
XOAUTH2 = re.compile(rb"user=([^\x00\x01]+)\x01auth=Bearer ([^\x00\x01 ]+)\x01\x01")
BEARER = re.compile(r"Bearer ([A-Za-z0-9._~+/-]+=*)")


class Malformed(Exception):
    """What the client sent is not what the mechanism's specification says."""


class LoginServer:
    """Takes every mail from who has logged in, by STARTTLS, from the first byte (smtps) or, for
    the worst that there is, without any TLS (tls="none").

    accepts: (user, token) -> whether the token is good; refuse_login: mechanism -> a reply to say
    in place of the right one, or None. `replies`: the same as a list for the next ones, by
    mechanism. logins: each try; problems: what was malformed.
    """

    def __init__(self, certificate, mechanisms, tls="starttls", accepts=None, user=None,
                 password=None, client_root=None, initial_response=True, needs_login=True):
        self.mechanisms = list(mechanisms)
        self.mechanisms_in_clear = []
        self.offers_starttls = True
        self.tls, self.needs_login = tls, needs_login
        self.accepts = accepts or (lambda _user, _token: False)
        self.user, self.password = user, password
        self.initial_response = initial_response
        self.challenge = {"status": "invalid_token", "schemes": "bearer",
                          "scope": "https://mail.google.com/"}
        self.refuse_login = lambda _mechanism: None
        self.replies = collections.defaultdict(collections.deque)
        self.after_token = NO_TOKEN
        self.refuse_sender = lambda _sender: None
        self.before_login = None  # called when a client begins to log in
        self.mails_per_connection = None
        self.seconds_per_mail = 0
        self.logins, self.problems, self.mails = [], [], []
        self.certificates = []
        self.clear = b""
        self.connected, self.busiest, self.connections = 0, 0, 0
        self._lock = threading.Lock()
        self._context = None
        if tls != "none":
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*map(str, certificate))
            if client_root is not None:
                self._context.load_verify_locations(str(client_root))
                self._context.verify_mode = ssl.CERT_OPTIONAL
        self._open = set()
        self._socket = socket.create_server((process.LOOPBACK, 0), backlog=128)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def good(self, mechanism=None):
        return [x for x in list(self.logins) if x.good and mechanism in (None, x.mechanism)]

    def bad(self, mechanism=None):
        return [x for x in list(self.logins) if not x.good and mechanism in (None, x.mechanism)]

    def wait(self, count, seconds=90.0):
        process.wait_for(f"{count} mails", lambda: len(self.mails) >= count, seconds)
        return list(self.mails)

    def drop_all(self):
        """All connections end, as when the server is restarted."""
        with self._lock:
            for client in list(self._open):
                try:
                    client.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def stop(self):
        try:
            # Closing alone would leave the one that accepts where it is, and it would take one more.
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
        self.drop_all()

    def _accept(self):
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        client.settimeout(60)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open.add(client)
            self.connections += 1
            self.connected += 1
            self.busiest = max(self.busiest, self.connected)
        session = _Session(self, client)
        try:
            session.talk()
        except (OSError, EOFError):
            pass
        finally:
            with self._lock:
                self._open.discard(client)
                self.connected -= 1
            session.client.close()


class _Session:
    def __init__(self, server, client):
        self.server, self.client = server, client
        self.under_tls = False
        self.pending = b""
        self.logged_in = None
        self.sender, self.recipients = None, []
        self.taken = 0

    def say(self, line):
        self.client.sendall(line.encode() + b"\r\n")

    def line(self):
        while b"\n" not in self.pending:
            piece = self.client.recv(65536)
            if not piece:
                raise EOFError
            if not self.under_tls:
                with self.server._lock:
                    self.server.clear += piece
            self.pending += piece
        line, _, self.pending = self.pending.partition(b"\n")
        if not line.endswith(b"\r"):
            self.server.problems.append(f"a bare line feed: {line[:60]!r}")
        return line.rstrip(b"\r")

    def start_tls(self):
        # Its place in the list of what is open is kept: a wrapped socket has a new object.
        before = self.client
        self.client = self.server._context.wrap_socket(self.client, server_side=True)
        with self.server._lock:
            self.server._open.discard(before)
            self.server._open.add(self.client)
        self.under_tls, self.pending = True, b""
        certificate = self.client.getpeercert()
        if certificate:
            self.server.certificates.append(certificate)

    def talk(self):
        if self.server.tls == "smtps":
            self.start_tls()
        self.say("220 login.test.example ESMTP")
        while True:
            line = self.line()
            verb, _, rest = line.decode("utf-8", "replace").partition(" ")
            handler = getattr(self, f"on_{verb.lower()}", None)
            if handler is None:
                self.say("500 5.5.1 what?")
            elif handler(rest) is False:
                return

    # The mail

    def on_ehlo(self, _rest):
        offers = ["login.test.example", "PIPELINING", "SIZE 0", "8BITMIME", "SMTPUTF8",
                  "ENHANCEDSTATUSCODES"]
        server = self.server
        if not self.under_tls and server.tls == "starttls" and server.offers_starttls:
            offers.append("STARTTLS")
        mechanisms = server.mechanisms if self.under_tls else server.mechanisms_in_clear
        if mechanisms:
            offers.append("AUTH " + " ".join(mechanisms))
        self.say("\r\n".join([f"250-{o}" for o in offers[:-1]] + [f"250 {offers[-1]}"]))

    def on_starttls(self, _rest):
        self.say("220 2.0.0 go on")
        self.start_tls()
        self.logged_in, self.sender, self.recipients = None, None, []

    def on_quit(self, _rest):
        self.say("221 2.0.0 bye")
        return False

    def on_noop(self, _rest):
        self.say("250 2.0.0 fine")

    def on_rset(self, _rest):
        self.sender, self.recipients = None, []
        self.say("250 2.0.0 fine")

    def on_mail(self, rest):
        if self.taken == self.server.mails_per_connection:
            self.say("421 4.7.0 enough for one connection")
            return False
        if self.server.needs_login and self.logged_in is None:
            return self.say("530 5.7.57 Client not authenticated to send mail.")
        sender = re.match(r"(?i)FROM:<([^>]*)>", rest)[1]
        refused = self.server.refuse_sender(sender)
        if refused:
            return self.say(refused)
        self.sender, self.recipients = sender, []
        return self.say("250 2.1.0 fine")

    def on_rcpt(self, rest):
        if self.sender is None:
            return self.say("503 5.5.1 MAIL first")
        self.recipients.append(re.match(r"(?i)TO:<([^>]*)>", rest)[1])
        return self.say("250 2.1.5 fine")

    def on_data(self, _rest):
        if not self.recipients:
            return self.say("503 5.5.1 RCPT first")
        self.say("354 go on")
        content = []
        while (line := self.line()) != b".":
            content.append(line[1:] if line.startswith(b".") else line)
        self.server.mails.append(Mail(b"\r\n".join(content) + b"\r\n", self.sender,
                                      self.recipients))
        self.sender, self.recipients = None, []
        self.taken += 1
        time.sleep(self.server.seconds_per_mail)
        return self.say("250 2.0.0 taken")

    # Logging in

    def on_auth(self, rest):
        mechanism, _, initial = rest.partition(" ")
        mechanism = mechanism.upper()
        server = self.server
        offered = server.mechanisms if self.under_tls else server.mechanisms_in_clear
        if server.before_login is not None:
            server.before_login()
        if self.logged_in is not None or self.sender is not None:
            server.problems.append("AUTH at the wrong place")
            return self.say("503 5.5.1 not now")
        if mechanism not in offered:
            server.problems.append(f"AUTH {mechanism} is not offered")
            return self.say(UNKNOWN_MECHANISM)
        if initial and not server.initial_response:
            server.problems.append("an initial response, which this server doesn't know")
        with server._lock:
            queued = server.replies[mechanism]
            instead = queued.popleft() if queued else server.refuse_login(mechanism)
        if instead is not None:
            server.logins.append(Login(mechanism, None, False, self.under_tls, None))
            return self.say(instead)
        way = {"PLAIN": self.plain, "LOGIN": self.login, "CRAM-MD5": self.cram_md5,
               "EXTERNAL": self.external, "OAUTHBEARER": self.oauthbearer,
               "XOAUTH2": self.xoauth2}[mechanism]
        try:
            way(mechanism, initial)
        except (Malformed, ValueError) as wrong:
            server.problems.append(f"{mechanism}: {wrong}")
            self.say("501 5.5.2 Cannot decode")
        return None

    def ask(self, challenge=b""):
        self.say("334 " + base64.b64encode(challenge).decode())
        line = self.line().decode("ascii")
        if line == "*":
            raise Malformed("the client gave up")
        return line

    def first(self, initial):
        """The first response, wherever it stands. An empty one is "=" behind AUTH, and there alone."""
        if initial == "=":
            return b""
        return base64.b64decode(initial or self.ask(), validate=True)

    def remember(self, mechanism, user, good, secret):
        self.server.logins.append(Login(mechanism, user, good, self.under_tls, secret))

    def finish(self, mechanism, user, good, secret=None, refused=NO_PASSWORD):
        self.remember(mechanism, user, good, secret)
        self.reply(user, good, refused)

    def reply(self, user, good, refused):
        if good:
            self.logged_in = user
        self.say("235 2.7.0 Authentication successful" if good else refused)

    def check_password(self, mechanism, user, password):
        good = (user, password) == (self.server.user, self.server.password)
        self.finish(mechanism, user, good, password)

    def plain(self, mechanism, initial):
        parts = self.first(initial).split(b"\0")
        if len(parts) != 3:
            raise Malformed(f"{len(parts)} parts")
        identity, user, password = (p.decode() for p in parts)
        if identity not in ("", user):
            raise Malformed(f"in the name of {identity}")
        self.check_password(mechanism, user, password)

    def login(self, mechanism, initial):
        user = (base64.b64decode(initial, validate=True) if initial
                else base64.b64decode(self.ask(b"Username:"), validate=True))
        password = base64.b64decode(self.ask(b"Password:"), validate=True)
        self.check_password(mechanism, user.decode(), password.decode())

    def cram_md5(self, mechanism, initial):
        if initial:
            raise Malformed("an initial response, which CRAM-MD5 has not")
        challenge = f"<{secrets.token_hex(8)}@login.test.example>".encode()
        said = base64.b64decode(self.ask(challenge), validate=True).decode()
        user, _, digest = said.rpartition(" ")
        right = hmac.new((self.server.password or "").encode(), challenge, "md5").hexdigest()
        self.finish(mechanism, user, user == self.server.user and digest == right)

    def external(self, mechanism, initial):
        identity = self.first(initial).decode()
        certificate = self.client.getpeercert() if self.under_tls else None
        names = [v for rdn in (certificate or {}).get("subject", ()) for k, v in rdn
                 if k == "commonName"]
        good = bool(names) and identity in ("", *names)
        self.finish(mechanism, names[0] if names else None, good)

    def oauthbearer(self, mechanism, initial):
        found = OAUTHBEARER.fullmatch(self.first(initial))
        if found is None:
            raise Malformed("not what RFC 7628 says")
        user = found[1].decode()
        if re.search("=(?!2C|3D)", user):
            raise Malformed("the name isn't escaped")
        user = user.replace("=2C", ",").replace("=3D", "=")
        pairs = [p.partition(b"=")[::2] for p in found[2].split(b"\1")[:-1]]
        values = {k.decode().lower(): v.decode() for k, v in pairs}
        if len(values) != len(pairs) or set(values) - {"auth", "host", "port"}:
            raise Malformed(f"pairs: {[k for k, _ in pairs]}")
        if "host" in values and values["host"] != "localhost":
            raise Malformed(f"host {values['host']}")
        if "port" in values and values["port"] != str(self.server.port):
            raise Malformed(f"port {values['port']}")
        self.check_token(mechanism, user, values.get("auth", ""), {b"\1"})

    def xoauth2(self, mechanism, initial):
        found = XOAUTH2.fullmatch(self.first(initial))
        if found is None:
            raise Malformed("not what the providers say")
        self.check_token(mechanism, found[1].decode(), "Bearer " + found[2].decode(),
                         {b"", b"\1"})

    def check_token(self, mechanism, user, text, answers):
        bearer = BEARER.fullmatch(text)
        if bearer is None:
            raise Malformed("no bearer token")
        good = self.server.accepts(user, bearer[1])
        self.remember(mechanism, user, good, bearer[1])
        if not good and self.server.challenge is not None:
            # The reason is told in a challenge, which wants an answer before the reply.
            line = self.ask(json.dumps(self.server.challenge).encode())
            if base64.b64decode(line, validate=True) not in answers:
                raise Malformed(f"the answer to the reason is {line[:40]}")
        self.reply(user, good, self.server.after_token)
