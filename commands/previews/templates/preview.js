// Looks whether a file has changed, and shows the page anew where the reader was, in the view that was chosen.
const known = document.currentScript.dataset.version;
const KEPT = "nurture.preview.view";
const kept = document.getElementById("view-" + sessionStorage.getItem(KEPT));
if (kept) kept.checked = true;
document.addEventListener("change", event => {
  if (event.target.name === "view") sessionStorage.setItem(KEPT, event.target.value);
});
const look = async () => {
  const ended = document.getElementById("ended");
  try {
    const answer = await fetch("/version", { cache: "no-store" });
    if (answer.ok && (await answer.text()) !== known) return location.reload();
    if (ended) ended.hidden = true;
  } catch {
    if (ended) ended.hidden = false;
  }
  setTimeout(look, 500);
};
setTimeout(look, 500);
