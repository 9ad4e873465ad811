"""Carts: one engine, seen by the customer's panel and by the orders contract."""
