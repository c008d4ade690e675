import { expect, it } from "vitest";
import { type Content, openEnvelopes, seal } from "../src/envelope.js";
import { inRunContext } from "../src/runContext.js";

const sealed = (text: string, content: Content) =>
  inRunContext({ env: { CONSOLE_VAULT_COMMAND: "1" }, print: () => {} }, () => seal(text, content));

const refused = (message: string): Content => ({
  is: "refused",
  message,
  findings: [{ code: "refused", text: message }],
});

it("is opened where an engine put it, among its own words", () => {
  const content = refused('a "quoted" {brace}, a \\ and a line\nmore');
  expect(openEnvelopes(`error: ${sealed("why", content)}: update failed {1}`)).toEqual([content]);
});

it("two on one line are both opened, also where one is told by the other", () => {
  const [first, second] = [refused("one }"), refused(sealed("two", refused("three")))];
  expect(openEnvelopes(`${sealed("a", first)}; ${sealed("b", second)}`)).toEqual([first, second]);
});

it("what is cut off, or the engine's own, is none", () => {
  const text = sealed("why", refused("because"));
  expect(openEnvelopes(text.slice(0, -3))).toEqual([]);
  expect(openEnvelopes("update failed {}")).toEqual([]);
});

it("without a command that reads it, a person reads the text alone", () => {
  const text = inRunContext({ env: {}, print: () => {} }, () => seal("why", refused("because")));
  expect(text).toBe("why");
});
