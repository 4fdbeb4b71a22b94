# SPDX-License-Identifier: Apache-2.0
"""A real MIT KDC in a private folder: a realm with a mail server and a printer in it."""

import subprocess

from . import process

REALM = "PRINT.TEST"
CLIENT = "printer"
SERVICE = "smtp/localhost"

# The name of the server is taken as it is: loopback has many names, and what DNS says varies.
KRB5 = """\
[libdefaults]
    default_realm = {realm}
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    rdns = false
    udp_preference_limit = 1
    ignore_acceptor_hostname = true
[realms]
    {realm} = {{
        kdc = 127.0.0.1:{port}
    }}
[domain_realm]
    localhost = {realm}
[logging]
    kdc = FILE:{root}/kdc.log
    default = FILE:{root}/krb5.log
"""
KDC = """\
[kdcdefaults]
    kdc_listen = 127.0.0.1:{port}
    kdc_tcp_listen = 127.0.0.1:{port}
[realms]
    {realm} = {{
        database_name = {root}/data/principal
        key_stash_file = {root}/data/stash
        acl_file = {root}/data/acl
        max_life = {life}
    }}
"""


class Kdc:
    """environment: what a client and a server need to find it. server_keytab, client_keytab.

    life: how long a ticket lives, as kdc.conf has it.
    """

    def __init__(self, root, life="1h 0m 0s"):
        self.root = root
        self.port = process.free_port()
        root.folder("data", 0o700)
        names = dict(realm=REALM, root=root.path, port=self.port, life=life)
        for name, text in (("krb5.conf", KRB5), ("kdc.conf", KDC)):
            (root.path / name).write_text(text.format(**names))
            (root.path / name).chmod(0o644)
        self.environment = {"KRB5_CONFIG": str(root.path / "krb5.conf")}
        self._own = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **self.environment,
                     "KRB5_KDC_PROFILE": str(root.path / "kdc.conf")}
        self._run("kdb5_util", "create", "-s", "-r", REALM, "-P", "of the tests")
        self.client_keytab = self._principal(CLIENT, "client.keytab")
        self.server_keytab = self._principal(SERVICE, "server.keytab")
        self._kdc = None
        self.start()

    def start(self):
        self._kdc = process.Process(["/usr/sbin/krb5kdc", "-n", "-r", REALM],
                                    self.root.path / "krb5kdc.log", env=self._own)
        self._kdc.ready(lambda: process.answers(self.port))

    def stop(self):
        self._kdc.stop()

    def new_key(self, principal=CLIENT):
        """The keytab that was made before is worth nothing any more."""
        self._admin("change_password", "-randkey", principal)

    def renew_keytab(self):
        """The client's keytab with a new key, after new_key()."""
        self.client_keytab.unlink(missing_ok=True)
        self._admin("ktadd", "-k", str(self.client_keytab), CLIENT)
        return self.client_keytab

    def log(self):
        return (self.root.path / "kdc.log").read_text(errors="replace")

    def _principal(self, name, file):
        keytab = self.root.path / file
        self._admin("add_principal", "-randkey", name)
        self._admin("ktadd", "-k", str(keytab), name)
        return keytab

    def _admin(self, *arguments):
        self._run("kadmin.local", "-r", REALM, *arguments)

    def _run(self, *arguments):
        done = subprocess.run(arguments, env=self._own, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{arguments}: {done.stdout}{done.stderr}")
