"""The faces panel and its close view."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from deepfake_desktop.core.types import FaceBox
from deepfake_desktop.ui.crop_view import MARGIN, cut
from deepfake_desktop.ui.faces_panel import FacesPanel
from deepfake_desktop.ui.faces_panel_model import MOST_FACES, SCORE_ROLE, FacesModel
from deepfake_desktop.ui.frame_source import ShownFrame
from tests.ui import sample_results as sample


@pytest.fixture
def panel(qtbot: QtBot) -> FacesPanel:
    widget = FacesPanel()
    qtbot.addWidget(widget)
    widget.resize(344, 420)
    widget.show()
    return widget


def filled(panel: FacesPanel) -> FacesPanel:
    for person in (1, 2):
        for second in range(0 if person == 1 else 21, 70, 5):
            panel.add_face(sample.face(person, float(second)))
    panel.show_analysis(sample.analysis())
    return panel


def frame(time_s: float, *, width: int = 1920, height: int = 1080) -> ShownFrame:
    """A grey frame with a red box where the first person of the samples is."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("grey"))
    return ShownFrame(time_s, time_s + 0.04, image)


def test_it_invites_until_a_face_is_found(panel: FacesPanel) -> None:
    assert panel._empty.isVisible()
    assert "as they are found" in panel._empty.text()
    panel.add_face(sample.face(1, 0.4))
    assert not panel._empty.isVisible()
    assert panel._count.text() == "1 face"


def test_no_face_is_said_in_words(panel: FacesPanel) -> None:
    panel.show_analysis(sample.analysis("NO FACE"))
    assert panel._empty.isVisible()
    assert "No face" in panel._empty.text()


def test_faces_are_grouped_by_person_in_order(panel: FacesPanel) -> None:
    for person, second in ((2, 1.0), (1, 2.0), (2, 0.5), (3, 1.0)):
        panel.add_face(sample.face(person, second))
    order = [
        panel._list.itemAt(i).widget().track_id  # type: ignore[union-attr]
        for i in range(panel._list.count() - 1)
    ]
    assert order == [1, 2, 3]
    assert [face.time_s for face in panel._strips[2].model.faces] == [0.5, 1.0]
    assert panel._count.text() == "4 faces"


def test_a_score_reaches_the_faces_of_its_window_whichever_came_first(qtbot: QtBot) -> None:
    model = FacesModel(1)
    model.add(sample.face(1, 0.5))
    model.set_score(sample.window(1, 0.0, 0.7))
    model.add(sample.face(1, 1.2))
    model.add(sample.face(1, 3.0))
    scores = [model.index(row).data(SCORE_ROLE) for row in range(3)]
    assert scores == [0.7, 0.7, None]


def test_many_faces_stay_bounded_and_spread(qtbot: QtBot) -> None:
    model = FacesModel(1)
    count = 3 * MOST_FACES
    for index in range(count):
        model.add(sample.face(1, float(index), side=16))
    assert model.rowCount() <= MOST_FACES
    assert model.seen == count
    times = [face.time_s for face in model.faces]
    assert times == sorted(times)
    assert times[0] < count * 0.1
    assert times[-1] > count * 0.9


