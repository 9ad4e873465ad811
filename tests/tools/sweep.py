"""The integrity sweep: one pass over the database that returns every row that should be impossible (T-CR-3).

It runs after each crash, after bursts and at the end of every run. `RULES` grows with the product: a rule is a query
of one text column that names each violation; it must find nothing on a healthy database, and `tests/faults/` plants
one row of each kind.
"""

import time
from dataclasses import dataclass
from pathlib import Path

from tests.tools.database import Database

RULES: dict[str, str] = {
    # --- the event stream: no gap, no repeat, no counter without its event ---
    "flujo_desfasado": """
        SELECT f.flujo FROM flujos f LEFT JOIN eventos e ON e.flujo = f.flujo
         GROUP BY f.flujo, f.ultimo, f.purgado HAVING greatest(max(e.seq), f.purgado) <> f.ultimo""",
    # What was purged of a stream is gone for good; from there on it is whole, and before that only timelines are left.
    "flujo_con_huecos": """
        SELECT f.flujo FROM flujos f LEFT JOIN eventos e ON e.flujo = f.flujo AND e.seq > f.purgado
         GROUP BY f.flujo, f.ultimo, f.purgado HAVING count(e.seq) <> f.ultimo - f.purgado""",
    "evento_sin_flujo": """
        SELECT DISTINCT e.flujo FROM eventos e WHERE NOT EXISTS (SELECT FROM flujos f WHERE f.flujo = e.flujo)""",
    # --- the audit log: every chain whole, every row tied to the one before ---
    "cadena_desfasada": """
        SELECT c.cadena FROM auditoria_cadenas c LEFT JOIN auditoria a ON a.cadena = c.cadena
         GROUP BY c.cadena, c.ultimo HAVING coalesce(max(a.seq), 0) <> c.ultimo OR count(a.seq) <> c.ultimo""",
    "cadena_rota": """
        SELECT cadena || ':' || seq FROM (
            SELECT cadena, seq, previo, lag(hash) OVER (PARTITION BY cadena ORDER BY seq) AS anterior FROM auditoria
        ) a WHERE seq > 1 AND previo IS DISTINCT FROM anterior""",
    # --- people: a client and its principal point at each other; a login has its names, and only a login has ---
    "cliente_sin_principal": """
        SELECT c.id::text FROM clientes c JOIN usuarios u ON u.id = c.usuario_principal_id
         WHERE u.cliente_id IS DISTINCT FROM c.id""",
    "principal_sin_cliente": """
        SELECT u.id::text FROM usuarios u WHERE u.cliente_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM clientes c WHERE c.id = u.cliente_id AND c.usuario_principal_id = u.id)""",
    "actividad_discordante": """
        SELECT u.id::text FROM usuarios u JOIN clientes c ON c.id = u.cliente_id WHERE u.cliente_activo <> c.activo""",
    "totales_discordantes": """
        SELECT coalesce(vendedor::text, 'nadie') || ' ' || activo FROM (
            SELECT vendedor_asignado_id AS vendedor, activo, count(*) AS cuantos FROM clientes
             WHERE fusionado_en IS NULL GROUP BY 1, 2
            UNION ALL SELECT vendedor_id, activo, -cuantos FROM clientes_totales) AS t
         GROUP BY vendedor, activo HAVING sum(cuantos) <> 0""",
    "nombres_discordantes": """
        SELECT u.id::text FROM usuarios u LEFT JOIN identificadores i ON i.usuario_id = u.id
         GROUP BY u.id HAVING CASE WHEN u.contrasenia_hash IS NULL THEN count(i.clave) <> 0
               -- A phone that is celular and nick at once is one name.
               ELSE count(i.clave) NOT BETWEEN 1 AND num_nonnulls(u.correo, u.celular_e164, u.usernick) END""",
    "sesion_de_inactivo": """
        SELECT s.id::text FROM sesiones s JOIN usuarios u ON u.id = s.usuario_id
         WHERE s.terminada_en IS NULL AND NOT (u.activo AND u.cliente_activo)""",
    "restablecimiento_sin_login": """
        SELECT r.id::text FROM restablecimientos r JOIN usuarios u ON u.id = r.usuario_id
         WHERE r.consumido_en IS NULL AND u.contrasenia_hash IS NULL""",
    # --- carts: one live cart for each key, nothing in a cart that nobody wrote ---
    "carritos_repetidos": """
        SELECT usuario_id || ' ' || coalesce(vendedor_id::text, 'propio') FROM carritos WHERE deleted_at IS NULL
         GROUP BY usuario_id, vendedor_id, CASE WHEN vendedor_id IS NOT NULL THEN cliente_id END HAVING count(*) > 1""",
    "carrito_ajeno": """
        SELECT k.id::text FROM carritos k JOIN clientes c ON c.id = k.cliente_id
         WHERE k.usuario_id <> c.usuario_principal_id""",
    "carrito_sin_escribir": """
        SELECT k.id::text FROM carritos k WHERE (NOT k.escrito OR k.version = 0)
           AND EXISTS (SELECT FROM carrito_lineas l WHERE l.carrito_id = k.id)""",
    # --- the panel: what was sent is no draft any more, and what was buried was sent ---
    "borrador_enviado_vivo": """
        SELECT cliente_id || ' ' || tipo FROM borradores
         WHERE campos IS NOT NULL AND version_enviada > 0 AND version = version_enviada""",
    "envio_sin_ticket": """
        SELECT b.cliente_id || ' ' || b.tipo FROM borradores_enviados b WHERE NOT EXISTS (
            SELECT FROM tickets t WHERE t.cliente_id = b.cliente_id AND t.tipo = b.tipo
               AND abs(extract(epoch FROM t.creado_en - b.enviado_en)) < 10)""",
    "ticket_desfasado": """
        SELECT t.folio FROM tickets t LEFT JOIN ticket_mensajes m ON m.ticket_id = t.id
         GROUP BY t.id, t.folio, t.mensajes
        HAVING count(m.seq) <> t.mensajes OR coalesce(max(m.seq), 0) <> t.mensajes OR t.mensajes = 0""",
    # --- the books: a balance is what was owed less what was paid, and a payment went somewhere whole ---
    "saldo_discordante": """
        SELECT c.id::text FROM cuentas_por_cobrar c LEFT JOIN LATERAL (
            SELECT sum(a.monto) AS vivo FROM pago_aplicaciones a JOIN pagos p ON p.id = a.pago_id
             WHERE a.cuenta_id = c.id AND p.anulado_en IS NULL) v ON true
         WHERE c.aplicado <> coalesce(v.vivo, 0) OR c.saldo_pendiente <> CASE
               WHEN c.anulada_en IS NULL THEN c.monto - c.pagado_antes - coalesce(v.vivo, 0) ELSE 0 END
            OR c.saldo_pendiente NOT BETWEEN 0 AND c.monto""",
    "pago_sin_destino": """
        SELECT p.id::text FROM pagos p LEFT JOIN pago_aplicaciones a ON a.pago_id = p.id
         GROUP BY p.id, p.monto HAVING sum(a.monto) IS DISTINCT FROM p.monto""",
    # --- orders: whole, the sum of their lines, the only ones of their cart's content, in a state they could reach ---
    "pedido_sin_lineas": """
        SELECT p.id::text FROM pedidos p
         WHERE NOT EXISTS (SELECT FROM pedido_lineas l WHERE l.pedido_id = p.id)""",
    "pedido_descuadrado": """
        SELECT p.id::text FROM pedidos p JOIN pedido_lineas l ON l.pedido_id = p.id
         GROUP BY p.id, p.total HAVING sum(round(l.cantidad * l.precio_unitario, 2)) <> p.total""",
    "pedido_sin_consumir": """
        SELECT p.id::text FROM pedidos p JOIN carritos k ON k.id = p.carrito_id
         WHERE k.version <= p.carrito_version OR k.pedido_en IS NULL""",
    "carrito_pedido_sin_pedido": """
        SELECT k.id::text FROM carritos k WHERE k.pedido_en IS NOT NULL
           AND NOT EXISTS (SELECT FROM pedidos p WHERE p.carrito_id = k.id)""",
    "pedidos_de_un_contenido": """
        SELECT carrito_id || ' ' || carrito_version FROM pedidos WHERE carrito_id IS NOT NULL
         GROUP BY carrito_id, carrito_version HAVING count(*) > 1""",
    # What a seller ordered is the order of his cart's client, and his own.
    "pedido_de_carrito_ajeno": """
        SELECT p.id::text FROM pedidos p JOIN carritos k ON k.id = p.carrito_id
         WHERE k.cliente_id IS DISTINCT FROM p.cliente_id
            OR (k.vendedor_id IS NOT NULL AND k.vendedor_id IS DISTINCT FROM p.vendedor_id)""",
    "pedido_a_sucursal_ajena": """
        SELECT p.id::text FROM pedidos p JOIN direcciones d ON d.uuid = p.sucursal_id
         WHERE d.cliente_id <> p.cliente_id""",
    "pedido_al_contado_con_exceso": """
        SELECT id::text FROM pedidos WHERE condicion_pago = 'CONTADO' AND credito_excedido""",
    # One row for each state from the first on, one step at a time, the last of them the order's own.
    "pedido_sin_su_historial": """
        SELECT p.id::text FROM pedidos p LEFT JOIN pedido_estados e ON e.pedido_id = p.id
         GROUP BY p.id, p.estado, p.version
        HAVING count(e.orden) = 0 OR max(e.orden) <> count(e.orden) OR p.version < count(e.orden)
            OR (array_agg(e.estado ORDER BY e.orden DESC))[1] <> p.estado""",
    "pedido_a_saltos": """
        SELECT pedido_id || ':' || orden FROM (
            SELECT pedido_id, orden, estado, motivo, lag(estado) OVER (PARTITION BY pedido_id ORDER BY orden) AS antes,
                   ARRAY['PENDIENTE', 'CONFIRMADO', 'EN_PREPARACION', 'EN_RUTA', 'ENTREGADO'] AS pasos
              FROM pedido_estados) e
         WHERE CASE WHEN orden = 1 THEN estado <> 'PENDIENTE'
                    WHEN estado = antes THEN motivo IS NULL
                    WHEN antes IN ('ENTREGADO', 'CANCELADO') THEN true
                    WHEN estado = 'CANCELADO' THEN false
                    ELSE array_position(pasos, estado) IS DISTINCT FROM array_position(pasos, antes) + 1 END""",
    "existencias_negativas": "SELECT id::text FROM productos WHERE existencias < 0",
    # --- invoices: one for each delivered order on credit, its sum and its debt right, no number missing ---
    "factura_discordante": """
        SELECT f.id::text FROM facturas f JOIN pedidos p ON p.id = f.pedido_id
          LEFT JOIN cuentas_por_cobrar c ON c.id = f.cuenta_id
         WHERE p.cliente_id <> f.cliente_id OR p.total <> f.total OR c.monto <> f.total
            OR (p.estado, p.condicion_pago) <> ('ENTREGADO', 'CREDITO')
            OR f.total IS DISTINCT FROM (SELECT sum(subtotal) FROM factura_lineas WHERE factura_id = f.id)""",
    "entrega_sin_factura": """
        SELECT p.id::text FROM pedidos p WHERE p.estado = 'ENTREGADO' AND p.condicion_pago = 'CREDITO'
           AND NOT EXISTS (SELECT FROM facturas f WHERE f.pedido_id = p.id)""",
    "factura_salteada": """
        SELECT n.ultimo::text FROM factura_numeros n LEFT JOIN facturas f ON true
         GROUP BY n.ultimo HAVING count(f.numero) <> n.ultimo OR coalesce(max(f.numero), 0) <> n.ultimo""",
    # --- field service: an order is in the state that it says, with its history, and what is counted is there ---
    "orden_ejecutada_a_medias": """
        SELECT id::text FROM ordenes_trabajo WHERE (estado = 'FINALIZADO') <> (fecha_ejecucion IS NOT NULL)""",
    "orden_sin_quien_la_haga": """
        SELECT id::text FROM ordenes_trabajo
         WHERE estado IN ('ASIGNADA', 'EN_EJECUCION') AND tecnico_id IS NULL
            OR estado = 'PENDIENTE' AND tecnico_id IS NOT NULL""",
    "orden_sin_su_historia": """
        SELECT o.id::text FROM ordenes_trabajo o LEFT JOIN orden_movimientos m ON m.orden_id = o.id
         GROUP BY o.id HAVING count(m.posicion) = 0 OR max(m.posicion) <> count(m.posicion)
            OR o.version < count(m.posicion)""",
    "ordenes_por_dia_discordantes": """
        SELECT dia::text FROM ordenes_por_dia d FULL JOIN (
            SELECT (ultimo_movimiento_en AT TIME ZONE 'UTC')::date AS dia, count(*) AS abiertas,
                   count(*) FILTER (WHERE tecnico_id IS NULL) AS sin_asignar,
                   count(*) FILTER (WHERE estado = 'EN_EJECUCION') AS en_ejecucion
              FROM ordenes_trabajo WHERE estado NOT IN ('FINALIZADO', 'CANCELADA') GROUP BY 1) o USING (dia)
         WHERE (coalesce(d.abiertas, 0), coalesce(d.sin_asignar, 0), coalesce(d.en_ejecucion, 0))
            <> (coalesce(o.abiertas, 0), coalesce(o.sin_asignar, 0), coalesce(o.en_ejecucion, 0))""",
    "garantias_de_una_raiz": """
        SELECT raiz_id::text FROM ordenes_trabajo
         WHERE tipo = 'REVISION' AND estado NOT IN ('FINALIZADO', 'CANCELADA') GROUP BY raiz_id HAVING count(*) > 1""",
    "garantia_de_otra_familia": """
        SELECT o.id::text FROM ordenes_trabajo o JOIN ordenes_trabajo de ON de.id = o.garantia_de
         WHERE o.raiz_id <> coalesce(de.raiz_id, de.id) OR o.cliente_id <> de.cliente_id""",
    "calificacion_ajena": """
        SELECT c.id::text FROM calificaciones c LEFT JOIN ordenes_trabajo o ON o.id = c.orden_id
         WHERE o.cliente_id IS DISTINCT FROM c.cliente_id OR o.tecnico_id IS DISTINCT FROM c.tecnico_id
            OR o.estado <> 'FINALIZADO'""",
    "calificacion_baja_sin_ticket": """
        SELECT c.id::text FROM calificaciones c WHERE c.estrellas <= 2
           AND NOT EXISTS (SELECT FROM tickets t WHERE t.orden_id = c.orden_id AND t.tipo = 'calificacion')""",
    "estrellas_discordantes": """
        SELECT coalesce(t.tecnico_id, c.tecnico_id)::text FROM tecnico_estrellas t FULL JOIN (
            SELECT tecnico_id, array_agg(n ORDER BY e) AS cuantas FROM (
                SELECT q.tecnico_id, e, count(k.id) AS n
                  FROM (SELECT DISTINCT tecnico_id FROM calificaciones WHERE tecnico_id IS NOT NULL) q
                 CROSS JOIN generate_series(1, 5) e
                  LEFT JOIN calificaciones k ON k.tecnico_id = q.tecnico_id AND k.estrellas = e
                 GROUP BY q.tecnico_id, e) x GROUP BY tecnico_id) c ON c.tecnico_id = t.tecnico_id
         WHERE coalesce(c.cuantas, '{0,0,0,0,0}') IS DISTINCT FROM ARRAY[t.n1, t.n2, t.n3, t.n4, t.n5]""",
    # A visit waits for a plan that is in force, of its own client; one that an order made is done with that order.
    "visita_sin_plan": """
        SELECT v.id::text FROM visitas_mantenimiento v JOIN ordenes_trabajo o ON o.id = v.orden_id
         WHERE v.cliente_id <> o.cliente_id OR v.estado = 'PENDIENTE'
           AND (o.estado <> 'FINALIZADO' OR o.periodicidad_meses IS DISTINCT FROM v.periodicidad_meses)""",
    "visita_hecha_a_medias": """
        SELECT v.id::text FROM visitas_mantenimiento v LEFT JOIN ordenes_trabajo o
            ON o.visita_id = v.id AND o.estado <> 'CANCELADA'
         WHERE (v.estado = 'HECHA') <> (v.hecha_en IS NOT NULL)
            OR v.estado = 'HECHA' AND o.estado <> 'FINALIZADO' OR v.estado = 'PENDIENTE' AND o.estado = 'FINALIZADO'
            OR o.cliente_id <> v.cliente_id""",
    # --- what leaves and what is remembered ---
    "correo_discordante": """
        SELECT id::text FROM correos WHERE (estado = 'pendiente') <> (terminado_en IS NULL)
            OR (estado = 'enviado' AND cuerpo IS NOT NULL)""",
}

