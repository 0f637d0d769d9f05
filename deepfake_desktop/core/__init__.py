"""The engine: video, faces, networks, verdicts. It never imports Qt."""

from deepfake_desktop.core.threads import sleep_while_waiting

sleep_while_waiting()  # here, because whatever loads torch has imported this before
