"""All SQL of the chat."""