_SCRIPT = "\nUNION ALL\n".join(
    f"SELECT '{name}' AS regla, que FROM ({query}) AS {name} (que)" for name, query in RULES.items()
)


@dataclass(frozen=True, order=True)
class Violation:
    """One row that should be impossible: which rule it breaks, and what it is."""

    rule: str
    what: str


def sweep(db: Database) -> list[Violation]:
    """Every violation in the database, by rule; one round trip."""
    return sorted(Violation(row["regla"], row["que"]) for row in db.fetch(_SCRIPT))


NAMED_FILES = """
    SELECT k FROM clientes, unnest(ARRAY[foto_perfil, ci_anverso, ci_reverso]) AS k WHERE k IS NOT NULL
    UNION ALL
    SELECT clave FROM orden_fotos
    UNION ALL
    SELECT 'productos/' || p.id || '/' || split_part(d, '/imagenes/', 2) FROM productos p, unnest(p.imagenes) AS d
     WHERE starts_with(d, '/api/v1/productos/' || p.id || '/imagenes/')"""


def sweep_files(db: Database, data_dir: Path, *, grace: float = 600) -> list[Violation]:
    """Rows whose file is not there, and files older than `grace` seconds that no row names."""
    root = data_dir / "archivos"
    ages = {str(path.relative_to(root)): path.stat().st_mtime for path in root.rglob("*") if path.is_file()}
    # Files first: one that is written meanwhile has its row later.
    named = {row["k"] for row in db.fetch(NAMED_FILES)}
    lost = {Violation("fila_sin_archivo", key) for key in named - ages.keys()}
    limit = time.time() - grace
    orphans = {Violation("archivo_sin_fila", k) for k, age in ages.items() if k not in named and age < limit}
    return sorted(lost | orphans)
