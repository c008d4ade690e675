import { defineConfig } from "vitest/config";

// Whole migrations run real processes on small, noisy machines: limits are generous, speed is measured in bench/.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
  },
});
