"""The log's dotted actions in words; its fields are in `fields.py`. An action that is not listed shows as it is written."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from .fields import field, value

ACTIONS: dict[str, Any] = {
    "staff.invited": _("Colleague invited"),
    "staff.invitation_accepted": _("Invitation accepted"),
    "staff.edited": _("Colleague edited"),
    "staff.role_changed": _("Role or places changed"),
    "staff.left": _("Colleague left"),
    "staff.password_reset": _("Temporary password made"),
    "staff.password_changed": _("Own password changed"),
    "staff.second_factor_reset": _("Second factor forgotten"),
    "staff.exported": _("Staff exported"),
    "invitation.exported": _("Invitations exported"),
    "session.started": _("Signed in"),
    "session.ended": _("Browser signed out"),
    "session.others_ended": _("Other browsers signed out"),
    "session.locked_out": _("Locked after wrong passwords"),
    "store.created": _("Store opened"),
    "store.edited": _("Store edited"),
    "store.closed": _("Store closed"),
    "store.reopened": _("Store reopened"),
    "store.exported": _("Stores exported"),
    "code.issued": _("Store code issued"),
    "code.rotated": _("Store code replaced"),
    "code.revoked": _("Store code revoked"),
    "code.exported": _("Store codes exported"),
    "posters.requested": _("Posters asked for"),
    "member.joined": _("Member joined"),
    "member.edited": _("Member edited"),
    "member.bound": _("Member bound to a store"),
    "member.phone_revealed": _("Phone number shown"),
    "member.tagged": _("Tag added"),
    "member.untagged": _("Tag removed"),
    "member.exported": _("Members exported"),
    "member.restricted": _("Use of a member's data stopped"),
    "member.released": _("Use of a member's data allowed again"),
    "member.erased": _("Member erased"),
    "export.asked": _("Large file asked for"),
    "export.released": _("Large file released"),
    "export.refused": _("Large file refused"),
    "export.taken": _("Large file taken"),
    "log.erased": _("Personal words taken out of log lines"),
    "privacy.asked": _("Privacy request noted"),
    "privacy.answered": _("Privacy request answered"),
    "privacy.refused": _("Privacy request refused"),
    "privacy.copied": _("Copy of a member's data handed out"),
    "member.merged": _("Members merged"),
    "assist.started": _("Link to help somebody join made"),
    "identity.handed_over": _("A number given out again passed to another person"),
    "member.kept_apart": _("Two members kept apart"),
    "member.unmerged": _("Merge taken back"),
    "order.exported": _("Orders exported"),
    "points.adjusted": _("Points adjusted"),
    "program.created": _("Programme created"),
    "program.edited": _("Programme edited"),
    "program.ladder_edited": _("Tiers edited"),
    "brand.binding_edited": _("Binding rule edited"),
    "brand.added": _("Brand added"),
    "consent.given": _("Consent given"),
    "consent.refused": _("Consent refused"),
    "consent.withdrawn": _("Consent withdrawn"),
    "channel.created": _("Channel created"),
    "channel.edited": _("Channel edited"),
    "channel.connected": _("Channel connected to a platform"),
    "channel.former_secret_ended": _("Former secret of a channel ended"),
    "channel.secret_changed": _("Secret of a channel changed"),
    "channel.tested": _("Channel tested"),
    "notice.replayed": _("Notice dealt with again"),
    "key.issued": _("API key issued"),
    "key.revoked": _("API key revoked"),
    "key.edited": _("API key edited"),
    "key.rotated": _("API key rotated"),
    "key.old_secret_ended": _("Old secret of an API key ended"),
    "import.uploaded": _("File uploaded for import"),
    "import.mapped": _("Import columns chosen"),
    "import.reread": _("Import file read again"),
    "import.confirmed": _("Import confirmed"),
    "import.errors_downloaded": _("Refused rows downloaded"),
    "import.done": _("Import finished"),
    "import.cancelled": _("Import cancelled"),
    "product.exported": _("Products exported"),
    "coupon.redeemed": _("Coupon redeemed"),
    "coupon.restored": _("Redemption taken back"),
    "coupon.voided": _("Coupon withdrawn"),
    "coupon.exported": _("Coupons exported"),
    "coupontemplate.created": _("Coupon template made"),
    "coupontemplate.edited": _("Coupon template edited"),
    "coupontemplate.exported": _("Coupon templates exported"),
    "segment.saved": _("Audience saved"),
    "segment.archived": _("Audience archived"),
    "audience.locked": _("Audience locked"),
    "tag.defined": _("Tag defined"),
    "tag.renamed": _("Tag renamed"),
    "tag.retired": _("Tag retired"),
    "tag.given": _("Tag given to an audience"),
    "view.saved": _("View of a list saved"),
    "view.deleted": _("View of a list deleted"),
    "campaign.created": _("Campaign drafted"),
    "campaign.edited": _("Campaign edited"),
    "campaign.launched": _("Campaign launched"),
    "campaign.taken_back": _("Campaign taken back"),
    "campaign.moved": _("Campaign moved to another time"),
    "campaign.paused": _("Campaign paused"),
    "campaign.resumed": _("Campaign went on"),
    "campaign.cancelled": _("Campaign stopped"),
    "campaign.exported": _("Campaigns exported"),
    "message.exported": _("Messages exported"),
    "promotion.stopped": _("Store promotion ended"),
    "template.created": _("Campaign template made"),
    "template.edited": _("Campaign template edited"),
    "template.retired": _("Campaign template retired"),
    "sender.created": _("Sender created"),
    "sender.edited": _("Sender edited"),
    "sender.tried": _("Sender tried"),
    "log.exported": _("Action log exported"),
    "task.done": _("Task done"),
    "task.reopened": _("Task opened again"),
}


def action(word: str) -> str:
    return str(ACTIONS.get(word, word))


def changes(entry: Any) -> list[dict[str, str]]:
    """Before and after of one line, side by side, unchanged fields left out."""
    before, after = entry.before or {}, entry.after or {}
    names = list(dict.fromkeys([*before, *after]))
    return [
        {
            "field": field(name),
            "before": value(before[name], name) if name in before else "",
            "after": value(after[name], name) if name in after else "",
        }
        for name in names
        if before.get(name) != after.get(name)
    ]


def lines(entries: Any) -> list[dict]:
    """Entries ready for ``portal/log/lines.html``."""
    return [{"entry": entry, "action": action(entry.action), "changes": changes(entry)} for entry in entries]
