// Light, dark or as the system: the choice lives in a cookie (theme.js applies it before the first paint).
export function bindThemes() {
  const buttons = document.querySelectorAll("[data-theme-set]");
  const mark = () => buttons.forEach((one) => {
    one.setAttribute("aria-pressed", String(one.dataset.themeSet === window.quanyuTheme.chosen()));
  });
  buttons.forEach((one) => one.addEventListener("click", () => {
    window.quanyuTheme.set(one.dataset.themeSet);
    mark();
  }));
  mark();
}
