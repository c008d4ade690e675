// A stack refuses another vault, project or account than its last update worked on. Its program asks before it logs in; a command
// asks here, before it sends a credential anywhere.
import { type MigrationRecord, movedFrom, refusalOf, targetOf } from "../migration/index.js";
import type { OpenServices } from "./stack.js";

/**
 * @param account e-mail of the Heroku account that answers now; undefined before anybody has logged in: then it is not compared
 * @param ifMeant the command that goes to the other place all the same
 * @throws Refusal that names everything that differs. A stack that was never updated may work anywhere.
 */
export function refuseOtherTarget(
  { config, services }: Pick<OpenServices, "config" | "services">,
  record: Pick<MigrationRecord, "target"> | undefined,
  account: string | undefined,
  ifMeant = `console-vault up --stack ${config.environment} --rebind`,
): void {
  if (!record?.target) return;
  const moved = movedFrom(record.target, targetOf(config, services, account ?? record.target.account));
  if (moved.length > 0) throw refusalOf(moved, `Nothing was changed. If that is meant: ${ifMeant}`);
}
