// The shapes that the Platform API answers with, as its schema (version 3) has them: test/published/heroku.
import type { Account, Authorization } from "./accounts.js";
import type { App, Release } from "./platform.js";

export const accountView = (account: Account) => ({
  acknowledged_msa: false,
  acknowledged_msa_at: null,
  allow_tracking: true,
  beta: false,
  country_of_residence: "United States",
  created_at: "2024-01-01T00:00:00Z",
  default_organization: null,
  default_team: null,
  delinquent_at: null,
  eco_dynos_enabled: false,
  eco_dynos_shutdown_at: null,
  email: account.email,
  federated: false,
  id: account.id,
  identity_provider: null,
  italian_customer_terms: null,
  italian_partner_terms: null,
  last_login: "2024-01-01T00:00:00Z",
  mfa_enabled: true,
  mfa_exemption: false,
  mfa_exemption_reason: null,
  mfa_experience: "vaas",
  name: account.email.split("@", 1)[0],
  pipeline_cost_consent_at: null,
  sms_number: null,
  suspended_at: null,
  two_factor_authentication: true,
  updated_at: "2024-01-01T00:00:00Z",
  verified: true,
});

const stack = { id: "0c4b8f4a-7d3e-4f0e-9a53-6f3c5d0a2b11", name: "heroku-24" };
const region = { id: "59accabd-516d-4f0e-83e6-6e3757701145", name: "us" };

export const appView = (app: App) => ({
  acm: true,
  archived_at: null,
  base_image_name: null,
  build_stack: stack,
  buildpack_provided_description: "Python",
  buildpacks: null,
  created_at: app.created_at,
  current_build_architecture: [],
  generation: { id: "1c4b8f4a-7d3e-4f0e-9a53-6f3c5d0a2b12", name: "cedar" },
  git_url: `https://git.heroku.com/${app.name}.git`,
  id: app.id,
  internal_routing: null,
  maintenance: false,
  name: app.name,
  organization: null,
  owner: { email: app.owner.email, id: app.owner.id },
  region,
  released_at: app.releases.at(-1)?.created_at ?? null,
  repo_size: 0,
  slug_size: 0,
  space: null,
  stack,
  team: null,
  updated_at: app.releases.at(-1)?.created_at ?? app.created_at,
  web_url: `https://${app.name}.herokuapp.com/`,
});

export const varsView = (vars: ReadonlyMap<string, string>): Record<string, string> => Object.fromEntries(vars);

export const releaseView = (app: App, release: Release) => ({
  addon_plan_names: [],
  app: { id: app.id, name: app.name },
  artifacts: release.slug === null ? [] : [{ type: "slug", id: release.slug }],
  created_at: release.created_at,
  current: release === app.releases.findLast((one) => one.status === "succeeded"),
  description: release.description,
  eligible_for_rollback: release.slug !== null,
  id: release.id,
  oci_image: null,
  output_stream_url: null,
  slug: release.slug === null ? null : { id: release.slug },
  status: release.status,
  updated_at: release.created_at,
  user: release.user,
  version: release.version,
});

export const authorizationView = (authorization: Authorization) => ({
  access_token: { expires_in: null, id: authorization.id, token: authorization.key },
  client: null,
  created_at: authorization.created_at,
  description: authorization.description,
  grant: null,
  id: authorization.id,
  refresh_token: null,
  scope: ["global"],
  session: null,
  updated_at: authorization.created_at,
  user: { email: authorization.account.email, id: authorization.account.id },
});
