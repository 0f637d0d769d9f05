"""ROC and reliability pictures of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepfake_desktop.training import metrics
from deepfake_desktop.training.figures import Measured, Table, by_family

COLOURS = {
    "all": "#222222",
    "face swap": "#0072b2",
    "lip sync": "#d55e00",
    "talking head": "#009e73",
    "reenactment": "#cc79a7",
    "other": "#999999",
}
"""Okabe and Ito's colours, told apart by most colour-blind people."""


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def plot_roc(path: Path, rows: Sequence[Measured], *, title: str) -> None:
    """One curve per family, each against all real clips."""
    figure, axes = _figure(5.0, 4.6)
    axes.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=1, linestyle=":")
    for family, part in by_family(rows).items():
        table = Table.of(part)
        if table.fake.all() or not table.fake.any():
            continue
        fpr, tpr = metrics.roc(table.fake, table.logits)
        label = f"{family} ({int(table.fake.sum())}): {metrics.auc(table.fake, table.logits):.2f}"
        axes.plot(
            fpr, tpr, label=label, color=COLOURS[family], linewidth=2.5 if family == "all" else 1.5
        )
    axes.set(
        xlabel="Real clips called fake", ylabel="Fakes found", title=title, aspect="equal",
        xlim=(-0.01, 1.01), ylim=(-0.01, 1.01),
    )  # fmt: skip
    axes.legend(loc="lower right", title="family (fakes): AUC", fontsize=8, title_fontsize=8)
    figure.savefig(path)


def plot_reliability(
    path: Path, curves: Mapping[str, Sequence[Mapping[str, float]]], *, title: str
) -> None:
    """``curves``: name to bins (``mean_p``, ``share_fake``, ``count``)."""
    figure, axes = _figure(5.0, 4.9)
    axes.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=1, linestyle=":")
    for (name, bins), colour in zip(curves.items(), list(COLOURS.values())[1:], strict=False):
        said = np.asarray([b["mean_p"] for b in bins])
        true = np.asarray([b["share_fake"] for b in bins])
        sizes = np.asarray([b["count"] for b in bins])
        axes.plot(said, true, color=colour, linewidth=1)
        axes.scatter(said, true, s=12.0 + 6.0 * sizes, color=colour, label=name, alpha=0.8)
    axes.set(
        xlabel="P(fake) said", ylabel="Share of fakes (classes weighted evenly)", title=title,
        xlim=(-0.02, 1.02), ylim=(-0.04, 1.04), aspect="equal",
    )  # fmt: skip
    # A point may lie anywhere in the square, so the legend stands below it.
    figure.legend(loc="outside lower center", ncols=len(curves), fontsize=8)
    figure.savefig(path)
