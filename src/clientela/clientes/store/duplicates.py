"""Records that may be of one client: the same phone, NIT or e-mail, or names alike in one locality."""

from typing import Any, Final

import msgspec

from clientela.clientes.model import Duplicados, GrupoDuplicado
from clientela.core.db import Db

# Names are compared only where they share a word that few have in that locality: "tienda" says nothing, and everybody
# with everybody would be five thousand million pairs of a hundred thousand clients. Alike: half of the trigrams. Twenty
# thousand pairs are looked at, the oldest records' first; those that are merged make room for others.
FIND: Final = """
WITH vivos AS MATERIALIZED (
    SELECT id, localidad_id, nombre_orden, telefono_e164, public.nit_clave(nit) AS nit, lower(email) AS email
      FROM clientes WHERE fusionado_en IS NULL AND anonimizado_en IS NULL
), raras AS MATERIALIZED (
    SELECT array_agg(v.id) AS ids FROM vivos v CROSS JOIN LATERAL string_to_table(v.nombre_orden, ' ') AS palabra
     WHERE length(palabra) > 2 GROUP BY v.localidad_id, palabra HAVING count(*) BETWEEN 2 AND 12
), pares AS (
    SELECT DISTINCT a.id AS uno, b.id AS otro FROM raras r
     CROSS JOIN LATERAL unnest(r.ids) AS a (id) CROSS JOIN LATERAL unnest(r.ids) AS b (id) WHERE a.id < b.id
     ORDER BY 1, 2 LIMIT 20000
), parecidos AS (
    SELECT p.uno, p.otro FROM pares p JOIN clientes a ON a.id = p.uno JOIN clientes b ON b.id = p.otro
     WHERE fn.nombres_parecidos(a.nombre_orden, b.nombre_orden)
), grupos AS (
    SELECT 'telefono' AS por, array_agg(id ORDER BY id) AS ids FROM vivos
     WHERE telefono_e164 IS NOT NULL GROUP BY telefono_e164 HAVING count(*) > 1
    UNION ALL
    SELECT 'nit', array_agg(id ORDER BY id) FROM vivos WHERE nit IS NOT NULL GROUP BY nit HAVING count(*) > 1
    UNION ALL
    SELECT 'email', array_agg(id ORDER BY id) FROM vivos WHERE email IS NOT NULL GROUP BY email HAVING count(*) > 1
    UNION ALL
    SELECT 'nombre', ARRAY[uno, otro] FROM parecidos
), pagina AS (
    SELECT por, ids FROM grupos
     ORDER BY array_position(ARRAY['nit', 'telefono', 'email', 'nombre'], por), ids LIMIT $1 OFFSET $2
)
SELECT (SELECT count(*) FROM grupos) AS total,
       (SELECT coalesce(json_agg(json_build_object('por', g.por, 'clientes', (
               SELECT json_agg(json_build_object('id', c.id, 'numero', c.numero, 'nombre', c.nombre, 'nit', c.nit,
                          'telefono', c.telefono, 'email', c.email, 'localidad', l.nombre) ORDER BY c.numero)
                 FROM clientes c LEFT JOIN localidades l ON l.id = c.localidad_id WHERE c.id = ANY (g.ids)))), '[]')
          FROM pagina g) AS grupos"""


async def find(db: Db, limit: int, offset: int) -> Duplicados:
    """Return one page of groups of records that may be of one client, the surest first."""
    row: Any = await db.fetchrow(FIND, limit, offset)
    return Duplicados(msgspec.json.decode(row["grupos"], type=tuple[GrupoDuplicado, ...]), row["total"])
