import type * as pulumi from "@pulumi/pulumi";

/**
 * Config vars of one app. Only the names given here are managed: they are set when it is created, and **removed from the app**
 * when it is deleted. A name may stand in `vars` or in `sensitiveVars`, not in both.
 */
export declare class AppConfigAssociation extends pulumi.CustomResource {
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state?: AppConfigAssociationState,
    opts?: pulumi.CustomResourceOptions,
  ): AppConfigAssociation;
  static isInstance(obj: unknown): obj is AppConfigAssociation;

  readonly appConfigAssociationId: pulumi.Output<string>;
  readonly appId: pulumi.Output<string>;
  readonly sensitiveVars: pulumi.Output<{ [key: string]: string } | undefined>;
  readonly vars: pulumi.Output<{ [key: string]: string } | undefined>;

  constructor(name: string, args: AppConfigAssociationArgs, opts?: pulumi.CustomResourceOptions);
}

export interface AppConfigAssociationState {
  appConfigAssociationId?: pulumi.Input<string | undefined>;
  appId?: pulumi.Input<string | undefined>;
  sensitiveVars?: pulumi.Input<{ [key: string]: pulumi.Input<string> } | undefined>;
  vars?: pulumi.Input<{ [key: string]: pulumi.Input<string> } | undefined>;
}

export interface AppConfigAssociationArgs {
  /** Terraform's `id`. Never set it. */
  appConfigAssociationId?: pulumi.Input<string | undefined>;
  /** UUID of the app; its name is refused. */
  appId: pulumi.Input<string>;
  /** Kept in the state encrypted. */
  sensitiveVars?: pulumi.Input<{ [key: string]: pulumi.Input<string> } | undefined>;
  /** Kept in the state in clear. */
  vars?: pulumi.Input<{ [key: string]: pulumi.Input<string> } | undefined>;
}
