"""A browser's long name in two words, so that a person recognises it."""

from dataclasses import dataclass

BROWSERS = [
    ("MicroMessenger", "WeChat"), ("Edg", "Edge"), ("OPR/", "Opera"), ("QQBrowser", "QQ"), ("Firefox", "Firefox"),
    ("HeadlessChrome", "Chromium"), ("Chrome", "Chrome"), ("Safari", "Safari"),
]  # fmt: skip
SYSTEMS = [
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("Windows", "Windows"),
    ("Mac OS", "macOS"), ("Linux", "Linux"),
]  # fmt: skip
PHONES = {"iPhone", "Android", "HarmonyOS"}


@dataclass(frozen=True)
class Browser:
    name: str
    system: str

    @property
    def icon(self) -> str:
        return "device-mobile" if self.system in PHONES else "device-desktop"


def told(agent: str) -> Browser:
    """Browser and system as far as the agent string says them."""
    return Browser(
        next((name for sign, name in BROWSERS if sign in agent), "–"),
        next((name for sign, name in SYSTEMS if sign in agent), "–"),
    )
