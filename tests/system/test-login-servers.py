#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The tests' own servers for logging in do what they claim, with curl as the client: the token
server gives tokens for the right proof alone, and mail servers let nobody in without one. A test
of the harness, so that a failure elsewhere means something."""

import base64
import json
import os
import socket
import ssl
import subprocess
import time
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from spoctest import dovecot, loginserver, mta, tokenserver
from spoctest.certificates import Authority
from spoctest.dovecot import Dovecot
from spoctest.kdc import CLIENT, REALM, Kdc
from spoctest.loginserver import LoginServer
from spoctest.mailbox import Catcher
from spoctest.process import LOOPBACK, Root, need_root
from spoctest.tokenserver import (ASSERTION_TYPE, BEARER_GRANT, CLIENT_ID, CLIENT_SECRET,
                                  DEVICE_GRANT, GOOGLE_SCOPE, SCOPE, SERVICE_ACCOUNT, USER, Proxy,
                                  TokenServer)

LOGIN_DENIED, REFUSED = 67, 55  # curl's exit codes


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(key_file, header, claims):
    key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
    return text + "." + base64url(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))


class WithCurl(unittest.TestCase):
    root = authority = certificate = client = stranger = mail = None

    @classmethod
    def setUpClass(cls):
        if WithCurl.root is not None:
            return
        # Keys take their time: once for all classes.
        WithCurl.root = Root()
        WithCurl.authority = Authority(cls.root.folder("ca"))
        WithCurl.certificate = cls.authority.issue()
        WithCurl.client = cls.authority.issue("printer@example.com", usage="clientAuth",
                                              alternative=None)
        WithCurl.stranger = cls.authority.issue("somebody", usage="clientAuth",
                                                alternative=None)
        WithCurl.mail = cls.root.path / "mail"
        cls.mail.write_bytes(b"From: a@example.com\r\nSubject: hello\r\n\r\n.body\r\n")

    def curl(self, *arguments, **environment):
        return subprocess.run(
            ["curl", "-sS", "--max-time", "30", "--cacert", self.authority.certificate,
             *map(str, arguments)], env={"PATH": os.defpath, **environment},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def send(self, port, *arguments, **environment):
        """One mail; curl's exit code."""
        return self.curl("--ssl-reqd", "--mail-from", "a@example.com", "--mail-rcpt",
                         "b@example.com", "-T", self.mail, *arguments,
                         f"smtp://localhost:{port}", **environment).returncode

    def send_with_token(self, port, token, *arguments):
        return self.send(port, "-u", USER + ":", "--oauth2-bearer", token, *arguments)


