import { Box, Button, Field, Flex, Input, NativeSelect } from "@chakra-ui/react";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { FiFilter, FiX } from "react-icons/fi";

import { localOf, momentOf, useTimeZone } from "src/components/times";

const SETTLED = 300;
/** On a phone two fields stand on a line. */
const HALF = "calc(50% - 0.375rem)";

interface FieldProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
  readonly width?: string;
}

/** The fields that filter a list: on one line where there is room, behind a button on a phone. */
export function FilterBar(props: {
  readonly children: ReactNode;
  readonly isFiltered: boolean;
  readonly onClear: () => void;
}) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  return (
    <Box aria-label="Filters" role="search">
      <Button
        aria-controls={id}
        aria-expanded={isOpen}
        hideFrom="md"
        onClick={() => {
          setOpen(!isOpen);
        }}
        size="sm"
        variant="outline"
      >
        <FiFilter aria-hidden="true" /> {isOpen ? "Hide filters" : "Filters"}
        {props.isFiltered && !isOpen && " (some are set)"}
      </Button>
      <Flex
        align="end"
        display={{ base: isOpen ? "flex" : "none", md: "flex" }}
        gap={3}
        id={id}
        mt={{ base: isOpen ? 3 : 0, md: 0 }}
        wrap="wrap"
      >
        {props.children}
        {props.isFiltered && (
          <Button onClick={props.onClear} size="sm" variant="ghost">
            <FiX aria-hidden="true" /> Clear filters
          </Button>
        )}
      </Flex>
    </Box>
  );
}

/** A text that takes effect once the user stops typing, or presses Enter. */
export function TextFilter({ label, value = "", onChange, width = "44" }: FieldProps) {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  if (known !== value) {
    setKnown(value);
    setTyped(value);
  }
  const tell = useRef(onChange);
  useEffect(() => {
    tell.current = onChange;
  });
  useEffect(() => {
    if (typed === known) return undefined;
    const timer = setTimeout(() => {
      tell.current(typed.trim() === "" ? undefined : typed.trim());
    }, SETTLED);
    return () => {
      clearTimeout(timer);
    };
  }, [typed, known]);
  return (
    <Field.Root width={{ base: HALF, md: width }}>
      <Field.Label>{label}</Field.Label>
      <Input
        onChange={(event) => {
          setTyped(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") onChange(typed.trim() === "" ? undefined : typed.trim());
        }}
        size="sm"
        type="search"
        value={typed}
      />
    </Field.Root>
  );
}

interface ChoiceProps extends FieldProps {
  /** Value and text; what stands for no filter is added. */
  readonly choices: readonly (readonly [string, string])[];
  readonly all?: string;
}

export function ChoiceFilter({ label, value, onChange, choices, all = "All", width }: ChoiceProps) {
  return (
    <Field.Root width={{ base: HALF, md: width ?? "36" }}>
      <Field.Label>{label}</Field.Label>
      <NativeSelect.Root size="sm">
        <NativeSelect.Field
          onChange={(event) => {
            onChange(event.target.value === "" ? undefined : event.target.value);
          }}
          value={value ?? ""}
        >
          <option value="">{all}</option>
          {choices.map(([choice, text]) => (
            <option key={choice} value={choice}>
              {text}
            </option>
          ))}
        </NativeSelect.Field>
        <NativeSelect.Indicator />
      </NativeSelect.Root>
    </Field.Root>
  );
}

/** A moment on the user's clock; the value is ISO 8601 in UTC. */
export function MomentFilter({ label, value, onChange, width = "52" }: FieldProps) {
  const zone = useTimeZone();
  return (
    <Field.Root width={{ base: "full", md: width }}>
      <Field.Label>{label}</Field.Label>
      <Input
        onChange={(event) => {
          onChange(momentOf(event.target.value, zone));
        }}
        size="sm"
        type="datetime-local"
        value={value === undefined ? "" : localOf(value, zone)}
      />
    </Field.Root>
  );
}
