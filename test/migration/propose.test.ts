// What init proposes of names and values that it saw.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { proposeApps, proposeFlagRole, proposeScope } from "../../src/migration/index.js";
import { SecretValue } from "../../src/secret.js";

describe("apps", () => {
  const environments = ["staging", "prod"];
  it("are an environment's by its word in their names, or a word for it", () => {
    expect(
      proposeApps(["acme-shop-staging", "acme-shop-production", "acme-api-stg", "acme-api-prd"], environments, "prod"),
    ).toEqual({
      staging: { shop: "acme-shop-staging", api: "acme-api-stg" },
      prod: { shop: "acme-shop-production", api: "acme-api-prd" },
    });
  });
  it("without any word are the fallback's, where another environment has one of the same name", () => {
    expect(proposeApps(["acme-shop", "acme-shop-staging", "acme-site"], environments, "prod")).toEqual({
      staging: { shop: "acme-shop-staging" },
      prod: { shop: "acme-shop" },
    });
  });
  it("of three environments", () => {
    expect(proposeApps(["web-dev", "web-staging", "web"], ["dev", "staging", "prod"], "prod")).toEqual({
      dev: { web: "web-dev" },
      staging: { web: "web-staging" },
      prod: { web: "web" },
    });
  });
  it("none: no app, no role for the flag", () => {
    expect(proposeApps([], environments, "prod")).toEqual({ staging: {}, prod: {} });
    expect(proposeFlagRole({ staging: {}, prod: {} })).toBeUndefined();
    expect(proposeFlagRole({ staging: { api: "a" }, prod: { web: "b" } })).toBeUndefined();
    expect(proposeFlagRole({ staging: { api: "a", web: "b" }, prod: { web: "c", api: "d" } })).toBe("web");
  });
  it("whatever they are called: each app at most once, and each role of an environment has one that was given", () => {
    const name = fc
      .array(fc.constantFrom("acme", "api", "web", "staging", "prod", "dev", "x1"), { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join("-"));
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 8 }), (names) => {
        const apps = Object.values(proposeApps(names, environments, "prod")).flatMap((byRole) =>
          Object.entries(byRole),
        );
        expect(new Set(apps.map(([, app]) => app)).size).toBe(apps.length);
        for (const [role, app] of apps) {
          expect(names).toContain(app);
          expect(role).toMatch(/^[A-Za-z0-9_-]+$/);
        }
      }),
    );
  });
});

describe("a scope", () => {
  const at = (environment: string, value: string, role = "web") => ({
    environment,
    role,
    value: SecretValue.of(value),
  });
  const propose = (name: string, on: ReturnType<typeof at>[], value = "flat-value-1") =>
    proposeScope({ name, vendor: "twilio", value: SecretValue.of(value), on }, ["staging", "prod"]);

  it.each([
    ["TWILIO_AUTH_TOKEN", [at("staging", "one"), at("prod", "one")], "environment", "share one value"],
    ["TWILIO_AUTH_TOKEN", [at("staging", "one"), at("prod", "two")], "environment", "different values"],
    ["STRIPE_LIVE_KEY", [], "environment", "says LIVE"],
    ["SENTRY_DSN", [at("staging", "other")], "environment", "another value of it than the vault"],
    ["SENTRY_DSN", [at("prod", "flat-value-1")], "shared", "Only apps of prod"],
    ["SENTRY_DSN", [], "shared", "No app has it"],
    ["DELIVERED_BY", [], "shared", "No app has it"],
  ])("of %s: %#", (name, on, scope, why) => {
    const proposed = propose(name, on);
    expect(proposed.scope).toBe(scope);
    expect(proposed.reason).toContain(why);
    expect(proposed.consumers).toEqual([...new Set(on.map(({ role }) => role))]);
  });

  it("never repeats a value", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Z0-9]{8,20}$/), fc.stringMatching(/^[A-Z0-9]{8,20}$/), (one, other) => {
        const said = JSON.stringify(propose("TOKEN", [at("staging", one), at("prod", other)], one));
        expect(said).not.toContain(one);
        expect(said).not.toContain(other);
      }),
    );
  });
});
