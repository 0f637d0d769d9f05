"""Build the frozen program: `uv run python packaging/build.py`.

Makes an environment of its own from requirements.lock (torch for the CPU), collects the licences
of everything in it, draws the icons, writes a bill of materials, runs PyInstaller with build.spec
and packs the result. Everything lands in dist/ and build/, which git ignores:

    dist/deepfake-desktop/                     the program
    dist/deepfake-desktop-VERSION-SYSTEM.*     the archive (Linux: a Debian package too)
    dist/deepfake-desktop-VERSION-SYSTEM.cdx.json  bill of materials (CycloneDX)
    dist/SIZES-SYSTEM.md                       which parts weigh what
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import sizes
from bundle import APP_NAME, ROOT, project_version
from deb import build_deb

BUILD = ROOT / "build"
DIST = ROOT / "dist"
ENVIRONMENT = BUILD / "env"
PYTHON = "3.11"
NAME = "deepfake-desktop"
RELEASES_PAGE = "DEEPFAKE_DESKTOP_RELEASES_PAGE"

# Tools of the build itself; they are no part of the program.
PYINSTALLER = ("pyinstaller>=6.11,<7", "pyinstaller-hooks-contrib>=2025", "packaging", "pillow")
LICENCE_TOOL = "pip-licenses>=5,<6"
BILL_TOOL = "cyclonedx-bom>=7,<8"

# On Linux, PyPI's torch is the CUDA build, some 4 GB with what it needs: an installer carries the
# CPU build, which Windows and macOS get from PyPI anyway.
_CUDA_STACK = ("torch", "triton", "nvidia-", "cuda-")

# Locked for the wheel, and left out of the bundle (bundle.EXCLUDED_MODULES): not installed, they
# are not in the notices and not in the bill of materials either.
_NOT_SHIPPED = (
    "filelock", "fsspec", "jinja2", "markdown-it-py", "markupsafe", "mdurl", "mpmath", "networkx",
    "pygments", "setuptools", "sympy",
)  # fmt: skip


def run(command: Sequence[str | Path], **changes: str) -> None:
    print("+", " ".join(map(str, command)), flush=True)
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True, env=os.environ | changes)


def output(command: Sequence[str | Path]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def python() -> Path:
    folder = "Scripts/python.exe" if sys.platform == "win32" else "bin/python"
    return ENVIRONMENT / folder


def blocks(lock: str) -> list[str]:
    """requirements.lock cut into one text per requirement, hashes included."""
    found: list[str] = []
    for line in lock.splitlines():
        if line.startswith((" ", "\t")):
            found[-1] += "\n" + line
        elif line and not line.startswith("#"):
            found.append(line)
    return found


def pinned(requirements: list[str], name: str) -> str:
    return next(r.split("==")[1].split()[0] for r in requirements if r.startswith(f"{name}=="))


def make_environment() -> str:
    """An environment with the locked versions of what is shipped. Returns which torch it got."""
    requirements = [
        text
        for text in blocks((ROOT / "requirements.lock").read_text(encoding="utf-8"))
        if text.split("==")[0] not in _NOT_SHIPPED
    ]
    run(["uv", "venv", "--quiet", "--clear", "--python", PYTHON, ENVIRONMENT])
    install = ["uv", "pip", "install", "--quiet", "--python", python()]
    # uv looks for wheels that lie on the machine only where it is told; pip's setting tells.
    local = (
        {"UV_FIND_LINKS": os.environ["PIP_FIND_LINKS"]} if "PIP_FIND_LINKS" in os.environ else {}
    )
    ours = requirements
    if sys.platform == "linux":
        ours = [r for r in requirements if not r.startswith(_CUDA_STACK)]
    BUILD.mkdir(exist_ok=True)
    (BUILD / "locked.txt").write_text("\n".join(ours) + "\n", encoding="utf-8")
    run([*install, "--no-deps", "--require-hashes", "-r", BUILD / "locked.txt"])
    if sys.platform != "linux":
        return "torch as locked"
    try:
        exact = f"torch=={pinned(requirements, 'torch')}"
        run([*install, "--no-deps", "--torch-backend", "cpu", exact])
        return "torch's CPU build, the locked version"
    except subprocess.CalledProcessError:
        print("No CPU build of the locked torch can be had here.", flush=True)
    try:
        run([*install, "--no-deps", "torch>=2.5,<3", "--no-index"], **local)
        ask = "import importlib.metadata as m; print(m.version('torch'))"
        version = output([python(), "-c", ask]).strip()
        return f"torch {version} from this machine: not the locked version, no release"
    except subprocess.CalledProcessError:
        sys.exit("Nor does one lie on this machine (PIP_FIND_LINKS).")


def collect_notices() -> None:
    """Third-party notices: what pip-licenses finds, and what no package's metadata says."""
    notices = BUILD / "notices"
    shutil.rmtree(notices, ignore_errors=True)
    shutil.copytree(ROOT / "packaging/notices", notices)
    run(
        [
            "uv", "tool", "run", "--from", LICENCE_TOOL, "pip-licenses", "--python", python(),
            "--format=plain-vertical", "--with-license-file", "--with-notice-file", "--with-urls",
            "--no-license-path", "--output-file", notices / "THIRD_PARTY_LICENCES.txt",
        ]
    )  # fmt: skip
    for package in sorted(ENVIRONMENT.glob("**/site-packages/*.dist-info")):
        gather_licences(package, notices / "packages")
    place = "import sysconfig; print(sysconfig.get_path('stdlib')); print(sys.base_prefix)"
    folders = output([python(), "-c", f"import sys; {place}"]).splitlines()
    for found in (Path(folder) / "LICENSE.txt" for folder in folders):
        if found.is_file():
            shutil.copyfile(found, notices / "PYTHON.txt")
            return
    raise FileNotFoundError(f"no licence of Python in {folders}")


