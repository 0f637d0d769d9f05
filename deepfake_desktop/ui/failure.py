"""An error as a value: what a worker sends up instead of an exception."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path

from deepfake_desktop.core.errors import DeepfakeDesktopError, is_out_of_memory


@dataclass(frozen=True, slots=True)
class Failure:
    """``code`` is the error's class name; ``details`` is what a maintainer wants to read."""

    code: str
    reason: str
    remedy: str = ""
    path: Path | None = None
    details: str = ""

    @classmethod
    def of(cls, error: BaseException, *, path: Path | None = None) -> Failure:
        """The failure that an exception stands for; running out of memory has many classes."""
        details = "".join(traceback.format_exception(error))
        if isinstance(error, DeepfakeDesktopError):
            return cls(error.code, error.reason, error.remedy, error.path or path, details)
        code = type(error).__name__
        text = str(error) or code
        if is_out_of_memory(error):
            code = "DeviceMemoryError"
        elif isinstance(error, FileNotFoundError | PermissionError):
            code = "FileUnreadableError"
        return cls(code, text, "", path, details)
