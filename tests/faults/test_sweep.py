"""The integrity sweep sees one planted row of each kind, and nothing on a healthy database (T-CR-3)."""

import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.tools.cluster import Cluster
from tests.tools.database import Database
from tests.tools.sweep import RULES, sweep, sweep_files


@dataclass(frozen=True)
class People:
    """Two clients and their principals, planted row by row so that nothing of the product is needed."""

    db: Database
    cliente: uuid.UUID
    usuario: uuid.UUID
    otro_cliente: uuid.UUID
    otro_usuario: uuid.UUID

    def plant(self, sql: str, *args: Any) -> None:
        """Run a statement whose `:cliente`, `:usuario`, `:otro_cliente`, `:otro_usuario` are these people."""
        for name in ("otro_cliente", "otro_usuario", "cliente", "usuario"):
            sql = sql.replace(f":{name}", f"'{getattr(self, name)}'::uuid")
        self.db.execute(sql, *args)


def add_client(db: Database, correo: str) -> tuple[uuid.UUID, uuid.UUID]:
    """Plant one client with a login, as the product would."""
    cliente, usuario = uuid.uuid4(), uuid.uuid4()
    db.execute(
        f"""INSERT INTO usuarios (id, nombre, rol, correo, contrasenia_hash, cliente_id, creado_en, actualizado_en)
            VALUES ('{usuario}', 'Ana', 'cliente', '{correo}', 'x', '{cliente}', now(), now());
            INSERT INTO clientes (id, usuario_principal_id, nombre, creado_en, actualizado_en)
            VALUES ('{cliente}', '{usuario}', 'Ana', now(), now());
            INSERT INTO identificadores (clave, usuario_id) VALUES ('{correo}', '{usuario}')"""
    )
    return cliente, usuario


@pytest.fixture(scope="module")
def empty(cluster: Cluster, worker: str) -> Iterator[Database]:
    """A database of this module's own."""
    name = f"clientela_barrido_{os.getpid()}_{worker}"
    database = Database(cluster.create(name))
    yield database
    database.close()
    cluster.drop(name)


@pytest.fixture
def people(empty: Database) -> Iterator[People]:
    """Two clients in a transaction that is taken back afterwards, with whatever was planted in it."""
    empty.execute("BEGIN")
    yield People(empty, *add_client(empty, "a@example.com"), *add_client(empty, "b@example.com"))
    empty.execute("ROLLBACK")


CARRITO = """INSERT INTO carritos (id, usuario_id, cliente_id, vendedor_id, version, escrito, creado_en, actualizado_en)
             VALUES (gen_random_uuid(), {usuario}, {cliente}, {vendedor}, {version}, {escrito}, now(), now())"""
TICKET = """INSERT INTO tickets (id, tipo, asunto, usuario_id, cliente_id, version, mensajes, creado_en, actualizado_en)
            VALUES (gen_random_uuid(), 'reclamo', 'Roto', :usuario, :cliente, 1, {mensajes}, now(), now())"""
CUENTA = """INSERT INTO cuentas_por_cobrar (id, cliente_id, concepto, monto, pagado_antes, registrada_por, creado_en,
                                            actualizado_en)
            VALUES (gen_random_uuid(), :cliente, 'Saldo', 10, 0, :usuario, now(), now())"""
PEDIDO = [
    CARRITO.format(usuario=":usuario", cliente=":cliente", vendedor="NULL", version=2, escrito="true"),
    "UPDATE carritos SET pedido_en = now()",
    """INSERT INTO productos (id, codigo, nombre, precio, creado_en, actualizado_en)
       VALUES (gen_random_uuid(), 'X', 'X', 3, now(), now())""",
    """INSERT INTO pedidos (id, cliente_id, creado_por, carrito_id, carrito_version, condicion_pago, total, creado_en,
                            actualizado_en)
       SELECT gen_random_uuid(), :cliente, :usuario, id, 1, 'CONTADO', 6, now(), now() FROM carritos""",
    """INSERT INTO pedido_lineas (pedido_id, posicion, producto_id, codigo, nombre, unidad, cantidad, precio_unitario,
                                  descontada)
       SELECT p.id, 1, x.id, 'X', 'X', 'u', 2, 3, false FROM pedidos p, productos x""",
    """INSERT INTO pedido_estados (pedido_id, orden, estado, actor_id, creado_en)
       SELECT id, 1, 'PENDIENTE', :usuario, now() FROM pedidos""",
]
AUDIT = """INSERT INTO auditoria (cadena, seq, fecha, accion, datos, previo, hash)
           VALUES ('c', {seq}, now(), 'x', '{{}}', '{previo}', '{hash}')"""

