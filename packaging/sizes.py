"""Which parts of the frozen program weigh what, as a table: `sizes.py DIST [--traces FOLDER]`.

With the traces that smoke_test.py leaves in its --out folder (Linux), how much of each part no run
of the program opened. A library is opened when anything links to it, used or not.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

NAME = "deepfake-desktop"
# Parts that are spread over several places of the bundle.
_TOGETHER = (
    (r"(cv2|opencv_python_headless)", "OpenCV (opencv-python-headless)"),
    (r"(av|av\.libs|av-.*)$", "PyAV"),
    (r"(numpy)", "NumPy"),
    (r"(torch)", "torch"),
    (r"(PySide6|shiboken6|libQt6|libpyside6|libshiboken6)", "PySide6 and Qt"),
    (r"(face_recognition_models|_dlib|dlib_bin)", "dlib and its models"),
    (r"(libpython|python3|base_library)", "Python"),
    (r"(deepfake-desktop|deepfake_desktop$|resources)", "the program with all Python modules"),
    (r"models$", "checkpoints"),
    (r"lib.*\.so", "libraries of the system (X11, GLib, PulseAudio, OpenSSL ...)"),
    (r"(licences|LICENSE)", "licences"),
)


def part_of(path: Path) -> str:
    """The part of the bundle that a file belongs to; ``path`` is relative to the bundle."""
    inner = path.parts[1] if path.parts[0] == "_internal" and len(path.parts) > 1 else path.parts[0]
    return next((name for pattern, name in _TOGETHER if re.match(pattern, inner)), inner)


def weights(bundle: Path) -> dict[Path, int]:
    """Bytes of each file, by its path in the bundle. A link weighs nothing."""
    return {
        path.relative_to(bundle): path.stat().st_size
        for path in bundle.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def opened(traces: Path, bundle: Path) -> set[Path]:
    """What the runs under strace opened, by path in the bundle."""
    found: set[Path] = set()
    call = re.compile(
        rf'(?:openat\(AT_FDCWD, |open\(|execve\()"[^"]*?/{NAME}/((?:[^"\\])*)".* = \d'
    )
    for log in traces.glob("trace-*.txt"):
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            match = call.search(line)
            if match:
                place = (bundle / match[1]).resolve()
                if place.is_relative_to(bundle.resolve()):
                    found.add(place.relative_to(bundle.resolve()))
    return found


def table(bundle: Path, traces: Path | None = None) -> str:
    files = weights(bundle)
    seen = opened(traces, bundle) if traces else set()
    parts: dict[str, list[int]] = {}
    for path, size in files.items():
        row = parts.setdefault(part_of(path), [0, 0])
        row[0] += size
        row[1] += 0 if path in seen else size
    extra = traces is not None
    lines = [
        "| part | MB | never opened, MB |" if extra else "| part | MB |",
        "|---|---|---|" if extra else "|---|---|",
    ]
    for name, (size, idle) in sorted(parts.items(), key=lambda item: -item[1][0]):
        lines.append(f"| {name} | {size / 1e6:.1f} |" + (f" {idle / 1e6:.1f} |" if extra else ""))
    total, idle = (sum(row[i] for row in parts.values()) for i in (0, 1))
    lines.append(
        f"| **all** | **{total / 1e6:.1f}** |" + (f" **{idle / 1e6:.1f}** |" if extra else "")
    )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dist", type=Path, metavar="DIST")
    parser.add_argument("--traces", type=Path, metavar="FOLDER")
    args = parser.parse_args()
    print(table(args.dist, args.traces), end="")
