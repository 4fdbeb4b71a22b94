#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Management values from a real nginx over TLS."""

import os
import selectors
import shutil
import subprocess
import sys
import time
import unittest

from spoctest import process
from spoctest.certificates import Authority
from spoctest.cups import build_folder, sanitizer_options
from spoctest.process import Root
from spoctest.web import Nginx

# Of another size: nginx tells versions apart by size and by the second of the change.
NEW = "# new\nmailserver = new.example.com\n"
OLD = "mailserver = old.example.com\n"
LOCATIONS = """
    location = /moved { return 302 /print.conf; }
    location = /round { return 302 /round; }
    location = /plain { return 302 {plain}/print.conf; }
    location = /broken { return 503 "mailserver = broken.example.com"; }
"""


class Client:
    """The fetching part of spocd, in a private configuration and cache."""

    def __init__(self, root):
        self.root = root
        self.config = root.folder("etc/spoc") / "spoc.conf"
        self.cache = root.folder("cache") / "spoc"
        self.log = root.path / "client.log"
        reports = root.folder("sanitizer")
        asan, ubsan = sanitizer_options(reports)
        self.environment = {
            "PATH": os.defpath, "LANG": "C.UTF-8", "ASAN_OPTIONS": asan, "UBSAN_OPTIONS": ubsan, "CUPS_SERVERROOT": str(root.path / "etc"),
            "CUPS_CACHEDIR": str(root.path / "cache"), "CUPS_DATADIR": str(root.path / "share")}
        self.reports = reports
        self._process = None

    def configure(self, url, **keys):
        values = {"managementUrl": url, **keys}
        self.config.write_text("".join(f"{k} = {v}\n" for k, v in values.items()))

    def start(self):
        """Returns what it says of itself at once."""
        program = build_folder() / "tests/system/management-client"
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen([program], env=self.environment, stderr=log,
                                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self.told("start")

    def told(self, kind, seconds=40.0):
        """The next line that it prints, as a dictionary."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(seconds):
                raise process.Waited(f"waited {seconds:g} s in vain for '{kind}'")
        words = self._process.stdout.readline().decode().split()
        assert words and words[0] == kind, f"{words}: {self.said()}"
        pairs = dict(word.split("=", 1) for word in words[1:])
        return {k: pairs[k] if k == "mailserver" else pairs[k] == "1" for k in pairs}

    def command(self, word):
        self._process.stdin.write(word.encode() + b"\n")
        self._process.stdin.flush()

    def fetch(self):
        self.command("fetch")
        return self.told("ended")

    def stop(self):
        if self._process is None:
            return
        self._process.stdin.close()
        status = self._process.wait(90)
        self._process.stdout.close()
        self._process = None
        found = [r.read_text(errors="replace") for r in self.reports.iterdir()]
        assert status == 0 and not found, f"ended with {status}: {found} {self.said()}"

    def said(self):
        return self.log.read_text(errors="replace")

    def warnings(self):
        return [line for line in self.said().splitlines() if line.startswith("WARNING: ")]

    @property
    def values(self):
        return self.cache / "management-values"


class Management(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keys = Root()
        cls.authority = Authority(cls.keys.folder("ca"))
        cls.certificate = cls.authority.issue()

    def setUp(self):
        self.root = Root()
        self.server = Nginx(Root(self.root.folder("web")), self.certificate, LOCATIONS)
        self.addCleanup(self.server.stop)
        self.client = Client(Root(self.root.folder("client")))
        self.addCleanup(self.client.stop)
        self.serve(OLD)

    def serve(self, content, name="print.conf"):
        """A new file in place of the old one, as an editor or rsync puts it there."""
        new = self.server.files / ".new"
        new.write_bytes(content if isinstance(content, bytes) else content.encode())
        new.rename(self.server.files / name)

    def configure(self, path="print.conf", url=None, **keys):
        keys.setdefault("trustStore", self.authority.certificate)
        self.client.configure(url or self.server.url(path), trustSystemCertificates="false",
                              **keys)

    def start_with_old(self, **keys):
        """A client that has the old values."""
        self.configure(**keys)
        self.assertFalse(self.client.start()["ready"])
        ended = self.client.told("ended")
        self.assertEqual(ended["mailserver"], "old.example.com")
        self.assertTrue(ended["changed"])
        return ended

    def assert_old_stays(self, word):
        """A fetch fails for the reason given, and the old values hold."""
        ended = self.client.fetch()
        self.assertFalse(ended["changed"], self.client.said())
        self.assertTrue(ended["ready"])
        self.assertEqual(ended["mailserver"], "old.example.com")
        self.assertEqual(self.client.values.read_text(), OLD)
        last = [line for line in self.client.said().splitlines() if "cannot fetch" in line][-1]
        self.assertIn(word, last)

    def test_fetched_and_asked_for_again(self):
        self.start_with_old()
        self.assertEqual(self.client.values.stat().st_mode & 0o777, 0o600)
        ended = self.client.fetch()
        self.assertFalse(ended["changed"])
        self.serve(NEW)
        ended = self.client.fetch()
        self.assertTrue(ended["changed"])
        self.assertEqual(ended["mailserver"], "new.example.com")
        self.client.fetch()
        told = self.server.requests()
        self.assertEqual([status for status, _, _ in told], [200, 304, 200, 304])
        self.assertEqual(told[0][2], "|")
        self.assertRegex(told[1][2], r'^"[0-9a-f-]+"\|\w+, .* GMT$')
        self.assertEqual(self.client.warnings(), [])

    def test_validators_outlive_the_process(self):
        self.start_with_old()
        self.client.stop()
        started = self.client.start()
        self.assertTrue(started["ready"])
        self.assertFalse(started["fetching"], "it is not due yet")
        self.client.fetch()
        self.assertEqual([s for s, _, _ in self.server.requests()], [200, 304])
        # Without the copy they are worth nothing.
        self.client.stop()
        self.client.values.unlink()
        started = self.client.start()
        self.assertFalse(started["ready"])
        self.assertEqual(self.client.told("ended")["mailserver"], "old.example.com")
        self.assertEqual([s for s, _, _ in self.server.requests()], [200, 304, 200])

    def test_an_emptied_cache_is_filled_again(self):
        self.start_with_old()
        shutil.rmtree(self.client.cache)
        self.client.command("reload")
        ended = self.client.told("ended")
        self.assertTrue(ended["changed"])
        self.assertEqual(ended["mailserver"], "old.example.com")
        self.assertEqual([s for s, _, _ in self.server.requests()], [200, 200])

    def test_the_interval_brings_new_values(self):
        begin = time.monotonic()
        self.start_with_old(managementInterval="10s")
        self.serve(NEW)
        self.assertEqual(self.client.told("ended")["mailserver"], "new.example.com")
        self.assertGreater(time.monotonic() - begin, 7)

    def test_server_away_and_back(self):
        self.start_with_old()
        self.server.stop()
        self.assert_old_stays("firewall")
        self.assert_old_stays("firewall")
        warning, = self.client.warnings()
        self.assertIn("meanwhile those hold", warning)
        # After a restart they hold without a server, and it is no news.
        self.client.stop()
        started = self.client.start()
        self.assertTrue(started["ready"])
        self.assertEqual(started["mailserver"], "old.example.com")
        self.serve(NEW)
        self.server.start(self.certificate)
        self.assertEqual(self.client.fetch()["mailserver"], "new.example.com")
        self.client.fetch()
        back = self.client.warnings()
        self.assertEqual(len(back), 2, back)
        self.assertIn("fetched again", back[1])

    def test_server_away_at_the_first_start(self):
        self.server.stop()
        self.configure()
        started = self.client.start()
        self.assertFalse(started["ready"])
        ended = self.client.told("ended")
        self.assertTrue(ended["ready"])
        self.assertEqual(ended["mailserver"], "-")
        self.assertIn("until then there are none", self.client.warnings()[0])

    def test_untrusted_certificates_are_refused(self):
        self.start_with_old()
        self.serve(NEW)
        stranger = Authority(self.root.folder("stranger"))
        for name, certificate in (
                ("unknown root", stranger.issue()),
                ("wrong host", self.authority.issue("other", alternative="DNS:other.example")),
                ("common name alone", self.authority.issue(alternative=None)),
                ("expired", self.authority.issue("expired", days=-1))):
            with self.subTest(name):
                self.server.stop()
                self.server.start(certificate)
                self.assert_old_stays("certificate is refused")
        self.assertEqual([s for s, _, _ in self.server.requests()], [200])
        # The store that knows the right one is enough to go on, without a restart.
        self.configure(trustStore=stranger.certificate)
        self.server.stop()
        self.server.start(stranger.issue())
        self.client.command("reload")
        self.assertEqual(self.client.told("ended")["mailserver"], "new.example.com")

    def test_the_tls_policy_of_mail_holds(self):
        self.configure(cryptographicProtocolsForOutboundCommunication="TLSv1.3")
        self.client.start()
        self.assertEqual(self.client.told("ended")["mailserver"], "-")
        self.assertIn("handshake failed", self.client.warnings()[0])
        self.assertEqual(self.server.requests(), [])

    def test_rubbish_never_replaces_the_last_good_copy(self):
        self.start_with_old()
        for name, content, word in (
                ("page", "<html><body>Welcome</body></html>\n", "web page"),
                ("empty", "", "empty"),
                ("json", '{"error": "no"}', "no key"),
                ("bytes", b"\x1f\x8b\x08\x00mailserver", "UTF-8"),
                ("escape", "mailserver = a\nmailfrom = \\u0\n", "line 2"),
                ("large", NEW + "# " + 300000 * "x" + "\n", "larger than 262144")):
            with self.subTest(name):
                self.serve(content)
                self.assert_old_stays(word)
        self.assertEqual(len(self.client.warnings()), 1)
        self.serve(NEW)
        self.assertEqual(self.client.fetch()["mailserver"], "new.example.com")

    def test_only_200_and_304_count(self):
        self.start_with_old()
        for path, word in (("missing", "404"), ("broken", "503")):
            with self.subTest(path):
                self.configure(path)
                self.client.command("reload")
                ended = self.client.told("ended")
                self.assertEqual(ended["mailserver"], "old.example.com")
                self.assertIn(f"status {word}", self.client.warnings()[-1])

    def test_redirections(self):
        self.configure("moved")
        self.client.start()
        self.assertEqual(self.client.told("ended")["mailserver"], "old.example.com")
        for path, word in (("plain", "not https"), ("round", "Maximum (3) redirects")):
            with self.subTest(path):
                self.configure(path)
                self.client.command("reload")
                self.assertFalse(self.client.told("ended")["changed"])
                self.assertIn(word, self.client.warnings()[-1])
        # Nothing was asked for without TLS.
        self.assertEqual([p for s, p, _ in self.server.requests() if p == "/print.conf"],
                         ["/print.conf"])

    def test_plain_http_is_refused(self):
        self.configure(url=f"http://localhost:{self.server.plain_port}/print.conf")
        started = self.client.start()
        self.assertTrue(started["ready"])
        self.assertFalse(started["fetching"])
        self.client.command("fetch")
        self.client.stop()
        self.assertEqual(self.server.requests(), [])

    def test_an_office_can_take_back_its_own_mistake(self):
        """Values that make TLS impossible do not stop the fetch of better ones."""
        self.serve(OLD + "customCipherSuitesForOutboundCommunication = TLS_AES_128_GCM_SHA256\n")
        self.configure()
        self.client.start()
        self.client.told("ended")
        self.serve(NEW)
        self.assertEqual(self.client.fetch()["mailserver"], "new.example.com")

    def test_secrets_stay_out_of_the_log(self):
        self.serve("mailpass = hunter2\n" + OLD)
        self.configure("print.conf?token=s3cret")
        self.client.start()
        self.client.told("ended")
        self.server.stop()
        self.client.fetch()
        state = (self.client.cache / "management-state").read_text()
        for secret in ("hunter2", "s3cret"):
            self.assertNotIn(secret, self.client.said() + state)


if __name__ == "__main__":
    if not os.path.exists("/usr/sbin/nginx"):
        sys.exit("nginx is not installed; tests/setup installs it")
    unittest.main()
