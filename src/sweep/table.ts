import { parquetWriteBuffer } from "hyparquet-writer";
import { csvText } from "../index.js";
import type { Cell, Column, Table } from "./rows.js";

/** The table as comma-separated values. */
export const tableCsv = ({ columns, rows }: Table): string =>
  csvText(
    columns.map(({ name }) => name),
    rows,
  );

const parquetTypes = { text: "STRING", whole: "INT64", number: "DOUBLE", truth: "BOOLEAN" } as const;

/** The table as an Apache Parquet file. The same table gives the same bytes. */
export function tableParquet({ columns, rows }: Table): Uint8Array {
  const buffer = parquetWriteBuffer({
    columnData: columns.map((column, i) => ({
      name: column.name,
      type: parquetTypes[column.type],
      nullable: true,
      data: rows.map((row) => stored(row[i]!, column)),
    })),
    createdBy: "xbarkit",
  });
  return new Uint8Array(buffer);
}

const stored = (cell: Cell, { type }: Column): Cell | bigint =>
  type === "whole" && typeof cell === "number" ? BigInt(cell) : cell;
