// Forms with data-tidy leave empty answers out of the address, with htmx and without.
export function bindTidy() {
  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.target.closest("[data-tidy]")) return;
    const words = event.detail.parameters;
    Object.keys(words).forEach((name) => { if (words[name] === "") delete words[name]; });
  });
}
