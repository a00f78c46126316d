/**
 * Bytes: mails as received, attachments, PDFs. Up to 256 KB they live in the row (one group-committed write, one backup);
 * larger ones go to the blob store, DATA_DIR/blobs or an S3 bucket. A larger blob is durable before its row is: the file
 * and its folder are synced first, so a committed row never points at bytes that a crash could take.
 */
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { S3Driver } from 'flydrive/drivers/s3'
import type { Config } from '../config.ts'
import { Problem, problem } from '../problems.ts'
import * as store from './blobs.sql.ts'
import type { Db } from './database/db.ts'
import { newId } from './ids.ts'

export const inlineLimit = 256 * 1024

interface Store {
  put(key: string, bytes: Uint8Array): Promise<void>
  get(key: string): Promise<Buffer>
  remove(key: string): Promise<void>
}

const diskStore = (folder: string): Store => {
  const place = (key: string) => join(folder, key.slice(-2), key)
  const sync = async (path: string, flags: 'r' | 'r+') => {
    const handle = await open(path, flags)
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
  return {
    put: async (key, bytes) => {
      const path = place(key)
      const dir = join(path, '..')
      await mkdir(dir, { recursive: true })
      const handle = await open(`${path}.part`, 'w', 0o600)
      try {
        await handle.writeFile(bytes)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(`${path}.part`, path)
      await sync(dir, 'r')
    },
    get: key => readFile(place(key)),
    remove: key => rm(place(key), { force: true }),
  }
}

const s3Store = (config: Config): Store => {
  const driver = new S3Driver({
    bucket: config.S3_BUCKET,
    region: config.S3_REGION,
    ...(config.S3_ENDPOINT ? { endpoint: config.S3_ENDPOINT, forcePathStyle: true } : {}),
    credentials: { accessKeyId: config.S3_ACCESS_KEY_ID, secretAccessKey: config.S3_SECRET_ACCESS_KEY },
    visibility: 'private',
  })
  return {
    put: (key, bytes) => driver.put(key, bytes),
    get: async key => Buffer.from(await driver.getBytes(key)),
    remove: key => driver.delete(key),
  }
}

/** The store answers, and says that it has no such file: no later try will find it. Drivers wrap the error of the store. */
const isMissing = (error: unknown, depth = 0): boolean => {
  if (!(error instanceof Error) || depth > 3) return false
  const { code, name } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || name === 'NoSuchKey' || name === 'NotFound' || isMissing(error.cause, depth + 1)
}

/** Bytes that are safe already and only wait for their row. */
export interface StagedBlob {
  id: string
  size: number
  /** The bytes when they go into the row, null when the store has them. */
  bytes: Uint8Array | null
}

export interface Blobs {
  /** First half: large bytes are made durable in the store. Do it before the transaction, so that no lock waits for a disk. */
  stage(bytes: Uint8Array): Promise<StagedBlob>
  /** Second half: the rows, inside the transaction that needs them. */
  insert(db: Db, organizationId: string, blobs: StagedBlob[]): Promise<void>
  /** The bytes, or undefined when the organization has no such blob. Throws `gone` when it has one whose bytes the store lost. */
  get(db: Db, organizationId: string, id: string): Promise<Buffer | undefined>
  /** Removes rows and bytes. */
  remove(db: Db, organizationId: string, ids: string[]): Promise<void>
}

/** For who goes on without bytes that are lost: `get(…).catch(unlessGone)`. */
export const unlessGone = (error: unknown): undefined => {
  if (!(error instanceof Problem) || error.code !== 'gone') throw error
}

export const createBlobs = (config: Config): Blobs => {
  const large = config.S3_BUCKET ? s3Store(config) : diskStore(join(config.DATA_DIR, 'blobs'))
  return {
    stage: async bytes => {
      const id = newId()
      if (bytes.length <= inlineLimit) return { id, size: bytes.length, bytes }
      await large.put(id, bytes)
      return { id, size: bytes.length, bytes: null }
    },
    insert: async (db, organizationId, blobs) => {
      for (const blob of blobs) await store.insert(db, organizationId, blob)
    },
    get: async (db, organizationId, id) => {
      const row = await store.byId(db, organizationId, id)
      if (!row || row.bytes) return row?.bytes ?? undefined
      const bytes = await large.get(id).catch((error: unknown) => {
        if (isMissing(error)) throw problem('gone', { what: 'file' })
        throw error
      })
      // A file cut short by a disk that was full, or by a bad copy.
      if (bytes.length !== row.size) throw problem('gone', { what: 'file' })
      return bytes
    },
    remove: async (db, organizationId, ids) => {
      for (const row of await store.remove(db, organizationId, ids)) if (!row.inline) await large.remove(row.id)
    },
  }
}
