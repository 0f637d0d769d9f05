"""The window. It knows Qt and decides nothing about fakes."""
