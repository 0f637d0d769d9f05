"""Builds, measures and calibrates checkpoints. Neither core nor ui imports it."""
