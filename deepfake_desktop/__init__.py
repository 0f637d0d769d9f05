"""Deepfake Desktop: find deepfaked faces in a video, offline, and show why."""

from __future__ import annotations

__version__ = "0.1.0"
