// Another app of the company, which none of its stacks has.
import { defaultSeed, type LocalSeed } from "../../src/local/index.js";

export const shop = "raxx-shop";
export const shopId = "0b6dd0ba-7f7e-4a9c-9a53-6b4b2f3f5d11";

/** The usual world, with the shop beside its apps. */
export function seedWithShop(): LocalSeed {
  const seed = defaultSeed();
  const { accounts, apps } = seed.heroku!;
  const [ops, ...others] = accounts;
  return {
    ...seed,
    heroku: {
      accounts: [{ ...ops!, apps: [...ops!.apps, shop] }, ...others],
      apps: [...apps, { name: shop, id: shopId }],
    },
  };
}
