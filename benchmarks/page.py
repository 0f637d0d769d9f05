"""The results page: docs/PERFORMANCE.md, and the plot beside it."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import clips

DOCS = Path(__file__).resolve().parent.parent / "docs"


def _store() -> Path:
    return clips.folder() / "results.json"


def keep(section: str, figures: Any, *, command: str) -> None:
    """Remember a section's figures for the page, with the circumstances.

    Rows of clips and lengths that this run left out stay.
    """
    results = load()
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    load_now = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    origin = f"`{command.strip()}`, {when}, load average {load_now} at the end"
    if isinstance(figures, list):
        now = [_key(row) for row in figures]
        before = results.get(section, [])
        results[section] = [row for row in before if _key(row) not in now]
        results[section] += [row | {"origin": origin} for row in figures]
    else:
        results[section] = figures | {"origin": origin}
    _store().write_text(json.dumps(results, indent=1), encoding="utf-8")


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in ("clip", "frames", "video_s", "engine"))


def load() -> dict[str, Any]:
    try:
        results: dict[str, Any] = json.loads(_store().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return results


def write() -> None:
    """Write the page from all sections kept so far."""
    results = load()
    parts = [_HEAD.format(machine=_machine())]
    for name, render in _SECTIONS.items():
        if name in results:
            rows = results[name]
            listed = rows if isinstance(rows, list) else [rows]
            origins = dict.fromkeys(row["origin"] for row in listed)
            parts.append(render(rows) + "".join(f"\n{origin}.\n" for origin in origins))
    DOCS.mkdir(exist_ok=True)
    (DOCS / "PERFORMANCE.md").write_text("\n".join(parts), encoding="utf-8")
    if "length" in results:
        _plot(results["length"])


_HEAD = """# Performance

Written by `python -m benchmarks`; do not edit. Figures compare, on one machine and in turns within
one process, medians of the rounds given. Seconds mean little elsewhere, ratios should hold.

Machine: {machine}.

The clips show one person, 10 seconds at 30 frames a second, H.264 with sensor noise and a keyframe
every 2 seconds (`benchmarks/clips.py`). The network is ResNeXt50 and LSTM at 112 x 112 with seeded
weights, 226.5 MB. *Published* is a plain implementation of the published pipeline: the first N
frames, face_recognition at full size on each of them twice, 112 x 112, one eager pass
(`benchmarks/published.py`); its probability stands before ours. *Limit* is the larger of decoding
the needed frames alone and running the network over the needed crops alone.

Each section names the load average at its end. Above the number of cores, other programs were
running: such figures, of one round above all, are rough, and a ratio below 1 against the limit is
their noise. Repeat them on a quiet machine before quoting them.
"""


def _machine() -> str:
    name = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    import torch

    return (
        f"{name}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}, torch {torch.__version__}"
    )


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [" | ".join(header), " | ".join("---" for _ in header)]
    lines += [" | ".join(row) for row in rows]
    return "".join(f"| {line} |\n" for line in lines)


def _published(rows: list[dict[str, Any]]) -> str:
    return "## Against the published pipeline\n\n" + _table(
        [
            "clip",
            "N",
            "published",
            "ours, spread",
            "ratio",
            "ours, opening",
            "ratio",
            "P(index 1)",
            "rounds",
        ],
        [
            [
                row["clip"],
                str(row["frames"]),
                f"{row['published_s']:.1f} s",
                f"{row['spread_s']:.2f} s",
                f"**{row['ratio_spread']:.1f}**",
                f"{row['opening_s']:.2f} s",
                f"**{row['ratio_opening']:.1f}**",
                f"{row['published_p']:.3f} / {row['opening_p'] or float('nan'):.3f}",
                str(row["rounds"]),
            ]
            for row in rows
        ],
    )


def _limit(rows: list[dict[str, Any]]) -> str:
    return "## Against the limit\n\n" + _table(
        ["clip", "N", "crops", "end to end", "decoding alone", "network alone", "ratio"],
        [
            [
                row["clip"],
                str(row["frames"]),
                str(row["crops"]),
                f"{row['ours_s']:.2f} s",
                f"{row['decode_s']:.2f} s",
                f"{row['network_s']:.2f} s",
                f"**{row['ratio']:.2f}**",
            ]
            for row in rows
        ],
    )


def _engines(rows: list[dict[str, Any]]) -> str:
    return "## Engines\n\n" + _table(
        ["engine", "crops per second", "ratio", "largest difference of a feature"],
        [
            [
                row["engine"],
                f"{row['crops_per_s']:.1f}",
                f"**{row['ratio']:.2f}**",
                f"{row['largest_difference']:.1e} of {row['largest_feature']:.1f}",
            ]
            for row in rows
        ],
    )


def _length(rows: list[dict[str, Any]]) -> str:
    return (
        "## Length of the video\n\n1080p, default settings, a fresh process each; seconds of its "
        "second analysis, sha256 of the file included.\n\n"
        + _table(
            ["video", "file", "frames examined", "seconds", "peak memory"],
            [
                [
                    f"{row['video_s']} s",
                    f"{row['file_mb']:.0f} MB",
                    str(row["examined"]),
                    f"{row['seconds']:.2f}",
                    f"{row['peak_mb']:.0f} MB",
                ]
                for row in rows
            ],
        )
        + "\n![Seconds and memory over the length of the video](performance_length.png)\n"
    )


def _large(rows: list[dict[str, Any]]) -> str:
    return "## Large pictures\n\n" + _table(
        ["clip (2 s)", "frames examined", "seconds", "peak memory"],
        [
            [
                row["clip"],
                str(row["examined"]),
                f"{row['seconds']:.2f}",
                f"{row['peak_mb']:.0f} MB",
            ]
            for row in rows
        ],
    )


def _startup(row: dict[str, Any]) -> str:
    return "## Starting\n\n" + _table(
        ["what", "seconds"],
        [
            ["a bare `python -c pass`", f"{row['python_s']:.2f}"],
            ["`deepfake-desktop --help`", f"{row['help_s']:.2f}"],
            ["first face of a 1080p clip, fresh process", f"{row['first_face_cold_s']:.2f}"],
            ["first face of a 1080p clip, second analysis", f"{row['first_face_warm_s']:.2f}"],
        ],
    )


_SECTIONS = {
    "published": _published,
    "limit": _limit,
    "engines": _engines,
    "length": _length,
    "large": _large,
    "startup": _startup,
}


def _plot(rows: list[dict[str, Any]]) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), constrained_layout=True)
    minutes = [row["video_s"] / 60 for row in rows]
    left.plot([row["examined"] for row in rows], [row["seconds"] for row in rows], "o-")
    left.set_xlabel("frames examined")
    left.set_ylabel("seconds")
    left.set_ylim(0)
    right.plot(minutes, [row["seconds"] for row in rows], "o-", label="seconds")
    right.plot(minutes, [row["peak_mb"] / 1000 for row in rows], "s--", label="peak memory, GB")
    right.set_xscale("log")
    right.set_xlabel("minutes of video")
    right.set_ylim(0)
    right.legend()
    figure.savefig(DOCS / "performance_length.png", dpi=110)
    plt.close(figure)
