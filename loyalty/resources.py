"""What files may bring into the programmes: legacy members with what an old system owed them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext_lazy as _

from members.imports import apply, match, store_words
from members.imports.declare import ImportField, SetBasedResource
from members.imports.staging import run_sql
from members.models import ImportRun

from .services import opening

TAKES_PART = """
    UPDATE members_importplan p SET action = 2
    FROM @stage s LEFT JOIN import_word t ON t.field = 'tier' AND t.key = lower(s.tier)
    WHERE p.run_id = %(run)s AND p.action = 3 AND s.row_no = p.row_no AND (
        NOT EXISTS (
            SELECT 1 FROM loyalty_standing x WHERE x.member_id = p.target_id AND x.program_id = %(program)s
        )
        OR (COALESCE(s.points, 0) > 0 AND NOT EXISTS (@opened AND e.book_id = %(points)s))
        OR (COALESCE(s.growth, t.id, 0) > 0 AND NOT EXISTS (@opened AND e.book_id = %(growth)s))
    )
"""
OPENED = """
    SELECT 1 FROM loyalty_entry e
    WHERE e.member_id = p.target_id AND e.kind = 'open' AND starts_with(e.idem, %(prefix)s)
"""
BROUGHT = """
    SELECT c.member_id, COALESCE(c.card, c.phone, c.openid, c.unionid), COALESCE(c.points, 0),
        COALESCE(c.growth, t.id, 0)
    FROM chunk c LEFT JOIN import_word t ON t.field = 'tier' AND t.key = lower(c.tier)
    ORDER BY c.member_id
