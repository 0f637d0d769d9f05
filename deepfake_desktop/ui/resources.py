"""Where the files that are not code lie: beside the package in a checkout, else inside it.

A frozen program unpacks to the same two layouts, so nothing here needs to know of PyInstaller.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def folder(name: str) -> Path:
    """``resources/NAME`` or ``NAME`` (``models``), wherever this installation keeps it.

    Returns the checkout's place when neither exists, so that a message can name it.
    """
    roots = [PACKAGE, PACKAGE.parent]
    for root in roots:
        if (root / name).is_dir():
            return root / name
    return roots[-1] / name


def resource(*parts: str) -> Path:
    """A file below ``resources``; it need not exist."""
    return folder("resources").joinpath(*parts)
