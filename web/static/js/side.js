// The side bar on small screens: opened by a button, closed by Escape, the veil or its own button.
export function bindSide() {
  const side = document.getElementById("side");
  const veil = document.querySelector(".q-veil");
  if (!side || !veil) return;
  const opener = document.querySelector("[data-side=open]");
  const show = (yes) => {
    side.classList.toggle("is-open", yes);
    veil.hidden = !yes;
    (yes ? side.querySelector("[data-side=close]") : opener)?.focus();
  };
  document.addEventListener("click", (event) => {
    const asked = event.target.closest("[data-side]");
    if (asked) show(asked.dataset.side === "open");
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && side.classList.contains("is-open")) show(false);
  });
}