"""


class LegacyMemberResource(SetBasedResource):
    """Members of an old system: who they are, which store is theirs, what they own."""

    kind = "members"
    title = _("Legacy members")
    one_of = ("phone", "card", "openid", "unionid")
    needs_brand = True

    card = ImportField(
        "card", names=("会员卡号", "Card number"), label=_("Card number"), kind="card", limit=64, example="QH00000001",
        aliases=("卡号", "会员号", "会员编号", "会员编码", "会员ID", "卡编号", "VIP卡号", "card", "card no", "card id",
                 "member no", "member number", "membership number", "member id", "loyalty number"),
        hint=_("Keep it as text: a spreadsheet drops digits of long numbers."),
    )  # fmt: skip
    name = ImportField(
        "name", names=("姓名", "Name"), label=_("Name"), example="王小明",
        aliases=("会员姓名", "客户姓名", "顾客姓名", "名字", "会员名称", "称呼", "full name", "member name",
                 "customer name", "customer"),
    )  # fmt: skip
    phone = ImportField(
        "phone", names=("手机号", "Phone"), label=_("Phone"), kind="phone", limit=20, example="16900000001",
        aliases=("手机", "手机号码", "电话", "电话号码", "联系电话", "移动电话", "联系方式", "会员手机", "mobile",
                 "mobile phone", "mobile number", "phone number", "tel", "telephone", "cell", "cellphone"),
    )  # fmt: skip
    gender = ImportField(
        "gender", names=("性别", "Gender"), label=_("Gender"), kind="gender", example="男",
        aliases=("会员性别", "sex"),
    )  # fmt: skip
    birthday = ImportField(
        "birthday", names=("生日", "Birthday"), label=_("Birthday"), kind="day", example="1990-01-05",
        aliases=("出生日期", "出生年月日", "会员生日", "公历生日", "birth date", "date of birth", "dob", "birthdate"),
    )  # fmt: skip
    store = ImportField(
        "store", names=("门店编码", "Store code"), label=_("Home store"), kind="word", limit=120, example="",
        aliases=("门店", "所属门店", "归属门店", "开卡门店", "注册门店", "门店编号", "门店代码", "店号", "店铺编码",
                 "门店名称", "所属店铺", "store", "home store", "store id", "store name", "shop", "shop code",
                 "branch"),
        hint=_("The store's code, or a name that only one store has."),
    )  # fmt: skip
    tier = ImportField(
        "tier", names=("等级", "Tier"), label=_("Tier"), kind="word", limit=40, example="银卡",
        aliases=("会员等级", "会员级别", "级别", "卡等级", "卡级别", "卡类型", "level", "member level", "grade",
                 "member tier"),
        hint=_("Without a growth value the member starts at the tier's threshold; with one, growth decides."),
    )  # fmt: skip
    points = ImportField(
        "points", names=("积分余额", "Points"), label=_("Points"), kind="whole", example=1200,
        aliases=("积分", "当前积分", "可用积分", "剩余积分", "余额积分", "会员积分", "points balance", "balance",
                 "available points", "point"),
    )  # fmt: skip
    growth = ImportField(
        "growth", names=("成长值", "Growth value"), label=_("Growth value"), kind="whole", example=1500,
        aliases=("会员成长值", "累计成长值", "经验值", "成长", "growth", "growth points", "experience"),
    )  # fmt: skip
    tags = ImportField(
        "tags", names=("标签", "Tags"), label=_("Tags"), kind="tags", example="老客,宝妈",
        aliases=("会员标签", "客户标签", "tag", "labels", "label"),
    )  # fmt: skip
    joined = ImportField(
        "joined", names=("注册日期", "Joined on"), label=_("Joined on"), kind="day", example="2021-06-18",
        aliases=("注册时间", "入会日期", "入会时间", "开卡日期", "开卡时间", "办卡日期", "加入日期", "创建时间",
                 "join date", "joined", "registered", "registration date", "register date", "created", "signup date",
                 "member since"),
    )  # fmt: skip
    openid = ImportField(
        "openid", names=("OpenID", "WeChat OpenID"), label=_("OpenID"), kind="opaque", limit=64,
        aliases=("微信openid", "小程序openid", "公众号openid", "wx openid"),
    )  # fmt: skip
    unionid = ImportField(
        "unionid", names=("UnionID", "WeChat UnionID"), label=_("UnionID"), kind="opaque", limit=64,
        aliases=("微信unionid", "wx unionid"),
    )  # fmt: skip
    marketing = ImportField(
        "marketing", names=("接受营销", "Accepts marketing"), label=_("Accepts marketing"), kind="yes_no", example="否",
        aliases=("同意营销", "接收营销", "营销同意", "是否接受营销", "接收短信", "是否接收短信", "同意推送", "订阅",
                 "marketing", "opt in", "optin", "marketing consent", "subscribed", "email opt in", "sms opt in"),
        hint=_("A yes counts only when the source and evidence of the consent are stated; a no always counts."),
    )  # fmt: skip
    note = ImportField(
        "note", names=("备注", "Note"), label=_("Note"), limit=300,
        aliases=("说明", "备注信息", "会员备注", "remark", "remarks", "memo", "notes", "comment", "comments"),
    )  # fmt: skip

    def match(self, cursor: CursorWrapper, run: ImportRun) -> None:
        """Who is new, who is known, who gets something; unknown stores and tiers stay out."""
        assert run.brand
        program = opening.program_of(run.brand, now=run.step_started_at or run.created_at)
        match.members(cursor, run, self._words(run, program))
        books = dict(program.books.values_list("asset", "pk"))
        statement = TAKES_PART.replace("@opened", OPENED)
        run_sql(cursor, statement, run, program=program.pk, prefix=f"open:{run.source}:", **books)

    def prepare(self, cursor: CursorWrapper, run: ImportRun, *, now: datetime) -> None:
        """The programme and the tags of the dictionary."""
        assert run.brand
        opening.program_of(run.brand, now=now)
        apply.tag_words(cursor, run, now=now)

    def apply(self, cursor: CursorWrapper, run: ImportRun, chunk: apply.Chunk, *, now: datetime) -> None:
        """The members' own rows first, then what they are owed."""
        assert run.brand
        program = opening.program_of(run.brand, now=now)
        match.dictionary(cursor, run, self._words(run, program))
        apply.members(cursor, run, chunk, now=now)
        cursor.execute(BROUGHT)
        brought = [opening.Opening(*row) for row in cursor.fetchall()]
        opening.post(brought, program, source=run.source, run_id=run.pk, now=now)

    def _words(self, run: ImportRun, program: Any) -> dict[str, dict[str, int]]:
        return {"store": store_words.of(run), "tier": opening.tier_words(program)}
