"""The player: a picture with exact face boxes, and what its controls do."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deepfake_desktop.core.types import (
    Analysis,
    FaceSeen,
    Thresholds,
    TimedBox,
    TrackResult,
    WindowScore,
)
from deepfake_desktop.ui import formats
from deepfake_desktop.ui.frame_source import ShownFrame
from deepfake_desktop.ui.icons import icon
from deepfake_desktop.ui.player_actions import RATES, PlayerActions
from deepfake_desktop.ui.player_boxes import (
    BoxAtTime,
    TrackBoxes,
    boxes_at,
    next_moment,
    previous_moment,
    suspicious_moments,
)
from deepfake_desktop.ui.player_playback import Playback
from deepfake_desktop.ui.player_stage import PlayerStage
from deepfake_desktop.ui.timeline import limits

OPENING_MS = 400
"""A file without a picture for so long says that it is being opened."""


class Player(QWidget):
    """Plays one file at a time. Boxes and picture change in one step, for the frame on screen.

    ``set_thresholds`` tells which windows count as suspicious; ``frameShown`` hands the picture
    on (to the face panel's close view).
    """

    positionChanged = Signal(float)
    durationChanged = Signal(float)
    saveFrameRequested = Signal(float)
    failed = Signal(str)
    frameShown = Signal(object)
    """The ``ShownFrame`` on screen."""
    trackSelected = Signal(int)
    loopChanged = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._boxes: dict[int, TrackBoxes] = {}
        self._tracks: tuple[TrackResult, ...] = ()
        self._thresholds = Thresholds()
        self._moments: tuple[float, ...] = ()
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(OPENING_MS)
        self._patience.timeout.connect(self._say_opening)
        self.playback = Playback(self)
        self.controls = PlayerActions(self)
        self._stage = PlayerStage(self.controls, self)
        self.view, self.bar, self.scrub = self._stage.view, self._stage.bar, self._stage.scrub
        self.bar.set_volume(self.playback.volume)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addWidget(self._stage)
        self._connect()
        self._connect_actions()
        self._update_actions()

    def _connect(self) -> None:
        self.playback.frameShown.connect(self._on_frame)
        self.playback.durationChanged.connect(self._on_duration)
        self.playback.playingChanged.connect(self.controls.set_playing)
        self.playback.sourceChanged.connect(self._on_source)
        self.playback.failed.connect(self._on_failed)
        self.bar.volumeChanged.connect(self.set_volume)
        self._stage.scrubbed.connect(self.seek)
        self._stage.leaveRequested.connect(self._leave_full_screen)
        self.view.stepRequested.connect(self.step)
        self.view.playRequested.connect(self.toggle_play)
        self.view.doubleClicked.connect(self.controls.full_screen.toggle)
        self.view.trackClicked.connect(self._on_track_clicked)
        self.view.zoomChanged.connect(self._update_actions)

    def _connect_actions(self) -> None:
        do = self.controls
        do.play.triggered.connect(self.toggle_play)
        do.to_start.triggered.connect(self._to_start)
        do.step_back.triggered.connect(self._step_back)
        do.step_forward.triggered.connect(self._step_forward)
        do.next_moment.triggered.connect(self.next_suspicious)
        do.previous_moment.triggered.connect(self.previous_suspicious)
        do.slower.triggered.connect(self._slower)
        do.faster.triggered.connect(self._faster)
        do.speeds.triggered.connect(self._on_speed)
        do.loop.toggled.connect(self._on_loop)
        do.show_boxes.toggled.connect(self.view.set_boxes_visible)
        do.mute.toggled.connect(self._on_mute)
        do.louder.triggered.connect(self._louder)
        do.quieter.triggered.connect(self._quieter)
        do.zoom_in.triggered.connect(self._zoom_in)
        do.zoom_out.triggered.connect(self._zoom_out)
        do.zoom_fit.triggered.connect(self.view.fit)
        do.save_frame.triggered.connect(self._save_frame)
        do.full_screen.toggled.connect(self._on_full_screen)

    # --- the file -----------------------------------------------------------------------------

    def load(self, path: Path) -> None:
        """Opens the file in the background and shows its first frame."""
        self.clear()
        self.view.set_title(path.name)
        self.playback.load(path)
        self._patience.start()

    def clear(self) -> None:
        """No file: stops everything, leaves no thread."""
        self._patience.stop()
        self.playback.clear()
        self._tracks = ()
        self._boxes = {}
        self._moments = ()
        self.set_loop(None)
        self.view.clear()
        self.bar.set_time(0.0, 0.0)
        self._update_actions()

    @property
    def path(self) -> Path | None:
        return self.playback.path

    @property
    def frame(self) -> ShownFrame | None:
        """The picture on screen."""
        return self.playback.frame

    @property
    def is_playing(self) -> bool:
        return self.playback.playing

    @property
    def has_sound(self) -> bool:
        """False while the engine's decoder plays."""
        return self.playback.has_sound

    @property
    def duration_s(self) -> float:
        return self.playback.duration_s

    # --- what was found -----------------------------------------------------------------------

    def show_analysis(self, analysis: Analysis) -> None:
        """The people of a finished analysis, and what counted as suspicious in it."""
        self.set_thresholds(limits(analysis))
        video = analysis.video
        self.view.set_reference_size(QSize(video.width_px, video.height_px))
        self.set_tracks(analysis.tracks)

    def set_tracks(self, tracks: tuple[TrackResult, ...]) -> None:
        """The people of this video; their boxes are drawn over the frames they belong to."""
        self._tracks = tracks
        self._boxes = {track.id: TrackBoxes.of(track) for track in tracks}
        self._find_moments()
        self._show_boxes()

    def add_face(self, seen: FaceSeen) -> None:
        """A face as it is found, while an analysis runs."""
        self._person(seen.track_id).add_box(TimedBox(seen.time_s, seen.box, detected=True))
        self._show_boxes()

    def add_window(self, window: WindowScore) -> None:
        """A score as it is made: the label of the faces in it."""
        self._person(window.track_id).add_window(window)
        self._show_boxes()

    def _person(self, track_id: int) -> TrackBoxes:
        return self._boxes.setdefault(track_id, TrackBoxes(track_id))

    def _boxes_at(self, time_s: float) -> tuple[BoxAtTime, ...]:
        return boxes_at(self._boxes.values(), time_s)

    def _show_boxes(self) -> None:
        if self.frame is not None:
            self.view.set_boxes(self._boxes_at(self.frame.start_s))

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """From which score on a moment is suspicious."""
        self._thresholds = thresholds
        self.view.set_thresholds(thresholds)
        self._find_moments()

    def select_track(self, track_id: int | None) -> None:
        """Draws that person's box stronger."""
        self.view.select_track(track_id)

    def _find_moments(self) -> None:
        self._moments = suspicious_moments(self._tracks, self._thresholds)
        self._update_actions()

    # --- moving -------------------------------------------------------------------------------

    @Slot()
    def toggle_play(self) -> None:
        self.playback.toggle()

    @Slot(float)
    def seek(self, time_s: float) -> None:
        """Shows the frame at ``time_s``."""
        self.playback.seek(time_s)

    def step(self, direction: int) -> None:
        """One frame on (1) or back (-1)."""
        self.playback.step(direction)

    @Slot()
    def next_suspicious(self) -> None:
        moment = next_moment(self._moments, self.playback.position_s)
        if moment is not None:
            self.seek(moment)

    @Slot()
    def previous_suspicious(self) -> None:
        moment = previous_moment(self._moments, self.playback.position_s)
        if moment is not None:
            self.seek(moment)

    def set_loop(self, selection: object) -> None:
        """``(start_s, end_s)`` to play over and over, or None."""
        self.playback.loop = cast("tuple[float, float] | None", selection)
        self.controls.loop.setChecked(selection is not None)

    def set_rate(self, rate: float) -> None:
        for action in self.controls.speeds.actions():
            action.setChecked(action.data() == rate)
        self.bar.set_rate(rate)
        self.playback.set_rate(rate)

    @Slot(float)
    def set_volume(self, volume: float) -> None:
        self.playback.set_volume(volume)
        self.bar.set_volume(self.playback.volume)
        if volume > 0:
            self.controls.mute.setChecked(False)

    # --- what the playback says ---------------------------------------------------------------

    @Slot()
    def _say_opening(self) -> None:
        """A large picture may need a while."""
        if self.playback.is_open and self.frame is None:
            self.view.set_notice(self.tr("Opening…"))

    @Slot(object)
    def _on_frame(self, frame: ShownFrame) -> None:
        if self.view.image.isNull():
            self._on_source()  # in place of the notice that it was being opened
        clock = formats.clock(frame.start_s, decimals=2)
        self.view.show_frame(frame.image, self._boxes_at(frame.start_s), clock)
        self._stage.set_time(frame.start_s, self.duration_s)
        self._update_actions()
        self.positionChanged.emit(frame.start_s)
        self.frameShown.emit(frame)

    @Slot(float)
    def _on_duration(self, duration_s: float) -> None:
        self._stage.set_duration(self.playback.position_s, duration_s)
        self.durationChanged.emit(duration_s)

    @Slot()
    def _on_source(self) -> None:
        silent = self.playback.is_open and not self.has_sound
        text = self.tr("Played by the analysis decoder, without sound")
        self.view.set_notice(text if silent else "")
        self.bar.set_sound(not silent)
        self._update_actions()

    @Slot(str)
    def _on_failed(self, message: str) -> None:
        self.view.set_notice(self.tr("This video cannot be played: {0}").format(message))
        self.failed.emit(message)

    # --- the actions --------------------------------------------------------------------------

    def actions_for_menu(self) -> list[QAction]:
        """All actions in reading order, with separators; their shortcuts work in the window."""
        return self.controls.for_menu()

    @Slot()
    def _update_actions(self) -> None:
        do = self.controls
        for action in (do.play, do.to_start, do.step_back, do.step_forward, do.loop):
            action.setEnabled(self.playback.is_open)
        for action in (do.zoom_in, do.save_frame):
            action.setEnabled(self.frame is not None)
        for action in (do.zoom_out, do.zoom_fit):
            action.setEnabled(self.view.zoom > 1.0)
        for action in (do.next_moment, do.previous_moment):
            action.setEnabled(bool(self._moments))
        for action in (do.mute, do.louder, do.quieter):
            action.setEnabled(self.has_sound)

    @Slot(bool)
    def _on_loop(self, looping: bool) -> None:
        self.playback.looping = looping
        self.loopChanged.emit(looping)

    @Slot()
    def _to_start(self) -> None:
        self.seek(0.0)

    @Slot()
    def _step_back(self) -> None:
        self.step(-1)

    @Slot()
    def _step_forward(self) -> None:
        self.step(1)

    @Slot()
    def _slower(self) -> None:
        self.set_rate(max((rate for rate in RATES if rate < self.playback.rate), default=RATES[0]))

    @Slot()
    def _faster(self) -> None:
        self.set_rate(min((rate for rate in RATES if rate > self.playback.rate), default=RATES[-1]))

    @Slot(QAction)
    def _on_speed(self, action: QAction) -> None:
        self.set_rate(float(action.data()))

    @Slot(bool)
    def _on_mute(self, muted: bool) -> None:
        self.controls.set_muted(muted)
        self.playback.set_muted(muted)

    @Slot()
    def _louder(self) -> None:
        self.set_volume(self.playback.volume + 0.1)

    @Slot()
    def _quieter(self) -> None:
        self.set_volume(self.playback.volume - 0.1)

    @Slot()
    def _zoom_in(self) -> None:
        self.view.zoom_by(1)

    @Slot()
    def _zoom_out(self) -> None:
        self.view.zoom_by(-1)

    @Slot()
    def _save_frame(self) -> None:
        if self.frame is not None:
            self.saveFrameRequested.emit(self.frame.start_s)

    @Slot(int)
    def _on_track_clicked(self, track_id: int) -> None:
        self.view.select_track(track_id)
        self.trackSelected.emit(track_id)

    # --- full screen --------------------------------------------------------------------------

    def set_full_screen(self, on: bool) -> None:
        """The picture and its controls fill the screen; Escape comes back."""
        self.controls.full_screen.setChecked(on)

    @Slot(bool)
    def _on_full_screen(self, on: bool) -> None:
        action = self.controls.full_screen
        action.setIcon(icon("fullscreen-exit" if on else "fullscreen", on_tint="accent"))
        if on:
            self._stage.fill_screen(self.path.name if self.path else self.tr("Player"))
        else:
            self._stage.return_to(self._layout)
        self.view.setFocus()

    @Slot()
    def _leave_full_screen(self) -> None:
        self.set_full_screen(False)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.controls.retranslate()
            self._stage.retranslate()
            if self.playback.is_open:
                self._on_source()
        super().changeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self.toggle_play()
        else:
            super().keyPressEvent(event)
