"""The schema's history: plain SQL, forward and back, run through Alembic."""
