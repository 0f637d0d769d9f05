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
    return tuple(row.get(name) for name in ("clip", "frames", "video_s", "engine", "budget"))


def forget() -> None:
    """Start from nothing: the page will hold one run."""
    _store().unlink(missing_ok=True)


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
    if "length" in results and "budgets" in results:
        _plot(results["budgets"], results["length"])


_HEAD = """# Performance

Written by `python -m benchmarks`; do not edit. Figures compare, on one machine and in turns within
one process, medians of the rounds given. Seconds mean little elsewhere, ratios should hold.

Machine: {machine}.

The clips show one person, 10 seconds at 30 frames a second, H.264 with sensor noise and a keyframe
every 2 seconds (`benchmarks/clips.py`). Against the published pipeline, the limit and other
engines the network is its own, ResNeXt50 and LSTM at 112 x 112 with seeded weights, 226.5 MB;
everywhere else it is the shipped one. *Published* is a plain implementation of the published
pipeline: the first N frames, face_recognition at full size on each of them twice, 112 x 112, one
eager pass (`benchmarks/published.py`). What it does with a frame does not depend on N, so one run
over 100 frames tells its seconds for 20 and 60, too. *Limit* is the larger of decoding the needed
frames alone and running the network over the needed crops alone, in the exact engine; analyses
themselves compute in 16 bits where the processor does.

The network stays loaded from one analysis of a process to the next; all figures but those called
fresh are of such an analysis. How many threads each stage gets stands in
`deepfake_desktop/core/threads.py`.

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
        ["clip", "N", "published", "ours, spread", "ratio", "ours, opening", "ratio", "rounds"],
        [
            [
                row["clip"],
                str(row["frames"]),
                f"{row['published_s']:.1f} s",
                f"{row['spread_s']:.2f} s",
                f"**{row['ratio_spread']:.1f}**",
                f"{row['opening_s']:.2f} s",
                f"**{row['ratio_opening']:.1f}**",
                str(row["rounds"]),
            ]
            for row in rows
        ],
    )


def _agreement(rows: list[dict[str, Any]]) -> str:
    return (
        "## The same verdict\n\nCalibrated P(fake) of the shipped checkpoint: our opening sampling "
        "(faces searched near where they were, in parts of the copies of the picture that "
        "face_recognition searches) against the published pipeline (in all of every frame, "
        "enlarged), over shared clips where both find one face in every frame. The seeded network "
        "of the speed tables says nothing here: untrained, it answers a face box moved by ten "
        "pixels with another probability. Where two windows stand about equally well on a face, "
        "the noise of scaling decides which is taken: such frames have another box.\n\n"
        + _table(
            [
                "where",
                "checkpoint",
                "clips",
                "N",
                "same boxes",
                "P from, to",
                "median dP",
                "largest dP",
                "dP <= .02",
            ],
            [
                [
                    row["where"],
                    row["engine"],
                    str(row["clips"]),
                    str(row["frames"]),
                    f"{100 * row['boxes']:.1f} %",
                    f"{row['p_from']:.2f}, {row['p_to']:.2f}",
                    f"**{row['median_dp']:.4f}**",
                    f"**{row['largest_dp']:.4f}**",
                    f"{row['within']} of {row['clips']}",
                ]
                for row in rows
            ],
        )
    )


def _limit(rows: list[dict[str, Any]]) -> str:
    return "## Against the limit\n\n" + _table(
        [
            "clip",
            "N",
            "crops",
            "end to end",
            "decoding alone",
            "network alone, exact",
            "as analyses use it",
            "ratio",
            "ratio to the latter",
            "of which faces",
        ],
        [
            [
                row["clip"],
                str(row["frames"]),
                str(row["crops"]),
                f"{row['ours_s']:.2f} s",
                f"{row['decode_s']:.2f} s",
                f"{row['exact_s']:.2f} s",
                f"{row['network_s']:.2f} s",
                f"**{row['ratio']:.2f}**",
                f"{row['ratio_own']:.2f}",
                f"{row['faces_s']:.2f} s",
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


def _folded(rows: list[dict[str, Any]]) -> str:
    return (
        "## Ours against eager\n\nCalibrated P(fake) of one sequence of crops per shared clip: "
        "folded and channels-last, in the precision that analyses use on this machine and in the "
        "exact one, against eager fp32 torch. Of bundled checkpoints only the network is read, "
        "without the traces, which are the same in both. The seeded network is untrained and its "
        "read-out is scaled by 20.\n\n"
        + _table(
            [
                "network",
                "clips",
                "crops each",
                "P from, to",
                "median dP",
                "largest dP",
                "largest d(logit)",
            ],
            [
                [
                    row["engine"],
                    str(row["clips"]),
                    str(row["crops"]),
                    f"{row['p_from']:.2f}, {row['p_to']:.2f}",
                    f"{row['median_dp']:.1e}",
                    f"**{row['largest_dp']:.1e}**",
                    f"{row['largest_dlogit']:.1e}",
                ]
                for row in rows
            ],
        )
    )


def _waiting(rows: list[dict[str, Any]]) -> str:
    return (
        "## Threads that wait\n\nTwenty crops through the network. OpenMP's threads spin while "
        "they wait for each other unless told to sleep, as `core/threads.py` does.\n\n"
        + _table(
            ["OpenMP", "", "seconds", "processor seconds"],
            [
                [
                    row["engine"],
                    row["clip"],
                    f"{row['wall_s']:.2f}",
                    f"{row['processor_s']:.2f}",
                ]
                for row in rows
            ],
        )
    )


def _budgets(rows: list[dict[str, Any]]) -> str:
    return "## Frames examined\n\nTen minutes of 1080p, warm, with growing budgets.\n\n" + _table(
        ["frames examined", "seconds", "processor seconds", "of these per frame"],
        [
            [
                str(row["examined"]),
                f"{row['seconds']:.2f}",
                f"{row['processor_s']:.2f}",
                f"{1000 * row['processor_s'] / row['examined']:.0f} ms",
            ]
            for row in rows
        ],
    )


def _length(rows: list[dict[str, Any]]) -> str:
    first = min(rows, key=lambda row: int(row["video_s"]))
    return (
        "## Length of the video\n\n1080p, default settings (a budget of 240 frames, all of it "
        "used from 30 s on), a fresh process each: seconds of its second analysis. The sha256 of "
        "the whole file is part of every analysis and computed beside it; alone it takes what "
        "stands in its column. Memory is the peak of the process, torch included.\n\n"
        + _table(
            [
                "video",
                "file",
                "frames examined",
                "seconds",
                "processor seconds",
                "sha256 alone",
                "peak memory",
                "ratio",
            ],
            [
                [
                    f"{row['video_s']} s",
                    f"{row['file_mb']:.0f} MB",
                    str(row["examined"]),
                    f"{row['seconds']:.2f}",
                    f"{row['processor_s']:.2f}",
                    f"{row['hash_s']:.2f}",
                    f"{row['peak_mb']:.0f} MB",
                    f"**{row['peak_mb'] / first['peak_mb']:.2f}**",
                ]
                for row in sorted(rows, key=lambda row: int(row["video_s"]))
            ],
        )
        + "\n![Seconds over frames examined, and seconds and memory over the length of the video]"
        "(images/performance.png)\n"
    )


def _large(rows: list[dict[str, Any]]) -> str:
    return (
        "## Large pictures\n\nAn analysis holds at most so many full RGB pictures at once "
        "(`core/analysis.py`, `pictures_in_memory`; a test counts them); the decoder's own, its "
        "reference pictures, come on top.\n\n"
        + _table(
            ["clip (2 s)", "pictures at most", "that is", "frames examined", "seconds", "peak"],
            [
                [
                    row["clip"],
                    str(row["pictures"]),
                    f"{row['pictures_mb']:.0f} MB",
                    str(row["examined"]),
                    f"{row['seconds']:.2f}",
                    f"{row['peak_mb']:.0f} MB",
                ]
                for row in rows
            ],
        )
    )


def _startup(row: dict[str, Any]) -> str:
    return "## Starting\n\n" + _table(
        ["what", "seconds"],
        [
            ["a bare `python -c pass`", f"{row['python_s']:.2f}"],
            ["`deepfake-desktop --help`", f"{row['help_s']:.2f}"],
            ["`import torch`", f"{row['torch_s']:.2f}"],
            ["`import deepfake_desktop.core.network`", f"{row['network_s']:.2f}"],
            ["`import torch, torchvision`, which is not done", f"{row['torchvision_s']:.2f}"],
            ["the window, from the program's start until it is drawn", f"{row['window_s']:.2f}"],
            [
                "first face in it of a 1080p clip named at the program's start",
                f"{row['window_first_face_s']:.2f}",
            ],
            ["first face in it of a clip dropped later", f"{row['window_second_face_s']:.2f}"],
            [
                "first face of a 1080p clip without the window, fresh process",
                f"{row['first_face_cold_s']:.2f}",
            ],
            ["first face of it, second analysis", f"{row['first_face_warm_s']:.2f}"],
            ["verdict on it, fresh process", f"{row['cold_s']:.2f}"],
            ["verdict on it, second analysis", f"{row['warm_s']:.2f}"],
        ],
    )


def _profile(row: dict[str, Any]) -> str:
    return (
        "## Where the time goes\n\nOne analysis of the 1080p clip from the command line, by "
        "thread: `py-spy record --threads --function -- python -m deepfake_desktop analyze CLIP`. "
        "Open the picture by itself to zoom.\n\n"
        f"![Flame graph]({row['picture']})\n"
    )


_SECTIONS = {
    "published": _published,
    "agreement": _agreement,
    "limit": _limit,
    "engines": _engines,
    "folded": _folded,
    "waiting": _waiting,
    "budgets": _budgets,
    "length": _length,
    "large": _large,
    "startup": _startup,
    "profile": _profile,
}


def _plot(budgets: list[dict[str, Any]], lengths: list[dict[str, Any]]) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), constrained_layout=True)
    for key, style in (("seconds", "o-"), ("processor_s", "v-.")):
        left.plot([row["examined"] for row in budgets], [row[key] for row in budgets], style)
    left.set(xlabel="frames examined", ylabel="seconds", title="10 minutes of 1080p")
    left.set_xlim(0)
    left.set_ylim(0)
    lengths = sorted(lengths, key=lambda row: int(row["video_s"]))
    length_s = [row["video_s"] for row in lengths]
    for key, scale, style, label in (
        ("seconds", 1, "o-", "seconds"),
        ("processor_s", 1, "v-.", "processor seconds"),
        ("hash_s", 1, "^:", "seconds, sha256 of the file alone"),
        ("peak_mb", 1000, "s--", "peak memory, GB"),
    ):
        right.plot(length_s, [row[key] / scale for row in lengths], style, label=label)
    right.set(xlabel="length of a 1080p video", xscale="log", title="budget of 240 frames")
    right.set_xticks(length_s, labels=[_in_words(seconds) for seconds in length_s], minor=False)
    right.set_xticks([], minor=True)
    right.set_ylim(0)
    figure.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    path = DOCS / "images" / "performance.png"
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _in_words(seconds: int) -> str:
    for unit, name in ((3600, "h"), (60, "min")):
        if seconds % unit == 0:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"
