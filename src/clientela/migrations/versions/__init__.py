"""One file a step; `UP` and `DOWN` are plain SQL."""
