import { parquetWriteBuffer } from "hyparquet-writer";
import type { Cell, Column, Table } from "./rows.js";

/** Comma-separated values after RFC 4180, with a line of headings; empty where there is no value. */
export function tableCsv({ columns, rows }: Table): string {
  const line = (cells: readonly Cell[]) => `${cells.map(field).join(",")}\r\n`;
  return line(columns.map(({ name }) => name)) + rows.map(line).join("");
}

function field(cell: Cell): string {
  if (cell === null) return "";
  const text = String(cell);
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}

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
