"""Devices that listen: who they are, which streams they follow, and what each of them was told."""
