// Behind `provider.cjs`: what the SDK's dynamic provider host calls.
import { folder } from "./folder.js";
import { migration } from "./migration.js";
import { retirement } from "./retirement.js";
import { secretSet } from "./secretSet.js";

export { placeOf, rebinding } from "./contract.js";
export { Folder, Migration, providerCode, Retirement, SecretSet } from "./resources.js";
export { keepSight, type Shared, sharedReads, shareWithRun, vaultAt, withHerokuKey } from "./vault.js";

/** By kind, the word in the state's `__provider`: a compatibility contract. */
export const providers = { folder, secretSet, migration, retirement };
