import { type DynamicProvider, lastPlace, rebinding, same, sameVault, type VaultPlace } from "./contract.js";
import { vaultAt } from "./vault.js";

export interface FolderInputs {
  readonly version: number;
  readonly vault: VaultPlace;
  /** With a final slash: `/MooseQuest/heroku/staging/`. */
  readonly path: string;
  /** Names the update that is to make it; null where it was there before. A refresh comes with the last update's own. */
  readonly make: string | null;
}

export interface FolderOutputs extends FolderInputs {
  /** Made by us: a folder that was there before is adopted and never deleted. */
  readonly created: boolean;
  readonly folderId: string;
}

/**
 * The API answers a second creation as it does the first, so only a look beforehand tells whether the folder is ours. One that
 * is there is adopted without a write: making folders takes rights at the flat path, which staging's token had better not have.
 */
async function make(inputs: FolderInputs): Promise<FolderOutputs> {
  const vault = vaultAt(inputs.vault);
  const there = (await vault.listFolders(parentOf(inputs.path))).find(({ path }) => path === inputs.path);
  return { ...inputs, created: !there, folderId: there?.id ?? (await vault.createFolder(inputs.path)) };
}

const parentOf = (path: string): string => path.replace(/[^/]+\/$/, "");

export const folder: DynamicProvider<FolderInputs, FolderOutputs> = {
  check: async (olds, news) => ({ inputs: news, failures: sameVault(olds, news) }),

  diff: async (_id, olds, news) => ({
    changes:
      (news.make !== null && news.make !== olds.make) ||
      olds.path !== news.path ||
      olds.version !== news.version ||
      !same(lastPlace(olds), news.vault),
    ...(olds.path === news.path ? {} : { replaces: ["path"] }),
  }),

  create: async (inputs) => ({ id: inputs.path, outs: await make(inputs) }),

  update: async (_id, olds, news) => {
    const made = await make(news);
    return { outs: { ...made, created: made.created || (olds.created && olds.folderId === made.folderId) } };
  },

  // The program looks in every run and says whether it is there (`make`). Asking here would send this run's credentials to
  // whatever vault the state names, before anybody has compared it with this run's.
  read: async (id, props) => ({ id, props }),

  // The API's delete is recursive and asks nothing: only a folder that we made, that is still the same one, and that a fresh
  // look shows empty, is removed. A stack that moves to another place leaves what it had behind.
  delete: async (_id, { created, path, folderId, ...olds }) => {
    const place = lastPlace(olds);
    if (!created || rebinding() || !place) return;
    const vault = vaultAt(place);
    const current = (await vault.listFolders(parentOf(path))).find((one) => one.path === path);
    if (current?.id !== folderId) return;
    // Not recursive: such a list leaves out what the token may not read, and says nothing of it.
    const [secrets, folders] = [await vault.listSecrets(path), await vault.listFolders(path)];
    if (secrets.length === 0 && folders.length === 0) await vault.deleteFolder(path);
  },
};
