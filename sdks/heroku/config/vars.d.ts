// Values of the stack's `heroku:*` config.
export declare const apiKey: string | undefined;
export declare const customizations:
  | { setAddonConfigVarsInState?: boolean; setAppAllConfigVarsInState?: boolean }[]
  | undefined;
export declare const delays:
  | { postAppCreateDelay?: number; postDomainCreateDelay?: number; postSpaceCreateDelay?: number }
  | undefined;
export declare const email: string | undefined;
export declare const headers: string | undefined;
export declare const timeouts: { addonCreateTimeout?: number } | undefined;
export declare const url: string | undefined;
