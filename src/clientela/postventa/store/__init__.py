"""All SQL of field service."""
