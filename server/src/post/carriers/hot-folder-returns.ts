/**
 * What a print shop answers in `returns/`, a file per answer, named after the job:
 *
 *     <job id>.ack       the job was taken
 *     <job id>.printed   all of it is printed; with lines of piece ids: those only
 *     <job id>.spoil     CSV: piece_id[,reason] of pieces to be printed again; they come as a new job
 *     <job id>.failed    CSV: piece_id[,reason] of pieces that cannot be printed at all; without ids: none of the job can
 *     <job id>.mailed    all of it is at the post office; with lines of piece ids: those only
 *
 * `.printed` and `.mailed` may say the day: `2026-11-27` on a line of its own, or beside each piece. Files are to be renamed into place;
 * names that start with a dot or end in .part or .tmp are left alone. A file that was read goes to `returns/done/`, one that could not be
 * followed to `returns/refused/` with a note beside it; a second file of the same name does not take the place of the first. Reading one
 * twice changes nothing.
 */
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newId, publicId } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import { produce } from '../drops/drops.sql.ts'
import type { PieceRow } from '../pieces/pieces.sql.ts'
import { movePieces, type Step } from '../pieces/transitions.ts'
import * as jobs from '../production/print-jobs.sql.ts'
import { returnsFolder } from './hot-folder.ts'
import { type Named, type ReturnFile, readReturnFile } from './return-file.ts'

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const answerName = new RegExp(`^(${uuid})\\.(ack|printed|spoil|failed|mailed)(?:\\.(?:csv|txt))?$`, 'i')
/** A list of 10,000 ids with reasons is a tenth of that. */
const mostBytes = 8 * 1024 * 1024
const batch = 500

/** The job `post.returns`: reads every answer that is there, oldest first. */
export const readReturns = async (app: App): Promise<void> => {
  const folder = returnsFolder(app)
  const names = await readdir(folder).catch(() => [])
  const files: { name: string; at: number }[] = []
  for (const name of names) {
    if (name.startsWith('.') || /\.(part|tmp)$/i.test(name)) continue
    const found = await stat(join(folder, name)).catch(() => undefined)
    if (found?.isFile()) files.push({ name, at: found.mtimeMs })
  }
  for (const { name } of files.sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1))) await readReturn(app, folder, name)
}

const readReturn = async (app: App, folder: string, name: string): Promise<void> => {
  const [, jobId, answer] = answerName.exec(name) ?? []
  const job = jobId && (await jobs.unscopedById(app.db, 'hot-folder', jobId.toLowerCase()))
  const problem = !answer
    ? 'The name is not <job id>.ack, .printed, .spoil, .failed or .mailed.'
    : !job
      ? 'There is no such job.'
      : await apply(app, job, answer.toLowerCase() as Answer, join(folder, name))
  await putAway(folder, name, problem)
}

type Answer = 'ack' | 'printed' | 'spoil' | 'failed' | 'mailed'

const putAway = async (folder: string, name: string, problem: string | undefined): Promise<void> => {
  const to = join(folder, problem ? 'refused' : 'done')
  await mkdir(to, { recursive: true })
  const kept = await freeName(to, name)
  if (problem) await writeFile(join(to, `${kept}.why.txt`), `${problem}\n`)
  // Another process may have put it away already.
  await rename(join(folder, name), join(to, kept)).catch(() => {})
}

/** What the shop answered stays: a second `J.spoil` is kept as `J.spoil.2`. */
const freeName = async (folder: string, name: string): Promise<string> => {
  const taken = new Set(await readdir(folder))
  for (let number = 1; ; number++) {
    const free = number === 1 ? name : `${name}.${number}`
    if (!taken.has(free)) return free
  }
}

/** Does what an answer says; returns what is wrong with it, if anything. */
const apply = async (app: App, job: jobs.PrintJobRow, answer: Answer, path: string): Promise<string | undefined> => {
  if ((await stat(path)).size > mostBytes) return 'The file is larger than 8 MB.'
  if (answer === 'ack') return void (await jobs.report(app.db, job.organization_id, job.id, 'accepted'))
  const file = readReturnFile(await readFile(path, 'utf8'))
  if (typeof file === 'string') return file
  const stranger = await jobs.stranger(
    app.db,
    job.organization_id,
    job,
    file.pieces.map(({ id }) => id),
  )
  if (stranger) return `"${publicId('piece', stranger)}" is no piece of this job.`
  if (answer === 'spoil') return spoil(app, job, file.pieces)
  if (answer === 'failed') return fail(app, job, file.pieces)
  return report(app, job, answer, file)
}

