"""Audit events are append-only on PostgreSQL, too."""

from alembic import op

revision = '0018'
down_revision = '0017'


def upgrade() -> None:
    # On SQLite the triggers are there since the table is.
    if op.get_bind().dialect.name != 'postgresql':
        return
    op.execute(
        "CREATE FUNCTION audit_event_never_changes() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE integrity_constraint_violation USING MESSAGE = 'audit events are never changed'; END $$"
    )
    op.execute(
        "CREATE FUNCTION audit_event_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF OLD.seq > (SELECT coalesce(max(base_seq), 0) FROM audit_chain) THEN "
        "RAISE integrity_constraint_violation USING MESSAGE = 'audit events are removed by retention only'; "
        "END IF; RETURN OLD; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_event_never_changes BEFORE UPDATE ON audit_event "
        "FOR EACH ROW EXECUTE FUNCTION audit_event_never_changes()"
    )
    op.execute(
        "CREATE TRIGGER audit_event_stays BEFORE DELETE ON audit_event "
        "FOR EACH ROW EXECUTE FUNCTION audit_event_stays()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name != 'postgresql':
        return
    for name in ('audit_event_stays', 'audit_event_never_changes'):
        op.execute(f'DROP TRIGGER {name} ON audit_event')
        op.execute(f'DROP FUNCTION {name}()')
