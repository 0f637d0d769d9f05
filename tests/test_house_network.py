"""The program opens no socket: watched from inside Python, and from outside by the kernel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SAMPLE = REPOSITORY / "resources/samples/authentic.mp4"
CHECKPOINTS = sorted((REPOSITORY / "models").glob("*.pt"))

# Runs the code given as an argument, then prints every attempt to use a network. Sockets inside
# the machine (AF_UNIX: the desktop's own) are not the network.
WATCH = """
import socket, sys
seen = []
def watch(event, arguments):
    if event == "socket.__new__" and arguments[1] in (socket.AF_INET, socket.AF_INET6):
        seen.append(event)
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr",
                   "urllib.Request", "http.client.connect", "ftplib.connect", "smtplib.connect"):
        seen.append(event)
sys.addaudithook(watch)
exec(sys.argv[1])
print("NETWORK", *seen, file=sys.stderr)
"""

ANALYZE = f"""
from deepfake_desktop.cli import main
assert main(["analyze", {str(SAMPLE)!r}, "--frames", "10", "--budget", "20"]) == 0
"""


def _watched(code: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", WATCH, code], capture_output=True, text=True, check=False,
        timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    last = done.stderr.splitlines()[-1].split()
    assert last[0] == "NETWORK"
    return last[1:]


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.socket(socket.AF_INET).close()",
        "import socket\ntry: socket.getaddrinfo('localhost', 80)\nexcept OSError: pass",
    ],
)
def test_the_watch_sees_a_socket(code: str) -> None:
    assert _watched(code) != []


needs_checkpoint = pytest.mark.skipif(not CHECKPOINTS, reason="no checkpoint in models/")


@needs_checkpoint
def test_an_analysis_uses_no_network() -> None:
    assert _watched(ANALYZE) == []


@needs_checkpoint
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_kernel_sees_no_internet_socket(tmp_path: Path) -> None:
    """Native libraries (torch, FFmpeg, Qt) are not seen by Python's audit hooks."""
    log = tmp_path / "sockets"
    probe = subprocess.run(
        ["strace", "-f", "-qq", "-e", "trace=socket", "-o", str(log), "true"], check=False
    )
    if probe.returncode != 0:
        pytest.skip("strace may not trace here")
    done = subprocess.run(
        [
            "strace", "-f", "-qq", "-e", "trace=socket,connect", "-o", str(log),
            sys.executable, "-c", ANALYZE,
        ],
        capture_output=True, text=True, check=False, timeout=280, env=os.environ,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    calls = log.read_text(encoding="utf-8", errors="replace")
    assert re.findall(r"(?:socket|connect)\(.*AF_INET6?.*", calls) == []
