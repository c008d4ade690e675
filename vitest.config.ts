import { configDefaults, defineConfig } from "vitest/config";

// Whole migrations run real processes on small, noisy machines: limits are generous, speed is measured in bench/.
// The model of the migration (test/model) takes its time: CONSOLE_VAULT_MODEL=1000 npm test runs that many of its sequences.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, ...(process.env.CONSOLE_VAULT_MODEL ? [] : ["test/model/**"])],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
  },
});