def test_a_click_on_a_face_goes_there(qtbot: QtBot, panel: FacesPanel) -> None:
    filled(panel)
    row = panel._strips[1].row
    place = row.visualRect(row.model().index(2, 0)).center()
    with qtbot.waitSignals([panel.seekRequested, panel.trackSelected]):
        qtbot.mouseClick(row.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert panel._shown == (1, 10.0)


@pytest.mark.parametrize("width", [331, 500, 640])
@pytest.mark.parametrize("at", [0, 7, 39])
def test_faces_and_scores_are_never_cut(
    qtbot: QtBot, panel: FacesPanel, width: int, at: int
) -> None:
    panel.resize(width, 420)
    for index in range(40):
        panel.add_face(sample.face(1, float(index), side=16))
    row = panel._strips[1].row
    row.setCurrentIndex(row.model().index(at, 0))
    qtbot.waitUntil(lambda: row.horizontalScrollBar().isVisible(), timeout=5_000)
    room = row.viewport().rect()
    faces = [row.visualRect(row.model().index(k, 0)) for k in range(40)]
    assert room.contains(faces[at])
    assert all(room.contains(face) for face in faces if face.intersects(room))


def test_whoever_is_chosen_comes_into_view(qtbot: QtBot, panel: FacesPanel) -> None:
    panel.resize(700, 180)
    for person in range(1, 6):
        panel.add_face(sample.face(person, 1.0, side=16))
    viewport = panel._scroll.viewport()
    qtbot.waitUntil(lambda: panel._people.height() > 2 * viewport.height(), timeout=5_000)
    for person in (5, 2):
        panel.select_track(person)
        strip = panel._strips[person]
        assert viewport.rect().contains(strip.geometry().translated(panel._people.pos()))


def test_arrows_walk_along_the_faces(qtbot: QtBot, panel: FacesPanel) -> None:
    filled(panel)
    row = panel._strips[1].row
    row.setFocus()
    row.setCurrentIndex(row.model().index(0, 0))
    asked: list[float] = []
    panel.seekRequested.connect(asked.append)
    qtbot.keyClick(row, Qt.Key.Key_Right)
    qtbot.keyClick(row, Qt.Key.Key_Right)
    qtbot.keyClick(row, Qt.Key.Key_Left)
    assert asked == [5.0, 10.0, 5.0]


def test_the_head_chooses_the_person_by_mouse_and_by_key(qtbot: QtBot, panel: FacesPanel) -> None:
    filled(panel)
    head = panel._strips[2].head
    with qtbot.waitSignal(panel.trackSelected) as chosen:
        qtbot.mouseClick(head, Qt.MouseButton.LeftButton)
    assert chosen.args == [2]
    assert head.isChecked()
    assert not panel._strips[1].head.isChecked()
    other = panel._strips[1].head
    other.setFocus()
    with qtbot.waitSignal(panel.trackSelected) as chosen:
        qtbot.keyClick(other, Qt.Key.Key_Space)
    assert chosen.args == [1]


def test_the_head_says_name_score_and_side(panel: FacesPanel) -> None:
    filled(panel)
    name = panel._strips[2].head.accessibleName()
    assert "Person 2" in name
    assert "looks authentic" in name


def test_faces_say_when_and_how_they_scored(panel: FacesPanel) -> None:
    filled(panel)
    index = panel._strips[2].model.index(0)
    text = index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert text.startswith("Person 2, 0:21.00, 0.")


def test_the_position_marks_a_face_without_asking_to_seek(qtbot: QtBot, panel: FacesPanel) -> None:
    filled(panel)
    with qtbot.assertNotEmitted(panel.seekRequested, wait=50):
        panel.set_position(31.0)
    row = panel._strips[1].row
    assert panel._strips[1].model.faces[row.currentIndex().row()].time_s == 30.0


def test_the_close_view_is_cut_from_the_frame_on_screen(panel: FacesPanel) -> None:
    filled(panel)
    shown = frame(30.08)
    box = panel._boxes[1].at(30.08)
    assert box is not None
    panel.show_frame(shown)
    expected = round(box.box.width_px * (1 + 2 * MARGIN))
    assert panel.crop.image.width() == pytest.approx(expected, abs=1)
    assert panel._shown == (1, 30.08)
    assert "from the frame on screen" in panel._what.text()


def test_without_a_face_on_screen_the_close_view_stays(panel: FacesPanel) -> None:
    filled(panel)
    panel.show_frame(frame(30.08))
    before = panel._shown
    panel.show_frame(frame(71.9))
    assert panel._shown == before


def test_saving_names_the_person_and_the_moment(qtbot: QtBot, panel: FacesPanel) -> None:
    filled(panel)
    panel.show_frame(frame(30.08))
    with qtbot.waitSignal(panel.saveFaceRequested) as asked:
        qtbot.mouseClick(panel._save, Qt.MouseButton.LeftButton)
    assert asked.args == [1, pytest.approx(30.08)]


def test_people_that_the_result_dropped_go(panel: FacesPanel) -> None:
    panel.add_face(sample.face(1, 1.0))
    panel.add_face(sample.face(9, 1.0))
    panel.show_analysis(sample.analysis())
    assert sorted(panel._strips) == [1, 2]


def test_a_result_without_pictures_still_lists_the_people(panel: FacesPanel) -> None:
    panel.show_analysis(sample.analysis())
    assert sorted(panel._strips) == [1, 2]
    assert all(not strip.row.isVisible() for strip in panel._strips.values())


def test_clearing_forgets_everybody(panel: FacesPanel) -> None:
    filled(panel).clear()
    assert panel._strips == {}
    assert panel._empty.isVisible()
    assert panel.crop.image.isNull()
    assert panel._count.text() == ""


@pytest.mark.parametrize(("width", "height"), [(280, 250), (344, 420), (760, 230)])
def test_long_texts_never_widen_the_panel(panel: FacesPanel, width: int, height: int) -> None:
    filled(panel)
    panel.resize(width, height)
    panel.show_frame(frame(30.08))
    assert panel.minimumSizeHint().width() <= width
    assert panel.width() == width


def test_a_face_at_the_edge_is_cut_at_the_edge() -> None:
    image = QImage(100, 80, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    assert cut(image, FaceBox(-10.0, -10.0, 30.0, 30.0)).width() == 42
    assert cut(image, FaceBox(200.0, 0.0, 240.0, 40.0)).isNull()
    assert cut(image, FaceBox(20.0, 20.0, 40.0, 40.0), margin=0.0).width() == 20
