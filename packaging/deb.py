"""The Debian package: the bundle in /usr/lib, two commands in /usr/bin, a menu entry for videos.

`build.py` calls it on a system with dpkg-deb. Names, order, owners and times in the package depend
on nothing but its content (dpkg-deb reads SOURCE_DATE_EPOCH).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bundle import APP_ID, ROOT, project_version

NAME = "deepfake-desktop"

# Libraries that PyInstaller leaves to the system, because they belong to its kernel, C library or
# graphics driver, and the packages that have them in Debian and Ubuntu.
SYSTEM_LIBRARIES = {
    "ld-linux-x86-64.so.2": "libc6", "ld-linux-aarch64.so.1": "libc6", "libc.so.6": "libc6",
    "libdl.so.2": "libc6", "libm.so.6": "libc6", "libmvec.so.1": "libc6",
    "libpthread.so.0": "libc6", "libresolv.so.2": "libc6", "librt.so.1": "libc6",
    "libutil.so.1": "libc6",
    "libEGL.so.1": "libegl1", "libGL.so.1": "libgl1", "libGLX.so.0": "libglx0",
    "libOpenGL.so.0": "libopengl0", "libdrm.so.2": "libdrm2", "libgbm.so.1": "libgbm1",
    "libwayland-client.so.0": "libwayland-client0", "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1", "libxcb.so.1": "libxcb1",
}  # fmt: skip
# Fonts are no library: a window on a system without any shows empty boxes.
ALWAYS = ("fontconfig-config", "fonts-dejavu-core | fonts-freefont-ttf | fonts-noto-core")

_CONTROL = """\
Package: {name}
Version: {version}
Section: video
Priority: optional
Architecture: {architecture}
Installed-Size: {kib}
Depends: {depends}
Maintainer: The Deepfake Desktop authors
Description: Find deepfaked faces in a video, offline, and show why
 Drop a video onto the window. Deepfake Desktop finds the faces in it, follows
 each person, and says how likely each face is a fake, moment by moment, with
 reasons. It works without a network. A verdict is a statistical finding, not
 a proof.
"""

_COPYRIGHT = """\
Deepfake Desktop is under the MIT licence:

{licence}
The libraries and models in it have licences of their own. Because PyAV's build of FFmpeg contains
x264 and x265, this package as a whole is passed on under the GNU General Public License, version 3
(/usr/share/common-licenses/GPL-3).
The texts are in /usr/lib/{name}/_internal/licences: README.txt there says which is whose.
"""


def needed_libraries(bundle: Path) -> set[str]:
    """Names of the libraries that files of the bundle link to and that are not in it."""
    files = [p for p in bundle.rglob("*") if p.is_file() and not p.is_symlink() and _is_elf(p)]
    text = _output(["readelf", "--dynamic", "--wide", *files])
    linked = set(re.findall(r"\(NEEDED\).*\[(.+)\]", text))
    return linked - {path.name for path in bundle.rglob("*")}


def depends(libraries: Iterable[str], glibc: str) -> list[str]:
    """The packages to depend on. Raises KeyError for a library that no package is known for."""
    packages = {SYSTEM_LIBRARIES[name] for name in libraries} - {"libc6"}
    return [f"libc6 (>= {glibc})", *sorted(packages), *ALWAYS]


def newest_glibc(bundle: Path) -> str:
    """The oldest C library that has all the functions that the bundle asks of it."""
    files = [p for p in bundle.rglob("*") if p.is_file() and not p.is_symlink() and _is_elf(p)]
    text = _output(["readelf", "--version-info", "--wide", *files])
    found = {tuple(map(int, v.split("."))) for v in re.findall(r"Name: GLIBC_(\d+\.\d+)", text)}
    return ".".join(map(str, max(found)))


def lay_out(bundle: Path, root: Path, icons: Path) -> None:
    """The package's files under ``root``, as they lie in the system once installed."""
    program = root / "usr/lib" / NAME
    program.parent.mkdir(parents=True)
    shutil.copytree(bundle, program, symlinks=True, copy_function=_link)
    commands = root / "usr/bin"
    commands.mkdir()
    for name in (NAME, f"{NAME}-cli"):
        (commands / name).symlink_to(f"../lib/{NAME}/{name}")
    share = root / "usr/share"
    for source, place in (
        (ROOT / f"packaging/linux/{APP_ID}.desktop", f"applications/{APP_ID}.desktop"),
        (ROOT / f"packaging/linux/{APP_ID}.metainfo.xml", f"metainfo/{APP_ID}.metainfo.xml"),
        (icons / "app.png", f"icons/hicolor/256x256/apps/{APP_ID}.png"),
        (ROOT / "resources/app.svg", f"icons/hicolor/scalable/apps/{APP_ID}.svg"),
    ):
        (share / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, share / place)
    doc = share / "doc" / NAME
    doc.mkdir(parents=True)
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    text = _COPYRIGHT.format(licence=licence, name=NAME)
    (doc / "copyright").write_text(text, encoding="utf-8")
    for path in root.rglob("*"):  # whatever the builder's umask was
        if not path.is_symlink() and program not in path.parents:
            path.chmod(0o755 if path.is_dir() else 0o644)


def write_control(root: Path, *, architecture: str, needs: Iterable[str]) -> None:
    """DEBIAN/control and DEBIAN/md5sums for the files that lie under ``root``."""
    files = sorted(p for p in root.rglob("*") if p.is_file() and not p.is_symlink())
    control = _CONTROL.format(
        name=NAME, version=project_version(), architecture=architecture,
        kib=sum(-(-p.stat().st_size // 1024) for p in files), depends=", ".join(needs),
    )  # fmt: skip
    sums = []
    for path in files:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "md5").hexdigest()
        sums.append(f"{digest}  {path.relative_to(root)}\n")
    (root / "DEBIAN").mkdir(mode=0o755)
    (root / "DEBIAN/control").write_text(control, encoding="utf-8")
    (root / "DEBIAN/md5sums").write_text("".join(sums), encoding="utf-8")


def build_deb(bundle: Path, folder: Path, *, icons: Path, stamp: str) -> Path:
    """Build the package into ``folder``; ``stamp`` is the time in it, seconds since 1970."""
    architecture = _output(["dpkg", "--print-architecture"]).strip()
    package = folder / f"{NAME}_{project_version()}_{architecture}.deb"
    with tempfile.TemporaryDirectory(prefix="deb-", dir=folder) as made:
        root = Path(made) / "root"
        root.mkdir(mode=0o755)
        lay_out(bundle, root, icons)
        needs = depends(needed_libraries(bundle), newest_glibc(bundle))
        write_control(root, architecture=architecture, needs=needs)
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Zzstd", "-z12", "--build", root, package],
            check=True, env=os.environ | {"SOURCE_DATE_EPOCH": stamp},
        )  # fmt: skip
    return package


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _link(source: str, target: str) -> None:
    """A second name for the file where the file system allows, so the copy costs nothing."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _output(command: list[str | Path]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
