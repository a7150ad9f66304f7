// Renews the member's code before its minute is over, and checks in at a scanned store.
(function () {
  var box = document.querySelector("[data-qr]");
  if (box) {
    var frame = box.querySelector(".m-qr-frame");
    var seconds = Number(box.dataset.seconds);
    var drawn = Date.now();
    var show = function (name) {
      ["until", "live", "late"].forEach(function (one) {
        box.querySelector("[data-qr-" + one + "]").hidden = one !== name;
      });
    };
    var renew = function () {
      return fetch(box.dataset.qr, { credentials: "same-origin" }).then(function (answer) {
        if (answer.redirected) return location.reload();
        if (!answer.ok) throw new Error(answer.status);
        return answer.text().then(function (svg) {
          var page = new DOMParser().parseFromString(svg, "image/svg+xml");
          frame.replaceChildren(document.importNode(page.documentElement, true));
          drawn = Date.now();
          show("live");
        });
      }).catch(function () {
        if (Date.now() - drawn > seconds * 1000) show("late");
      });
    };
    show("live");
    setInterval(function () {
      if (!document.hidden && Date.now() - drawn > (seconds - 10) * 1000) renew();
    }, 5000);
    document.addEventListener("visibilitychange", function () {
      if (!document.hidden && Date.now() - drawn > (seconds - 10) * 1000) renew();
    });
    window.addEventListener("pageshow", function (event) { if (event.persisted) renew(); });
    box.querySelector("[data-qr-link]").addEventListener("click", function (event) {
      event.preventDefault();
      renew();
    });
  }
  var visit = document.querySelector("[data-visit]");
  if (visit) {
    var button = visit.querySelector("button");
    fetch(visit.action, { method: "POST", body: new FormData(visit), credentials: "same-origin", redirect: "manual" })
      .then(function (answer) { button.hidden = answer.type === "opaqueredirect"; })
      .catch(function () {});
  }
})();
