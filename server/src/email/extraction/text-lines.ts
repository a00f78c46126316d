/** Lines of text as a page of HTML is written into them: blocks, quotes, lists, and cells that stand side by side. */

export interface Line {
  /** Without quote marks. */
  text: string
  /** How many quotes it stands in. */
  quote: number
  /**
   * What the HTML says of the place before this line and the text does not: 'history', from here on it is older mail;
   * 'signature', one begins.
   */
  mark?: 'history' | 'signature' | undefined
}

/** Deeper than this, quotes and lists are not told apart: the marks would be longer than the text. */
const deepest = 10

/** Cells of a row are written on one line when at most one has several lines, and no more than this. */
const mostJoined = 4

export class TextLines {
  readonly lines: Line[] = []
  quote = 0
  /** What stands before the first line of a list item. */
  bullet = ''
  /** Blanks before every line. */
  indent = 0
  #text = ''
  #space = false
  #margin = false
  #mark: Line['mark']
  /** A line of nothing but unbreakable spaces is one its writer left empty. */
  #blank = false
  /** Its first line wants an empty one before it. */
  startsWithMargin = false

  /** True at the start of a line. */
  get fresh(): boolean {
    return this.#text === ''
  }

  get empty(): boolean {
    return this.#text === '' && this.lines.length === 0
  }

  /** Flowing text: any run of white space is one space, and none at the start or end of a line. */
  write(text: string): void {
    const words = text.replace(whiteSpace, ' ')
    if (words === ' ' || words === '') {
      if (words && this.#text) this.#space = true
      if (this.#text === '' && text.includes('\u00a0')) this.#blank = true
      return
    }
    if (words[0] === ' ') this.#space = true
    if (this.#space && this.#text) this.#text += ' '
    this.#text += words.trim()
    this.#space = words.at(-1) === ' '
  }

  /** Text whose spaces and line breaks count. */
  writePre(text: string): void {
    const [first = '', ...rest] = text.split(/\r\n?|\n/)
    this.#text += first
    for (const line of rest) {
      this.break()
      this.#text = line
    }
  }

  /** `<br>`. */
  break(): void {
    if (this.#text === '') this.#push('')
    else this.block()
  }

  /** The edge of a block; with a margin, an empty line stands there. */
  block(margin = false): void {
    if (this.#text !== '') this.#push(this.#text.trimEnd())
    else if (this.#blank) this.#margin = true
    this.#text = ''
    this.#space = this.#blank = false
    if (margin) this.#margin = true
  }

  /** The next line gets this mark. */
  mark(mark: Line['mark']): void {
    this.block()
    // A history within a signature is history.
    if (this.#mark !== 'history') this.#mark = mark
  }

  #push(text: string): void {
    this.#append([{ text, quote: Math.min(this.quote, deepest) }])
  }

  /** Writes a row of cells, each of which was filled on its own. */
  row(cells: TextLines[]): void {
    this.block()
    for (const cell of cells) {
      cell.block()
      while (cell.lines.at(-1)?.text === '') cell.lines.pop()
    }
    const filled = cells.filter(cell => cell.lines.length > 0)
    if (filled.length === 0) return
    const long = filled.filter(cell => cell.lines.length > 1)
    if (filled.length > 1 && long.length <= 1 && (long[0]?.fits ?? true)) {
      const joined: Line[] = []
      for (const { lines } of filled) {
        const [first, ...rest] = lines as [Line, ...Line[]]
        const last = joined.at(-1)
        if (last) last.text += `\t${first.text}`
        else joined.push({ ...first })
        joined.push(...rest.map(line => ({ ...line })))
      }
      this.#append(joined)
    } else {
      for (const cell of filled) {
        if (cell.startsWithMargin) this.#margin = true
        this.#append(cell.lines)
        if (cell.#margin) this.#margin = true
      }
    }
  }

  /** Short and without paragraphs, so that its neighbours can be written on its last line. */
  get fits(): boolean {
    return this.lines.length <= mostJoined && this.lines.every(({ text }) => text !== '' && text.length < 200)
  }

  /** No more than one empty line in a row, and none at the start. */
  #append(lines: Line[]): void {
    for (const line of lines) {
      const last = this.lines.at(-1)
      if (line.text === '') {
        if (last && last.text !== '') this.lines.push(line)
        continue
      }
      if (this.#margin && !last) this.startsWithMargin = true
      if (this.#margin && last && last.text !== '') this.lines.push({ text: '', quote: Math.min(last.quote, line.quote) })
      this.#margin = false
      const before = ' '.repeat(2 * Math.min(this.indent, deepest)) + this.bullet
      // Lines after the first of a list item stand under its text.
      this.bullet = ''
      const mark = this.#mark === 'history' ? 'history' : (line.mark ?? this.#mark)
      this.#mark = undefined
      this.lines.push(before || mark !== line.mark ? { ...line, text: before + line.text, mark } : line)
    }
  }
}

const whiteSpace = /[ \t\n\f\r\u00a0\u2000-\u200a\u202f\u205f\u3000]+/g

/** As plain text, quotes with `> ` before every line. */
export const joinLines = (lines: Line[]): string =>
  lines.map(({ text, quote }) => (quote === 0 ? text : `${'> '.repeat(quote)}${text}`.trimEnd())).join('\n')
