// GET /api/metrics: the figures of all rooms together, as Prometheus reads them. Its length and its cost do not depend on how
// many rooms there are.
import * as z from "zod";
import {
  ApiError,
  type Bindings,
  bearerOf,
  logFailure,
  now,
  PROMETHEUS_TYPE,
  prometheusText,
  type Route,
  route,
  type Sample,
  sameSecret,
} from "../../platform";
import { readSums } from "../directory/metric-table";
import { REFUSALS } from "../log/totals";

/** Sums that are shown as they stand: each is a metric of the same key. */
const SHOWN = [
  "messages",
  "edits",
  "deletes",
  "reactions",
  "deliveries",
  "bytes",
  "opened",
  "resumed",
  "reset",
  "lagging",
  "entries",
  "batches",
  "retries",
  "dead",
] as const;

const metrics = route(
  {
    method: "GET",
    path: "/api/metrics",
    summary: "Figures for Prometheus; needs `Authorization: Bearer` with METRICS_TOKEN.",
    access: "public",
    contentType: PROMETHEUS_TYPE,
    answers: { 200: z.string() },
    errors: ["forbidden"],
  },
  async ({ env, request }) => {
    if (!(await sameSecret(bearerOf(request), env.METRICS_TOKEN)))
      throw new ApiError("forbidden", "the metrics need their token");
    const [sums, archive, dead] = await Promise.all([
      readSums(env.DB),
      queueSamples("archive", env.ARCHIVE_QUEUE),
      queueSamples("archive-dead", env.ARCHIVE_DEAD_QUEUE),
    ]);
    const text = prometheusText([...sumSamples(sums), ...archive, ...dead]);
    return new Response(text, { headers: { "content-type": PROMETHEUS_TYPE } });
  },
);

/** The routes of this file. */
export const metricsRoutes: readonly Route[] = [metrics];

function sumSamples(sums: ReadonlyMap<string, number>): Sample[] {
  const sum = (name: string) => sums.get(name) ?? 0;
  return [
    ...SHOWN.map((metric) => ({ metric, value: sum(metric) })),
    ...REFUSALS.map((name) => ({
      metric: "refused" as const,
      labels: { code: name.slice("refused_".length) },
      value: sum(name),
    })),
    { metric: "unarchived", value: sum("entries") - sum("archived") },
  ];
}

/** How a queue stands. One that does not tell is left out, so that all else can still be read. */
async function queueSamples(queue: string, binding: Bindings["ARCHIVE_QUEUE"]): Promise<Sample[]> {
  try {
    const { backlogCount, backlogBytes, oldestMessageTimestamp } = await binding.metrics();
    const ms = oldestMessageTimestamp === undefined ? 0 : Math.max(0, now() - oldestMessageTimestamp.getTime());
    const labels = { queue };
    return [
      { metric: "queued", labels, value: backlogCount },
      { metric: "queuedBytes", labels, value: backlogBytes },
      { metric: "queuedAge", labels, value: ms / 1000 },
    ];
  } catch (thrown) {
    logFailure(`ask how the queue ${queue} stands`, thrown);
    return [];
  }
}
