// Counts the seconds until a new code may be asked for. Without it, the page names the time.
(function () {
  var button = document.querySelector("[data-wait]");
  var told = document.querySelector("[data-waiting]");
  if (!button) return;
  var until = Date.now() + Number(button.dataset.wait) * 1000;
  function tick() {
    var left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = button.dataset.label + (left > 0 ? " (" + left + "s)" : "");
    if (left > 0) setTimeout(tick, 500);
  }
  if (told) told.hidden = true;
  tick();
})();
