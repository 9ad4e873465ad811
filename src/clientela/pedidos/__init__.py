"""Orders: made of carts exactly once, and what becomes of them."""
