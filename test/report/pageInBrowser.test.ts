// The page as a browser shows it: on a phone, in both color schemes, and to those who do not see it. Needs Debian's `chromium`, or
// the path of another one in CHROMIUM.
import { existsSync } from "node:fs";
import axe from "axe-core";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderHtml } from "../../src/report/index.js";
import { without } from "../support/without.js";
import { worlds } from "./worlds.js";

const candidates = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = candidates.find((path) => path && existsSync(path));
const lack = executablePath
  ? undefined
  : "there is no Chromium (on Debian: apt-get install chromium; else its path in CHROMIUM)";

const phone = { width: 360, height: 740 };
const desktop = { width: 1280, height: 900 };

describe.skipIf(without("the status page in a browser", lack))("the page in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: executablePath!,
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
    });
  });
  afterAll(() => browser?.close());

  async function open(html: string, viewport: typeof phone, colorScheme: "dark" | "light" = "light") {
    const context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce" });
    const page = await context.newPage();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(error.message));
    await page.setContent(html, { waitUntil: "load" });
    return { page, asked, said, close: () => context.close() };
  }

  const each = Object.entries(worlds);
  const schemes = ["light", "dark"] as const;

  it.each(each)("asks for nothing, and says nothing is wrong: %s", async (_, world) => {
    const { asked, said, close } = await open(renderHtml(world), desktop);
    expect([asked.filter((url) => !url.startsWith("data:")), said]).toEqual([[], []]);
    await close();
  });

  it.each(each)(
    "fits on a phone without scrolling sideways, and keeps every credential readable: %s",
    async (_, world) => {
      const { page, close } = await open(renderHtml(world), phone);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(phone.width);
      for (const { name } of world.credentials) {
        const box = await page.getByRole("rowheader", { name }).boundingBox();
        expect(box, name).not.toBeNull();
        expect(box!.x).toBeGreaterThanOrEqual(0);
        expect(box!.x + box!.width).toBeLessThanOrEqual(phone.width);
      }
      await close();
    },
  );

  it.each(each.flatMap(([name, world]) => schemes.map((scheme) => ({ name, world, scheme }))))(
    "has nothing that a check for accessibility finds: $name, $scheme",
    async ({ world, scheme }) => {
      const { page, close } = await open(renderHtml(world), desktop, scheme);
      await page.evaluate(axe.source);
      const violations = await page.evaluate(async () => {
        const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
      });
      expect(violations).toEqual([]);
      await close();
    },
  );

  it("is dark where that is asked for", async () => {
    const background = async (scheme: "dark" | "light") => {
      const { page, close } = await open(renderHtml(each[0]![1]), desktop, scheme);
      const color: string = await page.evaluate("getComputedStyle(document.body).backgroundColor");
      await close();
      const [r = 0, g = 0, b = 0] = (color.match(/\d+/g) ?? []).map(Number);
      return (r + g + b) / 3;
    };
    expect(await background("dark")).toBeLessThan(80);
    expect(await background("light")).toBeGreaterThan(180);
  });
});
