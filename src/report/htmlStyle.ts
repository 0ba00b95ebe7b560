import { palette } from "../plot/svg.ts";

const dark = Object.values(palette)
  .map(
    ({ light, dark }) =>
      `  svg.baserate-figure [fill="${light}"] { fill: ${dark}; }\n  svg.baserate-figure [stroke="${light}"] { stroke: ${dark}; }`,
  )
  .join("\n");

/** The report's style sheet: light, dark where the reader's system is, light again on paper; figures change with it. */
export const htmlStyle = `
:root {
  color-scheme: light dark;
  --paper: ${palette.paper.light};
  --ink: ${palette.ink.light};
  --muted: ${palette.muted.light};
  --line: ${palette.grid.light};
  --good: ${palette.green.light};
  --bad: ${palette.vermilion.light};
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: ${palette.paper.dark};
    --ink: ${palette.ink.dark};
    --muted: ${palette.muted.dark};
    --line: ${palette.grid.dark};
    --good: ${palette.green.dark};
    --bad: ${palette.vermilion.dark};
  }
${dark}
}
* { box-sizing: border-box; }
body {
  margin: 0 auto;
  max-width: 52rem;
  padding: 1.5rem 1rem 3rem;
  background: var(--paper);
  color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 0.5rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 0.6rem; padding-top: 0.8rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.4rem 0 0.4rem; }
p, ul { margin: 0.5rem 0; }
li { margin: 0.3rem 0; }
code, pre { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 0.875em; }
pre { overflow-x: auto; padding: 0.75rem; border: 1px solid var(--line); border-radius: 4px; }
small, .note, figcaption, caption { color: var(--muted); font-size: 0.875rem; }
figure { margin: 1rem 0; }
svg.baserate-figure { display: block; width: 100%; height: auto; color: inherit; }
.square svg.baserate-figure { max-width: 24rem; }
.phone { display: none; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: 0.4rem; }
.wide + .wide { margin-top: 1.4rem; }
.arms { table-layout: fixed; min-width: calc(5.5rem + 8.4rem * var(--arms)); }
.arms th:first-child { width: 28%; }
th, td { padding: 0.3rem 0.6rem; text-align: right; white-space: nowrap; vertical-align: top; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { padding-left: 0; text-align: left; white-space: normal; }
th { font-weight: 600; }
tbody th { font-weight: 400; }
.text { text-align: left; white-space: normal; }
.good { color: var(--good); }
.bad { color: var(--bad); font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1rem; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }
@media screen and (max-width: 34rem) {
  th, td { padding: 0.3rem 0 0.3rem 0.4rem; }
  table { font-size: 0.8125rem; }
  .arms th:first-child { width: 5.5rem; }
  .page { display: none; }
  .phone { display: block; }
  table.stacked, .stacked tbody, .stacked tr, .stacked th, .stacked td { display: block; text-align: left; }
  .stacked thead { display: none; }
  .stacked tr { padding: 0.4rem 0; border-bottom: 1px solid var(--line); }
  .stacked th, .stacked td { padding: 0; border: 0; }
  .stacked tbody th { font-weight: 600; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 11pt; }
  figure, table, li { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .wide { overflow: visible; }
}
`;
