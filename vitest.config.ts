import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

/**
 * Files that replace modules or change their process, and some that take minutes: each has a process of its own, and they come first,
 * so that neither of two workers ends long before the other.
 */
const apart = [
  "test/clients/**/*.test.ts",
  "test/engine/conformance/*.test.ts",
  "test/engine/crash.test.ts",
  "test/engine/fuzz/*.test.ts",
  "test/model/*.test.ts",
  "test/reliability/*.test.ts",
  "test/scenarios/canaries.test.ts",
  "test/workflows/*.test.ts",
];

// The package by its own name, as examples/ import it: its entry points are built only when it is packed.
const alias = [
  { find: /^console-vault$/, replacement: source("api.ts") },
  { find: /^console-vault\/catalog$/, replacement: source("catalog/api.ts") },
  { find: /^console-vault\/(resolver|vault)$/, replacement: source("$1/index.ts") },
];

// Whole migrations run real processes on small, noisy machines: limits are generous, speed is measured in bench/.
const common = {
  testTimeout: 120_000,
  hookTimeout: 180_000,
  // What a scenario makes is short-lived: in V8's small young generation it would take a seventh more time.
  execArgv: ["--max-semi-space-size=64"],
};

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { resolve: { alias }, test: { ...common, name: "apart", include: apart } },
      // One after the other in the same two processes: modules are loaded once, and compiled code stays warm.
      {
        resolve: { alias },
        test: {
          ...common,
          name: "together",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...apart],
          isolate: false,
        },
      },
    ],
  },
});
