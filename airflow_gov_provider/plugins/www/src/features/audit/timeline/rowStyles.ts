import type { SystemStyleObject } from "@chakra-ui/react";

/** Time, what, about what, who, seen by. */
export const COLUMNS =
  "10rem minmax(8rem, 1fr) minmax(0, 2.4fr) minmax(4rem, 0.5fr) minmax(5rem, 0.7fr)";

const CUT = { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" } as const;

/**
 * How rows look, said once for the whole grid: a row is made of plain elements, because scrolling
 * makes some hundred of them at a time.
 */
export const ROW_STYLES: SystemStyleObject = {
  "& .event-row": {
    "&:hover": { bg: "bg.subtle" },
    "&[aria-selected=true]": { bg: "bg.info" },
    alignItems: "center",
    borderBottomWidth: "1px",
    columnGap: 3,
    cursor: "pointer",
    display: "grid",
    gridTemplateColumns: { base: "minmax(0, 1fr) auto", md: COLUMNS },
    left: 0,
    position: "absolute",
    px: 3,
    right: 0,
    top: 0,
  },
  "& .event-actor, & .event-witness": { ...CUT, hideBelow: "md" },
  "& .event-between": { px: 1.5 },
  "& .event-faint": { color: "fg.subtle" },
  "& .event-mute, & .event-witness": { color: "fg.muted" },
  "& .event-name": {
    "& > span": { ...CUT, fontWeight: "medium" },
    "& > svg": { flexShrink: 0 },
    alignItems: "center",
    display: "flex",
    gap: 2,
    minWidth: 0,
  },
  "& .event-subject": {
    "& > span": { ...CUT, minWidth: 0 },
    "& > span[data-long]": { flexShrink: 20 },
    color: { base: "fg.muted", md: "fg" },
    display: "flex",
    gridColumn: { base: "1 / -1", md: "auto" },
    minWidth: 0,
    order: { base: 2, md: 0 },
  },
  "& .event-time": { color: "fg.muted", order: { base: 1, md: 0 } },
  "& [data-tone=bad]": { color: "fg.error" },
  "& [data-tone=good]": { color: "fg.success" },
  "& [data-tone=info], & [data-tone=waiting]": { color: "fg.info" },
  "& [data-tone=neutral]": { color: "fg.subtle" },
  "& [data-tone=unsure]": { color: "fg.muted" },
  "& [data-tone=warning]": { color: "fg.warning" },
  // Where the keys act is marked while they do.
  "&:focus-visible [data-active]": {
    outline: "2px solid",
    outlineColor: "border.info",
    outlineOffset: "-2px",
  },
};
