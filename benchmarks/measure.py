"""Whole analyses and engines. Every function returns plain numbers for the results page.

What is compared runs in turns within one process: a machine that slows down slows both.
"""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

import numpy as np

from benchmarks import clips, ours, published

SIZES = ((1920, 1080), (640, 360))
LENGTHS = (20, 60, 100)


def against_published(
    *, sizes: tuple[tuple[int, int], ...], lengths: tuple[int, ...], rounds: int
) -> list[dict[str, Any]]:
    """Whole analyses, published pipeline and ours in turns; a first run of ours warms up.

    1080p runs once: the published pipeline takes minutes over it.
    """
    checkpoint = clips.checkpoint()
    lengths = tuple(sorted(lengths))
    rows = []
    for width, height in sizes:
        path = clips.clip(width, height)
        turns = 1 if height >= 1080 else min(rounds, 2)
        ours.run(path, checkpoint, frames=20, mode="spread")
        theirs: dict[int, list[published.Published]] = {count: [] for count in lengths}
        spread: dict[int, list[ours.Run]] = {count: [] for count in lengths}
        opening: dict[int, list[ours.Run]] = {count: [] for count in lengths}
        for _ in range(turns):
            for count in lengths:
                spread[count].append(ours.run(path, checkpoint, frames=count, mode="spread"))
            for answer in published.run(path, checkpoint, lengths=lengths):
                theirs[answer.frames].append(answer)
            for count in lengths:
                opening[count].append(ours.run(path, checkpoint, frames=count, mode="opening"))
        for count in lengths:
            published_s = statistics.median(answer.seconds for answer in theirs[count])
            spread_s = statistics.median(run.seconds for run in spread[count])
            opening_s = statistics.median(run.seconds for run in opening[count])
            rows.append(
                {
                    "clip": f"{width}x{height}",
                    "frames": count,
                    "published_s": published_s,
                    "spread_s": spread_s,
                    "opening_s": opening_s,
                    "ratio_spread": published_s / spread_s,
                    "ratio_opening": published_s / opening_s,
                    "examined_spread": spread[count][0].analysis.frames.examined,
                    "rounds": turns,
                }
            )
            print(json.dumps(rows[-1]), flush=True)
    return rows


def against_limit(
    *, sizes: tuple[tuple[int, int], ...], lengths: tuple[int, ...], rounds: int
) -> list[dict[str, Any]]:
    """Ours against max(decoding alone, network alone), in turns, warm. The limit's network is the
    exact engine; what ours, in 16 bits where the processor has them, takes alone stands beside."""
    checkpoint = clips.checkpoint()
    exact = ours.NetworkAlone(checkpoint, "exact")
    network = ours.NetworkAlone(checkpoint)
    rows = []
    for width, height in sizes:
        path = clips.clip(width, height)
        for frames in lengths:
            first = ours.run(path, checkpoint, frames=frames, mode="spread")
            crops = noise_crops(sum(track.frames for track in first.analysis.tracks))
            batch = max(1, min(frames, len(crops)))
            parts = [crops[at : at + batch] for at in range(0, len(crops), batch)]
            runs, decode, pure, own = [], [], [], []
            for _ in range(rounds):
                runs.append(ours.run(path, checkpoint, frames=frames, mode="spread"))
                decode.append(ours.decode_alone(path, frames=frames, mode="spread"))
                pure.append(sum(exact.seconds(part) for part in parts))
                own.append(sum(network.seconds(part) for part in parts))
            total = statistics.median(run.seconds for run in runs)
            decode_s, exact_s, own_s = map(statistics.median, (decode, pure, own))
            rows.append(
                {
                    "clip": f"{width}x{height}",
                    "frames": frames,
                    "crops": len(crops),
                    "ours_s": total,
                    "decode_s": decode_s,
                    "faces_s": statistics.median(run.analysis.timings_s["faces"] for run in runs),
                    "exact_s": exact_s,
                    "network_s": own_s,
                    "ratio": total / max(decode_s, exact_s),
                    "ratio_own": total / max(decode_s, own_s),
                    "rounds": rounds,
                }
            )
            print(json.dumps(rows[-1]), flush=True)
    return rows


def engines(*, rounds: int, batch: int = 20) -> list[dict[str, Any]]:
    """Crops per second of every engine at hand over the same crops, in turns."""
    from benchmarks.engines import build

    crops = noise_crops(batch)
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


def noise_crops(count: int) -> list[Any]:
    noise = np.random.default_rng(1)
    return [noise.integers(0, 256, (112, 112, 3), dtype=np.uint8) for _ in range(count)]
