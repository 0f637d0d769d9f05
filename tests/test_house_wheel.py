"""The wheel: what is inside, and that it works where nothing of this checkout is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
UV = shutil.which("uv")
pytestmark = pytest.mark.skipif(UV is None, reason="uv is not installed")


def _run(*command: str | Path, cwd: Path, environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False,
        timeout=1800, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _run(UV, "build", "--wheel", "--quiet", "--out-dir", folder, REPOSITORY, cwd=folder)
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_carries_models_and_resources(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("models", "resources"):
        here = {
            f"deepfake_desktop/{folder}/{path.relative_to(REPOSITORY / folder).as_posix()}"
            for path in (REPOSITORY / folder).rglob("*")
            if path.is_file() and path.suffix in {".pt", ".json", ".mp4", ".svg", ".qss", ".qm"}
        }
        assert here, f"{folder} is empty"
        assert here <= names
    assert "deepfake_desktop/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "packaging/", "build/"))]


def test_the_wheel_names_the_program_and_its_version(wheel: Path) -> None:
    from deepfake_desktop import __version__

    archive = zipfile.ZipFile(wheel)
    inner = f"deepfake_desktop-{__version__}.dist-info"
    assert "deepfake-desktop = deepfake_desktop.cli:entry_point" in archive.read(
        f"{inner}/entry_points.txt"
    ).decode("utf-8")
    metadata = archive.read(f"{inner}/METADATA").decode("utf-8")
    assert f"\nVersion: {__version__}\n" in metadata
    assert "\nLicense-Expression: MIT\n" in metadata
    needs = re.findall(r"^Requires-Dist: ([\w-]+)", metadata, re.MULTILINE)
    assert "dlib-bin" in needs
    assert not {"dlib", "face-recognition"} & set(needs), "those want a compiler"


def _works(program: Path, where: Path) -> None:
    """The installed program analyses its own sample with its own checkpoint."""
    listed = json.loads(_run(program, "models", "--json", cwd=where))
    assert listed
    root = program.parent.parent.resolve()
    assert all(Path(entry["path"]).resolve().is_relative_to(root) for entry in listed)
    (sample,) = root.rglob("deepfake_desktop/resources/samples/authentic.mp4")
    result = json.loads(_run(program, "analyze", sample, "--json", "-", cwd=where))
    assert result["verdict"]["label"] in {"FAKE", "REAL", "INCONCLUSIVE"}
    assert result["software"]["deepfake-desktop"] != "unknown"


def _scripts(environment: Path) -> Path:
    return environment / ("Scripts" if sys.platform == "win32" else "bin")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_uv_installs_the_wheel_as_a_tool(wheel: Path, tmp_path: Path) -> None:
    """The wheel alone is enough: no overrides, no extra index, and no compiler for dlib."""
    environment = os.environ | {
        "UV_TOOL_DIR": str(tmp_path / "tools"),
        "UV_TOOL_BIN_DIR": str(tmp_path / "bin"),
        "CC": "false",
        "CXX": "false",
    }
    _run(
        UV, "tool", "install", "--quiet", "--python", sys.executable, wheel,
        cwd=tmp_path, environment=environment,
    )  # fmt: skip
    _works(_scripts(tmp_path / "tools/deepfake-desktop") / "deepfake-desktop", tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_pip_installs_the_wheel_over_the_lock(wheel: Path, tmp_path: Path) -> None:
    """The lock alone, hashes checked, is all that the wheel needs. uv fills the environment (pip
    would fetch gigabytes anew); pip installs the wheel."""
    environment = tmp_path / "locked"
    _run(UV, "venv", "--quiet", "--seed", "--python", sys.executable, environment, cwd=tmp_path)
    _run(
        UV, "pip", "install", "--quiet", "--python", environment, "--no-deps", "--require-hashes",
        "-r", REPOSITORY / "requirements.lock", cwd=tmp_path,
    )  # fmt: skip
    _run(
        _scripts(environment) / "python", "-m", "pip", "install", "--quiet", "--no-deps",
        "--no-index", wheel, cwd=tmp_path,
    )  # fmt: skip
    _works(_scripts(environment) / "deepfake-desktop", tmp_path)
