"""An S3 that takes everything and keeps only small objects: what is measured is who sends, not who stores."""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

KEPT = 1 << 20
_OBJECTS: dict[str, bytes] = {}
_STARTED = b"<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>"
_DONE = b"<CompleteMultipartUploadResult><ETag>1</ETag></CompleteMultipartUploadResult>"
_MISSING = b"<Error><Code>NoSuchKey</Code></Error>"


class Sink(BaseHTTPRequestHandler):
    """PutObject, GetObject and multipart uploads, as far as the extractor needs them."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        """PutObject, UploadPart."""
        length = int(self.headers["Content-Length"])
        if length <= KEPT and "partNumber" not in self.path:
            _OBJECTS[urlsplit(self.path).path] = self.rfile.read(length)
        else:
            room = memoryview(bytearray(KEPT))
            while length:
                length -= self.rfile.readinto(room[: min(length, KEPT)])  # type: ignore[attr-defined]
        self._answer(200, b"")

    def do_POST(self) -> None:
        """CreateMultipartUpload, CompleteMultipartUpload."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(200, _STARTED if self.path.endswith("?uploads") else _DONE)

    def do_GET(self) -> None:
        """GetObject."""
        body = _OBJECTS.get(urlsplit(self.path).path)
        self._answer(404 if body is None else 200, _MISSING if body is None else body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main(port_file: str) -> None:
    """Serve on a free port of this machine, and write its number."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    beside = Path(port_file).with_suffix(".new")
    beside.write_text(str(server.server_port))
    beside.replace(port_file)
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
