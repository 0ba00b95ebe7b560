import { printable } from "../errors.ts";
import { escapeText } from "../plot/escapeText.ts";

/** Text that is HTML already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type HtmlValue = string | number | Html | undefined | readonly HtmlValue[];

function render(value: HtmlValue): string {
  if (value === undefined) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(render).join("");
  return escapeText(String(value).replace(/(?![\n\t])\p{Cc}|\p{Bidi_Control}/gu, printable));
}

/**
 * HTML from a template: every value is escaped, its control characters are shown as `\x1b`, unless it is Html itself; lists
 * are joined, undefined is left out.
 */
export const html = (strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html =>
  new Html(strings.map((text, i) => text + (i < values.length ? render(values[i]) : "")).join(""));
