"""Support chat: sessions, messages, who answers them (CONTRACT §9)."""
