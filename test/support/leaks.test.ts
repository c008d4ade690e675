// The check that every scenario ends with can fail: in whatever form a value shows.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { leaks, namesIn } from "./leaks.js";
import { canWatchProcesses } from "./processes.js";
import { valueFor } from "./values.js";
import { World } from "./world.js";

const value = 'rk_live_"quoted" & <tagged>\tÄ-0123456789/abcdef+ghij';
const found = (text: string) => leaks(new Map([[value, "it"]]), { place: `before ${text} after` });

const wrapped = (text: string) => text.replace(/(.{7})/g, "$1\n    ");
const forms: Record<string, string> = {
  plain: value,
  "in JSON": JSON.stringify({ value }),
  "in JSON in JSON": JSON.stringify({ body: JSON.stringify({ value }) }),
  "in a URL": `https://host/?key=${encodeURIComponent(value)}`,
  "in a form": new URLSearchParams({ value }).toString(),
  "in base64": Buffer.from(value).toString("base64"),
  "in base64url": Buffer.from(value).toString("base64url"),
  "in a Basic header": `Basic ${Buffer.from(`ops@raxx.example:${value}`).toString("base64")}`,
  "in a Basic header, one letter later": `Basic ${Buffer.from(`:${value}`).toString("base64")}`,
  "in hex": Buffer.from(value).toString("hex"),
  "in HTML": value.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;"),
  "over several lines": wrapped(value),
  "in base64 over several lines": wrapped(Buffer.from(value).toString("base64")),
  "in a table's cells": [value.slice(0, 12), value.slice(12)].join(" │\n│ "),
  coloured: `\u001b[31m${value.slice(0, 9)}\u001b[39m${value.slice(9)}`,
  "in part": value.slice(15, 40),
};

describe("a value is found", () => {
  for (const [form, text] of Object.entries(forms))
    it(form, () => {
      expect(found(text)).toEqual(["it in place"]);
    });

  it("and nothing else is", () => {
    expect(found("rk_live_ and other words")).toEqual([]);
    expect(leaks(new Map([["true", "a flag"]]), { place: "true" })).toEqual([]);
  });
});

it("a name is found as a word", () => {
  expect(namesIn(["MAILGUN_KEY"], { a: "set MAILGUN_KEY.", b: "MAILGUN_KEY_2" })).toEqual(["MAILGUN_KEY in a"]);
});

describe("a world does not close over", () => {
  let world: World;
  afterEach(() => world.close().catch(() => {}));

  const leftBy = async (leave: () => void | Promise<void>) => {
    world = await World.open();
    await leave();
    return world.close();
  };

  it("a value that was printed, though it is gone from the vault by now", async () => {
    const secret = valueFor("STRIPE_RESTRICTED_KEY", "prod");
    const closing = leftBy(async () => {
      world.write("/MooseQuest/stripe", "STRIPE_RESTRICTED_KEY", secret);
      await world.run(["paths"]);
      world.services.infisical.vault.delete("prod", "/MooseQuest/stripe", "STRIPE_RESTRICTED_KEY");
      world.printed.push(`value ${secret}`);
    });
    await expect(closing).rejects.toThrow(/STRIPE_RESTRICTED_KEY in output 1/);
  });

  it("a value in a file, and what was typed into a command", async () => {
    const closing = leftBy(async () => {
      await world.provision("POSTMARK_SERVER_TOKEN", "typed-and-refused-${");
      writeFileSync(join(world.dir, "notes.txt"), "typed-and-refused-${");
    });
    await expect(closing).rejects.toThrow(/what provision was given in notes\.txt/);
  });

  it("a name outside the catalog, of a secret, a var or a folder", async () => {
    const closing = leftBy(() => {
      world.printed.push("MAILGUN_KEY", "WEB_CONCURRENCY", "see /MooseQuest/mailgun/");
    });
    await expect(closing).rejects.toThrow(/MAILGUN_KEY in output 0[\s\S]*mailgun in output 2[\s\S]*WEB_CONCURRENCY/);
  });

  it.skipIf(!canWatchProcesses)("a value in an argument of a process that a command started", async () => {
    world = await World.open();
    const value = world.flat("POSTMARK_SERVER_TOKEN")!;
    await world.spawn(["resolve", value]);
    world.printed.length = 0;
    await expect(world.close()).rejects.toThrow(/POSTMARK_SERVER_TOKEN in arguments of processes/);
  });
});
