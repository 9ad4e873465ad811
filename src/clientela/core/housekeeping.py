"""The core's own work in the background: mails leave, what has had its time is deleted, the audit log is anchored."""

from datetime import date, time, timedelta
from typing import Final

from clientela.core import audit, events, idempotency, limits, mail
from clientela.core.db import Db
from clientela.core.jobs import Daily, Loop
from clientela.core.mail_transport import make_transport
from clientela.settings import Settings

MAIL_SECONDS: Final = 1.0
# So many mails may wait for a slow server at once before the next one has to.
MAIL_LINES: Final = 4
_KEPT_DAYS: Final = timedelta(days=90)
_PURGE_DAYS: Final = "DELETE FROM trabajos_diarios WHERE fecha < $1::date AND terminado_en IS NOT NULL"


async def _purge_idempotency(db: Db, _: date) -> bool:
    return await idempotency.purge(db)


async def _purge_limits(db: Db, _: date) -> bool:
    return await limits.purge(db)


async def _purge_mail(db: Db, _: date) -> bool:
    return await mail.purge(db)


async def _purge_events(db: Db, _: date) -> bool:
    return await events.purge(db)


async def _purge_days(db: Db, fecha: date) -> None:
    await db.execute(_PURGE_DAYS, fecha - _KEPT_DAYS)


async def _anchor_audit(db: Db, fecha: date) -> None:
    await audit.write_anchors(db, fecha)


DIARIAS: Final = (
    Daily("purgar_idempotencia", time(3, 10), _purge_idempotency),
    Daily("purgar_limites", time(3, 15), _purge_limits),
    Daily("purgar_correos", time(3, 20), _purge_mail),
    Daily("purgar_eventos", time(3, 22), _purge_events),
    Daily("purgar_trabajos", time(3, 25), _purge_days),
    Daily("anclar_auditoria", time(3, 30), _anchor_audit),
)


def loops(settings: Settings) -> tuple[Loop, ...]:
    """Return the core's loops: several lines of the mail outbox, over SMTP or into files."""
    outbox = mail.Outbox(make_transport(settings.smtp_url, settings.data_dir))
    return tuple(Loop(f"correo-{n + 1}", MAIL_SECONDS, outbox.deliver_next) for n in range(MAIL_LINES))
