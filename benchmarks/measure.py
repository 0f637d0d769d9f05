"""The measurements. Each returns plain numbers for the results page; none knows how it looks.

What is compared runs in turns within one process: a machine that slows down slows both.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import clips, ours, published

SIZES = ((1920, 1080), (640, 360))
LENGTHS = (20, 60, 100)


def against_published(
    *, sizes: tuple[tuple[int, int], ...], lengths: tuple[int, ...], rounds: int
) -> list[dict[str, Any]]:
    """Whole analyses, published pipeline and ours in turns; a first run of ours warms up."""
    checkpoint = clips.checkpoint()
    rows = []
    for width, height in sizes:
        path = clips.clip(width, height)
        ours.run(path, checkpoint, frames=20, mode="spread")
        for frames in lengths:
            theirs, spread, opening, ratios = [], [], [], []
            for _ in range(rounds):
                spread.append(ours.run(path, checkpoint, frames=frames, mode="spread"))
                started = time.perf_counter()
                answer = published.run(path, checkpoint, frames=frames)
                theirs.append(time.perf_counter() - started)
                opening.append(ours.run(path, checkpoint, frames=frames, mode="opening"))
                ratios.append(
                    theirs[-1] / statistics.mean((spread[-1].seconds, opening[-1].seconds))
                )
            tracks = opening[-1].analysis.tracks
            rows.append(
                {
                    "clip": f"{width}x{height}",
                    "frames": frames,
                    "published_s": statistics.median(theirs),
                    "spread_s": statistics.median(run.seconds for run in spread),
                    "opening_s": statistics.median(run.seconds for run in opening),
                    "ratio_spread": statistics.median(theirs)
                    / statistics.median(run.seconds for run in spread),
                    "ratio_opening": statistics.median(theirs)
                    / statistics.median(run.seconds for run in opening),
                    "published_faces": answer.faces,
                    "published_p": answer.p_index1,
                    "opening_p": tracks[0].p_fake if tracks else None,
                    "rounds": rounds,
                }
            )
            print(json.dumps(rows[-1]), flush=True)
    return rows


def against_limit(
    *, sizes: tuple[tuple[int, int], ...], lengths: tuple[int, ...], rounds: int
) -> list[dict[str, Any]]:
    """Ours against max(decoding alone, network alone), in turns, warm."""
    checkpoint = clips.checkpoint()
    network = ours.NetworkAlone(checkpoint)
    rows = []
    for width, height in sizes:
        path = clips.clip(width, height)
        for frames in lengths:
            first = ours.run(path, checkpoint, frames=frames, mode="spread")
            crops = _noise_crops(sum(track.frames for track in first.analysis.tracks))
            batch = max(1, min(frames, len(crops)))
            network.seconds(crops[:batch])
            total, decode, pure = [], [], []
            for _ in range(rounds):
                total.append(ours.run(path, checkpoint, frames=frames, mode="spread").seconds)
                decode.append(ours.decode_alone(path, frames=frames, mode="spread"))
                pure.append(
                    sum(
                        network.seconds(crops[at : at + batch])
                        for at in range(0, len(crops), batch)
                    )
                )
            limit = max(statistics.median(decode), statistics.median(pure))
            rows.append(
                {
                    "clip": f"{width}x{height}",
                    "frames": frames,
                    "crops": len(crops),
                    "ours_s": statistics.median(total),
                    "decode_s": statistics.median(decode),
                    "network_s": statistics.median(pure),
                    "ratio": statistics.median(total) / limit,
                    "stages_s": dict(first.analysis.timings_s),
                    "rounds": rounds,
                }
            )
            print(json.dumps(rows[-1]), flush=True)
    return rows


def engines(*, rounds: int, batch: int = 20) -> list[dict[str, Any]]:
    """Crops per second of every engine at hand over the same crops, in turns."""
    from benchmarks.engines import build

    crops = _noise_crops(batch)
    candidates = build(clips.checkpoint())
    reference: Any = None
    rows = {}
    for name, engine in candidates.items():
        features = engine(crops)
        reference = features if reference is None else reference
        rows[name] = {
            "engine": name,
            "largest_difference": float(np.abs(features - reference).max()),
            "largest_feature": float(np.abs(reference).max()),
        }
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, engine in candidates.items():
            started = time.perf_counter()
            engine(crops)
            seconds[name].append(time.perf_counter() - started)
    first = statistics.median(next(iter(seconds.values())))
    for name, values in seconds.items():
        rows[name] |= {
            "crops_per_s": batch / statistics.median(values),
            "ratio": first / statistics.median(values),
            "rounds": rounds,
        }
    return list(rows.values())


def video_length(*, lengths_s: tuple[int, ...], rounds: int) -> list[dict[str, Any]]:
    """Time and peak memory of one fresh process per video length, 1080p, default settings."""
    rows = []
    for length_s in lengths_s:
        path = clips.long_clip(1920, 1080, seconds=length_s)
        runs = [child("analyse", str(path), "20", "spread") for _ in range(rounds)]
        rows.append(
            {
                "video_s": length_s,
                "seconds": statistics.median(run["warm_s"] for run in runs),
                "cold_s": statistics.median(run["cold_s"] for run in runs),
                "peak_mb": statistics.median(run["peak_mb"] for run in runs),
                "examined": runs[0]["examined"],
                "file_mb": path.stat().st_size / 1e6,
                "rounds": rounds,
            }
        )
        print(json.dumps(rows[-1]), flush=True)
    return rows


def large_frames(*, rounds: int) -> list[dict[str, Any]]:
    """Peak memory over 4K and 8K pictures."""
    rows = []
    for width, height in ((3840, 2160), (7680, 4320)):
        path = clips.clip(width, height, seconds=2)
        runs = [child("analyse", str(path), "20", "spread") for _ in range(rounds)]
        rows.append(
            {
                "clip": f"{width}x{height}",
                "seconds": statistics.median(run["warm_s"] for run in runs),
                "peak_mb": statistics.median(run["peak_mb"] for run in runs),
                "examined": runs[0]["examined"],
            }
        )
    return rows


def startup(*, rounds: int) -> dict[str, Any]:
    """Seconds of ``--help`` and of the first face, each from a fresh process."""

    def seconds(work: Callable[[], Any]) -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    command = [sys.executable, "-m", "deepfake_desktop", "--help"]
    bare = [sys.executable, "-c", "pass"]
    helps, bares, faces = [], [], []
    for _ in range(rounds):
        helps.append(seconds(lambda: subprocess.run(command, check=True, capture_output=True)))
        bares.append(seconds(lambda: subprocess.run(bare, check=True, capture_output=True)))
        faces.append(child("analyse", str(clips.clip(1920, 1080)), "20", "spread"))
    return {
        "help_s": statistics.median(helps),
        "python_s": statistics.median(bares),
        "first_face_cold_s": statistics.median(run["first_face_cold_s"] for run in faces),
        "first_face_warm_s": statistics.median(run["first_face_warm_s"] for run in faces),
        "rounds": rounds,
    }


def child(*arguments: str) -> dict[str, Any]:
    """Run one measurement in a process of its own; what it prints last is JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "child", *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def analyse_here(path: Path, frames: int, mode: str) -> dict[str, Any]:
    """In this fresh process: the first analysis (cold), a second (warm), and the peak memory."""
    import resource  # not on Windows

    checkpoint = clips.checkpoint()
    cold = ours.run(path, checkpoint, frames=frames, mode=mode)  # type: ignore[arg-type]
    warm = ours.run(path, checkpoint, frames=frames, mode=mode)  # type: ignore[arg-type]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "cold_s": cold.seconds,
        "warm_s": warm.seconds,
        "first_face_cold_s": cold.first_face_s,
        "first_face_warm_s": warm.first_face_s,
        "examined": warm.analysis.frames.examined,
        "peak_mb": peak / (1024 if sys.platform != "darwin" else 1024 * 1024),
        "timings_s": dict(warm.analysis.timings_s),
        "frames": asdict(warm.analysis.frames),
    }


def _noise_crops(count: int) -> list[Any]:
    noise = np.random.default_rng(1)
    return [noise.integers(0, 256, (112, 112, 3), dtype=np.uint8) for _ in range(count)]
