"""Who may hand out what. Nobody grants a role or a place that they do not hold themselves."""

from ..access import Permission, Role, may

SCOPES_OF_ROLE: dict[str, tuple[str, ...]] = {
    Role.ADMIN: ("chain", "brand"),
    Role.MARKETER: ("chain", "brand"),
    Role.ANALYST: ("chain", "brand"),
    Role.REGION_MANAGER: ("region",),
    Role.DEALER: ("dealer",),
    Role.STORE_MANAGER: ("store",),
    Role.ASSOCIATE: ("store",),
}
ROLES_GRANTED_BY: dict[str, frozenset[str]] = {
    Role.ADMIN: frozenset(SCOPES_OF_ROLE),
    Role.REGION_MANAGER: frozenset({Role.DEALER, Role.STORE_MANAGER, Role.ASSOCIATE}),
}


def roles_granted_by(staff) -> frozenset[str]:
    """The roles this person may hand out; empty without the permission to edit staff."""
    if not may(staff, Permission.STAFF_EDIT):
        return frozenset()
    return ROLES_GRANTED_BY.get(staff.role, frozenset())


def fits(role: str, scope: str) -> bool:
    """Whether a role may be given this kind of place: a store manager gets stores, never the chain."""
    return scope in SCOPES_OF_ROLE.get(role, ())