ENTREGA = """
INSERT INTO pedidos (id, cliente_id, creado_por, carrito_version, condicion_pago, total, estado, creado_en,
                     actualizado_en)
VALUES (gen_random_uuid(), :cliente, :usuario, 1, 'CREDITO', 6, 'ENTREGADO', now(), now())"""
SERVICIO = """INSERT INTO servicios (id, nombre, creado_en, actualizado_en)
              VALUES (gen_random_uuid(), 'Reparación', now(), now())"""
TECNICO = """INSERT INTO usuarios (id, nombre, rol, creado_en, actualizado_en)
             VALUES (gen_random_uuid(), 'Tito', 'tecnico', now(), now())"""
ORDEN = """
INSERT INTO ordenes_trabajo (id, cliente_id, servicio_id, tecnico_id, tipo, estado, garantia_meses, duracion_min,
                             periodicidad_meses, fecha_programada, fecha_ejecucion, garantia_de, raiz_id,
                             ultimo_movimiento_en, creado_por, creado_en, actualizado_en)
SELECT gen_random_uuid(), {cliente}, s.id, {tecnico}, '{tipo}', '{estado}', 12, 60, {meses}, now(), {ejecutada},
       {de}, {de}, now(), :usuario, now(), now() FROM servicios s"""
MOVIMIENTOS = """INSERT INTO orden_movimientos (orden_id, posicion, accion, actor_id, creado_en)
                 SELECT id, 1, 'creada', :usuario, now() FROM ordenes_trabajo o
                  WHERE NOT EXISTS (SELECT FROM orden_movimientos WHERE orden_id = o.id)"""
_TITO = "(SELECT id FROM usuarios WHERE nombre = 'Tito')"
_HECHA = "(SELECT id FROM ordenes_trabajo WHERE tipo = 'NORMAL')"


def orden(estado: str, **said: str) -> list[str]:
    """A work order with its first movement."""
    usual = {"cliente": ":cliente", "tecnico": _TITO, "tipo": "NORMAL", "meses": "NULL", "de": "NULL"}
    done = {"ejecutada": "now()" if estado == "FINALIZADO" else "NULL"}
    return [ORDEN.format(**(usual | done | said), estado=estado), MOVIMIENTOS]


