import { Box, chakra } from "@chakra-ui/react";
import {
  type ColumnDef,
  flexRender,
  getCoreRowModel,
  type Row,
  useReactTable,
} from "@tanstack/react-table";

interface DataTableProps<Item> {
  /** For screen readers: "Open incidents". */
  readonly label: string;
  /** Made with `createColumnHelper`; each column has a value type of its own. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly columns: readonly ColumnDef<Item, any>[];
  readonly rows: readonly Item[];
  readonly rowId?: (row: Item) => string;
}

/** On a phone each row is a block, and each cell says what it is. */
const cell = { base: "flex", md: "table-cell" } as const;

/**
 * A table that becomes a list of blocks on a phone.
 *
 * The roles are written out, since `display` takes a table's own ones away.
 */
export function DataTable<Item>({ label, columns, rows, rowId }: DataTableProps<Item>) {
  // eslint-disable-next-line react-hooks/incompatible-library -- the table is made anew anyway
  const table = useReactTable({
    columns: [...columns],
    data: rows as Item[],
    getCoreRowModel: getCoreRowModel(),
    getRowId: rowId,
  });
  return (
    <Box borderRadius="md" borderWidth="1px" overflowX="auto">
      <chakra.table
        aria-label={label}
        css={{ fontVariantNumeric: "tabular-nums" }}
        display={{ base: "block", md: "table" }}
        fontSize="sm"
        role="table"
        width="full"
      >
        <chakra.thead bg="bg.subtle" display={{ base: "none", md: "table-header-group" }}>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} role="row">
              {group.headers.map((header) => (
                <chakra.th
                  fontWeight="semibold"
                  key={header.id}
                  px={3}
                  py={2}
                  role="columnheader"
                  textAlign="start"
                  whiteSpace="nowrap"
                >
                  {header.isPlaceholder
                    ? null
                    : flexRender(header.column.columnDef.header, header.getContext())}
                </chakra.th>
              ))}
            </tr>
          ))}
        </chakra.thead>
        <chakra.tbody display={{ base: "block", md: "table-row-group" }}>
          {table.getRowModel().rows.map((row) => (
            <TableRow key={row.id} row={row} />
          ))}
        </chakra.tbody>
      </chakra.table>
    </Box>
  );
}

function TableRow<Item>({ row }: { readonly row: Row<Item> }) {
  return (
    <chakra.tr
      _hover={{ bg: "bg.subtle" }}
      borderTopWidth="1px"
      display={{ base: "block", md: "table-row" }}
      py={{ base: 2, md: 0 }}
      role="row"
    >
      {row.getVisibleCells().map(({ id, column, getContext }) => (
        <chakra.td
          alignItems="baseline"
          display={cell}
          gap={3}
          key={id}
          overflowWrap="anywhere"
          px={3}
          py={{ base: 1, md: 2 }}
          role="cell"
          verticalAlign="top"
        >
          {typeof column.columnDef.header === "string" && (
            <chakra.span aria-hidden="true" color="fg.muted" flex="0 0 35%" hideFrom="md">
              {column.columnDef.header}
            </chakra.span>
          )}
          <chakra.span minW={0}>{flexRender(column.columnDef.cell, getContext())}</chakra.span>
        </chakra.td>
      ))}
    </chakra.tr>
  );
}
