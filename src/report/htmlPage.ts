import { drawFigure } from "../plot/drawFigure.ts";
import type { Figure, FigureOptions } from "../plot/svg.ts";
import { Html, html } from "./html.ts";
import { htmlStyle } from "./htmlStyle.ts";

/**
 * One HTML page that needs nothing else: it contains its style and figures, requests nothing, and escapes every text. For
 * light and dark screens, phones and paper.
 */
export function htmlPage(title: string, summary: string, sections: Html): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Html(htmlStyle)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p>${summary}</p>
</header>
<main>
${sections}
</main>
</body>
</html>
`;
  return page.text;
}

/** A figure in two widths; the style sheet shows the one that fits. */
export async function inlined<Data>(
  figure: Figure<Data>,
  data: Data,
  options?: FigureOptions,
): Promise<Html> {
  const [page, phone] = [
    await drawFigure(figure, data, options),
    await drawFigure(figure, data, { ...options, width: 380 }),
  ];
  return html`<figure><div class="page">${new Html(page)}</div><div class="phone">${new Html(phone)}</div></figure>`;
}

export const plural = (count: number, word: string) =>
  `${count.toLocaleString("en-US")} ${word}${count === 1 ? "" : "s"}`;

/** How a run was made. */
export interface RunDescription {
  /** "seeds", "machine", "runtime", ... */
  run: Readonly<Record<string, string>>;
  /** The plan as resolved (YAML or JSON text). */
  plan: string;
  /** The command that runs it again. */
  command?: string;
}

export function runSection({ run, plan, command }: RunDescription): Html {
  return html`<section>
<h2>How it was run</h2>
<dl>
${Object.entries(run).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl>
${command === undefined ? undefined : html`<p>To run it again:</p>\n<pre>${command}</pre>`}
<p>The plan, as resolved:</p>
<pre>${plan}</pre>
</section>`;
}
