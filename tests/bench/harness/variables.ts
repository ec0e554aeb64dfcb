// Variables of the house's own Worker, wherever a benchmark starts it; a suite adds what it needs.

/** Nothing of the machine's own `.dev.vars` is used. */
export const VARIABLES = {
  AUTH_RATE_LIMIT: "off",
  BETTER_AUTH_SECRET: "bench-only-secret-0123456789-abcdefghij",
  BETTER_AUTH_URL: "http://localhost:8787",
  ADMIN_EMAILS: "",
  TRUSTED_ORIGINS: "",
} as const;
