"""Entry of the bundle's programs: the window, or under a name that ends in -cli the command line.

A double click on a video, "Open with" and a drop on the program's icon all arrive as bare paths.
On Linux the two names are one file; on Windows and macOS, where a program has a console or has
none, they are two.
"""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path

# They need libraries (the training extra) that the bundle leaves out.
FROM_SOURCE_ONLY = ("train", "evaluate", "calibrate")


def main() -> int | None:
    if not Path(sys.argv[0]).stem.lower().endswith("-cli"):
        sys.argv[1:1] = ["open"]
    elif sys.argv[1:2] and sys.argv[1] in FROM_SOURCE_ONLY:
        print(
            f"deepfake-desktop: {sys.argv[1]} is not part of the installed program. Run it from "
            f"the source: uv sync --extra train, then uv run deepfake-desktop {sys.argv[1]}.",
            file=sys.stderr,
        )
        return 2
    from deepfake_desktop.cli import entry_point

    return entry_point()


if __name__ == "__main__":
    multiprocessing.freeze_support()
    sys.exit(main())
