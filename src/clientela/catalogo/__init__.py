"""The catalogue: what the business sells."""
