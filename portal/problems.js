/** Brings the problem that the address names, /problems/<code>, to the top of its page. */

const section = document.getElementById(location.pathname.split("/").filter(Boolean)[1] ?? "");
if (section?.classList.contains("problem")) {
  section.classList.add("named");
  document.title = `${section.querySelector("h2")?.textContent} · Problems`;
  document.getElementById("problems")?.prepend(section);
}
