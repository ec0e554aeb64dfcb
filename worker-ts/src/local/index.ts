// The face of local: what the local Worker's entry takes from it. Its routes stand in routes.ts.

export { deliver } from "./queue";
