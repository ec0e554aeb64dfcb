// Read by `npm run schema` only: where the tables of auth are declared and where their SQL goes.
import { defineConfig } from "drizzle-kit";

export default defineConfig({ dialect: "sqlite", schema: "./src/auth/schema.ts", out: "./migrations/auth" });
