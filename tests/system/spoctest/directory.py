# SPDX-License-Identifier: Apache-2.0
"""A private slapd on loopback: people in it, TLS as a test wants it."""

import os
import shutil
import signal
import subprocess

from . import process
from .process import Process

BASE = "ou=people,dc=example,dc=com"
BIND_DN = "cn=reader,dc=example,dc=com"
PASSWORD = "reader's secret"

CONFIG = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {root}/slapd.pid
argsfile {root}/slapd.args
loglevel stats
authz-regexp "gidNumber={gid}\\\\+uidNumber={uid},cn=peercred,cn=external,cn=auth" "{bind_dn}"
authz-regexp "cn=spocd" "{bind_dn}"
{tls}
{more}
database mdb
suffix "dc=example,dc=com"
directory {root}/data
rootdn "cn=admin,dc=example,dc=com"
rootpw admin
maxsize 10485760
index uid eq
access to attrs=userPassword by anonymous auth
access to * {access}
"""
ANYBODY = "by * read"
READER = "by users read by anonymous none"

TREE = f"""\
dn: dc=example,dc=com
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: {BASE}
objectClass: organizationalUnit
ou: people

dn: ou=staff,{BASE}
objectClass: organizationalUnit
ou: staff

dn: {BIND_DN}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: {PASSWORD}
"""


def entry(uid, name, *mails, language=None, below=BASE, rdn=None):
    """One person as LDIF."""
    lines = [f"dn: cn={rdn or name},{below}", "objectClass: inetOrgPerson", f"cn: {name}",
             f"sn: {name.split()[-1]}", f"uid: {uid}"]
    if rdn is not None and rdn != name:
        lines.append(f"cn: {rdn}")
    lines += [f"mail: {mail}" for mail in mails]
    if language is not None:
        lines.append(f"preferredLanguage: {language}")
    return "\n".join(lines) + "\n"


class Directory:
    """start() and stop() as often as wanted; ports and entries stay."""

    def __init__(self, root, *entries):
        self.root = root.path
        self.port = process.free_port()
        self.tls_port = process.free_port()
        self.socket = self.root / "ldapi"
        self.log = self.root / "slapd.log"
        self._process = None
        self._entries = "\n".join([TREE, *entries])
        shutil.rmtree(self.root / "data", ignore_errors=True)
        root.folder("data", 0o700)
        self._configure(ANYBODY, None, "")
        data = self.root / "people.ldif"
        data.write_text(self._entries)
        subprocess.run(["/usr/sbin/slapadd", "-f", self.root / "slapd.conf", "-l", data],
                       check=True, stdin=subprocess.DEVNULL, capture_output=True)

    def _configure(self, access, certificate, more):
        tls = ("" if certificate is None else
               f"TLSCertificateFile {certificate[0]}\nTLSCertificateKeyFile {certificate[1]}")
        (self.root / "slapd.conf").write_text(CONFIG.format(
            root=self.root, bind_dn=BIND_DN, tls=tls, more=more, access=access,
            uid=os.getuid(), gid=os.getgid()))

    def start(self, certificate=None, access=ANYBODY, more=""):
        """certificate: (chain, key), without which there is no TLS."""
        self._configure(access, certificate, more)
        places = [f"ldap://127.0.0.1:{self.port}",
                  "ldapi://" + str(self.socket).replace("/", "%2F")]
        if certificate is not None:
            places.append(f"ldaps://127.0.0.1:{self.tls_port}")
        # With a debug level it stays in the foreground.
        self._process = Process(["/usr/sbin/slapd", "-f", self.root / "slapd.conf", "-h",
                                 " ".join(places), "-d", "stats"], self.log)
        self._process.ready(lambda: process.answers(self.port))
        return self

    def halt(self):
        """No thread of it says anything more, when this returns."""
        self._process.popen.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.popen.pid, os.WSTOPPED)

    def go_on(self):
        self._process.popen.send_signal(signal.SIGCONT)

    def stop(self):
        if self._process is not None:
            self._process.stop()
        self._process = None

    def searches(self):
        """The filters that were searched for, in order."""
        if not self.log.exists():
            return []
        lines = self.log.read_text(errors="replace").splitlines()
        return [line.partition('filter="')[2].rstrip('"') for line in lines
                if " SRCH base=" in line]

    @property
    def uri(self):
        return f"ldap://localhost:{self.port}"

    @property
    def tls_uri(self):
        return f"ldaps://localhost:{self.tls_port}"

    @property
    def local_uri(self):
        return "ldapi://" + str(self.socket).replace("/", "%2F")
