/**
 * The hot folder: a folder shared with any print shop. A job is one folder, complete from the moment it can be seen:
 *
 *     jobs/<job id>/pieces-0001.pdf …   pages of up to 500 pieces, one piece after the other
 *     jobs/<job id>/manifest.json       what is in them, SHA-256 of every file, one row per piece
 *     jobs/<job id>/manifest.csv        the same rows for a spreadsheet
 *     returns/                          where the shop puts its answers (hot-folder-returns.ts)
 *
 * The job id is the name, so giving a job away twice finds it there: `mkdir`, write, sync, then one `rename`.
 */
import { createHash } from 'node:crypto'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { publicId } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import type { PieceSpec } from '../../printer/render.ts'
import { routingOf } from '../addresses/postal-addresses.ts'
import { letterSizes, postcardSizes } from '../money/prices.ts'
import type { Artwork } from '../pieces/creative.ts'
import type { PieceRow } from '../pieces/pieces.sql.ts'
import { loadArtwork, renderer, specOf } from '../production/printing.ts'
import type { Carrier, Job, Prepared, Refused } from './carrier.ts'
import { formatOf } from './job-format.ts'
import { csvTable } from './manifest-csv.ts'

const piecesPerFile = 500

export const jobsFolder = (app: App): string => join(app.config.HOT_FOLDER, 'jobs')
export const returnsFolder = (app: App): string => join(app.config.HOT_FOLDER, 'returns')
/** Job ids stand on folders as they do in the database, for that is what the shop sends back. */
const folderOf = (app: App, jobId: string): string => join(jobsFolder(app), jobId)

interface PrintFile {
  name: string
  sha256: string
  bytes: number
  pieces: number
  pages: number
}
interface ManifestRow {
  piece_id: string
  file: string
  first_page: number
  pages: number
  sheets: number
  imb: string
  name: string
  company: string
  line1: string
  line2: string
  city: string
  state: string
  zip: string
  country: string
}

export const hotFolder: Carrier = {
  name: 'hot-folder',
  capabilities: () => ({
    title: 'Hot folder',
    sizes: [...postcardSizes, ...letterSizes],
    countries: 'all',
    qr_per_piece: true,
    barcode: 'ours',
    reports: ['printed', 'mailed'],
    reports_by: 'files',
    idempotent: true,
    cancel_after_lock: false,
    reprints: true,
    test_tracking: false,
    pieces_per_job: 10_000,
  }),
  prepare: async (app, job): Promise<Prepared> => {
    const reference = `jobs/${job.id}`
    if (await exists(folderOf(app, job.id))) return { refused: [], handOver: async () => ({ reference }) }
    const draft = join(jobsFolder(app), `.${job.id}.part`)
    await rm(draft, { recursive: true, force: true })
    await mkdir(draft, { recursive: true })
    await mkdir(returnsFolder(app), { recursive: true })
    const refused = await writeJob(app, job, draft)
    return {
      refused,
      handOver: async () => {
        await rename(draft, folderOf(app, job.id))
        await syncFolder(jobsFolder(app))
        return { reference }
      },
    }
  },
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Writes all files of a job; returns the pieces that cannot be printed. */
const writeJob = async (app: App, job: Job, folder: string): Promise<Refused[]> => {
  const files: PrintFile[] = []
  const rows: ManifestRow[] = []
  const refused: Refused[] = []
  // Pieces that went into the printer and have not come out yet: one file's worth at most, and what was read ahead.
  const inside: PieceRow[] = []
  const title = `Pennypost job ${job.id}`
  let passed = 0
  for await (const file of renderer.impose(specsOf(app, job, inside), { piecesPerFile, title, created: job.createdAt })) {
    const name = `pieces-${String(files.length + 1).padStart(4, '0')}.pdf`
    const pieceAt = (index: number) => inside[index - passed]!
    for (const { index, problem } of file.refused)
      refused.push({ pieceId: pieceAt(index).id, code: problem.code, message: problem.message })
    for (const { index, firstPage, pages } of file.pieces) rows.push(rowOf(pieceAt(index), name, firstPage, pages))
    const through = Math.max(...[...file.refused, ...file.pieces].map(({ index }) => index)) + 1
    inside.splice(0, through - passed)
    passed = through
    if (file.pieces.length === 0) continue
    const pages = file.pieces.reduce((sum, piece) => sum + piece.pages, 0)
    files.push({ ...(await write(folder, name, file.pdf)), pieces: file.pieces.length, pages })
  }
  await writeManifest(app, job, folder, files, rows)
  return refused
}

async function* specsOf(app: App, job: Job, inside: PieceRow[]): AsyncGenerator<PieceSpec> {
  let artwork: Artwork = new Map()
  for await (const batch of job.pieces()) {
    // The same bytes as before, so that the printer knows shared artwork again.
    artwork = await loadArtwork(
      app,
      app.db,
      job.org,
      batch.map(piece => piece.printed_creative),
      artwork,
    )
    for (const piece of batch) {
      inside.push(piece)
      yield specOf(app, piece, artwork, publicId('piece', piece.id))
    }
  }
}

const rowOf = (piece: PieceRow, file: string, first_page: number, pages: number): ManifestRow => {
  const { name = '', company = '', line1, line2 = '', city, state = '', zip = '', country } = piece.recipient
  return {
    piece_id: publicId('piece', piece.id),
    file,
    first_page,
    pages,
    // Both sides of each sheet are pages of the file.
    sheets: pages / 2,
    imb: piece.imb ? piece.imb + routingOf(piece.recipient) : '',
    name,
    company,
    line1,
    line2,
    city,
    state,
    zip,
    country,
  }
}

const writeManifest = async (app: App, job: Job, folder: string, files: PrintFile[], rows: ManifestRow[]): Promise<void> => {
  const columns = [
    'piece_id',
    'file',
    'first_page',
    'pages',
    'sheets',
    'imb',
    'name',
    'company',
    'line1',
    'line2',
    'city',
    'state',
    'zip',
    'country',
  ] as const
  const csv = csvTable(
    columns,
    rows.map(row => columns.map(column => row[column])),
  )
  const table = await write(folder, 'manifest.csv', Buffer.from(csv))
  const manifest = {
    version: 2,
    job: job.id,
    drop: publicId('drop', job.dropId),
    mail_date: job.mailDate,
    reprint: job.reprint,
    created_at: job.createdAt.toISOString(),
    format: formatOf(app, job),
    piece_count: rows.length,
    files: [...files, table],
    pieces: rows,
  }
  await write(folder, 'manifest.json', Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`))
  await syncFolder(folder)
}

const write = async (
  folder: string,
  name: string,
  bytes: Uint8Array,
): Promise<{ name: string; sha256: string; bytes: number }> => {
  const file = await open(join(folder, name), 'w')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  return { name, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length }
}

const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
