// A stack refuses another vault, project or account than its last update worked on. Its updates ask the provider; a command that
// writes without one asks here.
import { Refusal } from "../errors.js";
import { type MigrationRecord, type Target, targetOf } from "../migration/index.js";
import type { OpenServices } from "./stack.js";

/**
 * @param account e-mail of the Heroku account that answers now
 * @param ifMeant the command that goes to the other place all the same
 * @throws Refusal that names everything that differs. A stack that was never updated may work anywhere.
 */
export function refuseOtherTarget(
  { config, services }: OpenServices,
  record: Pick<MigrationRecord, "target"> | undefined,
  account: string,
  ifMeant = `console-vault up --stack ${config.environment} --rebind`,
): void {
  const recorded = record?.target;
  if (!recorded) return;
  const target = targetOf(config, services, account);
  const differing = (Object.keys(recorded) as (keyof Target)[]).filter((key) => recorded[key] !== target[key]);
  if (differing.length === 0) return;
  const lines = differing.map((key) => `${key}: this stack works on ${recorded[key]}, not on ${target[key]}`);
  throw new Refusal(`${lines.join("\n")}\nNothing was changed. If that is meant: ${ifMeant}`);
}
