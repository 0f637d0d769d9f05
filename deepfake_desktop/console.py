"""What the command line does and prints."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table

from deepfake_desktop.core import types
from deepfake_desktop.core.analysis import analyze as run_analysis
from deepfake_desktop.core.assurance import Assurance
from deepfake_desktop.core.checkpoints import describe, list_checkpoints
from deepfake_desktop.core.errors import EXIT_CANCELLED, CheckpointError, UsageError
from deepfake_desktop.core.report.as_json import to_json, write_json
from deepfake_desktop.core.types import (
    Analysis,
    AnalysisRequest,
    CancelToken,
    Finished,
    Opened,
)

_PATIENCE_S = 0.25

_STAGES = {
    "open": "Opening",
    "frames": "Reading frames",
    "faces": "Looking for faces",
    "network": "Scoring faces",
    "verdict": "Deciding",
}
_STYLES = {"FAKE": "bold red", "REAL": "bold green", "INCONCLUSIVE": "bold yellow"}


def analyze(request: AnalysisRequest, *, json_target: str | None) -> int:
    """Analyse, show progress on standard error, print the verdict or JSON on standard output."""
    target = None if json_target in (None, "-") else Path(json_target or "")
    if target is not None and not target.absolute().parent.is_dir():
        raise UsageError("the folder for the JSON file does not exist", path=target)
    analysis = Assurance().stamp(_watch(request))
    if json_target == "-":
        sys.stdout.write(to_json(analysis))
        sys.stdout.flush()
        return 0
    if target is not None:
        write_json(analysis, target)
    _print_analysis(Console(highlight=False, soft_wrap=True), analysis)
    return 0


def _watch(request: AnalysisRequest) -> Analysis:
    screen = Console(stderr=True, highlight=False)
    cancel = CancelToken()
    bar = Progress(
        TextColumn("{task.description:<18}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[left]}"),
        console=screen,
        transient=True,
    )
    with _interruptible(cancel), bar:
        task = bar.add_task(_STAGES["open"], total=1.0, left="")
        for event in run_analysis(request, cancel=cancel):
            match event:
                case Opened():
                    bar.update(task, description=_STAGES["frames"])
                case types.Progress():
                    bar.update(
                        task,
                        description=_STAGES[event.stage],
                        completed=event.fraction,
                        left=_time_left(event.remaining_s),
                    )
                case Finished(analysis):
                    return analysis
    raise AssertionError("an analysis ends with Finished")


def _time_left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d} left"


@contextmanager
def _interruptible(cancel: CancelToken) -> Iterator[None]:
    """Ctrl-C cancels; a thread deep in a library that does not return soon is not waited for.

    Results are written after this, so leaving at once leaves nothing half written.
    """

    def leave() -> None:
        restore = "\x1b[?25h" if sys.stderr.isatty() else ""
        sys.stderr.write(f"{restore}deepfake-desktop: cancelled.\n")
        sys.stderr.flush()
        os._exit(EXIT_CANCELLED)

    watchdog = threading.Timer(_PATIENCE_S, leave)
    watchdog.daemon = True

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        if not cancel.is_cancelled:
            cancel.cancel()
            watchdog.start()

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        watchdog.cancel()


def _print_analysis(out: Console, analysis: Analysis) -> None:
    video, verdict, checkpoint = analysis.video, analysis.verdict, analysis.checkpoint
    out.print(f"[bold]{escape(video.path.name)}[/]")
    out.print(f"  {_video_line(video)}", style="dim")
    out.print()
    sure = "" if verdict.confidence is None else f"  {_percent(verdict.confidence)} confidence"
    out.print(f"  [{_STYLES.get(verdict.label, 'bold')}]{verdict.label}[/]{sure}")
    for reason in verdict.reasons:
        out.print(f"  - {escape(reason.text)}")
    if analysis.tracks:
        out.print()
        out.print("[bold]People[/]")
    for track in analysis.tracks:
        out.print(
            f"  Person {track.id}: {_percent(track.p_fake)} fake, "
            f"{track.first_s:.1f} to {track.last_s:.1f} s, {_count(track.frames, 'frame')} in "
            f"{_count(len(track.windows), 'window')}, face {track.median_face_px:.0f} px wide"
        )
        for note in track.notes:
            if note not in verdict.reasons:
                out.print(f"    {escape(note.text)}", style="dim")
    out.print()
    out.print("[bold]Examined[/]")
    settings = analysis.settings
    out.print(
        f"  {_count(analysis.frames.examined, 'frame')} ({settings.sampling}), "
        f"{analysis.frames.with_face} with a face, in {analysis.timings_s['total']:.1f} s "
        f"on {analysis.device}"
    )
    out.print(f"  Video sha256 {video.sha256}", style="dim")
    out.print("[bold]Checkpoint[/]")
    order = ", ".join(checkpoint.class_order)
    traces = " with traces" if checkpoint.trace_kinds else ""
    traces += " and patches" if checkpoint.patches else ""
    out.print(
        f"  {escape(checkpoint.name)}: {checkpoint.backbone}{traces}, {checkpoint.frames} frames, "
        f"{checkpoint.accuracy:g} % by its name; class order \\[{order}] "
        f"({checkpoint.class_order_source})"
    )
    out.print(
        f"  REAL up to {_percent(checkpoint.thresholds.real)} fake, "
        f"FAKE from {_percent(checkpoint.thresholds.fake)}; sha256 {checkpoint.sha256}",
        style="dim",
    )
    tested = analysis.self_test
    if tested.result != "not run":
        when = "" if tested.tested_utc is None else f", {tested.tested_utc}"
        out.print(f"  Self-test {tested.result}{when}", style="dim")
    measured = _measured_line(checkpoint.metrics)
    if measured:
        out.print(f"  {measured}")
    if analysis.warnings:
        out.print("[bold]Warnings[/]")
    for warning in analysis.warnings:
        out.print(f"  - {escape(warning.text)}", style="yellow")
    out.print()
    out.print(
        "A verdict is evidence, not proof: detectors miss fakes of kinds they never saw, and\n"
        "compression or filters can make an authentic video look fake.",
        style="dim",
    )


def _measured_line(metrics: Mapping[str, Any]) -> str:
    """How good the card says the checkpoint is, on videos; empty where it does not say."""
    try:
        found = metrics["measured"]["all"]
        auc = found["auc"]
        chance = ": that may be no better than chance" if auc["low"] <= 0.5 else ""
        return (
            f"Measured on {found['fake']} fake and {found['real']} real clips: AUC "
            f"{auc['value']:.2f}, 95 % interval {auc['low']:.2f} to {auc['high']:.2f}{chance}"
        )
    except (KeyError, TypeError, ValueError):
        return ""


def _video_line(video: types.VideoInfo) -> str:
    parts = [
        f"{video.width_px}x{video.height_px}",
        "unknown length" if video.duration_s is None else f"{video.duration_s:.1f} s",
        f"{video.codec} in {video.container}",
    ]
    if video.frame_rate_hz is not None:
        parts.insert(2, f"{video.frame_rate_hz:.4g} frames/s")
    parts.append("no sound" if not video.audio else f"sound {video.audio[0].codec}")
    return ", ".join(parts)


def _percent(share: float) -> str:
    """Whole percent, never a false certainty: at most 99 and at least 1."""
    return f"{min(max(round(100 * share), 1), 99)} %"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def models(models_dir: Path | None, *, as_json: bool) -> int:
    """List the checkpoints; one that cannot be described is listed with the reason."""
    rows = []
    for file in list_checkpoints(models_dir):
        try:
            _, summary = describe(file)
        except CheckpointError as error:
            rows.append({"name": file.path.name, "path": str(file.path), "problem": str(error)})
            continue
        rows.append({**asdict(summary), "path": str(summary.path)})
    if as_json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return 0
    out = Console(highlight=False, soft_wrap=True)
    if not rows:
        out.print("No checkpoints found.")
        return 0
    for row in rows:
        out.print(f"[bold]{escape(row['name'])}[/]")
        table = Table.grid(padding=(0, 2))
        for key, value in _model_lines(row):
            table.add_row(f"  {key}", escape(value))
        out.print(table)
    return 0


def _model_lines(row: Mapping[str, object]) -> list[tuple[str, str]]:
    if "problem" in row:
        return [("problem", str(row["problem"]))]
    order, kinds = row["class_order"], row["trace_kinds"]
    assert isinstance(order, tuple)
    assert isinstance(kinds, tuple)
    return [
        ("frames", f"{row['frames']}"),
        ("accuracy", f"{row['accuracy']:g} %, by its name"),
        ("class order", f"[{', '.join(order)}], known from: {row['class_order_source']}"),
        ("network", f"{row['backbone']} + LSTM, {row['image_size']} px"),
        ("traces", ", ".join(kinds) or "none"),
        ("patches", "read" if row["patches"] else "none"),
        ("temporal form", f"{row['temporal']}"),
        ("licence", f"{row['licence']}"),
        ("sha256", f"{row['sha256']}"),
        ("path", f"{row['path']}"),
    ]


def self_test(models_dir: Path | None) -> int:
    """Analyse the bundled samples and compare with stored probabilities."""
    from deepfake_desktop.core.selftest import run_selftest

    report = run_selftest(models_dir)
    Console(highlight=False, soft_wrap=True).print(str(report))
    return 0
