#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Also tests: config/load.c, ctl/command-config.c, ctl/command-check.c
"""Which value of a setting holds and why, as `spocctl config` and `spocctl check` say it, and as
spocd acts on it."""

import datetime
import json
import re
import shutil
import subprocess
import unittest

from spoctest import process, spoc
from spoctest.certificates import Authority
from spoctest.cups import Cups
from spoctest.mailbox import Catcher
from spoctest.process import Root, need_root

URI = "spoc:alice@example.com"
MASK = "********"
LAYERS = ("vendor", "management", "fetched", "local", "drop-in")
# As the original product's installation leaves it, in what matters: its keys, CRLF, comments.
ORIGINAL = """\
# YSoft SafeQ Spooler Controller\r
! conf/modules/spoc.conf\r
localGUID = 6f1b2c3d-0000-4000-8000-00155d012345\r
serverIp=10.0.3.17\r
dataStorePath = C:\\\\SafeQ6\\\\SPOC\\\\data\r
enableTerminals: true\r
\r
mailserver = 127.0.0.1:{port}\r
mailserverbackup =\r
mailfrom = print@example.com\r
mailuser = [EMPTY]\r
mailpass =\r
mailSmtpEncryption = SSL/TLS\r
mailSmtpPort = 465\r
mailSmtpConnectionTimeout = 5000\r
mailSmtpTimeout = 5000\r
cryptographicProtocolsForOutboundCommunication = TLSv1.2, \\\r
    TLSv1.3\r
allowCustomCipherSuitesForOutboundCommunication = disabled\r
"""


