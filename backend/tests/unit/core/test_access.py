from __future__ import annotations

from dbbackup.core.access import ANONYMOUS, MATRIX, Actor, Permission, Role


def test_matrix_when_roles_are_compared_then_each_has_all_of_the_one_below() -> None:
    assert MATRIX[Role.VIEWER] < MATRIX[Role.OPERATOR] < MATRIX[Role.ADMIN] == frozenset(Permission)


def test_matrix_when_a_viewer_or_operator_then_nothing_that_destroys_or_configures() -> None:
    assert all(permission.endswith(".view") for permission in MATRIX[Role.VIEWER])
    operator = Actor(id="1", name="Olga", role=Role.OPERATOR)
    assert operator.may(Permission.RESTORE_EXECUTE)
    for permission in (Permission.DATABASE_DELETE, Permission.BACKUP_DELETE, Permission.SYSTEM_CONFIGURE):
        assert not operator.may(permission)
    assert ANONYMOUS.may(Permission.SYSTEM_CONFIGURE)