def gather_licences(package: Path, folder: Path) -> None:
    """All licence files that a package brings, of its own parts too, as one text."""
    names = ("LICEN", "COPYING", "NOTICE", "AUTHORS", "THIRD")
    texts = [
        f"==== {path.relative_to(package)}\n\n{path.read_text(encoding='utf-8', errors='replace')}"
        for path in sorted(package.rglob("*"))
        if path.is_file() and (path.name.upper().startswith(names) or "licenses" in path.parts)
    ]
    if texts:
        folder.mkdir(exist_ok=True)
        target = folder / f"{package.name.split('-')[0]}.txt"
        target.write_text("\n".join(texts), encoding="utf-8")


def list_packages() -> None:
    """The Python packages of the environment, for the bill of materials."""
    run(
        [
            "uv", "tool", "run", "--from", BILL_TOOL, "cyclonedx-py", "environment", python(),
            "--output-reproducible", "--sv", "1.6", "-o", BUILD / "packages.cdx.json",
        ]
    )  # fmt: skip


def system_packages(bundle: Path) -> dict[str, str]:
    """The system's packages whose libraries PyInstaller took along, with versions (Debian)."""
    found: dict[str, str] = {}
    for path in sorted((bundle / "_internal").glob("lib*.so*")):
        if path.is_symlink() or path.name.startswith("libpython"):  # Python has its own notice
            continue
        owners = subprocess.run(
            ["dpkg-query", "-S", f"*/{path.name}"], capture_output=True, text=True, check=False
        ).stdout
        for package in {line.split(": ")[0] for line in owners.splitlines()}:
            version = ["dpkg-query", "-W", "-f", "${binary:Package} ${Version}", package]
            found |= dict([output(version).split()])
    return found


def add_system_notices(bundle: Path, packages: Iterable[str]) -> None:
    """Debian keeps a copyright file for each package: they go along."""
    folder = bundle / "_internal/licences/system"
    folder.mkdir(exist_ok=True)
    for package in packages:
        name = package.split(":")[0]
        shutil.copyfile(Path("/usr/share/doc", name, "copyright"), folder / f"{name}.txt")


