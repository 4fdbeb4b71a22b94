# SPDX-License-Identifier: Apache-2.0
"""A cupsd that answers the questions of spocd as a test says, or does not."""

import http.server
import struct
import threading

GET_JOB, GET_PRINTER, GET_SUBSCRIPTION = 0x09, 0x0b, 0x18
NOT_FOUND, FORBIDDEN = 0x0406, 0x0401


def _value(tag, name, content):
    return (struct.pack(">BH", tag, len(name)) + name.encode()
            + struct.pack(">H", len(content)) + content)


def _integer(name, number):
    return _value(0x21, name, struct.pack(">i", number))


def ipp(status, *groups):
    return b"".join([struct.pack(">BBHI", 2, 0, status, 1), b"\x01",
                     _value(0x47, "attributes-charset", b"utf-8"),
                     _value(0x48, "attributes-natural-language", b"en"), *groups, b"\x03"])


def subscription(number, job=0, printer=None):
    uri = [_value(0x45, "notify-printer-uri", printer.encode())] if printer else []
    return ipp(0, b"\x06", _integer("notify-subscription-id", number),
               *([_integer("notify-job-id", job)] if job else []), *uri)


def job(number, owner):
    return ipp(0, b"\x02", _integer("job-id", number),
               _value(0x42, "job-originating-user-name", owner.encode()))


class FakeCups:
    """answers: operation to bytes, to an HTTP status, or to a function of the request that gives
    one of them; what is not there is not found. asked: the operations."""

    def __init__(self):
        self.answers = {}
        self.asked = []
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # noqa: N802
                body = self._body()
                operation = struct.unpack(">H", body[2:4])[0]
                fake.asked.append(operation)
                answer = fake.answers.get(operation, ipp(NOT_FOUND))
                if callable(answer):
                    answer = answer(body)
                status, content = (answer, b"no") if isinstance(answer, int) else (200, answer)
                self.send_response(status)
                self.send_header("Content-Type",
                                 "application/ipp" if status == 200 else "text/html")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def _body(self):
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers["Content-Length"]))
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def log_message(self, *_arguments):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
