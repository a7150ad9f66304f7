// data-hotkey="/" focuses or follows the element. Silent while typing; off when the person turned keys off.
export function bindKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.body.dataset.keys === "off") return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const wanted = [...document.querySelectorAll("[data-hotkey]")].find((one) => one.dataset.hotkey === event.key);
    if (!wanted) return;
    event.preventDefault();
    wanted.matches("input, textarea") ? (wanted.focus(), wanted.select()) : wanted.click();
  });
}
