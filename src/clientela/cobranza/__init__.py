"""The ledger: what clients owe and what they paid (CONTRACT §7)."""
