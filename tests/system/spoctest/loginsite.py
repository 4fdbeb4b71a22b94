# SPDX-License-Identifier: Apache-2.0
"""A Site whose mail server wants TLS and a login, and what its tests ask."""

import json
import shutil

from . import process
from .cups import build_folder
from .leaks import Leaks
from .site import Site, stream

TO = "spoc:alice@example.com"


class LoginSite(Site):
    """secrets: those that must lie nowhere; a function, since tokens come and go."""

    def __init__(self, authority, port, secrets=lambda: [], **keys):
        self.authority, self.port, self.keys = authority, port, keys
        super().__init__(port, **self._all(keys))
        for name, program in (("notifier", "plugin/notifier/spoc"), ("backend", "backend/spoc")):
            self.root.folder(f"bin/{name}").joinpath("spoc").symlink_to(build_folder() / program)
        self.leaks = Leaks(self, secrets, [self.root.path / "etc/spoc"])

    def _all(self, keys):
        return {"mailSmtpEncryption": "STARTTLS_REQUIRED", "trustStore":
                self.authority.certificate, "trustSystemCertificates": "false", **keys}

    def change(self, port=None, **keys):
        """Other settings above those of the beginning; None takes one out."""
        merged = {k: v for k, v in {**self.keys, **keys}.items() if v is not None}
        self.configure(port or self.port, **self._all(merged))

    def secret_file(self, name, content):
        """A file beside spoc.conf; its name is what a setting is given."""
        file = self.root.path / "etc/spoc" / name
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            file.write_text(content)
        file.chmod(0o640)
        shutil.chown(file, "root", "lp")
        return file

    def mail(self, *numbers):
        self.notify(stream(numbers), TO)

    def states(self):
        """{state: count} of the queue."""
        counts = {}
        for message in json.loads(self.leaks.spocctl("queue", "list", "--json").stdout):
            counts[message["state"]] = counts.get(message["state"], 0) + 1
        return counts

    def wait_state(self, state, count=1, seconds=60.0):
        """Waits until so many messages are in that state, by what lies in the spool."""
        process.wait_for(f"{count} messages to be {state}; the log: {self.log()[-2000:]}",
                         lambda: len(self.files(state)) >= count, seconds)

    def wait_log(self, *words, seconds=60.0):
        """Waits until a line of the log has all the words, and returns those that do."""
        process.wait_for(f"a line with {words}", lambda: self.lines(*words), seconds)
        return self.lines(*words)

    def errors(self):
        return [x for x in self.log().splitlines() if x.startswith("ERROR")]

    def lines(self, *words):
        """The lines of the log that have all the words."""
        return [x for x in self.log().splitlines() if all(w in x for w in words)]
