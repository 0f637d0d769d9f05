"""Write requirements.lock: exact versions and hashes for release builds, and no registry's name.

uv run python packaging/lock.py [--upgrade]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
HEADER = """\
# For release builds and for installing the wheel without uv: exact versions, hashes of every file.
# No index line: any mirror that serves these files will do. Written by packaging/lock.py; see
# docs/RELEASING.md.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest allowed versions")
    args = parser.parse_args()
    if args.upgrade:
        subprocess.run(["uv", "lock", "--upgrade", "--quiet"], cwd=ROOT, check=True)
    export = [
        "uv", "export", "--quiet", "--no-dev", "--no-emit-project", "--no-header",
        "--no-annotate", "--format", "requirements.txt",
    ]  # fmt: skip
    text = subprocess.run(export, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    LOCK.write_text(HEADER + text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
