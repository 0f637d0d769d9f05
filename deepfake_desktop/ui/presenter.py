"""Brings one entry of the queue into the views, and the running one's events as they come.

The views are told what to show; which entry that is, and which page of the stage, is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QStackedWidget

from deepfake_desktop.core.types import (
    Analysis,
    Event,
    FaceSeen,
    Opened,
    Progress,
    WindowScore,
    WindowScored,
)
from deepfake_desktop.ui.controller import Controller
from deepfake_desktop.ui.drop_area import DropArea
from deepfake_desktop.ui.error_card import ErrorCard
from deepfake_desktop.ui.faces_panel import FacesPanel
from deepfake_desktop.ui.failure import Failure
from deepfake_desktop.ui.player import Player
from deepfake_desktop.ui.queue_model import Entry, State
from deepfake_desktop.ui.timeline import Timeline
from deepfake_desktop.ui.verdict_panel import VerdictPanel


@dataclass(frozen=True)
class Views:
    stage: QStackedWidget
    """Its pages: drop area, player, error card."""
    drop_area: DropArea
    player: Player
    error_card: ErrorCard
    timeline: Timeline
    faces: FacesPanel
    verdict: VerdictPanel


class Presenter(QObject):
    """``shownChanged`` follows each change of what is shown: another entry, or another state."""

    shownChanged = Signal()

    def __init__(self, controller: Controller, views: Views, parent: QObject) -> None:
        super().__init__(parent)
        self._controller = controller
        self._views = views
        self._entry: Entry | None = None
        self._trouble: Failure | None = None
        controller.eventArrived.connect(self._event)
        controller.stateChanged.connect(self._state_changed)
        controller.succeeded.connect(self._succeeded)
        views.timeline.seekRequested.connect(views.player.seek)
        views.timeline.playRequested.connect(views.player.toggle_play)
        views.timeline.selectionChanged.connect(views.player.set_loop)
        views.faces.seekRequested.connect(views.player.seek)
        views.faces.trackSelected.connect(views.player.select_track)
        views.player.positionChanged.connect(views.timeline.set_position)
        views.player.positionChanged.connect(views.faces.set_position)
        views.player.frameShown.connect(views.faces.show_frame)
        views.player.trackSelected.connect(views.faces.select_track)
        views.player.durationChanged.connect(self._duration)

    @property
    def entry(self) -> Entry | None:
        return self._entry

    @property
    def analysis(self) -> Analysis | None:
        return self._entry.analysis if self._entry is not None else None

    @Slot(int)
    def show(self, entry_id: int) -> None:
        """Shows an entry; 0 or one that is gone shows the invitation."""
        entry = self._controller.queue.entry(entry_id)
        if entry is self._entry and entry is not None:
            return
        self._entry = entry
        self._trouble = None
        self._fill()

    def show_trouble(self, failure: Failure) -> None:
        """An error of the program itself, over whatever is shown."""
        self._trouble = failure
        self._choose_page()

    def dismiss_trouble(self) -> None:
        """Back from an error card to what lies behind it."""
        self._trouble = None
        self._choose_page(past_failure=True)

    # --- filling

    def _fill(self) -> None:
        views, entry = self._views, self._entry
        self._clear_results()
        if entry is None:
            views.player.clear()
        else:
            if views.player.path != entry.path:
                views.player.load(entry.path)
            self._replay(entry)
        self._choose_page()
        self.shownChanged.emit()

    def _clear_results(self) -> None:
        self._views.timeline.clear()
        self._views.faces.clear()
        self._views.verdict.clear()
        self._views.player.set_tracks(())

    def _replay(self, entry: Entry) -> None:
        """What was seen of an entry while another was shown."""
        if entry.opened is not None:
            self._opened(entry.opened)
        done = entry.analysis is not None and entry.state is State.DONE
        for face in entry.result_faces if done else entry.faces:
            self._add_face(face)
        if done:
            self._show_result(entry)
            return
        for window in entry.windows:
            self._add_window(window)
        if entry.preliminary is not None:
            self._views.verdict.show_preliminary(entry.preliminary)
        elif entry.windows:
            self._views.verdict.show_waiting()

    def _add_face(self, face: FaceSeen) -> None:
        self._views.faces.add_face(face)
        self._views.timeline.add_face(face)
        self._views.player.add_face(face)

    def _add_window(self, window: WindowScore) -> None:
        self._views.faces.set_score(window)
        self._views.timeline.add_window(window)
        self._views.player.add_window(window)

    def _show_result(self, entry: Entry) -> None:
        analysis = entry.analysis
        if analysis is None:
            return
        self._views.verdict.show_analysis(analysis)
        if len(entry.analyses) > 1:
            self._views.verdict.show_comparison(list(entry.analyses))
        self._views.faces.show_analysis(analysis)
        self._views.timeline.show_analysis(analysis)
        self._views.player.set_thresholds(analysis.checkpoint.thresholds)
        self._views.player.set_tracks(analysis.tracks)

    def _show_result_again(self, entry: Entry) -> None:
        """Another run was to replace it and did not; the faces seen on the way to it come back."""
        self._clear_results()
        for face in entry.result_faces:
            self._add_face(face)
        self._show_result(entry)

    def _choose_page(self, *, past_failure: bool = False) -> None:
        views, entry = self._views, self._entry
        if self._trouble is not None:
            views.error_card.show_failure(self._trouble, extra=("dismiss",), of_file=False)
            page = views.error_card
        elif entry is None:
            views.stage.setCurrentWidget(views.drop_area)
            return
        elif entry.state is State.FAILED and entry.failure is not None and not past_failure:
            extra = ("result",) if entry.analyses else ()
            views.error_card.show_failure(entry.failure, extra=extra)
            page = views.error_card
        elif entry.state is State.CANCELLED and not entry.windows and not past_failure:
            views.error_card.show_cancelled(entry.path)
            page = views.error_card
        else:
            if past_failure and entry.analyses:
                self._show_result_again(entry)
            views.stage.setCurrentWidget(views.player)
            return
        views.stage.setCurrentWidget(page)

    # --- listening

    @Slot(int, object)
    def _event(self, entry_id: int, event: Event) -> None:
        if self._entry is None or entry_id != self._entry.id:
            return
        views = self._views
        if isinstance(event, Opened):
            self._opened(event)
        elif isinstance(event, FaceSeen):
            self._add_face(event)
        elif isinstance(event, WindowScored):
            self._add_window(event.window)
            if event.preliminary is not None:
                views.verdict.show_preliminary(event.preliminary)
            else:
                views.verdict.show_waiting()
        elif isinstance(event, Progress):
            self.shownChanged.emit()

    def _opened(self, event: Opened) -> None:
        views = self._views
        views.verdict.show_opened(event)
        views.timeline.set_thresholds(event.checkpoint.thresholds)
        views.player.set_thresholds(event.checkpoint.thresholds)
        views.faces.set_thresholds(event.checkpoint.thresholds)
        if event.video.duration_s:
            views.timeline.set_duration(event.video.duration_s)

    @Slot(int)
    def _state_changed(self, entry_id: int) -> None:
        if self._entry is None or entry_id != self._entry.id:
            return
        if self._entry.state in (State.WAITING, State.RUNNING):
            self._clear_results()
        elif self._entry.state is not State.DONE:
            self._views.verdict.clear()
        elif not self._entry.windows:
            self._show_result_again(self._entry)
        self._choose_page()
        self.shownChanged.emit()

    @Slot(int, object)
    def _succeeded(self, entry_id: int, _: Analysis) -> None:
        if self._entry is not None and entry_id == self._entry.id:
            self._show_result(self._entry)
            self.shownChanged.emit()

    @Slot(float)
    def _duration(self, duration_s: float) -> None:
        if self.analysis is None and (self._entry is None or self._entry.opened is None):
            self._views.timeline.set_duration(duration_s)
