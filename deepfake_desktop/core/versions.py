"""Versions of everything that a score depends on, for replay."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from deepfake_desktop import __version__

_PARTS = (
    "torch",
    "av",
    "dlib-bin",
    "face-recognition-models",
    "opencv-python-headless",
    "numpy",
)


def software_versions() -> dict[str, str]:
    """Names to versions; a part without metadata (frozen program) says ``unknown``."""
    versions = {
        "deepfake-desktop": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
    }
    for part in _PARTS:
        try:
            versions[part] = version(part)
        except PackageNotFoundError:
            versions[part] = "unknown"
    return versions