TALLER = [SERVICIO, TECNICO, *orden("FINALIZADO", meses="6")]
REVISION = orden("PENDIENTE", tipo="REVISION", tecnico="NULL", de=_HECHA)
CALIFICACION = """
INSERT INTO calificaciones (id, orden_id, cliente_id, tecnico_id, estrellas, fecha)
SELECT gen_random_uuid(), id, cliente_id, tecnico_id, {estrellas}, now() FROM ordenes_trabajo WHERE tipo = 'NORMAL'"""
VISITA = """
INSERT INTO visitas_mantenimiento (id, orden_id, cliente_id, periodicidad_meses, ciclo, fecha_programada,
                                   fecha_original, creado_en, actualizado_en)
SELECT gen_random_uuid(), id, cliente_id, 6, 1, now(), now(), now(), now() FROM ordenes_trabajo"""
PLANTS: dict[str, list[str]] = {
    "flujo_desfasado": ["INSERT INTO flujos (flujo, ultimo) VALUES ('usuario:1', 1)"],
    "flujo_con_huecos": [
        "INSERT INTO flujos (flujo, ultimo) VALUES ('usuario:1', 2)",
        """INSERT INTO eventos (flujo, seq, tipo, datos, principal, creado_en)
           VALUES ('usuario:1', 2, 'cart.updated', '{}', true, now())""",
    ],
    "evento_sin_flujo": [
        """INSERT INTO eventos (flujo, seq, tipo, datos, principal, creado_en)
           VALUES ('usuario:1', 1, 'cart.updated', '{}', true, now())""",
    ],
    "cadena_desfasada": ["INSERT INTO auditoria_cadenas (cadena, ultimo, hash) VALUES ('c', 1, '')"],
    "cadena_rota": [
        "INSERT INTO auditoria_cadenas (cadena, ultimo, hash) VALUES ('c', 2, '')",
        AUDIT.format(seq=1, previo="a", hash="b"),
        AUDIT.format(seq=2, previo="z", hash="c"),
    ],
    "cliente_sin_principal": [
        "UPDATE usuarios SET cliente_id = NULL, rol = 'soporte' WHERE id = :usuario",
    ],
    "principal_sin_cliente": [
        "DELETE FROM clientes WHERE id = :cliente",
    ],
    "actividad_discordante": ["UPDATE clientes SET activo = false WHERE id = :cliente"],
    "totales_discordantes": ["INSERT INTO clientes_totales (activo, cuantos) VALUES (true, 1)"],
    "nombres_discordantes": ["DELETE FROM identificadores WHERE usuario_id = :usuario"],
    "sesion_de_inactivo": [
        """INSERT INTO sesiones (id, usuario_id, creada_en, expira_en)
           VALUES (gen_random_uuid(), :usuario, now(), now() + interval '1 day')""",
        "UPDATE usuarios SET activo = false WHERE id = :usuario",
    ],
    "restablecimiento_sin_login": [
        "UPDATE usuarios SET contrasenia_hash = NULL WHERE id = :usuario",
        "DELETE FROM identificadores WHERE usuario_id = :usuario",
        """INSERT INTO restablecimientos (id, usuario_id, hash, creado_en, expira_en)
           VALUES (gen_random_uuid(), :usuario, repeat('a', 64), now(), now() + interval '1 day')""",
    ],
    "carritos_repetidos": [
        "DROP INDEX carritos_propio_uk",
        *[CARRITO.format(usuario=":usuario", cliente=":cliente", vendedor="NULL", version=1, escrito="true")]
        * 2,
    ],
    "carrito_ajeno": [
        CARRITO.format(
            usuario=":otro_usuario", cliente=":cliente", vendedor="NULL", version=1, escrito="true"
        )
    ],
    "carrito_sin_escribir": [
        CARRITO.format(usuario=":usuario", cliente=":cliente", vendedor="NULL", version=0, escrito="false"),
        """INSERT INTO productos (id, codigo, nombre, precio, creado_en, actualizado_en)
           VALUES (gen_random_uuid(), 'X', 'X', 1, now(), now())""",
        """INSERT INTO carrito_lineas (carrito_id, producto_id, cantidad, item, precio_unitario, posicion)
           SELECT c.id, p.id, 1, '{}', 1, 1 FROM carritos c, productos p""",
    ],
    "borrador_enviado_vivo": [
        """INSERT INTO borradores (cliente_id, tipo, campos, version, version_enviada, creado_en, actualizado_en)
           VALUES (:cliente, 'reclamo', '{}', 2, 2, now(), now())""",
    ],
    "envio_sin_ticket": [
        """INSERT INTO borradores (cliente_id, tipo, version, version_enviada, creado_en, actualizado_en)
           VALUES (:cliente, 'reclamo', 2, 2, now(), now())""",
        """INSERT INTO borradores_enviados (cliente_id, tipo, campos, enviado_en)
           VALUES (:cliente, 'reclamo', '{}', now())""",
    ],
    "ticket_desfasado": [TICKET.format(mensajes=1)],
    "saldo_discordante": [
        CUENTA,
        "ALTER TABLE cuentas_por_cobrar DISABLE TRIGGER USER",
        "UPDATE cuentas_por_cobrar SET aplicado = 3",
    ],
    "pago_sin_destino": [
        CUENTA,
        """INSERT INTO pagos (id, cliente_id, monto, medio, registrado_por, creado_en, actualizado_en)
           VALUES (gen_random_uuid(), :cliente, 2, 'qr', :usuario, now(), now())""",
        """INSERT INTO pago_aplicaciones (pago_id, cliente_id, cuenta_id, monto)
           SELECT p.id, p.cliente_id, c.id, 1 FROM pagos p JOIN cuentas_por_cobrar c USING (cliente_id)""",
    ],
    "pedido_sin_lineas": [*PEDIDO, "DELETE FROM pedido_lineas"],
    "pedido_descuadrado": [*PEDIDO, "UPDATE pedidos SET total = 6.01"],
    "pedido_sin_consumir": [*PEDIDO, "UPDATE carritos SET version = 1"],
    "carrito_pedido_sin_pedido": [PEDIDO[0], PEDIDO[1]],
    "pedidos_de_un_contenido": [
        *PEDIDO,
        "ALTER TABLE pedidos DROP CONSTRAINT pedidos_carrito_uk",
        PEDIDO[3],
    ],
    "pedido_de_carrito_ajeno": [*PEDIDO, "UPDATE pedidos SET cliente_id = :otro_cliente"],
    "pedido_a_sucursal_ajena": [
        *PEDIDO,
        """INSERT INTO direcciones (uuid, cliente_id, direccion, creado_en, actualizado_en)
           VALUES (gen_random_uuid(), :otro_cliente, 'Ajena', now(), now())""",
        "UPDATE pedidos SET sucursal_id = (SELECT uuid FROM direcciones)",
    ],
    "pedido_al_contado_con_exceso": [*PEDIDO, "UPDATE pedidos SET credito_excedido = true"],
    "pedido_sin_su_historial": [*PEDIDO, "UPDATE pedidos SET estado = 'CONFIRMADO', version = 2"],
    "pedido_a_saltos": [
        *PEDIDO,
        """INSERT INTO pedido_estados (pedido_id, orden, estado, actor_id, creado_en)
           SELECT id, 2, 'EN_RUTA', :usuario, now() FROM pedidos""",
        "UPDATE pedidos SET estado = 'EN_RUTA', version = 2",
    ],
    "existencias_negativas": [
        *PEDIDO,
        "ALTER TABLE productos DROP CONSTRAINT productos_existencias_no_negativas",
        "UPDATE productos SET existencias = -1",
    ],
    "factura_discordante": [
        ENTREGA,
        "SET CONSTRAINTS ALL DEFERRED",
        """INSERT INTO facturas (id, numero, cliente_id, pedido_id, fecha, fecha_vencimiento, moneda, total, emisor,
                                 cliente_nombre, emitida_por, creado_en, actualizado_en)
           SELECT gen_random_uuid(), 1, cliente_id, id, now(), now(), 'BOB', 0, 'x', 'x', creado_por, now(), now()
             FROM pedidos""",
    ],
    "entrega_sin_factura": [ENTREGA],
    "factura_salteada": ["UPDATE factura_numeros SET ultimo = 1"],
    "orden_ejecutada_a_medias": [
        *TALLER,
        "ALTER TABLE ordenes_trabajo DROP CONSTRAINT ordenes_trabajo_ejecutada",
        "UPDATE ordenes_trabajo SET fecha_ejecucion = NULL",
    ],
    "orden_sin_quien_la_haga": [
        *TALLER,
        *orden("ASIGNADA"),
        "ALTER TABLE ordenes_trabajo DROP CONSTRAINT ordenes_trabajo_asignada_con_tecnico",
        "UPDATE ordenes_trabajo SET tecnico_id = NULL WHERE estado = 'ASIGNADA'",
    ],
    "orden_sin_su_historia": [*TALLER, "UPDATE orden_movimientos SET posicion = 2"],
    "ordenes_por_dia_discordantes": [*TALLER, *REVISION, "UPDATE ordenes_por_dia SET sin_asignar = 0"],
    "garantias_de_una_raiz": [
        *TALLER,
        *REVISION,
        "DROP INDEX ordenes_trabajo_garantia_abierta_uk",
        *REVISION,
    ],
    "garantia_de_otra_familia": [
        *TALLER,
        *REVISION,
        "UPDATE ordenes_trabajo SET cliente_id = :otro_cliente WHERE tipo = 'REVISION'",
    ],
    "calificacion_ajena": [
        *TALLER,
        CALIFICACION.format(estrellas=5),
        "UPDATE calificaciones SET cliente_id = :otro_cliente",
    ],
    "calificacion_baja_sin_ticket": [*TALLER, CALIFICACION.format(estrellas=2)],
    "estrellas_discordantes": [
        *TALLER,
        CALIFICACION.format(estrellas=5),
        "UPDATE tecnico_estrellas SET n5 = 0, n4 = 1",
    ],
    "visita_sin_plan": [*TALLER, VISITA, "UPDATE ordenes_trabajo SET periodicidad_meses = 3"],
    "visita_hecha_a_medias": [
        *TALLER,
        VISITA,
        "UPDATE visitas_mantenimiento SET estado = 'HECHA', hecha_en = now()",
        *orden("ASIGNADA"),
        """UPDATE ordenes_trabajo o SET visita_id = v.id FROM visitas_mantenimiento v
            WHERE o.estado = 'ASIGNADA'""",
    ],
    "correo_discordante": [
        """INSERT INTO correos (id, clave, destinatario, plantilla, asunto, cuerpo, estado, proximo_en, creado_en,
                                terminado_en)
           VALUES (gen_random_uuid(), 'k', 'a@example.com', 'p', 'a', 'still here', 'enviado', now(), now(), now())""",
    ],
}


