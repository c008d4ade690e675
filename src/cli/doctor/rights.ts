// Which rights the commands need in the vault, and what a token has. docs/security.md has the same table by role.
import { type Catalog, type Environment, heldBy } from "../../catalog/index.js";
import { type StackConfig, sourceOf } from "../../config/index.js";
import { environmentPath, flatPath } from "../../resolver/index.js";
import type { FolderRights } from "../../vault/client/index.js";
import { type Check, missing, note, ok, unknown } from "./check.js";

type Right = "read" | "write";

/** A right that commands of a stack need at a folder. */
export interface Need {
  readonly path: string;
  readonly right: Right;
  /** Commands, as they are typed. */
  readonly by: readonly string[];
  /** Without it, the stack can still be updated. */
  readonly optional: boolean;
}

/** The folders of a stack's vendors, flat ones first. */
export function foldersOf(catalog: Catalog, { environment, root }: StackConfig): { flat: string; own: string }[] {
  const vendors = [...new Set(heldBy(catalog, environment).map(({ vendor }) => vendor))];
  return vendors.map((vendor) => ({
    flat: flatPath(root, vendor),
    own: environmentPath(root, vendor, environment),
  }));
}

/** @param exists whether a folder is there */
export function needsOf(
  catalog: Catalog,
  environment: Environment,
  config: StackConfig,
  exists: (path: string) => boolean,
): Need[] {
  const { name } = environment;
  const copied = new Set(
    heldBy(catalog, name)
      .filter((credential) => sourceOf(catalog, config, credential.name) === "copy")
      .map(({ vendor }) => flatPath(config.root, vendor)),
  );
  return foldersOf(catalog, config).flatMap(({ flat, own }): Need[] => [
    { path: own, right: "read", by: [`up --stack ${name}`, "status", "diff"], optional: false },
    {
      path: own,
      right: "write",
      by: [`up --stack ${name}`, `provision --env ${name}`, `rotate --env ${name}`],
      optional: false,
    },
    // The API makes a folder for whoever may write in the one above it.
    ...(exists(own)
      ? []
      : [{ path: flat, right: "write" as const, by: [`up --stack ${name} (makes ${own})`], optional: false }]),
    copied.has(flat)
      ? { path: flat, right: "read", by: [`up --stack ${name} (copies from it)`], optional: false }
      : { path: flat, right: "read", by: [`rollback --stack ${name}`, "status"], optional: true },
    { path: flat, right: "write", by: [`rotate --env ${name} (flag off)`], optional: true },
  ]);
}

/** One line per folder: what the token may do there, and which commands need more. */
export function judgeRights(needs: readonly Need[], rights: ReadonlyMap<string, FolderRights>, slug: string): Check[] {
  return [...new Set(needs.map(({ path }) => path))].map((path) => {
    const has = rights.get(path) ?? { read: undefined, write: undefined };
    const here = needs.filter((need) => need.path === path);
    const lacking = here.filter(({ right }) => has[right] === false);
    const untold = here.filter(({ right }) => has[right] === undefined);
    const may = (["read", "write"] as const).filter((right) => has[right]).join(", ") || "nothing";
    if (lacking.length > 0) {
      const required = lacking.filter(({ optional }) => !optional);
      const wanted = [...new Set(lacking.map(({ right }) => right))].join(" and ");
      return (required.length > 0 ? missing : note)(
        "rights",
        path,
        `the token may ${may === "nothing" ? "neither read nor write" : may}; ${needers(required.length > 0 ? required : lacking)}`,
        `Give the token the right to ${wanted} at ${path} in the environment ${slug}.`,
      );
    }
    if (untold.length > 0) {
      const untoldRights = [...new Set(untold.map(({ right }) => right))].join(" and ");
      return unknown(
        "rights",
        path,
        `${may === "nothing" ? "" : `the token may ${may}; `}unknown: ${untoldRights} (${needers(untold)})`,
        "Infisical tells an identity's right to write, or to read in a folder that is not there yet, only by doing it. Compare the identity's role with docs/security.md.",
      );
    }
    return ok("rights", path, may);
  });
}

function needers(needs: readonly Need[]): string {
  const of = (right: Right) => [...new Set(needs.filter((need) => need.right === right).flatMap(({ by }) => by))];
  return (["read", "write"] as const)
    .filter((right) => of(right).length > 0)
    .map((right) => `${right} is needed by ${of(right).join(", ")}`)
    .join("; ");
}
