// The shapes of this page are those of the kernel: the compiler says so where they part.
import { expect, test } from "vitest";
import type * as kernel from "../../../../src/kernel/kernel";
import type * as page from "./shapes";

type Fits<Told, Drawn> = Told extends Drawn ? true : false;

test("every answer that the kernel's types allow can be drawn", () => {
  const fits: [
    Fits<kernel.KernelGraph, page.Graph>,
    Fits<kernel.KernelStep, page.Step>,
    Fits<kernel.KernelStatus, page.Status>,
    Fits<kernel.LaunchResult, page.Launched>,
    Fits<page.ClusterConfig, kernel.ClusterConfig>,
  ] = [true, true, true, true, true];
  expect(fits).not.toContain(false);
});
