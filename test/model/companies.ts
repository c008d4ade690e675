/** Drawn companies in every run of the suite; CONSOLE_VAULT_MODEL, the number of the model's sequences, makes them more. */
export const companies = Math.ceil(Number(process.env.CONSOLE_VAULT_MODEL ?? 500) / 80);
