import { load } from "../load.mjs";

export const {
  CatalogError,
  consoleCatalog,
  credentialOf,
  defineCatalog,
  environmentOf,
  flagApp,
  forbiddenIn,
  heldBy,
  judge,
  looksLikeSecret,
  mayHold,
  scopedVendors,
  UnknownNameError,
  withOverrides,
} = await load("catalog/index");
