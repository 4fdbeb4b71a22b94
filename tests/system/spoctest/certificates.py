# SPDX-License-Identifier: Apache-2.0
"""A certificate authority of the tests' own, made by openssl when it is needed."""

import base64
import hashlib
import subprocess

# What `openssl ca` wants to know before it makes a revocation list.
CA_CONFIG = """\
[ca]
default_ca = tests
[tests]
database = {folder}/index.txt
default_md = sha256
default_crl_days = 30
"""


def _openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def fingerprint(certificate):
    """SHA-256 of the first certificate in a PEM file, as openssl prints it."""
    said = _openssl("x509", "-in", certificate, "-noout", "-fingerprint", "-sha256").decode()
    return said.strip().partition("=")[2]


def pin_of(certificate):
    """sha256//BASE64 of the public key in a PEM file."""
    key = _openssl("x509", "-in", certificate, "-noout", "-pubkey")
    lines = [line for line in key.splitlines() if b"-----" not in line]
    digest = hashlib.sha256(base64.b64decode(b"".join(lines))).digest()
    return "sha256//" + base64.b64encode(digest).decode()


def self_signed(folder, name="localhost"):
    """A server's certificate that nobody vouches for: (certificate, key)."""
    certificate, key = folder / f"{name}-self.pem", folder / f"{name}-self.key"
    _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "365", "-subj",
             f"/CN={name}", "-keyout", key, "-out", certificate, "-addext",
             "basicConstraints=critical,CA:FALSE", "-addext", f"subjectAltName=DNS:{name}")
    certificate.chmod(0o644)
    return certificate, key


class Authority:
    """root.pem is what a client trusts; issue() makes a server's certificate and key.

    above: another authority that signs this one's certificate, which makes it an intermediate.
    """

    def __init__(self, folder, above=None, name="Root of this test run"):
        self.folder = folder
        self.above = above
        self.certificate = folder / "root.pem"
        self._key = folder / "root.key"
        subject = f"/O=cups-spoc tests/CN={name}"
        if above is None:
            _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "365", "-subj",
                     subject, "-keyout", self._key, "-out", self.certificate, "-addext",
                     "keyUsage=critical,keyCertSign,cRLSign")
        else:
            above.sign(self.certificate, self._key, subject, 365,
                       "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
                       "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
        self.certificate.chmod(0o644)

    def sign(self, certificate, key, subject, days, extensions):
        request, file = key.with_suffix(".csr"), key.with_suffix(".ext")
        file.write_text(extensions)
        _openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout", key,
                 "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key,
                 "-CAcreateserial", "-days", days, "-extfile", file, "-out", certificate)
        certificate.chmod(0o644)

    def issue(self, name="localhost", days=365, alternative="DNS:localhost,IP:127.0.0.1",
              usage="serverAuth"):
        """Returns (certificate chain, key); days below zero makes one that has expired.

        alternative None leaves the common name alone. The chain is the certificate, and this authority's where it is an intermediate.
        """
        file = name if alternative else f"{name}-nameless"
        chain, key = self.folder / f"{file}.pem", self.folder / f"{file}.key"
        self.sign(chain, key, f"/CN={name}", days,
                  f"basicConstraints=CA:FALSE\nextendedKeyUsage={usage}\n" +
                  (f"subjectAltName={alternative}\n" if alternative else ""))
        if self.above is not None:
            chain.write_bytes(chain.read_bytes() + self.certificate.read_bytes())
        return chain, key

    def revocation_list(self, *certificates):
        """A PEM file that revokes these."""
        config = self.folder / "ca.conf"
        config.write_text(CA_CONFIG.format(folder=self.folder))
        (self.folder / "index.txt").touch()
        common = ["ca", "-config", config, "-cert", self.certificate, "-keyfile", self._key]
        for certificate in certificates:
            _openssl(*common, "-revoke", certificate)
        made = self.folder / f"revoked-{len(certificates)}.crl"
        _openssl(*common, "-gencrl", "-out", made)
        made.chmod(0o644)
        return made
