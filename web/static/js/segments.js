// The builder of audiences. The server draws the rule; this opens the dialog of fields, keeps what is typed while an
// answer travels, and tells when the rule has changed. Without scripts the same buttons post the form.
const form = document.getElementById("rule-form");
const dialog = document.getElementById("fields");
const search = document.getElementById("fields-q");
const late = new Map(); // what was typed since the last button was pressed, by name

const changed = () => document.body.dispatchEvent(new Event("rule-changed"));
const offers = () => [...dialog.querySelectorAll("[data-offer]")].filter((one) => !one.hidden);

function narrow() {
  const words = search.value.trim().toLowerCase();
  dialog.querySelectorAll("[data-class]").forEach((section) => {
    const buttons = [...section.querySelectorAll("[data-offer]")];
    const all = section.querySelector("h3").textContent.toLowerCase().includes(words);
    buttons.forEach((one) => { one.hidden = !all && !one.textContent.toLowerCase().includes(words); });
    section.hidden = buttons.every((one) => one.hidden);
  });
  dialog.querySelector("[data-no-offer]").hidden = offers().length > 0;
}

function openFields(opener) {
  document.getElementById("fields-at").value = opener.dataset.fields;
  search.value = "";
  narrow();
  dialog.showModal();
  search.focus();
}

function summarise(picker) {
  const names = [...picker.querySelectorAll("input:checked")].map((one) => one.closest("label").textContent.trim());
  const shown = picker.querySelector("[data-picked]");
  const more = names.length > 2 ? ` +${names.length - 2}` : "";
  shown.textContent = names.length ? names.slice(0, 2).join(shown.dataset.comma) + more : shown.dataset.none;
  picker.querySelector("summary").classList.toggle("is-empty", names.length === 0);
}

function step(event) {
  const all = offers();
  const at = all.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  event.preventDefault();
  (at < 0 ? search : all[Math.min(at, all.length - 1)]).focus();
}

form.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-fields]");
  if (opener) openFields(opener);
  if (event.target.closest("[data-offer]")) dialog.close();
});
form.addEventListener("input", (event) => {
  if (event.target === search) narrow();
  if (event.target.closest("[data-quiet]")) return;
  if (event.target.matches("[type=text]")) late.set(event.target.name, event.target.value);
  changed();
});
form.addEventListener("change", (event) => {
  const picker = event.target.closest("[data-picker]");
  if (!picker || event.target.closest("[data-quiet]")) return;
  summarise(picker);
  if (event.target.type === "radio") picker.open = false;
});
form.addEventListener("keydown", (event) => {
  if (dialog.open && ["ArrowDown", "ArrowUp"].includes(event.key)) step(event);
  if (event.key !== "Enter" || !event.target.matches("[data-quiet]")) return;
  event.preventDefault();
  if (event.target === search && offers().length) offers()[0].click();
});
form.addEventListener("toggle", (event) => {
  if (event.target.matches("[data-picker][open]")) event.target.querySelector("input")?.focus();
}, true);
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target.id === "tree") late.clear();
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "tree" && event.detail.target?.id !== "tree") return;
  late.forEach((value, name) => {
    const input = form.elements.namedItem(name);
    if (input?.matches?.("[type=text]") && input.value !== value) input.value = value;
  });
  if (late.size) changed();
  late.clear();
});
