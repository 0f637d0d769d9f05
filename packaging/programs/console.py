"""Entry of the console program of the bundle: the command line, as `deepfake-desktop` elsewhere."""

from __future__ import annotations

import multiprocessing
import sys

if __name__ == "__main__":
    multiprocessing.freeze_support()
    from deepfake_desktop.cli import entry_point

    sys.exit(entry_point())
