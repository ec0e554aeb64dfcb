// The order of the files of tests: project after project, so that a workerd goes on with the next file of its own project, for Vitest ends
// it as soon as another project's file is next. Inside a project what took longest comes first, as Vitest has it.
import { BaseSequencer, type TestSpecification } from "vitest/node";

export class ByProject extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(({ project }) => project))];
    return projects.flatMap((project) => sorted.filter((file) => file.project === project));
  }
}
