"""Rules that hold for the whole repository: versions, hosts, locks, names that must agree."""

from __future__ import annotations

import configparser
import plistlib
import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import deepfake_desktop

REPOSITORY = Path(__file__).resolve().parent.parent

# Written in two parts, so that this file keeps its own rule.
REGISTRY_HOSTS = tuple(
    name + "." + domain
    for name, domain in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("download.pytorch", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("deb.debian", "org"),
        ("crates", "io"),
        ("huggingface", "co"),
    )
)


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=False
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    names = listing.stdout.decode().split("\0")
    return [REPOSITORY / name for name in names if name and (REPOSITORY / name).is_file()]


def _texts(paths: list[Path]) -> Iterator[tuple[Path, str]]:
    for path in paths:
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture, a video, a checkpoint


@pytest.fixture(scope="module")
def project() -> dict[str, object]:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))


def test_no_tracked_file_names_a_registry_host(tracked: list[Path]) -> None:
    found = [
        f"{path.relative_to(REPOSITORY)}: {host}"
        for path, text in _texts(tracked)
        for host in REGISTRY_HOSTS
        if host in text
    ]
    assert found == []


def test_no_lock_file_is_tracked(tracked: list[Path]) -> None:
    locks = {"uv.lock", "poetry.lock", "pylock.toml", "Pipfile.lock"}
    assert [path.name for path in tracked if path.name in locks] == []


def test_no_tracked_file_is_too_large_to_clone(tracked: list[Path]) -> None:
    limit_bytes = 95 * 1000 * 1000
    assert [path.name for path in tracked if path.stat().st_size > limit_bytes] == []


def test_the_version_stands_in_one_place(project: dict, tracked: list[Path]) -> None:
    assert "version" in project["project"]["dynamic"]
    assert "version" not in project["project"]
    assert re.fullmatch(r"\d+\.\d+\.\d+([a-z]+\d+)?", deepfake_desktop.__version__)
    others = [
        str(path.relative_to(REPOSITORY))
        for path, text in _texts(tracked)
        if path.suffix == ".py"
        and path.name != "__init__.py"
        and "tests" not in path.parts
        and re.search(r"^(__version__|VERSION|APP_VERSION)\s*=\s*[\"']\d", text, re.MULTILINE)
    ]
    assert others == []


def test_every_dependency_is_bounded_on_both_sides(project: dict) -> None:
    groups = [
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    for text in (text for group in groups for text in group):
        requirement = Requirement(text)
        if canonicalize_name(requirement.name) == "deepfake-desktop":
            continue
        operators = {specifier.operator for specifier in requirement.specifier}
        assert operators & {"<", "<=", "==", "~="}, f"{text} has no upper bound"


# --- requirements.lock -------------------------------------------------------------------------


def _locked() -> dict[str, set[str]]:
    """Name to versions (several where they depend on the Python version)."""
    text = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    for match in re.finditer(r"^([A-Za-z0-9._-]+)==(\S+)", text, re.MULTILINE):
        found.setdefault(canonicalize_name(match[1]), set()).add(match[2])
    return found


def test_the_lock_satisfies_pyproject(project: dict) -> None:
    locked = _locked()
    for text in project["project"]["dependencies"]:
        requirement = Requirement(text)
        versions = locked.get(canonicalize_name(requirement.name), set())
        assert versions, f"{requirement.name} is not locked: uv run python packaging/lock.py"
        for version in versions:
            assert requirement.specifier.contains(version), (
                f"{requirement.name} {version} is locked, pyproject wants {requirement.specifier}: "
                "uv run python packaging/lock.py"
            )


def test_the_lock_has_hashes_and_no_dlib() -> None:
    text = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
    requirements = re.split(r"^(?=[A-Za-z])", text, flags=re.MULTILINE)[1:]
    assert len(requirements) > 20
    assert [r.split()[0] for r in requirements if "--hash=sha256:" not in r] == []
    assert "dlib" not in _locked()
    assert "://" not in text
    assert "--index" not in text


# --- packaging: lists that must agree ----------------------------------------------------------


def test_the_bundle_records_the_versions_that_results_name(bundle: ModuleType) -> None:
    from deepfake_desktop.core import versions

    assert set(bundle.RECORDED_PACKAGES) == set(versions._PARTS)
    assert bundle.project_version() == deepfake_desktop.__version__


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("models/model_90_acc_20_frames_final_data.pt", True),
        ("models/model_90_acc_20_frames_final_data.json", True),
        ("resources/samples/authentic.mp4", True),
        ("face_recognition_models/models/shape_predictor_5_face_landmarks.dat", True),
        ("torch/lib/libtorch_cpu.so", True),
        ("torch/include/ATen/ATen.h", False),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", True),
        ("PySide6/Qt/plugins/platforms/libqoffscreen.so", True),
        ("PySide6/Qt/plugins/multimedia/libffmpegmediaplugin.so", True),
        ("PySide6/Qt/lib/libQt6Quick.so.6", True),  # the plugin above links to it
        ("PySide6/Qt/lib/libQt6VirtualKeyboard.so.6", False),
        ("torch/bin/torch_shm_manager", True),  # import torch looks for it
        ("opencv_python_headless.libs/libavif-43e630fc.so.16", True),
        ("PySide6\\plugins\\tls\\qschannelbackend.dll", False),
        ("PySide6/Qt/qml/QtQuick/qmldir", False),
        ("PySide6/Qt/translations/qtbase_de.qm", True),
        ("PySide6/Qt/translations/qtbase_fr.qm", False),
        ("PySide6/Qt/translations/qt_help_de.qm", False),
    ],
)
def test_what_stays_in_the_bundle(bundle: ModuleType, path: str, kept: bool) -> None:
    assert bundle.is_needed(path) is kept


