from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from deepfake_desktop.training.plots import plot_reliability


def test_the_legend_of_a_reliability_plot_covers_no_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, path: drawn.append(figure))
    corners = [
        {"mean_p": x, "share_fake": y, "count": 20} for x in (0.05, 0.95) for y in (0.0, 1.0)
    ]
    plot_reliability(tmp_path / "a.png", {"as shipped": corners, "held out": corners}, title="a")
    (figure,) = drawn
    figure.draw_without_rendering()
    (axes,), (legend,) = figure.axes, figure.legends
    assert not axes.get_window_extent().overlaps(legend.get_window_extent())
    assert figure.bbox.containsx(legend.get_window_extent().x0)
    assert figure.bbox.containsx(legend.get_window_extent().x1)
