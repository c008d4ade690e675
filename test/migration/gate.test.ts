import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Refusal } from "../../src/errors.js";
import { appFlag, flagOf, type GateFacts, gate, sentence, touches } from "../../src/migration/index.js";

const hour = 3_600_000;
const start = new Date("2026-11-01T00:00:00.000Z");
const at = (hours: number) => new Date(start.getTime() + hours * hour);
const target = {
  vault: "https://v",
  project: "p",
  slug: "prod",
  root: "/MooseQuest",
  heroku: "https://h",
  account: "ops@example.com",
};
const output = {
  phase: "soaking",
  flag: { variable: "FLAG", app: "a", wanted: true, running: true },
  confirmedSince: at(0).toISOString(),
  confirmed: ["HEROKU_API_KEY"],
  missing: [],
  broken: [],
  conflicts: [],
  overrides: [],
  target,
};
const facts: GateFacts = {
  from: "staging",
  to: "prod",
  output,
  target,
  flag: flagOf([{ app: "raxx-console-staging", raw: "true", on: true, since: at(0) }]),
  wrong: [],
  unchecked: [],
  rotationSeen: true,
  requireRotation: false,
  soakHours: 48,
  override: undefined,
  now: at(48),
};

describe("the gate", () => {
  it("opens after 48 hours of unbroken soak", () => {
    expect(gate(facts)).toMatchObject({ open: true, reasons: [] });
    expect(gate({ ...facts, now: at(47.99) })).toMatchObject({ open: false, readyAt: at(48) });
  });

  it("says in one sentence how long is left, and until when", () => {
    expect(gate({ ...facts, now: at(1.5) }).reasons.map(sentence)).toEqual([
      "staging has soaked 1 h 30 min of 48 h: 46 h 30 min left, until 2026-11-03T00:00:00.000Z; prod may follow then",
    ]);
  });

  it("counts from the later of confirmed and flag on", () => {
    expect(gate({ ...facts, flag: { ...facts.flag, since: at(10) } })).toMatchObject({ open: false, readyAt: at(58) });
    expect(gate({ ...facts, output: { ...output, confirmedSince: at(5).toISOString() } })).toMatchObject({
      open: false,
      readyAt: at(53),
    });
  });

  it.each<[string, Partial<GateFacts>, RegExp]>([
    ["there is no output", { output: undefined }, /no output "migration"/],
    ["the output is odd", { output: { phase: "soaked" } }, /not as expected \(flag, /],
    ["staging is not confirmed", { output: { ...output, confirmedSince: null } }, /not confirmed/],
    ["staging recorded something missing", { output: { ...output, missing: ["X"] } }, /recorded X/],
    [
      "staging works on another vault",
      { output: { ...output, target: { ...target, vault: "https://w" } } },
      /another vault/,
    ],
    [
      "staging's flag is not wanted",
      { output: { ...output, flag: { wanted: false, running: true } } },
      /not wanted on/,
    ],
    [
      "staging's flag is off now",
      { flag: flagOf([{ ...facts.flag.apps[0]!, on: false, since: undefined }]) },
      /is off now \(raxx-console-staging\)/,
    ],
    ["no release tells since when", { flag: flagOf([{ ...facts.flag.apps[0]!, since: undefined }]) }, /no release/],
    [
      "staging is broken now",
      { wrong: [{ code: "absent", name: "X", path: "/a/", environment: "staging" }] },
      /^staging, read now: X is not at \/a\/$/,
    ],
    ["values could not be compared", { unchecked: ["X"] }, /must read both/],
    ["the soak starts in the future", { now: at(-1) }, /in the future/],
    ["a rotation is asked for and none was seen", { rotationSeen: false, requireRotation: true }, /no rotation seen/],
  ])("is closed when %s", (_, change, reason) => {
    const answer = gate({ ...facts, ...change });
    expect(answer.open).toBe(false);
    expect(answer.reasons.map(sentence).join("\n")).toMatch(reason);
  });

  it("only warns of a missing rotation unless one is asked for", () => {
    expect(gate({ ...facts, rotationSeen: false })).toMatchObject({
      open: true,
      warnings: [{ code: "gate-no-rotation", environment: "staging" }],
    });
  });

  it("is closed for whatever nonsense another stack puts out", () => {
    fc.assert(
      fc.property(fc.anything(), (odd) => {
        expect(gate({ ...facts, output: odd }).open).toBe(false);
      }),
    );
  });
});

describe("since when the flag is on", () => {
  it.each([
    ["Set FLAG config vars", true],
    ["Set FLAG, OTHER config vars", true],
    ["Remove FLAG config vars", true],
    ["Rollback to v3", true],
    ["Set OTHER config vars", false],
    ["Set FLAG_TWO config vars", false],
    ["Deploy 1234abcd", false],
  ])("a release %j touches it: %s", (description, does) => {
    expect(touches({ description, createdAt: at(1) }, "FLAG")).toBe(does);
  });
  it("is nothing while it is off", () => {
    const touched = { description: "Set FLAG config vars", createdAt: at(1) };
    expect(appFlag({ app: "a", variable: "FLAG" }, "false", touched)).toMatchObject({
      on: false,
      since: undefined,
    });
    expect(appFlag({ app: "a", variable: "FLAG" }, "1", touched)).toMatchObject({ on: true, since: at(1) });
  });
});

describe("the flag's config var", () => {
  const flag = (raw: string | undefined) => appFlag({ app: "raxx-console-prod", variable: "FLAG" }, raw, undefined);

  it.each([undefined, "", " ", "false", "False", "FALSE", "0"])("%j is off", (raw) => {
    expect(flag(raw).on).toBe(false);
  });
  it.each(["true", "True", "TRUE", "1", " true "])("%j is on", (raw) => {
    expect(flag(raw).on).toBe(true);
  });
  it.each(["yes", "on", "off", "no", "2", "tru", "rk_live_pasted_into_the_wrong_field"])(
    "%j is neither: refused, with the app, the var and what to type, and without the text",
    (raw) => {
      const refusal = (() => {
        try {
          return flag(raw);
        } catch (error) {
          return error;
        }
      })();
      expect(refusal).toBeInstanceOf(Refusal);
      const { message } = refusal as Refusal;
      expect(message).toMatch(/^FLAG \(raxx-console-prod\) is neither true, 1, false, 0 nor empty/);
      expect(message).toMatch(/\n {2}heroku config:set FLAG=true --app raxx-console-prod$/);
      expect(message).not.toContain("rk_live");
    },
  );
});
