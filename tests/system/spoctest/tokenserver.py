# SPDX-License-Identifier: Apache-2.0
"""A token server over TLS: what a provider does when somebody wants to log in, and what it does
when it is out of order. It checks what it is sent exactly, and counts."""

import base64
import collections
import http.server
import json
import secrets
import socket
import ssl
import threading
import time
import urllib.parse

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from . import process

CLIENT_ID = "11111111-2222-3333-4444-555555555555"
CLIENT_SECRET = "Zx8~secret-of-the-application"
TENANT = "contoso.example"
SCOPE = "https://outlook.office365.com/.default"
GOOGLE_SCOPE = "https://mail.google.com/"
SERVICE_ACCOUNT = "printer@project.iam.gserviceaccount.example"
USER = "printer@example.com"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
BEARER_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

Request = collections.namedtuple("Request", "path grant form headers began ended status")


class Refused(Exception):
    """An OAuth error: its name, a provider's words, and the HTTP status."""

    def __init__(self, error, words="", status=400):
        super().__init__(error)
        self.error, self.words, self.status = error, words, status


class Answer:
    """What the server says in place of what it would say.

    delay: seconds before the first byte. drip: seconds between its bytes. raw: bytes in place of
    an HTTP answer. endless: the body goes on until the client has enough.
    """

    def __init__(self, status=200, body=b"", headers=(), delay=0.0, drip=0.0, raw=None,
                 endless=False, close=False):
        self.status, self.headers = status, list(headers)
        self.body = body if isinstance(body, bytes) else body.encode()
        self.delay, self.drip, self.raw = delay, drip, raw
        self.endless, self.close = endless, close
        self.sent = 0  # of an endless body


def refusal(error, words="", status=400):
    """As Microsoft's endpoint words it."""
    return Answer(status, json.dumps(error_object(error, words)),
                  [("Content-Type", "application/json")])


def error_object(error, words):
    made = {"error": error, "error_description": words or error,
            "trace_id": "b72f9ff8-0000-0000-0000-000000000000",
            "error_uri": "https://login.example/error?code=1"}
    number = words.partition(":")[0]
    if number.startswith("AADSTS"):
        made["error_codes"] = [int(number.removeprefix("AADSTS"))]
    return made


def too_many(seconds, status=429):
    return Answer(status, json.dumps(error_object("temporarily_unavailable", "slow down")),
                  [("Content-Type", "application/json"), ("Retry-After", str(seconds))])


def broken(status=503):
    return Answer(status, "<html><body>Service unavailable</body></html>",
                  [("Content-Type", "text/html")])


def redirect(url, status=307):
    return Answer(status, "", [("Location", url)])


GARBAGE = Answer(raw=b"\x00\xff\x16\x03garbage\r\n\r\n" * 20)
NOT_JSON = Answer(200, "<html>Log in to the guest network</html>",
                  [("Content-Type", "text/html")])
DROP = Answer(close=True)


def _unbase64(text):
    if "=" in text or "+" in text or "/" in text:
        raise ValueError("not base64url without padding")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _base64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Token:
    def __init__(self, text, user, expires):
        self.text, self.user, self.expires, self.revoked = text, user, expires, False

    def is_valid(self):
        return not self.revoked and time.time() < self.expires


