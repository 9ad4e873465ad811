"""What a device hears without asking: the socket and its twin, the event stream (CONTRACT §9)."""
