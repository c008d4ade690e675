// Companies with another number of environments than two, without a flag and without Heroku: each of the ways to show a status.
import { describe, expect, test } from "vitest";
import {
  headline,
  renderComment,
  renderHtml,
  renderMarkdown,
  renderTerminal,
  type StatusReport,
  timelineOf,
} from "../../src/report/index.js";
import { soaking } from "./worlds.js";

type Environment = StatusReport["environments"][number];
const [staging, prod] = soaking.environments as [Environment, Environment];

/** The soaking company with other environments, each of which holds what staging does. */
const company = (environments: StatusReport["environments"], more: Partial<StatusReport> = {}): StatusReport => ({
  ...soaking,
  environments,
  credentials: soaking.credentials.map((one) => ({
    ...one,
    environments: environments.map(({ name }) => ({ ...one.environments[0]!, environment: name })),
  })),
  warnings: [],
  ...more,
});
const off = (name: string) => ({ ...prod, name, flag: { ...prod.flag, running: false, app: `web-${name}` } });
const unflagged = (one: Environment) => ({
  ...one,
  phase: "confirmed" as const,
  flag: { ...one.flag, app: "", wanted: false, recorded: false, running: false, since: null },
});

const one = company([staging]);
const five = company([unflagged({ ...staging, name: "dev" }), staging, off("qa"), off("canary"), off("prod")]);
const noFlag = company([unflagged(staging), unflagged(prod)], { target: { ...soaking.target, account: "" } });

const steps = (report: StatusReport) => timelineOf(report).map(({ step }) => step);
const shown = (report: StatusReport) => ({
  terminal: renderTerminal(report, { color: false }),
  markdown: renderMarkdown(report),
  html: renderHtml(report),
});

describe("one environment", () => {
  test("promotes nothing", () => {
    expect(steps(one)).toEqual(["folders", "placed", "confirmed", "flag on", "soak", "retired"]);
  });

  test("has no other that its values could differ from", () => {
    for (const text of Object.values(shown(one))) expect(text).not.toMatch(/distinct[^i]/i);
    for (const text of Object.values(shown(five))) expect(text).toMatch(/distinct[^i]/i);
  });
});

describe("five environments", () => {
  test("are promoted one after another, and each of them counts", () => {
    const promoted = (report: StatusReport) => timelineOf(report).find(({ step }) => step === "promoted");
    expect(promoted(five)).toMatchObject({ state: "ahead", detail: "0 of 3", at: null });
    const on = { ...staging, name: "qa" };
    const half = company([staging, on, off("canary"), off("prod")]);
    expect(promoted(half)).toMatchObject({ detail: "1 of 3" });
    expect(promoted(company([staging, on, { ...on, name: "prod" }]))).toMatchObject({
      state: "done",
      detail: "2 of 2",
    });
  });

  test("an environment without a flag follows none", () => {
    const soaked = { ...staging, phase: "soaked" as const };
    const report = company([soaked, unflagged({ ...staging, name: "lab" }), off("prod")]);
    expect(headline(report).text).toBe("Staging has soaked for 48 h: prod may follow.");
  });

  test("are all named in every form", () => {
    for (const text of Object.values(shown(five)))
      for (const { name } of five.environments) expect(text).toContain(name);
  });
});

describe("a company without a flag", () => {
  test("has no flag that is wanted, recorded or running on its page", () => {
    expect(renderHtml(noFlag)).not.toContain("<dt>wanted</dt>");
    expect(renderHtml(one)).toContain("<dt>wanted</dt>");
  });

  test("is done when everything is confirmed", () => {
    expect(steps(noFlag)).toEqual(["folders", "placed", "confirmed"]);
  });

  test("without Heroku has no account there", () => {
    const { terminal, markdown, html } = shown(noFlag);
    expect(terminal).toMatch(/^No Heroku {2}read /m);
    expect(markdown).toContain("; no Heroku; read");
    expect(html).toContain("<dt>Heroku</dt><dd>none</dd>");
    expect(html).not.toContain("<dt>Account</dt>");
    const header = { vault: "v", project: "p", account: "" };
    const nothing = { steps: [], flag: null, soak: null, gate: null, warnings: [], unchecked: [], next: [] };
    expect(renderComment({ stack: "prod", header, ...nothing })).toContain("Heroku account none\n");
  });
});
