// Runs before the first paint: light or dark as chosen (cookie), else as the system says.
(function () {
  var root = document.documentElement;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function chosen() {
    var found = document.cookie.match(/(?:^|; )theme=(light|dark)/);
    return found ? found[1] : "";
  }
  function apply() {
    root.setAttribute("data-bs-theme", chosen() || (dark.matches ? "dark" : "light"));
  }
  window.quanyuTheme = {
    chosen: chosen,
    set: function (name) {
      var age = name ? 31536000 : 0;
      var secure = location.protocol === "https:" ? "; Secure" : "";
      document.cookie = "theme=" + name + "; Max-Age=" + age + "; Path=/; SameSite=Lax" + secure;
      apply();
    },
  };
  dark.addEventListener ? dark.addEventListener("change", apply) : dark.addListener(apply);
  apply();
})();
