import { findCli } from "../../src/engine/pulumi/index.js";
import type { Ran, RunOptions, World } from "./world.js";

/** The Pulumi CLI of this machine; undefined where there is none. */
export const cli = await findCli({ projectDir: process.cwd(), stack: "staging" });

/** Where it finds its plugins. */
const own = Object.fromEntries(
  Object.entries(process.env).filter(([key]) => /^PULUMI_(HOME|DISABLE|SKIP|DYNAMIC)/.test(key)),
);

/** Plain `pulumi`, as it is typed in the checkout: no command of this project is in between. */
export function plainPulumi(
  world: World,
  argv: readonly string[],
  { env }: Pick<RunOptions, "env"> = {},
): Promise<Ran> {
  return world.spawn([...argv, "--non-interactive"], {
    command: cli!.command,
    env: { PULUMI_SKIP_UPDATE_CHECK: "1", ...own, ...env },
  });
}