class Config(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = Root()
        cls.cups = Cups(Root(cls.root.folder("cups")), start=False)
        cls.addClassCleanup(cls.cups.stop)
        base = cls.cups.root.path
        cls.etc = cls.cups.root.folder("etc/spoc", 0o750, "root", "lp")
        cls.cups.root.folder("etc/spoc/spoc.conf.d", 0o750, "root", "lp")
        cls.cache = cls.cups.root.folder("cache/spoc", 0o700, "lp", "lp")
        cls.vendor = base / "share/spoc/defaults.conf"
        cls.files = {"vendor": cls.vendor, "management": cls.etc / "management.conf",
                     "fetched": cls.cache / "management-values", "local": cls.etc / "spoc.conf",
                     "drop-in": cls.etc / "spoc.conf.d/50.conf"}

    def setUp(self):
        spoc.clear_spool(self.cups)
        # No spocd of its own accord: these tests start it.
        self.vendor.write_text("startDaemon = never\n")
        for name in LAYERS[1:]:
            self.files[name].unlink(missing_ok=True)
        for more in self.files["drop-in"].parent.iterdir():
            more.unlink()

    def write(self, layer, text):
        file = self.files.get(layer, layer)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        file.chmod(0o640)
        shutil.chown(file, "lp" if layer == "fetched" else "root", "lp")

    def rows(self, *arguments):
        done = self.cups.run("spocctl", "config", "--json", *arguments)
        return {row["key"]: row for row in json.loads(done.stdout)}

    def row(self, key):
        return self.rows(key)[key]

    def check(self, status=None):
        done = self.cups.run("spocctl", "check", check=False)
        if status is not None:
            self.assertEqual(done.returncode, status, done.stdout)
        return done.stdout

    # Layers

    def test_the_last_layer_that_says_something_holds(self):
        # A kind of key each: text, number, choice, list, yes or no, time, address, domain.
        values = {"mailuser": ["v", "m", "f", "l", "d"],
                  "mailSmtpPort": ["1", "2", "3", "4", "5"],
                  "mailSmtpEncryption": ["NONE", "SSL_TLS", "STARTTLS_REQUIRED", "NONE",
                                         "SSL_TLS"],
                  "cryptographicProtocolsForOutboundCommunication":
                      ["TLSv1.3", "TLSv1.2", "TLSv1.3,TLSv1.2", "TLSv1.3", "TLSv1.2"],
                  "allowCustomCipherSuitesForOutboundCommunication":
                      ["false", "true", "false", "true", "false"],
                  "mailMaxAge": ["1d", "2d", "3d", "4d", "5d"],
                  "mailfrom": [f"{n}@example.com" for n in "vmfld"],
                  "recipientDomain": [f"{n}.example.com" for n in "vmfld"]}
        url = "managementUrl = https://localhost/x\n"
        defaults = self.rows()
        for highest in range(len(LAYERS)):
            for n, layer in enumerate(LAYERS):
                text = "".join(f"{key} = {v[n] if n <= highest else ''}\n"
                               for key, v in values.items())
                self.write(layer, text + (url if layer == "vendor" else ""))
            with self.subTest(highest=LAYERS[highest]):
                rows = self.rows()
                for line, (key, value) in enumerate(values.items(), 1):
                    self.assertEqual(rows[key]["value"], value[highest])
                    self.assertEqual(rows[key]["layer"].replace("fetched", "management"),
                                     LAYERS[highest].replace("fetched", "management"))
                    self.assertEqual(rows[key]["file"], str(self.files[LAYERS[highest]]))
                    self.assertEqual(rows[key]["line"], line)
                    self.assertTrue(rows[key]["changed"])
        for key in values:
            self.assertEqual((defaults[key]["layer"], defaults[key]["changed"]),
                             ("built-in", False))

    def test_empty_at_each_layer(self):
        # key → (value below, what [EMPTY] makes of it)
        cases = {"mailuser": ("below", ""), "mailserverbackup": ("b.example.com", ""),
                 "mailpass": ("secret", ""), "mailReportTo": ("a@example.com", ""),
                 "mailSmtpPort": ("99", "25"), "mailMaxAge": ("9d", "5d"),
                 "mailSmtpEncryption": ("NONE", "STARTTLS"),
                 "allowCustomCipherSuitesForOutboundCommunication": ("false", "true"),
                 "cryptographicProtocolsForOutboundCommunication": ("TLSv1.3", "TLSv1.2"),
                 "customCipherSuitesForOutboundCommunication": ("AES128-SHA", ""),
                 "recipientDomain": ("below.example.com", ""), "scanSubject": ("below", "")}
        url = "managementUrl = https://localhost/x\n"
        for n, layer in enumerate(LAYERS):
            for file in LAYERS:
                self.write(file, "")
            below = "".join(f"{key} = {value}\n" for key, (value, _) in cases.items())
            empty = "".join(f"{key} = [EMPTY]\n" for key in cases)
            if n > 0:
                self.write("vendor", url + below)
            self.write(layer, empty + (url if n == 0 else ""))
            with self.subTest(layer=layer):
                rows = self.rows()
                for key, (_, expected) in cases.items():
                    self.assertEqual(rows[key]["value"], expected, key)
                    self.assertEqual(rows[key]["file"], str(self.files[layer]), key)
            if n + 1 < len(LAYERS):
                with self.subTest(layer=layer, above="an empty value inherits the emptiness"):
                    self.write(LAYERS[n + 1], "mailuser =\nmailuser=   \n")
                    self.assertEqual(self.row("mailuser")["value"], "")
                    self.write(LAYERS[n + 1], "mailuser = above\n")
                    self.assertEqual(self.row("mailuser")["value"], "above")

    def test_drop_ins_in_the_order_of_their_names(self):
        self.write("local", "mailuser = local\n")
        for name, value in (("10-a.conf", "ten"), ("9.conf", "nine"), ("a.txt", "no"),
                            (".z.conf", "no"), ("zz.conf.bak", "no")):
            self.write(self.files["drop-in"].with_name(name), f"mailuser = {value}\n")
        row = self.row("mailuser")
        self.assertEqual((row["value"], row["layer"]), ("nine", "drop-in"))
        shown = self.cups.run("spocctl", "config", "mailuser").stdout
        self.assertIn(f"{self.etc}/spoc.conf.d/9.conf:1", shown)

    def test_management_sets_no_paths_trust_or_permissions(self):
        forbidden = {"trustStore": "/tmp/x", "trustSystemCertificates": "false",
                     "mailpassFile": "/etc/passwd", "managementUrl": "https://evil.example/",
                     "notifyAllowedRecipients": "*", "mailAllowCleartextPassword": "true",
                     "mailTlsPinnedPublicKey": "sha256//x", "scanAllowedRecipients": "*",
                     "recipientAliasFile": "/tmp/x", "notifyUnverified": "send",
                     "mailClientKey": "/tmp/x", "trustRevocationList": "/tmp/x"}
        before = self.rows()
        for layer in ("management", "fetched"):
            with self.subTest(layer=layer):
                self.write("local", "managementUrl = https://localhost/x\nmailserver=localhost\n")
                self.write(layer, "".join(f"{k} = {v}\n" for k, v in forbidden.items()))
                rows = self.rows()
                said = self.check()
                for line, key in enumerate(forbidden, 1):
                    if key != "managementUrl":
                        self.assertEqual(rows[key], before[key])
                    self.assertIn(f"WARNING: {self.files[layer]}:{line}: {key}: is ignored", said)
                self.assertEqual(rows["managementUrl"]["value"], "https://localhost/x")
                self.files[layer].unlink()

    def test_changed_and_single_keys(self):
        self.write("local", "mailserver = a.example.com\nmailuser = u\n")
        self.assertEqual(set(self.rows("--changed")), {"mailserver", "mailuser", "startDaemon"})
        self.assertEqual(list(self.rows("mailMaxAge")), ["mailMaxAge"])
        unknown = self.cups.run("spocctl", "config", "mailServer", check=False)
        self.assertEqual(unknown.returncode, 2)
        self.assertIn("did you mean 'mailserver'?", unknown.stderr)

    # Secrets

    def test_secrets_are_nowhere(self):
        secrets = ("s3cret-one", "s3cret-two", "s3cret-three", "s3cret-four")
        self.write("local", f"mailserver = localhost:1\nmailuser = u\nmailpass = {secrets[0]}\n"
                            f"trustStorePassword = {secrets[1]}\n"
                            f"managementUrl = https://localhost:1/a?token={secrets[2]}\n")
        # A bad value is quoted, but not this one; nor does one in another file.
        self.write("drop-in", f"mailpass = {secrets[3]}\\u0007\n")
        bad = f"managementUrl = https://user:{secrets[0]}@localhost/?k={secrets[1]}\n"
        for more in ("", bad, f"managementUrl = http://localhost/?k={secrets[2]}\n",
                     f"managementUrl = localhost/?k={secrets[2]}\n"):
            with self.subTest(more=more):
                self.write(self.files["drop-in"].with_name("60.conf"), more)
                spoc.notify(self.cups, URI, spoc.event(1))
                said = (self.cups.run("spocctl", "config").stdout
                        + json.dumps(self.rows()) + self.check()
                        + spoc.spocd_once(self.cups)[1]
                        + self.cups.run("spocctl", "queue", "list").stdout
                        + self.cups.run("spocctl", "status", check=False).stdout)
                for secret in secrets:
                    self.assertNotIn(secret, said)
        self.assertEqual(self.row("mailpass")["value"], MASK)
        self.assertEqual(self.row("managementUrl")["value"], f"https://localhost:1/a?{MASK}")

    def test_where_a_password_comes_from(self):
        credentials = self.root.folder("credentials", 0o700, "lp", "lp")
        authority = Authority(self.root.folder("ca"))
        catcher = Catcher(self.root.folder("mails"), authority.issue(), "smtps", "u", "right")
        self.addCleanup(catcher.stop)
        file = self.etc / "password"
        store = self.etc / "store"
        for made, text in ((file, "right\nsecond line\n"), (credentials / "mailpass", "right\n")):
            self.write(made, text)
        shutil.chown(credentials / "mailpass", "lp", "lp")
        store.unlink(missing_ok=True)
        base = {"mailuser": "u", "mailserver": f"localhost:{catcher.port}",
                "mailSmtpEncryption": "SSL_TLS", "trustStore": authority.certificate,
                "trustSystemCertificates": "false", "notifyUnverified": "send"}
        usual = dict(self.cups.environment)
        self.addCleanup(setattr, self.cups, "environment", usual)
        for name, keys, credential, good, layer in (
                ("file", {"mailpassFile": "password"}, False, True, "local"),
                ("file before the key", {"mailpass": "wrong", "mailpassFile": file}, False, True,
                 "local"),
                ("key alone", {"mailpass": "right"}, False, True, "local"),
                ("credential before both", {"mailpass": "wrong", "mailpassFile": self.vendor},
                 True, True, "credential"),
                ("wrong", {"mailpass": "wrong"}, False, False, "local")):
            with self.subTest(name):
                catcher.mails.clear()
                self.cups.environment = dict(usual)
                if credential:
                    self.cups.environment["CREDENTIALS_DIRECTORY"] = str(credentials)
                spoc.configure(self.cups, **base, **keys)
                spoc.notify(self.cups, URI, spoc.event(1))
                status, said = spoc.spocd_once(self.cups)
                self.assertEqual((status, len(catcher.mails)), (0, 1) if good else (75, 0), said)
                self.assertEqual(self.row("mailpass")["value"], MASK)
                self.assertEqual(self.row("mailpass")["layer"], layer)
                spoc.clear_spool(self.cups)
        self.cups.environment = dict(usual)
        with self.subTest("a file that is not there stops the mail"):
            spoc.configure(self.cups, **base, mailpassFile="nowhere", mailpass="right")
            spoc.notify(self.cups, URI, spoc.event(2))
            status, said = spoc.spocd_once(self.cups)
            self.assertEqual(status, 78)
            self.assertIn("nowhere", said)
        with self.subTest("the trust store's"):
            spoc.configure(self.cups, **{**base, "mailpass": "right", "trustStore": "store",
                                         "trustStorePasswordFile": "password"})
            self.cups.run("spocctl", "truststore", "import", "--alias", "a", "--yes",
                          authority.certificate)
            self.assertEqual(spoc.spocd_once(self.cups)[0], 0)
            self.assertNotEqual(subprocess.run(
                ["openssl", "pkcs12", "-in", store, "-passin", "pass:changeit", "-nokeys"],
                capture_output=True, check=False).returncode, 0)

    # Files

    def test_a_file_of_the_original_product(self):
        authority = Authority(self.root.folder("original"))
        catcher = Catcher(self.root.folder("original-mails"), authority.issue(), "smtps")
        self.addCleanup(catcher.stop)
        self.write("local", ORIGINAL.format(port=catcher.port))
        rows = self.rows("--changed")
        for key, value in {"mailserver": f"127.0.0.1:{catcher.port}",
                           "mailSmtpEncryption": "SSL_TLS", "mailuser": "",
                           "mailSmtpPort": "465", "mailfrom": "print@example.com",
                           "cryptographicProtocolsForOutboundCommunication": "TLSv1.2,TLSv1.3",
                           "allowCustomCipherSuitesForOutboundCommunication": "false"}.items():
            self.assertEqual(rows[key]["value"], value)
        self.assertNotIn("mailserverbackup", rows)
        said = self.check(0)
        for key in ("localGUID", "serverIp", "dataStorePath", "enableTerminals"):
            self.assertRegex(said, f"WARNING: .*spoc.conf:[0-9]+: {key}: this key is not known")
        # And its trust store beside it, made by the page's command.
        store = self.etc / "ssl-truststore"
        subprocess.run(["keytool", "-import", "-noprompt", "-keystore", store, "-storepass",
                        "changeit", "-file", authority.certificate, "-alias", "root"], check=True,
                       stdin=subprocess.DEVNULL, capture_output=True)
        self.addCleanup(store.unlink)
        self.write("drop-in", "notifyUnverified = send\nstartDaemon = never\n")
        spoc.notify(self.cups, URI, spoc.event(3))
        status, said = spoc.spocd_once(self.cups)
        self.assertEqual((status, len(catcher.mails)), (0, 1), said)
        self.assertEqual(catcher.mails[0].sender, "print@example.com")

    def test_bytes_of_a_file(self):
        for name, content, value, word in (
                ("Latin-1", "mailuser = Bärbel\n".encode("latin-1"), "Bärbel", "Latin-1"),
                ("BOM", b"\xef\xbb\xbfmailuser = b\r\n", "b", None),
                ("old Mac", b"mailuser = a\rmailserver = localhost\r", "a", None),
                ("escapes", b"mailuser:B\\u00e4r\\\n   bel\\ \n", "Bärbel ", None),
                ("twice", b"mailuser=a\nmailuser b\n", "b", "set again"),
                ("mistyped", b"mailUser = x\n", "", "did you mean mailuser?")):
            with self.subTest(name):
                self.write("local", content)
                self.assertEqual(self.row("mailuser")["value"], value)
                if word is not None:
                    self.assertRegex(self.check(), f"(?m)^WARNING: {self.files['local']}:.*{re.escape(word)}")

    def test_bad_values_name_file_line_key_and_what_is_accepted(self):
        self.write("vendor", "mailMaxAge = 3d\nmailSmtpPort = 2525\nstartDaemon = never\n")
        self.write("local", "mailserver = localhost\nmailMaxAge = soon\n\nmailSmtpPort = many\n")
        said = self.check(1)
        local = self.files["local"]
        self.assertRegex(said, f"ERROR: {local}:2: mailMaxAge: 'soon': .*accepted: .*s, m, h or d")
        self.assertRegex(said, f"ERROR: {local}:4: mailSmtpPort: 'many': .*accepted: .*65535.*"
                               "no mail goes out")
        self.assertEqual(self.row("mailMaxAge")["value"], "3d")
        self.assertEqual(self.row("mailMaxAge")["layer"], "vendor")
        spoc.notify(self.cups, URI, spoc.event(1))
        self.assertEqual(spoc.spocd_once(self.cups)[0], 78)
        self.write("local", "mailserver = localhost\nmailMaxAge = soon\n")
        self.assertNotEqual(spoc.spocd_once(self.cups)[0], 78)

    # check

    def test_check(self):
        authority = Authority(self.root.folder("check"))
        soon = self.root.path / "soon.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "10",
                        "-subj", "/CN=Soon over", "-keyout", "/dev/null", "-out", soon],
                       check=True, capture_output=True)
        gone = self.root.path / "gone.pem"
        gone.write_bytes(authority.issue("gone", days=-1)[0].read_bytes())
        until = datetime.date.today() + datetime.timedelta(10)
        secret = self.etc / "secret"
        self.write(secret, "x\n")
        secret.chmod(0o600)
        good = ("mailserver = mail.example.com\nmailfrom = print@example.com\n"
                "mailSmtpEncryption = STARTTLS_REQUIRED\n")
        self.write("local", good)
        self.assertNotIn("WARNING", self.check(0))
        suites = "customCipherSuitesForOutboundCommunication"
        protocols = "cryptographicProtocolsForOutboundCommunication"
        for name, text, status, word in (
                ("password and NONE", "mailuser=u\nmailpass=p\nmailSmtpEncryption=NONE\n", 0,
                 "mailSmtpEncryption: is NONE, so the password"),
                ("465 with STARTTLS", "mailSmtpEncryption=STARTTLS\nmailSmtpPort=465\n", 0,
                 "port 465 .*SSL_TLS"),
                ("587 with TLS", "mailSmtpEncryption=SSL_TLS\nmailSmtpPort=587\n", 0, "port 587"),
                ("backup", "mailserverbackup = MAIL.example.com:25\n", 0, "same as mailserver"),
                ("suites", f"{protocols}=TLSv1.3\n{suites}=AES128-SHA\n", 1,
                 "ERROR: .*allowCustomCipherSuitesForOutboundCommunication"),
                ("unknown suite", f"{suites}=NONSENSE\n", 1, "ERROR: .*NONSENSE"),
                ("domain", "recipientDomain=[EMPTY]\n", 0, "recipientDomain: is empty.*@owner"),
                ("sender", "mailfrom=print@localhost\n", 0, "mailfrom: is at localhost"),
                ("anchor soon over", f"trustStore={soon}\n", 0, f"WARNING: .*{until}"),
                ("anchor over", f"trustStore={gone}\n", 0, "WARNING: .*expired"),
                ("unreadable", f"mailpassFile={secret}\nmailuser=u\n", 1, "ERROR: .*secret"),
                ("no server", "mailserver=[EMPTY]\n", 1, "ERROR: .*mailserver"),
                ("nowhere", "trustStore=/no/where\n", 1, "ERROR: .*/no/where")):
            with self.subTest(name):
                self.write("local", good + text)
                said = self.check(status)
                self.assertRegex(said, word)
        with self.subTest("a world-readable password"):
            self.write("local", good + "mailuser=u\nmailpass=p\n")
            self.files["local"].chmod(0o644)
            self.assertRegex(self.check(0), f"WARNING: {self.files['local']}: everyone")
        with self.subTest("a file that spocd cannot read"):
            self.write("local", good)
            self.files["local"].chmod(0o600)
            self.assertRegex(self.check(1), f"ERROR: {self.files['local']}: .*")
            spoc.notify(self.cups, URI, spoc.event(1))
            self.assertEqual(spoc.spocd_once(self.cups)[0], 78)
        with self.subTest("a world-writable file"):
            self.write("local", good)
            self.files["local"].chmod(0o666)
            self.assertRegex(self.check(), "WARNING: .*chmod o-w")
        with self.subTest("wrong usage"):
            self.assertEqual(self.cups.run("spocctl", "check", "x", check=False).returncode, 2)


if __name__ == "__main__":
    need_root()
    unittest.main()
