import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EngineEvent } from "../../src/engine/index.js";
import { Redactor } from "../../src/engine/redact.js";
import { leaks } from "../support/leaks.js";
import { MemoryStack } from "./conformance/inProcess.js";

const message = (text: string): EngineEvent => ({
  sequence: 0,
  timestamp: 0,
  diagnosticEvent: { message: text, color: "never", severity: "error" },
});

describe("the redactor", () => {
  it("takes known secrets out of messages and of properties, whole or quoted in JSON", () => {
    const redactor = new Redactor();
    redactor.add(["hush-hush", 'with "quotes"\nand lines']);
    expect(redactor.text("failed: hush-hush!")).toBe("failed: [secret]!");
    expect(redactor.text(JSON.stringify({ body: 'with "quotes"\nand lines' }))).toBe('{"body":"[secret]"}');
    const state = {
      type: "t",
      urn: "urn:hush-hush",
      id: "hush-hush",
      parent: "",
      provider: "",
      inputs: { a: ["x hush-hush"] },
      outputs: {},
    };
    const event = redactor.event({
      sequence: 0,
      timestamp: 0,
      resOutputsEvent: { metadata: { op: "create", urn: state.urn, type: "t", provider: "", new: state } },
    });
    expect(event.resOutputsEvent?.metadata.new?.inputs).toEqual({ a: ["x [secret]"] });
    expect(event.resOutputsEvent?.metadata.urn).toBe("urn:hush-hush");
  });

  it("leaves the keys of an internal property alone, which may be a text of JSON, and takes secrets out of what is in it", () => {
    const redactor = new Redactor();
    redactor.add(["root", 'in "quotes"']);
    const inputs = {
      __internal: JSON.stringify({ root: "/root", said: ['in "quotes"'] }),
      __none: "{root",
      shown: '{"root":1}',
    };
    const state = { type: "t", urn: "urn:a", id: "a", parent: "", provider: "", inputs, outputs: {} };
    const event = redactor.event({
      sequence: 0,
      timestamp: 0,
      resOutputsEvent: { metadata: { op: "create", urn: state.urn, type: "t", provider: "", new: state } },
    });
    expect(event.resOutputsEvent?.metadata.new?.inputs).toEqual({
      __internal: '{"root":"/[secret]","said":["[secret]"]}',
      __none: "{[secret]",
      shown: '{"[secret]":1}',
    });
  });

  const secret = 'pass "word"/with+signs & umlauts äöü 😀';
  const encoded: Record<string, string> = {
    "JSON in JSON": JSON.stringify(JSON.stringify({ secret })),
    "a URL": `https://host/?q=${encodeURIComponent(secret)}`,
    "a form": new URLSearchParams({ secret }).toString().replace(/^secret=/, ""),
    base64: Buffer.from(secret).toString("base64"),
    base64url: Buffer.from(secret).toString("base64url"),
    hex: Buffer.from(secret).toString("hex"),
  };
  for (const offset of ["", "a", "ab"])
    encoded[`a Basic header after ${offset.length + 1} characters`] =
      `Basic ${Buffer.from(`${offset}:${secret}`).toString("base64")}`;
  for (const [form, text] of Object.entries(encoded))
    it(`takes a secret out of ${form}`, () => {
      const redactor = new Redactor();
      redactor.add([secret]);
      const shown = redactor.text(`before ${text} after`);
      expect(shown).toMatch(/^before .*\[secret\].* after$/);
      expect(leaks(new Map([[secret, "it"]]), { shown })).toEqual([]);
    });

  it("takes out the lines of a secret one by one, as a process prints them", () => {
    const lines = [
      "-----BEGIN PRIVATE KEY-----",
      "MIIEvQIBADANBgkqhkiG9w0B",
      "  indented=",
      "}",
      "-----END PRIVATE KEY-----",
    ];
    const redactor = new Redactor();
    redactor.add([`${lines.join("\n")}\n`]);
    expect(lines.map((line) => redactor.text(line).trim())).toEqual([...Array(3).fill("[secret]"), "}", "[secret]"]);
  });

  it("leaves alone what would hide everything", () => {
    const redactor = new Redactor();
    redactor.add(["", "a", "on", "true", "FALSE"]);
    expect(redactor.text("a resource is on: true, not FALSE")).toBe("a resource is on: true, not FALSE");
  });

  it("lets no secret through, whatever characters it is made of", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 4 }), { maxLength: 5 }),
        fc.string(),
        fc.string(),
        (secrets, before, after) => {
          const redactor = new Redactor();
          redactor.add(secrets);
          for (const secret of secrets.filter((text) => !/^(true|false|null)$/i.test(text))) {
            const shown = redactor.event(message(before + secret + after)).diagnosticEvent?.message ?? "";
            const rest = shown.replaceAll("[secret]", "\u0000");
            expect(rest.includes(secret) && !"[secret]".includes(secret)).toBe(false);
          }
        },
      ),
    );
  });
});

it("a deployment tells the secrets that a program registers, a resource's and the stack's, whatever comes of them", async () => {
  const stack = new MemoryStack();
  await stack.run(
    { op: "preview" },
    {
      resources: [{ name: "a", inputs: { value: { secret: "hush-hush" }, kind: "told" } }],
      outputs: { token: { secret: "also-hush" } },
    },
  );
  expect(stack.secrets.sort()).toEqual(["also-hush", "hush-hush"]);
});
