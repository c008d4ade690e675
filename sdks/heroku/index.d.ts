export {
  AppConfigAssociation,
  type AppConfigAssociationArgs,
  type AppConfigAssociationState,
} from "./appConfigAssociation";
export * as config from "./config";
export { Provider, type ProviderArgs } from "./provider";