class TokenServer:
    """https://localhost:port: /TENANT/token, /TENANT/devicecode, /introspect and /tokeninfo.

    lifetime: seconds that a token lives. rotate: each use of a refresh token makes a new one;
    the old one is refused at once ("strict"), or as soon as the new one was used ("lenient", as a
    provider does that knows that answers get lost), or never (None: no rotation).
    wanted: the answers to the next requests of a token, in place of the right ones.
    always: the same for all.
    """

    def __init__(self, certificate, lifetime=3600, rotate="strict", tls_context=None):
        self.lifetime, self.rotate = lifetime, rotate
        self.reported_lifetime = None  # when it says another than it means
        self.user, self.audience = USER, "https://outlook.office365.com"
        self.client_secret = CLIENT_SECRET
        self.client_certificate = None  # path of a PEM file: whose key signs the assertions
        self.service_key, self.service_key_id = None, None
        self.device_interval, self.device_lifetime = 1, 900
        self.wanted, self.always = collections.deque(), None
        self.requests, self.problems = [], []
        self.busy, self.busiest = 0, 0
        self.tokens, self.secrets = {}, set()
        self.refresh_tokens, self._previous = set(), {}
        self.devices, self._seen_ids = {}, set()
        self._lock = threading.RLock()
        self._context = tls_context
        if tls_context is None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*map(str, certificate))
        self._certificate = certificate
        self.port = 0
        self.start()

    # Where it is

    def url(self, path="{tenant}/token", host="localhost"):
        return f"https://{host}:{self.port}/{path}"

    @property
    def token_url(self):
        return self.url().replace("{tenant}", TENANT)

    @property
    def device_url(self):
        return self.url("{tenant}/devicecode")

    def start(self):
        """Once more at the same port, when it was stopped."""
        owner = self

        class Handler(_Handler):
            server_of_tokens = owner

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request, client_address):
                """A client that goes away is nothing to be printed."""

        self._server = Server((process.LOOPBACK, self.port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,),
                                        daemon=True)
        self._thread.start()

    def stop(self):
        if self._thread is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
        self._thread = None

    # What a test asks and tells it

    def granted(self, grant=None):
        """The requests of a token that were answered with one."""
        return [r for r in list(self.requests)
                if r.grant and r.status == 200 and grant in (None, r.grant)]

    def asked(self, grant=None):
        return [r for r in list(self.requests) if r.grant and grant in (None, r.grant)]

    def forget_requests(self):
        with self._lock:
            self.requests.clear()
            self.busiest = self.busy

    def is_valid(self, token, user=None):
        with self._lock:
            known = self.tokens.get(token)
            return (known is not None and known.is_valid()
                    and (user is None or known.user == user))

    def revoke_all(self):
        """All tokens given so far are refused from now on, whatever was said of their life."""
        with self._lock:
            for token in self.tokens.values():
                token.revoked = True

    def new_refresh_token(self):
        with self._lock:
            return self._make_refresh_token()

    def new_token(self, user=None):
        """A good one that nobody has asked for."""
        with self._lock:
            return self._make_token(user or self.user, SCOPE)["access_token"]

    def approve(self, user_code=None):
        """What the person with the browser does; without a code: for all that wait."""
        for device in self._devices(user_code):
            device["state"] = "approved"

    def deny(self, user_code=None):
        for device in self._devices(user_code):
            device["state"] = "denied"

    def _devices(self, user_code):
        with self._lock:
            return [d for d in self.devices.values() if user_code in (None, d["user_code"])]

    # Tokens

    def _make_refresh_token(self):
        made = "0.refresh-" + secrets.token_urlsafe(600)
        self.refresh_tokens.add(made)
        self.secrets.add(made)
        return made

    def _make_token(self, user, scope):
        now = time.time()
        said = self.reported_lifetime if self.reported_lifetime is not None else self.lifetime
        claims = {"aud": self.audience, "iss": self.url(TENANT), "upn": user, "scp": scope,
                  "iat": int(now), "exp": int(now + said), "padding": "x" * 700}
        text = ".".join([_base64(b'{"typ":"JWT","alg":"RS256"}'),
                         _base64(json.dumps(claims).encode()),
                         _base64(secrets.token_bytes(256))])
        self.tokens[text] = Token(text, user, now + self.lifetime)
        self.secrets.add(text)
        return {"token_type": "Bearer", "expires_in": said, "ext_expires_in": said,
                "access_token": text, "scope": scope}

    def grant(self, form):
        """The answer to a request of a token as an object, or Refused."""
        kind = form.get("grant_type")
        grants = {"client_credentials": self._by_credentials,
                  "refresh_token": self._by_refresh_token, DEVICE_GRANT: self._by_device,
                  BEARER_GRANT: self._by_service_account}
        if kind not in grants:
            raise Refused("unsupported_grant_type", f"AADSTS70003: grant_type '{kind}'")
        return grants[kind](form)

    def _by_credentials(self, form):
        self._check_client(form, needs_proof=True)
        if not form.get("scope"):
            raise Refused("invalid_scope", "AADSTS90014: the parameter 'scope' is missing")
        if "offline_access" in form["scope"]:
            raise Refused("invalid_scope", "AADSTS70011: offline_access of an application")
        return self._make_token(self.user, form["scope"])

    def _by_refresh_token(self, form):
        self._check_client(form, needs_proof=False)
        old = form.get("refresh_token", "")
        if old not in self.refresh_tokens:
            raise Refused("invalid_grant", "AADSTS70008: The refresh token has expired or was "
                          "used already.")
        made = self._make_token(self.user, form.get("scope", ""))
        if self.rotate is None:
            return made
        made["refresh_token"] = self._make_refresh_token()
        if self.rotate == "strict":
            self.refresh_tokens.discard(old)
        else:
            before = self._previous.pop(old, None)
            self.refresh_tokens.discard(before)
            self._previous[made["refresh_token"]] = old
        return made

    def _by_device(self, form):
        self._check_client(form, needs_proof=False)
        device = self.devices.get(form.get("device_code"))
        if device is None:
            raise Refused("invalid_grant", "AADSTS50000: unknown device_code")
        now = time.monotonic()
        too_fast = now < device["next"]
        device["next"] = now + 0.9 * device["interval"]
        if too_fast:
            device["interval"] += 5
            raise Refused("slow_down", "AADSTS50000: polled too often")
        if now > device["ends"]:
            raise Refused("expired_token", "AADSTS70020: the code has expired")
        if device["state"] == "denied":
            raise Refused("access_denied", "AADSTS65004: the person declined")
        if device["state"] != "approved":
            raise Refused("authorization_pending", "AADSTS70016: still waiting")
        del self.devices[form["device_code"]]
        made = self._make_token(self.user, device["scope"])
        if "offline_access" in device["scope"] or GOOGLE_SCOPE in device["scope"]:
            made["refresh_token"] = self._make_refresh_token()
        return made

    def start_device(self, form):
        self._check_client(form, needs_proof=False)
        if not form.get("scope"):
            raise Refused("invalid_scope", "AADSTS90014: the parameter 'scope' is missing")
        code = "device-" + secrets.token_urlsafe(40)
        self.secrets.add(code)
        now = time.monotonic()
        self.devices[code] = {"user_code": secrets.token_hex(4).upper(), "state": "pending",
                              "scope": form["scope"], "interval": self.device_interval,
                              "next": 0, "ends": now + self.device_lifetime}
        return {"device_code": code, "user_code": self.devices[code]["user_code"],
                "verification_uri": "https://login.example/device", "interval":
                self.device_interval, "expires_in": self.device_lifetime}

    def _by_service_account(self, form):
        header, claims = self._signed(form.get("assertion", ""), self.service_key)
        if self.service_key_id is not None and header.get("kid") != self.service_key_id:
            raise Refused("invalid_grant", "Invalid JWT: unknown kid")
        if claims.get("iss") != SERVICE_ACCOUNT:
            raise Refused("invalid_grant", "Invalid grant: account not found")
        self._check_times(claims, 3600, needs=("iat", "exp"))
        if claims.get("scope") != GOOGLE_SCOPE:
            raise Refused("invalid_scope", "Invalid OAuth scope")
        if claims.get("sub") != self.user:
            raise Refused("unauthorized_client", "Client is unauthorized to retrieve access "
                          "tokens using this method, or client not authorized for any of the "
                          "scopes requested.", 401)
        return self._make_token(claims["sub"], claims["scope"])

    # Who asks

    def _check_client(self, form, needs_proof):
        if form.get("client_id") != CLIENT_ID:
            raise Refused("unauthorized_client", "AADSTS700016: Application with identifier "
                          f"'{form.get('client_id')}' was not found in the directory")
        secret, assertion = form.get("client_secret"), form.get("client_assertion")
        if secret is not None and assertion is not None:
            raise Refused("invalid_request", "AADSTS900144: two proofs of one client")
        if assertion is not None:
            self._check_assertion(form, assertion)
        elif secret is not None:
            if not secrets.compare_digest(secret, self.client_secret):
                raise Refused("invalid_client", "AADSTS7000215: Invalid client secret provided.",
                              401)
        elif needs_proof:
            raise Refused("invalid_client", "AADSTS7000216: 'client_assertion' or "
                          "'client_secret' is needed", 401)

    def _check_assertion(self, form, assertion):
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise Refused("invalid_request", "AADSTS50027: client_assertion_type")
        if self.client_certificate is None:
            raise Refused("invalid_client", "AADSTS700027: no certificate is registered", 401)
        certificate = x509.load_pem_x509_certificate(self.client_certificate.read_bytes())
        header, claims = self._signed(assertion, certificate.public_key(), "invalid_client")
        print_of = _base64(certificate.fingerprint(hashes.SHA256()))
        if header.get("x5t#S256") != print_of:
            raise Refused("invalid_client", "AADSTS700027: The certificate with identifier used "
                          "to sign the client assertion is not registered", 401)
        if claims.get("iss") != CLIENT_ID or claims.get("sub") != CLIENT_ID:
            raise Refused("invalid_client", "AADSTS700021: Client assertion application "
                          "identifier doesn't match 'client_id' parameter.", 401)
        self._check_times(claims, 24 * 3600, needs=("exp", "nbf", "jti"))

    def _signed(self, text, key, error="invalid_grant"):
        """Header and claims of a JWT whose signature, and whose audience, are right."""
        self.secrets.add(text)
        try:
            head, body, signature = text.split(".")
            header, claims = json.loads(_unbase64(head)), json.loads(_unbase64(body))
            if header.get("typ", "JWT") != "JWT":
                raise ValueError("typ")
            paddings = {"RS256": padding.PKCS1v15(),
                        "PS256": padding.PSS(padding.MGF1(hashes.SHA256()), 32)}
            key.verify(_unbase64(signature), f"{head}.{body}".encode(),
                       paddings[header["alg"]], hashes.SHA256())
        except (ValueError, KeyError, AttributeError, InvalidSignature) as wrong:
            raise Refused(error, "AADSTS50013: Assertion failed signature validation "
                          f"({type(wrong).__name__} {wrong})", 401) from wrong
        if claims.get("aud") != self.token_url:
            raise Refused(error, f"AADSTS50012: audience {claims.get('aud')}, not "
                          f"{self.token_url}", 401)
        if "jti" in claims:
            if claims["jti"] in self._seen_ids:
                raise Refused(error, "AADSTS50012: the assertion was used before", 401)
            self._seen_ids.add(claims["jti"])
        return header, claims

    def _check_times(self, claims, longest, needs):
        now = time.time()
        missing = [n for n in needs if n not in claims]
        begins = claims.get("nbf", claims.get("iat", now))
        if missing or begins > now + 5 or not now < claims["exp"] <= begins + longest + 1:
            raise Refused("invalid_grant", "Invalid JWT: Token must be a short-lived token and in "
                          f"a reasonable timeframe ({missing} {begins - now:.0f} "
                          f"{claims.get('exp', 0) - now:.0f})")

    # What a mail server asks

    def describe(self, text):
        """RFC 7662, section 2.2."""
        with self._lock:
            known = self.tokens.get(text)
            if known is None or not known.is_valid():
                return {"active": False}
            return {"active": True, "username": known.user, "email": known.user,
                    "exp": int(known.expires), "aud": self.audience,
                    "expires_in": int(known.expires - time.time())}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of_tokens = None

    def setup(self):
        self.request.settimeout(60)
        # Here, in the connection's own thread, so that a slow handshake keeps nobody waiting.
        self.request = self.server_of_tokens._context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self):
        try:
            super().finish()
        except OSError:
            pass
        self.request.close()

    def log_message(self, *_arguments):
        """Nothing: `requests` has it."""

    def do_GET(self):
        owner = self.server_of_tokens
        address = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(address.query))
        if address.path == "/tokeninfo":
            said = owner.describe(query.get("access_token", ""))
        elif address.path == "/introspect":
            said = owner.describe(self.headers.get("Authorization", "").removeprefix("Bearer "))
        else:
            owner.problems.append(f"GET {self.path}")
            return self._say(404, {"error": "not_found"})
        return self._say(200 if said["active"] else 401, said)

    def do_POST(self):
        owner = self.server_of_tokens
        began = time.monotonic()
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length).decode()
        if self.headers.get_content_type() != "application/x-www-form-urlencoded":
            owner.problems.append(f"type of content: {self.headers.get_content_type()}")
        pairs = urllib.parse.parse_qsl(body, keep_blank_values=True, strict_parsing=bool(body))
        form = dict(pairs)
        if len(form) != len(pairs):
            owner.problems.append("a parameter came twice")
        if self.path == "/introspect":
            return self._say(200, owner.describe(form.get("token", "")))
        with owner._lock:
            owner.busy += 1
            owner.busiest = max(owner.busiest, owner.busy)
        status = 0
        try:
            status = self._answer(owner, form)
        finally:
            with owner._lock:
                owner.busy -= 1
                owner.requests.append(Request(self.path, form.get("grant_type"), form,
                                              dict(self.headers), began, time.monotonic(), status))

    def _answer(self, owner, form):
        with owner._lock:
            instead = owner.wanted.popleft() if owner.wanted else owner.always
        if callable(instead):
            instead = instead(owner, form)
        if instead is not None:
            self._say_instead(instead)
            return instead.status
        grant = {f"/{TENANT}/token": owner.grant,
                 f"/{TENANT}/devicecode": owner.start_device}.get(self.path)
        if grant is None:
            owner.problems.append(f"POST {self.path}")
            self._say(404, {"error": "not_found"})
            return 404
        try:
            with owner._lock:
                said, status = grant(form), 200
        except Refused as refused:
            said, status = error_object(refused.error, refused.words), refused.status
        self._say(status, said)
        return status

    def _say(self, status, said):
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _say_instead(self, answer):
        time.sleep(answer.delay)
        self.close_connection = True
        if answer.close:
            return
        if answer.raw is not None:
            self.wfile.write(answer.raw)
            return
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if not answer.endless:
            self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if answer.drip:
            for byte in answer.body:
                self.wfile.write(bytes([byte]))
                time.sleep(answer.drip)
            return
        self.wfile.write(answer.body)
        while answer.endless:
            self.wfile.write(b"x" * 65536)
            answer.sent += 65536


