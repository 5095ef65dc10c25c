/** What a cell of a table may hold; null where there is nothing to say. */
export type CsvCell = string | number | boolean | null;

/** Comma-separated values after RFC 4180, with a line of headings; a cell without a value is empty. */
export function csvText(columns: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  const line = (cells: readonly CsvCell[]) => `${cells.map(field).join(",")}\r\n`;
  return line(columns) + rows.map(line).join("");
}

function field(cell: CsvCell): string {
  if (cell === null) return "";
  const text = String(cell);
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}
