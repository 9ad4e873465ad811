"""Passes: what opens one connection within seconds, for those who cannot send a header."""
