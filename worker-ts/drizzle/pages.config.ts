// Read by `npm run schema` only: where the tables of pages are declared and where their SQL goes.
import { defineConfig } from "drizzle-kit";

export default defineConfig({ dialect: "sqlite", schema: "./src/pages/schema.ts", out: "./migrations/pages" });
