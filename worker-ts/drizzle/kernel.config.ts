// Read by `npm run schema` only: where the tables of the kernel are declared and where their SQL goes.
import { defineConfig } from "drizzle-kit";

export default defineConfig({ dialect: "sqlite", schema: "./src/kernel/schema.ts", out: "./migrations/kernel" });
