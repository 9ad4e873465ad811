"""What every domain stands on: database, errors, events, limits, values."""
