from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from deepfake_desktop.core.types import FaceBox
from deepfake_desktop.ui import exports
from tests.ui import sample_results as made


def test_the_summary_says_all_that_matters(qapp: QApplication) -> None:
    text = exports.summary(made.analysis("FAKE"))
    for part in ("FAKE", "96 %", "press_conference_final.mp4", "9f3c71aa", "ab" * 32, "560"):
        assert part in text
    assert "not proof" in text
    assert "Traces it reads: none" in text
    traced = made.checkpoint(trace_kinds=("lip sync", "face swap"))
    with_traces = exports.summary(replace(made.analysis("FAKE"), checkpoint=traced))
    assert "Traces it reads: lip sync, face swap" in with_traces
    assert "%" not in exports.summary(made.analysis("NO FACE")).splitlines()[0]


def test_a_picture_keeps_its_pixels(qapp: QApplication) -> None:
    image = np.zeros((5, 7, 3), np.uint8)
    image[2, 3] = (200, 100, 50)
    back = QImage.fromData(QByteArray(exports.as_png(image[:, ::1])))
    assert (back.width(), back.height()) == (7, 5)
    color = back.pixelColor(3, 2)
    assert (color.red(), color.green(), color.blue()) == (200, 100, 50)


def test_a_face_at_the_edge_is_cut_to_the_picture() -> None:
    image = np.arange(100 * 100 * 3, dtype=np.uint8).reshape(100, 100, 3)
    cut = exports.cut_out(image, FaceBox(-10, 60, 30, 120), margin=0.25)
    assert cut.shape == (55, 40, 3)
    assert (cut == image[45:100, 0:40]).all()


def test_a_result_is_dragged_as_a_file(qapp: QApplication) -> None:
    drag = exports.DragOut()
    data = drag.mime(made.analysis("REAL"))
    (url,) = data.urls()
    path = Path(url.toLocalFile())
    assert json.loads(path.read_text("utf-8"))["verdict"]["label"] == "REAL"
    assert "REAL" in data.text()
    drag.close()
    assert not path.exists()
