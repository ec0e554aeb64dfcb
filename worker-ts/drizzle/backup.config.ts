// Read by `npm run schema` only: where the tables of backups are declared and where their SQL goes.
import { defineConfig } from "drizzle-kit";

export default defineConfig({ dialect: "sqlite", schema: "./src/backup/schema.ts", out: "./migrations/backup" });