class Tokens(WithCurl):
    def setUp(self):
        self.server = TokenServer(self.certificate)
        self.addCleanup(self.server.stop)

    def post(self, url=None, **form):
        fields = [word for name, value in form.items()
                  for word in ("--data-urlencode", f"{name}={value}")]
        return json.loads(self.curl(*fields, url or self.server.token_url).stdout)

    def ask(self, **form):
        """By the client's secret, when nothing else is said."""
        return self.post(**{"grant_type": "client_credentials", "client_id": CLIENT_ID,
                            "client_secret": CLIENT_SECRET, "scope": SCOPE, **form})

    def refresh(self, token):
        return self.post(grant_type="refresh_token", client_id=CLIENT_ID, refresh_token=token)

    def test_a_secret_and_the_life_of_a_token(self):
        self.server.lifetime = 1
        said = self.ask()
        token = said["access_token"]
        self.assertEqual(said["expires_in"], 1)
        self.assertTrue(self.post(self.server.url("introspect"), token=token)["active"])
        time.sleep(1.05)
        self.assertFalse(self.post(self.server.url("introspect"), token=token)["active"])
        self.assertEqual(self.ask(client_secret="guess")["error_codes"], [7000215])
        self.assertEqual(self.ask(scope="")["error"], "invalid_scope")
        self.assertEqual((len(self.server.asked()), len(self.server.granted())), (3, 1))
        self.assertEqual(self.server.problems, [])

    def test_an_assertion(self):
        self.server.client_certificate = self.client[0]
        made = x509.load_pem_x509_certificate(self.client[0].read_bytes())
        header = {"alg": "RS256", "typ": "JWT",
                  "x5t#S256": base64url(made.fingerprint(hashes.SHA256()))}
        now = int(time.time())
        claims = {"aud": self.server.token_url, "iss": CLIENT_ID, "sub": CLIENT_ID, "nbf": now,
                  "exp": now + 300, "jti": "1"}

        def by(assertion):
            return self.post(grant_type="client_credentials", client_id=CLIENT_ID, scope=SCOPE,
                             client_assertion_type=ASSERTION_TYPE, client_assertion=assertion)

        good = signed(self.client[1], header, claims)
        self.assertIn("access_token", by(good))
        # Once more, by another key, for another server, of another certificate, outlived.
        self.assertEqual(by(good)["error"], "invalid_client")
        for bad in (signed(self.stranger[1], header, {**claims, "jti": "2"}),
                    signed(self.client[1], header, {**claims, "jti": "3", "aud": "https://x"}),
                    signed(self.client[1], {**header, "x5t#S256": "AA"}, {**claims, "jti": "4"}),
                    signed(self.client[1], header, {**claims, "jti": "5", "exp": now - 1}),
                    good.rpartition(".")[0] + ".AAAA", "nonsense"):
            self.assertIn(by(bad)["error"], ("invalid_client", "invalid_grant"))

    def test_a_service_account(self):
        file = tokenserver.service_account_file(self.root.path / "service.json", self.server,
                                                self.client[1].read_bytes())
        self.assertEqual(json.loads(file.read_text())["token_uri"], self.server.token_url)
        now = int(time.time())
        claims = {"aud": self.server.token_url, "iss": SERVICE_ACCOUNT, "sub": USER,
                  "scope": GOOGLE_SCOPE, "iat": now, "exp": now + 3600}

        def by(key="key-1", **changed):
            return self.post(grant_type=BEARER_GRANT, assertion=signed(
                self.client[1], {"alg": "RS256", "typ": "JWT", "kid": key},
                {**claims, **changed}))

        self.assertIn("access_token", by())
        self.assertEqual(by(sub="boss@example.com")["error"], "unauthorized_client")
        self.assertEqual(by(exp=now + 4000)["error"], "invalid_grant")
        self.assertEqual(by(key="key-2")["error"], "invalid_grant")

    def test_refresh_tokens_rotate(self):
        first = self.server.new_refresh_token()
        second = self.refresh(first)["refresh_token"]
        self.assertEqual(self.refresh(first)["error"], "invalid_grant")
        self.assertIn("access_token", self.refresh(second))
        # A lenient server waits with that until it knows that the new one has arrived.
        self.server.rotate = "lenient"
        first = self.server.new_refresh_token()
        self.refresh(first)
        second = self.refresh(first)["refresh_token"]
        self.assertIn("access_token", self.refresh(second))
        self.assertEqual(self.refresh(first)["error"], "invalid_grant")

    def test_a_device(self):
        self.server.device_interval = 0.1
        started = self.post(self.server.device_url.replace("{tenant}", tokenserver.TENANT),
                            client_id=CLIENT_ID, scope="mail offline_access")

        def poll():
            return self.post(grant_type=DEVICE_GRANT, client_id=CLIENT_ID,
                             device_code=started["device_code"])

        self.assertEqual(poll()["error"], "authorization_pending")
        self.server.device_interval = 5
        self.server.devices[started["device_code"]]["next"] = time.monotonic() + 5
        self.assertEqual(poll()["error"], "slow_down")
        self.server.devices[started["device_code"]]["next"] = 0
        self.server.approve(started["user_code"])
        self.assertIn("refresh_token", poll())
        self.assertEqual(poll()["error"], "invalid_grant")

    def test_out_of_order(self):
        other = TokenServer(self.certificate)
        self.addCleanup(other.stop)
        ask = ("-d", "grant_type=x", "-L", "-o", "/dev/null", "-w",
               "%{http_code} %header{retry-after}", self.server.token_url)
        for answer, exit_code, said in (
                (tokenserver.too_many(7), 0, "429 7"), (tokenserver.broken(), 0, "503 "),
                (tokenserver.GARBAGE, 1, None), (tokenserver.DROP, 52, None),
                (tokenserver.redirect(other.url(host=LOOPBACK)), 0, "404 ")):
            self.server.wanted.append(answer)
            done = self.curl(*ask)
            self.assertEqual(done.returncode, exit_code, done.stderr)
            if said is not None:
                self.assertEqual(done.stdout, said)
        self.assertEqual(len(other.requests), 1)
        proxy = Proxy()
        self.addCleanup(proxy.stop)
        done = self.curl("-x", proxy.url, "-d", "a=b", self.server.token_url)
        self.assertIn("unsupported_grant_type", done.stdout)
        self.assertEqual(proxy.connects, [("CONNECT", f"localhost:{self.server.port}")])
        self.server.stop()
        self.assertEqual(self.curl(*ask).returncode, 7)
        self.server.start()
        self.assertEqual(self.curl(*ask).returncode, 0)


