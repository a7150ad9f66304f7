// What was just done stays six seconds; mistakes stay until closed.
export function bindToasts() {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) event.target.closest(".q-toast").remove();
  });
  document.querySelectorAll(".q-toast-success, .q-toast-info").forEach((one) => {
    setTimeout(() => one.remove(), 6000);
  });
}
