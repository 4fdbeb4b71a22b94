# SPDX-License-Identifier: Apache-2.0
"""A mail server whose TLS is exactly what a test wants, and that keeps all that it hears."""

import socket
import ssl
import threading
import warnings

from . import process


def context(certificate, version=None, suites=None, client_root=None):
    """A server's SSLContext: one version alone, or these suites (OpenSSL's names) alone."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        # It is deprecated, and here to be refused.
        warnings.simplefilter("ignore", DeprecationWarning)
        if version is not None:
            if version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
                made.set_ciphers("ALL:@SECLEVEL=0")
            made.minimum_version = made.maximum_version = version
    if suites is not None:
        made.set_ciphers(suites)
    made.load_cert_chain(*map(str, certificate))
    if client_root is not None:
        made.load_verify_locations(str(client_root))
        made.verify_mode = ssl.CERT_REQUIRED
    return made


class TlsServer:
    """Takes every mail, by TLS from the first byte or by STARTTLS.

    mails: what came whole. clear and secret: every byte heard before and under TLS. used: a
    (version, suite) per handshake that succeeded.
    """

    def __init__(self, tls_context, starttls=False):
        self.context = tls_context
        self.starttls = starttls
        self.mails = []
        self.clear = b""
        self.secret = b""
        self.used = []
        self.connections = 0
        self._lock = threading.Lock()
        self._open = set()
        self._socket = socket.create_server((process.LOOPBACK, 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def heard_of_mail(self):
        """Whether it learned anything of a mail: an address or a line of it."""
        heard = (self.clear + self.secret).upper()
        return any(word in heard for word in (b"MAIL FROM", b"RCPT TO", b"DATA", b"AUTH"))

    def forget(self):
        self.mails.clear()
        self.used.clear()
        self.clear = self.secret = b""
        self.connections = 0

    def stop(self):
        self._socket.close()
        with self._lock:
            for client in self._open:
                client.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        client.settimeout(60)
        self._remember(client)
        try:
            self._talk(client)
        except (OSError, EOFError, ValueError):
            pass
        finally:
            client.close()

    def _remember(self, client):
        with self._lock:
            self._open.add(client)

    def _under_tls(self, client):

        client = self.context.wrap_socket(client, server_side=True)
        self._remember(client)
        self.used.append((client.version(), client.cipher()[0]))
        return client

    def _line(self, client, pending, is_secret):
        while b"\n" not in pending:
            piece = client.recv(65536)
            if not piece:
                raise EOFError
            if is_secret:
                self.secret += piece
            else:
                self.clear += piece
            pending += piece
        line, _, rest = pending.partition(b"\n")
        return line.rstrip(b"\r"), rest

    def _talk(self, client):
        is_secret = not self.starttls
        if is_secret:
            client = self._under_tls(client)
        client.sendall(b"220 tls\r\n")
        pending, content = b"", None
        while True:
            line, pending = self._line(client, pending, is_secret)
            verb = line[:4].upper()
            if content is not None:
                if line != b".":
                    content.append(line)
                    continue
                self.mails.append(b"\r\n".join(content))
                content = None
                client.sendall(b"250 2.0.0 taken\r\n")
            elif verb == b"EHLO":
                offer = b"" if is_secret else b"250-STARTTLS\r\n"
                client.sendall(b"250-tls\r\n" + offer + b"250 PIPELINING\r\n")
            elif verb == b"STAR":
                client.sendall(b"220 2.0.0 go on\r\n")
                client = self._under_tls(client)
                is_secret, pending = True, b""
            elif verb == b"DATA":
                content = []
                client.sendall(b"354 go on\r\n")
            elif verb == b"QUIT":
                client.sendall(b"221 2.0.0 bye\r\n")
                return
            else:
                client.sendall(b"250 2.0.0 fine\r\n")
