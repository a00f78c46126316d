/**
 * What a print shop answers in `returns/`, a file per answer, named after the job:
 *
 *     <job id>.ack       the job was taken
 *     <job id>.printed   all of it is printed
 *     <job id>.spoil     CSV: piece_id[,reason] of pieces to be printed again; they come as a new job
 *     <job id>.mailed    all of it is at the post office; with lines of piece ids: those only
 *
 * Files are to be renamed into place; names that start with a dot or end in .part or .tmp are left alone. A file that was read goes to
 * `returns/done/`, one that makes no sense to `returns/refused/` with a note beside it. Reading one twice changes nothing.
 */
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newId, parseId, publicId } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import { produce } from '../drops/drops.sql.ts'
import { movePieces, type Step } from '../pieces/transitions.ts'
import * as jobs from '../production/print-jobs.sql.ts'
import { returnsFolder } from './hot-folder.ts'
import { firstCells } from './manifest-csv.ts'

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const answerName = new RegExp(`^(${uuid})\\.(ack|printed|spoil|mailed)(?:\\.(?:csv|txt|json))?$`, 'i')
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
    ? 'The name is not <job id>.ack, .printed, .spoil or .mailed.'
    : !job
      ? 'There is no such job.'
      : await apply(app, job, answer.toLowerCase() as Answer, join(folder, name))
  await putAway(folder, name, problem)
}

type Answer = 'ack' | 'printed' | 'spoil' | 'mailed'

const putAway = async (folder: string, name: string, problem: string | undefined): Promise<void> => {
  const to = join(folder, problem ? 'refused' : 'done')
  await mkdir(to, { recursive: true })
  if (problem) await writeFile(join(to, `${name}.why.txt`), `${problem}\n`)
  // Another process may have put it away already.
  await rename(join(folder, name), join(to, name)).catch(() => {})
}

/** Does what an answer says; returns what is wrong with it, if anything. */
const apply = async (app: App, job: jobs.PrintJobRow, answer: Answer, path: string): Promise<string | undefined> => {
  if ((await stat(path)).size > mostBytes) return 'The file is larger than 8 MB.'
  const lines = firstCells(await readFile(path, 'utf8'))
  const named = lines.filter(([first]) => first.toLowerCase() !== 'piece_id')
  if (answer === 'ack') return void (await jobs.report(app.db, job.organization_id, job.id, 'accepted'))
  const ids = named.map(([first]) => parseId('piece', first))
  if (answer !== 'printed' && ids.includes(undefined))
    return `"${named[ids.indexOf(undefined)]![0].slice(0, 80)}" is no piece id.`
  const stranger = answer !== 'printed' && (await jobs.stranger(app.db, job.organization_id, job, ids as string[]))
  if (stranger) return `"${publicId('piece', stranger)}" is no piece of this job.`
  if (answer === 'spoil') return spoil(app, job, ids as string[])
  await moveJob(app, job, answer, answer === 'mailed' && ids.length > 0 ? new Set(ids as string[]) : undefined)
  return undefined
}

const spoil = async (app: App, job: jobs.PrintJobRow, pieceIds: string[]): Promise<string | undefined> => {
  if (pieceIds.length === 0) return 'It names no piece.'
  await app.db.tx(async db => {
    if ((await jobs.reprint(db, job.organization_id, job, { id: newId(), pieceIds })) > 0) await produce(db)
  })
  return undefined
}

/** Pieces that were spoiled belong to another job by now, so "all" means the good ones. */
const moveJob = async (
  app: App,
  job: jobs.PrintJobRow,
  to: 'printed' | 'mailed',
  only: ReadonlySet<string> | undefined,
): Promise<void> => {
  const at = app.clock.now()
  const steps: Step[] =
    to === 'mailed'
      ? [
          { to: 'printed', at },
          { to: 'mailed', at },
        ]
      : [{ to: 'printed', at }]
  let after: string | null = null
  for (;;) {
    const rows = await jobs.pieces(app.db, job.organization_id, job.id, after, batch)
    if (rows.length === 0) break
    after = rows.at(-1)!.id
    const wanted = new Map(rows.filter(({ id }) => !only || only.has(id)).map(({ id }) => [id, steps]))
    const tenant = { org: job.organization_id, livemode: job.livemode }
    if (wanted.size > 0) await app.db.tx(db => movePieces(app, db, tenant, wanted))
  }
  if (!only) await jobs.report(app.db, job.organization_id, job.id, to)
}