def write_bill(packages: Mapping[str, str], python_version: str) -> Path:
    """The bill of materials: the program, its packages, checkpoints and system libraries."""
    bill = json.loads((BUILD / "packages.cdx.json").read_text(encoding="utf-8"))
    version = project_version()
    bill["metadata"]["component"] = {
        "type": "application", "bom-ref": NAME, "name": NAME, "version": version,
        "licenses": [{"license": {"id": "MIT"}}],
    }  # fmt: skip
    for path in sorted((ROOT / "models").glob("*.pt")):
        card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        bill["components"].append(
            {
                "type": "machine-learning-model", "bom-ref": path.name, "name": path.name,
                "hashes": [{"alg": "SHA-256", "content": sha256(path)}],
                "licenses": [{"license": {"name": card["licence"]}}],
            }
        )  # fmt: skip
    bill["components"].append(
        {"type": "platform", "bom-ref": "python", "name": "CPython", "version": python_version}
    )
    for package, number in packages.items():
        name = package.split(":")[0]
        system = platform.freedesktop_os_release()["ID"]
        bill["components"].append(
            {
                "type": "library", "bom-ref": package, "name": name, "version": number,
                "purl": f"pkg:deb/{system}/{name}@{quote(number, safe='')}",
            }
        )  # fmt: skip
    target = DIST / f"{NAME}-{version}-{system_name()}.cdx.json"
    target.write_text(json.dumps(bill, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return target


def write_releases_page() -> None:
    """What the window offers to open, where the environment names it; build.spec takes it along.

    Raises:
        SystemExit: it is no https address.
    """
    target = BUILD / "releases_page.txt"
    target.unlink(missing_ok=True)
    page = os.environ.get(RELEASES_PAGE, "")
    if not page:
        return
    if not page.startswith("https://"):
        sys.exit(f"{RELEASES_PAGE} must start with https://, and is {page!r}.")
    BUILD.mkdir(exist_ok=True)
    target.write_text(page + "\n", encoding="utf-8")


def draw_icons() -> None:
    run([python(), ROOT / "packaging/icons.py", BUILD / "icons"], QT_QPA_PLATFORM="offscreen")


def freeze() -> Path:
    run(
        [
            python(), "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN",
            "--distpath", DIST, "--workpath", BUILD / "pyinstaller", ROOT / "build.spec",
        ],
        # Two builds of one source differ in nothing but what changed.
        PYTHONHASHSEED="1",
        SOURCE_DATE_EPOCH=source_date(),
    )  # fmt: skip
    bundle = DIST / NAME
    if sys.platform == "linux":
        (bundle / f"{NAME}-cli").symlink_to(NAME)  # one program, which looks at its own name
        strip(bundle)
    return bundle


def strip(bundle: Path) -> None:
    """Take the symbol tables off torch's libraries and Python's (100 MB).

    The libraries of repaired wheels do not survive it.
    """
    for library in sorted((bundle / "_internal").glob("libpython3*.so*")):
        run(["strip", "--strip-unneeded", library])
    for library in sorted((bundle / "_internal/torch/lib").glob("*.so")):
        run(["strip", "--strip-unneeded", library])


def source_date() -> str:
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return given
    stamp = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    return stamp or "1700000000"


def system_name() -> str:
    system = {"linux": "linux", "darwin": "macos", "win32": "windows"}[sys.platform]
    machine = platform.machine().lower()
    return f"{system}-{ {'amd64': 'x86_64', 'aarch64': 'arm64'}.get(machine, machine) }"


def pack(bundle: Path) -> Path:
    """A tar.gz in which names, order, owners and times depend on nothing but the content."""
    archive = DIST / f"{NAME}-{project_version()}-{system_name()}.tar.gz"
    stamp = int(source_date())
    top = f"{NAME}-{project_version()}"

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mtime = stamp
        return entry

    with (
        archive.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=stamp) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in sorted(bundle.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                continue
            tar.add(path, f"{top}/{path.relative_to(bundle)}", recursive=False, filter=plain)
        for path in sorted((ROOT / "packaging/linux").iterdir()):
            tar.add(path, f"{top}/share/{path.name}", recursive=False, filter=plain)
        icon = BUILD / "icons/app.png"
        tar.add(icon, f"{top}/share/{NAME}.png", recursive=False, filter=plain)
    return archive


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(description=f"Build the frozen {APP_NAME}.")
    parser.add_argument("--reuse", action="store_true", help="keep the environment in build/env")
    parser.add_argument("--no-archive", action="store_true", help="leave out tar.gz and deb")
    args = parser.parse_args()
    write_releases_page()
    DIST.mkdir(exist_ok=True)
    note = BUILD / "torch.txt"
    if not (args.reuse and note.exists()):
        note.unlink(missing_ok=True)
        torch = make_environment()
        collect_notices()
        list_packages()
        run(["uv", "pip", "install", "--quiet", "--python", python(), *PYINSTALLER])
        note.write_text(torch, encoding="utf-8")
    draw_icons()
    bundle = freeze()
    debian = shutil.which("dpkg-query") is not None
    packages = system_packages(bundle) if debian else {}
    if packages:
        add_system_notices(bundle, packages)
    weights = f"{sizes.table(bundle)}\nBuilt with {note.read_text(encoding='utf-8')}.\n"
    (DIST / f"SIZES-{system_name()}.md").write_text(weights, encoding="utf-8")
    print(weights, flush=True)
    version = output([python(), "-c", "import platform; print(platform.python_version())"])
    outputs = [write_bill(packages, version.strip())]
    if sys.platform == "linux" and not args.no_archive:
        outputs.append(pack(bundle))
        if debian:
            outputs.append(build_deb(bundle, DIST, icons=BUILD / "icons", stamp=source_date()))
    for path in outputs:
        print(path, f"{path.stat().st_size / 1e6:.1f} MB", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
