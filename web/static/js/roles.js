// Only the places that the chosen role takes are shown. Without scripts all of them stand there, and the server decides.
const scopes = {
  admin: "brand", marketer: "brand", analyst: "brand", region_manager: "region", dealer: "dealer",
  store_manager: "store", associate: "store",
};
const role = document.querySelector("[data-role-switch]");
function show() {
  document.querySelectorAll("[data-scope]").forEach((field) => {
    const box = field.closest(".q-field");
    if (box) box.hidden = scopes[role.value] !== field.dataset.scope;
  });
}
if (role) {
  role.addEventListener("change", show);
  show();
}
