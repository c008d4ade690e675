import { type FolderInputs, type FolderOutputs, readOutputs } from "../migration/index.js";
import { type DynamicProvider, rebinding, same, sameVault } from "./contract.js";
import { foldersIn, vaultAt } from "./vault.js";

/**
 * The API answers a second creation as it does the first, so only a look beforehand tells whether the folder is ours. One that
 * is there is adopted without a write: making folders takes rights at the flat path, which staging's token had better not have.
 */
async function make(inputs: FolderInputs): Promise<FolderOutputs> {
  const there = (await foldersIn(inputs.vault, parentOf(inputs.path))).find(({ path }) => path === inputs.path);
  const folderId = there?.id ?? (await vaultAt(inputs.vault).createFolder(inputs.path));
  return { ...inputs, created: !there, folderId };
}

const parentOf = (path: string): string => path.replace(/[^/]+\/$/, "");

export const folder: DynamicProvider<FolderInputs, FolderOutputs> = {
  check: async (olds, news) => ({ failures: sameVault("folder", olds, news) }),

  diff: async (id, olds, news) => {
    const last = readOutputs("folder", olds, { name: id });
    return {
      changes:
        (news.make !== null && news.make !== last.make) ||
        last.path !== news.path ||
        last.version !== news.version ||
        !same(last.vault, news.vault),
      ...(last.path === news.path ? {} : { replaces: ["path"] }),
    };
  },

  create: async (inputs) => ({ id: inputs.path, outs: await make(inputs) }),

  update: async (id, olds, news) => {
    const last = readOutputs("folder", olds, { name: id });
    const made = await make(news);
    return { outs: { ...made, created: made.created || (last.created && last.folderId === made.folderId) } };
  },

  // The program looks in every run and says whether it is there (`make`). Asking here would send this run's credentials to
  // whatever vault the state names, before anybody has compared it with this run's.
  read: async (id, props) => ({ id, props }),

  // The API's delete is recursive and asks nothing: only a folder that we made, that is still the same one, and that a fresh
  // look shows empty, is removed. A stack that moves to another place leaves what it had behind.
  delete: async (id, olds) => {
    const { created, path, folderId, vault: place } = readOutputs("folder", olds, { name: id });
    if (!created || rebinding()) return;
    const vault = vaultAt(place);
    const current = (await vault.listFolders(parentOf(path))).find((one) => one.path === path);
    if (current?.id !== folderId) return;
    // Not recursive: such a list leaves out what the token may not read, and says nothing of it.
    const [secrets, folders] = [await vault.listSecrets(path), await vault.listFolders(path)];
    if (secrets.length === 0 && folders.length === 0) await vault.deleteFolder(path);
  },
};
