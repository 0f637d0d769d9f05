"""Build the frozen program: `uv run python packaging/build.py`.

Makes an environment of its own from requirements.lock (torch for the CPU), collects the licences
of everything in it, draws the icons, writes a bill of materials, runs PyInstaller with build.spec
and packs the result. Everything lands in dist/ and build/, which git ignores:

    dist/deepfake-desktop/                     the program
    dist/deepfake-desktop-VERSION-SYSTEM.*     the archive
    dist/deepfake-desktop-VERSION.cdx.json     bill of materials (CycloneDX)
    dist/SIZES.md                              which parts weigh what
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

from bundle import APP_NAME, ROOT, project_version

BUILD = ROOT / "build"
DIST = ROOT / "dist"
ENVIRONMENT = BUILD / "env"
PYTHON = "3.11"
NAME = "deepfake-desktop"

# Tools of the build itself; they are no part of the program.
PYINSTALLER = ("pyinstaller>=6.11,<7", "pyinstaller-hooks-contrib>=2025", "packaging", "pillow")
LICENCE_TOOL = "pip-licenses>=5,<6"
BILL_TOOL = "cyclonedx-bom>=7,<8"

# On Linux, PyPI's torch is the CUDA build, some 4 GB with what it needs: an installer carries the
# CPU build, which Windows and macOS get from PyPI anyway.
_CUDA_STACK = ("torch", "torchvision", "triton", "nvidia-", "cuda-")


def run(command: Sequence[str | Path], **changes: str) -> None:
    print("+", " ".join(map(str, command)), flush=True)
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True, env=os.environ | changes)


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
    """An environment with exactly the locked versions. Returns which torch it got."""
    requirements = blocks((ROOT / "requirements.lock").read_text(encoding="utf-8"))
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
    run([*install, *PYINSTALLER])
    if sys.platform != "linux":
        return "torch as locked"
    exact = [f"{name}=={pinned(requirements, name)}" for name in ("torch", "torchvision")]
    try:
        run([*install, "--no-deps", "--torch-backend", "cpu", *exact])
        return "torch's CPU build, the locked version"
    except subprocess.CalledProcessError:
        print("No CPU build of the locked torch can be had here.", flush=True)
    try:
        run([*install, "--no-deps", "torch>=2.5,<3", "--no-index"], **local)
        version = subprocess.run(
            [python(), "-c", "import importlib.metadata as m; print(m.version('torch'))"],
            check=True, capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip
        minor = int(version.split(".")[1]) + 15  # torch 2.N goes with torchvision 0.(N + 15)
        run([*install, "--no-deps", f"torchvision==0.{minor}.*"])
        silence_cuda_operators()
        return f"torch {version} from this machine: not the locked version, no release"
    except subprocess.CalledProcessError:
        print("Nor does one lie on this machine: taking the CUDA build.", flush=True)
    cuda = [r for r in requirements if r.startswith(_CUDA_STACK)]
    (BUILD / "locked.txt").write_text("\n".join(cuda) + "\n", encoding="utf-8")
    run([*install, "--no-deps", "--require-hashes", "-r", BUILD / "locked.txt"])
    return "torch's CUDA build"


def silence_cuda_operators() -> None:
    """Let a CUDA torchvision load beside a CPU torch.

    Its compiled operators need CUDA and do not load; its shape rules for them then fail at import.
    The program uses torchvision's networks and none of its operators.
    """
    (rules,) = ENVIRONMENT.glob("**/site-packages/torchvision/_meta_registrations.py")
    rules.unlink()  # a hard link into uv's cache: replace it, never write through it
    rules.write_text("", encoding="utf-8")


def collect_notices() -> None:
    """Third-party notices: what pip-licenses finds, and what no package's metadata says."""
    notices = BUILD / "notices"
    shutil.rmtree(notices, ignore_errors=True)
    shutil.copytree(ROOT / "packaging/notices", notices)
    run(
        [
            "uv", "tool", "run", "--from", LICENCE_TOOL, "pip-licenses", "--python", python(),
            "--format=plain-vertical", "--with-license-file", "--with-notice-file", "--with-urls",
            "--no-license-path", "--ignore-packages", "pyinstaller", "pyinstaller-hooks-contrib",
            "altgraph", "macholib", "pefile", "pywin32-ctypes",
            "--output-file", notices / "THIRD_PARTY_LICENCES.txt",
        ]
    )  # fmt: skip


def write_bill() -> Path:
    bill = DIST / f"{NAME}-{project_version()}.cdx.json"
    run(
        [
            "uv", "tool", "run", "--from", BILL_TOOL, "cyclonedx-py", "environment", python(),
            "--output-reproducible", "--sv", "1.6", "-o", bill,
        ]
    )  # fmt: skip
    return bill


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
        strip(bundle)
    return bundle


def strip(bundle: Path) -> None:
    """Take the symbol tables off torch's libraries (90 MB). Repaired wheels do not survive it."""
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


def write_sizes(bundle: Path, torch: str) -> None:
    weights: dict[str, int] = {}
    for path in bundle.rglob("*"):
        if path.is_file() and not path.is_symlink():
            parts = path.relative_to(bundle).parts
            inner = parts[1] if parts[0] == "_internal" and len(parts) > 1 else parts[0]
            weights[inner] = weights.get(inner, 0) + path.stat().st_size
    total = sum(weights.values())
    rows = sorted(weights.items(), key=lambda item: -item[1])[:25]
    lines = [
        f"# {bundle.name} {project_version()}, {system_name()}: {total / 1e6:.0f} MB",
        "",
        f"With {torch}.",
        "",
        "| part | MB |",
        "|---|---|",
        *(f"| {name} | {size / 1e6:.1f} |" for name, size in rows),
    ]
    (DIST / "SIZES.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines), flush=True)


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


def write_checksum(path: Path) -> None:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    path.with_name(path.name + ".sha256").write_text(f"{digest}  {path.name}\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=f"Build the frozen {APP_NAME}.")
    parser.add_argument("--reuse", action="store_true", help="keep the environment in build/env")
    parser.add_argument("--no-archive", action="store_true", help="leave out the tar.gz")
    args = parser.parse_args()
    DIST.mkdir(exist_ok=True)
    note = BUILD / "torch.txt"
    if not (args.reuse and python().exists() and note.exists()):
        torch = make_environment()
        note.write_text(torch, encoding="utf-8")
    torch = note.read_text(encoding="utf-8")
    collect_notices()
    draw_icons()
    bundle = freeze()
    write_sizes(bundle, torch)
    outputs = [write_bill()]
    if sys.platform == "linux" and not args.no_archive:
        outputs.append(pack(bundle))
    for path in outputs:
        write_checksum(path)
        print(path, f"{path.stat().st_size / 1e6:.1f} MB", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
