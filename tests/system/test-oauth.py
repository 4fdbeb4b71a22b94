#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Logging in with tokens: each source of them, what a token server or a mail server may do to
us, a refresh token that is replaced, and a thousand mails with tokens that live two seconds. All
the while nothing secret lies where it may not."""

import json
import os
import queue
import subprocess
import time
import unittest

from spoctest import leaks, loginserver, tokenserver
from spoctest.certificates import Authority
from spoctest.cups import build_folder
from spoctest.dovecot import Dovecot
from spoctest.loginserver import LoginServer
from spoctest.loginsite import LoginSite
from spoctest.mailbox import Catcher
from spoctest.process import LOOPBACK, Root, need_root, wait_for
from spoctest.site import assert_all_arrived, stream
from spoctest.tokenserver import CLIENT_ID, CLIENT_SECRET, SCOPE, TENANT, USER, Proxy, TokenServer

MANY = int(os.environ.get("SPOC_TEST_MANY", "1000"))
DEVICE_SCOPE = "https://outlook.office.com/SMTP.Send offline_access"


class Tokens(unittest.TestCase):
    """A token server, a mail server that believes it, and a site; by the client's secret."""

    root = authority = certificate = client = None

    @classmethod
    def setUpClass(cls):
        if Tokens.root is None:
            # Keys take their time: once for all classes.
            Tokens.root = Root()
            Tokens.authority = Authority(cls.root.folder("ca"))
            Tokens.certificate = cls.authority.issue()
            Tokens.client = cls.authority.issue("application", usage="clientAuth",
                                                alternative=None)

    def setUp(self):
        self.tokens = TokenServer(self.certificate)
        self.addCleanup(self.tokens.stop)
        self.server = self.mail_server("OAUTHBEARER", "XOAUTH2")
        self.site = self.make_site()

    def mail_server(self, *mechanisms, **options):
        made = LoginServer(self.certificate, mechanisms, accepts=lambda user, token:
                           self.tokens.is_valid(token, user), **options)
        self.addCleanup(made.stop)
        return made

    def secrets(self):
        return [CLIENT_SECRET, *self.tokens.secrets]

    def make_site(self, port=None):
        made = LoginSite(self.authority, port or self.server.port, self.secrets,
                         mailuser=USER, mailOAuthTenant=TENANT, mailOAuthClientId=CLIENT_ID,
                         mailOAuthTokenUrl=self.tokens.url(),
                         mailOAuthDeviceUrl=self.tokens.device_url, mailOAuthScope=SCOPE,
                         mailOAuthClientSecretFile="secret")
        made.secret_file("secret", CLIENT_SECRET + "\n")
        self.addCleanup(made.stop)
        self.addCleanup(made.leaks.stop)
        # The one place where a refresh token may lie.
        self.state = made.spool / "state/oauth"
        made.leaks.may_hold.append(self.state)
        return made

    def without_secret(self, **keys):
        self.site.change(mailOAuthClientSecretFile=None, **keys)

    def tearDown(self):
        """Nothing secret lies around, after whatever a test has done."""
        for command in (("oauth", "status"), ("oauth", "status", "--json"), ("status",),
                        ("config",), ("config", "--json"), ("check",), ("queue", "list"),
                        ("queue", "show")):
            self.site.leaks.spocctl(*command)
        self.check()
        self.site.leaks.check(self)

    def check(self):
        """Nothing was malformed."""
        self.assertEqual((self.tokens.problems, self.server.problems), ([], []))
        self.assertLessEqual(self.tokens.busiest, 1)
        self.assertNotIn(b"AUTH", self.server.clear)

    def deliver(self, *numbers):
        """Mails that go out at once."""
        before = len(self.server.mails)
        self.site.mail(*numbers)
        self.assertEqual(self.site.once(), 0, self.site.log())
        self.assertEqual(len(self.server.mails), before + len(numbers))
        self.check()

    def assert_held(self, *words):
        """It is held after one more run, with one ERROR that has the words."""
        before = len(self.site.errors())
        self.assertIn(self.site.once(), (75, 78), self.site.log())
        self.assertEqual(set(self.site.states()), {"held"}, self.site.log())
        errors = self.site.errors()[before:]
        self.assertEqual(len(errors), 1, self.site.log())
        for word in words:
            self.assertIn(word, errors[0])
        self.check()

    def login(self, answer="approve", scope=DEVICE_SCOPE, **keys):
        """spocctl oauth login, with a person at a browser; its exit code and what it said."""
        self.without_secret(mailOAuthScope=scope, **keys)
        started = subprocess.Popen([build_folder() / "plugin/ctl/spocctl", "oauth", "login"],
                                   env=self.site.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = b""
        while not (code := next((d["user_code"] for d in list(self.tokens.devices.values())
                                 if d["user_code"].encode() in said), None)):
            piece = os.read(started.stdout.fileno(), 4096)
            self.assertTrue(piece, said)
            said += piece
        self.assertIn(b"https://login.example/device", said)
        wait_for("a question too early", lambda: self.tokens.asked(tokenserver.DEVICE_GRANT))
        getattr(self.tokens, answer)(code)
        said += started.communicate(timeout=60)[0]
        self.site.leaks.said("oauth login", said)
        return started.returncode, said.decode()


class Sources(Tokens):
    def test_a_secret(self):
        self.deliver(1, 2, 3)
        self.assertEqual({x.mechanism for x in self.server.logins}, {"OAUTHBEARER"})
        self.assertEqual(len(self.tokens.asked()), 1)
        self.assertEqual(self.tokens.asked()[0].path, f"/{TENANT}/token")

    def test_xoauth2(self):
        self.site.change(mailAuthMechanisms="XOAUTH2")
        self.deliver(1)
        self.server.mechanisms = ["LOGIN", "XOAUTH2", "PLAIN"]
        self.site.change()
        self.deliver(2)
        self.assertEqual([x.mechanism for x in self.server.logins], ["XOAUTH2"] * 2)

    def test_without_an_initial_response(self):
        self.server.initial_response = False
        for number, mechanism in enumerate(("OAUTHBEARER", "XOAUTH2")):
            self.site.change(mailAuthMechanisms=mechanism)
            self.deliver(number)

    def test_a_certificate(self):
        chain, key = self.client
        self.tokens.client_certificate = chain
        self.site.secret_file("app.pem", chain.read_bytes())
        self.site.secret_file("app.key", key.read_bytes())
        self.without_secret(mailOAuthClientCertificate="app.pem", mailOAuthClientKey="app.key")
        self.deliver(1)
        # Another assertion each time: the server refuses one that it has seen.
        self.deliver(2)
        # Both in one file.
        self.site.secret_file("both.pem", chain.read_bytes() + key.read_bytes())
        self.without_secret(mailOAuthClientCertificate="both.pem")
        self.deliver(3)
        self.assertEqual({r.grant for r in self.tokens.granted()}, {"client_credentials"})
        # A key that does not belong to it, and a certificate that is not registered.
        other = self.authority.issue("other", usage="clientAuth", alternative=None)
        self.site.secret_file("app.key", other[1].read_bytes())
        self.without_secret(mailOAuthClientCertificate="app.pem", mailOAuthClientKey="app.key")
        self.site.mail(4)
        self.assert_held("mailOAuthClientKey")
        self.site.secret_file("app.pem", other[0].read_bytes())
        self.without_secret(mailOAuthClientCertificate="app.pem", mailOAuthClientKey="app.key",
                            mailRetrySchedule="2s")
        self.assert_held("AADSTS", "mailOAuthClientCertificate")

    def test_a_service_account(self):
        self.tokens.audience = "https://mail.google.com/"
        file = tokenserver.service_account_file(self.root.path / "service.json", self.tokens,
                                                self.client[1].read_bytes())
        self.site.secret_file("google.json", file.read_bytes())
        self.without_secret(mailOAuthServiceAccount="google.json", mailOAuthTokenUrl=None,
                            mailOAuthDeviceUrl=None, mailOAuthTenant=None, mailOAuthClientId=None,
                            mailOAuthScope=tokenserver.GOOGLE_SCOPE)
        self.deliver(1)
        self.assertEqual({r.grant for r in self.tokens.granted()}, {tokenserver.BEARER_GRANT})
        self.tokens.user = "somebody-else@example.com"
        self.site.mail(2)
        self.assert_held("unauthorized_client", "domain-wide delegation")

    def test_a_command(self):
        program = self.site.root.path / "bin/token"
        mark = self.site.root.path / "made-by-a-shell"
        arguments = self.site.root.folder("said", 0o777) / "arguments"
        token = self.tokens.new_token()
        answers = self.site.secret_file("answer", token + "\n")
        answers.chmod(0o644)

        def write(text):
            program.write_text(f"#!/bin/sh\n{text}\n")
            program.chmod(0o755)

        write(f"printf '%s\\n' \"$@\" >{arguments}; cat {answers}")
        self.without_secret(mailOAuthTokenCommand=f"{program} --for 'a name' \"$(touch {mark})\" ;",
                            mailOAuthTokenUrl=None)
        self.deliver(1)
        self.assertEqual(arguments.read_text().splitlines(),
                         ["--for", "a name", f"$(touch {mark})", ";"])
        self.assertFalse(mark.exists())
        answers.write_text(json.dumps({"access_token": token, "expires_in": 3}))
        self.deliver(2)
        for text, words in ((f"cat {answers}; exit 3", "3"), ("cat /dev/zero", ""),
                            ("echo two words", ""), ("", ""), ("echo '{\"expires_in\": 3}'", "")):
            with self.subTest(text=text):
                write(text)
                self.site.mail(3)
                self.assertIn(self.site.once(), (75, 78), self.site.log())
                self.assertIn("mailOAuthTokenCommand", self.site.log().splitlines()[-1])
                self.assertIn(words, self.site.log().splitlines()[-1])
                self.assertEqual(len(self.server.mails), 2)
                self.check()
        self.assertEqual(self.tokens.asked(), [])

    def test_a_device(self):
        code, said = self.login()
        self.assertEqual(code, 0, said)
        self.assertEqual(self.state.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.state.owner(), "lp")
        self.deliver(1)
        self.deliver(2)
        # Each run of spocd had the refresh token replaced, and kept the new one.
        self.assertEqual(len(self.tokens.granted("refresh_token")), 2)
        status = json.loads(self.site.leaks.spocctl("oauth", "status", "--json").stdout)
        self.assertEqual(status["source"], "refresh-token")
        self.assertEqual(self.site.leaks.spocctl("oauth", "forget").returncode, 0)
        self.assertFalse(self.state.exists())
        self.site.mail(3)
        self.assertNotEqual(self.site.once(), 0, self.site.log())
        self.assertEqual(len(self.server.mails), 2)
        self.check()

    def test_a_device_that_is_declined(self):
        code, said = self.login("deny")
        self.assertEqual(code, 1, said)
        self.assertIn("declined", said)
        self.assertFalse(self.state.exists())
        self.check()

    def test_a_login_that_has_ended(self):
        self.login()
        self.tokens.refresh_tokens.clear()
        self.site.mail(1)
        self.assert_held("invalid_grant", "spocctl oauth login")
        self.login()
        self.assertEqual(self.site.once(), 0, self.site.log())
        self.assertEqual(len(self.server.mails), 1)

    def test_the_preset(self):
        self.site.change(mailProvider="office365", mailOAuthScope=None)
        self.deliver(1)
        self.assertEqual(self.tokens.asked()[0].form["scope"], SCOPE)
        self.login(scope=None, mailProvider="office365")
        self.deliver(2)
        self.assertEqual({r.form["scope"] for r in self.tokens.granted("refresh_token")},
                         {DEVICE_SCOPE})

    def test_a_proxy(self):
        proxy = Proxy()
        self.addCleanup(proxy.stop)
        self.site.change(mailOAuthProxy=proxy.url)
        self.deliver(1)
        self.assertEqual(proxy.connects, [("CONNECT", f"localhost:{self.tokens.port}")])
        proxy.stop()

    def test_dovecot(self):
        catcher = Catcher(self.root.folder("mails"))
        self.addCleanup(catcher.stop)
        dovecot = Dovecot(Root(self.root.folder("dovecot")), self.authority, catcher,
                          tokens=self.tokens)
        self.addCleanup(dovecot.stop)
        for number, mechanism in enumerate(("OAUTHBEARER", "XOAUTH2"), 1):
            self.site.change(dovecot.starttls, mailAuthMechanisms=mechanism)
            self.site.mail(number)
            self.assertEqual(self.site.once(), 0, self.site.log() + dovecot.log())
            self.assertIn(f"method={mechanism}", dovecot.log())
            self.assertEqual(len(catcher.mails), number)
        self.site.change(dovecot.smtps, mailSmtpEncryption="SSL_TLS")
        self.site.mail(3)
        self.assertEqual(self.site.once(), 0, self.site.log() + dovecot.log())
        self.tokens.audience = "nobody"
        self.tokens.user = "nobody@example.com"  # for whom no token is good here
        self.site.mail(4)
        self.assertIn(self.site.once(), (75, 78), self.site.log())
        self.assertEqual(len(catcher.mails), 3)
        self.check()


class OutOfOrder(Tokens):
    number = 0

    def assert_waiting_until_it_works(self, *words, seconds_max=30):
        """It waits, the log says these words, and it goes out when all is well."""
        began = time.monotonic()
        self.number += 1
        self.site.mail(self.number)
        self.assertEqual(self.site.once(), 75, self.site.log())
        self.assertLess(time.monotonic() - began, seconds_max)
        self.assertEqual(self.site.states(), {"waiting": 1}, self.site.log())
        last = [x for x in self.site.log().splitlines() if "localhost" in x][-1]
        for word in words:
            self.assertIn(word, last)
        self.assertEqual((self.server.mails, self.server.logins), ([], []))
        self.tokens.always = None
        # We have given up, and it may not have noticed yet.
        wait_for("the token server to end as well", lambda: self.tokens.busy == 0)
        self.site.leaks.spocctl("queue", "retry", "--all")
        self.assertEqual(self.site.once(), 0, self.site.log())
        self.server.mails.clear()
        self.server.logins.clear()
        self.check()

    def test_it_waits(self):
        for always, words in (
                (tokenserver.broken(503), "503"), (tokenserver.broken(500), "500"),
                (tokenserver.GARBAGE, ""), (tokenserver.NOT_JSON, ""), (tokenserver.DROP, ""),
                (tokenserver.Answer(200, ""), ""), (tokenserver.Answer(200, "{}"), ""),
                (tokenserver.Answer(200, '{"access_token": "with blank"}'), ""),
                (tokenserver.Answer(200, '{"access_token": "%s"}' % ("x" * 200000)), ""),
                (tokenserver.Answer(200, "[" * 50000), ""),
                (tokenserver.Answer(200, "", [("X", "y" * 60000)] * 20), ""),
                (tokenserver.broken(404), "404")):
            with self.subTest(status=always.status, body=always.body[:40]):
                self.tokens.always = always
                self.assert_waiting_until_it_works(words)

    def test_oversize_slow_and_silent(self):
        self.site.keys["mailSmtpTimeout"] = "1000"
        self.site.change()
        endless = tokenserver.Answer(200, "{", endless=True)
        for always in (endless, tokenserver.Answer(200, b"x" * 1000, drip=0.3),
                       tokenserver.Answer(200, "{}", delay=4)):
            with self.subTest(always=vars(always)):
                self.tokens.always = always
                self.assert_waiting_until_it_works(seconds_max=12)
        self.assertLess(endless.sent, 10 << 20)

    def test_redirects_lead_nowhere_else(self):
        other = TokenServer(self.certificate)
        self.addCleanup(other.stop)
        for status, host in ((301, LOOPBACK), (303, "localhost"), (307, LOOPBACK),
                             (308, "localhost")):
            with self.subTest(status=status, host=host):
                self.tokens.always = tokenserver.redirect(
                    other.url(f"{TENANT}/token", host), status)
                self.assert_waiting_until_it_works(str(status))
        self.assertEqual((other.requests, other.problems), ([], []))

    def test_away(self):
        self.tokens.stop()
        self.site.mail(1)
        self.assertEqual(self.site.once(), 75, self.site.log())
        self.assertEqual(self.site.states(), {"waiting": 1})
        self.tokens.start()
        self.site.leaks.spocctl("queue", "retry", "--all")
        self.assertEqual(self.site.once(), 0, self.site.log())

    def test_too_many_requests(self):
        """A server of which there is no token is left alone for half a minute anyway."""
        self.tokens.wanted.append(tokenserver.too_many(20))
        self.site.start()
        self.site.mail(1)
        self.server.wait(1)
        first, second = self.tokens.asked()
        self.assertGreaterEqual(second.began - first.ended, 20)
        self.assertEqual(self.site.errors(), [])

    def test_refused(self):
        self.site.mail(1)
        for error, words, status, remedy in (
                ("invalid_client", "AADSTS7000215: Invalid client secret provided. "
                 f"It was {CLIENT_SECRET}", 401, "mailOAuthClientSecretFile"),
                ("invalid_client", "AADSTS7000222: The provided client secret keys are expired.",
                 401, "expired"),
                ("unauthorized_client", "AADSTS700016: Application was not found", 400,
                 "mailOAuthClientId"),
                ("invalid_grant", "", 400, "mailOAuthClientId"),
                ("invalid_scope", "AADSTS70011: scope is not valid", 400, "mailOAuthScope"),
                ("invalid_client\r\nERROR: forged", "two\r\nlines\x1b[31m", 400, "")):
            with self.subTest(error=error, words=words):
                self.tokens.always = tokenserver.refusal(error, words, status)
                asked = len(self.tokens.asked())
                self.site.change(mailRetrySchedule=f"{asked + 1}s")
                self.assert_held(error.split("\r")[0], remedy)
                self.assertEqual(len(self.tokens.asked()), asked + 1)
                self.assertNotIn("\x1b", self.site.log())
        self.assertEqual(self.server.logins, [])
        # And what was mended goes out.
        self.tokens.always = None
        self.site.change()
        self.assertEqual(self.site.once(), 0, self.site.log())
        self.check()

    def test_nobody_vouches_for_the_token_server(self):
        stranger = Authority(self.root.folder("stranger"))
        strange = TokenServer(stranger.issue())
        self.addCleanup(strange.stop)
        self.site.mail(1)
        self.site.change(mailOAuthTokenUrl=strange.url())
        self.assert_held("trust")
        self.assertEqual(strange.requests, [])
        # A right certificate for another name.
        self.site.change(mailOAuthTokenUrl=self.tokens.url(host="localhost.localdomain"))
        self.assertIn(self.site.once(), (75, 78))
        # Without TLS there is nothing.
        self.site.change(mailOAuthTokenUrl=self.tokens.url().replace("https:", "http:"))
        self.assertIn(self.site.once(), (75, 78))
        self.assertIn("https", self.site.leaks.spocctl("check").stdout)
        self.assertEqual((self.tokens.asked(), self.server.logins), ([], []))
        self.check()


class AtTheMailServer(Tokens):
    def test_one_fresh_token(self):
        spocd = self.site.start()
        self.site.mail(1)
        self.server.wait(1)
        for mechanism in ("OAUTHBEARER", "XOAUTH2"):
            self.server.mechanisms = [mechanism]
            self.tokens.revoke_all()
            self.server.drop_all()
            before = len(self.tokens.asked()), len(self.server.logins), len(self.server.mails)
            self.site.mail(before[2] + 1)
            self.server.wait(before[2] + 1)
            self.assertEqual(len(self.tokens.asked()), before[0] + 1)
            # There may be two connections, each of which tries the old one.
            tried = {(x.secret, x.good) for x in self.server.logins[before[1]:]}
            self.assertEqual(sorted(good for _secret, good in tried), [False, True], tried)
        self.assertIsNone(spocd.poll())
        self.assertEqual(self.site.errors(), [])
        self.check()

    def test_refused_twice_is_held(self):
        self.server.accepts = lambda _user, _token: False
        self.site.mail(1)
        # libcurl hears the last word of the server with OAUTHBEARER alone.
        for mechanism, words in (("OAUTHBEARER", "5.7.139"), ("XOAUTH2", "invalid_token")):
            self.server.mechanisms = [mechanism]
            asked, tried = len(self.tokens.asked()), len(self.server.logins)
            self.site.change(mailAuthMechanisms=mechanism)
            self.assert_held(words, "invalid_token")
            self.assertEqual(len(self.tokens.asked()) - asked, 2)
            self.assertEqual(len(self.server.logins) - tried, 2)

    def test_later(self):
        for number, answer in enumerate((loginserver.BUSY, loginserver.TOO_MANY)):
            self.server.replies["OAUTHBEARER"].append(answer)
            self.site.mail(number)
            self.assertEqual(self.site.once(), 75, self.site.log())
            self.assertEqual(self.site.states(), {"waiting": 1})
            self.site.leaks.spocctl("queue", "retry", "--all")
            self.assertEqual(self.site.once(), 0, self.site.log())
            self.check()

    def test_never_without_a_token(self):
        """The server would take all, and offers nothing that fits, or no TLS."""
        for change in ({"mechanisms": ["PLAIN", "LOGIN"]}, {"mechanisms": []},
                       {"offers_starttls": False, "mechanisms_in_clear": ["XOAUTH2"]}):
            for encryption in ("STARTTLS_REQUIRED", "STARTTLS"):
                with self.subTest(change=change, encryption=encryption):
                    server = self.mail_server("OAUTHBEARER", needs_login=False)
                    vars(server).update(change)
                    self.site.change(server.port, mailSmtpEncryption=encryption,
                                     mailpass="for nobody")
                    self.site.mail(1)
                    self.assertIn(self.site.once(), (75, 78), self.site.log())
                    self.assertEqual((server.logins, server.mails), ([], []))
                    self.assertNotIn(b"AUTH", server.clear)
                    self.assertNotIn(b"MAIL", server.clear)
        server = self.mail_server("OAUTHBEARER", needs_login=False, tls="none")
        server.mechanisms_in_clear = ["OAUTHBEARER", "XOAUTH2"]
        self.site.change(server.port, mailSmtpEncryption="NONE")
        self.assertIn(self.site.once(), (75, 78), self.site.log())
        self.assertEqual((server.logins, server.mails), ([], []))
        self.check()

    def test_the_backup_gets_no_token(self):
        backup = self.mail_server("OAUTHBEARER")
        self.server.stop()
        self.site.change(mailserverbackup=f"localhost:{backup.port}")
        self.site.mail(1)
        self.assertIn(self.site.once(), (75, 78), self.site.log())
        self.assertEqual((backup.logins, backup.mails), ([], []))
        self.site.change(mailserverbackup=f"localhost:{backup.port}", mailOAuthBackup="true")
        self.site.leaks.spocctl("queue", "retry", "--all")
        self.site.once()
        self.assertEqual(len(backup.mails), 1, self.site.log())
        self.check()

    def test_spocctl_test(self):
        done = self.site.leaks.spocctl("test", "alice@example.com")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for word in ("token", "secret", "localhost", "outlook.office365.com", SCOPE):
            self.assertIn(word, done.stdout)
        self.server.wait(1)
        self.tokens.always = tokenserver.refusal("invalid_client", "AADSTS7000215: no", 401)
        done = self.site.leaks.spocctl("test", "alice@example.com")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("AADSTS7000215", done.stdout + done.stderr)
        self.check()


class Survives(Tokens):
    def test_kill_between_a_refresh_token_and_its_use(self):
        """The server has replaced the refresh token; we die before the token beside it is used."""
        self.login()
        for number in range(1, 9):
            # Counted, and told how to die, before it starts: what waits from the last round is tried
            # at once.
            asked = len(self.tokens.granted("refresh_token"))
            started = queue.Queue(1)

            def dies(started=started):
                spocd = started.get(timeout=60)
                spocd.kill()
                spocd.wait(60)
                started.put(spocd)
            self.server.before_login = dies
            self.site.mail(number)
            spocd = self.site.start()
            started.put(spocd)
            wait_for("the end of spocd", lambda spocd=spocd: spocd.poll() is not None)
            self.assertEqual(len(self.tokens.granted("refresh_token")), asked + 1)
            self.assertEqual(self.server.mails, [])
        self.server.before_login = None
        spocd = self.site.start()
        self.site.wait_empty()
        assert_all_arrived(self, self.server.mails, range(1, 9))
        self.assertEqual(self.site.errors(), [])
        self.check()

    def test_kill_at_any_moment(self):
        """As a provider does that waits for a sign that the new one has arrived."""
        self.tokens.rotate = "lenient"
        self.login()
        for number in range(1, 13):
            asked = len(self.tokens.asked("refresh_token"))
            spocd = self.site.start()
            wait_for("spocd", self.site.answers)
            self.tokens.wanted.append(lambda owner, form: time.sleep(0.02))
            self.site.mail(number)
            wait_for("a question", lambda: self.tokens.busy  # noqa: B023
                     or len(self.tokens.asked("refresh_token")) > asked, interval=0.001)
            time.sleep(0.004 * number)
            spocd.kill()
            spocd.wait(60)
        self.tokens.wanted.clear()
        self.site.start()
        self.site.wait_empty()
        assert_all_arrived(self, self.server.mails, range(1, 13))
        self.assertEqual(self.site.errors(), [])
        self.check()

    def test_no_core(self):
        spocd = self.site.start(preexec=leaks.allow_core)
        self.site.mail(1)
        self.server.wait(1)
        self.assertTrue(leaks.dies_without_core(spocd))
        self.check()


class Many(Tokens):
    def test_tokens_that_live_two_seconds(self):
        self.tokens.lifetime = 2
        self.server.mails_per_connection, self.server.seconds_per_mail = 10, 0.02
        self.site.change(mailMaxConnections="3")
        self.site.notify(stream(range(1, MANY + 1)))
        began = time.monotonic()
        self.site.start()
        self.server.wait(MANY, 180)
        took = time.monotonic() - began
        self.site.wait_empty()
        counts = assert_all_arrived(self, self.server.mails, range(1, MANY + 1))
        self.assertEqual(set(counts.values()), {1})
        # One that we have left may still be closing there.
        self.assertLessEqual(self.server.busiest, 3 + 1)
        asked = len(self.tokens.asked())
        print(f"# {MANY} mails in {took:.1f} s, {len(self.server.logins)} logins, "
              f"{asked} tokens", flush=True)
        # A token of two seconds is good for 1.4 at least; a login with one that ended on its
        # way costs one more.
        self.assertLessEqual(asked, took / 1.4 + 2 + len(self.server.bad()))
        self.assertGreater(asked, 2)
        self.assertEqual(self.site.errors(), [])
        self.check()


if __name__ == "__main__":
    need_root()
    unittest.main()
