# SPDX-License-Identifier: Apache-2.0
"""A real nginx over TLS in a private folder."""

import os

from . import process

CONFIG = """\
daemon off;
master_process off;
pid {root}/nginx.pid;
error_log {root}/error.log info;
events {{ worker_connections 64; }}
http {{
    log_format told escape=none
        '$status $request_uri $http_if_none_match|$http_if_modified_since';
    access_log {root}/access.log told;
    client_body_temp_path {root}/tmp;
    proxy_temp_path {root}/tmp;
    fastcgi_temp_path {root}/tmp;
    uwsgi_temp_path {root}/tmp;
    scgi_temp_path {root}/tmp;
    default_type text/plain;
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name localhost;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_protocols {protocols};
        root {root}/files;
        {locations}
    }}
    server {{
        listen 127.0.0.1:{plain_port};
        root {root}/files;
    }}
}}
"""


class Nginx:
    """Serves the folder `files` at https://localhost:port, and at plain_port without TLS.

    certificate: (chain, key) as Authority.issue() gives them.
    """

    def __init__(self, root, certificate, locations="", protocols="TLSv1.2"):
        self.root = root
        self.files = root.folder("files")
        root.folder("tmp")
        self.port = process.free_port()
        self.plain_port = process.free_port()
        self._locations = locations.replace("{plain}", f"http://localhost:{self.plain_port}")
        self._protocols = protocols
        self._process = None
        self.start(certificate)

    def start(self, certificate):
        chain, key = certificate
        config = self.root.path / "nginx.conf"
        config.write_text(CONFIG.format(root=self.root.path, port=self.port, certificate=chain,
                                        plain_port=self.plain_port, key=key,
                                        protocols=self._protocols, locations=self._locations))
        # With -e first nothing is written below /var, not even before the file is read.
        self._process = process.Process(
            ["/usr/sbin/nginx", "-e", self.root.path / "error.log", "-p", self.root.path, "-c",
             config], self.root.path / "nginx.log", env={"PATH": os.defpath})
        self._process.ready(lambda: process.answers(self.port))

    def stop(self):
        self._process.stop()

    def url(self, path):
        return f"https://localhost:{self.port}/{path}"

    def requests(self):
        """(status, path, validators sent) of each request over HTTP, in order."""
        log = self.root.path / "access.log"
        told = [line.split(" ", 2) for line in log.read_text().splitlines()]
        return [(int(status), path, validators) for status, path, validators in told]
