// Steppers, the slider and the live count of a store's promotion. The page works without: fields are typed.
(function () {
  var form = document.querySelector("[data-reach]");
  if (!form) return;
  var waiting = null;
  var asked = 0;

  function held(input) {
    var least = Number(input.dataset.least), most = Number(input.dataset.most);
    var value = Number(input.value);
    return Math.min(Math.max(isFinite(value) ? value : least, least), most);
  }

  function show(told) {
    form.querySelectorAll("[data-told]").forEach(function (place) {
      var text = told[place.dataset.told];
      if (text !== undefined && place.textContent !== String(text)) place.textContent = text;
    });
    var coupons = form.elements.coupons;
    if (told.affordable) {
      coupons.dataset.most = told.affordable;
      if (Number(coupons.value) > told.affordable) coupons.value = told.affordable;
    }
  }

  function ask() {
    clearTimeout(waiting);
    waiting = setTimeout(function () {
      var mine = ++asked;
      var words = new URLSearchParams({ radius_m: form.elements.radius_m.value, value: form.elements.value.value, coupons: form.elements.coupons.value });
      fetch(form.dataset.reach + "?" + words, { credentials: "same-origin" }).then(function (answer) {
        return answer.ok && !answer.redirected ? answer.json() : null;
      }).then(function (told) {
        if (told && mine === asked) show(told);
      }).catch(function () {});
    }, 400);
  }

  form.querySelectorAll("[data-by]").forEach(function (button) {
    var input = document.getElementById(button.dataset.for);
    button.hidden = false;
    button.addEventListener("click", function () {
      input.value = Number(input.value) + Number(button.dataset.by) * Number(input.dataset.step);
      input.value = held(input);
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
  });

  form.querySelectorAll("[data-slides]").forEach(function (slider) {
    var input = document.getElementById(slider.dataset.slides);
    slider.min = input.dataset.least;
    slider.max = input.dataset.most;
    slider.step = input.dataset.step;
    slider.value = held(input);
    slider.hidden = false;
    slider.addEventListener("input", function () { input.value = slider.value; ask(); });
    input.addEventListener("input", function () { slider.value = held(input); });
  });

  form.elements.radius_m.addEventListener("input", ask);
  form.elements.value.addEventListener("input", ask);
  form.elements.coupons.addEventListener("input", ask);
})();
