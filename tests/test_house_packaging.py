"""The judge of the frozen program's smoke test, and the cutting of the lock."""

from __future__ import annotations

import hashlib
import json
import os
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from deepfake_desktop import __version__

PACKAGING = Path(__file__).resolve().parent.parent / "packaging"
OWN = ("/tmp/Müller हिन्दी/deepfake-desktop/", "/tmp/Müller हिन्दी/home/")

pytestmark = pytest.mark.usefixtures("packaging_scripts")


@pytest.fixture(scope="module")
def smoke(packaging_scripts: None) -> ModuleType:
    return import_module("smoke_test")


@pytest.mark.parametrize(
    "line",
    [
        '7 openat(AT_FDCWD, "/tmp/M\\303\\274ller \\340\\244\\271\\340\\244\\277\\340\\244\\250'
        '\\340\\245\\215\\340\\244\\246\\340\\245\\200/home/x", O_WRONLY|O_CREAT, 0666) = 3',
        '7 openat(AT_FDCWD, "/usr/lib/x86_64-linux-gnu/libc.so.6", O_RDONLY|O_CLOEXEC) = 3',
        '7 openat(AT_FDCWD, "/etc/fonts/fonts.conf", O_RDONLY) = 3',
        '7 openat(AT_FDCWD, "/dev/null", O_RDWR) = 3',
        '7 openat(AT_FDCWD, "/tmp", O_RDONLY|O_NONBLOCK|O_DIRECTORY) = 3',
        '7 openat(AT_FDCWD, "/opt/absent", O_RDONLY) = -1 ENOENT (No such file or directory)',
        "7 socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3",
        '7 execve("/bin/true", ["true"], 0x7ffd /* 3 vars */) = 0',
        "7 +++ exited with 0 +++",
    ],
)
def test_what_a_frozen_program_may_do(smoke: ModuleType, line: str) -> None:
    assert smoke.judge(line, OWN) is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("7 socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3", "internet"),
        ("7 socket(AF_INET6, SOCK_DGRAM, 0) = -1 EPERM (Operation not permitted)", "internet"),
        ('7 openat(AT_FDCWD, "/opt/elsewhere/model.pt", O_RDONLY) = 3', "read"),
        ('7 openat(AT_FDCWD, "/usr/lib/python3/dist-packages/numpy/x.so", O_RDONLY) = 3', "read"),
        ('7 openat(AT_FDCWD, "/home/other/.config/x", O_RDONLY) = 3', "read"),
        ('7 openat(AT_FDCWD, "/tmp/left", O_WRONLY|O_CREAT, 0600) = 3', "written"),
        ('7 openat(AT_FDCWD, "/etc/passwd", O_RDWR) = 3', "written"),
        ('7 mkdir("/var/tmp/cache", 0777) = 0', "written"),
        ('7 unlink("/usr/share/x") = 0', "written"),
    ],
)
def test_what_it_may_not_do(smoke: ModuleType, line: str, why: str) -> None:
    problem = smoke.judge(line, OWN)
    assert problem is not None
    assert problem.startswith(why)


def test_the_environment_of_the_frozen_program_is_empty(
    smoke: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("QT_PLUGIN_PATH", "/somewhere")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/somewhere")
    stage = smoke.Stage(
        bundle=tmp_path, home=tmp_path / "home", out=tmp_path, qt_python=None, trace=False
    )
    assert "/somewhere" not in stage.environment().values()
    assert str(tmp_path / "home") in stage.environment().values()


def test_the_lock_is_cut_into_requirements() -> None:
    build = import_module("build")
    blocks = build.blocks(
        "# head\nav==1 \\\n    --hash=sha256:a\ntorch==2.9 ; x \\\n    --hash=b\n"
    )
    assert blocks == ["av==1 \\\n    --hash=sha256:a", "torch==2.9 ; x \\\n    --hash=b"]
    assert build.pinned(blocks, "torch") == "2.9"


def test_the_bill_of_materials_names_every_kind_of_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = import_module("build")
    (tmp_path / "packages.cdx.json").write_text(
        json.dumps({"bomFormat": "CycloneDX", "metadata": {}, "components": [{"name": "torch"}]})
    )
    monkeypatch.setattr(build, "BUILD", tmp_path)
    monkeypatch.setattr(build, "DIST", tmp_path)
    monkeypatch.setattr(build.platform, "freedesktop_os_release", lambda: {"ID": "debian"})
    path = build.write_bill({"libx11-6:amd64": "2:1.8.4-2"}, "3.11.9")
    assert path.name == f"deepfake-desktop-{__version__}-{build.system_name()}.cdx.json"
    first = path.read_bytes()
    bill = json.loads(first)
    assert bill["metadata"]["component"]["version"] == __version__
    parts = {part["name"]: part for part in bill["components"]}
    checkpoints = sorted((PACKAGING.parent / "models").glob("*.pt"))
    assert checkpoints
    for checkpoint in checkpoints:
        (digest,) = parts[checkpoint.name]["hashes"]
        assert digest["content"] == hashlib.sha256(checkpoint.read_bytes()).hexdigest()
        assert parts[checkpoint.name]["licenses"]
    assert parts["libx11-6"]["purl"] == "pkg:deb/debian/libx11-6@2%3A1.8.4-2"
    assert parts["CPython"]["version"] == "3.11.9"
    assert "torch" in parts
    build.write_bill({"libx11-6:amd64": "2:1.8.4-2"}, "3.11.9")
    assert path.read_bytes() == first, "the same parts give the same file"


def test_the_releases_page_goes_into_the_bundle_where_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = import_module("build")
    monkeypatch.setattr(build, "BUILD", tmp_path / "build")
    page = tmp_path / "build/releases_page.txt"
    monkeypatch.setenv("DEEPFAKE_DESKTOP_RELEASES_PAGE", "https://example.org/a/releases")
    build.write_releases_page()
    assert page.read_text(encoding="utf-8") == "https://example.org/a/releases\n"
    for wrong in ("http://example.org", "example.org", "file:///etc/passwd"):
        monkeypatch.setenv("DEEPFAKE_DESKTOP_RELEASES_PAGE", wrong)
        with pytest.raises(SystemExit, match="must start with https://"):
            build.write_releases_page()
        assert not page.exists(), "nor does one of an earlier build stay"
    page.write_text("https://example.org/of-an-earlier-build")
    monkeypatch.delenv("DEEPFAKE_DESKTOP_RELEASES_PAGE")
    build.write_releases_page()
    assert not page.exists()
    spec = (PACKAGING.parent / "build.spec").read_text(encoding="utf-8")
    assert '"resources") for page in WORK.glob("releases_page.txt")' in spec
    assert not (PACKAGING.parent / "resources/releases_page.txt").exists()


def test_the_archive_depends_on_nothing_but_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = import_module("build")
    monkeypatch.setattr(build, "BUILD", tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    (tmp_path / "icons").mkdir()
    (tmp_path / "icons/app.png").write_bytes(b"icon")
    made = []
    for name, files in (("one", ("a", "b")), ("two", ("b", "a"))):
        bundle = tmp_path / name
        bundle.mkdir()
        for file in files:
            (bundle / file).write_text(file)
            os.utime(bundle / file, (len(made), len(made)))
        monkeypatch.setattr(build, "DIST", bundle / "..")
        made.append(build.pack(bundle).read_bytes())
    assert made[0] == made[1]
