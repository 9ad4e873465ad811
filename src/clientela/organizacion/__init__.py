"""The organisation: its name, zone, currency, opening hours and holidays."""
