import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { withConfigValue } from "../../src/config/index.js";

const file = `# why this stack
config:
  # the flag
  console-vault:vaultEnvAware: false   # set by promote
  console-vault:manage:
    HEROKU_API_KEY: [raxx-api-prod]
encryptionsalt: v1:abc
`;

describe("setting a key of a stack file", () => {
  it("changes the value and nothing else", () => {
    expect(withConfigValue(file, "vaultEnvAware", true)).toBe(file.replace("Aware: false", "Aware: true"));
  });
  it("adds a missing key behind the last one", () => {
    expect(withConfigValue(file, "soakHours", 50)).toBe(
      file.replace("[raxx-api-prod]\n", "[raxx-api-prod]\n  console-vault:soakHours: 50\n"),
    );
  });
  it.each(["", "config:\n", "config: {}\n".replace(" {}", ""), "encryptionsalt: v1:abc\n", "config:\n  a:b: 1"])(
    "works on %j",
    (text) => {
      const changed = withConfigValue(text, "vaultEnvAware", true);
      expect(parse(changed).config["console-vault:vaultEnvAware"]).toBe(true);
      expect({ ...parse(changed), config: undefined }).toEqual({ ...(parse(text) ?? {}), config: undefined });
    },
  );
  it("refuses what it would have to rewrite", () => {
    expect(() => withConfigValue("config: {a: 1}\n", "vaultEnvAware", true)).toThrow("block of keys");
    expect(() => withConfigValue(file, "manage", true)).toThrow("not a plain value");
  });
  it("there and back is byte for byte the same", () => {
    const line = fc.constantFrom("  # note", "  x:y: 1", "  heroku:apiKey: 'k'", "");
    fc.assert(
      fc.property(fc.array(line), fc.boolean(), fc.constantFrom("\n", "\r\n"), (lines, value, end) => {
        const keys = [...new Set(lines.filter((one) => !one.startsWith("  x") && !one.startsWith("  h"))), "  x:y: 1"];
        const text = [
          "config:",
          ...keys,
          `  console-vault:vaultEnvAware: ${value} # end`,
          ...lines.filter((one) => one.startsWith("  #")),
          "",
        ].join(end);
        expect(withConfigValue(withConfigValue(text, "vaultEnvAware", !value), "vaultEnvAware", value)).toBe(text);
      }),
    );
  });
});
