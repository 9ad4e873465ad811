"""Every table that refers to a client or to his login is known to whoever hands out, forgets and hands over."""

from clientela.carritos import personal as carritos
from clientela.chat import personal as chat
from clientela.clientes import personal as clientes
from clientela.cobranza import personal as cobranza
from clientela.entregas import personal as entregas
from clientela.panel import personal as panel
from clientela.pedidos import personal as pedidos
from clientela.postventa import personal as postventa
from clientela.tickets import personal as tickets
from tests.tools.database import Database

KNOWN = frozenset().union(
    *(
        area.TABLES
        for area in (clientes, carritos, panel, tickets, cobranza, pedidos, entregas, postventa, chat)
    )
)
REFERRING = """
SELECT DISTINCT c.relname AS tabla FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
   AND (a.attname IN ('cliente_id', 'usuario_id', 'actor_id', 'autor_id')
        OR EXISTS (SELECT FROM pg_constraint f WHERE f.conrelid = c.oid AND f.contype = 'f'
                      AND f.confrelid IN ('clientes'::regclass, 'usuarios'::regclass)))"""


def unknown(db: Database) -> set[str]:
    """The tables that refer to people and that nobody answers for."""
    return {row["tabla"] for row in db.fetch(REFERRING)} - KNOWN


def test_every_table_about_people_is_answered_for(db: Database) -> None:
    assert unknown(db) == set()


def test_every_table_that_is_answered_for_exists(db: Database) -> None:
    rows = db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert {row["tablename"] for row in rows} >= KNOWN


def test_a_new_table_would_be_noticed(new_database) -> None:
    database = new_database()
    database.execute("CREATE TABLE visitas (id int, cliente_id uuid)")
    database.execute("CREATE TABLE favoritos (id int, de uuid REFERENCES usuarios (id))")
    assert unknown(database) == {"visitas", "favoritos"}
