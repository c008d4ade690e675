import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EngineEvent } from "../../src/engine/index.js";
import { Redactor } from "../../src/engine/redact.js";
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
