// What goes wrong, one row of docs/reliability.md each.
import type { FaultAction, FaultName, RequestRecord } from "../../src/local/index.js";
import type { World } from "../support/world.js";
import type { Command } from "./commands.js";

export interface Kind {
  readonly title: string;
  action(command: Command): FaultName | FaultAction;
  /** Whether it makes a difference at this request; default at every one. */
  at?(request: RequestRecord): boolean;
  /** What an operator does about it before the command is typed again; default nothing. */
  mend?(world: World, command: Command, before: Held): void;
  /**
   * The folder whose values the world itself takes away. The end is another one then: the next run has to end well or with a
   * refusal, and nothing else may be lost.
   */
  readonly takes?: (command: Command) => string;
}

/** Rows of the vault before the command. */
export type Held = readonly { readonly path: string; readonly name: string; readonly value: string }[];

const named = (title: string, action: FaultName): Kind => ({ title, action: () => action });
const inVault = ({ service }: RequestRecord) => service === "infisical";

export const kinds: readonly Kind[] = [
  named("429 with `Retry-After`", "429-retry-after"),
  named("429 without `Retry-After`", "429"),
  named("500", "500"),
  named("502, a gateway's page", "502-html"),
  named("503", "503"),
  named("connection reset before the server acted", "drop"),
  named("connection reset after the server acted", "drop-after"),
  named("a slow answer", "slow"),
  named("no answer in time, though the server acted", "hang"),
  named("half of the JSON", "truncate"),
  named("a wrong content type", "wrong-content-type"),
  named("a page to sign in, status 200", "html-page"),
  { ...named("a read that lags behind", "stale"), at: ({ method }) => method === "GET" },
  { ...named("access tokens expire (403)", "tokens-expire"), at: inVault },
  { title: "access tokens end unused (401)", action: () => ({ change: "tokens-expire", as: "idle" }), at: inVault },
  {
    title: "changes need an approval from now on",
    action: () => ({ change: "approval-needed", path: "/MooseQuest/**" }),
    at: inVault,
    mend: ({ services }) => services.infisical.vault.requireApproval("/MooseQuest/**", false),
  },
  {
    title: "a row is there twice",
    action: ({ row }) => ({ change: "row-duplicated", ...row }),
    at: inVault,
    mend: ({ services }, { row }) => services.infisical.vault.deleteDuplicates("prod", row.path, row.name),
  },
  {
    title: "a folder vanishes",
    action: (command) => ({ change: "folder-vanishes", path: vanishing(command) }),
    at: inVault,
    takes: vanishing,
    mend: (world, command, before) => {
      const gone = before.filter(
        ({ path, name, value }) => path === vanishing(command) && world.value(path, name) !== value,
      );
      for (const { path, name, value } of gone) world.write(path, name, value);
    },
  },
];

/** Of the environment: the flat one has the other environments below it. */
function vanishing({ stack }: Command): string {
  return `/MooseQuest/stripe/${stack}`;
}
