"""Where the program's own files and the user's files are: checkout, wheel or frozen bundle."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import platformdirs

APP_NAME = "deepfake-desktop"


@cache
def _bundle_root() -> Path:
    """The folder that holds ``models/`` and ``resources/``."""
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen is not None:
        return Path(frozen)
    package = Path(__file__).resolve().parents[1]
    # A wheel carries both folders inside the package, a checkout beside it.
    return package if (package / "resources").is_dir() else package.parent


def bundled_models_dir() -> Path:
    return _bundle_root() / "models"


def resource_path(name: str) -> Path:
    """Path of a bundled file, e.g. ``samples/authentic.mp4``. It need not exist."""
    return _bundle_root() / "resources" / name


def user_models_dir() -> Path:
    """Where the user's own checkpoints live. It need not exist."""
    return Path(platformdirs.user_data_dir(APP_NAME, appauthor=False)) / "models"


def user_config_dir() -> Path:
    return Path(platformdirs.user_config_dir(APP_NAME, appauthor=False))


def user_cache_dir() -> Path:
    """What may be deleted at any time and is then made again."""
    return Path(platformdirs.user_cache_dir(APP_NAME, appauthor=False))


def user_log_dir() -> Path:
    return Path(platformdirs.user_log_dir(APP_NAME, appauthor=False))
