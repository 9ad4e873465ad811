"""Identity: users, their passwords, sessions and tokens (CONTRACT §2)."""
