import { expect, it } from "vitest";
import { isLoopback } from "../../src/http/index.js";

it.each([
  ["http://127.0.0.1:1", true],
  ["http://[::1]", true],
  ["https://localhost", true],
  // The same address in another spelling.
  ["http://0x7f.1", true],
  ["https://127.example.com", false],
  ["http://[::2]", false],
  ["https://localhost.example", false],
])("%s is on this machine: %s", (url, local) => {
  expect(isLoopback(new URL(url))).toBe(local);
});
