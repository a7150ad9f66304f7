"""axe-core on a page: what breaks WCAG 2.2 AA, in words."""

from pathlib import Path

AXE = Path(__file__).resolve().parents[2] / "var" / "assets" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page) -> list[str]:
    """One line for each rule that the present page breaks; an empty list is what we want."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("tags => axe.run({runOnly: tags})", TAGS)["violations"]
    return [f"{page.url} {rule['id']}: {rule['nodes'][0]['html'][:160]} ({len(rule['nodes'])})" for rule in found]