def test_every_rule_has_a_plant() -> None:
    assert PLANTS.keys() == RULES.keys()


@pytest.mark.parametrize("rule", RULES)
def test_planted_row_is_seen(people: People, rule: str) -> None:
    assert sweep(people.db) == []
    for sql in PLANTS[rule]:
        people.plant(sql)
    assert rule in {violation.rule for violation in sweep(people.db)}


def test_a_whole_order_breaks_no_rule(people: People) -> None:
    """What the plants are made from is sound, so that each shows its own defect."""
    for sql in PEDIDO:
        people.plant(sql)
    assert sweep(people.db) == []


def test_a_whole_life_of_work_breaks_no_rule(people: People) -> None:
    """Neither does what the plants of field service are made from."""
    for sql in (*TALLER, *REVISION, CALIFICACION.format(estrellas=5), *orden("ASIGNADA")):
        people.plant(sql)
    people.plant(f"{VISITA} WHERE estado = 'FINALIZADO'")
    assert sweep(people.db) == []


def test_demo_company_is_whole(demo_database: Database) -> None:
    """It was loaded through the services, so it shows that the rules do not cry wolf."""
    assert demo_database.fetchval("SELECT count(*) FROM tickets") > 0
    assert sweep(demo_database) == []


def plant_file(root: Path, key: str, *, minutes: float) -> None:
    """A file of that age."""
    path = root / "archivos" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    then = time.time() - 60 * minutes
    os.utime(path, (then, then))


