"""The faces panel: everybody who was seen, grouped by person, and one face at a closer look."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from deepfake_desktop.core.types import Analysis, FaceSeen, Thresholds, WindowScore
from deepfake_desktop.ui import formats
from deepfake_desktop.ui.crop_view import CropView, cut, scaled
from deepfake_desktop.ui.faces_panel_strip import PersonStrip
from deepfake_desktop.ui.frame_source import ShownFrame
from deepfake_desktop.ui.icons import icon
from deepfake_desktop.ui.player_boxes import TrackBoxes
from deepfake_desktop.ui.theme import Space
from deepfake_desktop.ui.timeline import limits
from deepfake_desktop.ui.widgets import Panel

CLOSE_PX, SMALL_CLOSE_PX = 132, 88
WIDE_PX = 560
"""From this width on the close view stands beside the people, not under them."""

ROOM_PX = 250
"""A lower panel keeps its room for the people until a face is chosen."""


class FacesPanel(Panel):
    """Fed by events while an analysis runs, or by a whole analysis.

    ``show_frame`` keeps the close view on the chosen person, cut from the frame on screen;
    ``set_position`` marks the faces of that moment.
    """

    seekRequested = Signal(float)
    trackSelected = Signal(int)
    saveFaceRequested = Signal(int, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._strips: dict[int, PersonStrip] = {}
        self._limits = Thresholds()
        self._boxes: dict[int, TrackBoxes] = {}
        self._chosen: int | None = None
        self._frame: ShownFrame | None = None
        self._shown: tuple[int, float] | None = None
        self._picture_px = 0
        """Width of the picture that boxes are counted in; 0 while unknown."""
        self._build()
        self.clear()

    def _build(self) -> None:
        self.column.setContentsMargins(Space.M, Space.S, Space.M, Space.M)
        self.column.setSpacing(Space.XS)

        head = QHBoxLayout()
        self._title = QLabel(self.tr("People"))
        self._title.setProperty("role", "heading")
        self._count = QLabel()
        self._count.setProperty("role", "caption")
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._count)
        self.column.addLayout(head)

        self._people = QWidget()
        self._people.setObjectName("people")
        self._list = QVBoxLayout(self._people)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(Space.S)
        self._list.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._people)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._empty = QLabel()
        self._empty.setProperty("role", "quiet")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)

        self._close = QFrame()
        close = QHBoxLayout(self._close)
        close.setContentsMargins(0, Space.XS, 0, 0)
        close.setSpacing(Space.M)
        self.crop = CropView()
        close.addWidget(self.crop, 0, Qt.AlignmentFlag.AlignTop)
        facts = QVBoxLayout()
        facts.setSpacing(2)
        self._who = QLabel()
        self._who.setProperty("role", "heading")
        self._when = QLabel()
        self._when.setProperty("role", "quiet")
        self._what = QLabel()
        self._what.setProperty("role", "caption")
        self._what.setWordWrap(True)
        for label in (self._who, self._when, self._what):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._when.setWordWrap(True)
        facts.addWidget(self._who)
        facts.addWidget(self._when)
        facts.addWidget(self._what)
        facts.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(Space.XS)
        self._save = self._button("save", self.tr("Save this face"))
        self._pixels = self._button("image", self.tr("Show every pixel as a square"))
        self._pixels.setCheckable(True)
        buttons.addWidget(self._save)
        buttons.addWidget(self._pixels)
        buttons.addStretch(1)
        facts.addLayout(buttons)
        close.addLayout(facts, 1)

        self._body = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._body.setSpacing(Space.S)
        self._body.addWidget(self._empty, 1)
        self._body.addWidget(self._scroll, 1)
        self._body.addWidget(self._close)
        self.column.addLayout(self._body, 1)
        self._save.clicked.connect(self._on_save)
        self._pixels.toggled.connect(self._on_pixels)

    def _button(self, icon_name: str, text: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(icon_name, on_tint="accent"))
        button.setIconSize(QSize(18, 18))
        button.setProperty("kind", "flat")
        button.setToolTip(text)
        button.setAccessibleName(text)
        return button

    # --- what is shown ------------------------------------------------------------------------

    def clear(self) -> None:
        for strip in self._strips.values():
            self._list.removeWidget(strip)
            strip.deleteLater()
        self._strips.clear()
        self._boxes.clear()
        self._chosen = None
        self._frame = None
        self._shown = None
        self.crop.clear()
        self._say_empty(self.tr("Faces appear here as they are found"))
        self._update()

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """From where on a score is drawn as fake or as real."""
        self._limits = thresholds
        for strip in self._strips.values():
            strip.set_limits(thresholds)

    def add_face(self, seen: FaceSeen) -> None:
        self._strip(seen.track_id).model.add(seen)
        if self._chosen is None:
            self._choose(seen.track_id)
        if self._shown is None:
            self._show_thumbnail(seen.track_id, seen.time_s)
        self._update()

    def set_score(self, window: WindowScore) -> None:
        self._strip(window.track_id).model.set_score(window)

    def show_analysis(self, analysis: Analysis) -> None:
        """The final people and scores; faces that were seen stay."""
        self.set_thresholds(limits(analysis))
        kept = {track.id for track in analysis.tracks}
        for track_id in [one for one in self._strips if one not in kept]:
            strip = self._strips.pop(track_id)
            self._list.removeWidget(strip)
            strip.deleteLater()
        self._boxes = {track.id: TrackBoxes.of(track) for track in analysis.tracks}
        self._picture_px = analysis.video.width_px
        for track in analysis.tracks:
            strip = self._strip(track.id)
            strip.model.set_scores(track.windows)
            strip.set_result(p_fake=track.p_fake, times=formats.span(track.first_s, track.last_s))
        if not analysis.tracks:
            self._say_empty(self.tr("No face was found"))
        if self._chosen not in kept:
            worst = max(analysis.tracks, key=lambda one: one.p_fake, default=None)
            self._chosen = None
            if worst is not None:
                self._choose(worst.id)
        self._update()
        if self._frame is not None:
            self.show_frame(self._frame)

    @Slot(object)
    def show_frame(self, frame: ShownFrame) -> None:
        """The picture on screen: the chosen person's face is cut out of it."""
        self._frame = frame
        boxes = self._boxes.get(self._chosen) if self._chosen is not None else None
        found = boxes.at(frame.start_s) if boxes is not None else None
        if found is None:
            return
        face = cut(frame.image, scaled(found.box, frame.image.width(), self._picture_px))
        if face.isNull():
            return
        self._show_close(
            found.track_id,
            frame.start_s,
            found.p_fake,
            self.tr("{0} px, from the frame on screen").format(round(found.box.width_px)),
        )
        self.crop.show_face(face, self._when.text())

    @Slot(float)
    def set_position(self, time_s: float) -> None:
        """Marks the faces nearest to a moment."""
        for strip in self._strips.values():
            strip.mark(time_s)

    def select_track(self, track_id: int) -> None:
        """Chooses a person, as a click on their head does; asks nobody."""
        if track_id in self._strips:
            self._choose(track_id)
            if self._frame is not None:
                self.show_frame(self._frame)

    # --- inside -------------------------------------------------------------------------------

    def _strip(self, track_id: int) -> PersonStrip:
        strip = self._strips.get(track_id)
        if strip is None:
            strip = PersonStrip(track_id)
            strip.set_limits(self._limits)
            strip.chosen.connect(self._on_chosen)
            strip.seekRequested.connect(self._on_seek)
            self._strips[track_id] = strip
            place = sorted(self._strips).index(track_id)
            self._list.insertWidget(place, strip)
            self._update()
        return strip

    def _choose(self, track_id: int) -> None:
        self._chosen = track_id
        for one in self._strips.values():
            one.set_chosen(one.track_id == track_id)
        self._scroll.ensureWidgetVisible(self._strips[track_id], 0, 0)

    @Slot(int)
    def _on_chosen(self, track_id: int) -> None:
        self._choose(track_id)
        strip = self._strips[track_id]
        if self._frame is not None and self._boxes.get(track_id) is not None:
            self.show_frame(self._frame)
        elif strip.model.faces:
            self._show_thumbnail(track_id, strip.model.faces[0].time_s)
        self.trackSelected.emit(track_id)

    @Slot(float)
    def _on_seek(self, time_s: float) -> None:
        if self._chosen is not None:
            self._show_thumbnail(self._chosen, time_s)
        self.seekRequested.emit(time_s)

    def _show_thumbnail(self, track_id: int, time_s: float) -> None:
        """Until the player shows that frame, the picture that the engine sent."""
        model = self._strips[track_id].model
        row = model.nearest(time_s)
        if row is None:
            return
        face = model.faces[row]
        self._show_close(track_id, face.time_s, face.p_fake, self.tr("as the analysis saw it"))
        self.crop.show_face(face.large, self._when.text())

    def _show_close(self, track_id: int, time_s: float, p_fake: float | None, origin: str) -> None:
        self._shown = (track_id, time_s)
        self._who.setText(formats.person_name(track_id))
        when = formats.clock(time_s, decimals=2)
        if p_fake is not None:
            label = formats.label_of(p_fake, self._limits)
            when = f"{when} \u00b7 {formats.score(p_fake)} {formats.side(label)}"
        self._when.setText(when)
        self._what.setText(origin)
        self._save.setEnabled(True)

    def _say_empty(self, text: str) -> None:
        self._empty.setText(text)

    def _update(self) -> None:
        people = bool(self._strips)
        faces = sum(strip.model.seen for strip in self._strips.values())
        text = self.tr("1 face") if faces == 1 else self.tr("{0} faces")
        self._count.setText(text.format(self.locale().toString(faces)) if faces else "")
        self._empty.setVisible(not people)
        self._scroll.setVisible(people)
        self._close.setVisible(people and self._shown is not None and self._has_room())
        self._save.setEnabled(self._shown is not None)

    def _has_room(self) -> bool:
        return self.width() >= WIDE_PX or self.height() >= ROOM_PX

    @Slot()
    def _on_save(self) -> None:
        if self._shown is not None:
            self.saveFaceRequested.emit(*self._shown)

    @Slot(bool)
    def _on_pixels(self, squares: bool) -> None:
        self.crop.set_smooth(not squares)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= WIDE_PX
        self._body.setDirection(
            QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        )
        self._close.setFixedWidth(300) if wide else self._close.setMaximumWidth(16_777_215)
        if not wide:
            self._close.setMinimumWidth(0)
        side = min(CLOSE_PX, max(SMALL_CLOSE_PX, round(self.height() * 0.32)))
        self.crop.setFixedSize(side, side)
        self._update()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._title.setText(self.tr("People"))
            self._update()
        super().changeEvent(event)
