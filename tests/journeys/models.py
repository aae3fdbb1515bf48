"""A model vendor for the journeys: an OpenAI-compatible server in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.journeys.console import ROOT

SERVER = "tests.fakes.model_server"


@contextmanager
def model_server(answer: str, latency: float = 0.0) -> Iterator[str]:
    """The base URL of a server that answers by `answer` ("expected:FILE:7") after `latency` seconds."""
    process = subprocess.Popen(
        [sys.executable, "-m", SERVER, "--port", "0", "--latency", str(latency), "--answer", answer],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(5)
        process.stdout.close()
