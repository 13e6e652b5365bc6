import { Grid, HStack, Stack, Text } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";
import { Fragment } from "react";

import { VerdictBadge } from "src/components/Badges";
import { DotWhisker } from "src/components/charts/DotWhisker";
import { Facts } from "src/components/Facts";
import { Section } from "src/components/Section";
import { checkHistory, type Evidence } from "src/features/evidence/queries";
import {
  bodyOf,
  findingsOf,
  type Json,
  number,
  percent,
  record,
  text,
  texts,
  valueText,
  words,
} from "src/features/evidence/reading";
import {
  dotsOf,
  type Feature,
  featuresOf,
  formatOf,
  hasValues,
  limitOf,
  type Metric,
  pairText,
} from "src/features/evidence/reports/fairness";
import { FindingsTable } from "src/features/evidence/reports/FindingsTable";
import { GroupTable } from "src/features/evidence/reports/GroupTable";
import { PartTable } from "src/features/evidence/reports/PartTable";
import { ScoreTables } from "src/features/evidence/reports/ScoreTables";
import { SliceSearch } from "src/features/evidence/reports/SliceSearch";

/** How groups of people fare, against the thresholds of the author. */
export function BiasReport({ evidence }: { readonly evidence: Evidence }) {
  const body = bodyOf(evidence.document);
  const history = useQuery(checkHistory(evidence));
  const [question, source, rows] = [record(body.question), record(body.source), record(body.rows)];
  const level = number(body.level) ?? 0.95;
  return (
    <>
      <Section level={3} title="What was compared">
        <Facts
          facts={[
            ["Predictions", text(source.path) ?? text(source.table) ?? text(source.query)],
            ["Digest of the data", text(source.sha256)],
            ["Outcome", outcomeText(question)],
            ["Decision", decisionText(question)],
            ["Within groups of the same", texts(question.control_features).join(", ") || undefined],
            ["Rows judged", `${valueText(rows.judged)} of ${valueText(rows.total)}`],
            ["Weighted", body.weighted === true ? "yes" : undefined],
          ]}
        />
      </Section>
      <Section level={3} title="Findings">
        <FindingsTable
          findings={findingsOf(body)}
          history={history.data}
          label="Findings of the bias check"
        />
      </Section>
      <SliceSearch body={body} />
      {featuresOf(body).map((feature) => (
        <Fragment key={feature.name}>
          {feature.metrics.map((metric, place) => (
            <MetricSection
              feature={feature}
              key={`${metric.name} ${String(place)}`}
              level={level}
              metric={metric}
            />
          ))}
          <ScoreTables feature={feature} />
        </Fragment>
      ))}
    </>
  );
}

function outcomeText(question: Json): string {
  const positive = texts(question.positive_label).join(" or ");
  const label = text(question.label) ?? "?";
  return positive === "" ? label : `${label} is ${positive}`;
}

function decisionText(question: Json): string {
  const [score, prediction] = [text(question.score), text(question.prediction) ?? "?"];
  if (score !== undefined) return `${score} reaches ${text(question.threshold) ?? ""}`;
  const positive = texts(question.positive_prediction).join(" or ");
  return positive === "" ? prediction : `${prediction} is ${positive}`;
}

interface MetricProps {
  readonly feature: Feature;
  readonly metric: Metric;
  readonly level: number;
}

function MetricSection({ feature, metric, level }: MetricProps) {
  const limit = limitOf(metric);
  const format = formatOf(metric);
  const decides = pairText(metric);
  const found = `${valueText(metric.value)}${metric.interval === undefined ? "" : ` (${metric.interval.map(valueText).join(" to ")})`}`;
  const label = `${words(metric.rate)} of each group of ${feature.name} with intervals; the table beside it has the same numbers`;
  return (
    <Section
      actions={<VerdictBadge verdict={metric.verdict} />}
      level={3}
      title={`${feature.name}: ${words(metric.name)}`}
    >
      <Stack gap={1}>
        <HStack gap={4} wrap="wrap">
          <Text>
            Expected <strong>{metric.expected}</strong>, found <strong>{found}</strong>
          </Text>
          {metric.decidesOn !== "estimate" && (
            <Text color="fg.muted">
              {metric.decidesOn === "test"
                ? "a test, corrected for the number of comparisons, decides what is beyond the limit"
                : "the bound of the interval decides"}
            </Text>
          )}
        </HStack>
        {decides !== undefined && (
          <Text>
            <Text as="span" color="fg.muted">
              Decided by{" "}
            </Text>
            {decides}
          </Text>
        )}
        {decides === undefined && metric.reason !== undefined && <Text>{metric.reason}</Text>}
      </Stack>
      {hasValues(feature, metric) && (
        <Grid
          alignItems="start"
          gap={5}
          templateColumns={{ base: "minmax(0, 1fr)", lg: "minmax(0, 1fr) minmax(0, 1fr)" }}
        >
          <Stack gap={1}>
            <Text color="fg.muted" fontSize="xs">
              {words(metric.rate)}, with its {percent(level).replace(".0", "")} interval; hollow:
              not compared
            </Text>
            <DotWhisker
              dots={dotsOf(feature, metric)}
              format={format}
              tickFormat={(tick) => format(tick, 0)}
              label={label}
              limits={limit === undefined ? [] : [limit]}
            />
          </Stack>
          <GroupTable feature={feature} metric={metric} />
        </Grid>
      )}
      <PartTable metric={metric} />
    </Section>
  );
}
