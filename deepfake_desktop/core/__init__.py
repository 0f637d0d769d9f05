"""The engine: video, faces, networks, verdicts. It never imports Qt."""
