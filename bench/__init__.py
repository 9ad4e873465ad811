"""Load, limits and peers: what the hot routes cost, measured against what PostgreSQL itself can do."""
