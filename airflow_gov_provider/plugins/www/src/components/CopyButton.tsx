import { Clipboard, IconButton } from "@chakra-ui/react";

/** Copies a text that is too long to type. */
export function CopyButton({ value, what }: { readonly value: string; readonly what: string }) {
  return (
    <Clipboard.Root display="inline-flex" value={value}>
      <Clipboard.Trigger asChild>
        <IconButton aria-label={`Copy ${what}`} size="2xs" variant="ghost">
          <Clipboard.Indicator />
        </IconButton>
      </Clipboard.Trigger>
    </Clipboard.Root>
  );
}
