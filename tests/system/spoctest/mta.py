# SPDX-License-Identifier: Apache-2.0
"""Postfix and Exim with private configurations: TLS, login, and one mailbox for everything."""

import os
import pathlib
import pwd
import shutil
import subprocess

from . import process
from .certificates import fingerprint
from .mailbox import Maildir

USER = "printer"
PASSWORD = "right horse"
SOURCE = pathlib.Path(__file__).resolve().parents[3]
EXIM = SOURCE / "build-mta/exim4/usr/sbin/exim4"
POSTFIX_PROGRAMS = pathlib.Path("/usr/lib/postfix/sbin")

POSTFIX_MAIN = """\
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = postfix.test.example
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
maillog_file = {root}/postfix.log
maillog_file_prefixes = {root}
biff = no
# Every recipient's mail goes into one mailbox.
virtual_mailbox_domains = example.com, example.org
virtual_mailbox_base = {root}
virtual_mailbox_maps = static:mail/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_tls_session_cache_database =
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = {root}/config/sasl
smtpd_relay_restrictions = permit_sasl_authenticated, {permit} reject
smtpd_peername_lookup = no
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
{more}
"""
# A client is known by the fingerprint of its certificate, which an authority need not vouch for.
POSTFIX_CERTIFICATES = """\
smtpd_tls_ask_ccert = yes
smtpd_tls_CAfile = {authority}
smtpd_tls_fingerprint_digest = sha256
relay_clientcerts = inline:{{ {{ {fingerprint} = printer }} }}
"""
# Nothing runs in a chroot: the private queue has no copies of the system's files in it.
POSTFIX_MASTER = """\
127.0.0.1:{starttls} inet n - n - - smtpd
127.0.0.1:{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
pickup    unix   n - n 60  1 pickup
cleanup   unix   n - n -   0 cleanup
qmgr      unix   n - n 300 1 qmgr
tlsmgr    unix   - - n 1000? 1 tlsmgr
rewrite   unix   - - n -   - trivial-rewrite
bounce    unix   - - n -   0 bounce
defer     unix   - - n -   0 bounce
trace     unix   - - n -   0 bounce
verify    unix   - - n -   1 verify
virtual   unix   - n n -   - virtual
smtp      unix   - - n -   - smtp
error     unix   - - n -   - error
retry     unix   - - n -   - error
discard   unix   - - n -   - discard
local     unix   - n n -   - local
anvil     unix   - - n -   1 anvil
proxymap  unix   - - n -   - proxymap
postlog   unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """Ports: starttls and smtps. Login: USER, PASSWORD. Mails: maildir.mails.

    mechanisms: those of SASL that it offers. client: the certificate of a client that needs no
    login, and the authority that it is asked from. kdc: for GSSAPI.
    """

    def __init__(self, root, authority, mechanisms="PLAIN LOGIN", client=None, kdc=None):
        self.root = root
        account = pwd.getpwnam("postfix")
        certificate, key = authority.issue("postfix")
        config = root.folder("config")
        root.folder("queue")
        root.folder("data", user="postfix")
        root.folder("mail", user="postfix")
        self.maildir = Maildir(root.path / "mail")
        self.starttls, self.smtps = process.free_port(), process.free_port()
        permit, more = "", ""
        if client is not None:
            permit = "permit_tls_clientcerts,"
            more = POSTFIX_CERTIFICATES.format(fingerprint=fingerprint(client),
                                               authority=authority.certificate)
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "MAIL_CONFIG": str(config)}
        if kdc is not None:
            more += "import_environment = MAIL_CONFIG KRB5_CONFIG\n"
            environment.update(kdc.environment)
        names = dict(root=root.path, certificate=certificate, key=key, uid=account.pw_uid,
                     gid=account.pw_gid, starttls=self.starttls, smtps=self.smtps,
                     permit=permit, more=more)
        (config / "main.cf").write_text(POSTFIX_MAIN.format(**names))
        (config / "master.cf").write_text(POSTFIX_MASTER.format(**names))
        # Debian's Postfix looks only here, whatever cyrus_sasl_config_path says.
        self._make_login(root.folder("config/sasl"), mechanisms, kdc)
        checked = subprocess.run(["postfix", "-c", config, "check"], stdin=subprocess.DEVNULL,
                                 capture_output=True, text=True, env=environment, check=False)
        if checked.returncode != 0:
            raise AssertionError(f"postfix check: {checked.stdout}{checked.stderr}")
        self._master = process.Process(
            [POSTFIX_PROGRAMS / "master", "-c", config, "-d"], root.path / "master.log",
            env=environment, start_new_session=True)
        self._master.ready(lambda: process.answers(self.starttls) and process.answers(self.smtps))

    def _make_login(self, folder, mechanisms, kdc):
        database, keytab = folder / "sasldb2", folder / "keytab"
        if kdc is not None:
            shutil.copy(kdc.server_keytab, keytab)
            shutil.chown(keytab, "postfix")
        (folder / "smtpd.conf").write_text("pwcheck_method: auxprop\nauxprop_plugin: sasldb\n"
                                           f"mech_list: {mechanisms}\n"
                                           f"sasldb_path: {database}\n"
                                           + (f"keytab: {keytab}\n" if kdc else ""))
        # smtpd looks a user without a domain up under the host's own name.
        subprocess.run(["saslpasswd2", "-p", "-c", "-f", database, "-u", "postfix.test.example",
                        USER], input=PASSWORD.encode(), check=True)
        shutil.chown(database, "postfix")

    def log(self):
        return (self.root.path / "postfix.log").read_text(errors="replace")

    def stop(self):
        self._master.stop()


EXIM_CONFIG = """\
exim_user = {user}
exim_group = {user}
spool_directory = {root}/spool
log_file_path = {root}/log/%s.log
pid_file_path = {root}/exim.pid
primary_hostname = exim.test.example
exim_path = {root}/exim4
keep_environment =
daemon_smtp_ports = {starttls} : {smtps}
tls_on_connect_ports = {smtps}
local_interfaces = 127.0.0.1
tls_advertise_hosts = *
tls_certificate = {certificate}
tls_privatekey = {key}
auth_advertise_hosts = ${{if def:tls_in_cipher {{*}}}}
acl_smtp_rcpt = check_recipient
acl_smtp_data = check_data
host_lookup =
rfc1413_hosts =
smtp_accept_max = 100
# Mails are delivered at once, whatever the load of the machine.
queue_only = false
never_users =

