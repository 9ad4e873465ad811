"""Orders keep the branch that was named for them, also when its address is deleted."""

from clientela.migrations.runner import run_sql

revision = "0019"
down_revision = "0018"

# An address may be deleted by whoever keeps the register; the order still says for which branch it was.
UP = """
-- squawk-ignore ban-drop-constraint
ALTER TABLE pedidos DROP CONSTRAINT pedidos_sucursal_fk;
COMMENT ON COLUMN pedidos.sucursal_id IS
    'The uuid of the address that was named; it stays when the address is deleted. The place is latitud, longitud.';
"""

DOWN = """
UPDATE pedidos SET sucursal_id = NULL WHERE sucursal_id NOT IN (SELECT uuid FROM direcciones);
ALTER TABLE pedidos ADD CONSTRAINT pedidos_sucursal_fk
    FOREIGN KEY (sucursal_id) REFERENCES direcciones (uuid) ON DELETE SET NULL;
"""


def upgrade() -> None:
    """Let go of the addresses."""
    run_sql(UP)


def downgrade() -> None:
    """Tie orders to addresses again; what was deleted meanwhile is no longer named."""
    run_sql(DOWN)
