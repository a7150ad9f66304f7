// A file may be dropped on the frame around its field, and the frame names what was chosen.
for (const frame of document.querySelectorAll("[data-drop]")) {
  const input = frame.querySelector("input[type=file]");
  const name = frame.querySelector("[data-drop-name]");
  const show = () => {
    if (!input.files.length) return;
    name.textContent = input.files[0].name;
    frame.classList.add("has-file");
  };
  input.addEventListener("change", show);
  for (const kind of ["dragenter", "dragover"]) {
    frame.addEventListener(kind, (event) => {
      event.preventDefault();
      frame.classList.add("is-over");
    });
  }
  for (const kind of ["dragleave", "drop"]) {
    frame.addEventListener(kind, () => frame.classList.remove("is-over"));
  }
  frame.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) {
      input.files = event.dataTransfer.files;
      show();
    }
  });
}
