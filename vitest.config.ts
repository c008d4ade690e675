import { configDefaults, defineConfig } from "vitest/config";

// Whole migrations run real processes on small, noisy machines: limits are generous, speed is measured in bench/.
// Two suites take their time and run when asked for: the model of the migration (CONSOLE_VAULT_MODEL=1000, its number of
// sequences) and the engines side by side (CONSOLE_VAULT_CONFORMANCE=1).
const asked = {
  "test/model/**": process.env.CONSOLE_VAULT_MODEL,
  "test/engine/conformance/**": process.env.CONSOLE_VAULT_CONFORMANCE,
};

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, ...Object.entries(asked).flatMap(([files, wish]) => (wish ? [] : [files]))],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
  },
});
