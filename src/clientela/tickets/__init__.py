"""Tickets: one engine for claims, support, chats, guarantees and bad ratings."""
