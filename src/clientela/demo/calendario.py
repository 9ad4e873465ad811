"""The demo company's past: a clock that stands wherever the story has got to."""

import random
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

SANTA_CRUZ: Final = ZoneInfo("America/La_Paz")


class Calendario:
    """A clock whose time is set; handed to the services in place of the machine's (`core.clock.Clock`)."""

    def __init__(self, today: datetime) -> None:
        self.today = today
        self._moment = today

    def now(self) -> datetime:
        """Return the moment at which the story stands."""
        return self._moment

    def go(self, moment: datetime) -> None:
        """Move to a moment of the story."""
        self._moment = moment

    def ago(self, days: float) -> datetime:
        """Return the moment so many days before today."""
        return self.today - timedelta(days=days)

    def working_hour(self, rng: random.Random, days: float) -> datetime:
        """Return a moment in business hours about so many days ago, never later than two hours ago."""
        day = self.ago(days).astimezone(SANTA_CRUZ)
        moment = day.replace(hour=rng.randint(8, 18), minute=rng.randint(0, 59), second=rng.randint(0, 59))
        return min(moment, self.today - timedelta(hours=2)).astimezone(self.today.tzinfo)
