"""All SQL of the client register, by what it is about."""
