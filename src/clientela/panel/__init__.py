"""The customer's panel: drafts, preferences and the autosave of everything."""
