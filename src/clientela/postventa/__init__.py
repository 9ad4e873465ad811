"""Field service: work orders, guarantees, ratings, maintenance (CONTRACT §10, spec 5)."""
