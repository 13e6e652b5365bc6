import { Button, HStack, Menu, Portal, Progress, Text } from "@chakra-ui/react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { FiDownload } from "react-icons/fi";

import { Failure } from "src/components/Faces";
import {
  type Exported,
  type Progress as Done,
  readExport,
  save,
} from "src/features/audit/exporting";
import { type EventFilters, eventCount, type ExportFormat } from "src/features/audit/queries";
import { number } from "src/features/audit/words";

const FORMATS: readonly (readonly [ExportFormat, string, string])[] = [
  ["csv", "CSV", "for spreadsheets"],
  ["jsonl", "JSON lines", "for programs"],
  ["bundle", "Verifiable bundle", "with proofs, for auditors"],
];

type Going = { readonly progress: Done; readonly stop: AbortController };

/** Takes what the filters find out as a file; that somebody did becomes an event. */
export function ExportMenu({ filters }: { readonly filters: EventFilters }) {
  const [going, setGoing] = useState<Going>();
  const [error, setError] = useState<unknown>();
  const [told, setTold] = useState<string>();
  const current = useRef<AbortController>(undefined);
  useEffect(() => () => current.current?.abort(), []);

  const begin = async (format: ExportFormat) => {
    const stop = new AbortController();
    current.current = stop;
    setError(undefined);
    setTold(undefined);
    setGoing({ progress: { bytes: 0 }, stop });
    try {
      const tell = (progress: Done) => {
        setGoing({ progress, stop });
      };
      const exported = await readExport(filters, format, tell, stop.signal);
      save(exported);
      setTold(savedText(exported));
    } catch (failure) {
      if (!stop.signal.aborted) setError(failure);
    }
    setGoing(undefined);
  };
  if (going !== undefined) return <Going filters={filters} going={going} />;
  return (
    <HStack gap={3} wrap="wrap">
      {error !== undefined && <Failure error={error} what="The export failed" />}
      {told !== undefined && (
        <Text color="fg.muted" fontSize="sm" role="status">
          {told}
        </Text>
      )}
      <Formats onPick={(format) => void begin(format)} />
    </HStack>
  );
}

const savedText = ({ events, isCut, name }: Exported): string => {
  const many = events === undefined ? "" : `${number(events)} events in `;
  return `${many}${name}${isCut ? "; there are more than one export holds" : ""}`;
};

function Formats({ onPick }: { readonly onPick: (format: ExportFormat) => void }) {
  return (
    <Menu.Root
      onSelect={({ value }) => {
        onPick(value as ExportFormat);
      }}
      positioning={{ placement: "bottom-end" }}
    >
      <Menu.Trigger asChild>
        <Button size="sm" variant="outline">
          <FiDownload aria-hidden="true" /> Export
        </Button>
      </Menu.Trigger>
      <Portal>
        <Menu.Positioner>
          <Menu.Content>
            {FORMATS.map(([format, name, about]) => (
              <Menu.Item key={format} value={format}>
                {name}
                <Text as="span" color="fg.muted">
                  {about}
                </Text>
              </Menu.Item>
            ))}
          </Menu.Content>
        </Menu.Positioner>
      </Portal>
    </Menu.Root>
  );
}

interface GoingProps {
  readonly going: Going;
  readonly filters: EventFilters;
}

function Going({ going: { progress, stop }, filters }: GoingProps) {
  const { data } = useQuery(eventCount(filters));
  const total = data?.is_exact === true ? data.count : undefined;
  const { bytes, events } = progress;
  const share = total && events !== undefined ? Math.min(100, (events / total) * 100) : null;
  const size = `${(bytes / 2 ** 20).toFixed(1)} MB`;
  const many = events === undefined ? size : `${number(events)} events, ${size}`;
  return (
    <HStack gap={3}>
      <Progress.Root aria-label="Export" size="sm" value={share} width="40">
        <Progress.Track>
          <Progress.Range />
        </Progress.Track>
      </Progress.Root>
      <Text fontSize="sm" fontVariantNumeric="tabular-nums" role="status">
        {many}
      </Text>
      <Button
        onClick={() => {
          stop.abort();
        }}
        size="sm"
        variant="outline"
      >
        Cancel
      </Button>
    </HStack>
  );
}
