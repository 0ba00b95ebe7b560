import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import { htmlReport } from "../../src/report/htmlReport.ts";
import { axeViolations } from "../plot/axe.ts";
import { launchChromium, noChromium } from "../plot/chromium.ts";
import { makeTrial, makeTrials } from "../plot/trials.ts";
import { reportInput } from "./reportInput.ts";

const text = (page: string) => parseHTML(page).document.body.textContent!.replace(/\s+/g, " ");

test("a report asks for nothing: no address, no script, no link", async () => {
  const page = await htmlReport(reportInput(3));
  expect(page.match(/https?:\/\/[^"\s]*/g)?.filter((url) => url !== "http://www.w3.org/2000/svg")).toEqual(
    [],
  );
  expect(page).not.toMatch(/<script|<link|<img|<iframe|\ssrc=|\shref=|@import|url\((?!#)/);
});

test("a report escapes every string of its input", async () => {
  const evil = `<script>alert("x")</script>&'`;
  const input = reportInput(1, [makeTrial({ arm: evil }), makeTrial({ arm: "zero" })]);
  const page = await htmlReport({
    ...input,
    title: evil,
    summary: evil,
    facts: {
      ...input.facts,
      classes: [{ name: evil, count: 3 }, ...input.facts.classes!.slice(1)],
      notes: [evil],
    },
    comparisons: input.comparisons.map((c) => ({ ...c, arm: evil, baseline: evil })),
    run: { [evil]: evil },
    plan: evil,
    command: evil,
    caveats: [evil],
  });
  expect(page).not.toContain("<script");
  expect(parseHTML(page).document.querySelectorAll("script")).toHaveLength(0);
  expect(text(page).split(evil).length).toBeGreaterThan(12);
});

test("a report shows the check, the results and the comparison with the numbers of its trials", async () => {
  const input = reportInput(10);
  const { stepsSaved, initialLoss } = input.comparisons[0];
  const shown = text(await htmlReport(input));
  for (const part of [
    "2.302585",
    "1.601227",
    "10 of 10",
    "13,850 training images",
    "10 seeds",
    `${stepsSaved.mean.toFixed(1)} steps on average`,
  ]) {
    expect(shown).toContain(part);
  }
  expect(shown).toContain(`−${Math.abs(initialLoss!.mean).toFixed(4)}`);
  expect(shown).toContain("lower with prior: better");
  expect(shown).toContain("can't be told apart from noise with 10 seeds");
});

test("a report of one seed gives no interval and no verdict", async () => {
  const shown = text(await htmlReport(reportInput(1)));
  expect(shown).toContain("a single seed can't be told apart from noise");
  expect(shown).not.toMatch(/: (better|worse)/);
  expect(shown).not.toContain("±");
});

test("a report of diverged trials says what is not finite", async () => {
  const trials = [makeTrial({ divergesAt: 30 }), makeTrial({ arm: "prior" })];
  const shown = text(await htmlReport({ ...reportInput(1, trials), comparisons: [] }));
  expect(shown).toContain("not finite");
  expect(shown).toContain("loss not finite from step 30 on");
  expect(shown).not.toMatch(/\b(NaN|Infinity|undefined|null)\b/);
});

test("a report names a network outside its band", async () => {
  const [zero, prior] = makeTrials(["zero", "prior"], 1);
  const input = reportInput(1, [zero, { ...prior, initialLoss: 2.29, inBand: false }]);
  const shown = text(await htmlReport(input));
  expect(shown).toContain("The initial loss was outside its band in 1 of 2 networks");
});

describe.skipIf(noChromium !== "")(`a report in Chromium${noChromium}`, () => {
  test("fits a phone and a screen, light and dark, with one set of figures, and requests nothing", async () => {
    const html = await htmlReport(reportInput(10));
    const browser = await launchChromium();
    try {
      for (const [width, colorScheme] of [
        [390, "light"],
        [1100, "dark"],
      ] as const) {
        const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
        const requests: string[] = [];
        page.on("request", (request) => requests.push(request.url()));
        await page.setContent(html);
        const seen = await page.evaluate(() => {
          const figures = [...document.querySelectorAll("svg")];
          return {
            overflow: document.documentElement.scrollWidth - window.innerWidth,
            figures: figures.filter((svg) => svg.getBoundingClientRect().width > 0).length,
            paper: getComputedStyle(figures[0].querySelector("rect")!).fill,
            page: getComputedStyle(document.body).backgroundColor,
          };
        });
        expect(seen.overflow).toBeLessThanOrEqual(0);
        expect(seen.figures).toBe(4);
        expect(seen.paper).toBe(seen.page);
        expect(seen.page).toBe(colorScheme === "dark" ? "rgb(22, 24, 29)" : "rgb(255, 255, 255)");
        expect(requests).toEqual([]);
        await page.close();
      }
    } finally {
      await browser.close();
    }
  });

  test.each(["light", "dark"] as const)(
    "axe finds nothing wrong, %s",
    async (colorScheme) => {
      const browser = await launchChromium();
      try {
        const page = await browser.newPage({ colorScheme, bypassCSP: true });
        await page.setContent(await htmlReport(reportInput(10)));
        expect(await axeViolations(page)).toEqual([]);
      } finally {
        await browser.close();
      }
    },
    60_000,
  );
});