begin acl
check_recipient:
  deny !authenticated = *
       message = 5.7.1 log in first
  deny !domains = example.com : example.org
  accept
check_data:
  deny !verify = header_syntax
  accept

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{login}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if and{{{{eq{{$auth1}}{{{login}}}}}{{eq{{$auth2}}{{{password}}}}}}}}}
  server_set_id = $auth1

begin routers
everyone:
  driver = accept
  transport = mailbox

begin transports
mailbox:
  driver = appendfile
  directory = {root}/mail
  maildir_format
  create_directory
  user = {user}
  envelope_to_add
  return_path_add
"""


class Exim:
    """Ports: starttls and smtps. Login: USER, PASSWORD. Mails: maildir.mails."""

    def __init__(self, root, authority):
        self.root = root
        user = "Debian-exim"
        certificate, key = authority.issue("exim")
        shutil.chown(key, user)
        for name in ("spool", "log", "mail"):
            root.folder(name, user=user)
        self.maildir = Maildir(root.path / "mail")
        self.starttls, self.smtps = process.free_port(), process.free_port()
        config = root.path / "exim.conf"
        config.write_text(EXIM_CONFIG.format(
            user=user, root=root.path, certificate=certificate, key=key, login=USER,
            password=PASSWORD, starttls=self.starttls, smtps=self.smtps))
        config.chmod(0o644)
        # The program itself must be where its user can reach it: it runs itself again.
        program = root.path / "exim4"
        shutil.copy(EXIM, program)
        self._daemon = process.Process([program, "-C", config, "-bdf", "-q10s"],
                                       root.path / "exim.log", env={"PATH": os.defpath},
                                       start_new_session=True)
        self._daemon.ready(lambda: process.answers(self.starttls) and process.answers(self.smtps))

    def log(self):
        return (self.root.path / "log/main.log").read_text(errors="replace")

    def stop(self):
        self._daemon.stop()
