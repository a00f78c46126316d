import { limits as request } from '../limits.ts'

/** A list that cannot be read as a whole; the message is for whoever sent it. (A bad row is no reason to refuse the others.) */
export class ListRefused extends Error {
  /** Something to go on with, for a program: what was recognised. */
  readonly guess: object | undefined

  constructor(message: string, guess?: object) {
    super(message)
    this.guess = guess
  }
}

/** What a list may cost, whatever it claims about itself. */
export const limits = {
  fileBytes: request.uploadBytes,
  rows: 200_000,
  columns: 200,
  /** Characters of one cell: what Excel itself allows. */
  cell: 32_767,
  /** Characters of one record of a CSV file. */
  record: 256 * 1024,
  zipEntries: 2_000,
  /** Bytes of one part of a workbook, unpacked. A sheet of 200,000 rows has some 150 MB. */
  partBytes: 400 * 1024 * 1024,
  /** Unpacked : packed. Sheets reach 20 to 50, a bomb some 1,000. */
  ratio: 200,
  /** Characters of all shared texts of a workbook. */
  sharedText: 60_000_000,
  /** From the start of reading to the last row stored. */
  seconds: 120,
  heapMb: 256,
} as const
