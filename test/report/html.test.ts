import { expect, test } from "vitest";
import { Html, html } from "../../src/report/html.ts";

test("values are escaped and their control characters shown, HTML is left as it is", () => {
  const name = '<b>\u001b[2J\u202e"cat"</b>\n';
  expect(html`<p>${name}</p>${new Html("<hr>")}`.text).toBe(
    "<p>&lt;b&gt;\\x1b[2J\\u202e&quot;cat&quot;&lt;/b&gt;\n</p><hr>",
  );
});
