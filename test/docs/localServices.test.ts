// docs/local-services.md and the local services' own routes, held against test/local/coverage.json.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { z } from "zod";
import { knownDifferences } from "../../parity/infisical/known.js";
import { startHeroku, startInfisical } from "../../src/local/index.js";
import { Schemas } from "../published/schemas.js";
import { withPart } from "./marked.js";

const flavours = ["2024-10", "current"] as const;
const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

const behaviour = z.strictObject({
  service: z.enum(["infisical", "heroku"]),
  flavours: z.array(z.enum(flavours)).default([]),
  route: z.string(),
  behaviour: z.string(),
  basis: z.enum(["measured", "schema", "source", "assumed"]),
  source: z.string(),
});
const { sources, behaviours } = z
  .strictObject({
    about: z.string(),
    sources: z.record(z.string(), z.strictObject({ from: z.string(), date: z.iso.date() })),
    behaviours: z.array(behaviour),
  })
  .parse(JSON.parse(read("test/local/coverage.json")));

type Behaviour = z.output<typeof behaviour>;

/** Rows that are about no route in particular. */
const general = ["every route", "writes of secrets"];
const routesOf = (rows: readonly Behaviour[]) =>
  [...new Set(rows.map(({ route }) => route))].filter((route) => !general.includes(route)).sort();

it.each(flavours)("every route of the local Infisical of %s is in the table, and no other", async (flavour) => {
  const service = await startInfisical({ flavour });
  await service.close();
  const rows = behaviours.filter((row) => row.service === "infisical" && row.flavours.includes(flavour));
  expect(routesOf(rows)).toEqual([...service.routes].sort());
});

it("every route of the local Heroku is in the table, and no other", async () => {
  const service = await startHeroku();
  await service.close();
  expect(routesOf(behaviours.filter(({ service }) => service === "heroku"))).toEqual([...service.routes].sort());
});

it("nothing is assumed on a route that writes", () => {
  const writes = ({ route }: Behaviour) => !route.startsWith("GET ") && !/^POST \/api\/v1\/auth\//.test(route);
  expect(behaviours.filter((row) => row.basis === "assumed" && writes(row))).toEqual([]);
});

it("every source is named, and used", () => {
  expect(new Set(behaviours.map(({ source }) => source))).toEqual(new Set(Object.keys(sources)));
  for (const { says, source, date } of knownDifferences)
    expect([says, source, z.iso.date().safeParse(date).success]).toEqual([
      expect.any(String),
      expect.any(String),
      true,
    ]);
});

it("every route with a published schema says so, or was measured", () => {
  for (const published of ["infisical/2024-10", "infisical/current", "heroku"] as const) {
    const [service, flavour] = published.split("/");
    for (const { route } of new Schemas(published).routes) {
      const method = route.split(" ")[0];
      const rows = behaviours.filter(
        (row) =>
          row.service === service &&
          (flavour === undefined || row.flavours.some((one) => one === flavour)) &&
          row.route.startsWith(`${method} `) &&
          row.route.replace(/:\w+/g, ":") === route.replace(/:\w+/g, ":"),
      );
      expect([route, rows.length > 0]).toEqual([route, true]);
    }
  }
});

it("docs/local-services.md shows the table", async () => {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const lines = behaviours.map(({ service, flavours, route, behaviour, basis, source }) => {
    const where = service === "heroku" ? "Heroku" : flavours.length > 1 ? "Infisical" : `Infisical ${flavours[0]}`;
    return `| ${where} | ${route.includes("/") ? `\`${route}\`` : route} | ${cell(behaviour)} | ${basis} | ${source} |`;
  });
  const links = Object.entries(sources).map(([name, { from, date }]) => `| ${name} | ${from} | ${date} |`);
  const table = [
    "| service | route | behaviour | basis | source |",
    "| --- | --- | --- | --- | --- |",
    ...lines,
    "",
    "| source | where | read or measured |",
    "| --- | --- | --- |",
    ...links,
  ].join("\n");
  const path = new URL("../../docs/local-services.md", import.meta.url).pathname;
  await expect(withPart(read("docs/local-services.md"), "coverage", table)).toMatchFileSnapshot(path);
});
