"""What every test gets: a home of its own, no screen, and no thread left behind."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

# Before anything imports Qt. A developer who wants to watch sets QT_QPA_PLATFORM=xcb.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

REPOSITORY = Path(__file__).resolve().parent.parent

# Threads that a library keeps for the life of the process by design, by the start of their name.
_LASTING_THREADS = ("pytest_timeout", "tqdm_monitor", "pydevd", "IPythonHistory")


@pytest.fixture(scope="session", autouse=True)
def isolated_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test reads or writes the settings, models, history or caches of the person running it."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "USERPROFILE"):
            patch.setenv(name, str(home))
        for name, folder in (
            ("XDG_CONFIG_HOME", ".config"),
            ("XDG_DATA_HOME", ".local/share"),
            ("XDG_CACHE_HOME", ".cache"),
            ("XDG_STATE_HOME", ".local/state"),
            ("XDG_RUNTIME_DIR", ".runtime"),
            ("APPDATA", "AppData/Roaming"),
            ("LOCALAPPDATA", "AppData/Local"),
            ("MPLCONFIGDIR", ".matplotlib"),
        ):
            path = home / folder
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            patch.setenv(name, str(path))
        patch.setenv("MPLBACKEND", "Agg")
        patch.delenv("WAYLAND_DISPLAY", raising=False)
        yield home


def _running() -> set[threading.Thread]:
    # Python makes a dummy for each foreign thread (a QThread, say) that once ran Python code and
    # never removes it: it says nothing about whether that thread still runs.
    return {
        thread
        for thread in threading.enumerate()
        if not isinstance(thread, threading._DummyThread)
        and not thread.name.startswith(_LASTING_THREADS)
    }


@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    """A test that returns while its threads still run has lost control of them."""
    before = _running()
    yield
    deadline = time.monotonic() + 3.0
    while (leaked := _running() - before) and time.monotonic() < deadline:
        time.sleep(0.01)
    if leaked:
        names = ", ".join(sorted(f"{t.name}{' (daemon)' if t.daemon else ''}" for t in leaked))
        pytest.fail(f"threads left running: {names}", pytrace=False)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Pictures and clips that lie beside a developer's checkout; tests without them are skipped."""
    path = REPOSITORY.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip("../shared/data is not here")
    return path


@pytest.fixture(scope="module")
def packaging_scripts() -> Iterator[None]:
    """The scripts under packaging/ can be imported by their names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(REPOSITORY / "packaging"))
        yield


@pytest.fixture(scope="module")
def bundle(packaging_scripts: None) -> ModuleType:
    """packaging/bundle.py"""
    return import_module("bundle")
