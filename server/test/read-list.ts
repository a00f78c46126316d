/** Reading a list as an upload does, without a server: the file's bytes in, its rows out. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readList } from '../src/post/recipients/list-reader.ts'
import type { ImportJob } from '../src/post/recipients/list-reader.worker.ts'
import type { ListSummary } from '../src/post/recipients/list-tally.ts'
import type { Accepted, Rejected } from '../src/post/recipients/rows.ts'
import { addressLines } from '../src/printer/layout/address-block.ts'
import { Problem } from '../src/problems.ts'

export interface ReadRows extends ListSummary {
  accepted: Accepted[]
  rejected: Rejected[]
}

export const listFiles = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pennypost-lists-'))
  const read = async (content: string | Uint8Array, options: Partial<ImportJob> = {}): Promise<ReadRows> => {
    const path = join(folder, randomBytes(8).toString('hex'))
    await writeFile(path, content)
    const accepted: Accepted[] = []
    const rejected: Rejected[] = []
    try {
      const list = await readList({ path, mapping: {}, ...options }, async batch => {
        accepted.push(...JSON.parse(batch.json).filter((row: object) => 'recipient' in row))
        rejected.push(...batch.rejected)
        for (const { id, zip } of batch.extended) accepted.find(row => row.id === id)!.recipient.zip = zip
      })
      return { ...list, accepted, rejected }
    } finally {
      await rm(path)
    }
  }
  /** That a list is refused as a whole; gives what the refusal guessed. */
  const refused = async (
    content: string | Uint8Array,
    reason: RegExp,
    options: Partial<ImportJob> = {},
  ): Promise<object | undefined> => {
    let guess: object | undefined
    await assert.rejects(read(content, options), (error: unknown) => {
      assert.ok(error instanceof Problem, String(error))
      assert.equal(error.errors?.[0]?.path, '/file')
      assert.match(error.message, reason)
      guess = error.errors[0]!.guess
      return true
    })
    return guess
  }
  return { folder, read, refused, close: () => rm(folder, { recursive: true }) }
}

/** The addresses as they are printed, a line each: `JANE DOE / 12 OAK AVE / BOSTON MA 02139`. */
export const printed = ({ accepted }: ReadRows): string[] =>
  accepted.map(({ recipient }) => addressLines(recipient, 'to').join(' / '))

/** Why rows were not taken: `3 invalid zip`. */
export const reasons = ({ rejected }: ReadRows): string[] =>
  rejected.map(({ row, reasons }) => `${row} ${reasons.map(({ code, field }) => `${code} ${field}`).join(', ')}`)
