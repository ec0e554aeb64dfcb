// Modules that a resolver of ours makes up; world-testing.ts says where this one is. Types only.
declare module "virtual:world-testing" {
  /** Registers the suite's cases; the World's name is handed through to startServer. */
  export function createTestSuite(world: string): void;
}