class Logins(WithCurl):
    def server(self, *mechanisms, **options):
        made = LoginServer(self.certificate, mechanisms, user="u", password="p w",
                           accepts=lambda user, token: (user, token) == (USER, "good"), **options)
        self.addCleanup(made.stop)
        return made

    def test_tokens(self):
        for mechanism in ("OAUTHBEARER", "XOAUTH2"):
            server = self.server(mechanism)
            for more in ((), ("--sasl-ir",)):
                self.assertEqual(self.send_with_token(server.port, "good", *more), 0)
                self.assertEqual(self.send_with_token(server.port, "bad", *more), LOGIN_DENIED)
            self.assertEqual([x.good for x in server.logins], [True, False] * 2)
            self.assertEqual((len(server.mails), server.problems), (2, []))
            self.assertTrue(server.mails[0].content.endswith(b"\r\n\r\n.body\r\n"))
            server.replies[mechanism].append(loginserver.BUSY)
            self.assertEqual(self.send_with_token(server.port, "good"), LOGIN_DENIED)
            self.assertNotIn(b"AUTH", server.clear)

    def test_passwords(self):
        for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
            server = self.server(mechanism)
            for more in ((), ("--sasl-ir",)):
                self.assertEqual(self.send(server.port, "-u", "u:p w", *more), 0)
                self.assertEqual(self.send(server.port, "-u", "u:no", *more), LOGIN_DENIED)
            self.assertEqual((len(server.mails), server.problems), (2, []))

    def test_certificates(self):
        server = self.server("EXTERNAL", client_root=self.authority.certificate)
        name = ("-u", "printer@example.com:", "--login-options", "AUTH=EXTERNAL")
        chain, key = self.client
        self.assertEqual(self.send(server.port, *name, "--cert", chain, "--key", key), 0)
        chain, key = self.stranger
        self.assertEqual(self.send(server.port, *name, "--cert", chain, "--key", key),
                         LOGIN_DENIED)
        self.assertEqual(self.send(server.port, *name), LOGIN_DENIED)
        self.assertEqual(server.problems, [])

    def test_nothing_else_is_taken(self):
        server = self.server("OAUTHBEARER", "XOAUTH2", tls="smtps")
        context = ssl.create_default_context(cafile=str(self.authority.certificate))

        def say(*lines):
            with socket.create_connection((LOOPBACK, server.port), timeout=20) as raw, \
                    context.wrap_socket(raw, server_hostname="localhost") as client:
                said = client.makefile("rb")
                said.readline()
                for line in lines:
                    client.sendall(line + b"\r\n")
                    answer = said.readline()
                return answer[:3]

        def auth(mechanism, data):
            return say(b"AUTH " + mechanism + b" " + base64.b64encode(data))

        self.assertEqual(auth(b"XOAUTH2", b"user=%s\1auth=Bearer good\1\1" % USER.encode()),
                         b"235")
        for mechanism, data in (
                (b"XOAUTH2", b"user=printer@example.com\1auth=bearer good\1\1"),
                (b"XOAUTH2", b"user=printer@example.com\1auth=Bearer good\1"),
                (b"OAUTHBEARER", b"n,,\1auth=Bearer good\1\1"),
                (b"OAUTHBEARER", b"y,a=printer@example.com,\1auth=Bearer good\1\1"),
                (b"OAUTHBEARER", b"n,a=p,q@example.com,\1auth=Bearer good\1\1"),
                (b"OAUTHBEARER", b"n,a=p@example.com,\1host=other\1auth=Bearer good\1\1"),
                (b"OAUTHBEARER", b"n,a=p@example.com,\1port=1\1auth=Bearer good\1\1"),
                (b"OAUTHBEARER", b"n,a=p@example.com,\1auth=Bearer good\1"),
                (b"OAUTHBEARER", b"n,a=p@example.com,\1auth=Bearer go od\1\1")):
            with self.subTest(data=data):
                self.assertEqual(auth(mechanism, data), b"501")
        self.assertEqual(say(b"AUTH PLAIN AHAAcA=="), b"504")
        self.assertEqual(say(b"MAIL FROM:<a@example.com>"), b"530")


