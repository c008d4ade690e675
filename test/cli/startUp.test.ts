// What the commands load that a person or a script waits for most: nothing that their answer does not need.
import { expect, it } from "vitest";
import { loadedBy, packagesIn, roomsIn } from "../support/loaded.js";

const rooms = ["catalog", "cli", "config", "project", "resolver"];

it.each([
  { argv: ["--help"], packages: ["commander", "picocolors"], own: ["cli"] },
  { argv: ["resolve", "HEROKU_API_KEY"], packages: ["commander", "jiti", "picocolors"], own: rooms },
  { argv: ["paths", "--json"], packages: ["commander", "jiti", "picocolors"], own: rooms },
  { argv: ["paths"], packages: ["commander", "jiti", "picocolors"], own: rooms },
])("$argv loads what it uses and no more", ({ argv, packages, own }) => {
  // The first one makes jiti keep the catalog's text.
  loadedBy(argv);
  const { modules, files } = loadedBy(argv);
  expect(packagesIn(modules)).toEqual(packages);
  expect(roomsIn(modules)).toEqual(own);
  const commands = modules.filter((module) => module.startsWith("src/cli/commands/"));
  expect(commands).toEqual(own === rooms ? ["src/cli/commands/resolve.ts"] : []);
  expect(files).toBeLessThan(40);
  expect(modules.filter((module) => module.includes("babel"))).toEqual([]);
});
