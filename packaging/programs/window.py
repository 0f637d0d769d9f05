"""Entry of the window program of the bundle: opens the window, with the files it was given.

A double click on a video, "Open with" and a drop on the program's icon all arrive as bare paths.
"""

from __future__ import annotations

import multiprocessing
import sys

if __name__ == "__main__":
    multiprocessing.freeze_support()
    sys.argv[1:1] = ["open"]
    from deepfake_desktop.cli import entry_point

    sys.exit(entry_point())