class Real(WithCurl):
    def dovecot(self, name, *arguments, **options):
        catcher = Catcher(self.root.folder(name + "-mails"))
        self.addCleanup(catcher.stop)
        made = Dovecot(Root(self.root.folder(name)), self.authority, catcher, *arguments,
                       **options)
        self.addCleanup(made.stop)
        return made

    def kdc(self, name):
        made = Kdc(Root(self.root.folder(name)))
        self.addCleanup(made.stop)
        return made

    def send_with_ticket(self, port, kdc):
        return self.send(port, "-u", f"{CLIENT}@{REALM}:", "--login-options", "AUTH=GSSAPI",
                         KRB5_CLIENT_KTNAME=str(kdc.client_keytab), KRB5CCNAME="MEMORY:",
                         **kdc.environment)

    def test_dovecot_asks_the_token_server(self):
        tokens = TokenServer(self.certificate)
        self.addCleanup(tokens.stop)
        server = self.dovecot("tokens", tokens=tokens)
        token = tokens.new_token()
        self.assertEqual(self.send_with_token(server.starttls, token), 0, server.log())
        self.assertEqual(self.send_with_token(server.starttls, "other"), LOGIN_DENIED)
        tokens.revoke_all()
        self.assertEqual(self.send_with_token(server.starttls, token), LOGIN_DENIED)
        self.assertEqual(self.send(server.starttls, "-u", f"{USER}:{dovecot.PASSWORD}"), 0)
        self.assertEqual(self.send(server.starttls), REFUSED)
        self.assertEqual(len(server.catcher.mails), 2)

    def test_dovecot_by_certificate(self):
        server = self.dovecot("external", "external", client_root=self.authority)
        name = ("-u", "printer@example.com:", "--login-options", "AUTH=EXTERNAL")
        chain, key = self.client
        self.assertEqual(self.send(server.starttls, *name, "--cert", chain, "--key", key), 0,
                         server.log())
        self.assertEqual(self.send(server.starttls, *name), LOGIN_DENIED)

    def test_kerberos(self):
        kdc = self.kdc("kdc")
        dove = self.dovecot("gssapi", "gssapi", kdc=kdc)
        self.assertEqual(self.send_with_ticket(dove.starttls, kdc), 0, dove.log() + kdc.log())
        post = mta.Postfix(Root(self.root.folder("postfix")), self.authority, "GSSAPI", kdc=kdc)
        self.addCleanup(post.stop)
        self.assertEqual(self.send_with_ticket(post.starttls, kdc), 0, post.log() + kdc.log())
        kdc.new_key()
        self.assertNotEqual(self.send_with_ticket(post.starttls, kdc), 0)

    def test_postfix_by_certificate(self):
        server = mta.Postfix(Root(self.root.folder("by-certificate")), self.authority,
                             client=self.client[0])
        self.addCleanup(server.stop)
        for (chain, key), code in ((self.client, 0), (self.stranger, REFUSED)):
            self.assertEqual(self.send(server.starttls, "--cert", chain, "--key", key), code,
                             server.log())
        self.assertEqual(self.send(server.starttls), REFUSED)


if __name__ == "__main__":
    need_root()
    unittest.main()
