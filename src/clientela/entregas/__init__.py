"""Deliveries: the vehicles, and which of them brings what when."""
