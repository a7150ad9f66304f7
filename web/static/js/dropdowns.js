// <details class="q-drop">: one open at a time; closes on Escape and on a click elsewhere.
export function bindDropdowns() {
  const open = () => document.querySelectorAll("details.q-drop[open]");
  document.addEventListener("click", (event) => {
    open().forEach((one) => { if (!one.contains(event.target)) one.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    open().forEach((one) => { one.open = false; one.querySelector("summary").focus(); });
  });
}
