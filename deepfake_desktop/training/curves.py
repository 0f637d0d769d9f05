"""A run's curves: ``curve.csv`` and ``checks.csv`` to one PNG."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np


def read_columns(path: Path) -> dict[str, list[float]]:
    """Columns of a CSV of numbers; empty if the file is not there."""
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {key: [float(row[key]) for row in rows] for key in (rows[0] if rows else {})}


def draw_curves(folder: Path) -> Path | None:
    """``curves.png`` in ``folder``, or None where nothing has been noted yet."""
    curve, checks = read_columns(folder / "curve.csv"), read_columns(folder / "checks.csv")
    if not curve:
        return None
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    steps = np.asarray(curve["step"])
    for name in ("cross_entropy", "ranking"):
        values = np.asarray(curve[name])
        width = max(1, len(values) // 50)
        smooth = np.convolve(values, np.ones(width) / width, mode="valid")
        left.plot(steps[width - 1 :], smooth, label=name.replace("_", " "))
    left.set(xlabel="step", ylabel="loss", title="training")
    left.legend()
    for name, measured in checks.items():
        if name not in ("step", "seconds") and not name.startswith("made_"):
            right.plot(checks["step"], measured, marker="o", label=name)
    right.axhline(0.5, color="0.7", linewidth=1)
    right.set(xlabel="step", ylabel="AUC", title="checks", ylim=(0.2, 1.0))
    if checks:
        right.legend()
    path = folder / "curves.png"
    figure.savefig(path, dpi=110)
    return path
