"""Clients: the business records behind everything that is sold (CONTRACT §4)."""
