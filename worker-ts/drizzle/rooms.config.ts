// Read by `npm run schema` only: where the tables of rooms are declared and where their SQL goes.
import { defineConfig } from "drizzle-kit";

export default defineConfig({ dialect: "sqlite", schema: "./src/rooms/schema.ts", out: "./migrations/rooms" });
