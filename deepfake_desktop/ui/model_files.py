"""Checkpoints as the models dialog needs them: listed, checked, copied in, removed.

All of it reads or writes large files and belongs on the chores' thread.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from deepfake_desktop.core.assurance import Assurance
from deepfake_desktop.core.cards import Card
from deepfake_desktop.core.checkpoints import (
    CheckpointFile,
    CheckpointName,
    describe,
    file_for_path,
    list_checkpoints,
    load_checkpoint,
)
from deepfake_desktop.core.errors import DeepfakeDesktopError, OutputError, UsageError
from deepfake_desktop.core.paths import user_models_dir
from deepfake_desktop.core.types import CancelToken, CheckpointSummary, SelfTest
from deepfake_desktop.ui.failure import Failure

_CHUNK_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One installed checkpoint; card and summary once the file was read, or why it was not."""

    file: CheckpointFile
    removable: bool
    size_bytes: int
    card: Card | None = None
    summary: CheckpointSummary | None = None
    self_test: SelfTest | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Inspected:
    """A file that may be added: what it is, and what is still to be asked."""

    path: Path
    name: CheckpointName | None
    card: Card
    summary: CheckpointSummary
    order_known: bool


def own_folder(models_dir: Path | None) -> Path:
    """Where added checkpoints go."""
    return models_dir or user_models_dir()


def listed(models_dir: Path | None) -> tuple[ModelEntry, ...]:
    """All installed checkpoints, by name only."""
    writable = {own_folder(models_dir).resolve(), user_models_dir().resolve()}
    entries = []
    for file in list_checkpoints(models_dir):
        try:
            size = file.path.stat().st_size
        except OSError:
            continue
        entries.append(ModelEntry(file, file.path.parent.resolve() in writable, size))
    return tuple(entries)


def read(entry: ModelEntry) -> ModelEntry:
    """The entry with its card; hashes the file."""
    try:
        card, summary = describe(entry.file)
    except (DeepfakeDesktopError, OSError) as error:
        return replace(entry, failure=Failure.of(error, path=entry.file.path))
    return replace(entry, card=card, summary=summary, self_test=Assurance().recall(summary))


def inspect(path: Path) -> Inspected:
    """Loads a file as the engine would, without trusting it.

    Raises:
        CheckpointError: it cannot be used, and why.
    """
    loaded = load_checkpoint(file_for_path(path))
    return Inspected(
        path=path,
        name=CheckpointName.parse(path.name),
        card=loaded.card,
        summary=loaded.summary,
        order_known=loaded.summary.class_order_source != "assumed",
    )


def install(
    inspected: Inspected,
    name: CheckpointName,
    classes: Sequence[str] | None,
    folder: Path,
    cancel: CancelToken,
) -> Path:
    """Copies a checkpoint into ``folder`` under the name of the convention.

    ``classes`` is the class order that a person stated; it goes into a card beside the copy. A
    card that came with the file is copied along.

    Raises:
        UsageError: another file of that name is there.
        OutputError: the copy could not be written.
        Cancelled: and nothing is left behind.
    """
    target = folder / str(name)
    if target.exists() and not target.samefile(inspected.path):
        raise UsageError(
            f"a checkpoint named {target.name} is already installed",
            path=target,
            remedy="Give it another tag.",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            _copy(inspected.path, target, cancel)
        _write_card(inspected, target, classes)
    except OSError as error:
        raise OutputError(
            f"the checkpoint could not be copied ({error.strerror or error})",
            path=target,
            remedy="Make room on the disk, or choose another models folder in the settings.",
        ) from error
    return target


def _copy(source: Path, target: Path, cancel: CancelToken) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".adding-")
    temporary = Path(name)
    try:
        with source.open("rb") as read_from, os.fdopen(handle, "wb") as write_to:
            while chunk := read_from.read(_CHUNK_BYTES):
                cancel.raise_if_cancelled()
                write_to.write(chunk)
        temporary.chmod(0o644)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _write_card(inspected: Inspected, target: Path, classes: Sequence[str] | None) -> None:
    card_path = target.with_suffix(".json")
    source_card = inspected.path.with_suffix(".json")
    if classes is not None:
        first, second = classes
        card = replace(
            inspected.card,
            classes=(first, second),
            sha256=inspected.summary.sha256,
            notes="The class order was stated by the person who added this checkpoint.",
        )
        card_path.write_text(card.to_json(), encoding="utf-8")
    elif source_card.is_file() and source_card != card_path:
        card_path.write_bytes(source_card.read_bytes())


def state_class_order(entry: ModelEntry, classes: Sequence[str]) -> None:
    """Writes a card with a stated class order beside an installed checkpoint."""
    inspected = inspect(entry.file.path)
    try:
        _write_card(inspected, entry.file.path, classes)
    except OSError as error:
        raise OutputError(
            f"the card could not be written ({error.strerror or error})", path=entry.file.card_path
        ) from error


def remove(entry: ModelEntry) -> None:
    """Deletes an added checkpoint and its card.

    Raises:
        OutputError: it could not be deleted.
    """
    try:
        entry.file.path.unlink()
        entry.file.card_path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"the checkpoint could not be removed ({error.strerror or error})",
            path=entry.file.path,
        ) from error
