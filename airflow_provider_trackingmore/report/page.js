// Draws the charts of the page, again when its theme or its width changes.
const told = JSON.parse(document.getElementById("charts").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const NARROWEST = 230;
const ERRORS = 1;

function fitted(spec, width) {
  if (!spec.facet) return { ...spec, width, autosize: { type: "fit-x", contains: "padding" } };
  // As many panels side by side as there is room for, each with its axis at its left.
  const columns = Math.max(1, Math.min(3, Math.floor(width / (NARROWEST + spec.spacing.column))));
  const panel = Math.floor(width / columns) - spec.spacing.column;
  return { ...spec, columns, spec: { ...spec.spec, width: panel } };
}

// As tooltips are by themselves, but what is not known says so.
function inRows(figures, escaped) {
  const rows = Object.entries(figures).map(([name, figure]) => {
    const value = figure === "null" ? "not known" : figure;
    return `<tr><td class="key">${escaped(name)}</td><td class="value">${escaped(value)}</td></tr>`;
  });
  return `<table><tbody>${rows.join("")}</tbody></table>`;
}

function draw() {
  const config = dark.matches ? told.dark : told.light;
  for (const [name, spec] of Object.entries(told.specs)) {
    const place = document.getElementById(name).querySelector(".chart");
    // A frame that is not shown yet has no width; it is drawn when it gets one.
    if (!place.clientWidth) continue;
    const tooltip = { theme: dark.matches ? "dark" : "light", formatTooltip: inRows };
    const options = { config, tooltip, renderer: "svg", actions: false, logLevel: ERRORS };
    vegaEmbed(place, fitted(spec, place.clientWidth), options);
  }
}

let width = innerWidth;
dark.addEventListener("change", draw);
addEventListener("resize", () => {
  if (innerWidth !== width) {
    width = innerWidth;
    draw();
  }
});
draw();
