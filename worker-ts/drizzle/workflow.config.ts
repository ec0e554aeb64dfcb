// Read by `npm run schema` only: where the tables of workflows are declared and where their SQL goes.
import { defineConfig } from "drizzle-kit";

export default defineConfig({ dialect: "sqlite", schema: "./src/workflow/schema.ts", out: "./migrations/workflow" });