class Proxy:
    """An HTTP proxy that knows CONNECT alone, to anywhere on loopback, and counts."""

    def __init__(self):
        self.connects = []
        self._socket = socket.create_server((process.LOOPBACK, 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"http://localhost:{self.port}"

    def stop(self):
        self._socket.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client:
            try:
                client.settimeout(60)
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = client.recv(65536)
                    if not piece:
                        return
                    head += piece
                verb, target = head.split(b" ", 2)[:2]
                self.connects.append((verb.decode(), target.decode()))
                if verb != b"CONNECT":
                    client.sendall(b"HTTP/1.1 405 Only CONNECT\r\nContent-Length: 0\r\n\r\n")
                    return
                port = int(target.rpartition(b":")[2])
                with socket.create_connection((process.LOOPBACK, port)) as server:
                    client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                    back = threading.Thread(target=_copy, args=(server, client), daemon=True)
                    back.start()
                    _copy(client, server)
                    back.join(60)
            except OSError:
                pass


def _copy(source, target):
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def service_account_file(path, server, key_pem, key_id="key-1"):
    """A key file as Google's console hands it out; the server then knows the key."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    server.service_key = load_pem_private_key(key_pem, None).public_key()
    server.service_key_id = key_id
    path.write_text(json.dumps({
        "type": "service_account", "project_id": "project", "private_key_id": key_id,
        "private_key": key_pem.decode(), "client_email": SERVICE_ACCOUNT,
        "client_id": "100000000000000000001", "token_uri": server.token_url}, indent=2))
    path.chmod(0o600)
    return path
