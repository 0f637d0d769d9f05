"""``python -m deepfake_desktop``."""

from __future__ import annotations

from deepfake_desktop.cli import entry_point

if __name__ == "__main__":
    entry_point()
