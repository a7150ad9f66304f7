"""All fakes at once: the system asks them, they tell it things, and the screen shows both.

``make fakes`` beside a running ``make up``. For each platform a channel ``fake-…`` is connected to its fake; then each
fake is asked what its test button asks, and tells something every few seconds: good, twice, late, or forged.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from dataclasses import replace
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ["SENDERS_MAY_STAY_INSIDE"] = "1"  # the fakes live on this machine

KINDS = {
    "wechat": "official_account", "mini_program": "mini_program", "wecom": "wecom", "wechat_pay": "payment",
    "alipay": "payment", "douyin": "livestream", "meituan": "marketplace", "top": "marketplace", "jd": "marketplace",
    "aliyun_sms": "sms", "tencent_sms": "sms", "signed": "wifi",
}  # fmt: skip
GATEWAYS = {"top": "/router/rest", "jd": "/routerjson", "alipay": "/gateway.do"}
MOODS = ["good", "good", "good", "again", "late", "forged"]


def connect(fakes: dict[str, Any]) -> dict[str, Any]:
    """A channel for each platform, its gateway being the fake; existing ones are pointed at the new addresses."""
    from django.utils import timezone  # noqa: PLC0415 -- after setup

    from stores.models import Channel  # noqa: PLC0415 -- after setup
    from stores.rules.platforms import BY_CODE  # noqa: PLC0415 -- after setup
    from stores.services import channels, platforms  # noqa: PLC0415 -- after setup
    from tests.fakes.voices import BY_PLATFORM  # noqa: PLC0415 -- after setup

    now, made = timezone.now(), {}
    for platform, kind in KINDS.items():
        code = f"fake-{platform.replace('_', '-')}"
        channel = Channel.objects.filter(code=code).first() or channels.create_channel(
            code=code, kind=kind, name=f"Fake: {platform}", brand=None, by=None, now=now
        )
        voice, fake, known = (
            BY_PLATFORM.get(platform),
            fakes.get(platform),
            {p.name for p in BY_CODE[platform].settings},
        )
        given = dict(voice.settings) if voice else {"app_key": "k1"}
        if "gateway" in known and fake:
            given["gateway"] = fake.url + GATEWAYS.get(platform, "")
        platforms.configure(channel, platform=platform, settings=given, shares=[], fresh_minutes=30, by=None, now=now)
        for name, value in (voice.secrets if voice else {"app_secret": fake.secret}).items():
            platforms.set_secret(channel, name, value, by=None, now=now)
            platforms.end_former_secret(channel, name, by=None, now=now)
        channel.refresh_from_db()
        made[platform] = channel
    return made


def try_all(made: dict[str, Any]) -> None:
    """Press every test button."""
    from django.utils import timezone  # noqa: PLC0415 -- after setup

    from stores.rules.platforms import BY_CODE  # noqa: PLC0415 -- after setup
    from stores.services import platforms  # noqa: PLC0415 -- after setup

    for platform, channel in made.items():
        if BY_CODE[platform].probes:
            try:
                said = platforms.try_account(channel, by=None, now=timezone.now(), ask=None)
            except platforms.SendFailed as failure:
                said = f"FAILED: {failure}"
            print(f"asked {platform:<13} {said}", flush=True)


def tell(fakes: dict[str, Any], made: dict[str, Any], site: str, number: int, dice: random.Random) -> list[str]:
    """One thing from each platform, in one of the moods; a line for each."""
    from tests.fakes.voices import VOICES  # noqa: PLC0415 -- after setup

    lines = []
    for voice in VOICES:
        channel, mood, now = made[voice.platform], dice.choice(MOODS), time.time()
        voice = replace(voice, path=f"/notices/{channel.code}/")
        at = now - (240 if mood == "late" else 0)
        fake = fakes.get(voice.platform) or fakes["wechat"]  # nobody's own fake tells what machines in stores tell
        arrival = voice.tell(at, number, f"reader-{number % 5}", sent=now, forged=mood == "forged")
        answers = [fake.post(site, arrival) for _ in range(2 if mood == "again" else 1)]
        lines.append(f"told  {voice.platform:<13} {mood:<7} {', '.join(map(str, answers))}")
    return lines


def main(words: list[str] | None = None) -> dict[str, int]:
    """Run until it is stopped, or for so many rounds; how often each answer came."""
    import django  # noqa: PLC0415 -- settings first

    parser = argparse.ArgumentParser(prog="python -m tests.fakes")
    parser.add_argument("--site", default="http://127.0.0.1:8000", help="where Quanyu listens")
    parser.add_argument("--rounds", type=int, default=0, help="0: until it is stopped")
    parser.add_argument("--pause", type=float, default=4.0, help="seconds between two rounds")
    given = parser.parse_args(words)
    django.setup()
    from tests.fakes.platforms import everyone  # noqa: PLC0415 -- after setup

    fakes, dice, seen = everyone(), random.Random(7), {}
    for name, fake in fakes.items():
        fake.__enter__()
        print(f"fake  {name:<13} {fake.url}", flush=True)
    try:
        made = connect(fakes)
        try_all(made)
        start, done = int(time.time()), 0
        while not given.rounds or done < given.rounds:
            for line in tell(fakes, made, given.site.rstrip("/"), start + done, dice):
                print(line, flush=True)
                answer = line.rsplit(" ", 1)[-1]
                seen[answer] = seen.get(answer, 0) + 1
            if "0" in seen:
                print(f"Nobody answers at {given.site}: start it with `make up`, or say SITE=http://…", flush=True)
            done += 1
            time.sleep(given.pause if not given.rounds or done < given.rounds else 0)
    except KeyboardInterrupt:
        print("stopped")
    finally:
        for fake in fakes.values():
            fake.__exit__()
    return seen


if __name__ == "__main__":
    main()
