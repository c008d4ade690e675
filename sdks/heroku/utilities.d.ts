/** The first of the environment variables that is set and not empty. */
export declare function getEnv(...vars: string[]): string | undefined;
/** Version of this package, without a leading "v". */
export declare function getVersion(): string;
/** Reference of this package at the engine; asks the engine once per process. */
export declare function getPackage(): Promise<string | undefined>;
