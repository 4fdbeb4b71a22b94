# SPDX-License-Identifier: Apache-2.0
"""Mails that arrived, and a mail catcher with TLS and login."""

import asyncio
import email
import email.policy
import logging
import os
import pathlib
import ssl
import threading
import warnings

import aiosmtpd.smtp

from . import process


def defects_of(message):
    """All defects that Python's parser found, in headers and in every part."""
    found = list(message.defects)
    for part in message.walk():
        found += part.defects
        for _, value in part.items():
            found += getattr(value, "defects", [])
    return found


class Mail:
    """One mail as it arrived: envelope (where the server tells it) and content."""

    def __init__(self, content, sender=None, recipients=()):
        self.content = content
        self.sender = sender
        self.recipients = list(recipients)
        self.message = email.message_from_bytes(content, policy=email.policy.default)

    @property
    def subject(self):
        return str(self.message["Subject"])

    @property
    def message_id(self):
        return str(self.message["Message-ID"])

    @property
    def text(self):
        part = self.message.get_body(("plain", "html"))
        return part.get_content() if part is not None else ""

    @property
    def defects(self):
        return defects_of(self.message)


class Maildir:
    """What a mail server delivered into a maildir."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def _files(self):
        return sorted(f for folder in ("new", "cur") if (self.path / folder).is_dir()
                      for f in (self.path / folder).iterdir())

    @property
    def mails(self):
        return [Mail(f.read_bytes()) for f in self._files()]

    def clear(self):
        for file in self._files():
            file.unlink()

    def wait(self, count, seconds=90.0):
        process.wait_for(f"{count} mails in {self.path} (there are {len(self.mails)})",
                         lambda: len(self.mails) >= count, seconds)
        return self.mails


class Catcher:
    """Takes every mail on loopback and keeps it in memory and in a folder.

    tls: "none", "starttls" (offered and needed) or "smtps"; user and password: login is
    needed, which aiosmtpd allows only under TLS. refuse, when set, is called with the
    envelope at the final dot and may return a reply to give instead of taking it. port: that
    of one before, that was stopped; 0: any.
    """

    def __init__(self, folder, certificate=None, tls="none", user=None, password=None,
                 port=0):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.mails = []
        self.refuse = None
        self._lock = threading.Lock()
        context = None
        if tls != "none":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*map(str, certificate))
        options = {"hostname": "localhost", "enable_SMTPUTF8": True,
                   "data_size_limit": 64 << 20}
        if user is not None:
            # A lone SMTPS server never sees STARTTLS, and would warn about that.
            logging.getLogger("mail.log").setLevel(logging.ERROR)
            warnings.filterwarnings("ignore", "Requiring AUTH while not requiring TLS")

            def check(_server, _session, _envelope, _mechanism, data):
                good = (data.login == os.fsencode(user) and data.password == os.fsencode(password))
                return aiosmtpd.smtp.AuthResult(success=good, handled=good)
            options.update(auth_required=True, authenticator=check,
                           auth_require_tls=tls == "starttls")
        if tls == "starttls":
            options.update(tls_context=context, require_starttls=True)
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(self._loop.create_server(
            lambda: aiosmtpd.smtp.SMTP(self, loop=self._loop, **options), process.LOOPBACK, port,
            ssl=context if tls == "smtps" else None))
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    async def handle_DATA(self, _server, _session, envelope):
        """aiosmtpd's hook: a mail is complete."""
        reply = self.refuse(envelope) if self.refuse else None
        if reply:
            return reply
        mail = Mail(envelope.original_content, envelope.mail_from, envelope.rcpt_tos)
        with self._lock:
            self.mails.append(mail)
            number = len(self.mails)
        temporary = self.folder / f".{number:05}"
        temporary.write_bytes(mail.content)
        temporary.rename(self.folder / f"{number:05}.eml")
        return f"250 2.0.0 taken as {number:05}"

    def for_recipient(self, address):
        return [m for m in list(self.mails) if address in m.recipients]

    def wait(self, count, seconds=90.0):
        """Waits until at least this many mails are there, and returns all."""
        process.wait_for(f"{count} mails", lambda: len(self.mails) >= count, seconds)
        return list(self.mails)

    def stop(self):
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _close(self):
        self._server.close()
        rest = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
