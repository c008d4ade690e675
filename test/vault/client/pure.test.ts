import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../../src/errors.js";
import { retryAfterMs } from "../../../src/http/transport.js";
import { SecretValue } from "../../../src/secret.js";
import {
  assertSafeUrl,
  authFromEnvironment,
  folderPath,
  InfisicalError,
  trimmed,
} from "../../../src/vault/client/index.js";
import { parentAndName } from "../../../src/vault/client/paths.js";

describe("what the server stores of a value (measured)", () => {
  const stored: [string, string][] = [
    ["  a b  ", "a b"],
    ["\tabc\t", "abc"],
    ["\nabc", "abc"],
    ["\u00a0abc\ufeff", "abc"],
    ["abc\n", "abc\n"],
    ["\n", "\n"],
    ["abc\n\n", "abc\n"],
    ["abc\r\n", "abc\n"],
    ["  padded value \n\n", "padded value\n"],
    ["   ", ""],
    ["", ""],
    ["-----BEGIN KEY-----\nline\n-----END KEY-----\n", "-----BEGIN KEY-----\nline\n-----END KEY-----\n"],
    ["a\r\nb\0c${d}", "a\r\nb\0c${d}"],
  ];
  for (const [sent, kept] of stored) {
    it(`${JSON.stringify(sent)} is kept as ${JSON.stringify(kept)}`, () => {
      expect(trimmed(SecretValue.of(sent)).reveal()).toBe(kept);
    });
  }

  it("is stored again without a change", () => {
    const text = fc.string({ unit: fc.constantFrom(" ", "\n", "\r", "\t", "a", "\ufeff") });
    fc.assert(
      fc.property(text, (value) => {
        const once = trimmed(SecretValue.of(value));
        return trimmed(once).equals(once);
      }),
    );
  });
});

describe("a folder path", () => {
  it("is the same with and without its final slash", () => {
    for (const path of ["/MooseQuest/heroku", "/MooseQuest/heroku/"]) {
      expect(folderPath(path)).toMatchObject({ normal: "/MooseQuest/heroku/", wire: "/MooseQuest/heroku" });
    }
    expect(folderPath("/")).toMatchObject({ normal: "/", wire: "/", segments: [] });
  });

  it("splits into its parent and its name, as the server needs it", () => {
    expect(parentAndName("/MooseQuest/heroku/prod")).toMatchObject({
      parent: { wire: "/MooseQuest/heroku" },
      name: "prod",
    });
    expect(parentAndName("/MooseQuest/")).toMatchObject({ parent: { wire: "/" }, name: "MooseQuest" });
  });

  const refused = [
    "",
    "//",
    "MooseQuest",
    "/a//b",
    "//a",
    "/a//",
    "/..",
    "/a/../b",
    "/a/./b",
    "/a b",
    "/ü",
    "/a.b",
    "/a/ ",
    `/${"x".repeat(256)}`,
  ];
  for (const path of refused) {
    it(`is not ${JSON.stringify(path.slice(0, 20))}`, () => {
      expect(() => folderPath(path)).toThrowError(InfisicalError);
      expect(() => folderPath(path)).toThrowError(/is no folder path: it starts with \//);
    });
  }

  it("never reaches the server with anything but letters, digits, - and _ between single slashes", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("/", "a", "Z", "0", "-", "_", ".", " ", "%", "\n") }), (path) => {
        let wire: string;
        try {
          wire = folderPath(path).wire;
        } catch {
          return true;
        }
        return /^\/$|^(\/[A-Za-z0-9_-]+)+$/.test(wire) && wire.replace(/\/$/, "") === path.replace(/\/$/, "");
      }),
    );
  });
});

describe("the server's URL", () => {
  for (const url of [
    "https://app.infisical.com",
    "https://vault.example.com:8443/infisical/",
    "http://127.0.0.1:8080",
    "http://127.9.9.9",
    "http://localhost:1",
    "http://[::1]:8080",
  ]) {
    it(`may be ${url}`, () => expect(() => assertSafeUrl(url)).not.toThrow());
  }

  const refused: [string, RegExp][] = [
    ["http://vault.example.com", /must be https.*in the clear/],
    ["http://127.0.0.1.example.com", /in the clear/],
    ["http://localhost.example.com", /in the clear/],
    ["http://10.0.0.1", /in the clear/],
    ["https://user:hunter22@vault.example.com", /neither user/],
    ["https://vault.example.com?token=hunter22", /neither user/],
    ["ftp://vault.example.com", /not an http/],
    ["vault.example.com", /not an http/],
    ["", /not an http/],
  ];
  for (const [url, why] of refused) {
    it(`may not be ${JSON.stringify(url)}`, () => {
      expect(() => assertSafeUrl(url)).toThrowError(why);
      expect(() => assertSafeUrl(url)).toThrowError(ConfigurationError);
      expect(() => assertSafeUrl(url)).toThrowError(expect.not.stringContaining("hunter22"));
    });
  }
});

describe("credentials from the environment", () => {
  it("are the token, if there is one", () => {
    const auth = authFromEnvironment({
      INFISICAL_TOKEN: " st.a.b\n",
      INFISICAL_CLIENT_ID: "id",
      INFISICAL_CLIENT_SECRET: "s",
    });
    expect(auth.kind === "token" && auth.token.reveal()).toBe("st.a.b");
  });

  it("are else client id and client secret", () => {
    const auth = authFromEnvironment({ INFISICAL_TOKEN: "", INFISICAL_CLIENT_ID: "id", INFISICAL_CLIENT_SECRET: "s" });
    expect(auth.kind === "universal" && [auth.clientId, auth.clientSecret.reveal()]).toEqual(["id", "s"]);
  });

  const incomplete: [Record<string, string>, string][] = [
    [{}, "Neither INFISICAL_TOKEN nor INFISICAL_CLIENT_ID and INFISICAL_CLIENT_SECRET are set."],
    [{ INFISICAL_CLIENT_ID: "id" }, "INFISICAL_CLIENT_SECRET is not set, and neither is INFISICAL_TOKEN."],
    [{ INFISICAL_CLIENT_SECRET: "hunter22" }, "INFISICAL_CLIENT_ID is not set, and neither is INFISICAL_TOKEN."],
    [{ INFISICAL_TOKEN: "hunter22 hunter22" }, "INFISICAL_TOKEN has blanks"],
  ];
  for (const [env, message] of incomplete) {
    it(`are refused: ${message}`, () => {
      expect(() => authFromEnvironment(env)).toThrowError(message);
      expect(() => authFromEnvironment(env)).toThrowError(ConfigurationError);
      expect(() => authFromEnvironment(env)).toThrowError(expect.not.stringContaining("hunter22"));
    });
  }
});

describe("Retry-After", () => {
  const now = Date.parse("2026-05-09T00:00:00Z");
  it("is read as seconds or as a date", () => {
    expect(retryAfterMs("59", now)).toBe(59_000);
    expect(retryAfterMs("Sat, 09 May 2026 00:00:30 GMT", now)).toBe(30_000);
    expect(retryAfterMs("Fri, 08 May 2026 00:00:00 GMT", now)).toBe(0);
  });
  it("is not invented", () => {
    expect([undefined, "", "soon"].map((header) => retryAfterMs(header, now))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
