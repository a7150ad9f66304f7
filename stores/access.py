"""Who may do what. Roles map to permissions here, in code; the database stores the role's value only.

Which *rows* a person sees is another question: see ``stores.queries.stores.visible_to``.
"""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Permission(StrEnum):
    """One thing a person may do. Views name one; a test refuses a portal view that names none."""

    HOME_VIEW = "home.view"
    MEMBER_VIEW = "member.view"
    MEMBER_EDIT = "member.edit"
    MEMBER_REVEAL = "member.reveal"
    MEMBER_EXPORT = "member.export"
    MEMBER_MERGE = "member.merge"
    MEMBER_IMPORT = "member.import"
    EXPORT_RELEASE = "export.release"
    PRIVACY_VIEW = "privacy.view"
    PRIVACY_DECIDE = "privacy.decide"
    ORDER_VIEW = "order.view"
    ORDER_EXPORT = "order.export"
    PRODUCT_VIEW = "product.view"
    PRODUCT_IMPORT = "product.import"
    POINTS_ADJUST = "points.adjust"
    PROGRAM_VIEW = "program.view"
    PROGRAM_EDIT = "program.edit"
    COUPON_VIEW = "coupon.view"
    COUPON_EDIT = "coupon.edit"
    COUPON_REDEEM = "coupon.redeem"
    SEGMENT_VIEW = "segment.view"
    SEGMENT_EDIT = "segment.edit"
    TAG_VIEW = "tag.view"
    TAG_EDIT = "tag.edit"
    CAMPAIGN_VIEW = "campaign.view"
    CAMPAIGN_EDIT = "campaign.edit"
    CAMPAIGN_LAUNCH = "campaign.launch"
    SENDER_VIEW = "sender.view"
    SENDER_EDIT = "sender.edit"
    PROMOTION_START = "promotion.start"
    STORE_VIEW = "store.view"
    STORE_EDIT = "store.edit"
    STORE_IMPORT = "store.import"
    CODE_VIEW = "code.view"
    CODE_ISSUE = "code.issue"
    CODE_REVOKE = "code.revoke"
    STAFF_VIEW = "staff.view"
    STAFF_EDIT = "staff.edit"
    STAFF_IMPORT = "staff.import"
    CHANNEL_VIEW = "channel.view"
    CHANNEL_EDIT = "channel.edit"
    LOG_VIEW = "log.view"
    COUNTER_USE = "counter.use"
    ACCOUNT_OWN = "account.own"


class Role:
    """Role values as stored in ``Staff.role``."""

    ADMIN = "admin"
    MARKETER = "marketer"
    ANALYST = "analyst"
    REGION_MANAGER = "region_manager"
    DEALER = "dealer"
    STORE_MANAGER = "store_manager"
    ASSOCIATE = "associate"

    CHOICES = [
        (ADMIN, _("Headquarters administrator")),
        (MARKETER, _("Marketer")),
        (ANALYST, _("Analyst")),
        (REGION_MANAGER, _("Region manager")),
        (DEALER, _("Dealer")),
        (STORE_MANAGER, _("Store manager")),
        (ASSOCIATE, _("Associate")),
    ]
    HEADQUARTERS = frozenset({ADMIN, MARKETER, ANALYST})
    STORE = frozenset({STORE_MANAGER, ASSOCIATE})


P = Permission
_ASSOCIATE = {P.COUNTER_USE, P.COUPON_REDEEM, P.MEMBER_VIEW, P.CODE_VIEW, P.ACCOUNT_OWN}
_STORE_MANAGER = _ASSOCIATE | {
    P.PROMOTION_START,
    P.STORE_VIEW,
    P.STAFF_VIEW,
    P.CODE_ISSUE,
    P.MEMBER_REVEAL,
    P.ORDER_VIEW,
}
_FIELD = {P.HOME_VIEW, P.MEMBER_VIEW, P.ORDER_VIEW, P.STORE_VIEW, P.STAFF_VIEW, P.CODE_VIEW, P.ACCOUNT_OWN}
_ANALYST = {
    P.HOME_VIEW, P.MEMBER_VIEW, P.ORDER_VIEW, P.ORDER_EXPORT, P.PRODUCT_VIEW, P.PROGRAM_VIEW,
    P.COUPON_VIEW, P.STORE_VIEW, P.CODE_VIEW, P.CHANNEL_VIEW, P.ACCOUNT_OWN, P.SEGMENT_VIEW, P.TAG_VIEW,
    P.CAMPAIGN_VIEW, P.SENDER_VIEW,
}  # fmt: skip
_MARKETER = _ANALYST | {
    P.MEMBER_EDIT, P.MEMBER_REVEAL, P.MEMBER_EXPORT, P.MEMBER_IMPORT, P.PRODUCT_IMPORT, P.POINTS_ADJUST,
    P.PROGRAM_EDIT, P.COUPON_EDIT, P.CODE_ISSUE, P.STAFF_VIEW, P.SEGMENT_EDIT, P.TAG_EDIT,
    P.CAMPAIGN_EDIT, P.CAMPAIGN_LAUNCH, P.SENDER_EDIT,
    P.PRIVACY_VIEW,
}  # fmt: skip

ROLES: dict[str, frozenset[Permission]] = {
    Role.ADMIN: frozenset(set(Permission) - {P.COUNTER_USE, P.COUPON_REDEEM, P.PROMOTION_START}),
    Role.MARKETER: frozenset(_MARKETER),
    Role.ANALYST: frozenset(_ANALYST),
    Role.REGION_MANAGER: frozenset(_FIELD | {P.CODE_ISSUE, P.STAFF_EDIT}),
    Role.DEALER: frozenset(_FIELD | {P.CODE_ISSUE}),
    Role.STORE_MANAGER: frozenset(_STORE_MANAGER),
    Role.ASSOCIATE: frozenset(_ASSOCIATE),
}


def may(staff, permission: Permission) -> bool:
    """Whether this person's role holds the permission. People who have left may do nothing."""
    return bool(staff.is_active) and permission in ROLES.get(staff.role, frozenset())
