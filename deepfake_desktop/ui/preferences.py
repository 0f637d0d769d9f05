"""What the program remembers of its user's choices: one JSON file, written atomically.

A file that cannot be read is set aside and the last good state (the defaults, at start) stays.
Window geometry alone goes to QSettings.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import tempfile
import types
import typing
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from deepfake_desktop.core.paths import user_config_dir
from deepfake_desktop.core.types import AnalysisSettings

log = logging.getLogger(__name__)

APPEARANCES = ("system", "light", "dark")


@dataclass(frozen=True, slots=True)
class Preferences:
    """``language`` is a code such as ``de``; empty follows the system."""

    settings: AnalysisSettings = field(default_factory=AnalysisSettings)
    models_dir: Path | None = None
    appearance: str = "system"
    language: str = ""
    notice_seen: bool = False
    last_folder: Path | None = None
    offer_new_version: bool = False


def to_json(preferences: Preferences) -> str:
    def plain(value: object) -> object:
        if isinstance(value, Path):
            return str(value)
        raise TypeError(f"{value!r} cannot be kept")

    return json.dumps(dataclasses.asdict(preferences), indent=2, default=plain) + "\n"


def from_json(text: str) -> Preferences:
    """Unknown keys are passed over and a value of the wrong kind keeps its default.

    Raises:
        ValueError: the text is no JSON object.
    """
    raw = json.loads(text)
    if not isinstance(raw, dict):
        raise ValueError("not a JSON object")
    settings = raw.pop("settings", {})
    result = _filled(Preferences(), raw)
    if isinstance(settings, dict):
        result = replace(result, settings=_filled(AnalysisSettings(), settings))
    if result.appearance not in APPEARANCES:
        result = replace(result, appearance="system")
    return result


_T = typing.TypeVar("_T", Preferences, AnalysisSettings)


def _filled(defaults: _T, raw: dict[str, Any]) -> _T:
    hints = typing.get_type_hints(type(defaults))
    values: dict[str, Any] = {}
    for item in fields(defaults):
        if item.name not in raw:
            continue
        value = raw[item.name]
        if _fits(value, hints[item.name], item.metadata):
            wants_path = Path in _options(hints[item.name])
            values[item.name] = Path(value) if wants_path and value is not None else value
        else:
            log.warning("preferences: %s = %r does not fit and is left out", item.name, value)
    return replace(defaults, **values)


def _options(hint: Any) -> tuple[Any, ...]:
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    return typing.get_args(hint) if is_union else (hint,)


def _fits(value: object, hint: Any, metadata: typing.Mapping[str, Any]) -> bool:
    for option in _options(hint):
        if typing.get_origin(option) is typing.Literal:
            if value in typing.get_args(option):
                return True
        elif option is type(None):
            if value is None:
                return True
        elif option is Path:
            if isinstance(value, str) and value:
                return True
        elif option is float:
            if isinstance(value, int | float) and not isinstance(value, bool):
                return _in_range(value, metadata)
        elif option is int:
            if isinstance(value, int) and not isinstance(value, bool):
                return _in_range(value, metadata)
        elif isinstance(option, type) and isinstance(value, option):
            return True
    return False


def _in_range(value: float, metadata: typing.Mapping[str, Any]) -> bool:
    low, high = metadata.get("minimum"), metadata.get("maximum")
    return (low is None or value >= low) and (high is None or value <= high)


class PreferencesStore:
    """The preferences in force and their file."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or user_config_dir() / "preferences.json"
        self._current = Preferences()
        self._load()

    @property
    def current(self) -> Preferences:
        return self._current

    def update(self, **changes: Any) -> Preferences:
        """Changes fields and writes the file. A full disk costs the memory, not the change."""
        self._current = replace(self._current, **changes)
        try:
            self._write()
        except OSError as error:
            log.warning("preferences could not be written to %s: %s", self.path, error)
        return self._current

    def _load(self) -> None:
        try:
            self._current = from_json(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        except (OSError, ValueError, RecursionError) as error:
            log.warning("preferences in %s cannot be used: %s", self.path, error)
            try:
                self.path.replace(self.path.with_suffix(".broken.json"))
            except OSError:
                log.warning("and could not be set aside")

    def _write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".preferences-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(to_json(self._current))
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
