// A pressed variable goes into the text at the caret; a form marked data-once is sent once, however often it is pressed.
let last = null;
document.addEventListener("focusin", (event) => {
  if (event.target.matches("textarea[data-variables], input[name^=subject]")) last = event.target;
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-variable]");
  if (!button) return;
  const field = last || document.querySelector("textarea[data-variables]");
  if (!field) return;
  field.setRangeText(`{${button.dataset.variable}}`, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-once]");
  if (!form) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
});