def test_files_and_rows_that_miss_each_other_are_seen(people: People, tmp_path: Path) -> None:
    photo, card, product = (uuid.uuid4().hex + ".jpg" for _ in range(3))
    owner = f"clientes/{people.cliente}"
    people.plant(
        "UPDATE clientes SET foto_perfil = $1, ci_anverso = $2 WHERE id = :cliente",
        f"{owner}/{photo}",
        f"{owner}/{card}",
    )
    people.plant(
        """INSERT INTO productos (id, codigo, nombre, precio, imagenes, creado_en, actualizado_en)
           VALUES (:cliente, 'X', 'X', 1,
                   ARRAY['https://x/a.jpg', '/api/v1/productos/' || :cliente || '/imagenes/' || $1], now(), now())""",
        product,
    )
    for sql in TALLER:
        people.plant(sql)
    work = f"ordenes/{uuid.uuid4()}/{uuid.uuid4().hex}.jpg"
    people.plant(
        """INSERT INTO orden_fotos (id, orden_id, lugar, clave, ancho, alto, subida_por, creado_en)
           SELECT gen_random_uuid(), id, 1, $1, 1, 1, :usuario, now() FROM ordenes_trabajo""",
        work,
    )
    plant_file(tmp_path, f"{owner}/{photo}", minutes=60)
    plant_file(tmp_path, f"{owner}/{uuid.uuid4().hex}.jpg", minutes=9)
    plant_file(tmp_path, f"{owner}/{uuid.uuid4().hex}.jpg.parcial", minutes=11)
    found = sweep_files(people.db, tmp_path)
    assert [violation.rule for violation in found] == [
        "archivo_sin_fila",
        "fila_sin_archivo",
        "fila_sin_archivo",
        "fila_sin_archivo",
    ]
    assert found[0].what.endswith(".parcial")
    assert {violation.what for violation in found[1:]} == {
        f"{owner}/{card}",
        f"productos/{people.cliente}/{product}",
        work,
    }
    plant_file(tmp_path, work, minutes=0)
    plant_file(tmp_path, f"{owner}/{card}", minutes=0)
    plant_file(tmp_path, f"productos/{people.cliente}/{product}", minutes=0)
    assert [violation.rule for violation in sweep_files(people.db, tmp_path)] == ["archivo_sin_fila"]
