// The runner between local services: what it finds, what it explains, and that no value shows.
import fastify from "fastify";
import { describe, expect, it } from "vitest";
import { knownDifferences } from "../../parity/infisical/known.js";
import { scenarios } from "../../parity/infisical/scenarios.js";
import { openLocal } from "../../parity/infisical/targets.js";
import { parity } from "../../parity/parity.js";
import { describeReport, unknownOf } from "../../parity/report.js";
import { compareTargets } from "../../parity/run.js";
import { startInfisical } from "../../src/local/index.js";

interface Row {
  secretValue: string;
}

describe("parity of two Infisical servers", () => {
  it("between the two flavours every difference is a known fact, and every fact shows", async () => {
    const { code, report, text } = await parity(["2024-10", "current"], {});
    expect(unknownOf(report), text).toEqual([]);
    expect(report.notSeen).toEqual([]);
    expect(report.left).toEqual([]);
    expect(code).toBe(0);
  });

  it("the older routes of today's server differ from its newest in one thing", async () => {
    const { code, report } = await parity(["current:v3", "current"], {});
    expect(report.differences.map(({ step, known }) => [step, known !== undefined])).toEqual([
      ["delete one with a secret in it", true],
      ["look whether it is still there", true],
    ]);
    expect(code).toBe(0);
  });

  it("between two of one flavour nothing differs", async () => {
    for (const flavour of ["2024-10", "current"] as const)
      expect((await parity([flavour, flavour], {})).report.differences).toEqual([]);
  });

  it("finds a planted difference, names its step and both sides", async () => {
    const honest = await openLocal("current");
    const drifted = await openLocal("current");
    try {
      const ask: typeof drifted.ask = async (asked) => {
        const answer = await drifted.ask(asked);
        const { secret } = (answer.body ?? {}) as { secret?: { secretKey: string; secretComment: string } };
        if (asked.method === "PATCH" && secret?.secretKey === "OTHER") secret.secretComment = "";
        return answer;
      };
      const report = await compareTargets([honest, { ...drifted, ask }], scenarios, knownDifferences);
      expect(unknownOf(report)).toEqual([
        {
          scenario: "one secret",
          step: "update the comment only",
          at: "body.secret.secretComment",
          left: '"because"',
          right: '""',
          known: undefined,
        },
      ]);
      expect(describeReport(report)).toMatch(/update the comment only .*secretComment.*"because".*""/);
    } finally {
      await honest.close();
      await drifted.close();
    }
  });

  it("shows no value, also where the answers differ in one", async () => {
    const honest = await openLocal("2024-10");
    const drifted = await openLocal("2024-10");
    try {
      const ask: typeof drifted.ask = async (asked) => {
        const answer = await drifted.ask(asked);
        const { secret, secrets = [] } = (answer.body ?? {}) as Partial<Record<"secret", Row> & { secrets: Row[] }>;
        for (const row of secret ? [secret] : secrets) row.secretValue += " and more";
        return answer;
      };
      const report = await compareTargets([honest, { ...drifted, ask }], scenarios, knownDifferences);
      const text = describeReport(report) + JSON.stringify(report);
      expect(unknownOf(report).length).toBeGreaterThan(10);
      expect(text).toContain("<value first>");
      for (const target of [honest, drifted])
        for (const [, value] of target.context.values.entries()) expect(text).not.toContain(value);
      expect(text).not.toContain(honest.context.clientSecret);
    } finally {
      await honest.close();
      await drifted.close();
    }
  });
});

/** A server's own routes for projects before a local service, which has one project only. */
async function startWithProjects(flavour: "2024-10" | "current") {
  const service = await startInfisical({ flavour });
  const { vault } = service;
  const projects: string[] = [];
  const front = fastify();
  front.post(flavour === "current" ? "/api/v1/projects" : "/api/v2/workspace", async () => {
    projects.push(vault.project.id);
    return { project: vault.project };
  });
  front.delete(flavour === "current" ? "/api/v1/projects/:id" : "/api/v2/workspace/:id", async (request) => {
    const { id } = request.params as { id: string };
    projects.splice(0, projects.length, ...projects.filter((one) => one !== id && vault.project.slug !== id));
    return {};
  });
  front.all("/*", async (request, reply) => {
    const answer = await fetch(`${service.url}${request.url}`, {
      method: request.method,
      headers: {
        ...(request.headers.authorization ? { authorization: request.headers.authorization } : {}),
        ...(request.body ? { "content-type": "application/json" } : {}),
      },
      ...(request.body ? { body: JSON.stringify(request.body) } : {}),
    });
    return reply
      .code(answer.status)
      .header("content-type", "application/json")
      .send(await answer.text());
  });
  const url = await front.listen({ host: "127.0.0.1", port: 0 });
  const { clientId, clientSecret } = vault.addIdentity();
  const env = { THEIRS_URL: url, THEIRS_CLIENT_ID: clientId, THEIRS_CLIENT_SECRET: clientSecret };
  const close = async () => {
    await front.close();
    await service.close();
  };
  return { env, projects, requests: service.control.requests, close };
}

describe("a real server", () => {
  it.each(["2024-10", "current"] as const)(
    "of %s gets a project of the run's own, which is removed",
    async (flavour) => {
      const { env, projects, requests, close } = await startWithProjects(flavour);
      try {
        const { report } = await parity([flavour, "env:THEIRS"], env);
        expect(unknownOf(report)).toEqual([]);
        expect(report.targets[1]?.kind).toBe(flavour === "current" ? "current v4" : "2024-10 v3");
        expect(report.left.map(({ scenario }) => scenario)).toEqual(["rights of a viewer", "approvals"]);
        expect(requests.length).toBeGreaterThan(50);
        expect(projects).toEqual([]);
      } finally {
        await close();
      }
    },
  );

  it("needs its variables, and names the one that is missing", async () => {
    await expect(parity(["current", "env:THEIRS"], { THEIRS_URL: "https://example.test" })).rejects.toThrow(
      "THEIRS_CLIENT_ID is not set.",
    );
    await expect(parity(["current", "other"], {})).rejects.toThrow("other is no target");
  });
});
