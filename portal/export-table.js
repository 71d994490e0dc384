/**
 * The export files of marketplaces as tables: whatever their encoding, their separator, their quotation marks, and what
 * stands above and below the rows. Nothing here asks the network, and no row is dropped without a word.
 */

/** @typedef {{number: number, cells: string[]}} Row `number` as a spreadsheet counts it, from 1 */

/**
 * @typedef {object} Table
 * @property {string[]} headers
 * @property {number} width how many cells their row has, the empty ones at its end too
 * @property {Row[]} rows below the headers, without the empty ones
 * @property {Set<number>} afterBlank numbers of the rows right below an empty one
 * @property {number} steps how many characters were looked at
 */

/** @typedef {"workbook" | "document" | "empty"} Unreadable */

const SEPARATORS = [",", ";", "\t", "|"];
const HEAD = 25; // rows among which the headers are looked for

/**
 * What a file is that is no table of text.
 * @param {Uint8Array} bytes
 * @returns {Unreadable | null}
 */
export function unreadable(bytes) {
  /** @param {...number} start */
  const begins = (...start) => start.every((byte, index) => bytes[index] === byte);
  if (begins(0x50, 0x4b) || begins(0xd0, 0xcf, 0x11, 0xe0)) return "workbook"; // .xlsx is a ZIP archive; .xls
  if (begins(0x25, 0x50, 0x44, 0x46) || begins(0x1f, 0x8b)) return "document"; // PDF, gzip
  const start = decode(bytes.subarray(0, 200)).trimStart();
  return /^(<[!?a-z]|[[{])/i.test(start) ? "document" : null; // HTML or XML that is called .xls, JSON
}

// Encodings other than Unicode, each with words that show in it alone.
/** @type {[string, RegExp][]} */
const ENCODINGS = [
  ["shift_jis", /注文|受注|キャンセル|ステータス/],
  ["gb18030", /订单|状态|取消/],
  ["big5", /訂單|狀態/],
  ["euc-kr", /주문/],
];

/**
 * A file's text, whatever its encoding.
 * @param {Uint8Array} bytes
 */
export function decode(bytes) {
  const [a, b] = bytes;
  if (a === 0xff && b === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (a === 0xfe && b === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  const head = bytes.subarray(0, 1000);
  const zeros = [0, 1].map((odd) => head.filter((byte, index) => byte === 0 && index % 2 === odd).length);
  // Every second byte of it is zero; zeros behind the text are none of it.
  if (Math.max(...zeros) > head.length / 4 && Math.min(...zeros) === 0)
    return new TextDecoder(zeros[1] ? "utf-16le" : "utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes); // drops a byte order mark
  } catch {
    return decodeBroken(bytes);
  }
}

/**
 * The text of a file that is not UTF-8, or not all of it.
 * @param {Uint8Array} bytes
 */
function decodeBroken(bytes) {
  const text = new TextDecoder("utf-8").decode(bytes);
  if (count(text, /\ufffd/g) * 4 <= count(text, /[^\0-\x7f\ufffd]/g)) return text; // a broken letter or two are no encoding
  for (const [encoding, words] of ENCODINGS) {
    const other = new TextDecoder(encoding).decode(bytes);
    if (words.test(other)) return other;
  }
  return new TextDecoder("windows-1252").decode(bytes);
}

/**
 * @param {string} text
 * @param {RegExp} pattern
 */
const count = (text, pattern) => text.match(pattern)?.length ?? 0;

/**
 * A text's table; `isHeader` says whether a cell is the name of a column that is known.
 * @param {string} text
 * @param {(cell: string) => boolean} isHeader
 * @returns {Table}
 */
export function read(text, isHeader) {
  const end = endOf(text);
  const named = /^\ufeff?"?sep=(.)"?[ \t]*(\r\n|\r|\n|$)/i.exec(text);
  const body = text.slice(named ? named[0].length : 0, end);
  const separator = named?.[1] ?? separatorOf(body, isHeader);
  const { row: headerRow, at, number, cells: headers, steps: before } = headersOf(body, separator, isHeader);

  const reader = new Reader(body, separator, headerRow?.length ?? null);
  reader.at = at;
  /** @type {Table} */
  const table = { headers, width: headerRow?.length ?? 0, rows: [], afterBlank: new Set(), steps: 0 };
  let blank = false;
  for (let line = number; ; line++) {
    const cells = reader.record();
    if (!cells) break;
    if (cells.every((cell) => cell === "")) blank = true;
    else {
      table.rows.push({ number: line, cells });
      if (blank) table.afterBlank.add(line);
      blank = false;
    }
  }
  table.steps = before + reader.steps;
  return table;
}

/**
 * Where the text ends. Control characters behind it are a cipher's padding, or the end mark of old systems.
 * @param {string} text
 */
function endOf(text) {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) < 0x20 && !"\t\n\r".includes(text.charAt(end - 1))) end--;
  return end;
}

/**
 * The separator by which most names of columns are known, or else the one that cuts the first rows most evenly.
 * @param {string} text
 * @param {(cell: string) => boolean} isHeader
 */
function separatorOf(text, isHeader) {
  const found = SEPARATORS.map((separator) => {
    const rows = head(text, separator);
    const widths = rows.map(({ cells }) => cells.length).filter((width) => width > 1);
    const width = mostFrequent(widths) ?? 1;
    const known = Math.max(0, ...rows.map(({ cells }) => cells.filter(isHeader).length));
    return { separator, score: [known, widths.filter((each) => each === width).length, width] };
  });
  const [best] = found.sort((a, b) => compare(b.score, a.score));
  return best?.separator ?? ",";
}

/**
 * @param {number[]} a
 * @param {number[]} b
 */
function compare(a, b) {
  const differs = a.findIndex((number, index) => number !== b[index]);
  return differs < 0 ? 0 : (a[differs] ?? 0) - (b[differs] ?? 0);
}

/** @param {number[]} numbers */
function mostFrequent(numbers) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/**
 * The first rows, without the empty ones, and where each ends.
 * @param {string} text
 * @param {string} separator
 */
function head(text, separator) {
  const reader = new Reader(text.slice(0, 100_000), separator, null);
  const rows = [];
  for (let number = 1; rows.length < HEAD; number++) {
    const cells = reader.record();
    if (!cells) break;
    if (cells.some((cell) => cell !== "")) rows.push({ number, cells, at: reader.at, steps: reader.steps });
  }
  return rows;
}

/**
 * The columns' names, below empty rows and titles; a file that begins with its orders has none.
 * @param {string} text
 * @param {string} separator
 * @param {(cell: string) => boolean} isHeader
 */
function headersOf(text, separator, isHeader) {
  const rows = head(text, separator);
  const steps = rows.at(-1)?.steps ?? 0;
  const width = mostFrequent(rows.map(({ cells }) => cells.length)) ?? 1;
  const found =
    rows.find(
      ({ cells }) => cells.some(isHeader) && !cells.some(looksLikeData) && (width === 1 || filled(cells) > 1),
    ) ?? rows.find(({ cells }) => cells.length === width && filled(cells) >= Math.min(2, width));
  if (!found) return { row: null, at: 0, number: 1, cells: [], steps };
  const { cells, at, number } = found;
  if (cells.some(looksLikeData)) {
    // Its orders begin at once. The row is read again, as the first of them.
    return { row: cells, at: 0, number: 1, cells: cells.map((_, index) => `Column ${index + 1}`), steps };
  }
  return { row: cells, at, number: number + 1, cells: cells.slice(0, 1 + cells.findLastIndex(Boolean)), steps };
}

/** @param {string[]} cells */
const filled = (cells) => cells.filter((cell) => cell !== "").length;

/** @param {string} cell */
const looksLikeData = (cell) => /\d{4}|\d[-/.]\d/.test(cell);

/** Rows of trimmed cells, each character looked at a few times at most. */
class Reader {
  steps = 0;
  at = 0;
  /** Whether there may be a quotation mark ahead that closes a cell. */
  #marks = true;

  /**
   * @param {string} text
   * @param {string} separator
   * @param {number | null} width how many cells the header row has
   */
  constructor(text, separator, width) {
    this.text = text;
    this.separator = separator;
    this.width = width;
  }

  /** @returns {string[] | null} */
  record() {
    const start = this.at;
    if (start >= this.text.length) return null;
    /** @type {string[]} */
    const cells = [];
    let lines = 1;
    for (;;) {
      let mark = this.at;
      while (this.#isBlank(mark)) mark++;
      if (this.#marks && this.text[mark] === '"') {
        const found = this.#closing(mark + 1, start, lines);
        if (!found) return this.#line(start);
        cells.push(
          this.text
            .slice(mark + 1, found.at)
            .replaceAll('""', '"')
            .trim(),
        );
        lines = found.lines;
        this.at = found.at + 1;
        while (this.#isBlank(this.at)) this.at++;
      } else {
        const begin = this.at;
        while (!this.#endsCell(this.at)) this.at++;
        cells.push(this.text.slice(begin, this.at).trim());
      }
      if (this.text[this.at] !== this.separator) break;
      this.at++;
    }
    this.#endLine();
    // Tab-separated reports do not quote: there, a mark that makes a row too short is a letter.
    if (this.separator === "\t" && lines === 1 && cells.length !== this.width && this.#widthOf(start) === this.width) {
      return this.#line(start);
    }
    return cells;
  }

  /**
   * Where a cell's closing mark is: before a separator or a line's end. None where the cell would swallow lines that are
   * rows as they stand.
   * @param {number} from
   * @param {number} start of the row
   * @param {number} lines of it so far
   */
  #closing(from, start, lines) {
    for (let i = from; i < this.text.length; i++) {
      this.steps++;
      const letter = this.text[i];
      if (letter === '"') {
        if (this.text[i + 1] === '"') i++;
        else {
          let next = i + 1;
          while (this.#isBlank(next)) next++;
          if (this.#endsCell(next)) return { at: i, lines };
        }
      } else if (letter === "\n" || (letter === "\r" && this.text[i + 1] !== "\n")) {
        if (lines === 1 && this.width !== null && this.width > 1) {
          if (this.#widthOf(start) === this.width && this.#widthOf(i + 1) === this.width) return null;
        }
        lines++;
      }
    }
    this.#marks = false; // a mark that nothing closes: there is none that would close a later one either
    return null;
  }

  /**
   * One line as it stands, its marks being letters unless they enclose a cell.
   * @param {number} start
   */
  #line(start) {
    this.at = start;
    const cells = [];
    for (;;) {
      const begin = this.at;
      while (!this.#endsCell(this.at)) this.at++;
      const cell = this.text.slice(begin, this.at).trim();
      cells.push(/^"(?:[^"]|"")*"$/.test(cell) ? cell.slice(1, -1).replaceAll('""', '"').trim() : cell);
      if (this.text[this.at] !== this.separator) break;
      this.at++;
    }
    this.#endLine();
    return cells;
  }

  /**
   * How many cells a line has as it stands.
   * @param {number} start
   */
  #widthOf(start) {
    let width = 1;
    for (let i = start; !this.#endsLine(i); i++) if (this.text[i] === this.separator) width++;
    return width;
  }

  /** @param {number} at */
  #isBlank(at) {
    this.steps++;
    const letter = this.text[at];
    return letter === " " || (letter === "\t" && this.separator !== "\t");
  }

  /** @param {number} at */
  #endsLine(at) {
    this.steps++;
    const letter = this.text[at];
    return letter === undefined || letter === "\n" || letter === "\r";
  }

  /** @param {number} at */
  #endsCell(at) {
    return this.text[at] === this.separator || this.#endsLine(at);
  }

  #endLine() {
    if (this.text[this.at] === "\r" && this.text[this.at + 1] === "\n") this.at++;
    this.at++;
  }
}
