import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

// Whole migrations run real processes on small, noisy machines: limits are generous, speed is measured in bench/.
export default defineConfig({
  // The package by its own name, as examples/ import it: its entry points are built only when it is packed.
  resolve: {
    alias: [
      { find: /^console-vault$/, replacement: source("api.ts") },
      { find: /^console-vault\/catalog$/, replacement: source("catalog/api.ts") },
      { find: /^console-vault\/(resolver|vault)$/, replacement: source("$1/index.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
  },
});
