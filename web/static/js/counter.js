// The store phone: live scans, full screen, and the camera where the browser can read codes. All pages work without.
(function () {
  var count = document.querySelector("[data-scans]");
  if (count) {
    setInterval(function () {
      if (document.hidden) return;
      fetch(count.dataset.scans, { credentials: "same-origin" }).then(function (answer) {
        return answer.ok && !answer.redirected ? answer.json() : null;
      }).then(function (told) {
        var said = told && (told.text === undefined ? String(told.scans) : told.text);
        if (told && count.textContent !== said) count.textContent = said;
      }).catch(function () {});
    }, 10000);
  }
  var full = document.querySelector("[data-full]");
  var poster = document.querySelector("[data-poster]");
  if (full && poster && poster.requestFullscreen) {
    full.hidden = false;
    full.addEventListener("click", function () {
      poster.requestFullscreen().then(function () {
        if (navigator.wakeLock) navigator.wakeLock.request("screen").catch(function () {});
      }).catch(function () {});
    });
  }
  var camera = document.querySelector("[data-camera]");
  var view = document.querySelector("[data-view]");
  if (!camera || !("BarcodeDetector" in window) || !navigator.mediaDevices) return;
  camera.hidden = false;
  camera.addEventListener("click", function () {
    navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).then(function (stream) {
      var reader = new window.BarcodeDetector({ formats: ["qr_code"] });
      view.srcObject = stream;
      view.hidden = false;
      view.play();
      var looking = setInterval(function () {
        reader.detect(view).then(function (found) {
          if (!found.length) return;
          clearInterval(looking);
          stream.getTracks().forEach(function (track) { track.stop(); });
          var form = camera.form;
          form.querySelector("[name=q], [data-scanned]").value = found[0].rawValue;
          form.submit();
        }).catch(function () {});
      }, 300);
    }).catch(function () { camera.hidden = true; });
  });
})();
