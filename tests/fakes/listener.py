"""A little HTTP server of another party: it answers each POST alike, and keeps what it was sent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Sent:
    path: str
    headers: Message
    body: bytes


@contextmanager
def listening(
    status: int = 200, text: str = "", *, location: str = "", path: str = "/answers"
) -> Iterator[tuple[str, list[Sent]]]:
    """Its address, and what has been sent to it so far."""
    seen: list[Sent] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", 0))
            seen.append(Sent(self.path, self.headers, self.rfile.read(size)))
            self.send_response(status)
            if location:
                self.send_header("location", location)
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *said: object) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{path}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
