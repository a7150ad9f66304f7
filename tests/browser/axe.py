"""axe-core on a page: what breaks WCAG 2.2 AA, in words."""

from pathlib import Path

AXE = Path(__file__).resolve().parents[2] / "var" / "assets" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST = {"color-contrast": {"enabled": False}}


def violations(page, rules: list[str] | None = None, *, colours: bool = True) -> list[str]:
    """One line for each rule that the present page breaks, of all rules or those named; an empty list is wanted.

    Without ``colours`` the slow rule about contrast is left out.
    """
    # parts fade while they are replaced
    page.wait_for_selector(".htmx-request, .htmx-swapping, .htmx-settling", state="detached")
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE.read_text())
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    asked = {"runOnly": only, "resultTypes": ["violations"], "rules": {} if colours else CONTRAST}
    found = page.evaluate("asked => axe.run(asked)", asked)["violations"]
    return [f"{page.url} {rule['id']}: {rule['nodes'][0]['html'][:160]} ({len(rule['nodes'])})" for rule in found]
