// Behind `provider.cjs`: what the SDK's dynamic provider host calls.
import { placeKeys, type ResourceKind, unwritten, written } from "../migration/index.js";
import type { DynamicProvider } from "./contract.js";
import { folder } from "./folder.js";
import { migration } from "./migration.js";
import { retirement } from "./retirement.js";
import { secretSet } from "./secretSet.js";

export { placeOf, rebinding } from "./contract.js";
export { Folder, Migration, providerCode, Retirement, SecretSet } from "./resources.js";
export {
  herokuWith,
  keepSight,
  type Shared,
  seenVars,
  sharedReads,
  shareWithRun,
  vaultAt,
  withHerokuKey,
} from "./vault.js";

type Bag = Readonly<Record<string, unknown>>;

/** A provider under the names that states have: it is called with them, and answers with them. */
function underStateNames<Inputs, Outputs extends object>(
  kind: ResourceKind,
  provider: DynamicProvider<Inputs, Outputs>,
) {
  const plain = (bag: Bag) => unwritten(bag) as Inputs;
  const kept = (outs: Outputs) => written(kind, outs as Bag);
  return {
    ...provider,
    check: async (olds: unknown, news: Bag) => ({
      inputs: news,
      failures: (await provider.check(olds, unwritten(news, placeKeys) as unknown as Inputs)).failures,
    }),
    diff: (id: string, olds: unknown, news: Bag) => provider.diff(id, olds, plain(news)),
    create: async (news: Bag) => {
      const { id, outs } = await provider.create(plain(news));
      return { id, outs: kept(outs) };
    },
    update: async (id: string, olds: unknown, news: Bag) => ({
      outs: kept((await provider.update(id, olds, plain(news))).outs),
    }),
  };
}

/** By kind, the word in the state's `__provider`: a compatibility contract. */
export const providers = {
  folder: underStateNames("folder", folder),
  secretSet: underStateNames("secretSet", secretSet),
  migration: underStateNames("migration", migration),
  retirement: underStateNames("retirement", retirement),
};
