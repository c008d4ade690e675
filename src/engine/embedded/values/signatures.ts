// The constants that mark special values on Pulumi's wire and in its state (`sdk/go/common/resource/properties.go`, `sig.go`).
export const signatureKey = "4dabf18193072939515e22adb298388d";
export const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
export const assetSignature = "c44067f5952c0a294b673a41bacd8c17";
export const archiveSignature = "0def7320c3a5731c473e5ecbe6d01bc7";
export const referenceSignature = "5cf8f73096256a8f31e491e813e4eb8e";
export const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
export const floatSignature = "8ad145fe-0d11-4827-bfd7-1abcbf086f5c";
export const unknownString = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
