// Rows of a list that can be ticked: the box in the head ticks the page, and the button says how many are ticked.
const boxes = () => [...document.querySelectorAll("input[data-tick]")];
function show() {
  const all = boxes();
  const ticked = all.filter((box) => box.checked).length;
  document.querySelectorAll("[data-ticked]").forEach((place) => {
    place.hidden = ticked === 0;
    place.textContent = ticked;
  });
  document.querySelectorAll("[data-tick-all]").forEach((box) => {
    box.checked = ticked > 0 && ticked === all.length;
    box.indeterminate = ticked > 0 && ticked < all.length;
  });
}
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-tick-all]")) boxes().forEach((box) => { box.checked = event.target.checked; });
  if (event.target.matches("[data-tick], [data-tick-all]")) show();
});
document.addEventListener("htmx:afterSwap", show);
show();
