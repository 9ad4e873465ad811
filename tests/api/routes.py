"""The routes that the application declares: importing it fills the table."""

import clientela.app  # noqa: F401
from clientela.api.call import ROUTES, Route

__all__ = ["ROUTES", "Route"]
