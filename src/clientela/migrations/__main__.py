"""`python -m clientela.migrations`: bring the database whose URL stands on the standard input up to date."""

import asyncio
import sys

from clientela.core.postgres import PostgresError
from clientela.migrations.runner import migrate

try:
    asyncio.run(migrate(sys.stdin.read()))
except PostgresError as error:
    sys.exit(str(error))
