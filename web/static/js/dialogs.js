// A button with data-dialog="id" opens that <dialog>; data-dialog-close closes the one around it.
export function bindDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) {
      event.preventDefault();
      document.getElementById(opener.dataset.dialog)?.showModal();
    }
    if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog").close();
    if (event.target.matches("dialog.q-dialog")) event.target.close();
  });
  document.addEventListener("closeDialogs", () => {
    document.querySelectorAll("dialog[open]").forEach((one) => one.close());
  });
  document.querySelector("dialog[data-open]")?.showModal();
}
