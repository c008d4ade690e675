import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

/** Files that replace modules or change their process, and some that take minutes: each has a process of its own, and they come first. */
const apart = [
  "test/clients/**/*.test.ts",
  "test/engine/conformance/*.test.ts",
  "test/engine/crash.test.ts",
  "test/engine/fuzz/*.test.ts",
  "test/model/{catalogs,prod,staging}.test.ts",
  "test/reliability/{growth,many,reliability}.test.ts",
  "test/scenarios/canaries.test.ts",
  "test/workflows/*.test.ts",
];

/** Those that take the longest of the others, small as some of them are. */
const long = [
  "package/package",
  "scenarios/interrupted",
  "scenarios/twoOperators",
  "scenarios/killed",
  "published/published",
  "docs/commands",
].map((name) => `/test/${name}.test.ts`);

/** Where no earlier run's times are known, the largest files come first. A small one that takes long would leave a worker waiting. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => long.some((end) => moduleId.endsWith(end));
    const [apart, together] = ["apart", "together"].map((name) =>
      sorted.filter(({ project }) => project.name === name),
    );
    return [...apart!, ...together!.filter(isLong), ...together!.filter((one) => !isLong(one))];
  }
}

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
    sequence: { sequencer: LongestFirst },
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