def test_the_windows_installer_offers_the_same_video_types(bundle: ModuleType) -> None:
    script = (REPOSITORY / "packaging/windows/installer.iss").read_text(encoding="utf-8-sig")
    offered = re.findall(r'SupportedTypes".*ValueName: "\.(\w+)"', script)
    assert tuple(offered) == bundle.VIDEO_EXTENSIONS
    assert "PrivilegesRequired=lowest" in script
    assert re.search(r"^AppId=\{\{[0-9A-F-]{36}\}$", script, re.MULTILINE)


def test_the_linux_menu_entry_is_complete(bundle: ModuleType) -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read(REPOSITORY / f"packaging/linux/{bundle.APP_ID}.desktop", encoding="utf-8")
    desktop = entry["Desktop Entry"]
    assert desktop["Exec"].endswith(" %F")
    assert desktop["Icon"] == bundle.APP_ID
    assert "video/mp4" in desktop["MimeType"].split(";")
    about = ET.parse(REPOSITORY / f"packaging/linux/{bundle.APP_ID}.metainfo.xml").getroot()
    assert about.findtext("id") == bundle.APP_ID
    assert about.findtext("launchable") == f"{bundle.APP_ID}.desktop"


def test_the_mac_entitlements_ask_for_no_network() -> None:
    entitlements = plistlib.loads((REPOSITORY / "packaging/macos/entitlements.plist").read_bytes())
    assert entitlements
    assert not [name for name in entitlements if "network" in name or "device" in name]


def test_style_sheets_survive_a_folder_with_a_space() -> None:
    """Unquoted, a path with a space ends the style sheet: the program then opens unstyled."""
    sheets = sorted((REPOSITORY / "resources").rglob("*.qss"))
    assert sheets
    for sheet in sheets:
        assert not re.findall(r"url\([^\"')]", sheet.read_text(encoding="utf-8")), sheet.name


# --- start -------------------------------------------------------------------------------------


def test_the_command_line_starts_without_its_heavy_parts() -> None:
    """`deepfake-desktop --help` answers at once: torch, dlib, Qt and the decoders come later."""
    code = (
        "import sys, deepfake_desktop.cli as cli\n"
        "cli.build_parser().format_help()\n"
        "heavy = {'torch', 'torchvision', 'dlib', 'face_recognition', 'cv2', 'av', 'PySide6',\n"
        "         'sklearn', 'matplotlib', 'scipy', 'skimage'}\n"
        "print(*sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == []


# --- documents ---------------------------------------------------------------------------------


def test_the_readme_states_the_two_commands() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert "uv run deepfake-desktop analyze resources/samples/authentic.mp4" in readme
    assert re.search(r"^uv run pytest$", readme, re.MULTILINE)
    script = (REPOSITORY / ".ci/run").read_text(encoding="utf-8")
    assert re.search(r"^uv run pytest$", script, re.MULTILINE), "CI runs the README's command"


def test_links_inside_the_repository_lead_somewhere(tracked: list[Path]) -> None:
    broken = []
    for path, text in _texts([p for p in tracked if p.suffix == ".md"]):
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            if "://" in target or target.startswith("mailto:"):
                continue
            if not (path.parent / target).exists():
                broken.append(f"{path.relative_to(REPOSITORY)} -> {target}")
    assert broken == []
