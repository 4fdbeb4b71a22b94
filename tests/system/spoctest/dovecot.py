# SPDX-License-Identifier: Apache-2.0
"""Dovecot's submission service with a private configuration. It knows who may log in by
asking a token server about tokens, from a list of passwords, from certificates and by Kerberos,
and hands the mail on to a catcher."""

import os
import shutil
import subprocess

from . import process

USER = "printer@example.com"
PASSWORD = "right horse"

CONFIG = """\
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/dovecot.log
auth_verbose = yes
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
ssl_client_ca_file = {authority}
protocols = submission
listen = 127.0.0.1
mail_location = maildir:{root}/home
# A refusal comes at once, also to an address that was refused before.
auth_failure_delay = 0
auth_cache_size = 0
auth_mechanisms = {mechanisms}
auth_ssl_username_from_cert = yes
{verify}
{gssapi}
submission_relay_host = 127.0.0.1
submission_relay_port = {relay_port}
submission_relay_trusted = no
hostname = localhost
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service submission-login {{
  chroot =
  inet_listener submission {{
    port = {starttls}
  }}
  inet_listener submissions {{
    port = {smtps}
    ssl = yes
  }}
}}
{passdb}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={root}/home allow_all_users=yes
}}
"""
PASSDB_TOKENS = """\
passdb {{
  driver = oauth2
  mechanisms = oauthbearer xoauth2
  args = {root}/oauth2.conf
}}
"""
# RFC 7662. What the token server says decides, at each login.
OAUTH2 = """\
introspection_mode = post
introspection_url = https://localhost:{port}/introspect
force_introspection = yes
username_attribute = username
active_attribute = active
active_value = true
tls_ca_cert_file = {authority}
timeout_msecs = 20000
"""
PASSDB_PASSWORDS = """\
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/passwords
}}
"""
# The certificate, which TLS has verified, is the proof.
PASSDB_CERTIFICATES = """\
passdb {{
  driver = static
  mechanisms = external
  args = nopassword
}}
"""


class Dovecot:
    """Ports: starttls and smtps. Mails: those of the catcher, an open relay on loopback.

    tokens: the TokenServer that is asked. client_root: who vouches for clients' certificates,
    without which none is let in. kdc: for GSSAPI.
    """

    def __init__(self, root, authority, catcher, mechanisms="oauthbearer xoauth2 plain login",
                 tokens=None, client_root=None, kdc=None):
        self.root = root
        self.catcher = catcher
        certificate, key = authority.issue("dovecot")
        for name in ("run", "state"):
            root.folder(name)
        root.folder("home", user="nobody", group="nogroup")
        self.starttls, self.smtps = process.free_port(), process.free_port()
        passdb, verify, gssapi = "", "", ""
        if tokens is not None:
            passdb += PASSDB_TOKENS.format(root=root.path)
            (root.path / "oauth2.conf").write_text(
                OAUTH2.format(port=tokens.port, authority=authority.certificate))
        if client_root is not None:
            # Dovecot wants a revocation list of each authority, unless it is told otherwise.
            verify = (f"ssl_ca = <{client_root.certificate}\nssl_require_crl = no\n"
                      "ssl_verify_client_cert = yes\nauth_ssl_require_client_cert = yes\n")
            passdb += PASSDB_CERTIFICATES.format(root=root.path)
        environment = {"PATH": os.defpath + ":/usr/sbin"}
        if kdc is not None:
            keytab = root.path / "keytab"
            shutil.copy(kdc.server_keytab, keytab)
            shutil.chown(keytab, "dovecot")
            gssapi = (f"auth_krb5_keytab = {keytab}\n"
                      'auth_gssapi_hostname = "$ALL"\n'
                      "import_environment = KRB5_CONFIG\n")
            environment.update(kdc.environment)
        passdb += PASSDB_PASSWORDS.format(root=root.path)
        passwords = root.path / "passwords"
        passwords.write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
        passwords.chmod(0o644)
        config = root.path / "dovecot.conf"
        config.write_text(CONFIG.format(
            root=root.path, certificate=certificate, key=key, authority=authority.certificate,
            mechanisms=mechanisms, relay_port=catcher.port, starttls=self.starttls,
            smtps=self.smtps, passdb=passdb, verify=verify, gssapi=gssapi))
        checked = subprocess.run(["doveconf", "-n", "-c", config], stdin=subprocess.DEVNULL,
                                 capture_output=True, text=True, check=False)
        if checked.returncode != 0:
            raise AssertionError(f"doveconf: {checked.stdout}{checked.stderr}")
        self._master = process.Process(["/usr/sbin/dovecot", "-F", "-c", config],
                                       root.path / "master.log", env=environment,
                                       start_new_session=True)
        self._master.ready(lambda: process.answers(self.starttls) and process.answers(self.smtps))

    def log(self):
        file = self.root.path / "dovecot.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def stop(self):
        self._master.stop()
