"""The embedded PostgreSQL: found, started, supervised, joined and taken over by the processes of one data directory.

`EmbeddedPostgres.start()` is all that a command needs; the pool asks `read_dsn()` at every connect, because the
server's port may change when another process takes it over.
"""

from clientela.core.postgres.connection import read_dsn
from clientela.core.postgres.durability import check_durability
from clientela.core.postgres.errors import PostgresError
from clientela.core.postgres.supervisor import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "PostgresError", "check_durability", "read_dsn"]