const spoil = async (app: App, job: jobs.PrintJobRow, named: readonly Named[]): Promise<string | undefined> => {
  if (named.length === 0) return 'It names no piece.'
  const pieceIds = named.map(({ id }) => id)
  return app.db.tx(async db => {
    // Before anything is moved: what cannot be printed again, and why.
    const left = await jobs.notReprintable(db, job.organization_id, job.id, pieceIds)
    if ((await jobs.reprint(db, job.organization_id, job, { id: newId(), pieceIds })) > 0) await produce(db)
    return explain(left, named.length, 'printed again')
  })
}

/** Pieces the shop cannot print, or all of the job. They fail with its reason and their money goes back. */
const fail = async (app: App, job: jobs.PrintJobRow, named: readonly Named[]): Promise<string | undefined> => {
  const org = job.organization_id
  const at = app.clock.now()
  const reasons = new Map(named.map(({ id, reason }) => [id, reason]))
  const stepOf = (id: string): Step => ({
    to: 'failed',
    at,
    failure: { code: 'refused_by_carrier', message: reasons.get(id) || 'The print shop cannot print it.' },
  })
  const left = named.length > 0 ? await jobs.notReprintable(app.db, org, null, [...reasons.keys()]) : []
  if (named.length === 0) await eachBatch(app, job, rows => new Map(rows.map(({ id }) => [id, [stepOf(id)]])))
  for (let i = 0; i < named.length; i += batch) {
    const some = named.slice(i, i + batch)
    await move(app, job, new Map(some.map(({ id }) => [id, [stepOf(id)]])))
  }
  return explain(left, named.length, 'taken back')
}

/** The note of a file that could be followed in part: the pieces that were left alone, each with its reason. */
const explain = (left: readonly jobs.LeftAlone[], named: number, not: string): string | undefined => {
  if (left.length === 0) return undefined
  const taken = named - left.length
  const lines = left.map(({ id, status, job_id }) => {
    const piece = publicId('piece', id)
    if (job_id) return `"${piece}" was spoiled before: it is in job ${job_id} now. Name it in an answer to that job.`
    if (status === 'failed' || status === 'cancelled') return `"${piece}" is ${status} already.`
    return `"${piece}" is mailed already (${status}); it is not ${not}.`
  })
  return [...lines, ...(taken > 0 ? [`The other ${taken} of this file were taken.`] : [])].join('\n')
}

const dayMs = 86_400_000

/** Printed or mailed: all of the job, or the pieces that are named. */
const report = async (
  app: App,
  job: jobs.PrintJobRow,
  to: 'printed' | 'mailed',
  { pieces, date }: ReturnFile,
): Promise<string | undefined> => {
  const now = app.clock.now()
  const days = new Set([date, ...pieces.map(piece => piece.date)].filter(day => day !== undefined))
  for (const day of days) {
    // A shop west of Greenwich may be a day behind us, one in the east a day ahead.
    if (Date.parse(day) > now.getTime() + dayMs) return `"${day}" is still to come.`
    if (Date.parse(day) < job.created_at.getTime() - 2 * dayMs) return `"${day}" is before the job was made.`
  }
  const stepsOf = (day: string | undefined): Step[] => {
    const at = moment(job, now, day)
    return to === 'mailed'
      ? [
          { to: 'printed', at },
          { to: 'mailed', at },
        ]
      : [{ to, at }]
  }
  for (let i = 0; i < pieces.length; i += batch) {
    const some = pieces.slice(i, i + batch)
    await move(app, job, new Map(some.map(piece => [piece.id, stepsOf(piece.date ?? date)])))
  }
  if (pieces.length > 0) return undefined
  // Pieces that were spoiled belong to another job by now, so "all" means the good ones.
  await eachBatch(app, job, rows => new Map(rows.map(({ id }) => [id, stepsOf(date)])))
  await jobs.report(app.db, job.organization_id, job.id, to)
  return undefined
}

/** Noon of the day the shop named, but not before the job was made nor after now; without a day: now. */
const moment = (job: jobs.PrintJobRow, now: Date, day: string | undefined): Date =>
  day
    ? new Date(
        Math.min(now.getTime(), Math.max(Date.parse(`${day}T12:00:00Z`), Math.min(job.created_at.getTime(), now.getTime()))),
      )
    : now

const eachBatch = async (
  app: App,
  job: jobs.PrintJobRow,
  steps: (rows: readonly PieceRow[]) => Map<string, Step[]>,
): Promise<void> => {
  let after: string | null = null
  for (;;) {
    const rows: PieceRow[] = await jobs.pieces(app.db, job.organization_id, job.id, after, batch)
    if (rows.length === 0) break
    after = rows.at(-1)!.id
    await move(app, job, steps(rows))
  }
}

const move = async (app: App, job: jobs.PrintJobRow, wanted: Map<string, Step[]>): Promise<void> => {
  const tenant = { org: job.organization_id, livemode: job.livemode }
  if (wanted.size > 0) await app.db.tx(db => movePieces(app, db, tenant, wanted))
}
