import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderHtml, type StatusReport } from "../../src/report/index.js";
import { dark, light, type Palette } from "../../src/report/theme.js";
import { awaitingProvision, drifted, fresh, soaking, worlds } from "./worlds.js";

/** The same report with every text of its data replaced, wherever it is. */
function everyText(report: StatusReport, text: string): StatusReport {
  const replaced = (value: unknown, key = ""): unknown => {
    if (Array.isArray(value)) return value.map((one) => replaced(one, key));
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, replaced(one, name)]));
    const ours = ["state", "flat", "phase", "distinct", "observedAt", "since", "readyAt"].includes(key);
    return typeof value === "string" && !ours ? text : value;
  };
  return replaced(report) as StatusReport;
}

const tags = (page: string) => page.replace(/<style>.*<\/style>/s, "").match(/<[^>]*>/g) ?? [];

describe("the page", () => {
  test.each(Object.entries(worlds))("of %s needs nothing from outside and runs nothing", (_, world) => {
    const page = renderHtml(world);
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`);
    expect(page).not.toMatch(/<script|<iframe|<img|<object|<embed|@import|url\(| on[a-z]+=/i);
    expect(page.match(/(?:src|href)="[^"]*"/g)).toEqual(['href="data:,"']);
  });

  test("every text is escaped, wherever it stands", () => {
    const plain = tags(renderHtml(everyText(drifted, "harmless")));
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."<>&\"'/=`abc -") }), (middle) => {
        const hostile = `</style><script>alert(1)</script>" onload='x' ${middle}`;
        const page = renderHtml(everyText(drifted, hostile));
        expect(page).not.toContain("<script");
        expect(page).not.toContain('" onload');
        expect(page).not.toContain("' onload");
        expect(tags(page).length).toBe(plain.length);
      }),
      { numRuns: 50 },
    );
  });

  test("has landmarks, one h1, a labelled section for each h2 and a caption for each table", () => {
    const page = renderHtml(drifted);
    for (const landmark of ["header", "main", "footer"])
      expect(page.match(new RegExp(`<${landmark}[ >]`, "g"))).toHaveLength(1);
    expect(page.match(/<h1>/g)).toHaveLength(1);
    const labels = [...page.matchAll(/<section aria-labelledby="([^"]+)">\s*<h2 id="([^"]+)">/g)];
    expect(labels.length).toBe(page.match(/<h2 /g)?.length);
    for (const [, label, id] of labels) expect(label).toBe(id);
    expect(page).toContain('<table role="table" aria-labelledby="credentials">');
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("every header of the matrix has a scope, and every row has as many cells as there are heads", () => {
    const page = renderHtml(awaitingProvision);
    expect(page.match(/<th [^>]*scope="col"/g)).toHaveLength(5);
    expect(page.match(/<th [^>]*scope="row"/g)).toHaveLength(awaitingProvision.credentials.length);
    expect(page.match(/<th(?![^>]*scope=)[ >]/g)).toBeNull();
    expect(page.match(/<td /g)).toHaveLength(4 * awaitingProvision.credentials.length);
  });

  test("says each state in words, not in color alone", () => {
    const page = renderHtml(drifted);
    for (const word of ["confirmed", "conflict", "unreadable", "never here"])
      expect(page).toMatch(new RegExp(`</span>${word}</span>`));
  });

  test("shows how far the soak is to those who see it and to those who do not", () => {
    const page = renderHtml(soaking);
    expect(page).toContain('aria-valuenow="65"');
    expect(page).toContain('aria-valuetext="31 h 20 min of 48 h"');
    expect(page).toContain('style="width:65%"');
    expect(renderHtml(fresh)).not.toContain("progressbar");
  });

  test("an odd name of an environment keeps its label", () => {
    const odd = { ...fresh.environments[0]!, name: "pre prod" };
    const page = renderHtml({ ...fresh, environments: [odd] });
    const label = /<article class="card" aria-labelledby="([^"]+)"/.exec(page)?.[1];
    expect(label).not.toContain(" ");
    expect(page).toContain(`<h3 id="${label}">pre prod</h3>`);
  });
});

describe.each([
  ["light", light],
  ["dark", dark],
])("the %s colors", (_, palette) => {
  test.each(textOn(palette))("%s has a contrast of 4.5:1 or more", (_, text, background) => {
    expect(contrast(text, background)).toBeGreaterThanOrEqual(4.5);
  });
});

/** Which text stands on which background in the style sheet. */
function textOn({ page, card, code, ink, muted, tones }: Palette): [string, string, string][] {
  const plain = Object.entries({ page, card, code }).flatMap(([name, background]): [string, string, string][] => [
    [`ink on ${name}`, ink, background],
    [`muted on ${name}`, muted, background],
  ]);
  const toned = Object.entries(tones).flatMap(([tone, colors]): [string, string, string][] => [
    [`${tone} on its chip`, colors.ink, colors.soft],
    [`${tone} on card`, colors.ink, card],
  ]);
  return [...plain, ...toned, ["the sign of a step that is done", card, tones.good.ink]];
}

/** Contrast ratio of WCAG 2.2, by its relative luminance. */
function contrast(one: string, other: string): number {
  const luminance = (color: string) => {
    const channels = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255);
    const [red, green, blue] = channels.map((part) =>
      part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  };
  const [bright, dim] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (bright! + 0.05) / (dim! + 0.05);
}
