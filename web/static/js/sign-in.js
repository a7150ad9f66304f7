// The demo's known logins: a tap fills the form. Absent anywhere but on the demo chain.
document.querySelectorAll("[data-login]").forEach((button) => {
  button.addEventListener("click", () => {
    const form = document.getElementById("sign-in");
    form.elements.login.value = button.dataset.login;
    form.elements.password.value = button.dataset.word;
    form.querySelector("button").focus();
  });
});
document.querySelectorAll("[data-code]").forEach((button) => {
  button.addEventListener("click", () => {
    const field = document.querySelector("input[name=code]");
    field.value = button.dataset.code;
    field.form.requestSubmit ? field.form.requestSubmit() : field.form.submit();
  });
});
