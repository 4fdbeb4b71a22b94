# SPDX-License-Identifier: Apache-2.0
"""A certificate authority of the tests' own, made by openssl when it is needed."""

import subprocess


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


class Authority:
    """root.pem is what a client trusts; issue() makes a server's certificate and key."""

    def __init__(self, folder):
        self.folder = folder
        self.certificate = folder / "root.pem"
        self._key = folder / "root.key"
        _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "365", "-subj",
                 "/O=cups-spoc tests/CN=Root of this test run", "-keyout", self._key, "-out",
                 self.certificate, "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self.certificate.chmod(0o644)

    def issue(self, name="localhost", days=365, alternative="DNS:localhost,IP:127.0.0.1"):
        """Returns (certificate chain, key); days below zero makes one that has expired."""
        chain = self.folder / f"{name}.pem"
        key = self.folder / f"{name}.key"
        request = self.folder / f"{name}.csr"
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"basicConstraints=CA:FALSE\nsubjectAltName={alternative}\n"
                              "extendedKeyUsage=serverAuth\n")
        _openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key,
                 "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key,
                 "-CAcreateserial", "-days", days, "-extfile", extensions, "-out", chain)
        chain.chmod(0o644)
        return chain, key
