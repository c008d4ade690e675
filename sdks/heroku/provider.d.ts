import type * as pulumi from "@pulumi/pulumi";

/** The provider with other settings than the stack's `heroku:*` config and the environment give. */
export declare class Provider extends pulumi.ProviderResource {
  static isInstance(obj: unknown): obj is Provider;
  readonly apiKey: pulumi.Output<string | undefined>;
  readonly email: pulumi.Output<string | undefined>;
  readonly headers: pulumi.Output<string | undefined>;
  readonly url: pulumi.Output<string | undefined>;
  constructor(name: string, args?: ProviderArgs, opts?: pulumi.ResourceOptions);
}

export interface ProviderArgs {
  /** Not secret by itself: wrap it in `pulumi.secret`, or it is in the state in clear. */
  apiKey?: pulumi.Input<string | undefined>;
  customizations?: pulumi.Input<
    | pulumi.Input<{
        setAddonConfigVarsInState?: pulumi.Input<boolean | undefined>;
        setAppAllConfigVarsInState?: pulumi.Input<boolean | undefined>;
      }>[]
    | undefined
  >;
  /** Seconds to wait after a creation. */
  delays?: pulumi.Input<
    | {
        postAppCreateDelay?: pulumi.Input<number | undefined>;
        postDomainCreateDelay?: pulumi.Input<number | undefined>;
        postSpaceCreateDelay?: pulumi.Input<number | undefined>;
      }
    | undefined
  >;
  email?: pulumi.Input<string | undefined>;
  /** A JSON object of headers that every request gets. */
  headers?: pulumi.Input<string | undefined>;
  /** Minutes. */
  timeouts?: pulumi.Input<{ addonCreateTimeout?: pulumi.Input<number | undefined> } | undefined>;
  url?: pulumi.Input<string | undefined>;
}
